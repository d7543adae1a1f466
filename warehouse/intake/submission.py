"""One file understood: which returns it holds, which table is whose, what is wrong with its form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from types import MappingProxyType

from warehouse.codebook import Dataset, load
from warehouse.intake.formats.identify import over_size
from warehouse.intake.formats.preflight import Limits, UnreadableError
from warehouse.intake.formats.read import read_tables
from warehouse.intake.formats.table import Table, squeezed
from warehouse.intake.formats.zip_archive import is_archive, zip_findings
from warehouse.intake.layout.dataset_match import dataset_named, dataset_of_headers
from warehouse.intake.layout.shown_cells import EXPECTED, struck_cells
from warehouse.intake.layout.vertical import upright
from warehouse.intake.member_file import at_hand
from warehouse.intake.model.records import ReceivedFile, SkippedRows, SubmissionReading
from warehouse.intake.model.reporter import Reporter
from warehouse.intake.notes_sheet import find_notes, read_notes
from warehouse.intake.ownership.cover import ListedReturn, find_cover, read_cover
from warehouse.intake.ownership.evidence import Source
from warehouse.intake.ownership.inbox_folders import owner_of
from warehouse.intake.returns import holds_figures, known_words, nil_return, read_returns

# Sheets of a template that hold no figures.
BESIDE = ("填表须知", "howto", "上期数", "lastvalues")
NOBODY = "已分配给县或市的收件文件夹 a folder of the inbox that is a county's or a prefecture's"
SCRATCH = "不属于任何报表的工作表 a sheet of no dataset"
# What programs call a sheet that nobody has named.
SCRATCH_NAME = re.compile(r"(?:sheet|工作表|网页表格|表格?)[0-9]{1,3}(?:\([0-9]{1,2}\))?", re.IGNORECASE)
IGNORED = "说明页或隐藏的工作表 a sheet of instructions, or a hidden one"


def read_submission(
    received: ReceivedFile, limits: Limits, folders: Mapping[str, str] = MappingProxyType({})
) -> SubmissionReading:
    """What the file holds. Never raises for a fault of the file: what is wrong stands in `findings`.

    Of an archive, whose members are submissions of their own, what of it was not taken in. `folders` says which
    folders of the inbox are whose; from them nobody else may send, and where any are, nobody from elsewhere.
    """
    reporter = Reporter(received.receipt)
    read = SubmissionReading(received.receipt, findings=reporter.findings)
    try:
        with at_hand(received, limits) as there:
            _take(read, reporter, there, limits, folders)
    except UnreadableError as fault:
        # What it would have said of itself is not worth more than the file.
        reporter = Reporter(received.receipt)
        reporter.report(fault.rule, fault.found, fault.expected)
        return SubmissionReading(received.receipt, findings=reporter.findings)
    reporter.examples.counted()
    return read


def _take(
    read: SubmissionReading, reporter: Reporter, received: ReceivedFile, limits: Limits, folders: Mapping[str, str]
) -> None:
    if (size := received.receipt.unread_bytes) is not None:
        raise over_size(size, limits)
    try:
        tables = [upright(table) for table in read_tables(received.path, limits)]
    except UnreadableError as fault:
        _say_unreadable(reporter, received, limits, fault)
        return
    for table in islice((table for table in tables if table.unseen), 1):
        reporter.report(
            "unseen_signs", "看不见的字符 signs that nobody sees", "已去掉 they were taken out",
            sheet=table.sheet, cell=table.unseen,
        )  # fmt: skip
    owner = owner_of(folders, received.receipt.path_bytes) or NOBODY if folders else None
    source = Source(read, reporter, owner, limits.returns)
    cover = find_cover(tables)
    if cover is not None:
        _with_cover(source, cover, [t for t in tables if t is not cover])
    else:
        _without_cover(source, tables)
    _refuse_twice(read, reporter)


def _say_unreadable(reporter: Reporter, received: ReceivedFile, limits: Limits, fault: UnreadableError) -> None:
    """Why a file gives no tables; of an archive, whose members are submissions of their own, what was not taken in."""
    try:
        if is_archive(received.path, limits):
            for found, expected in zip_findings(received.path, limits):
                reporter.report("member_refused", found, expected)
            return
    except (UnreadableError, OSError) as of_archive:
        fault = of_archive if isinstance(of_archive, UnreadableError) else fault
    reporter.report(fault.rule, fault.found, fault.expected)


def _with_cover(source: Source, cover_table: Table, tables: list[Table]) -> None:
    """A workbook whose cover lists its datasets: each with the tables that are of it."""

    def report(cell: str, found: str, expected: str) -> None:
        source.reporter.report("cover_incomplete", found, expected, sheet=cover_table.sheet, cell=cell)

    source.cover = read_cover(cover_table, report)
    if source.cover is None:
        return
    for cell, struck in struck_cells(cover_table):
        source.reporter.report("struck_out", struck, EXPECTED["struck_out"], sheet=cover_table.sheet, cell=cell)
    of_dataset: dict[str | None, list[Table]] = {}
    for table in _with_figures(source, tables):
        found = _dataset(table, table.sheet)
        of_dataset.setdefault(found.dataset if found else None, []).append(table)
    for listed in source.cover.listed:
        dataset = load().find(listed.label)
        if dataset is None:
            known = "; ".join(d.label_zh for d in load().datasets.values())
            source.reporter.report("unknown_dataset", listed.label, known, sheet=source.cover.sheet, cell=listed.cell)
        else:
            _take_listed(source, dataset, listed, of_dataset.pop(dataset.dataset, []))
    for table in of_dataset.pop(None, []):
        _say_scratch(source, table)
    for table in (table for left in of_dataset.values() for table in left):
        if not table.empty:
            source.reporter.report(
                "sheet_not_listed", table.sheet or "", "封面所列报表 a dataset on the cover's list",
                sheet=table.sheet, cell="A1",
            )  # fmt: skip


def _say_scratch(source: Source, table: Table) -> None:
    """A sheet that is of no dataset by its name nor by its headers: what it should have been is missing elsewhere."""
    if not table.empty:
        first = next(text for row in table.rows for text in row if text)
        source.reporter.report("scratch_sheet", first, "没有其他工作表 no other sheet", sheet=table.sheet, cell="A1")
        source.read.left_out.append(SkippedRows(table.sheet, (), SCRATCH))


def _take_listed(source: Source, dataset: Dataset, listed: ListedReturn, tables: list[Table]) -> None:
    """One line of the cover: its return, or those of the sheets that are of it."""
    sheet = source.cover.sheet if source.cover else None
    before = len(source.read.return_headers)
    if listed.nil or not tables:
        return_header = nil_return(source, dataset, listed.status, listed.filled_cell)
        if return_header and not listed.nil:
            source.read.return_headers[-1] = return_header = return_header.model_copy(
                update={"nil": False, "cell": None}
            )
            source.reporter.report(
                "sheet_missing",
                "没有工作表 no sheet",
                dataset.label_zh,
                sheet=sheet,
                cell=listed.cell,
                return_header=return_header,
            )
        elif return_header and not dataset.nil:
            source.reporter.report(
                "nil_not_allowed", "无", "有", sheet=sheet, cell=listed.cell, return_header=return_header
            )
        for table in (table for table in tables if holds_figures(table, dataset)):
            source.reporter.report(
                "nil_with_rows", "有数据 rows", "没有数据 no rows", sheet=table.sheet, cell="A2",
                return_header=return_header, dataset=dataset.dataset,
            )  # fmt: skip
    else:
        for table in tables:
            read_returns(source, dataset, table, listed.status)
    for return_header in source.read.return_headers[before:]:
        for rule, word, cell in listed.faults:
            source.reporter.report(rule, word, known_words(rule), sheet=sheet, cell=cell, return_header=return_header)


def _without_cover(source: Source, tables: list[Table]) -> None:
    """Tables that say themselves whose they are, or whose file's name does; each that holds anything is a return."""
    file = source.read.receipt.file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    shown = [table for table in _with_figures(source, tables) if not table.empty]
    known = {id(table): _dataset(table, table.sheet or file) for table in shown}
    scratch = [t for t in shown if known[id(t)] is None and SCRATCH_NAME.fullmatch(squeezed(t.sheet))]
    if len(scratch) < len(shown):
        shown = [table for table in shown if table not in scratch]
        for table in scratch:
            _say_scratch(source, table)
    for table in shown:
        dataset = known[id(table)] or (dataset_named(file) if len(shown) == 1 else None)
        if dataset is not None:
            read_returns(source, dataset, table, "reported")
            continue
        source.reporter.report(
            "unknown_dataset", table.sheet or file, "; ".join(d.label_zh for d in load().datasets.values()),
            sheet=table.sheet, cell="A1",
        )  # fmt: skip
    if not shown:
        source.reporter.report("empty_return", "没有数据 no rows", "至少一行 at least one row", cell="A1")


def _dataset(table: Table, name: str | None) -> Dataset | None:
    """The dataset of a table, by a name where one says it, else by its headers."""
    return dataset_named(name) or dataset_of_headers(table)


def _with_figures(source: Source, tables: Iterable[Table]) -> list[Table]:
    """The tables that may hold figures; notes are read, instructions and hidden sheets of none are left out."""
    given = list(tables)
    notes = find_notes(given)
    if notes is not None:
        read_notes(source, notes)
    beside = [table for table in given if table is not notes and _is_beside(table)]
    source.read.left_out.extend(SkippedRows(table.sheet, (), IGNORED) for table in beside)
    return [table for table in given if table is not notes and table not in beside]


def _is_beside(table: Table) -> bool:
    return squeezed(table.sheet).casefold() in BESIDE or not (table.visible or dataset_named(table.sheet))


def _refuse_twice(read: SubmissionReading, reporter: Reporter) -> None:
    counted = Counter((h.county_code, h.period, h.dataset) for h in read.return_headers)
    for return_header in {(h.county_code, h.period, h.dataset): h for h in read.return_headers}.values():
        times = counted[return_header.county_code, return_header.period, return_header.dataset]
        if times > 1:
            reporter.report(
                "return_twice", f"{times} 次 times", "一次 once", sheet=return_header.sheet, return_header=return_header
            )
