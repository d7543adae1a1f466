"""What the README says of nulls, NaN, empty frames, time, exactness: each sentence by itself."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import great_expectations.expectations as gxe
import polars as pl
import pytest
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.row_conditions import Column

from tests.engine.builders import one, reason, validate
from tests.engine.oracle import failed

NAN = float("nan")
DAY, LATER = dt.date(2017, 6, 1), dt.date(2017, 12, 1)


def column(values: list[Any], dtype: Any = None) -> pl.DataFrame:
    return pl.DataFrame({"a": pl.Series(values, dtype=dtype)})


def unexpected(frame: pl.DataFrame | pl.LazyFrame, request: Expectation) -> list[int]:
    result = one(frame, request)
    assert not failed(result), reason(result)
    rows: list[int] = result.result["unexpected_index_list"]
    return rows


def observed(frame: pl.DataFrame | pl.LazyFrame, request: Expectation) -> Any:
    result = one(frame, request)
    assert not failed(result), reason(result)
    return result.result["observed_value"]


@pytest.mark.parametrize("lazy", [False, True])
def test_nan_is_missing(lazy: bool) -> None:  # noqa: FBT001 - a parameter of the test
    frame = column([1.0, NAN, None, 3.0])
    given = frame.lazy() if lazy else frame
    assert unexpected(given, gxe.ExpectColumnValuesToNotBeNull(column="a")) == [1, 2]
    assert unexpected(given, gxe.ExpectColumnValuesToBeBetween(column="a", max_value=2)) == [3]
    assert observed(given, gxe.ExpectColumnMeanToBeBetween(column="a", min_value=0)) == 2
    assert observed(given, gxe.ExpectColumnUniqueValueCountToBeBetween(column="a", min_value=0)) == 2


def test_missing_is_not_unexpected_in_a_column_but_in_a_pair() -> None:
    frame = pl.DataFrame({"a": [1, None, None], "b": [0, 0, None]})
    pair = {"column_A": "a", "column_B": "b"}
    assert unexpected(frame, gxe.ExpectColumnValuesToBeInSet(column="a", value_set=[1])) == []
    assert unexpected(frame, gxe.ExpectColumnPairValuesAToBeGreaterThanB(**pair)) == [1]
    mode = {"ignore_row_if": "either_value_is_missing"}
    assert unexpected(frame, gxe.ExpectColumnPairValuesAToBeGreaterThanB(**pair, **mode)) == []


@pytest.mark.parametrize("condition", [Column("b") != "x", Column("b").is_not_in(["x"])])
def test_what_is_unknown_is_still_checked_where_it_is_said_not_to_be(condition: Any) -> None:
    frame = pl.DataFrame({"a": [9, 9, 9], "b": ["x", "y", None]})
    assert unexpected(frame, gxe.ExpectColumnValuesToBeInSet(column="a", value_set=[1], row_condition=condition)) == [
        1,
        2,
    ]


def test_an_empty_frame_passes_row_rules_and_has_no_statistics() -> None:
    frame = pl.DataFrame(schema={"a": pl.Int64})
    rules = [
        gxe.ExpectColumnValuesToNotBeNull(column="a"), gxe.ExpectColumnValuesToBeBetween(column="a", min_value=1),
        gxe.ExpectColumnValuesToBeUnique(column="a"), gxe.ExpectColumnMaxToBeBetween(column="a", min_value=1),
        gxe.ExpectColumnSumToBeBetween(column="a", min_value=0, max_value=0),
    ]  # fmt: skip
    assert [result.success for result in validate(frame, *rules)] == [True, True, True, False, True]


def test_a_date_may_be_written_as_text() -> None:
    frame = column([DAY, LATER, None])
    assert unexpected(frame, gxe.ExpectColumnValuesToBeInSet(column="a", value_set=["2017-06-01"])) == [1]
    assert unexpected(frame, gxe.ExpectColumnValuesToBeBetween(column="a", max_value="2017-06-30")) == [1]
    assert unexpected(frame, gxe.ExpectColumnValuesToBeBetween(column="a", max_value=dt.date(2017, 6, 30))) == [1]
    assert one(frame, gxe.ExpectColumnMaxToBeBetween(column="a", max_value="2017-12-01T00:00:00")).success
    there = Column("a") > "2017-06-15"
    assert unexpected(frame, gxe.ExpectColumnValuesToBeNull(column="a", row_condition=there)) == [1]


def test_a_time_of_day_is_not_lost_on_a_date() -> None:
    noon = dt.datetime(2017, 6, 1, 12)  # noqa: DTZ001 - a date has no zone
    frame = column([DAY])
    assert unexpected(frame, gxe.ExpectColumnValuesToBeBetween(column="a", min_value=noon)) == [0]
    assert unexpected(frame, gxe.ExpectColumnValuesToBeInSet(column="a", value_set=[noon])) == [0]


def test_instants_are_compared_across_time_zones() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    frame = column([dt.datetime(2017, 6, 1, 8, tzinfo=shanghai)], pl.Datetime("us", "Asia/Shanghai"))
    midnight = dt.datetime(2017, 6, 1, tzinfo=dt.UTC)
    assert (
        unexpected(frame, gxe.ExpectColumnValuesToBeBetween(column="a", min_value=midnight, max_value=midnight)) == []
    )
    assert unexpected(frame, gxe.ExpectColumnValuesToBeInSet(column="a", value_set=[midnight])) == []


def test_with_and_without_time_zone_are_not_compared() -> None:
    frame = column([dt.datetime(2017, 6, 1, tzinfo=dt.UTC)], pl.Datetime("us", "UTC"))
    result = one(frame, gxe.ExpectColumnValuesToBeBetween(column="a", min_value="2017-06-01T00:00:00"))
    assert "time zone" in reason(result)


@pytest.mark.parametrize("dtype", [pl.Int8, pl.Int64, pl.UInt64])
def test_sums_do_not_wrap_around(dtype: Any) -> None:
    largest = dtype.max()
    top = pl.select(largest).item()
    frame = pl.DataFrame({"a": [top, top], "b": [top, top]}, schema={"a": dtype, "b": dtype})
    assert observed(frame, gxe.ExpectColumnSumToBeBetween(column="a", min_value=0)) == 2 * top
    total = gxe.ExpectMulticolumnSumToEqual(column_list=["a", "b"], sum_total=float(2 * top))
    assert unexpected(frame, total) == []


def test_quantiles_of_few_values() -> None:
    """Half-way the one at the even place; shares may be whole numbers; decimals give floats, no values give none."""
    ranges = {"quantiles": [0, 0.25, 0.5, 0.75, 1], "value_ranges": [[None, None]] * 5}
    request = gxe.ExpectColumnQuantileValuesToBeBetween(column="a", quantile_ranges=ranges)
    assert observed(column([4, None, 1, 3, 2]), request)["values"] == [1, 2, 3, 3, 4]
    assert observed(column([Decimal("0.5"), Decimal("1.5")], pl.Decimal(5, 2)), request)["values"] == [
        0.5,
        0.5,
        0.5,
        1.5,
        1.5,
    ]
    assert observed(column([], pl.Float64), request)["values"] == [None] * 5


def test_a_value_that_the_type_cannot_hold_is_no_error() -> None:
    frame = column([1, 100], pl.Int8)
    assert unexpected(frame, gxe.ExpectColumnValuesToBeInSet(column="a", value_set=[1, 100, 300, 1.5, "x"])) == []
    assert unexpected(frame, gxe.ExpectColumnValuesToBeBetween(column="a", min_value=-1000, max_value=99.5)) == [1]


def test_decimals_are_exact() -> None:
    frame = column([Decimal("0.10"), Decimal("0.30")], pl.Decimal(10, 2))
    assert unexpected(frame, gxe.ExpectColumnValuesToBeBetween(column="a", min_value=0.1, max_value=0.3)) == []
    assert unexpected(frame, gxe.ExpectColumnValuesToBeInSet(column="a", value_set=[0.1])) == [1]
    assert observed(frame, gxe.ExpectColumnSumToBeBetween(column="a", min_value=0)) == 0.4
    assert observed(frame, gxe.ExpectColumnMeanToBeBetween(column="a", min_value=0)) == 0.2


@pytest.mark.parametrize(("dtype", "last"), [(pl.Categorical, "low"), (pl.Enum(["low", "high"]), "high")])
def test_categories_are_their_text_in_the_order_of_an_enum(dtype: Any, last: str) -> None:
    frame = column(["low", "high", None], dtype)
    assert unexpected(frame, gxe.ExpectColumnValuesToBeInSet(column="a", value_set=["low", "unknown"])) == [1]
    assert unexpected(frame, gxe.ExpectColumnValuesToMatchRegex(column="a", regex="^l")) == [1]
    assert observed(frame, gxe.ExpectColumnMaxToBeBetween(column="a", strict_min=False)) == last
    assert unexpected(frame, gxe.ExpectColumnValuesToBeUnique(column="a")) == []


@pytest.mark.parametrize("pattern", [r"(?=a)", r"(?<!a)b", r"(a)\1", r"(?>a)"])
def test_a_regex_that_rust_lacks_is_named(pattern: str) -> None:
    told = reason(one(column(["a"]), gxe.ExpectColumnValuesToMatchRegex(column="a", regex=pattern)))
    assert "column_values.match_regex is not supported on Polars" in told
    assert repr(pattern) in told


@pytest.mark.parametrize(("dtype", "value"), [(pl.Float64, 1.0), (pl.Boolean, True), (pl.Date, DAY)])
def test_text_that_polars_and_pandas_write_differently_is_refused(dtype: Any, value: Any) -> None:
    told = reason(one(column([value], dtype), gxe.ExpectColumnValuesToMatchRegex(column="a", regex=".")))
    assert "cast it to String" in told


def test_a_bound_of_another_kind_is_an_error() -> None:
    told = reason(one(column(["x"]), gxe.ExpectColumnValuesToBeBetween(column="a", min_value=1)))
    assert "cannot be compared" in told


@pytest.mark.filterwarnings("ignore:(The condition_parser|Passing a string):DeprecationWarning")
def test_text_as_row_condition_is_refused() -> None:
    request = gxe.ExpectColumnValuesToNotBeNull(column="a", row_condition="a > 1", condition_parser="pandas")
    assert "Column(...)" in reason(one(column([1]), request))


def test_errors_stay_with_their_expectation() -> None:
    frame = pl.DataFrame({"a": [1], "s": ["x"]})
    results = validate(
        frame,
        gxe.ExpectColumnValuesToNotBeNull(column="a"),
        gxe.ExpectColumnValuesToNotBeNull(column="nowhere"),
        gxe.ExpectColumnMeanToBeBetween(column="s", min_value=1),
        gxe.ExpectColumnStdevToBeBetween(column="s", min_value=1),
        gxe.ExpectColumnValuesToMatchRegex(column="s", regex="("),
        gxe.ExpectColumnMaxToBeBetween(column="a", max_value=1),
    )
    assert [failed(result) for result in results] == [False, True, True, True, True, False]
    assert 'The column "nowhere" in BatchData does not exist' in reason(results[1])
    assert results[0].success
    assert results[5].success
