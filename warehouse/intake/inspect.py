"""One file read again for a person to look at: each cell as typed and as read, and what of the file is no data.

The same functions read it as in a night, and more is said than a night keeps: headers and texts as they were typed.
Does not belong here: what was decided of the file (`warehouse.lineage`), how it looks on a screen (room `flows`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from warehouse.codebook import Dataset, Indicator, load
from warehouse.intake.formats.preflight import Limits, UnreadableError
from warehouse.intake.formats.read import read_tables
from warehouse.intake.formats.table import Table
from warehouse.intake.layout.header import find_header
from warehouse.intake.layout.header_texts import header_texts
from warehouse.intake.layout.row_frames import Schema, address_of, raw_rows
from warehouse.intake.layout.unread_cells import UnreadCells, unread_cells
from warehouse.intake.layout.vertical import upright
from warehouse.intake.member_file import at_hand
from warehouse.intake.model.records import Column, DataSheet, Note, ReceivedFile, ReturnHeader
from warehouse.intake.reading import read_part
from warehouse.intake.submission import read_submission
from warehouse.intake.values import converted
from warehouse.messages.finding import Finding

PLACE: Schema = {"county_code": pl.String, "period": pl.String, "sheet": pl.String, "row": pl.Int64}
CELLS: Schema = {
    "dataset": pl.String, **PLACE, "column": pl.String, "cell": pl.String, "text": pl.String, "value": pl.String,
    "fault": pl.String,
}  # fmt: skip
LAYOUT: Schema = {"dataset": pl.String, "sheet": pl.String, "column": pl.String, "letters": pl.String}


class InspectedColumn(BaseModel):
    """A column of an indicator: its header as typed and the cells it stands in, base units in one of its own.

    `unit` is what the factor is called (万元), None where it is 1.
    """

    model_config = ConfigDict(frozen=True)

    letters: str
    header: str
    header_cells: str
    column: str
    factor: int
    unit: str | None


class InspectedTable(BaseModel):
    """A sheet of a dataset: its columns from left to right, how many rows of data it has, which of them are hidden."""

    model_config = ConfigDict(frozen=True)

    sheet: str | None
    dataset: str
    columns: tuple[InspectedColumn, ...]
    rows: int
    hidden: tuple[int, ...]


class Inspection(BaseModel):
    """All of one file but its cells: its returns, its tables, what gave no figures, what was found, the notes.

    `--json` says `heads`, as programs that read it know it.
    """

    model_config = ConfigDict(frozen=True)

    return_headers: tuple[ReturnHeader, ...] = Field(default=(), serialization_alias="heads")
    tables: tuple[InspectedTable, ...] = ()
    left_out: tuple[UnreadCells, ...] = ()
    notes: tuple[Note, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def layout(self) -> pl.DataFrame:
        """Where the indicators stand (LAYOUT): one row per table and column, with the column's letters."""
        places = [(t.dataset, t.sheet, c.column, c.letters) for t in self.tables for c in t.columns]
        return pl.DataFrame(places, LAYOUT, orient="row")


def inspect_submission(
    received: ReceivedFile, limits: Limits, folders: Mapping[str, str]
) -> tuple[Inspection, pl.DataFrame]:
    """The file as it is read now, and a row per cell of an indicator (CELLS) in the order of sheets, rows, columns.

    Never raises for a fault of the file; but a file may take more memory or time than there is
    (`warehouse.intake.sandbox.inspect_process`).
    """
    read = read_submission(received, limits, folders)
    tables = _tables(received, limits)
    by_sheet = {table.sheet: table for table in tables}
    shown = Inspection(
        return_headers=tuple(read.return_headers),
        tables=tuple(_table(sheet, by_sheet[sheet.sheet]) for sheet in read.sheets),
        left_out=tuple(unread_cells(read, tables)),
        notes=tuple(read.notes),
        # With what is said of cells that do not convert.
        findings=tuple(read_part([received], limits, folders).findings),
    )
    return shown, pl.concat([pl.DataFrame(schema=CELLS), *map(_cells, read.sheets)])


def _tables(received: ReceivedFile, limits: Limits) -> list[Table]:
    """The tables of a file; none of an archive, and of what cannot be read."""
    try:
        with at_hand(received, limits) as there:
            return [upright(table) for table in read_tables(there.path, limits)]
    except UnreadableError:
        return []


def _own(sheet: DataSheet, dataset: Dataset) -> dict[str, Column]:
    """The columns of indicators, from left to right."""
    return {c.column: c for c in sorted(sheet.columns, key=lambda c: c.index) if c.column in dataset.columns}


def _table(sheet: DataSheet, table: Table) -> InspectedTable:
    dataset = load().datasets[sheet.dataset]
    return InspectedTable(
        sheet=sheet.sheet,
        dataset=sheet.dataset,
        columns=tuple(_columns(sheet, table, dataset)),
        rows=len(sheet.rows),
        hidden=tuple(row.number for row in sheet.rows if row.number - 1 in table.hidden),
    )


def _columns(sheet: DataSheet, table: Table, dataset: Dataset) -> Iterator[InspectedColumn]:
    header = find_header(table, dataset)
    for column, place in _own(sheet, dataset).items():
        texts = header_texts(table, header, place.index) if header else {}
        ends = (min(texts, default=0), max(texts, default=0))
        cells = dict.fromkeys(table.cell(index, place.index) for index in ends)
        yield InspectedColumn(
            letters=place.letters,
            header=" / ".join(dict.fromkeys(texts.values())),
            header_cells=":".join(cells),
            column=column,
            factor=place.factor,
            unit=_unit(dataset[column], place.factor),
        )


def _unit(indicator: Indicator, factor: int) -> str | None:
    """What a header that counts in so many base units is called."""
    spelt = (s.spelling for s in load().scales if s.unit == indicator.unit.unit and s.factor == factor)
    return next(spelt, None) if factor != 1 else None


def _cells(sheet: DataSheet) -> pl.DataFrame:
    """The cells of a sheet's data as typed and as read; `fault` is the check that one without a value fails."""
    dataset = load().datasets[sheet.dataset]
    own = _own(sheet, dataset)
    raw = raw_rows(((sheet, row) for row in sheet.rows), own)
    done, faults = converted(raw, dataset, {c.column: c.factor for c in own.values()}, sheet.epoch)
    letters = {column: place.letters for column, place in own.items()}
    order = {column: at for at, column in enumerate(own)}
    values = done.lazy().pipe(as_texts, dataset).pipe(_long, list(own), "value")
    return (
        raw.lazy()
        .pipe(_long, list(own), "text")
        .with_columns(
            dataset=pl.lit(sheet.dataset),
            letters=pl.col("column").replace_strict(letters, return_dtype=pl.String),
            # Both are of the same rows in the same order.
            value=values.select("value").collect()["value"],
        )
        .with_columns(cell=address_of("letters", "row"))
        .join(faults.lazy().select("row", "column", fault="rule"), on=["row", "column"], how="left")
        .sort("row", pl.col("column").replace_strict(order, return_dtype=pl.Int64), maintain_order=True)
        .select(*CELLS)
        .collect()
    )


def _long(lf: pl.LazyFrame, columns: list[str], name: str) -> pl.LazyFrame:
    """A row per cell of `columns`, with PLACE, `column` and the cell's text under `name`."""
    return lf.unpivot(columns, index=list(PLACE), variable_name="column", value_name=name)


def as_texts(lf: pl.LazyFrame, dataset: Dataset) -> pl.LazyFrame:
    """`lf` with those indicators that it has as texts: exact, in base units, without zeros at the end. Grain unchanged.

    2017-12-31, 10.7, true; the other columns stay as they are.
    """
    present = lf.collect_schema().names()
    return lf.with_columns(_as_text(indicator) for indicator in dataset.indicators if indicator.column in present)


def _as_text(indicator: Indicator) -> pl.Expr:
    text = pl.col(indicator.column).cast(pl.String)
    return text.str.replace(r"\.?0+$", "") if indicator.decimals else text
