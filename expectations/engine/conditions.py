"""Conditions of which each row is judged alone: true where it is as expected, null where there is no answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from expectations.engine.asked import Asked
from expectations.engine.literals import bound, members
from expectations.engine.regexes import matches, text


@dataclass(frozen=True)
class Condition:
    """How rows are judged: an expression, true where a row is as expected.

    `alone`: each row is judged by itself. `sees_missing`: rows whose column is null are judged too.
    `blind_to_left_out`: though a row is not judged alone, rows left out for their nulls make no difference to it (no
    row left out equals one that is not), so all may be judged and those left out be masked, which is faster.
    """

    compile: Callable[[Asked], pl.Expr]
    alone: bool = True
    sees_missing: bool = False
    blind_to_left_out: bool = False


def _between(asked: Asked) -> pl.Expr:
    return within_bounds(asked.column(), asked)


def within_bounds(column: pl.Expr, asked: Asked, dtype: pl.DataType | None = None) -> pl.Expr:
    """Whether a value is within min_value and max_value, either of which may be strict or absent, not both."""
    lowest, highest = asked.values.get("min_value"), asked.values.get("max_value")
    if lowest is None and highest is None:
        raise ValueError("min_value and max_value cannot both be None")
    if lowest is not None and highest is not None and lowest > highest:
        raise ValueError("min_value cannot be greater than max_value")
    held = []
    if lowest is not None:
        value = bound(lowest, dtype or asked.dtype())
        held.append(column > value if asked.values.get("strict_min") else column >= value)
    if highest is not None:
        value = bound(highest, dtype or asked.dtype())
        held.append(column < value if asked.values.get("strict_max") else column <= value)
    return pl.all_horizontal(held)


def _in_set(asked: Asked) -> pl.Expr:
    values = asked.values.get("value_set")
    return pl.lit(value=True) if values is None else asked.column().is_in(members(values, asked.dtype()))


def _not_in_set(asked: Asked) -> pl.Expr:
    values = asked.values.get("value_set")
    return pl.lit(value=True) if values is None else ~asked.column().is_in(members(values, asked.dtype()))


def _match_regex(asked: Asked) -> pl.Expr:
    return matches(asked, "column_values.match_regex", asked.values["regex"])


def _not_match_regex(asked: Asked) -> pl.Expr:
    return ~matches(asked, "column_values.not_match_regex", asked.values["regex"])


def _match_regex_list(asked: Asked) -> pl.Expr:
    found = [matches(asked, "column_values.match_regex_list", pattern) for pattern in asked.values["regex_list"]]
    return pl.all_horizontal(found) if asked.values.get("match_on") == "all" else pl.any_horizontal(found)


def _not_match_regex_list(asked: Asked) -> pl.Expr:
    found = [matches(asked, "column_values.not_match_regex_list", pattern) for pattern in asked.values["regex_list"]]
    return ~pl.any_horizontal(found)


def _length_between(asked: Asked) -> pl.Expr:
    length = text(asked, "column_values.value_length.between").str.len_chars()
    return within_bounds(length, asked, pl.UInt32())


def _length_equals(asked: Asked) -> pl.Expr:
    equal: pl.Expr = text(asked, "column_values.value_length.equals").str.len_chars() == asked.values["value"]
    return equal


def _greater(asked: Asked) -> pl.Expr:
    left, right = asked.all_columns()
    return (left >= right if asked.values.get("or_equal") else left > right).fill_null(value=False)


def _pair_equal(asked: Asked) -> pl.Expr:
    left, right = asked.all_columns()
    return (left == right).fill_null(value=False)


def _pair_in_set(asked: Asked) -> pl.Expr:
    pairs = asked.values.get("value_pairs_set")
    if pairs is None:
        return pl.lit(value=True)
    return pl.any_horizontal([_is_pair(asked, pair) for pair in pairs] or [pl.lit(value=False)])


def _is_pair(asked: Asked, pair: tuple[Any, Any]) -> pl.Expr:
    """Whether both columns have the pair's values, where null equals None."""
    return pl.all_horizontal([_is_value(asked, place, value) for place, value in enumerate(pair)])


def _is_value(asked: Asked, place: int, value: Any) -> pl.Expr:
    column = asked.column(place)
    if value is None:
        return column.is_null()
    return column.is_in(members([value], asked.dtype(place))).fill_null(value=False)


def _sum_equals(asked: Asked) -> pl.Expr:
    total = pl.sum_horizontal(_exact(asked), ignore_nulls=False)
    equal: pl.Expr = total == asked.values["sum_total"]
    return equal.fill_null(value=False)


def _exact(asked: Asked) -> list[pl.Expr]:
    """The columns as they are summed: integers wide enough not to wrap around."""
    whole = all(asked.dtype(place).is_integer() for place in range(len(asked.columns)))
    return [column.cast(pl.Int128) if whole else column for column in asked.all_columns()]


def _all_equal(asked: Asked) -> pl.Expr:
    first, *others = asked.all_columns()
    return pl.all_horizontal([first.eq_missing(other) for other in others])


def _unique_within_record(asked: Asked) -> pl.Expr:
    """No two of the columns have the same value; a null equals a null."""
    columns = asked.all_columns()
    pairs = [left.ne_missing(right) for place, left in enumerate(columns) for right in columns[place + 1 :]]
    return pl.all_horizontal(pairs)


ALONE: dict[str, Condition] = {
    "column_values.nonnull": Condition(lambda asked: asked.column().is_not_null(), sees_missing=True),
    "column_values.null": Condition(lambda asked: asked.column().is_null(), sees_missing=True),
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
    "multicolumn_sum.equal": Condition(_sum_equals),
    "multicolumn_values.equal": Condition(_all_equal),
    "select_column_values.unique.within_record": Condition(_unique_within_record),
}
