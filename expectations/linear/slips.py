"""How a clerk's slip is undone: the numbers that may have been meant by a typed one, each with the name of the slip.

Digits are those that were typed, in the unit of the form. How likely each slip is, is a judgement, not a count: what
matters is their order (see docs/explanation/corrections.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

from warehouse.codebook import Indicator, load

# Natural logarithms of how likely a slip is of all that clerks make, before it is known in which place it was made.
LIKELY = {
    "power_of_ten": math.log(0.1),
    "unit": math.log(0.15),
    "transposed": math.log(0.3),
    "doubled_digit": math.log(0.1),
    "dropped_digit": math.log(0.15),
    "one_digit": math.log(0.15),
    "sign": math.log(0.3),
    "swapped": math.log(0.1),
    "last_value": math.log(0.001),
    "implied": math.log(0.0003),
}
# A zero behind the point that was hardly typed is hardly transposed.
UNTYPED = 2.0
# Of money 万 and 亿 are slips of a unit; other powers are of a digit or a point, and the further, the rarer.
UNITS, OF_MONEY = (4, 8), "yuan"
MOST_POWER = 8
DIGITS = 10
MOST_DIGITS = 40


@dataclass(frozen=True)
class TypedNumber:
    """A cell's number as it stands in the form: `value` in base units is `text` times `factor`."""

    value: Fraction
    factor: int
    decimals: int
    units: tuple[int, ...] = ()

    @classmethod
    def of(cls, indicator: Indicator, value: Fraction) -> TypedNumber:
        """The number below the header of the form."""
        factor = load().spellings[indicator.input_unit].factor if indicator.input_unit else 1
        units = UNITS if indicator.unit.unit == OF_MONEY else ()
        return cls(value, factor, indicator.decimals + len(str(factor)) - 1, units)

    @property
    def text(self) -> str:
        """The digits without a sign, with all decimals that are kept."""
        with localcontext(prec=MOST_DIGITS):
            return f"{Decimal(abs(self.value).numerator) / abs(self.value).denominator / self.factor:.{self.decimals}f}"

    def undone(self) -> dict[Fraction, tuple[str, float]]:
        """Other numbers that may have been meant, in base units: the slip's name, and how likely it is."""
        found: dict[Fraction, tuple[str, float]] = {}
        for value, how, likely in self._undone():
            if value != self.value and likely > found.get(value, ("", -math.inf))[1]:
                found[value] = (how, likely)
        return found

    def how(self, meant: Fraction, undone: dict[Fraction, tuple[str, float]]) -> tuple[str, float]:
        """The slip that makes the number of `meant`, which the rules imply, and how likely it is."""
        if meant in undone:
            return undone[meant]
        if (cut := self._cut(meant)) is not None:
            return cut
        one, other = (_plain(TypedNumber(n, self.factor, self.decimals).text) for n in (self.value, meant))
        differing = sum(a != b for a, b in zip(one, other, strict=False))
        if len(one) == len(other) and differing == 1 and (self.value < 0) == (meant < 0):
            return "one_digit", LIKELY["one_digit"] - math.log(9 * len(one))
        return "implied", LIKELY["implied"]

    def _cut(self, meant: Fraction) -> tuple[str, float] | None:
        """A power of ten of which the last digits were not kept."""
        step = Fraction(self.factor, 10**self.decimals)
        for power in range(1, MOST_POWER + 1) if self.value else ():
            if abs(meant / 10**power - self.value) < step:
                return self._power(power)
        return None

    def _undone(self) -> Iterator[tuple[Fraction, str, float]]:
        if not self.value:
            return
        for power in range(1, MOST_POWER + 1):
            yield self.value * 10**power, *self._power(power)
            yield self.value / 10**power, *self._power(power)
        yield -self.value, "sign", LIKELY["sign"]
        text = _plain(self.text)
        for how, texts in (
            ("transposed", [*_transposed(text)]),
            ("doubled_digit", [*_one_less(text)]),
            ("dropped_digit", [*_one_more(text)]),
        ):
            likely = LIKELY[how] - math.log(max(len(texts), len(text) - 1, 1))
            yield from ((self._value(t), how, likely) for t in texts)
        of_zeros = LIKELY["transposed"] - math.log(len(self.text)) - UNTYPED
        yield from ((self._value(t), "transposed", of_zeros) for t in _transposed(self.text))

    def _power(self, power: int) -> tuple[str, float]:
        """The name of the slip, and how likely it is."""
        if power in self.units:
            return "unit", LIKELY["unit"] - self.units.index(power)
        return "power_of_ten", LIKELY["power_of_ten"] - (power - 1)

    def _value(self, text: str) -> Fraction:
        return Fraction(text) * self.factor * (-1 if self.value < 0 else 1)


def _plain(text: str) -> str:
    """The digits without zeros that nobody types."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def _transposed(text: str) -> Iterator[str]:
    """Two neighbouring digits in each other's place, across the point too; the first digit stays no zero."""
    places = [n for n, sign in enumerate(text) if sign.isdigit()]
    for a, b in pairwise(places):
        if text[a] != text[b] and not (a == 0 and text[b] == "0"):
            signs = list(text)
            signs[a], signs[b] = signs[b], signs[a]
            yield "".join(signs)


def _one_less(text: str) -> Iterator[str]:
    """One of two equal neighbours left out."""
    yield from (text[:n] + text[n + 1 :] for n in range(len(text) - 1) if text[n] == text[n + 1])


def _one_more(text: str) -> Iterator[str]:
    """A digit more in each place."""
    for n in range(len(text) + 1):
        for digit in map(str, range(DIGITS)):
            if n or digit != "0":
                yield text[:n] + digit + text[n:]
