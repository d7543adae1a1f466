"""Programmes' marts in plain Python, from the returns of a province: an oracle for sums, ratios and comparisons.

Everything is recomputed from the counties' rows: no frame, no expression of the product.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from tests.plain_province import RENAMED, SPLIT
from warehouse.codebook import Indicator, load
from warehouse.synthetic import Return

BOOK = load()
Place = tuple[str, str, str, str]  # period, level, code, indicator
STEP = {"monthly": 1, "quarterly": 3, "half_yearly": 6}
BEFORE_THE_SPLIT = ("140202", "140203", "140211", "140212")


class Programme:
    """The returns of one dataset of a form of one row, by county and period."""

    def __init__(self, name: str, returns: Sequence[Return]) -> None:
        self.dataset = BOOK.datasets[name]
        nil = {i.column: 0 if i.required == "true" and i.numeric else None for i in self.dataset.indicators}
        self.rows = {(r.county_code, r.period): r.rows[0] if r.rows else nil for r in returns if r.dataset == name}
        self.periods = sorted({period for _, period in self.rows})

    def areas(self, period: str) -> dict[tuple[str, str], list[str]]:
        """The counties of each area that reported for a period."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for division in BOOK.in_force(period):
            code = division.county_code
            if (code, period) not in self.rows:
                continue
            found["county", code].append(code)
            found["prefecture", division.prefecture_code].append(code)
            for group in BOOK.groups:
                if code in {d.county_code for d in BOOK.members(group, period)}:
                    found[group, "140000" if group == "province" else group].append(code)
        return found

    def value(self, indicator: Indicator, codes: Iterable[str], period: str) -> Fraction | None:
        """A sum, a ratio of sums, or None where no county has what it takes."""
        pairs = [self.addends(indicator, self.rows[code, period]) for code in codes]
        given = [pair for pair in pairs if None not in pair]
        over, under = (sum((Fraction(str(pair[n])) for pair in given), Fraction(0)) for n in (0, 1))
        if indicator.roll_up.how == "sum":
            return over if given else None
        return over / under if under else None

    @staticmethod
    def addends(indicator: Indicator, row: Mapping[str, Any]) -> tuple[Any, Any]:
        """What a county adds to the numerator and the denominator."""
        roll_up, own = indicator.roll_up, row[indicator.column]
        if roll_up.how == "sum":
            return own, 0
        weight, by = row[roll_up.weight or ""], row.get(roll_up.denominator or "")
        if roll_up.how == "derived":
            people = row["rural_population"]
            known = weight is not None and by is not None
            return (100 * (weight - by) * people, by * people) if known else (None, None)
        if roll_up.denominator:
            return 100 * weight, by
        return (None if own is None else own * weight), weight

    def pairs(self, codes: list[str], period: str, before: str) -> tuple[list[str], list[str]]:
        """Those of an area's counties that can be compared, and whom they continue."""
        now, then = [], []
        over = before < "2018" <= period
        for code in codes:
            if over and code in SPLIT:
                continue
            old = RENAMED.get(code, (code,)) if over else (code,)
            if all((o, before) in self.rows for o in old):
                now.append(code)
                then += old
        if over and set(codes) >= SPLIT and all((o, before) in self.rows for o in BEFORE_THE_SPLIT):
            now += sorted(SPLIT)
            then += BEFORE_THE_SPLIT
        return now, then

    def lines(self, period: str) -> Iterator[tuple[Place, dict[str, Fraction | None]]]:
        """Every line of a period that is a sum or a ratio, with what the mart should say."""
        months = STEP[self.dataset.frequency.value]
        for (level, code), codes in self.areas(period).items():
            for indicator in self.dataset.indicators:
                if indicator.roll_up.how in ("sum", "weighted", "derived"):
                    yield (period, level, code, indicator.column), self.line(indicator, codes, period, months)

    def line(self, indicator: Indicator, codes: list[str], period: str, months: int) -> dict[str, Fraction | None]:
        value = self.value(indicator, codes, period)
        last, last_change = self.compared(indicator, codes, period, months)
        year, year_change = self.compared(indicator, codes, period, 12)
        to_date = indicator.kind == "year_to_date"
        own = value if int(period[5:]) == months else last_change
        return {
            "value": value,
            "month_value": own if to_date else None,
            "prior_period": None if to_date else last,
            "value_compared": None if to_date else now(last, last_change),
            "change": None if to_date else last_change,
            "change_percent": None if to_date else percent(indicator, last, last_change),
            "prior_year": year,
            "value_compared_prior_year": now(year, year_change),
            "change_prior_year": year_change,
            "change_percent_prior_year": percent(indicator, year, year_change),
        }

    def compared(
        self, indicator: Indicator, codes: list[str], period: str, months: int
    ) -> tuple[Fraction | None, Fraction | None]:
        count = 12 * int(period[:4]) + int(period[5:]) - 1 - months
        before = f"{count // 12}-{count % 12 + 1:02}"
        now, then = self.complete(indicator, *self.pairs(codes, period, before), period, before)
        value, earlier = self.value(indicator, now, period), self.value(indicator, then, before)
        return earlier, None if value is None or earlier is None else value - earlier

    def complete(
        self, indicator: Indicator, now: list[str], then: list[str], period: str, before: str
    ) -> tuple[list[str], list[str]]:
        """Without counties of which one side is blank; with all where none is."""
        over = before < "2018" <= period
        heirs = {old: code for code, olds in RENAMED.items() for old in olds} if over else {}
        block = {code: "split" if over and code in SPLIT else code for code in now}
        block_then = {o: "split" if over and o in BEFORE_THE_SPLIT else heirs.get(o, o) for o in then}
        blank = {block[c] for c in now if None in self.addends(indicator, self.rows[c, period])}
        blank |= {block_then[o] for o in then if None in self.addends(indicator, self.rows[o, before])}
        return [c for c in now if block[c] not in blank], [o for o in then if block_then[o] not in blank]


def now(then: Fraction | None, change: Fraction | None) -> Fraction | None:
    """What the counties that are compared give now."""
    return None if then is None or change is None else then + change


def percent(indicator: Indicator, then: Fraction | None, change: Fraction | None) -> Fraction | None:
    """A change in percent of what was above zero; of what is in percent itself there is none."""
    if then is None or change is None or then <= 0 or indicator.unit.unit.startswith("percent"):
        return None
    return 100 * change / then
