"""Names and types as hostile as data may have them: each answers as the plain one does, and as the oracle."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import great_expectations.expectations as gxe
import polars as pl
import pytest
from great_expectations.expectations.row_conditions import Column
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.engine.builders import one, validate
from tests.engine.cases import FORMATS
from tests.engine.oracle import Both, failed

HOSTILE = [
    "^a.*$",
    "*",
    "__row__",
    "__row___",
    "^.*$",
    "^$",
    "a",
    "ab",
    "a b",
    "-",
    "0",
    "lit",
    "名",
    "^(",
    "$",
    "a\nb",
]
ROWS = {"result_format": "COMPLETE", "unexpected_index_column_names": ["k"]}


def asked(name: str, other: str) -> list[Any]:
    return [
        gxe.ExpectColumnValuesToBeBetween(column=name, min_value=2, row_condition=Column(other) >= 1),
        gxe.ExpectColumnValuesToNotBeNull(column=name),
        gxe.ExpectColumnValuesToBeUnique(column=name),
        gxe.ExpectColumnSumToBeBetween(column=name, min_value=0, max_value=1),
        gxe.ExpectColumnMaxToBeBetween(column=name, max_value=1),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A=name, column_B=other),
        gxe.ExpectCompoundColumnsToBeUnique(column_list=[name, other]),
        gxe.ExpectMulticolumnSumToEqual(column_list=[name, other], sum_total=3),
    ]


@settings(max_examples=3, derandomize=True, deadline=None, database=None, phases=[Phase.generate])
@given(
    st.lists(st.sampled_from(HOSTILE), min_size=3, max_size=5, unique=True),
    st.lists(st.none() | st.integers(0, 4), min_size=4, max_size=4),
    st.sampled_from(FORMATS[:4]),
)
def test_a_name_that_looks_like_a_pattern_is_a_name(
    both: Both, names: list[str], values: list[int | None], result_format: Any
) -> None:
    columns = {name: pl.Series(values[n:] + values[:n], dtype=pl.Float64) for n, name in enumerate(names)}
    frame = pl.DataFrame({**columns, "k": [1, 2, 3, 4]})
    assert both.differences(frame, asked(names[0], names[1]), result_format) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_failing_rows_are_those_of_the_column_itself(name: str) -> None:
    frame = pl.DataFrame({"ab": [9, 9, 9], "k": [10, 11, 12]}).with_columns(pl.Series(name, [1, 5, 1]))
    request = gxe.ExpectColumnValuesToBeBetween(column=name, max_value=4)
    assert one(frame, request).result["unexpected_index_list"] == [1]
    assert one(frame, request, ROWS).result["unexpected_index_list"] == [{name: 5, "k": 11}]


@pytest.mark.parametrize(
    "request_of",
    [
        gxe.ExpectColumnValuesToBeInSet(column="a", value_set=["x"]),
        gxe.ExpectColumnValuesToBeBetween(column="a", min_value=1),
        gxe.ExpectColumnValuesToMatchRegex(column="a", regex="x"),
        gxe.ExpectColumnValuesToBeNull(column="a"),
        gxe.ExpectColumnUniqueValueCountToBeBetween(column="a", max_value=0),
        gxe.ExpectColumnMinToBeBetween(column="a", min_value=1),
        gxe.ExpectColumnMedianToBeBetween(column="a", min_value=1),
    ],
    ids=lambda request: type(request).__name__,
)
def test_a_column_without_any_type_has_no_values(request_of: Any) -> None:
    untyped, typed = (pl.DataFrame({"a": pl.Series([None, None], dtype=t)}) for t in (pl.Null, pl.Float64))
    found = one(untyped, request_of)
    assert not failed(found)
    if not isinstance(request_of, gxe.ExpectColumnValuesToMatchRegex):
        assert found.result == one(typed, request_of).result


@pytest.mark.parametrize("dtype", [pl.Int64, pl.UInt64, pl.Int128])
def test_no_sum_of_whole_numbers_wraps_around(dtype: Any) -> None:
    most = pl.select(pl.lit(0, dtype).cast(dtype).upper_bound()).item()
    for values in ([most] * 3, [most, 1, None], [most, 0, most, 5]):
        frame = pl.DataFrame({"a": pl.Series(values, dtype=dtype)})
        found = one(frame, gxe.ExpectColumnSumToBeBetween(column="a", min_value=0))
        assert found.result["observed_value"] == sum(v for v in values if v is not None)
        assert found.success


def test_decimals_are_found_in_a_set_that_was_written_as_text() -> None:
    frame = pl.DataFrame({"a": [Decimal("1.50"), Decimal("2.00")]})
    within, outside = validate(
        frame,
        gxe.ExpectColumnValuesToBeInSet(column="a", value_set=["1.5", "2", "no number"]),
        gxe.ExpectColumnValuesToNotBeInSet(column="a", value_set=["1.5"]),
    )
    assert within.success
    assert outside.result["unexpected_index_list"] == [0]
