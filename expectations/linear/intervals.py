"""Between which numbers a cell may lie: intervals with exact ends, and the one that the other cells of a row leave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from expectations.language.expressions import Linear
from expectations.linear.row_rules import RowDemand, substituted


@dataclass(frozen=True)
class Interval:
    """The numbers from `low` to `high`, both included; None where there is no such end."""

    low: Fraction | None = None
    high: Fraction | None = None

    def __and__(self, other: Interval) -> Interval:
        lows = [low for low in (self.low, other.low) if low is not None]
        highs = [high for high in (self.high, other.high) if high is not None]
        return Interval(max(lows, default=None), min(highs, default=None))

    @property
    def empty(self) -> bool:
        """Whether no number lies in it."""
        return self.low is not None and self.high is not None and self.low > self.high

    def in_digits(self, decimals: int) -> Interval:
        """From the least to the greatest number in it that has so many digits after the point."""
        times = 10**decimals
        low = None if self.low is None else Fraction(ceil(self.low * times), times)
        return Interval(low, None if self.high is None else Fraction(floor(self.high * times), times))


EMPTY = Interval(Fraction(1), Fraction(0))


def where_not_negative(form: Linear) -> Interval:
    """Where a form of one column at most is at least zero."""
    if not form.coefficients:
        return Interval() if form.constant >= 0 else EMPTY
    (factor,) = form.coefficients.values()
    end = -form.constant / factor
    return Interval(low=end) if factor > 0 else Interval(high=end)


def left_by_others(demands: Iterable[RowDemand], column: str, numbers: dict[str, Fraction]) -> Interval | None:
    """What all of the demands together leave for a column, the other cells being as they are.

    None where that is no interval that can be told: an end of it breaks a demand that the column itself decides on, or
    the column is multiplied by itself.
    """
    asked = [demand for demand in demands if demand.columns <= numbers.keys()]
    others = {name: number for name, number in numbers.items() if name != column}
    left = Interval()
    for demand in asked:
        if column not in demand.columns or column in _decides(demand) or not demand.is_for(numbers):
            continue
        forms = [Linear.of(substituted(form, others)) for form in (demand.form, *demand.positive)]
        linear = [form for form in forms if form is not None]
        if len(linear) < len(forms):
            return None
        # Below a denominator of zero or less the rule asks nothing, or the contrary: there no cell is told to be.
        if all(form.coefficients or form.constant > 0 for form in linear[1:]):
            for form in linear:
                left &= where_not_negative(form)
    ends = [numbers | {column: end} for end in (left.low, left.high) if end is not None]
    return (
        None if not left.empty and any(d.broken(end) for d in asked for end in ends if column in _decides(d)) else left
    )


def _decides(demand: RowDemand) -> frozenset[str]:
    return frozenset((demand.when.column,)) if demand.when else frozenset()
