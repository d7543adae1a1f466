"""A submission explained on a screen: what came, what became of it, each cell as typed and as read, what was not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import polars as pl

from flows.cli.screen import Screen
from flows.cli.views.run import COLOURS
from flows.cli.views.text_columns import (
    VERDICT,
    aligned_columns,
    format_moment,
    format_quantity,
    print_cut,
    print_heading,
    print_line,
    print_list,
    print_remaining,
    row_count,
)
from warehouse.codebook import Dataset, load
from warehouse.intake.inspect import InspectedTable
from warehouse.lineage import SubmissionTrace
from warehouse.lineage.reader import FORGOTTEN
from warehouse.reports.findings_text import SEVERITY, county_label, dataset_label, effect_text

ROWS, LINES, FINDINGS, SHORT = 2, 40, 20, 12
LEGEND = "Cells 单元格: typed 填写 (unit 单位) = read 读数, header 表头, indicator 指标"
OWN_UNIT = "own unit 自带单位"
Row = dict[str, Any]


def show_submission(e: SubmissionTrace, console: Screen, *, whole: bool) -> None:
    """All of it, from the whole to the cells; long lists are cut unless `whole`."""
    _receipt(e, console)
    _members(e, console, None if whole else LINES)
    _returns(e, console, None if whole else LINES)
    _waiting(e, console, None if whole else LINES)
    _print_reread_differences(e, console, None if whole else LINES)
    if e.shown.tables:
        print_heading(console, LEGEND)
        if not e.shown.return_headers:
            print_line(console, "It is nobody's return: nothing of it counts 不成报表,不计入", "red")
    for table in e.shown.tables:
        _table(e, table, console, None if whole else ROWS)
    _left_out(e, console)
    _findings(e, console, None if whole else FINDINGS)


def _receipt(e: SubmissionTrace, console: Screen) -> None:
    print_line(console, e.receipt.file, "bold")
    came = f"receipt 收件 {e.receipt.receipt}, {format_moment(e.receipt.received_at)}, run {e.run}"
    print_line(
        console,
        f"{came}: {VERDICT.get(e.verdict, e.verdict)}",
        COLOURS["critical"] if e.verdict == "unreadable" else "",
    )
    print_line(console, f"sha256 {e.receipt.submission}", "dim")
    if e.forgotten:
        print_line(console, FORGOTTEN.format(**e.forgotten), "red")
    if e.trouble:
        print_line(console, f"cannot be read again 无法重新读取: {e.trouble}", "red")
    same = e.received.filter(pl.col("receipt") != e.receipt.receipt)
    for title, receipts in (
        ("the same bytes also came as 相同内容还收到", same),
        ("out of the archive 来自压缩包", e.archive),
        ("other bytes came under this name 同名的其他内容", e.namesakes),
    ):
        for row in receipts.iter_rows(named=True):
            print_line(console, f"{title}: {_receipt_label(row, e.receipt.file)}", "dim")


def _receipt_label(row: Row, own: str) -> str:
    verdict = VERDICT.get(row["verdict"], row["verdict"])
    other = f", {row['file']}" if row["file"] != own else ""
    return f"receipt {row['receipt']}, {format_moment(row['received_at'])}, {verdict}{other}"


def _members(e: SubmissionTrace, console: Screen, most: int | None) -> None:
    """What came out of an archive; what did not is among the findings."""
    if e.members.is_empty():
        return
    print_heading(console, f"Members 压缩包内 {e.members.height}: receipt 收件, verdict 结论, file 文件")
    inside = f"{e.receipt.file}/"
    rows = e.members.iter_rows(named=True)
    named = ((str(r["receipt"]), VERDICT.get(r["verdict"], r["verdict"]), r["file"].removeprefix(inside)) for r in rows)
    print_list(console, aligned_columns(named), most)


def _whose(row: Row) -> str:
    return f"{county_label(row['county_code'])} {row['period']}"


def _returns(e: SubmissionTrace, console: Screen, most: int | None) -> None:
    if e.returns.is_empty():
        return
    as_another = f", decided as 判定为 receipt {e.decided_as}" if e.decided_as != e.receipt.receipt else ""
    rows = e.returns.rows(named=True)
    alike = len({_whose(row) for row in rows}) == 1
    lines = aligned_columns(
        (
            *(() if alike else (_whose(row),)),
            dataset_label(row["dataset"]),
            f"nil 无 ({row['status']})" if row["nil"] else row_count(row["rows"]),
            _standing(row),
        )
        for row in rows
    )
    whose = f": {_whose(rows[0])}" if alike else ""
    print_heading(console, f"Returns 报表 {e.returns.height}{whose}{as_another}")
    print_list(console, lines, most)
    _decisions(e, console)


def _waiting(e: SubmissionTrace, console: Screen, most: int | None) -> None:
    """Those of periods that are approved."""
    if e.waiting.height:
        print_heading(console, f"Wait for their period to be opened again 暂存 {e.waiting.height}: xianbao reopen")
        rows = e.waiting.iter_rows(named=True)
        lines = aligned_columns((_whose(row), dataset_label(row["dataset"])) for row in rows)
        print_list(console, lines, most, "yellow")


def _standing(row: Row) -> str:
    """Whether it counts, as what, and what counts in its place."""
    queries = ", with queries 待核" if row["verdict"] == "accepted_with_queries" else ""
    waived = ", let in by waiver 豁免" if row["version"] and row["reason"] else ""
    instead = f"receipt {row['counting']} {row['counting_file']}" if row["counting"] else ""
    match row["standing"]:
        case "in_force":
            return f"in force 有效, v{row['version']}{queries}{waived}"
        case "superseded":
            return f"superseded 被取代 by {instead}, v{row['version']}{queries}{waived}"
        case verdict:
            return f"{VERDICT[verdict]}; " + (f"in force 有效: {instead}" if instead else "nothing in force 无有效报表")


def _decisions(e: SubmissionTrace, console: Screen) -> None:
    """Those by people, with the reason, and those after the first night."""
    later = e.decisions.filter(pl.col("run") != e.decisions["run"].min()) if e.decisions.height else e.decisions
    for (run, flow, reason, by), group in groupby(
        later.iter_rows(named=True), key=lambda row: (row["run"], row["flow"], row["reason"], row["by"])
    ):
        rows = list(group)
        said = "; ".join(f"{row['dataset']} {VERDICT[row['verdict']]}" for row in rows)
        why = f" ({reason}{', ' + by if by else ''})" if reason else ""
        print_line(console, f"run {run} {flow}, {format_moment(rows[0]['known_from'])}: {said}{why}", "dim", indent=2)


def _print_reread_differences(e: SubmissionTrace, console: Screen, most: int | None) -> None:
    """What the reader of today makes of it otherwise than was kept then."""
    if not (e.lost or e.gained or e.otherwise.height or e.new_findings):
        return
    print_heading(console, "Read again today, it says something else than was kept 现在重读,结果与当时不同")
    both = [("not read today 现读不出", key) for key in e.lost] + [
        ("read only today 现才读出", key) for key in e.gained
    ]
    told = [f"{title}: {dataset_label(name)} {county_label(code)} {period}" for title, (name, code, period) in both]
    cells = aligned_columns(_then_and_now(row) for row in e.otherwise.iter_rows(named=True))
    found = [f"found only today 现才发现 {f.rule}: {f.message_zh} {f.message_en}" for f in e.new_findings]
    for lines in (told, cells, found):
        print_list(console, lines, most, "yellow")


def _then_and_now(row: Row) -> tuple[str, ...]:
    indicator = load().datasets[row["dataset"]][row["column"]]
    then, now = format_quantity(row["then"], indicator), format_quantity(row["now"], indicator)
    place = f"{row['sheet'] or '-'} 行 row {row['row']}"
    return place, f"{row['dataset']}.{row['column']}", f"then 当时 {then}", f"now 现在 {now}"


def _table(e: SubmissionTrace, table: InspectedTable, console: Screen, most: int | None) -> None:
    dataset = load().datasets[table.dataset]
    sheet = f", 工作表 sheet {table.sheet}" if table.sheet else ""
    print_heading(console, f"{dataset.label_zh} {dataset.label_en}{sheet}: {row_count(table.rows)}")
    cells = e.cells.filter(pl.col("dataset") == table.dataset, pl.col("sheet").eq_missing(pl.lit(table.sheet)))
    by_row = cells.partition_by("row", maintain_order=True)
    shown = by_row[:most]
    of_many = cells.select("county_code", "period").n_unique() > 1
    lines = iter(aligned_columns(_cells(dataset, table, shown), right=(4,), most=30))
    for row in shown:
        if table.rows > 1:
            print_cut(console, f"  {_row_name(dataset, row, of_many=of_many)}", "italic")
        for fault in row["fault"]:
            print_cut(console, f"  {next(lines)}", "red" if fault else "")
    print_remaining(console, len(by_row) - len(shown), " rows")
    if hidden := ", ".join(map(str, table.hidden[:LINES])):
        print_line(console, f"hidden rows, read like the others 隐藏行,照常读取: {hidden}", "dim", indent=2)
    if absent := [i.column for i in dataset.indicators if i.column not in {c.column for c in table.columns}]:
        print_line(console, f"no column for 没有列: {', '.join(absent)}", "dim", indent=2)


def _row_name(dataset: Dataset, row: pl.DataFrame, *, of_many: bool) -> str:
    first = row.row(0, named=True)
    values = dict(row.select("column", "value").iter_rows())
    parts = [values.get(key) or "" for key in dataset.keys]
    if of_many:
        parts = [county_label(first["county_code"] or "?"), first["period"] or "?", *parts]
    return " ".join([f"行 row {first['row']}:", *parts])


def _cells(dataset: Dataset, table: InspectedTable, rows: list[pl.DataFrame]) -> Iterator[tuple[str, ...]]:
    places = {column.column: column for column in table.columns}
    for cell in (cell for row in rows for cell in row.iter_rows(named=True)):
        place = places[cell["column"]]
        read = f"✗ {cell['fault']}" if cell["fault"] else format_quantity(cell["value"], dataset[cell["column"]])
        factor = f"{place.unit or ''} x {place.factor:,}".lstrip() if place.factor != 1 else ""
        # A unit behind the number counts, whatever the header says.
        if factor and cell["value"] and not (cell["text"] or "")[-1:].isdigit():
            factor = OWN_UNIT
        yield cell["cell"], cell["text"] or "", factor, "=", read, place.header, cell["column"]


def _left_out(e: SubmissionTrace, console: Screen) -> None:
    if not e.shown.left_out:
        return
    print_heading(console, "Left out 未取数")
    for part in e.shown.left_out:
        short = len(part.text) <= SHORT
        where = " ".join(filter(None, (part.sheet, part.place, part.text if short else None)))
        print_cut(console, f"  {where}: {part.why}" if where else f"  {part.why}")
        if not short:
            print_cut(console, f"      {part.text}", "dim")


def _findings(e: SubmissionTrace, console: Screen, most: int | None) -> None:
    print_heading(console, f"Findings 问题 {len(e.findings)}")
    for finding in e.findings[:most]:
        of = f" {dataset_label(finding.dataset)}" if finding.dataset else ""
        whose = f" {county_label(finding.county_code)} {finding.period}" if finding.county_code else ""
        head = f"{SEVERITY[finding.severity]} {finding.rule}{of}{whose}{effect_text(finding.score)}"
        print_line(console, head, COLOURS[finding.severity], indent=2)
        print_line(console, finding.message_zh, indent=4)
        print_line(console, finding.message_en, "dim", indent=4)
        if finding.explanation:
            print_line(console, f"县里说明 explained: {finding.explanation}", indent=4)
    if most is not None:
        print_remaining(console, len(e.findings) - most)


def submission_json(e: SubmissionTrace) -> dict[str, Any]:
    """The same for machines, all of it."""
    frames = ("received", "namesakes", "members", "archive", "returns", "decisions", "waiting", "cells", "otherwise")
    return {
        "receipt": e.receipt.model_dump(),
        "verdict": e.verdict,
        "run": e.run,
        "forgotten": e.forgotten,
        "decided_as": e.decided_as,
        "trouble": e.trouble,
        **{name: getattr(e, name).rows(named=True) for name in frames},
        **json.loads(e.shown.model_dump_json(by_alias=True, exclude={"findings"})),
        "lost": e.lost,
        "gained": e.gained,
        "findings": [finding.model_dump() for finding in e.findings],
        "new_findings": [finding.model_dump() for finding in e.new_findings],
    }
