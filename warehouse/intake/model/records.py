"""The records of reading: what was received, what a file says it holds, and where each column of it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from warehouse.intake.formats.file_labels import path_bytes
from warehouse.intake.formats.table import Row, column_letters
from warehouse.messages.finding import Finding

Status = Literal["provisional", "reported", "verified", "approved"]
# What stands in the place of a hash where a file is too large to be looked into: its size is all that is known of it.
UNREAD = "unread-"


class Receipt(BaseModel):
    """One act of receiving: `receipt` is its number over all runs and says which of two is the later.

    `file` is the path and name that it came under (relative to the inbox), `received_at` is in UTC and given, never
    a file's own time; `submission` is the SHA-256 of the bytes. A file that is too large is neither hashed nor kept:
    its receipt has no original, and `submission` says its size. `file` is for showing: it is shortened, and what would
    harm a line is replaced; where it does not say all bytes of the path, `name_bytes` does
    (`warehouse.intake.formats.file_labels.name_bytes_of`), and is what the file is known by. A member of an archive has
    no original of its own: `archive` is the name under which the archive's is kept, `member` its place among the
    entries.
    """

    model_config = ConfigDict(frozen=True)

    receipt: int
    submission: str
    file: str
    received_at: datetime
    name_bytes: str | None = None
    archive: str | None = None
    member: int | None = None

    @property
    def path_bytes(self) -> bytes:
        """The path that it came under, byte for byte."""
        return path_bytes(self.file, self.name_bytes)

    @property
    def arrival(self) -> str:
        """The submission that it arrived as: its own, or that of the archive that it lies in."""
        return self.archive.partition(".")[0] if self.archive else self.submission

    @property
    def unread_bytes(self) -> int | None:
        """How large the file was where it was too large to be looked into; None where its original is kept."""
        size = self.submission.removeprefix(UNREAD)
        return int(size) if size != self.submission else None


class ReturnHeader(BaseModel):
    """That a submission has a return of one county x dataset x period; its rows follow elsewhere, none if nil.

    `sheet` is where the rows stand (the cover, if nil), `cell` where there it is said that there are none;
    `county_sheet` and `county_cell` where the county is said.
    """

    model_config = ConfigDict(frozen=True)

    receipt: int
    submission: str
    file: str
    sheet: str | None
    county_code: str
    county_sheet: str | None
    county_cell: str | None
    period: str
    dataset: str
    status: Status
    nil: bool
    cell: str | None = None


class Note(BaseModel):
    """What a county says of its own return, in the sheet of notes: why a figure that a rule queries is right.

    `indicator` and `rule` are None where the note is about any of the dataset's.
    """

    model_config = ConfigDict(frozen=True)

    receipt: int
    county_code: str
    period: str
    dataset: str
    indicator: str | None
    rule: str | None
    explanation: str
    sheet: str | None
    row: int


@dataclass(frozen=True)
class Column:
    """A column of a sheet: where it stands (0 is A), which column of the form it is, base units in one of its own.

    `cell` is the only cell of it where the form is vertical, each indicator with a row of its own.
    """

    index: int
    column: str
    factor: int
    cell: str | None = None

    @property
    def letters(self) -> str:
        """The letters of the column, or of a vertical form the whole address, as `address` takes them."""
        return self.cell or column_letters(self.index)


@dataclass(frozen=True)
class DataRow:
    """A row of a table that is data: its number in the sheet, whose it is and of which period, and all its cells.

    Where county or period are not clear, what the row says of them is kept as it is; None for nothing.
    """

    number: int
    county_code: str | None
    period: str | None
    cells: Row


@dataclass(frozen=True)
class SumRow:
    """A total or subtotal that a sheet itself gives: its number in the sheet, the rows that it sums, its cells."""

    number: int
    over: tuple[DataRow, ...]
    cells: Row


@dataclass(frozen=True)
class DataSheet:
    """The table of one dataset within a submission, its header understood, its rows told apart.

    `return_header` is the return that what is wrong with the whole table is said of; None where it has several.
    """

    receipt: Receipt
    dataset: str
    sheet: str | None
    columns: tuple[Column, ...]
    epoch: date | None
    rows: list[DataRow]
    sums: list[SumRow]
    return_header: ReturnHeader | None


@dataclass(frozen=True)
class SkippedRows:
    """Part of a sheet that is no data: its rows (numbers in the sheet, none for all of it) and why, in zh and en."""

    sheet: str | None
    rows: tuple[int, ...]
    why: str


@dataclass
class SubmissionReading:
    """What one file gave: heads, data sheets, notes, findings, and what was left out of it.

    `unreadable` where nothing could be taken from it.
    """

    receipt: Receipt
    return_headers: list[ReturnHeader] = field(default_factory=list)
    sheets: list[DataSheet] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    left_out: list[SkippedRows] = field(default_factory=list)

    @property
    def unreadable(self) -> bool:
        """Whether nothing could be taken from the file."""
        return not self.return_headers


@dataclass(frozen=True)
class ReceivedFile:
    """A receipt with the original that it stands for, or with the archive's that has it as its `member`."""

    receipt: Receipt
    path: Path
    member: int | None = None
