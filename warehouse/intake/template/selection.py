"""What a template is asked for, made sure of: a county in force, a period, the datasets that it then owes."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from warehouse.codebook import Codebook, Dataset, Division
from warehouse.codebook.succession_text import code_to_use, label
from warehouse.messages.errors import PermanentError

PERIOD = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
SHORTEST = 2  # signs of a name without 县, 区 or 市: 天镇, but not 代 for 代县


@dataclass(frozen=True)
class TemplateSelection:
    """A county, a period, and the datasets to be in the template, in the codebook's order."""

    division: Division
    period: str
    datasets: tuple[Dataset, ...]

    @property
    def ends_on(self) -> date:
        """The last day of the period."""
        year, month = int(self.period[:4]), int(self.period[5:])
        return date(year, month, monthrange(year, month)[1])

    def due_on(self, dataset: Dataset) -> date:
        """The last day for the dataset's return."""
        return self.ends_on + timedelta(days=dataset.due_days)


def select_template(book: Codebook, county: str, period: str, datasets: Sequence[str] = ()) -> TemplateSelection:
    """The county by code or name, and the datasets named, or else all that it owes in the period.

    Raises PermanentError, saying what to do, for what is no period, a county that is unknown, unclear or not in force
    in it, a dataset that is unknown or not due, and where nothing is due at all.
    """
    _check_period(period)
    division = division_of(book, county, period)
    due = [d for d in book.datasets.values() if owes(book, d, division, period)]
    if not due:
        raise PermanentError(f"{label(division)} owes nothing in {period}; {_months(book)}")
    found = _named(book, datasets)
    for dataset in found:
        if dataset not in due:
            raise PermanentError(
                f"{dataset.dataset} {dataset.label_zh} is not due of {label(division)} in {period}; "
                f"due are {', '.join(d.dataset for d in due)}"
            )
    return TemplateSelection(division, period, tuple(d for d in due if not datasets or d in found))


def select_all(book: Codebook, period: str, datasets: Sequence[str] = ()) -> list[TemplateSelection]:
    """The same for each county in force at the end of the period that owes any of it, by code.

    Raises PermanentError, saying what to do, for what is no period or no dataset, and where nobody owes any.
    """
    _check_period(period)
    found = _named(book, datasets)
    in_force = sorted((d for d in book.divisions if d.in_force(period)), key=lambda d: d.county_code)
    asked = [
        TemplateSelection(
            division,
            period,
            tuple(d for d in found or book.datasets.values() if owes(book, d, division, period)),
        )
        for division in in_force
    ]
    if not any(one.datasets for one in asked):
        raise PermanentError(f"no county owes any of it in {period}; {_months(book)}")
    return [one for one in asked if one.datasets]


def _check_period(period: str) -> None:
    if not PERIOD.fullmatch(period) or period < "0001":
        raise PermanentError(f"{period!r} is no period; give a year and month like 2018-06")


def _named(book: Codebook, names: Sequence[str]) -> list[Dataset]:
    """The datasets of these names, in the codebook's order."""
    found = [book.find(name) for name in names]
    for name, dataset in zip(names, found, strict=True):
        if dataset is None:
            raise PermanentError(f"{name} is no dataset; there are {', '.join(book.datasets)}")
    return [dataset for dataset in book.datasets.values() if dataset in found]


def owes(book: Codebook, dataset: Dataset, division: Division, period: str) -> bool:
    """Whether the county owes a return of the dataset of the period."""
    return dataset.due(period) and book.groups[dataset.owed_by].holds(division)


def _months(book: Codebook) -> str:
    """Which months end a span of which datasets."""
    months = {d.frequency: d.frequency.months for d in book.datasets.values()}
    return "; ".join(f"{name.value} datasets are due of months {', '.join(map(str, m))}" for name, m in months.items())


def division_of(book: Codebook, county: str, period: str) -> Division:
    """The county of a code or name at the end of the period. Raises PermanentError, saying what to do, where there is
    none such then, or more than one.
    """
    called = [d for d in book.divisions if county in _names(d)]
    in_force = [d for d in called if d.in_force(period)]
    if len(in_force) == 1:
        return in_force[0]
    if in_force:
        raise PermanentError(f"{county} is more than one county: {_list(in_force)}; give the code")
    if called:
        raise PermanentError("; ".join(_not_in_force(book, d, period) for d in called))
    raise PermanentError(f"no county is called {county!r}; give a code or name of warehouse/codebook/divisions.csv")


def _names(division: Division) -> set[str]:
    """What a county may be called here: its code, its name, that after its prefecture's, that without 县, 区 or 市."""
    name = division.name_zh
    short = {name[:-1]} if len(name) > SHORTEST else set()
    return {division.county_code, name, division.prefecture_zh + name} | short


def _not_in_force(book: Codebook, division: Division, period: str) -> str:
    _, instead = code_to_use(book, division.county_code, period) or ("", "there was no such county before")
    return f"{label(division)} is not in force at the end of {period}: {instead}"


def _list(divisions: Iterable[Division]) -> str:
    return ", ".join(map(label, divisions))
