"""This engine and the stock pandas engine give the same answers."""

from __future__ import annotations

import os
from typing import Any

import polars as pl
import pytest
from great_expectations.expectations.expectation import Expectation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.cases import ASKED, FORMATS, frames, questions
from tests.engine.oracle import Both

EXAMPLES = int(os.environ.get("ENGINE_EXAMPLES", "4"))
MIXED = EXAMPLES * 12


@pytest.fixture(scope="session")
def both() -> Both:
    """Both engines, and the count of what was compared."""
    return Both.made()


@pytest.mark.parametrize("name", ASKED)
def test_same_answers(both: Both, name: str) -> None:
    """Each expectation by itself, in four ways at once, in all result formats."""

    @settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(frame=frames(), asked=st.lists(questions(name), min_size=4, max_size=4), result_format=st.sampled_from(FORMATS))
    def check(frame: pl.DataFrame, asked: list[Expectation], result_format: Any) -> None:
        assert both.differences(frame, asked, result_format) == []

    check()
