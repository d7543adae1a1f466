"""Every expectation of columns of every type, under hostile names: the oracle's answer or a refusal that says why."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import math
import re
import warnings
from decimal import Decimal
from typing import Any

import great_expectations.expectations as gxe
import polars as pl
import pytest
from great_expectations.core import ExpectationValidationResult
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.row_conditions import Column
from hypothesis import given
from hypothesis import strategies as st

from expectations.engine.metric_request import MetricRequest
from expectations.engine.sums import sum_equals
from tests.engine.builders import one, reason, validate
from tests.engine.cases import ASKED, questions
from tests.engine.oracle import Both, answers, failed, to_pandas
from tests.engine.test_differential import EXAMPLES, generated
from tests.engine.test_hostile_names import HOSTILE

DAY, NOON = dt.date(2017, 1, 1), dt.datetime(2017, 1, 1, 12)  # noqa: DTZ001 - of no zone
TYPES: dict[Any, list[Any]] = {
    pl.Int8: [-128, 0, 1, 127], pl.Int64: [-(2**53), 0, 1, 2**53], pl.Float32: [-0.0, 0.0, 1.0, math.inf, None],
    pl.Float64: [-0.0, 0.0, 0.5, -math.inf, math.nan, None], pl.Boolean: [True, False, None],
    pl.Enum(["b", "东", "a"]): ["a", "b", "东", None], pl.Categorical: ["b", "a", None],
    pl.String: ["", "1", "B7", None],
    pl.Date: [DAY, dt.date(2017, 2, 1), None], pl.Datetime("ms"): [NOON, None],
    pl.Datetime("us", "Asia/Shanghai"): [NOON.replace(tzinfo=dt.UTC), None],
    pl.Duration("us"): [dt.timedelta(1), dt.timedelta(2), None], pl.Time: [dt.time(8), dt.time(9), None],
    pl.Binary: [b"a", b"b", None], pl.List(pl.Int64): [[1], [2, None], None], pl.Array(pl.Int64, 1): [[1], [2], None],
    pl.Struct({"x": pl.Int64}): [{"x": 1}, {"x": 2}, None], pl.Null: [None], pl.Object: [1, "a", None],
    pl.Decimal(10, 2): [Decimal("0.50"), Decimal("1.00"), None],
}  # fmt: skip

# What compares values of a suite with a column's, or sums them: where the stock engine cannot, nor may this one but
# for decimals. (Values of a column are compared with each other, though the stock engine does so for fewer types.)
COMPARED = re.compile(
    "expect_column_(min|max|mean|median|stdev|sum|values)_to_be_between|expect_multicolumn_sum"
    "|expect_column_(values|most_common_value|distinct_values)_to_(not_)?(be_in|contain|equal)_set"
)


@st.composite
def asked(draw: st.DrawFn, dtype: Any, names: list[str]) -> tuple[pl.DataFrame, list[Expectation]]:
    """Two columns of the type under hostile names, and what is asked of others in `cases` asked of these."""
    first, second = draw(st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=2, unique=True))
    rows = [draw(st.lists(st.sampled_from(TYPES[dtype]), min_size=4, max_size=4)) for _ in range(2)]
    frame = pl.DataFrame({n: pl.Series(v, dtype=dtype) for n, v in zip((first, second), rows, strict=True)})
    return frame, [_renamed(draw(questions(name)), first, second) for name in names]


def _renamed(request: Expectation, first: str, second: str) -> Expectation:
    kwargs = request.dict(exclude={"meta", "id", "rendered_content", "row_condition"}, exclude_unset=True)
    for key in {"column", "column_A", "column_B"} & set(kwargs):
        kwargs[key] = first if kwargs[key] in {"i", "f", "s", "d"} else second
    if "ignore_row_if" in kwargs and "column_list" in kwargs:
        kwargs["column_list"] = [first, second]
    return type(request)(**kwargs)


def told(both: Both, frame: pl.DataFrame, requests: list[Expectation]) -> list[str]:
    """What is wrong in our answers, in words: not the oracle's, or a refusal that does not say of what."""
    ours = answers(both.polars, frame, requests, "COMPLETE")
    stock = oracle(both, frame, requests)
    found = []
    for request, mine, theirs in zip(requests, ours, stock, strict=True):
        if failed(mine):
            wrong = not (theirs is None or failed(theirs)) and not any(map(reason(mine).__contains__, types(frame)))
        elif theirs is None:
            wrong = False
        elif failed(theirs):
            without_values = frame.height in frame.null_count().row(0)  # of which there is nothing to compare
            decimal = frame.dtypes[0].is_decimal()
            wrong = not (without_values or decimal) and bool(COMPARED.search(request.expectation_type))
        else:
            wrong = counts(mine) != counts(theirs)
        if wrong:
            found.append(f"{request.configuration.kwargs} of {frame}: {said(mine)} / {said(theirs)}")
    return found


def said(result: ExpectationValidationResult | None) -> Any:
    return result and (reason(result) if failed(result) else counts(result))


def oracle(both: Both, frame: pl.DataFrame, requests: list[Expectation]) -> list[Any]:
    """The stock engine's answers; none where a Duration in a result ends its whole validation."""
    if pl.Duration in frame.dtypes:
        return [None] * len(requests)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the stock engine warns of is its own affair
        return list(answers(both.pandas, to_pandas(frame), requests, "COMPLETE"))


def types(frame: pl.DataFrame) -> list[str]:
    return [str(dtype) for dtype in frame.dtypes]


def counts(result: ExpectationValidationResult) -> dict[str, Any]:
    """The answer without its values, which each engine writes in its way."""
    keys = ("element_count", "missing_count", "unexpected_count", "unexpected_index_list")
    return {"success": bool(result.success)} | {key: result.result.get(key) for key in keys}


@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_an_answer_is_the_oracles_or_a_refusal(both: Both, dtype: Any) -> None:
    """Each example asks a quarter of the expectations; each type begins with another."""

    @generated(EXAMPLES)
    @given(
        st.integers(0, 3).flatmap(lambda turn: asked(dtype, list(ASKED)[(list(TYPES).index(dtype) + turn) % 4 :: 4]))
    )
    def check(made: tuple[pl.DataFrame, list[Expectation]]) -> None:
        assert told(both, *made) == []

    check()


def of(dtype: Any, *values: Any) -> pl.DataFrame:
    """A frame of one column `a`."""
    return pl.DataFrame({"a": pl.Series(values, dtype=dtype)})


@pytest.mark.parametrize("dtype", [pl.Date(), pl.Datetime("ms"), pl.Datetime("us"), pl.Datetime("ns")], ids=str)
@pytest.mark.parametrize("name", ["Min", "Max", "Mean", "Median"])
def test_a_date_of_a_suite_is_a_bound_after_json_too(name: str, dtype: pl.DataType) -> None:
    """Also where it was a date: Great Expectations makes of its text a date again, and compares it as it is."""
    made = getattr(gxe, f"ExpectColumn{name}ToBeBetween")
    kinds: list[dict[str, Any]] = [{"min_value": DAY}, {"max_value": DAY}, {"max_value": DAY, "strict_max": True}]
    written = [json.loads(json.dumps(made(column="a", **kind).configuration.to_json_dict())) for kind in kinds]
    assert {type(value) for each in written for key, value in each["kwargs"].items() if "_value" in key} == {str}
    read = [made(**each["kwargs"]) for each in written]
    frame = pl.DataFrame({"a": [DAY]}).cast(dtype)
    results = validate(frame, *read)
    assert [(failed(result), bool(result.success)) for result in results] == [(False, True)] * 2 + [(False, False)]


def test_a_date_is_no_bound_for_instants() -> None:
    request = gxe.ExpectColumnMaxToBeBetween(column="a", min_value=DAY)
    assert "offset-naive" in reason(one(of(pl.Datetime("us", "UTC"), NOON.replace(tzinfo=dt.UTC)), request))


@pytest.mark.parametrize(
    ("dtype", "value", "other"),
    [
        (pl.Binary, b"a", "a"), (pl.Boolean, True, 2), (pl.Boolean, True, 1.5), (pl.String, "1", 1),
        (pl.Datetime("ms"), NOON, NOON + dt.timedelta(microseconds=1)), (pl.Decimal(5, 1), Decimal("0.5"), 0.51),
        (pl.Int64, 2**53, float(2**53) + 2), (pl.Int8, 1, 257), (pl.Time, dt.time(8), 28800000000000),
        (pl.Date, DAY, 17167), (pl.Enum(["a"]), "a", 0),
    ],
    ids=str,
)  # fmt: skip
def test_a_value_that_only_a_conversion_would_make_equal_is_not(dtype: Any, value: Any, other: Any) -> None:
    sets = [gxe.ExpectColumnValuesToBeInSet, gxe.ExpectColumnDistinctValuesToContainSet]
    both_ways = [each(column="a", value_set=[chosen]) for each in sets for chosen in (value, other)]
    assert [bool(result.success) for result in validate(of(dtype, value), *both_ways)] == [True, False] * 2


@pytest.mark.parametrize(
    "dtype", [pl.List(pl.Int64), pl.Array(pl.Int64, 1), pl.Struct({"x": pl.Int64}), pl.Object], ids=str
)
def test_what_holds_values_is_compared_with_none_of_a_suite(dtype: Any) -> None:
    requests = [
        gxe.ExpectColumnValuesToBeInSet(column="a", value_set=[1]),
        gxe.ExpectColumnValuesToNotBeInSet(column="a", value_set=[1]),
        gxe.ExpectColumnValuesToBeBetween(column="a", min_value=1),
        gxe.ExpectColumnValuesToBeNull(column="a", row_condition=Column("a") == 1),
        gxe.ExpectColumnMinToBeBetween(column="a", min_value=1),
        gxe.ExpectMulticolumnSumToEqual(column_list=["a", "a"], sum_total=1),
    ]
    for result in validate(of(dtype, TYPES[dtype][0]), *requests):
        assert failed(result)
        assert not result.success
        assert f'"a" of type {dtype if dtype != pl.Object else "Object"}' in reason(result)


@pytest.mark.parametrize("text", ["1", "a", "01/02/2017", "2017-01"])
def test_a_date_that_is_not_wholly_written_is_not_guessed(text: str) -> None:
    request = gxe.ExpectColumnValuesToNotBeInSet(column="a", value_set=[text])
    assert "ISO 8601" in reason(one(of(pl.Date, DAY), request))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (pl.Series([b"a"]), pl.Series(["a"])), (pl.Series(["true"]), pl.Series([True])),
        (pl.Series([DAY]), pl.Series([17167])), (pl.Series([dt.time(0)]), pl.Series([0])),
        (pl.Series([{"x": 1}]), pl.Series([1])), (pl.Series([[1]]), pl.Series([["1"]])),
        (pl.Series([NOON]).cast(pl.Datetime("ns")), pl.Series([NOON])), (pl.Series(["a"]), pl.Series([DAY])),
        (pl.Series([NOON]), pl.Series([NOON]).dt.replace_time_zone("UTC")),
    ],
    ids=lambda values: str(values.dtype),
)  # fmt: skip
def test_columns_that_only_a_conversion_would_make_alike_are_not_compared(left: pl.Series, right: pl.Series) -> None:
    frame = pl.DataFrame({"a": left, "b": right})
    pair, many = {"column_A": "a", "column_B": "b"}, {"column_list": ["a", "b"]}
    requests = [
        gxe.ExpectColumnPairValuesToBeEqual(**pair), gxe.ExpectColumnPairValuesAToBeGreaterThanB(**pair, or_equal=True),
        gxe.ExpectMulticolumnValuesToBeEqual(**many), gxe.ExpectSelectColumnValuesToBeUniqueWithinRecord(**many),
    ]  # fmt: skip
    assert ["not compared with each other" in reason(result) for result in validate(frame, *requests)] == [True] * 4


def test_instants_of_two_zones_are_compared() -> None:
    noon = pl.Series([NOON]).dt.replace_time_zone("UTC")
    frame = pl.DataFrame({"a": noon, "b": noon.dt.convert_time_zone("Asia/Shanghai")})
    assert one(frame, gxe.ExpectColumnPairValuesToBeEqual(column_A="a", column_B="b")).success


def test_durations_of_failing_rows_are_text() -> None:
    result = one(of(pl.Duration, dt.timedelta(1), None), gxe.ExpectColumnValuesToBeNull(column="a"))
    assert result.to_json_dict()["result"]["unexpected_list"] == ["P1D"]


WHOLE = [pl.Int8, pl.UInt8, pl.Int32, pl.Int64, pl.UInt64, pl.Int128, pl.UInt128]


@pytest.mark.parametrize("left", WHOLE)
@pytest.mark.parametrize("right", WHOLE)
def test_sums_of_columns_are_exact_at_the_limits(left: Any, right: Any) -> None:
    """Every pair of types, lowest and highest, against Python's sum: equal to the float nearest to it, and no other."""
    limits = [pl.select(low=dtype.min(), high=dtype.max()).row(0) for dtype in (left, right)]
    for values in itertools.product(*limits):
        columns = {
            name: pl.Series([value], dtype=each) for name, value, each in zip("ab", values, (left, right), strict=True)
        }
        frame, total = pl.DataFrame(columns), float(sum(values))
        near = (total, math.nextafter(total, math.inf), math.nextafter(total, -math.inf))
        asked_of = [MetricRequest(("a", "b"), {"sum_total": each}, frame.schema) for each in near]
        assert frame.select(pl.concat_list(map(sum_equals, asked_of))).item().to_list() == [True, False, False]


def test_sums_of_decimals_are_exact_or_refused() -> None:
    most = Decimal(10**38 - 1)
    wide = pl.DataFrame({"a": [most], "b": [most]}, schema={"a": pl.Decimal(38, 0), "b": pl.Decimal(38, 0)})
    assert one(wide, gxe.ExpectColumnSumToBeBetween(column="a", min_value=1e38)).success
    pair = {"column_list": ["a", "b"]}
    assert not one(wide, gxe.ExpectMulticolumnSumToEqual(**pair, sum_total=1)).success
    mixed = wide.with_columns(b=pl.lit(Decimal("0.5")))
    assert '"b" of type Decimal' in reason(one(mixed, gxe.ExpectMulticolumnSumToEqual(**pair, sum_total=1)))
    tenths = pl.DataFrame({"a": [Decimal("0.1")], "b": [Decimal("0.2")]})
    assert one(tenths, gxe.ExpectMulticolumnSumToEqual(**pair, sum_total=0.3)).success
    assert not one(tenths, gxe.ExpectMulticolumnSumToEqual(**pair, sum_total=0.31)).success


@pytest.mark.parametrize("pattern", ["[a&&b]", "[[:alpha:]]", "[a[b]]", "[a~~b]", r"\<a", r"a\>", "a*+a", "a{1,2}+a"])
def test_a_regex_that_rust_reads_otherwise_is_refused(pattern: str) -> None:
    request = gxe.ExpectColumnValuesToMatchRegex(column="a", regex=pattern)
    assert "one thing to Python and another to Rust" in reason(one(of(pl.String, "a"), request))


def test_a_regex_that_looks_like_one_is_answered(both: Both) -> None:
    patterns = [r"\++", "[*+]", r"[\[\]]+", r"\\<", "[]a]", "(?i)A+?", r"^\d{2}\}+$", "[a-z&]+"]
    requests = [gxe.ExpectColumnValuesToMatchRegex(column="a", regex=pattern) for pattern in patterns]
    assert both.differences(of(pl.String, "a", "A", "+", "[", "\\<", "12}}"), requests, "COMPLETE") == []
