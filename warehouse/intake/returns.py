"""The returns of a table: of one county and period, or of those that its own columns say, row by row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from warehouse.codebook import Dataset
from warehouse.intake.formats.table import Table
from warehouse.intake.layout.header import Header, find_header
from warehouse.intake.layout.neighbours import apart_from, second_header
from warehouse.intake.layout.row_kinds import SheetRow, sheet_rows
from warehouse.intake.layout.shown_cells import shown_faults
from warehouse.intake.model.records import Column, DataRow, DataSheet, ReturnHeader, SkippedRows, Status
from warehouse.intake.ownership.claims import Agreement
from warehouse.intake.ownership.cover import STATUSES, read_status
from warehouse.intake.ownership.evidence import (
    BLANK,
    OF_COUNTIES,
    Place,
    PlaceColumns,
    Source,
    stated_above,
)
from warehouse.intake.return_checks import check_return_header
from warehouse.intake.sum_rows import sum_rows
from warehouse.intake.table_context import TableContext

OWN_STATUSES = " | ".join(word for word in STATUSES if not word.isascii())
COLUMNS = {"county": "county_code", "period": "period"}
NEEDED = {"county": "区划代码或县名 a county code or name", "period": "报告期 a period like 2017-12"}
WHY = {
    "above": "表头以上的标题 titles above the header",
    "total": "合计行,已与各行核对 totals, checked against the rows",
    "subtotal": "小计行,已与各行核对 subtotals, checked against the rows",
    "footer": "表尾的备注或签字 notes or signatures below the table",
    "header": "重复的表头或栏号 the header once more, or numbers of columns",
    "second": "同一工作表里的第二张表,见问题 a second table in the sheet, see the findings",
}


def read_returns(source: Source, dataset: Dataset, table: Table, status: Status) -> list[ReturnHeader]:
    """Takes in the returns of a dataset that a table holds, with all that is wrong with them; gives their heads."""
    header = find_header(table, dataset)
    if header is None:
        return _without_header(source, dataset, table, status)
    spread = _spread_columns(header, dataset) if table.merged else frozenset()
    table = _spread_down(_first_table(source, dataset, table, header), header, spread)
    context = TableContext(source, dataset, table, header, status, stated_above(table, header.top, header.groups))
    lines = sheet_rows(table, header, dataset)
    data = [line.index for line in lines if line.kind == "data"]
    places = PlaceColumns.of(table, header.columns)
    return_headers, rows = _by_row(context, places, data) if places.any else _as_one(context, data)
    source.read.return_headers.extend(return_headers)
    _leave_out(context, lines)
    only = return_headers[0] if len(return_headers) == 1 else None
    _check_header(context, data, return_headers)
    if not data:
        cell = f"A{header.first + 1}"
        context.report("empty_return", "没有数据 no rows", "至少一行 at least one row", cell, only)
        return return_headers
    _say_hidden(context, data, only)
    _say_shown(context, lines, spread, rows, return_headers)
    sheet = DataSheet(
        source.read.receipt,
        dataset.dataset,
        table.sheet,
        _columns(table, header, data[0]),
        table.epoch,
        rows,
        sum_rows(lines, table, rows),
        only,
    )
    source.read.sheets.append(sheet)
    return return_headers


def _first_table(source: Source, dataset: Dataset, table: Table, header: Header) -> Table:
    """The table down to where another begins in its sheet, which is said once: nothing below it is read as of this."""
    at = second_header(table, header)
    if at is None:
        return table
    found = " ".join(text for text in table.rows[at] if text)
    source.reporter.report(
        "second_table", found, "每个工作表一张表 one table a sheet",
        sheet=table.sheet, cell=table.cell(at, 0), dataset=dataset.dataset,
    )  # fmt: skip
    source.read.left_out.append(SkippedRows(table.sheet, tuple(range(at + 1, len(table.rows) + 1)), WHY["second"]))
    return replace(table, rows=[*table.rows[:at], *([] for _ in table.rows[at:])])


def _columns(table: Table, header: Header, first: int) -> tuple[Column, ...]:
    """The columns of a table; of a vertical form with the cell of each."""
    if not table.places:
        return header.columns
    return tuple(replace(column, cell=table.cell(first, column.index)) for column in header.columns)


def _spread_columns(header: Header, dataset: Dataset) -> frozenset[int]:
    """The columns in which a merged cell speaks for all rows that it spans: a county, a township, never a figure."""
    texts = {i.column for i in dataset.indicators if i.unit.dtype == "text"}
    return frozenset(c.index for c in header.columns if c.column in texts or c.column in (*OF_COUNTIES, "period"))


def _spread_down(table: Table, header: Header, columns: Collection[int]) -> Table:
    """The table with what merged cells of `columns` say of several rows in each of them."""
    down = [m for m in table.merged if m[0] >= header.first and m[1] > m[0] and m[2] == m[3] and m[2] in columns]
    if not down:
        return table
    rows = [list(row) for row in table.rows]
    for top, bottom, at, _ in down:
        for row in rows[top + 1 : bottom + 1]:
            row.extend([None] * (at + 1 - len(row)))
            row[at] = table.text(top, at) if any(row) else None
    return replace(table, rows=rows)


def _without_header(source: Source, dataset: Dataset, table: Table, status: Status) -> list[ReturnHeader]:
    """A table of which no column is understood: its return, if the place is clear, is quarantined for it."""
    place = source.place(table.sheet)
    return_header = (
        _return_header(source, dataset, place, table.sheet, status)
        if place.county.value and place.period.value
        else None
    )
    filled = [sum(map(bool, row)) for row in table.rows]
    rule, found, cell = "empty_return", "没有数据 no rows", "A2"
    expected = "至少一行 at least one row"
    if sum(map(bool, filled)) > 1:
        # What a person takes for the header: the first row more than half as full as the fullest, as a title is not.
        first = next(i for i, count in enumerate(filled) if 2 * count > max(filled))
        rule, found = "unknown_header", " ".join(text for text in table.rows[first] if text)
        cell, expected = f"A{first + 1}", "; ".join(i.header_zh for i in dataset.indicators)
    source.reporter.report(
        rule, found, expected, sheet=table.sheet, cell=cell, return_header=return_header, dataset=dataset.dataset
    )
    if return_header is None:
        return []
    source.read.return_headers.append(return_header)
    return [return_header]


def _as_one(context: TableContext, data: list[int]) -> tuple[list[ReturnHeader], list[DataRow]]:
    """The one return of a table whose county and period stand elsewhere than in its columns."""
    place = context.source.place(context.table.sheet, above=context.above)
    missing = ("没有列 no column", dict.fromkeys(NEEDED, f"A{context.header.top + 1}"))
    return_header = _placed_return(context, place, missing, data[0] if data else None)
    code, period = place.county.value, place.period.value
    rows = [DataRow(index + 1, code, period, context.table.rows[index]) for index in data]
    return ([return_header] if return_header else []), rows


def _by_row(context: TableContext, places: PlaceColumns, data: list[int]) -> tuple[list[ReturnHeader], list[DataRow]]:
    """A return for each county and period that the rows say, at the first row that does."""
    return_headers: dict[tuple[str | None, str | None], ReturnHeader] = {}
    known: dict[tuple[str | None, ...], Place] = {}
    rows = []
    for index in data:
        row = context.table.rows[index]
        said = places.said(row)
        if said not in known:
            known[said] = places.place(context.source, index, context.above)
            cells = {name: places.cell(column, index) for name, column in COLUMNS.items()}
            return_header = _placed_return(context, known[said], (BLANK, cells), index)
            if return_header:
                return_headers.setdefault((return_header.county_code, return_header.period), return_header)
        place = known[said]
        rows.append(DataRow(index + 1, place.said_county, place.said_period, row))
    first = next(iter(return_headers.values()), None)
    # A line without a period is kept with its table's first, which is quarantined for it.
    kept = [r if r.period else DataRow(r.number, r.county_code, first.period, r.cells) for r in rows] if first else rows
    return list(return_headers.values()), kept


def _placed_return(
    context: TableContext, place: Place, missing: tuple[str, Mapping[str, str]], index: int | None
) -> ReturnHeader | None:
    """The head of a place, with findings of what is unclear about it; None where it is no return of anybody.

    `missing` is what is found, and at which cell, where nothing says the county or the period; `index` is the row
    that says the status.
    """
    context.source.take_one()
    clear = bool(place.county.value and place.period.value)
    status, fault = _status(context, index)
    return_header = (
        _return_header(context.source, context.dataset, place, context.table.sheet, status) if clear else None
    )
    both = {"county": place.county, "period": place.period}
    for agreed in (agreed for agreed in both.values() if agreed.fault):
        report_disagreement(context.source, context.dataset, agreed, return_header)
    unsaid = [name for name, agreed in both.items() if agreed.value is None and not agreed.fault]
    if unsaid:
        expected = "; ".join(NEEDED[name] for name in unsaid)
        context.report("cover_incomplete", missing[0], expected, missing[1][unsaid[0]])
    if return_header:
        check_return_header(context.source, context.dataset, return_header, place)
        if fault:
            context.report(fault[0], fault[1], known_words(fault[0]), fault[2], return_header)
    return return_header


def known_words(rule: str) -> str:
    """The words that a cell should have, of which a check says that it has another."""
    return f"有 | 无; {OWN_STATUSES}" if rule == "unknown_status" else OWN_STATUSES


def report_disagreement(
    source: Source, dataset: Dataset, agreed: Agreement, return_header: ReturnHeader | None
) -> None:
    """Says what of a county or period does not agree, or is not clear, where it stands."""
    at = (agreed.claim.sheet, agreed.claim.cell) if agreed.claim else (None, None)
    source.reporter.report(
        agreed.fault or "",
        agreed.found,
        agreed.expected,
        sheet=at[0],
        cell=at[1],
        return_header=return_header,
        dataset=dataset.dataset,
    )


def _status(context: TableContext, index: int | None) -> tuple[Status, tuple[str, str, str] | None]:
    """The status that a row says, else the table's; and the check that its word fails, the word and its cell."""
    at = next((c.index for c in context.header.columns if c.column == "return_status"), None)
    row = context.table.rows[index] if index is not None else []
    word = row[at] if at is not None and at < len(row) else None
    status, rule = read_status(word, context.status)
    if rule is None or word is None or at is None or index is None:
        return status, None
    return status, (rule, word, context.table.cell(index, at))


def holds_figures(table: Table, dataset: Dataset) -> bool:
    """Whether a table says more than the codes that a template has filled in before (the measures m01 to m10)."""
    header = find_header(table, dataset)
    if header is None:
        return any(any(row) for row in table.rows[1:])
    filled_in = {c.index for c in header.columns if c.column in dataset.keys and dataset[c.column].codes}
    return any(text for row in table.rows[header.first :] for at, text in enumerate(row) if at not in filled_in)


def _return_header(source: Source, dataset: Dataset, place: Place, sheet: str | None, status: Status) -> ReturnHeader:
    claim = place.county_claim
    return ReturnHeader(
        receipt=source.read.receipt.receipt,
        submission=source.read.receipt.submission,
        file=source.read.receipt.file,
        sheet=sheet,
        county_code=place.county.value or "",
        county_sheet=claim.sheet if claim else None,
        county_cell=claim.cell if claim else None,
        period=place.period.value or "",
        dataset=dataset.dataset,
        status=status,
        nil=False,
    )


def nil_return(source: Source, dataset: Dataset, status: Status, cell: str) -> ReturnHeader | None:
    """The return of a dataset of which the cover says that there is none; None where its place is not clear."""
    source.take_one()
    place = source.place(None)
    sheet = source.cover.sheet if source.cover else None
    clear = bool(place.county.value and place.period.value)
    return_header = _return_header(source, dataset, place, sheet, status) if clear else None
    for agreed in (place.county, place.period):
        if agreed.fault:
            report_disagreement(source, dataset, agreed, return_header)
    if return_header:
        return_header = return_header.model_copy(update={"nil": True, "cell": cell})
        source.read.return_headers.append(return_header)
        check_return_header(source, dataset, return_header, place)
    return return_header


def _check_header(context: TableContext, data: list[int], return_headers: list[ReturnHeader]) -> None:
    """The faults of the header's cells; of a column that fits nothing only where it holds something, of one below a
    group that says a period only where a return is of another.
    """
    return_header = return_headers[0] if len(return_headers) == 1 else None
    filled = {at for index in data for at, text in enumerate(context.table.rows[index]) if text is not None}
    for fault in context.header.faults:
        if fault.rule != "unknown_header" or fault.column in filled or not data:
            cell = context.table.cell(fault.row, fault.column)
            context.report(fault.rule, fault.found, fault.expected, cell, return_header, fault.indicator)
    for fault in context.header.dated:
        if fault.column in filled and not all(h.period.startswith(fault.expected) for h in return_headers):
            cell, expected = (
                context.table.cell(fault.row, fault.column),
                f"{return_headers[0].period} 的数 a figure of that month",
            )
            context.report(fault.rule, fault.found, expected, cell, return_header, fault.indicator)
    # What a line of a text file has beyond its header is shifted, which is said of the line.
    fields = context.table.fields[context.header.top : context.header.first]
    headless = {at for at in filled - context.header.named if not fields or at < max(fields)}
    apart = set(apart_from(context.table, context.header, headless))
    for at in sorted(headless - apart):
        cell = context.table.cell(context.header.first - 1, at)
        context.report("unknown_header", "数据上方空白 blank above data", "表头 a header", cell, return_header)
    if apart:
        row, at = next(
            (row, at) for row in data for at, text in enumerate(context.table.rows[row]) if text and at in apart
        )
        found = context.table.rows[row][at] or ""
        context.report("scratch_cells", found, "空白 blank", context.table.cell(row, at), return_header)


def _say_hidden(context: TableContext, data: list[int], return_header: ReturnHeader | None) -> None:
    hidden = [index + 1 for index in data if index in context.table.hidden]
    if hidden:
        found = f"{len(hidden)} 行 rows: {', '.join(map(str, hidden[:20]))}"
        context.report("hidden_rows", found, "没有隐藏行 no hidden rows", f"A{hidden[0]}", return_header)


def _say_shown(
    context: TableContext,
    lines: list[SheetRow],
    spread: frozenset[int],
    rows: list[DataRow],
    return_headers: list[ReturnHeader],
) -> None:
    """What is not as it is shown: of the return of its row, or of the whole table; a row of none has its finding."""
    faults = list(shown_faults(context.table, context.header, context.dataset, lines, spread))
    if not faults:
        return
    heads = {(h.county_code, h.period): h for h in return_headers}
    only = return_headers[0] if len(return_headers) == 1 else None
    of_row = {row.number - 1: heads.get((row.county_code or "", row.period or "")) for row in rows}
    for fault in faults:
        head = only if fault.row is None else of_row[fault.row]
        if head or fault.row is None:
            context.report(fault.rule, fault.found, fault.expected, fault.cell, head, fault.indicator)


def _leave_out(context: TableContext, lines: Iterable[SheetRow]) -> None:
    above = [i + 1 for i, row in enumerate(context.table.rows[: context.header.top]) if any(row)]
    kinds: dict[str, list[int]] = {"above": above}
    for line in lines:
        if line.kind != "data":
            kinds.setdefault(line.kind, []).append(line.index + 1)
    context.source.read.left_out.extend(
        SkippedRows(context.table.sheet, tuple(numbers), WHY[kind]) for kind, numbers in kinds.items() if numbers
    )
