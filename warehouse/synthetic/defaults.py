"""What the definitions alone say of a county: values of a column, rows of a dataset, that no programme gives.

They keep every rule that follows from a definition: what is required is there, nothing is negative, shares lie between
0 and 100 and are computed from their parts, what adds up over a year or for good never falls. Every number is drawn by
itself from the seed, county and column, so that none shifts another. Does not belong here: a programme's own numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from warehouse.codebook import Dataset, Indicator
from warehouse.synthetic.random_draws import HUNDRED, part, seldom_blank, stream
from warehouse.synthetic.records import Row, Value, year_of
from warehouse.synthetic.territory import Province, Territory

FIRST_YEAR, MONTHS = 2016, 36  # what adds up for good is whole after so many months
MONTH = 30  # days
PER_PERSON = {  # base units for each registered person
    "person": 0.4, "person_time": 0.8, "household": 0.15, "yuan": 900.0, "mu": 1.5, "kilowatt": 0.6, "tree": 6.0,
}  # fmt: skip
OF_ANY_UNIT = 0.002
OF_A_ROW = 0.1  # of a county's, where it has many
FEWEST_ROWS, MOST_ROWS = 3, 8
AVERAGE_YUAN, GROWTH = 5_000, 1.07
SHARE_DIGITS, MOST_DIGITS = 1, 2


def default_rows(province: Province, dataset: Dataset, period: str, origins: Sequence[Territory]) -> tuple[Row, ...]:
    """The rows of a county for a dataset that no programme gives; it was made of the territories `origins`.

    One, or some for each territory, under the same keys in every period; where two have a key in common, the first's.
    """
    if dataset.one_row:
        return (complete(province, dataset, period, origins, {}),)
    rows: dict[tuple[Value, ...], tuple[Territory, Row]] = {}
    for territory in origins:
        for keys in _keys(province, dataset, territory):
            rows.setdefault(tuple(keys.values()), (territory, keys))
    return tuple(complete(province, dataset, period, [territory], keys) for territory, keys in rows.values())


def complete(province: Province, dataset: Dataset, period: str, origins: Sequence[Territory], row: Row) -> Row:
    """The row with a value, or the blank of a county that does not count it, in each column that it lacks."""
    if row.keys() >= set(dataset.columns):
        return row
    county = _County(province, dataset, period, origins, dict(row))
    return {column: county.value(column) for column in dataset.columns}


def _keys(province: Province, dataset: Dataset, territory: Territory) -> Iterator[dict[str, Value]]:
    """The keys of a territory's rows: codes in turn, whatever else is a key numbered."""
    rng = stream(province.seed, "default", dataset.dataset, territory.code)
    coded = {c: _choices(dataset[c]) for c in dataset.keys if _choices(dataset[c])}
    rows = rng.randint(FEWEST_ROWS, MOST_ROWS)
    if len(coded) == len(dataset.keys):
        rows = min(rows, math.prod(map(len, coded.values())))
    for number in range(rows):
        row, rest = dict[str, Value](), number
        for column in dataset.keys:
            if column in coded:
                rest, place = divmod(rest, len(coded[column]))
                row[column] = coded[column][place]
            else:
                row[column] = _numbered(dataset[column], territory, number + 1)
        yield row


def _choices(indicator: Indicator) -> tuple[Value, ...]:
    return (True, False) if indicator.unit.dtype == "boolean" else indicator.codes


def _numbered(indicator: Indicator, territory: Territory, number: int) -> Value:
    """A value that no other number has."""
    match indicator.unit.dtype:
        case "date":
            return date(FIRST_YEAR, 1, 1) + timedelta(days=MONTH * number)
        case "text" if indicator.unit.unit == "code":
            return f"{territory.code}{number:03}"
        case "text":
            return f"合成{indicator.label_zh}{number:03}"
        case "year":
            return FIRST_YEAR - number
        case _:
            return Decimal(number) if indicator.decimals else number


@dataclass
class _County:
    """A row being filled: what a column says may follow from what others say, whatever their order."""

    province: Province
    dataset: Dataset
    period: str
    origins: Sequence[Territory]
    row: dict[str, Value]
    asked: set[str] = field(default_factory=set)

    def value(self, column: str) -> Value:
        if column not in self.row:
            self.asked.add(column)
            self.row[column] = self._given(self.dataset[column])
        return self.row[column]

    def _given(self, indicator: Indicator) -> Value:
        """Its value where it is due; where it need not be given, some counties leave it blank in every period."""
        if indicator.required.startswith("where "):
            column, _, least = indicator.required.removeprefix("where ").split()
            return self._drawn(indicator) if (self._number(column) or 0) > int(least) else None
        if indicator.required == "true" or indicator.kind == "key" or self._is_operand(indicator.column):
            return self._drawn(indicator)
        return seldom_blank(self._rng(indicator, self.origins[0], "blank"), self._drawn(indicator))

    def _is_operand(self, column: str) -> bool:
        return any(column in (i.roll_up.weight, i.roll_up.denominator) for i in self.dataset.indicators)

    def _drawn(self, indicator: Indicator) -> Value:
        rng = self._rng(indicator, self.origins[0])
        if choices := _choices(indicator):
            return rng.choice(choices)
        if not indicator.numeric or indicator.unit.dtype == "year":
            return _numbered(indicator, self.origins[0], rng.randint(1, MOST_ROWS))
        if indicator.roll_up.how == "derived" or indicator.roll_up.denominator:
            return self._computed(indicator)
        if indicator.kind == "ratio" or indicator.unit.unit.startswith("percent"):
            return self._average(indicator)
        whole = self._whole(indicator.column)
        if whole is not None:
            return down(indicator, float(whole) * rng.uniform(0.3, 0.9) * self._progress(indicator))
        return sum(self._amount(indicator, territory) for territory in self.origins)

    def _amount(self, indicator: Indicator, territory: Territory) -> int | Decimal:
        """What a territory adds to what is summed: by its registered poor, a little otherwise each year."""
        size = territory.registered_persons * PER_PERSON.get(indicator.unit.unit, OF_ANY_UNIT)
        level = self._rng(indicator, territory).uniform(0.5, 1.0) * (1.0 if self.dataset.one_row else OF_A_ROW)
        if indicator.kind != "cumulative":
            level *= self._rng(indicator, territory, self.period[:4]).uniform(0.97, 1.03)
        return down(indicator, size * level * self._progress(indicator))

    def _progress(self, indicator: Indicator) -> float:
        """How much of it is there by the end of the period: of a stock all, of what adds up more every month."""
        year, month = year_of(self.period), int(self.period[5:])
        since_first = (12 * (year - FIRST_YEAR) + month) / MONTHS
        return {"year_to_date": month / 12, "cumulative": since_first}.get(indicator.kind, 1.0)

    def _whole(self, column: str) -> Decimal | None:
        """What the column is a part of, where a percentage is made of both."""
        shares = (i.roll_up for i in self.dataset.indicators if i.roll_up.how == "weighted")
        wholes = (r.denominator for r in shares if r.weight == column and r.denominator)
        return next((self._number(w) for w in wholes if w in self.row or w not in self.asked), None)

    def _computed(self, indicator: Indicator) -> Decimal | None:
        """A percentage from its parts, or how far one average is above another; blank where there is nothing below."""
        part, whole = (self._number(c or "") for c in (indicator.roll_up.weight, indicator.roll_up.denominator))
        if part is None or not whole:
            return None if indicator.required != "true" else Decimal()
        share = 100 * part / whole - (100 if indicator.roll_up.how == "derived" else 0)
        return _rounded(
            indicator, share if indicator.signed else min(max(share, Decimal()), Decimal(100)), SHARE_DIGITS
        )

    def _average(self, indicator: Indicator) -> Decimal:
        """A level of the county's own; incomes and prices rise by the year."""
        rng = self._rng(indicator, self.origins[0])
        if indicator.unit.dtype == "money":
            level = AVERAGE_YUAN * rng.uniform(0.8, 1.2) * GROWTH ** (year_of(self.period) - FIRST_YEAR)
        else:
            level = rng.uniform(20, 80) if indicator.unit.unit.startswith("percent") else rng.uniform(1, 5)
        return _rounded(indicator, Decimal(level), SHARE_DIGITS)

    def _number(self, column: str) -> Decimal | None:
        value = self.value(column)
        return None if value is None else Decimal(str(value))

    def _rng(self, indicator: Indicator, territory: Territory, *purpose: str) -> Random:
        keys = (str(self.row[key]) for key in self.dataset.keys)
        return stream(
            self.province.seed, "default", indicator.dataset, indicator.column, territory.code, *keys, *purpose
        )


def down(indicator: Indicator, value: float) -> int | Decimal:
    """A number rounded down to what the column keeps: money in steps of 100 yuan, a smaller value never to more."""
    if not indicator.decimals:
        return part(value, 1, HUNDRED if indicator.unit.dtype == "money" else 1)
    digits = min(indicator.decimals, MOST_DIGITS)
    return Decimal(part(value, 10**digits)).scaleb(-digits)


def _rounded(indicator: Indicator, value: Decimal, digits: int) -> Decimal:
    return round(value, min(indicator.decimals, digits))
