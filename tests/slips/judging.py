"""Returns judged as records: no file is written or read, the past is accepted as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from expectations.judge import judge_period
from tests.builders import BOOK, RECEIVED, row
from warehouse.codebook import Dataset
from warehouse.intake.formats.table import column_letters
from warehouse.intake.layout.row_frames import PROVENANCE
from warehouse.intake.model.records import Receipt, ReturnHeader
from warehouse.intake.reading import LAYOUT, Reading
from warehouse.messages.finding import Finding
from warehouse.store.history import schema
from warehouse.store.prior_state import RETURNS, PriorState
from warehouse.synthetic import Return, Row

FIRST_ROW = 2  # below the header
BEFORE, NOW = "1", "2"  # the runs


@dataclass
class InMemory(PriorState):
    """What is known where the history is a frame a dataset."""

    frames: Mapping[str, pl.DataFrame] = field(default_factory=dict)

    def _history(self, dataset: Dataset) -> pl.LazyFrame:
        fresh = self.fresh.get(dataset.dataset, pl.DataFrame(schema=schema(dataset)))
        return pl.concat([self.frames[dataset.dataset], fresh]).lazy()


@dataclass(frozen=True)
class Past:
    """What was accepted before a period: a row per return, and the rows of each dataset."""

    returns: pl.DataFrame
    frames: Mapping[str, pl.DataFrame]

    @classmethod
    def of(cls, returns: Iterable[Return]) -> Past:
        """All of these returns accepted, as they are."""
        headers = [(_header(one), one) for one in returns]
        decided = [
            {"run": BEFORE, "verdict": "accepted", "version": 1, **header.model_dump(include=set(RETURNS))}
            for header, _ in headers
        ]
        rows = _rows(headers, {"return_status": "reported", "known_from": RECEIVED.replace(tzinfo=None), "version": 1})
        return cls(
            pl.DataFrame(decided, RETURNS),
            {name: pl.DataFrame(rows[name], schema(dataset)) for name, dataset in BOOK.datasets.items()},
        )


def judged(period: str, returns: Sequence[Return], past: Past) -> tuple[Finding, ...]:
    """What is found in a period's returns, one workbook a county."""
    known = InMemory(BOOK, Path("/nonexistent"), [BEFORE, NOW], past.returns, frames=past.frames)
    return judge_period(period, reading_of(returns), known, RECEIVED).record.findings


def cell_of(dataset: str, place: tuple[int, str]) -> str:
    """The address of a column in the n-th row of a return."""
    return f"{column_letters(BOOK.datasets[dataset].columns.index(place[1]))}{place[0] + FIRST_ROW}"


def reading_of(returns: Sequence[Return]) -> Reading:
    headers = [(_header(one), one) for one in returns]
    rows = _rows(headers, {})
    receipts = {h.receipt: (h.submission, h.file) for h, _ in headers}
    layout = [
        (h.receipt, h.sheet, column, column_letters(n))
        for h, _ in headers
        for n, column in enumerate(BOOK.datasets[h.dataset].columns)
    ]
    return Reading(
        receipts=[
            Receipt(receipt=n, submission=submission, file=file, received_at=RECEIVED)
            for n, (submission, file) in sorted(receipts.items())
        ],
        return_headers=[header for header, _ in headers],
        rows={n: pl.DataFrame(rows[n], {**PROVENANCE, **dataset.dtypes}) for n, dataset in BOOK.datasets.items()},
        layout=pl.DataFrame(layout, LAYOUT, orient="row"),
        notes=[],
        findings=[],
        unreadable=[],
        duplicates=[],
    )


def _header(one: Return) -> ReturnHeader:
    """Each county and period is a file of its own, later periods received later."""
    receipt = int(one.period.replace("-", "") + one.county_code[2:])
    return ReturnHeader(
        receipt=receipt,
        submission=f"{receipt:064x}",
        file=f"{one.county_code}_{one.period}.xlsx",
        sheet=one.dataset,
        county_code=one.county_code,
        county_sheet=None,
        county_cell=None,
        period=one.period,
        dataset=one.dataset,
        status=one.status,
        nil=one.nil,
    )


def _rows(headers: Iterable[tuple[ReturnHeader, Return]], besides: Row) -> dict[str, list[Row]]:
    """The rows of each dataset as they are kept; of a nil return of one row what it stands for."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for header, one in headers:
        stood_for = [row(one.dataset)] if one.nil and BOOK.datasets[one.dataset].one_row else []
        place = header.model_dump(include={"receipt", "submission", "sheet", "county_code", "period"})
        for n, values in enumerate(one.rows or stood_for):
            at = None if one.nil else n + FIRST_ROW
            rows[one.dataset].append({**place, "row": at, **besides, **values})
    return rows
