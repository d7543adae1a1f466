"""A published figure made again from the rows in force, in plain numbers, and the counties of both its sides.

Belongs here: each aggregate of `figures.csv` once more, without the marts' expressions; only who is in which group, and
which county continues which, is the codebook's. Does not belong here: what the snapshot says (`scorecard_figure.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from warehouse.codebook import Codebook, Dataset, Figure
from warehouse.codebook.load import REQUIRED_WHERE
from warehouse.codebook.succession import blocks
from warehouse.lineage import recount
from warehouse.marts.figure_state import Side, base_of, own_of

Row = Mapping[str, Any]
Addends = tuple[Fraction, Fraction]  # a value and what it is averaged by; or a value and one
NOTHING: Addends = (Fraction(0), Fraction(0))


@dataclass(frozen=True)
class Recount:
    """The rows in force of a figure's periods, and what became of the return of each county (period, code)."""

    book: Codebook
    figure: Figure
    rows: Sequence[Row]
    states: Mapping[tuple[str, str], str]

    @property
    def columns(self) -> tuple[str, str]:
        """The figure's column, and the other that it is set beside; empty where there is none."""
        return self.figure.column or "", self.figure.by or ""

    @property
    def dataset(self) -> Dataset:
        """The form that the figure is made of."""
        return self.book.datasets[self.figure.dataset]

    def value(self) -> Fraction | None:
        """What the figure is; None where no county gives it."""
        figure = self.figure
        if figure.aggregate == "increase":
            return self._increase()
        rows = [row for row in self.rows if row["period"] == figure.period and self._is_kind(row)]
        inside = self._members(figure.scope, figure.period)
        own = [row for row in rows if row["county_code"] in inside]
        return WAYS[figure.aggregate](self, own, rows)

    def _increase(self) -> Fraction | None:
        """A sum less what it was, or a mean less what it was, over those that gave both."""
        pairs = self.pairs()
        if not pairs:
            return None
        (now, by), (then, before) = _added(p for p, _, _ in pairs), _added(p for _, p, _ in pairs)
        if not self.averaged:
            return now - then
        return now / by - then / before if by and before else None

    @property
    def averaged(self) -> str | None:
        """What the figure's column is averaged by; None where it is added up."""
        return self.dataset[self.columns[0]].roll_up.weight

    def pairs(self) -> list[tuple[Addends, Addends, int]]:
        """Of an increase: what is added up now and then of the counties, or sets that continue each other, that gave
        both; and how many they are now.
        """
        figure = self.figure
        ends = {True: figure.period, False: figure.since or ""}
        placed = blocks(self.book, ends[False], ends[True])
        size = {(later, block): n for _, block, later, n in placed.iter_rows()}
        sums = {later: self._by_county(period) for later, period in ends.items()}
        of_block: dict[tuple[bool, str], list[Addends]] = defaultdict(list)
        for code, block, later, _ in placed.iter_rows():
            if code in sums[later]:
                of_block[later, block].append(sums[later][code])
        whole = {key: _added(values) for key, values in of_block.items() if len(values) == size[key]}
        blocks_of_both = [block for later, block in whole if later and (False, block) in whole]
        return [(whole[True, b], whole[False, b], size[True, b]) for b in blocks_of_both]

    def coverage(self) -> dict[str, int | bool | None]:
        """The scorecard's columns of counties."""
        own, base = own_of(self.figure), base_of(self.figure)
        sides = {"numerator": own} | ({"base": base} if base else {})
        counts = {name: self._outcomes(side) for name, side in sides.items()}
        gave = {name: of["counted"] + of["nil"] for name, of in counts.items()}
        given = [counts[name]["due"] > 0 and recount.complete(counts[name], required=self._required(side))
                 for name, side in sides.items()]  # fmt: skip
        percent = self.book.partial_below
        return {
            **{f"{name}_due": counts[name]["due"] if name in counts else None for name in ("numerator", "base")},
            **{f"{name}_counted": gave.get(name) for name in ("numerator", "base")},
            "complete": all(given),
            "partial": any(recount.partial(of, percent) for of in counts.values()),
        }

    def values(self, rows: Iterable[Row], column: str | None = None) -> list[Fraction]:
        """The values of a column, the figure's own for None, blanks left out."""
        name = column or self.columns[0]
        return [Fraction(row[name]) for row in rows if row[name] is not None]

    def mean(self, rows: Iterable[Row], name: str) -> Fraction | None:
        """The mean of a ratio by the weight that the codebook has."""
        weight = self.dataset[name].roll_up.weight or ""
        pairs = [(Fraction(row[name]), Fraction(row[weight])) for row in rows if None not in (row[name], row[weight])]
        total = sum(by for _, by in pairs)
        return sum((value * by for value, by in pairs), Fraction(0)) / total if total else None

    def growth(self, rows: Iterable[Row]) -> Fraction | None:
        """How far, in percent, the mean of one column is above that of the other, over rows with both."""
        both = self.both(rows)
        now, then = (self.mean(both, column) for column in self.columns)
        return None if now is None or not then else 100 * (now / then - 1)

    def both(self, rows: Iterable[Row]) -> list[Row]:
        """The rows with both columns."""
        return [row for row in rows if None not in (row[column] for column in self.columns)]

    def _by_county(self, period: str) -> dict[str, Addends]:
        members = self._members(self.figure.scope, period)
        sums: dict[str, Addends] = {}
        for row in self.rows:
            code, value, by = row["county_code"], row[self.columns[0]], row[self.averaged] if self.averaged else 1
            if row["period"] == period and code in members and None not in (value, by):
                given = Fraction(value) * Fraction(by), Fraction(by)
                sums[code] = _added([sums.get(code, NOTHING), given])
        return sums

    def _is_kind(self, row: Row) -> bool:
        column, _, value = (self.figure.where or "").partition("=")
        return not column or str(row[column]).lower() == value  # true, as the mart writes it

    def _members(self, group: str, period: str) -> set[str]:
        return {division.county_code for division in self.book.members(group, period)}

    def _outcomes(self, side: Side) -> dict[str, int]:
        members = self._members(side.group, side.period)
        rows = {row["county_code"]: row for row in self.rows if row["period"] == side.period}
        places = {code: state for (period, code), state in self.states.items()
                  if period == side.period and code in members}  # fmt: skip
        return recount.outcomes(self._outcome(side, state, rows.get(code)) for code, state in places.items())

    def _outcome(self, side: Side, state: str, row: Row | None) -> str:
        """What became of a county's side of the figure; of rows of a kind, and of many rows, of its return."""
        if state not in ("counted", "nil") or self.figure.where or not self.dataset.one_row or row is None:
            return "counted" if state == "nil" else state
        if all(row[column] is not None for column in side.columns):
            return "counted"
        if state == "nil" and self.dataset.nil:
            return "nil"
        return "exempt" if any(self._exempt(row, column) for column in side.columns) else "blank"

    def _exempt(self, row: Row, column: str) -> bool:
        indicator = self.dataset[column]
        if condition := REQUIRED_WHERE.fullmatch(indicator.required):
            return row[condition[1]] is not None and row[condition[1]] <= int(condition[2])
        by = indicator.roll_up.denominator or indicator.roll_up.weight
        return indicator.roll_up.how == "weighted" and row[by or ""] == 0

    def _required(self, side: Side) -> bool:
        of_return = self.figure.where or not self.dataset.one_row
        return bool(of_return) or any(self.dataset[column].required != "false" for column in side.columns)


def _added(pairs: Iterable[Addends]) -> Addends:
    parts, wholes = zip(*pairs, strict=True)
    return sum(parts, Fraction(0)), sum(wholes, Fraction(0))


Way = Callable[[Recount, list[Row], list[Row]], Fraction | None]


def _sum(of: Recount, own: list[Row], _: list[Row]) -> Fraction | None:
    values = of.values(own)
    return sum(values, Fraction(0)) if values else None


def _over(part: Fraction | None, whole: Fraction | None) -> Fraction | None:
    return None if part is None or not whole else 100 * part / whole


def _ratio(of: Recount, own: list[Row], _: list[Row]) -> Fraction | None:
    both = of.both(own)
    part, whole = (sum(of.values(both, column), Fraction(0)) for column in of.columns)
    return _over(part, whole)


def _lead(of: Recount, own: list[Row], rows: list[Row]) -> Fraction | None:
    growths = [of.growth(own), of.growth(rows)]
    return None if growths[0] is None or growths[1] is None else growths[0] - growths[1]


def _extreme(choose: Callable[..., Fraction]) -> Way:
    return lambda of, own, _: choose(of.values(own), default=None)


def _worst(of: Recount, own: list[Row], _: list[Row]) -> Fraction | None:
    published = Fraction(of.figure.published)
    return max(of.values(own), key=lambda value: abs(value - published), default=None)


WAYS: dict[str, Way] = {
    "sum": _sum,
    "weighted": lambda of, own, _: of.mean(own, of.columns[0]),
    "growth": lambda of, own, _: of.growth(own),
    "growth_lead": _lead,
    "ratio": _ratio,
    "share": lambda of, own, rows: _over(_sum(of, own, rows), _sum(of, rows, rows)),
    "count": lambda _, own, __: Fraction(len(own)),
    "distinct": lambda of, own, _: Fraction(len({row[of.columns[0]] for row in own})),
    "least": _extreme(min),
    "greatest": _extreme(max),
    "worst": _worst,
}
