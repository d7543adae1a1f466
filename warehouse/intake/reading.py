"""All submissions of a run to typed tables: sheets with the same columns are converted together.

What comes out is kept as files between tasks (`save_reading`, `load_reading`): heads, one table of rows a dataset,
where each column stood, findings. A run's files are read a part at a time (`read_part`, in child processes:
`warehouse.intake.sandbox.reader_pool`); what the parts gave is put together, the same however they were cut (`merged`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import TypeAdapter

from warehouse.codebook import Dataset, load
from warehouse.intake.duplicates import disagreements
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.formats.table import address
from warehouse.intake.layout.row_frames import PROVENANCE, Schema, raw_rows
from warehouse.intake.model.records import Column, DataSheet, Note, Receipt, ReceivedFile, ReturnHeader
from warehouse.intake.model.reporter import reading_finding
from warehouse.intake.submission import read_submission
from warehouse.intake.totals import differing_totals
from warehouse.intake.values import converted, expected
from warehouse.messages.finding import MOST_ALIKE, Finding, FindingExamples

LAYOUT: Schema = {"receipt": pl.Int64, "sheet": pl.String, "column": pl.String, "letters": pl.String}
RECORDS: dict[str, TypeAdapter[Any]] = {
    "receipts": TypeAdapter(list[Receipt]),
    "return_headers": TypeAdapter(list[ReturnHeader]),
    "findings": TypeAdapter(list[Finding]),
    "notes": TypeAdapter(list[Note]),
    "unreadable": TypeAdapter(list[Receipt]),
    "duplicates": TypeAdapter(list[Receipt]),
}
# Which submission each return (dataset, county, period) in force came with.
InForce = Mapping[tuple[str, str, str], str]


@dataclass(frozen=True)
class Reading:
    """What a run read.

    `rows[dataset]`: one row per data row, PROVENANCE columns first, then the form's, typed, in the order of receipt,
    sheet and row. `layout`: one row per receipt x sheet x column, with the column's letters. `unreadable`: receipts
    that gave no return at all. All records are in the order of receipts.
    """

    receipts: list[Receipt]
    return_headers: list[ReturnHeader]
    rows: dict[str, pl.DataFrame]
    layout: pl.DataFrame
    notes: list[Note]
    findings: list[Finding]
    unreadable: list[Receipt]
    duplicates: list[Receipt]


def read_part(received: Iterable[ReceivedFile], limits: Limits, folders: Mapping[str, str]) -> Reading:
    """What these files hold, duplicates or not; they are read one by one, then all sheets of one shape converted.

    `folders` says which folders of the inbox are whose (`warehouse.intake.ownership.inbox_folders`).
    """
    reads = [read_submission(r, limits, folders) for r in received]
    return_headers = list(chain.from_iterable(r.return_headers for r in reads))
    sheets = list(chain.from_iterable(r.sheets for r in reads))
    rows, cell_findings = _convert(sheets, return_headers)
    return Reading(
        receipts=[r.receipt for r in reads],
        return_headers=return_headers,
        rows={
            name: pl.concat([*rows[name], *_nil_rows(d, return_headers)])
            for name, d in _given(return_headers, rows).items()
        },
        layout=_layout(sheets),
        notes=list(chain.from_iterable(r.notes for r in reads)),
        findings=sorted(chain(chain.from_iterable(r.findings for r in reads), cell_findings), key=lambda f: f.receipt),
        unreadable=[r.receipt for r in reads if r.unreadable],
        duplicates=[],
    )


def merged(parts: Sequence[Reading], in_force: InForce | None, waiting: Collection[int] = ()) -> Reading:
    """The parts as one reading, without what is a duplicate; nothing is said of the receipts that are `waiting`.

    A file all of whose returns are in force with its own bytes (`in_force`) is one and is not judged again; none is
    where `in_force` is None. A, then B, then A again is none: it puts A back in force.
    """
    heads = (h for part in parts for h in part.return_headers if h.receipt not in waiting)
    files = (r for part in parts for r in part.receipts if r.receipt not in waiting)
    return_headers, receipts = sorted(heads, key=lambda h: h.receipt), sorted(files, key=lambda r: r.receipt)
    duplicates = [] if in_force is None else _duplicates(receipts, return_headers, dict(in_force))
    left = {*waiting, *(r.receipt for r in duplicates)}
    counted = [h for h in return_headers if h.receipt not in left]
    rows = {name: _merged_rows(d, parts, left) for name, d in load().datasets.items()}
    said = (f for part in parts for f in part.findings if f.receipt not in left)
    return Reading(
        receipts=receipts,
        return_headers=counted,
        rows=rows,
        layout=_without(pl.concat([pl.DataFrame(schema=LAYOUT), *(part.layout for part in parts)]), left),
        notes=[n for part in parts for n in part.notes if n.receipt not in left],
        findings=sorted(chain(said, disagreements(counted, rows, receipts)), key=lambda f: f.receipt),
        unreadable=[r for part in parts for r in part.unreadable if r.receipt not in waiting],
        duplicates=duplicates,
    )


def _duplicates(
    receipts: Iterable[Receipt], return_headers: Iterable[ReturnHeader], in_force: dict[tuple[str, str, str], str]
) -> list[Receipt]:
    returns: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    for return_header in return_headers:
        returns[return_header.receipt].append((return_header.dataset, return_header.county_code, return_header.period))
    duplicates = []
    for receipt in receipts:
        own = returns[receipt.receipt]
        if own and all(in_force.get(one) == receipt.submission for one in own):
            duplicates.append(receipt)
        else:
            in_force |= dict.fromkeys(own, receipt.submission)
    return duplicates


def _merged_rows(dataset: Dataset, parts: Iterable[Reading], left: set[int]) -> pl.DataFrame:
    """The rows of all parts in the order of receipt, sheet and row, whichever part they came in."""
    rows = pl.concat([empty_rows(dataset), *(p.rows[dataset.dataset] for p in parts if dataset.dataset in p.rows)])
    return _without(rows, left).sort("receipt", "sheet", "row", maintain_order=True, nulls_last=True)


def _without(frame: pl.DataFrame, receipts: set[int]) -> pl.DataFrame:
    return frame.filter(~pl.col("receipt").is_in(receipts)) if receipts else frame


def empty_rows(dataset: Dataset) -> pl.DataFrame:
    """No rows of a dataset, typed."""
    return pl.DataFrame(schema={**PROVENANCE, **dataset.dtypes})


def _given(return_headers: Iterable[ReturnHeader], rows: Iterable[str]) -> dict[str, Dataset]:
    """The datasets of returns, and of rows that are of no return: another part may have one of the same form."""
    named = {*(h.dataset for h in return_headers), *rows}
    return {name: d for name, d in load().datasets.items() if name in named}


def _convert(
    sheets: list[DataSheet], return_headers: list[ReturnHeader]
) -> tuple[dict[str, list[pl.DataFrame]], list[Finding]]:
    """Typed rows by dataset, and a finding for each cell that did not convert and each total that differs."""
    by_shape: dict[tuple[str, tuple[Column, ...], date | None], list[DataSheet]] = defaultdict(list)
    for sheet in sheets:
        by_shape[sheet.dataset, sheet.columns, sheet.epoch].append(sheet)
    head_of = {(h.receipt, h.dataset, h.county_code, h.period): h for h in return_headers}
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
    order = list(load().datasets)
    # In an order that does not hang on which files were converted together.
    return rows, sorted(findings, key=lambda f: (order.index(f.dataset or ""), f.sheet or ""))


def _cell_findings(
    faults: pl.DataFrame,
    dataset: Dataset,
    own: Mapping[str, Column],
    head_of: Mapping[tuple[int, str, str, str], ReturnHeader],
) -> list[Finding]:
    """What is said of each cell that did not convert, if it is of a return; a row that is of none has its finding.

    Of a column with very many such cells the first ones, the last of them saying how many more there are.
    """
    if faults.is_empty():
        return []
    examples = FindingExamples()
    same = ("receipt", "sheet", "county_code", "period", "column", "rule")
    counted = faults.with_columns(place=pl.int_range(pl.len()).over(same), of=pl.len().over(same))
    for fault in counted.filter(pl.col("place") < MOST_ALIKE).iter_rows(named=True):
        return_header = head_of.get((fault["receipt"], dataset.dataset, fault["county_code"], fault["period"]))
        if return_header is not None:
            letters = own[fault["column"]].letters
            make = partial(
                reading_finding,
                return_header,
                fault["rule"],
                fault["found"],
                expected(dataset[fault["column"]], own[fault["column"]].factor),
                sheet=fault["sheet"],
                cells=[address(letters, fault["row"])],
                return_header=return_header,
                indicator=fault["column"],
            )
            last = fault["place"] == MOST_ALIKE - 1
            kind = tuple(fault[name] for name in same)
            examples.add(kind, make, fault["of"] - fault["place"] if last else 1)
    return examples.counted()


def _nil_rows(dataset: Dataset, return_headers: list[ReturnHeader]) -> Iterator[pl.DataFrame]:
    """A nil return of a form with one row a county says none of each: its required counts are zero, not blank."""
    nil = [h for h in return_headers if h.nil and dataset.nil and dataset.one_row and h.dataset == dataset.dataset]
    yield empty_rows(dataset)
    if nil:
        yield pl.DataFrame(
            [(h.receipt, h.submission, h.sheet, None, h.county_code, h.period) for h in nil], PROVENANCE, orient="row"
        ).select(
            *PROVENANCE,
            *(
                pl.lit(0 if i.roll_up.how == "sum" and i.required == "true" else None).cast(i.dtype).alias(i.column)
                for i in dataset.indicators
            ),
        )


def _layout(sheets: list[DataSheet]) -> pl.DataFrame:
    """Where each column of the indicators stands."""
    places = [(s.receipt.receipt, s.sheet, c.column, c.letters) for s in sheets for c in s.columns]
    return pl.DataFrame(places, LAYOUT, orient="row")


def save_reading(reading: Reading, folder: Path) -> None:
    """Writes the reading as files in `folder`, for the tasks that follow; nothing of datasets that have no rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in reading.rows.items():
        if not frame.is_empty():
            frame.write_ipc(folder / f"{name}.arrow")
    reading.layout.write_ipc(folder / "layout.arrow")
    for name, adapter in RECORDS.items():
        (folder / f"{name}.json").write_bytes(adapter.dump_json(getattr(reading, name)))


def load_reading(folder: Path) -> Reading:
    """The reading that `save_reading` wrote, with the rows of every dataset, none though there be."""
    records = {name: adapter.validate_json((folder / f"{name}.json").read_bytes()) for name, adapter in RECORDS.items()}
    paths = {name: folder / f"{name}.arrow" for name in load().datasets}
    return Reading(
        rows={
            name: pl.read_ipc(path.read_bytes()) if path.exists() else empty_rows(load().datasets[name])
            for name, path in paths.items()
        },
        layout=pl.read_ipc((folder / "layout.arrow").read_bytes()),
        **records,
    )
