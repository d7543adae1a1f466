"""The Polars engine and the stock pandas engine give the same answers.

`ENGINE_EXAMPLES=50` asks for more of them than CI does.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import great_expectations.expectations as gxe
import polars as pl
import pytest
from great_expectations.expectations.expectation import Expectation
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.engine.cases import ASKED, FORMATS, frames, questions
from tests.engine.oracle import Both

EXAMPLES = int(os.environ.get("ENGINE_EXAMPLES", "2"))


def generated(examples: int) -> settings:
    """The same examples each time; none is made smaller, for that takes longer than all the others."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def suites(names: Sequence[str], size: int) -> st.SearchStrategy[list[Expectation]]:
    """So many expectations of these classes."""
    return st.lists(st.sampled_from(names).flatmap(questions), min_size=size, max_size=size)


@pytest.mark.parametrize("name", ASKED)
def test_an_expectation_answers_the_same(both: Both, name: str) -> None:
    @generated(EXAMPLES)
    @given(frame=frames(least=3), asked=suites([name], 4), result_format=st.sampled_from(FORMATS))
    def check(frame: pl.DataFrame, asked: list[Expectation], result_format: Any) -> None:
        assert both.differences(frame, asked, result_format) == []

    check()


@pytest.mark.parametrize("result_format", FORMATS, ids=str)
def test_a_suite_answers_the_same_in_each_format(both: Both, result_format: Any) -> None:
    """Frames of any length, none included; an expectation of each kind in one suite, which share the one pass."""

    @generated(EXAMPLES)
    @given(frame=frames(), asked=st.tuples(*map(questions, ASKED)))
    def check(frame: pl.DataFrame, asked: tuple[Expectation, ...]) -> None:
        assert both.differences(frame, asked, result_format) == []

    check()


def test_enough_was_compared(both: Both) -> None:
    """Runs last in this file: no expectation was left out, and nearly all gave an answer on both engines."""
    names = {getattr(gxe, name).expectation_type for name in ASKED}
    formats = ("BOOLEAN_ONLY", "BASIC", "SUMMARY", "COMPLETE")
    if len(both.compared) < len(names):
        pytest.skip("only a part of this file was run")
    assert {(name, each) for name in names for each in formats} <= set(both.compared)
    assert names <= set(both.answered)
    assert sum(both.compared.values()) >= len(names) * (4 + len(FORMATS)) * EXAMPLES
    assert sum(both.answered.values()) >= 0.9 * sum(both.compared.values())
