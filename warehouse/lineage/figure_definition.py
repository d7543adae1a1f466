"""What a mart's figure is made of: the form, what of its rows is added up, and which row and column of the mart it is.

Belongs here: finding the figure that somebody names in a mart. Everything follows from the codebook and from what the
marts are built of. Does not belong here: reading the store.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from warehouse.codebook import Codebook, Dataset
from warehouse.codebook.mart_records import MartColumn
from warehouse.lineage.selection import FigureSelection, check_period, unknown
from warehouse.marts import mart_deep_poverty_share, mart_relocation
from warehouse.marts.formula import Formula, Operand, formula_of
from warehouse.marts.measures import Measure, measures_of, numbers_of
from warehouse.marts.roll_up import PERCENT, addend
from warehouse.messages.errors import PermanentError

RELOCATION, SHARE, FACT = "mart_relocation", "mart_deep_poverty_share", "fact_indicator"
SCORECARD = "mart_scorecard"
SOURCES = {"summary": "relocation", "register": "relocation_villages"}


@dataclass(frozen=True)
class FigureDefinition:
    """A figure of a mart: its value stands in `column` of the row that `where` and the area and period choose.

    It is the total of `line` over rows of `dataset`, and `formula` says the same.
    """

    mart: str
    column: str
    where: Mapping[str, str]
    dataset: Dataset
    line: Measure
    formula: Formula

    @property
    def compares(self) -> bool:
        """Whether the mart sets the figure beside earlier periods."""
        return self.mart not in (RELOCATION, SHARE, FACT)

    def unit(self, book: Codebook) -> str:
        """The unit of the mart's column, or where its rows have units of their own, the line's."""
        return next(c.unit for c in book.marts[self.mart] if c.column == self.column) or self.line.unit


def explained_marts(book: Codebook) -> list[str]:
    """The marts whose figures are made of returns: all of programmes, and four more."""
    programmes = (mart.mart for mart in book.mart_list.values() if mart.periods == "compared")
    return sorted({*programmes, RELOCATION, SHARE, FACT, SCORECARD})


def definition_of(book: Codebook, asked: FigureSelection) -> FigureDefinition:
    """The figure that is asked for by its code, or a label, in a mart.

    Raises PermanentError with the close ones for a name that the mart has not, or has of more than one dataset.
    """
    if asked.source is not None and asked.mart != RELOCATION:
        raise PermanentError(f"only {RELOCATION} has sources; {asked.mart} comes from one form")
    if asked.mart == RELOCATION:
        return _relocation(book, asked, asked.source or "summary")
    return _chosen(asked, _recipes(book, asked.mart))


def _recipes(book: Codebook, mart: str) -> list[FigureDefinition]:
    if mart == SHARE:
        pairs = [(form, line) for form, lines in mart_deep_poverty_share.shared(book) for line in lines]
        return [_of_line(mart, "share", form, line, {"dataset": form.dataset}) for form, line in pairs]
    if mart == FACT:
        forms = (form for form in book.datasets.values() if form.one_row)
        return [_reported(form, line) for form in forms for line in numbers_of(form)]
    form = book.datasets[book.mart_list[mart].datasets[0]]
    return [_of_line(mart, "value", form, line, {}) for line in measures_of(form)]


def _reported(form: Dataset, line: Measure) -> FigureDefinition:
    """A number as it was written: nothing is computed, and a blank has no row, of a nil return either."""
    own = replace(line, part=addend(line.indicator), whole=None, factor=1, applies=None, nil=False)
    formula = Formula(line.name, line.label_zh, line.label_en, form, Operand("{}", (line.indicator,)))
    return FigureDefinition(FACT, "value", {"dataset": form.dataset, "indicator": line.name}, form, own, formula)


def _of_line(mart: str, column: str, form: Dataset, line: Measure, where: Mapping[str, str]) -> FigureDefinition:
    formula = formula_of(form, line.name, line.label_zh, line.label_en, line.indicator)
    return FigureDefinition(mart, column, {**where, "indicator": line.name}, form, line, formula)


def _chosen(asked: FigureSelection, recipes: Iterable[FigureDefinition]) -> FigureDefinition:
    name = asked.name
    there = [r for r in recipes if asked.dataset in (None, r.dataset.dataset, r.dataset.label_zh, r.dataset.label_en)]
    # A code before a label: two indicators may have one label.
    by_code = [definition for definition in there if name == definition.line.name]
    found = by_code or [
        definition for definition in there if name in (definition.line.label_zh, definition.line.label_en)
    ]
    if len({definition.dataset.dataset for definition in found}) > 1:
        forms = ", ".join(definition.dataset.dataset for definition in found)
        raise PermanentError(f"{name} is in more than one form; say --dataset with one of {forms}")
    if not found:
        raise unknown("indicator", name, [definition.line.name for definition in there], f" of {asked.mart}")
    return found[0]


def _relocation(book: Codebook, asked: FigureSelection, source: str) -> FigureDefinition:
    """A column of the relocation mart, from the summary or from the register."""
    if source not in SOURCES:
        raise unknown("source", source, SOURCES, f" of {RELOCATION}")
    form = book.datasets[SOURCES[source]]
    rates = {f"{step}_rate": f"villages_{step}" for step in mart_relocation.STEPS}
    labels = {c.column: c for c in book.marts[RELOCATION] if c.column in (*mart_relocation.VILLAGES, *rates)}
    column = next((c for c in labels.values() if asked.name in (c.column, c.label_zh, c.label_en)), None)
    if column is None:
        raise unknown("figure", asked.name, labels, f" of {RELOCATION}")
    period = check_period(asked.period)
    part = rates.get(column.column, column.column)
    whole = "villages_planned" if column.column in rates else None
    line = _villages(book, column, part, whole, source)
    over, under = _operand(form, part, period, source), _operand(form, whole, period, source) if whole else None
    names = (column.column, column.label_zh, column.label_en)
    formula = Formula(*names, form, over, under, PERCENT if under else 1)
    return FigureDefinition(RELOCATION, column.column, {"source": source}, form, line, formula)


def _villages(book: Codebook, column: MartColumn, part: str, whole: str | None, source: str) -> Measure:
    form = book.datasets["relocation"]

    def counted(name: str) -> pl.Expr:
        return addend(form[name]) if source == "summary" else mart_relocation.entered(name)

    names = (column.column, column.label_zh, column.label_en, column.unit)
    under = counted(whole) if whole else None
    return Measure(*names, form[part], counted(part), under, rises=True, factor=PERCENT if whole else 1)


def _operand(form: Dataset, column: str, period: str, source: str) -> Operand:
    """What of a row a column counts: itself in the summary; in the register, that the village's date has come."""
    if source == "summary":
        return Operand("{}", (form[column],))
    reached = mart_relocation.DATES.get(column)
    if reached is None:
        return Operand("", (), counts=True)
    return Operand(f"{{}} <= {last_day(period)}", (form[reached],), counts=True)


def last_day(period: str) -> date:
    """The day that ends a period."""
    year, month = int(period[:4]), int(period[5:])
    return date(year, month, monthrange(year, month)[1])
