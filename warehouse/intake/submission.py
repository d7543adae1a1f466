"""One file understood: which returns it holds, which table is whose, what is wrong with its form."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterator

from warehouse.codebook import Codebook, Dataset, load
from warehouse.intake.cover import STATUSES, Cover, Listed, find_cover, parse_period, read_cover
from warehouse.intake.layout import match_header
from warehouse.intake.notes import find_notes, read_notes
from warehouse.intake.preflight import Limits, Unreadable
from warehouse.intake.records import DataSheet, Received, ReturnHead, SubmissionRead
from warehouse.intake.report import Reporter
from warehouse.intake.tables import Row, Table, read_tables

KNOWN_WORDS = "有 | 无; " + " | ".join(word for word in STATUSES if not word.isascii())
FIRST_PERIOD = "0001-01"


def read_submission(received: Received, limits: Limits) -> SubmissionRead:
    """What the file holds. Never raises for a fault of the file: what is wrong stands in `findings`."""
    reporter = Reporter(received.receipt)
    read = SubmissionRead(received.receipt, findings=reporter.findings)
    try:
        tables = read_tables(received.path, limits)
    except Unreadable as fault:
        reporter.report("unreadable_file", fault.found, fault.expected)
        return read
    if tables and tables[0].sheet is None:
        _read_csv(read, reporter, tables[0])
    else:
        _read_workbook(read, reporter, tables)
    _refuse_twice(read, reporter)
    return read


def _read_workbook(read: SubmissionRead, reporter: Reporter, tables: list[Table]) -> None:
    cover_table = find_cover(tables)
    if cover_table is None:
        reporter.report("cover_incomplete", "没有封面 no cover sheet", "名为封面的工作表 a sheet named 封面")
        return
    cover = read_cover(
        cover_table,
        lambda cell, found, expected: reporter.report(
            "cover_incomplete", found, expected, sheet=cover_table.sheet, cell=cell
        ),
    )
    if cover is None:
        return
    sheets = {t.sheet: t for t in tables if t is not cover_table}
    notes = find_notes(sheets.values())
    if notes is not None:
        read_notes(read, reporter, cover, sheets.pop(notes.sheet))
    for listed in cover.listed:
        _read_listed(read, reporter, cover, listed, sheets)
    for sheet, table in sheets.items():
        if any(any(row) for row in table.rows):
            reporter.report(
                "sheet_not_listed", sheet or "", "封面所列报表 a dataset on the cover's list", sheet=sheet, cell="A1"
            )


def _read_listed(
    read: SubmissionRead, reporter: Reporter, cover: Cover, listed: Listed, sheets: dict[str | None, Table]
) -> None:
    """One line of the cover: its return, and the sheet that belongs to it (taken out of `sheets`)."""
    book = load()
    dataset = book.find(listed.label)
    if dataset is None:
        known = "; ".join(d.label_zh for d in book.datasets.values())
        reporter.report("unknown_dataset", listed.label, known, sheet=cover.sheet, cell=listed.cell)
        return
    names = (dataset.label_zh, dataset.label_en, dataset.dataset)
    table = next((sheets.pop(name) for name in names if name in sheets), None)
    head = ReturnHead(
        receipt=read.receipt.receipt,
        submission=read.receipt.submission,
        file=read.receipt.file,
        sheet=cover.sheet if listed.nil or table is None else table.sheet,
        county_code=cover.county_code,
        county_sheet=cover.sheet,
        county_cell=cover.county_cell,
        period=cover.period,
        dataset=dataset.dataset,
        status=listed.status,
        nil=listed.nil,
        cell=listed.filled_cell if listed.nil else None,
    )
    read.heads.append(head)
    _check_due(reporter, dataset, head, cover.period_cell)
    for word, cell in listed.strange:
        reporter.report("unknown_status", word, KNOWN_WORDS, sheet=cover.sheet, cell=cell, head=head)
    _check_name(reporter, book, head, cover)
    if listed.nil and not dataset.nil:
        reporter.report("nil_not_allowed", "无", "有", sheet=cover.sheet, cell=listed.cell, head=head)
    has_rows = table is not None and any(any(row) for row in table.rows[1:])
    if table is None and not listed.nil:
        reporter.report(
            "sheet_missing", "没有工作表 no sheet", dataset.label_zh, sheet=cover.sheet, cell=listed.cell, head=head
        )
    elif table is not None and listed.nil and has_rows:
        reporter.report("nil_with_rows", "有数据 rows", "没有数据 no rows", sheet=table.sheet, cell="A2", head=head)
    elif table is not None and not listed.nil:
        _read_sheet(read, reporter, dataset, table, head)


def _check_due(reporter: Reporter, dataset: Dataset, head: ReturnHead, cell: str) -> None:
    """A period in which the dataset is not due, or that had not ended when the return came."""
    ends_on = monthrange(int(head.period[:4]), int(head.period[5:]))[1] if head.period >= FIRST_PERIOD else 1
    if f"{head.period}-{ends_on:02}" > reporter.receipt.received_at.date().isoformat():
        received = f"{reporter.receipt.received_at:%Y-%m-%d}"
        reporter.report(
            "period_in_future", head.period, f"早于 before {received}", sheet=head.county_sheet, cell=cell, head=head
        )
    if int(head.period[5:]) not in dataset.frequency.months:
        months = ", ".join(map(str, dataset.frequency.months))
        reporter.report("not_due", head.period, f"月份 months {months}", sheet=head.county_sheet, cell=cell, head=head)


def _check_name(reporter: Reporter, book: Codebook, head: ReturnHead, cover: Cover) -> None:
    """A county whose name and code disagree: the figures would go to another county without a word."""
    named = book.names.get(head.county_code, frozenset())
    if cover.county_name and named and cover.county_name not in named:
        reporter.report(
            "county_disagrees",
            f"{head.county_code} {cover.county_name}",
            f"{head.county_code} {'; '.join(sorted(named))}",
            sheet=cover.sheet,
            cell=cover.county_cell,
            head=head,
        )


def _read_sheet(read: SubmissionRead, reporter: Reporter, dataset: Dataset, table: Table, head: ReturnHead) -> None:
    """Takes in the table of a return whose county and period are known."""
    columns = match_header(table, 0, dataset, head, reporter) if table.rows else ()
    if not any(any(row) for row in table.rows[1:]):
        reporter.report(
            "empty_return", "没有数据 no rows", "至少一行 at least one row", sheet=table.sheet, cell="A2", head=head
        )
        return
    read.sheets.append(
        DataSheet(read.receipt, dataset.dataset, table, columns, 1, head.county_code, head.period, head.status)
    )


def _read_csv(read: SubmissionRead, reporter: Reporter, table: Table) -> None:
    """A CSV says its dataset in its name (`..._finance.csv`), and county, period and status in columns."""
    name = read.receipt.file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    dataset = load().find(name) or next(
        (d for d in load().datasets.values() if name.endswith((f"_{d.dataset}", f"_{d.label_zh}"))), None
    )
    if dataset is None:
        reporter.report(
            "unknown_dataset", name, "文件名以报表代码结尾 a name ending in _ and a dataset, like _finance.csv"
        )
        return
    columns = match_header(table, 0, dataset, None, reporter) if table.rows else ()
    places = {c.column: c.index for c in columns}
    missing = [zh for zh, column in (("区划代码", "county_code"), ("报告期", "period")) if column not in places]
    if missing:
        reporter.report("cover_incomplete", "缺少列 no column", ", ".join(missing), cell="A1", dataset=dataset.dataset)
        return
    _csv_heads(read, reporter, dataset, table, places)
    read.sheets.append(DataSheet(read.receipt, dataset.dataset, table, columns, 1, None, None, None))


def _csv_heads(
    read: SubmissionRead, reporter: Reporter, dataset: Dataset, table: Table, places: dict[str, int]
) -> None:
    """One head for each county and period that the rows name, at the first row that does."""
    seen: set[tuple[str, str]] = set()
    for index, row in _filled(table):
        code, period = row[places["county_code"]], parse_period(row[places["period"]])
        if code is None or period is None:
            cell = table.cell(index, places["county_code"] if code is None else places["period"])
            found = row[places["county_code" if code is None else "period"]] or "空白 blank"
            reporter.report(
                "cover_incomplete",
                found,
                "区划代码和报告期 a county code and a period like 2017-12",
                cell=cell,
                dataset=dataset.dataset,
            )
        elif (code, period) not in seen:
            seen.add((code, period))
            status = row[places["return_status"]] if "return_status" in places else None
            head = ReturnHead(
                receipt=read.receipt.receipt,
                submission=read.receipt.submission,
                file=read.receipt.file,
                sheet=None,
                county_code=code,
                county_sheet=None,
                county_cell=table.cell(index, places["county_code"]),
                period=period,
                dataset=dataset.dataset,
                status=STATUSES.get(status or "报送", "reported"),
                nil=False,
            )
            read.heads.append(head)
            _check_due(reporter, dataset, head, table.cell(index, places["period"]))
            if status and status not in STATUSES:
                cell = table.cell(index, places["return_status"])
                reporter.report("unknown_status", status, KNOWN_WORDS, cell=cell, head=head)
    if not seen:
        reporter.report(
            "empty_return", "没有数据 no rows", "至少一行 at least one row", cell="A2", dataset=dataset.dataset
        )


def _filled(table: Table) -> Iterator[tuple[int, Row]]:
    return ((i, row) for i, row in enumerate(table.rows) if i > 0 and any(row))


def _refuse_twice(read: SubmissionRead, reporter: Reporter) -> None:
    counted = Counter((h.county_code, h.period, h.dataset) for h in read.heads)
    for head in {(h.county_code, h.period, h.dataset): h for h in read.heads}.values():
        times = counted[head.county_code, head.period, head.dataset]
        if times > 1:
            reporter.report("return_twice", f"{times} 次 times", "一次 once", sheet=head.sheet, head=head)
