"""Figures and coverage made again from the counties that are listed, in plain numbers.

Belongs here: arithmetic on what each county gives. Does not belong here: an expression of a mart, for what is counted
twice in one way is wrong twice in one way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

# More than a sum of any column's values has.
DIGITS = 60
SIXTH = Decimal("0.000001")
# What a float may be off by, of its size.
FLOAT = Decimal("1e-12")
# What became of a county's return, as a mart counts it; who is exempt is not due.
OUTCOMES = {
    "counted": "counted", "nil": "nil", "blank": "blank", "quarantined": "quarantined", "withdrawn": "missing",
    "missing": "missing",
}  # fmt: skip


def exact_sum(values: Iterable[Any]) -> Decimal:
    """The sum of decimals or whole numbers to the last digit, nulls passed over, of zero of none: also where no column
    could hold it.
    """
    with localcontext(prec=DIGITS):
        return sum((Decimal(value) for value in values if value is not None), Decimal(0))


def divided(part: Decimal | Fraction, whole: Decimal | Fraction, factor: int = 1) -> Decimal | None:
    """`factor` x part / whole to six digits; None over zero."""
    return six_digits(factor * Fraction(part) / Fraction(whole)) if whole else None


def six_digits(value: Fraction) -> Decimal:
    """As marts round."""
    with localcontext(prec=DIGITS):
        return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(SIXTH, ROUND_HALF_UP)


def same(published: Decimal | None, again: Decimal | None) -> bool:
    """Whether a quotient that a mart has is the one made again, but for what its floats round."""
    if published is None or again is None:
        return published is again
    return abs(published - again) <= max(SIXTH, FLOAT * abs(published))


def outcomes(states: Iterable[str]) -> dict[str, int]:
    """How many counties are `due`, and of each of OUTCOMES."""
    counts = Counter(OUTCOMES[state] for state in states if state != "exempt")
    return {"due": counts.total(), **{outcome: counts[outcome] for outcome in OUTCOMES.values()}}


def complete(counts: dict[str, int], *, required: bool) -> bool:
    """Whether nothing is outstanding: all due are counted or nil; or blank, in what no form asks for."""
    answered = counts["counted"] + counts["nil"] + (0 if required else counts["blank"])
    return answered == counts["due"]


def partial(counts: dict[str, int], percent: int) -> bool:
    """Whether less than so many percent of the counties due gave it."""
    return Fraction(counts["counted"] + counts["nil"]) < Fraction(percent * counts["due"], 100)
