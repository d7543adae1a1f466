"""Uniqueness is relative to the rows asked about: those of the row condition, without those left out for nulls."""

from __future__ import annotations

from typing import Any

import great_expectations.expectations as gxe
import polars as pl
import pytest
from great_expectations.expectations.row_conditions import Column

from tests.engine.builders import one, reason
from tests.engine.oracle import failed

NAN = float("nan")
TEXT = ["x", "x", "y", "y", None, None, "z"]
VALUES: dict[Any, list[Any]] = {
    pl.String: TEXT, pl.Categorical: TEXT, pl.Int64: [1, 1, 2, 2, None, None, 3], pl.Date: [1, 1, 2, 2, None, None, 3],
    pl.Float64: [1.0, 1.0, 0.0, -0.0, NAN, None, 3.0], pl.Boolean: [True, True, False, False, None, None, None],
}  # fmt: skip
INSIDE = [True, False, True, True, True, True, True]  # the second row's twin is outside
ANY, ALL, NEVER = "any_value_is_missing", "all_values_are_missing", "never"


def frame(dtype: Any) -> pl.DataFrame:
    values = pl.Series(VALUES[dtype], dtype=pl.Int32 if dtype == pl.Date else None).cast(dtype)
    return pl.DataFrame({"a": values, "b": ["k", "k", "k", "k", "k", "k", None], "inside": INSIDE})


def unexpected(given: pl.DataFrame | pl.LazyFrame, request: Any) -> list[int]:
    result = one(given, request)
    assert not failed(result), reason(result)
    assert result.result["unexpected_count"] == len(result.result["unexpected_index_list"])
    rows: list[int] = result.result["unexpected_index_list"]
    return rows


@pytest.mark.parametrize("lazy", [False, True], ids=["eager", "lazy"])
@pytest.mark.parametrize("dtype", VALUES, ids=str)
def test_a_column(dtype: Any, lazy: bool) -> None:  # noqa: FBT001 - a parameter of the test
    given = frame(dtype).lazy() if lazy else frame(dtype)
    assert unexpected(given, gxe.ExpectColumnValuesToBeUnique(column="a")) == [0, 1, 2, 3]
    inside = gxe.ExpectColumnValuesToBeUnique(column="a", row_condition=Column("inside") == True)  # noqa: E712
    assert unexpected(given, inside) == [2, 3]


@pytest.mark.parametrize(
    ("mode", "everywhere", "inside"),
    [
        (ANY, [0, 1, 2, 3], [2, 3]),
        (ALL, [0, 1, 2, 3, 4, 5], [2, 3, 4, 5]),
        (NEVER, [0, 1, 2, 3, 4, 5], [2, 3, 4, 5]),
    ],
)
@pytest.mark.parametrize("dtype", [pl.String, pl.Int64, pl.Float64], ids=str)
def test_columns_together(dtype: Any, mode: str, everywhere: list[int], inside: list[int]) -> None:
    request: dict[str, Any] = {"column_list": ["a", "b"], "ignore_row_if": mode}
    assert unexpected(frame(dtype), gxe.ExpectCompoundColumnsToBeUnique(**request)) == everywhere
    request["row_condition"] = Column("inside") == True  # noqa: E712 - a condition of Great Expectations'
    assert unexpected(frame(dtype), gxe.ExpectCompoundColumnsToBeUnique(**request)) == inside


def test_rows_without_any_value_are_no_duplicates_where_they_are_left_out() -> None:
    given = pl.DataFrame({"a": [None, None, "x"], "b": [None, None, "y"]}, schema={"a": pl.String, "b": pl.String})
    request = {"column_list": ["a", "b"]}
    assert unexpected(given, gxe.ExpectCompoundColumnsToBeUnique(**request, ignore_row_if=ALL)) == []
    assert unexpected(given, gxe.ExpectCompoundColumnsToBeUnique(**request, ignore_row_if=NEVER)) == [0, 1]
