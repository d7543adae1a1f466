"""What explaining a figure says of its formula and of what was due: pure parts, without a store."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from tests.builders import BOOK
from warehouse.codebook import Dataset
from warehouse.lineage.contributions import with_outcome
from warehouse.lineage.scorecard_figure import TEXTS
from warehouse.marts.formula import Operand, formula_of
from warehouse.marts.mart_scorecard import AGGREGATES
from warehouse.marts.measures import Measure, measures_of

PERIOD = "2017-12"


def test_states_of_what_was_due() -> None:
    owed = pl.LazyFrame({"period": [PERIOD] * 4, "county_code": ["1", "2", "3", "4"]})
    names = ("run", "submission", "file", "status", "received_at", "reason", "by")
    decisions = pl.LazyFrame(
        [
            {"dataset": "finance", "county_code": code, "period": PERIOD, "receipt": receipt, "verdict": verdict,
             "version": None, "nil": False, "rows": 1, "known_from": None, **dict.fromkeys(names, "1")}
            for code, receipt, verdict in (
                ("1", 1, "accepted"), ("1", 2, "quarantined"), ("2", 3, "quarantined"), ("3", 4, "withdrawn"),
            )
        ]
    )  # fmt: skip
    told = owed.pipe(with_outcome, decisions).select("county_code", "state", "receipt").collect()
    assert told.rows() == [("1", "counted", 1), ("2", "quarantined", 3), ("3", "withdrawn", 4), ("4", "missing", None)]


def every_line() -> list[tuple[Dataset, Measure]]:
    return [(dataset, line) for dataset in BOOK.datasets.values() for line in measures_of(dataset)]


def values(dataset: Dataset) -> dict[str, Any]:
    """A row with another value in each column."""
    made = {}
    for place, indicator in enumerate(dataset.indicators, start=2):
        made[indicator.column] = Decimal(place * 7) if indicator.numeric else (indicator.codes or (None,))[0]
    return made


def written(operand: Operand, row_values: dict[str, Any]) -> Any:
    """What the text of an operand says of a row, worked out by Python."""
    text = operand.text(lambda i: i.column)
    if operand.counts:
        column, _, code = text.partition(" = ")
        return int(row_values[column] == code)
    return eval(text.replace(" x ", " * "), {}, row_values)


@pytest.mark.parametrize(("dataset", "line"), every_line(), ids=lambda one: getattr(one, "name", None))
def test_what_a_formula_says_is_what_the_mart_adds_up(dataset: Dataset, line: Measure) -> None:
    formula = formula_of(dataset, line.name, line.label_zh, line.label_en, line.indicator)
    row_values = values(dataset)
    schema = {i.column: i.dtype for i in dataset.indicators}
    summed = pl.DataFrame([row_values], schema).select(**line.sums).row(0)
    said = [written(operand, row_values) for operand in formula.operands]
    assert said == [Decimal(value or 0) for value in summed]
    assert formula.factor == line.factor


def test_every_aggregate_has_words() -> None:
    assert TEXTS.keys() == AGGREGATES.keys() | {"increase", "increase of a mean", "members"}
