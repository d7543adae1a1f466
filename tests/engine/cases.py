"""What the engines are asked: frames, and for every expectation that stock pandas answers ways to ask it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import great_expectations.expectations as gxe
import polars as pl
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.row_conditions import Column
from hypothesis import strategies as st

INTEGERS = [*range(-3, 6)]
FLOATS = [-2.5, -1.0, 0.0, 0.5, 1.0, 2.0, 3.25]
TEXTS = ["", "a", "b", "ab", "abc", "B7", "东", "a%b"]
MOMENTS = [dt.datetime(2017, month, 1) for month in (1, 2, 3, 12)]  # noqa: DTZ001 - of no zone
NUMERIC = ["i", "j", "f", "g"]
ANY = [*NUMERIC, "s", "t", "d"]
FORMATS: list[Any] = [
    "BOOLEAN_ONLY",
    "BASIC",
    "SUMMARY",
    "COMPLETE",
    {"result_format": "COMPLETE", "unexpected_index_column_names": ["k"]},
    {"result_format": "COMPLETE", "unexpected_index_column_names": ["k", "t"], "exclude_unexpected_values": True},
    {"result_format": "SUMMARY", "partial_unexpected_count": 2, "unexpected_index_column_names": ["k"]},
    {"result_format": "BASIC", "partial_unexpected_count": 1, "include_unexpected_rows": True},
    {"result_format": "SUMMARY", "partial_unexpected_count": 0},
]
SCHEMA = {"i": pl.Int64, "j": pl.Int64, "f": pl.Float64, "g": pl.Float64, "s": pl.String, "t": pl.String,
          "d": pl.Datetime("ns"), "k": pl.Int64}  # fmt: skip


@st.composite
def frames(draw: st.DrawFn, least: int = 0) -> pl.DataFrame:
    """Small frames with nulls in i, f, s and d, NaN in f, repeated values everywhere but in k."""
    rows = draw(st.integers(least, 7))

    def column(values: list[Any], *missing: Any) -> list[Any]:
        return draw(st.lists(st.sampled_from([*values, *missing]), min_size=rows, max_size=rows))

    made = {
        "i": column(INTEGERS, None, None), "j": column(INTEGERS), "f": column(FLOATS, None, float("nan")),
        "g": column(FLOATS), "s": column(TEXTS, None, None), "t": column(TEXTS), "d": column(MOMENTS, None),
        "k": list(range(100, 100 + rows)),
    }  # fmt: skip
    return pl.DataFrame(made, schema=SCHEMA)


def _values(column: str) -> list[Any]:
    return {"i": INTEGERS, "j": INTEGERS, "f": FLOATS, "g": FLOATS, "s": TEXTS, "t": TEXTS, "d": MOMENTS}[column]


def _one(column: str) -> st.SearchStrategy[Any]:
    written = st.sampled_from(_values(column))
    return written.map(dt.datetime.isoformat) if column == "d" else written


@st.composite
def row_conditions(draw: st.DrawFn) -> Any:
    """Row conditions of every kind that Great Expectations has, or none."""

    def simple() -> Any:
        column = draw(st.sampled_from(["i", "j", "f", "s", "d"]))
        name, operator = (
            Column(column),
            draw(st.sampled_from(["==", "!=", "<", ">=", ">", "<=", "in", "out", "null", "there"])),
        )
        if operator == "null":
            return name.is_null()
        if operator == "there":
            return name.is_not_null()
        if column != "d" and operator in ("in", "out"):
            values = draw(st.lists(_one(column), max_size=3))
            return name.is_in(values) if operator == "in" else name.is_not_in(values)
        if column == "d" and operator in ("==", "!=", "in", "out"):
            operator = "<="  # text never equals a moment in pandas 3, though it is before or after one
        value = draw(_one(column))
        compare: dict[str, Callable[[], Any]] = {
            "==": lambda: name == value, "!=": lambda: name != value, "<": lambda: name < value,
            "<=": lambda: name <= value, ">": lambda: name > value,
        }  # fmt: skip
        return compare.get(operator, lambda: name >= value)()

    kind = draw(st.sampled_from(["none", "none", "one", "and", "or"]))
    if kind == "none":
        return None
    if kind == "one":
        return simple()
    return simple() & simple() if kind == "and" else simple() | simple()


def _bounds(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> dict[str, Any]:
    """One bound or two, strict or not."""
    lowest, highest = draw(values), draw(values)
    if lowest > highest:
        lowest, highest = highest, lowest
    kept = draw(st.sampled_from([("min_value",), ("max_value",), ("min_value", "max_value")]))
    bounds = {name: value for name, value in (("min_value", lowest), ("max_value", highest)) if name in kept}
    return bounds | {"strict_min": draw(st.booleans()), "strict_max": draw(st.booleans())}


# A bound that no mean or deviation of these values hits exactly: there the engines may differ by a rounding.
def _coarse() -> st.SearchStrategy[float]:
    return st.sampled_from([-1.3, 0.13, 0.37, 1.13, 2.37])


def _from(columns: list[str], also: Callable[[st.DrawFn, str], dict[str, Any]] = lambda *_: {}) -> Any:
    def make(draw: st.DrawFn) -> dict[str, Any]:
        column = draw(st.sampled_from(columns))
        return {"column": column} | also(draw, column)

    return make


def _between(columns: list[str]) -> Any:
    return _from(columns, lambda draw, column: _bounds(draw, _one(column)))


def _roughly(columns: list[str]) -> Any:
    return _from(columns, lambda draw, _: _bounds(draw, _coarse()))


def _counted(*columns: str) -> Any:
    if columns:
        return _from(list(columns), lambda draw, _: _bounds(draw, st.integers(0, 5)))
    return lambda draw: _bounds(draw, st.integers(0, 9))


def _set_of(columns: list[str]) -> Any:
    return _from(
        columns, lambda draw, column: {"value_set": draw(st.lists(_one(column), min_size=1, max_size=5, unique=True))}
    )


def _pair(columns: list[tuple[str, str]], also: Callable[[st.DrawFn], dict[str, Any]] = lambda _: {}) -> Any:
    def make(draw: st.DrawFn) -> dict[str, Any]:
        left, right = draw(st.sampled_from(columns))
        modes = ["both_values_are_missing", "either_value_is_missing", "neither"]
        return {"column_A": left, "column_B": right, "ignore_row_if": draw(st.sampled_from(modes))} | also(draw)

    return make


def _many(columns: list[str], also: Callable[[st.DrawFn], dict[str, Any]] = lambda _: {}) -> Any:
    def make(draw: st.DrawFn) -> dict[str, Any]:
        chosen = draw(st.lists(st.sampled_from(columns), min_size=2, max_size=len(columns), unique=True))
        modes = ["all_values_are_missing", "any_value_is_missing", "never"]
        return {"column_list": chosen, "ignore_row_if": draw(st.sampled_from(modes))} | also(draw)

    return make


REGEXES = ["^a", "b$", "a|东", "[A-Z][0-9]", "^$", ".", "(ab)+"]
MOSTLY = {"mostly": [0.0, 0.3, 0.5, 0.9, 1.0]}
NUMBERS = [("i", "j"), ("f", "g"), ("j", "g"), ("i", "f")]


def _regex(draw: st.DrawFn, _: str) -> dict[str, Any]:
    return {"regex": draw(st.sampled_from(REGEXES))}


def _regexes(draw: st.DrawFn, _: str) -> dict[str, Any]:
    return {"regex_list": draw(st.lists(st.sampled_from(REGEXES), min_size=1, max_size=3))}


def _quantiles(draw: st.DrawFn, _: str) -> dict[str, Any]:
    quantiles = draw(st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]), min_size=1, max_size=3, unique=True))
    ranges = [[draw(st.sampled_from([None, -1.1, 0.3])), draw(st.sampled_from([None, 0.4, 3.1]))] for _ in quantiles]
    how = draw(st.sampled_from([False, "linear", "lower", "higher", "midpoint", "nearest"]))
    return {"quantile_ranges": {"quantiles": quantiles, "value_ranges": ranges}, "allow_relative_error": how}


def _pairs(draw: st.DrawFn) -> dict[str, Any]:
    part = st.one_of(st.none(), st.sampled_from(INTEGERS))
    return {"value_pairs_set": draw(st.lists(st.tuples(part, part), max_size=6))}


def _divergence(draw: st.DrawFn, _: str) -> dict[str, Any]:
    partition = {"values": ["a", "b", "ab", "东"], "weights": [0.4, 0.3, 0.2, 0.1]}
    return {"partition_object": partition, "threshold": draw(st.sampled_from([0.05, 0.9])),
            "tail_weight_holdout": 0.001, "internal_weight_holdout": 0.0}  # fmt: skip


# Every core expectation that the stock pandas engine answers and this one does too, with what it is asked.
ASKED: dict[str, Callable[[st.DrawFn], dict[str, Any]]] = {
    "ExpectColumnDistinctValuesToBeInSet": _set_of(ANY),
    "ExpectColumnDistinctValuesToContainSet": _set_of(ANY),
    "ExpectColumnDistinctValuesToEqualSet": _set_of(ANY),
    "ExpectColumnKLDivergenceToBeLessThan": _from(["s", "t"], _divergence),
    "ExpectColumnMaxToBeBetween": _between(["i", "j", "f", "g", "d"]),
    "ExpectColumnMinToBeBetween": _between(["i", "j", "f", "g", "d"]),
    "ExpectColumnMeanToBeBetween": _roughly(NUMERIC),
    "ExpectColumnMedianToBeBetween": _roughly(NUMERIC),
    "ExpectColumnStdevToBeBetween": _roughly(NUMERIC),
    "ExpectColumnSumToBeBetween": _roughly(NUMERIC),
    "ExpectColumnMostCommonValueToBeInSet": _from(
        ANY[:-1], lambda draw, column: {"value_set": _values(column)[:4], "ties_okay": draw(st.booleans())}
    ),
    "ExpectColumnProportionOfNonNullValuesToBeBetween": _from(ANY, lambda draw, _: _bounds(draw, _coarse().map(abs))),
    "ExpectColumnProportionOfUniqueValuesToBeBetween": _from(ANY, lambda draw, _: _bounds(draw, _coarse().map(abs))),
    "ExpectColumnQuantileValuesToBeBetween": _from(NUMERIC, _quantiles),
    "ExpectColumnUniqueValueCountToBeBetween": _counted(*ANY),
    "ExpectColumnToExist": lambda draw: {"column": draw(st.sampled_from(["i", "nowhere"]))},
    "ExpectColumnPairValuesAToBeGreaterThanB": _pair(
        [*NUMBERS, ("s", "t")], lambda draw: {"or_equal": draw(st.booleans())}
    ),
    "ExpectColumnPairValuesToBeEqual": _pair([*NUMBERS, ("s", "t")]),
    "ExpectColumnPairValuesToBeInSet": _pair([("i", "j")], _pairs),
    "ExpectColumnValueLengthsToBeBetween": _counted("s", "t"),
    "ExpectColumnValueLengthsToEqual": _from(["s", "t"], lambda draw, _: {"value": draw(st.integers(0, 3))}),
    "ExpectColumnValueZScoresToBeLessThan": _from(
        NUMERIC, lambda draw, _: {"threshold": draw(_coarse().map(abs)), "double_sided": draw(st.booleans())}
    ),
    "ExpectColumnValuesToBeBetween": _between(["i", "j", "f", "g", "d"]),
    "ExpectColumnValuesToBeDecreasing": _from([*NUMERIC, "d"], lambda draw, _: {"strictly": draw(st.booleans())}),
    "ExpectColumnValuesToBeIncreasing": _from([*NUMERIC, "d"], lambda draw, _: {"strictly": draw(st.booleans())}),
    "ExpectColumnValuesToBeInSet": _set_of(ANY[:-1]),
    "ExpectColumnValuesToNotBeInSet": _set_of(ANY),
    "ExpectColumnValuesToBeNull": _from(ANY),
    "ExpectColumnValuesToNotBeNull": _from(ANY),
    "ExpectColumnValuesToBeUnique": _from(ANY),
    "ExpectColumnValuesToMatchRegex": _from(["s", "t", "j"], _regex),
    "ExpectColumnValuesToNotMatchRegex": _from(["s", "t", "j"], _regex),
    "ExpectColumnValuesToMatchRegexList": _from(
        ["s", "t"], lambda draw, column: _regexes(draw, column) | {"match_on": draw(st.sampled_from(["any", "all"]))}
    ),
    "ExpectColumnValuesToNotMatchRegexList": _from(["s", "t"], _regexes),
    "ExpectColumnValuesToNotBeOutliers": _from(
        NUMERIC,
        lambda draw, _: {
            "method": draw(st.sampled_from(["iqr", "std"])),
            "multiplier": draw(st.sampled_from([0.13, 1.5])),
        },
    ),
    "ExpectCompoundColumnsToBeUnique": _many(["i", "j", "s", "f"]),
    "ExpectMulticolumnSumToEqual": _many(["i", "j", "g"], lambda draw: {"sum_total": draw(st.sampled_from(INTEGERS))}),
    "ExpectMulticolumnValuesToBeEqual": _many(["i", "j", "f", "g"]),
    "ExpectSelectColumnValuesToBeUniqueWithinRecord": _many(["i", "j", "f", "g"]),
    "ExpectTableColumnCountToBeBetween": _counted(),
    "ExpectTableColumnCountToEqual": lambda draw: {"value": draw(st.integers(6, 9))},
    "ExpectTableColumnsToMatchOrderedList": lambda draw: {"column_list": draw(st.permutations(list(SCHEMA)))[:8]},
    "ExpectTableColumnsToMatchSet": lambda draw: {
        "column_set": draw(st.lists(st.sampled_from([*SCHEMA, "z"]), max_size=9, unique=True)),
        "exact_match": draw(st.booleans()),
    },
    "ExpectTableRowCountToBeBetween": _counted(),
    "ExpectTableRowCountToEqual": lambda draw: {"value": draw(st.integers(0, 7))},
}  # fmt: skip


@st.composite
def questions(draw: st.DrawFn, name: str) -> Expectation:
    """An expectation of that class, perhaps with `mostly` and a row condition."""
    made = getattr(gxe, name)
    request = {key: value for key, value in ASKED[name](draw).items() if key in made.__fields__}
    if "mostly" in made.__fields__:
        request["mostly"] = draw(st.sampled_from(MOSTLY["mostly"]))
    if "row_condition" in made.__fields__ and not name.startswith("ExpectTable"):
        request["row_condition"] = draw(row_conditions())
    expectation: Expectation = made(**request)
    return expectation
