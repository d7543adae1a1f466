"""Conditions of which each row is judged alone: true where it is as expected, null where there is no answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from expectations.engine.literals import bound, members
from expectations.engine.metric_request import MetricRequest
from expectations.engine.regexes import matches, text
from expectations.engine.sums import sum_equals


@dataclass(frozen=True)
class Condition:
    """How rows are judged: an expression, true where a row is as expected.

    `alone`: each row is judged by itself. `sees_missing`: rows whose column is null are judged too.
    `blind_to_left_out`: though a row is not judged alone, rows left out for their nulls make no difference to it (no
    row left out equals one that is not), so all may be judged and those left out be masked, which is faster.
    """

    compile: Callable[[MetricRequest], pl.Expr]
    alone: bool = True
    sees_missing: bool = False
    blind_to_left_out: bool = False


def _between(request: MetricRequest) -> pl.Expr:
    return within_bounds(request.column(), request)


def within_bounds(column: pl.Expr, request: MetricRequest, dtype: pl.DataType | None = None) -> pl.Expr:
    """Whether a value is within min_value and max_value, either of which may be strict or absent, not both."""
    lowest, highest = request.values.get("min_value"), request.values.get("max_value")
    if lowest is None and highest is None:
        raise ValueError("min_value and max_value cannot both be None")
    if lowest is not None and highest is not None and lowest > highest:
        raise ValueError("min_value cannot be greater than max_value")
    held = []
    if lowest is not None:
        value = bound(lowest, dtype) if dtype else request.bound(lowest)
        held.append(column > value if request.values.get("strict_min") else column >= value)
    if highest is not None:
        value = bound(highest, dtype) if dtype else request.bound(highest)
        held.append(column < value if request.values.get("strict_max") else column <= value)
    return pl.all_horizontal(held)


def _in_set(request: MetricRequest) -> pl.Expr:
    values = request.values.get("value_set")
    return pl.lit(value=True) if values is None else request.column().is_in(members(values, request.dtype()))


def _not_in_set(request: MetricRequest) -> pl.Expr:
    values = request.values.get("value_set")
    return pl.lit(value=True) if values is None else ~request.column().is_in(members(values, request.dtype()))


def _match_regex(request: MetricRequest) -> pl.Expr:
    return matches(request, "column_values.match_regex", request.values["regex"])


def _not_match_regex(request: MetricRequest) -> pl.Expr:
    return ~matches(request, "column_values.not_match_regex", request.values["regex"])


def _match_regex_list(request: MetricRequest) -> pl.Expr:
    found = [matches(request, "column_values.match_regex_list", pattern) for pattern in request.values["regex_list"]]
    return pl.all_horizontal(found) if request.values.get("match_on") == "all" else pl.any_horizontal(found)


def _not_match_regex_list(request: MetricRequest) -> pl.Expr:
    found = [
        matches(request, "column_values.not_match_regex_list", pattern) for pattern in request.values["regex_list"]
    ]
    return ~pl.any_horizontal(found)


def _length_between(request: MetricRequest) -> pl.Expr:
    length = text(request, "column_values.value_length.between").str.len_chars()
    return within_bounds(length, request, pl.UInt32())


def _length_equals(request: MetricRequest) -> pl.Expr:
    equal: pl.Expr = text(request, "column_values.value_length.equals").str.len_chars() == request.values["value"]
    return equal


def _greater(request: MetricRequest) -> pl.Expr:
    left, right = request.comparable()
    return (left >= right if request.values.get("or_equal") else left > right).fill_null(value=False)


def _pair_equal(request: MetricRequest) -> pl.Expr:
    left, right = request.comparable()
    return (left == right).fill_null(value=False)


def _pair_in_set(request: MetricRequest) -> pl.Expr:
    pairs = request.values.get("value_pairs_set")
    if pairs is None:
        return pl.lit(value=True)
    return pl.any_horizontal([_is_pair(request, pair) for pair in pairs] or [pl.lit(value=False)])


def _is_pair(request: MetricRequest, pair: tuple[Any, Any]) -> pl.Expr:
    """Whether both columns have the pair's values, where null equals None."""
    return pl.all_horizontal([_is_value(request, place, value) for place, value in enumerate(pair)])


def _is_value(request: MetricRequest, place: int, value: Any) -> pl.Expr:
    column = request.column(place)
    if value is None:
        return column.is_null()
    return column.is_in(members([value], request.dtype(place))).fill_null(value=False)


def _all_equal(request: MetricRequest) -> pl.Expr:
    first, *others = request.comparable()
    return pl.all_horizontal([first.eq_missing(other) for other in others])


def _unique_within_record(request: MetricRequest) -> pl.Expr:
    """No two of the columns have the same value; a null equals a null."""
    columns = request.comparable()
    pairs = [left.ne_missing(right) for place, left in enumerate(columns) for right in columns[place + 1 :]]
    return pl.all_horizontal(pairs)


ALONE: dict[str, Condition] = {
    "column_values.nonnull": Condition(lambda request: request.column().is_not_null(), sees_missing=True),
    "column_values.null": Condition(lambda request: request.column().is_null(), sees_missing=True),
    "column_values.between": Condition(_between),
    "column_values.in_set": Condition(_in_set),
    "column_values.not_in_set": Condition(_not_in_set),
    "column_values.match_regex": Condition(_match_regex),
    "column_values.not_match_regex": Condition(_not_match_regex),
    "column_values.match_regex_list": Condition(_match_regex_list),
    "column_values.not_match_regex_list": Condition(_not_match_regex_list),
    "column_values.value_length.between": Condition(_length_between),
    "column_values.value_length.equals": Condition(_length_equals),
    "column_pair_values.a_greater_than_b": Condition(_greater),
    "column_pair_values.equal": Condition(_pair_equal),
    "column_pair_values.in_set": Condition(_pair_in_set),
    "multicolumn_sum.equal": Condition(sum_equals),
    "multicolumn_values.equal": Condition(_all_equal),
    "select_column_values.unique.within_record": Condition(_unique_within_record),
}
