"""The counties and how their codes follow each other: one record a code, with the days on which it is in force.

Belongs here: the shape of a division and of a group of them, and what follows from `changes.csv`. Does not belong here:
which county of one period continues which of another (`succession.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, StringConstraints

from warehouse.codebook.model import Record, Words
from warehouse.messages.errors import CodebookError

Precision = Literal["day", "month", "year"]
Succession = Literal["renamed", "merged", "split"]
# How much of a date is written, and the rest of its first day.
WRITTEN: Mapping[int, tuple[Precision, str]] = {10: ("day", ""), 7: ("month", "-01"), 4: ("year", "-01-01")}
KNOWN: Mapping[Precision, int] = {precision: length for length, (precision, _) in WRITTEN.items()}
BY_YEAR = "GB/T 2260, by year"


def _real(text: str) -> str:
    date.fromisoformat(text + WRITTEN[len(text)][1])
    return text


# As far as it is known: 2018-11-23, 2018-04 or 1983.
WrittenDate = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"), AfterValidator(_real)
]  # fmt: skip


class Change(Record):
    """A code that ended: which are in force instead, from which day, and who says so."""

    county_code: str
    successor_codes: Words
    effective_on: WrittenDate
    source: str


class Division(Record):
    """A county-level unit with its GB/T 2260 code, in force from a day (included) until a day (excluded).

    A day of which only the month or the year is known (its `precision`) is the first of it. `succession` says what
    became of it: `renamed` where one code continues it alone, `merged` where that continues others as well, `split`
    where several share it.
    """

    county_code: str
    name_zh: str
    prefecture_code: str
    prefecture_zh: str
    kind: Literal["district", "county", "county_level_city"]
    in_force_from: date
    in_force_from_precision: Precision
    in_force_from_source: str
    in_force_until: date | None = None
    in_force_until_precision: Precision | None = None
    in_force_until_source: str | None = None
    successor_codes: tuple[str, ...] = ()
    succession: Succession | None = None
    poverty_county_list: Literal["none", "provincial", "national_key", "national_area"]
    deep_poverty: bool

    def in_force(self, period: str) -> bool:
        """Whether the code is in force on the last day of a period, so that it owes the returns of it."""
        began = self.in_force_from.isoformat()[:7] <= period
        return began and (self.in_force_until is None or period < self.in_force_until.isoformat()[:7])

    def ends_within(self, period: str) -> bool:
        """Whether the code ends in a period, on a day of it that is not known: its last return may be of that one."""
        if self.in_force_until is None or self.in_force_until_precision in (None, "day"):
            return False
        known = KNOWN[self.in_force_until_precision]
        return self.in_force_until.isoformat()[:known] == period[:known] and not self.in_force(period)


class Group(Record):
    """A set of counties that figures are given for; membership is by code and period."""

    group: str
    label_zh: str
    label_en: str
    lists: Words
    deep_only: bool

    def holds(self, division: Division) -> bool:
        """Whether a division is a member, by the lists that it is on."""
        return division.poverty_county_list in self.lists and (division.deep_poverty or not self.deep_only)


def with_validity(row: Mapping[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
    """A line of divisions.csv with all fields of its division: what it became, and until when, is in `changes`.

    `in_force_from` is blank where a change brought the code. Raises CodebookError where then none does.
    """
    given, code = list(changes), row["county_code"]
    brought = next((c for c in given if code in c.successor_codes), None)
    ended = next((c for c in given if c.county_code == code), None)
    if row["in_force_from"]:
        began = _dated("in_force_from", row["in_force_from"], BY_YEAR)
    elif brought:
        began = _dated("in_force_from", brought.effective_on, brought.source)
    else:
        raise CodebookError(f"divisions.csv, {code}, in_force_from: blank, and no line of changes.csv leads to it")
    if ended is None:
        return {**row, **began}
    end = _dated("in_force_until", ended.effective_on, ended.source)
    succession = {"successor_codes": ended.successor_codes, "succession": _succession(ended, given)}
    return {**row, **began, **end, **succession}


def check_succession(divisions: Iterable[Division]) -> None:
    """Raises CodebookError for a code that ends before it began, or when those that continue it are not in force."""
    by_code = {d.county_code: d for d in divisions}
    for division in by_code.values():
        ended = division.in_force_until
        if ended is None:
            continue
        heirs = [by_code[code] for code in division.successor_codes]
        there = [h for h in heirs if h.in_force_from <= ended < (h.in_force_until or date.max)]
        if division.in_force_from >= ended or not heirs or there != heirs:
            raise CodebookError(
                f"changes.csv, {division.county_code}, effective_on: it begins on {division.in_force_from}; "
                f"on {ended}, of {division.successor_codes} only {tuple(h.county_code for h in there)} are in force"
            )


def _dated(name: str, written: str, source: str) -> dict[str, Any]:
    """The fields of a date, for the record to take or to refuse."""
    precision, rest = WRITTEN.get(len(written), ("day", ""))
    return {name: written + rest, f"{name}_precision": precision, f"{name}_source": source}


def _succession(change: Change, changes: Iterable[Change]) -> Succession:
    times = Counter(code for one in changes for code in one.successor_codes)
    if len(change.successor_codes) > 1:
        return "split"
    return "merged" if times[change.successor_codes[0]] > 1 else "renamed"
