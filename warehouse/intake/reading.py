"""All submissions of a run to typed tables: sheets with the same columns are converted together.

What comes out is kept as files between tasks (`save_reading`, `load_reading`): heads, one table of rows a dataset,
where each column stood, findings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import TypeAdapter

from warehouse.codebook import Dataset, load
from warehouse.findings import Finding
from warehouse.intake.preflight import Limits
from warehouse.intake.records import Column, DataSheet, Note, Receipt, Received, ReturnHead, SubmissionRead
from warehouse.intake.report import reading_finding
from warehouse.intake.rows import PROVENANCE, raw_rows
from warehouse.intake.submission import read_submission
from warehouse.intake.tables import column_letters
from warehouse.intake.totals import differing_totals
from warehouse.intake.values import converted, expected

LAYOUT = {"receipt": pl.Int64, "sheet": pl.String, "column": pl.String, "letters": pl.String}
RECORDS: dict[str, TypeAdapter[Any]] = {
    "receipts": TypeAdapter(list[Receipt]),
    "heads": TypeAdapter(list[ReturnHead]),
    "findings": TypeAdapter(list[Finding]),
    "notes": TypeAdapter(list[Note]),
    "unreadable": TypeAdapter(list[Receipt]),
    "duplicates": TypeAdapter(list[Receipt]),
}


@dataclass(frozen=True)
class Reading:
    """What a run read.

    `rows[dataset]`: one row per data row, PROVENANCE columns first, then the form's, typed. `layout`: one row per
    receipt x sheet x column, with the column's letters. `unreadable`: receipts that gave no return at all.
    """

    receipts: list[Receipt]
    heads: list[ReturnHead]
    rows: dict[str, pl.DataFrame]
    layout: pl.DataFrame
    notes: list[Note]
    findings: list[Finding]
    unreadable: list[Receipt]
    duplicates: list[Receipt]


def read_submissions(
    received: Iterable[Received], limits: Limits, in_force: Mapping[tuple[str, str, str], str] | None
) -> Reading:
    """Reads the files one after the other, then converts all sheets of one shape at once.

    `in_force` says which submission each return (dataset, county, period) in force came with: a file all of whose
    returns are in force with its own bytes is a duplicate and is not judged again. None where nothing is one.
    """
    everything = [read_submission(r, limits) for r in received]
    reads, duplicates = (everything, []) if in_force is None else _without_duplicates(everything, dict(in_force))
    heads = list(chain.from_iterable(r.heads for r in reads))
    sheets = list(chain.from_iterable(r.sheets for r in reads))
    rows, cell_findings = _convert(sheets, heads)
    return Reading(
        receipts=[r.receipt for r in everything],
        heads=heads,
        rows={name: pl.concat([*rows[name], _nil_rows(d, heads)]) for name, d in load().datasets.items()},
        layout=_layout(sheets),
        notes=list(chain.from_iterable(r.notes for r in reads)),
        findings=[*chain.from_iterable(r.findings for r in reads), *cell_findings],
        unreadable=[r.receipt for r in reads if r.unreadable],
        duplicates=duplicates,
    )


def _without_duplicates(
    reads: list[SubmissionRead], in_force: dict[tuple[str, str, str], str]
) -> tuple[list[SubmissionRead], list[Receipt]]:
    """The readings in order without the duplicates; A, then B, then A again is none: it puts A back in force."""
    kept, duplicates = [], []
    for read in reads:
        returns = [(h.dataset, h.county_code, h.period) for h in read.heads]
        if returns and all(in_force.get(r) == read.receipt.submission for r in returns):
            duplicates.append(read.receipt)
        else:
            kept.append(read)
            in_force |= dict.fromkeys(returns, read.receipt.submission)
    return kept, duplicates


def _convert(sheets: list[DataSheet], heads: list[ReturnHead]) -> tuple[dict[str, list[pl.DataFrame]], list[Finding]]:
    """Typed rows by dataset, and a finding for each cell that did not convert and each total that differs."""
    by_shape: dict[tuple[str, tuple[Column, ...], date | None], list[DataSheet]] = defaultdict(list)
    for sheet in sheets:
        by_shape[sheet.dataset, sheet.columns, sheet.epoch].append(sheet)
    head_of = {(h.receipt, h.dataset, h.county_code, h.period): h for h in heads}
    rows: dict[str, list[pl.DataFrame]] = defaultdict(list)
    findings: list[Finding] = []
    for (name, columns, epoch), alike in by_shape.items():
        dataset = load().datasets[name]
        own = {c.column: c for c in columns if c.column in dataset.columns}
        factors = {c.column: c.factor for c in own.values()}
        raw = raw_rows(((sheet, row) for sheet in alike for row in sheet.rows), own)
        done, faults = converted(raw, dataset, factors, epoch)
        rows[name].append(done)
        findings += _cell_findings(faults, dataset, own, head_of)
        findings += chain.from_iterable(differing_totals(sheet, dataset, own) for sheet in alike if sheet.sums)
    return rows, findings


def _cell_findings(
    faults: pl.DataFrame,
    dataset: Dataset,
    own: Mapping[str, Column],
    head_of: Mapping[tuple[int, str, str, str], ReturnHead],
) -> Iterator[Finding]:
    """What is said of each cell that did not convert, if it is of a return; a row that is of none has its finding."""
    for fault in faults.iter_rows(named=True):
        head = head_of.get((fault["receipt"], dataset.dataset, fault["county_code"], fault["period"]))
        if head is not None:
            letters = column_letters(own[fault["column"]].index)
            yield reading_finding(
                head,
                fault["rule"],
                fault["found"],
                expected(dataset[fault["column"]]),
                sheet=fault["sheet"],
                cells=[f"{letters}{fault['row']}"],
                head=head,
                indicator=fault["column"],
            )


def _nil_rows(dataset: Dataset, heads: list[ReturnHead]) -> pl.DataFrame:
    """A nil return of a form with one row a county says none of each: its required counts are zero, not blank."""
    nil = [h for h in heads if h.nil and dataset.nil and dataset.one_row and h.dataset == dataset.dataset]
    return pl.DataFrame(
        [(h.receipt, h.submission, h.sheet, None, h.county_code, h.period) for h in nil], PROVENANCE, orient="row"
    ).select(
        *PROVENANCE,
        *(
            pl.lit(0 if i.roll_up.how == "sum" and i.required == "true" else None).cast(i.dtype).alias(i.column)
            for i in dataset.indicators
        ),
    )


def _layout(sheets: list[DataSheet]) -> pl.DataFrame:
    places = [(s.receipt.receipt, s.sheet, c.column, column_letters(c.index)) for s in sheets for c in s.columns]
    return pl.DataFrame(places, LAYOUT, orient="row")


def save_reading(reading: Reading, folder: Path) -> None:
    """Writes the reading as files in `folder`, for the tasks that follow."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in reading.rows.items():
        frame.write_parquet(folder / f"{name}.parquet")
    reading.layout.write_parquet(folder / "layout.parquet")
    for name, adapter in RECORDS.items():
        (folder / f"{name}.json").write_bytes(adapter.dump_json(getattr(reading, name)))


def load_reading(folder: Path) -> Reading:
    """The reading that `save_reading` wrote."""
    records = {name: adapter.validate_json((folder / f"{name}.json").read_bytes()) for name, adapter in RECORDS.items()}
    return Reading(
        rows={name: pl.read_parquet(folder / f"{name}.parquet") for name in load().datasets},
        layout=pl.read_parquet(folder / "layout.parquet"),
        **records,
    )
