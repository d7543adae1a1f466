"""Indicators: one row a column of a form and a line of its mart, in the codebook's order.

Nothing here is written by hand but which way is better (`codebook/directions.csv`): labels, unit, kind and roll-up are
the codebook's, definition and formula are put together of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import polars as pl

from warehouse.codebook import Codebook, Dataset, Indicator
from warehouse.codebook.display import default_way, display_unit
from warehouse.codebook.terms import terms
from warehouse.marts.formula import formula_of
from warehouse.marts.measures import Measure, measures_of
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """One row per dataset x indicator, where an indicator is what `indicator` says in any mart: a column of the form,
    or a state that is counted (`delisting_status=verified`).

    `indicator_key` (`finance.loan_amount_yuan`) is the single key, `name_zh` and `name_en` the labels, with the form's
    where another form has the same. `measure` says that marts of programmes have values of it; `formula` is null where
    they have not. `additive_over_areas`: counties' values may be added up; `additive_over_time`: what each period
    brought may be (`bi_county.value`), never the value to date. `display_factor` base units are one display unit;
    `direction` is `more`, `less` or `neither`: which is better.
    """
    return indicators(sources.book).lazy()


@cache
def indicators(book: Codebook) -> pl.DataFrame:
    """The same as a frame, which follows from the codebook alone."""
    schema = {c.column: c.polars for c in book.marts["dim_indicator"]}
    rows = [row for dataset in book.datasets.values() for row in _rows(book, dataset)]
    for name, form in (("name_zh", "form_zh"), ("name_en", "form_en")):
        times = Counter(row[name] for row in rows)
        for row in rows:
            row[name] += f" ({row[form]})" if times[row[name]] > 1 else ""
    return pl.DataFrame([{column: row[column] for column in schema} for row in rows], schema)


def _rows(book: Codebook, dataset: Dataset) -> Iterator[dict[str, Any]]:
    lines = measures_of(dataset)
    for indicator in dataset.indicators:
        own = [line for line in lines if line.indicator is indicator]
        if all(line.name != indicator.column for line in own):
            yield _row(book, dataset, indicator, None)
        yield from (_row(book, dataset, indicator, line) for line in own)


def _row(book: Codebook, dataset: Dataset, indicator: Indicator, line: Measure | None) -> dict[str, Any]:
    name = line.name if line else indicator.column
    label_zh, label_en = (line.label_zh, line.label_en) if line else (indicator.label_zh, indicator.label_en)
    state = name != indicator.column
    unit = book.units[line.unit] if line else indicator.unit
    shown = display_unit(book.scales, indicator.model_copy(update={"unit": unit}))
    added = line is not None and line.rises and line.whole is None
    formula = formula_of(dataset, name, label_zh, label_en, indicator) if line else None
    above = line is not None and line.rises
    meant = terms()["kind", indicator.kind] if above or line is None else terms()["roll_up", "none"]
    return {
        "dataset": dataset.dataset,
        "indicator": name,
        "label_zh": label_zh,
        "label_en": label_en,
        "unit": unit.unit,
        "kind": indicator.kind,
        "roll_up": indicator.roll_up.how,
        "required": indicator.required,
        "indicator_key": f"{dataset.dataset}.{name}",
        "name_zh": label_zh,
        "name_en": label_en,
        "form_zh": dataset.label_zh,
        "form_en": dataset.label_en,
        "measure": line is not None,
        "additive_over_areas": added,
        "additive_over_time": added and indicator.kind == "year_to_date",
        "unit_zh": unit.label_zh,
        "unit_en": unit.label_en,
        "display_unit_zh": shown.label_zh,
        "display_unit_en": shown.label_en,
        "display_factor": shown.factor,
        "direction": book.directions.get((dataset.dataset, name), default_way(indicator, state=state)),
        "formula": formula and formula.code(above=above),
        "definition_zh": f"{formula.zh(above=above) if formula else label_zh}。{meant.label_zh}:{meant.meaning_zh}。",
        "definition_en": f"{formula.en(above=above) if formula else label_en}. {meant.label_en}: {meant.meaning_en}.",
    }
