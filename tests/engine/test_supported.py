"""Which core expectations are supported: the README's table says it, and this holds the table to the truth."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import great_expectations.expectations as gxe
import polars as pl
import pytest
from great_expectations.expectations import core, registry
from great_expectations.expectations.expectation import Expectation

import expectations.engine
from tests.engine.builders import one, reason
from tests.engine.cases import ASKED
from tests.engine.oracle import failed

README = Path(expectations.engine.__file__).with_name("README.md")
FRAME = pl.DataFrame({"a": ["x", "y"], "b": ["z", "x"]})
# What is asked of those that are not supported, to see what they say.
REFUSED: dict[str, dict[str, Any]] = {
    "ExpectColumnTypeToBe": {"column": "a", "type_": "str"},
    "ExpectColumnValuesToBeDateutilParseable": {"column": "a"},
    "ExpectColumnValuesToBeInTypeList": {"column": "a", "type_list": ["str"]},
    "ExpectColumnValuesToBeJsonParseable": {"column": "a"},
    "ExpectColumnValuesToBeOfType": {"column": "a", "type_": "str"},
    "ExpectColumnValuesToMatchJsonSchema": {"column": "a", "json_schema": {}},
    "ExpectColumnValuesToMatchLikePattern": {"column": "a", "like_pattern": "%"},
    "ExpectColumnValuesToMatchLikePatternList": {"column": "a", "like_pattern_list": ["%"], "match_on": "any"},
    "ExpectColumnValuesToMatchStrftimeFormat": {"column": "a", "strftime_format": "%Y"},
    "ExpectColumnValuesToNotMatchLikePattern": {"column": "a", "like_pattern": "%"},
    "ExpectColumnValuesToNotMatchLikePatternList": {"column": "a", "like_pattern_list": ["%"]},
    "ExpectTableRowCountToEqualOtherTable": {"other_table_name": "b"},
    "UnexpectedRowsExpectation": {"unexpected_rows_query": "SELECT * FROM {batch}"},
}
# Cannot be asked here: the first needs a second SQL source, the second is an empty shell in Great Expectations.
NOT_ASKED = {"ExpectQueryResultsToMatchComparison", "ExpectMulticolumnValuesToBeUnique"}


def every_core() -> set[str]:
    """The names of all core expectations."""
    found = inspect.getmembers(core, lambda one: inspect.isclass(one) and issubclass(one, Expectation))
    return {name for name, _ in found}


def test_every_core_expectation_is_either_compared_or_refused() -> None:
    assert every_core() == set(ASKED) | set(REFUSED) | NOT_ASKED
    assert len(ASKED) > 40


def test_the_readme_has_them_all() -> None:
    rows = [line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    told = {line.split("`")[1]: line.split("|")[2].strip() for line in rows}
    assert {name for name, supported in told.items() if supported == "yes"} == set(ASKED)
    assert {name for name, supported in told.items() if supported == "no"} == set(REFUSED) | NOT_ASKED


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_so_and_names_the_metric(name: str) -> None:
    result = one(FRAME, getattr(gxe, name)(**REFUSED[name]))
    assert failed(result)
    assert "is not supported on Polars: " in reason(result)


def test_no_metric_falls_back_to_pandas() -> None:
    ours = expectations.engine.PolarsExecutionEngine
    assert "PandasExecutionEngine" not in {base.__name__ for base in ours.__mro__}
    for definition in registry._registered_metrics.values():
        providers = definition["providers"]
        if ours.__name__ in providers:
            assert providers[ours.__name__] != providers.get("PandasExecutionEngine")
