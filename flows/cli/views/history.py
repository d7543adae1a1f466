"""What ran, one run, and what befell a county's returns, on a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from flows.cli.screen import Screen
from flows.cli.views.run import COLOURS, show_received
from flows.cli.views.text_columns import (
    VERDICT,
    aligned_columns,
    format_moment,
    print_cut,
    print_heading,
    print_line,
    print_list,
    print_remaining,
)
from warehouse.lineage import ReturnHistory, RunLine, RunReport
from warehouse.lineage.return_history import ReturnEvent, ReturnOutcome
from warehouse.messages.finding import Finding
from warehouse.reports.findings_text import SEVERITY, county_label, dataset_label, effect_text

LINES, FINDINGS = 40, 5
STATE = {
    "completed": "completed 完成", "skipped": "skipped 跳过", "failed": "failed 失败",
    "interrupted": "interrupted 中断", "committed": "journal 仅见日志",
}  # fmt: skip
STYLE = {"failed": "red", "interrupted": "yellow"}
LEGEND = (
    "Runs: began 开始 (UTC), run 批次, flow 流程, state 状态, files 文件, accepted 接受, quarantined 退回, seconds 秒, "
    "published 发布, Prefect"
)
NUMBERS = (4, 5, 6, 7)
EVENT = {
    "received": "received 收到", "judged_again": "judged again 重新核对", "waived": "let in by waiver 豁免",
    "withdrawn": "withdrawn 撤回",
    "waits": "waits, the period is approved 报告期已核定,待重新开放", "sent_again": "the same bytes again 重复报送",
    "not_read": "a file of its name 同名文件", "forgotten": "removed for good 永久删除", "held": "held 暂缓公布",
    "warned": "asked about 存疑", "lifted": "no longer held 解除暂缓", "released": "released 放行",
    "approved": "the period is approved 报告期核定", "reopened": "the period is opened again 报告期重新开放",
}  # fmt: skip
STANDING = {
    "in_force": "in force 有效", "quarantined": "quarantined 退回", "withdrawn": "withdrawn 撤回",
    "waits": "waits 待重新开放",
    "missing": "not yet come 未收到",
}  # fmt: skip
OVERDUE = "overdue 逾期未报"
BAD = ("quarantined", "unreadable")


def show_runs(lines: Sequence[RunLine], console: Screen) -> None:
    """A line each, the newest first; below it why, where it failed."""
    if not lines:
        print_line(console, "Nothing has run yet 尚无批次")
        return
    print_line(console, LEGEND, "bold")
    for text, line in zip(aligned_columns(map(_run_cells, lines), right=NUMBERS), lines, strict=True):
        print_cut(console, f"  {text}", STYLE.get(line.state, ""))
        if line.message and line.state != "completed":
            print_line(console, line.message, "dim", indent=4)


def _run_cells(line: RunLine) -> tuple[str, ...]:
    counts = ("" if one is None else f"{one:,}" for one in (line.files, line.accepted, line.quarantined))
    return (
        f"{line.began_at:%Y-%m-%d %H:%M}",
        " ".join(line.runs) or "-",
        line.flow,
        STATE[line.state],
        *counts,
        "" if line.seconds is None else f"{line.seconds:,.0f}",
        line.version or "-",
        line.prefect_name or "-",
    )


def show_run(run: RunReport, console: Screen, *, whole: bool) -> None:
    """All of one run, from its operation to its files."""
    line = run.line
    took = "" if line.seconds is None else f", {line.seconds:,.1f} s"
    came = f"{line.flow}, {format_moment(line.began_at)}{took}: {STATE[line.state]}"
    print_line(console, came, STYLE.get(line.state, "bold"))
    if line.message:
        print_line(console, line.message, indent=2)
    if line.prefect_run:
        print_line(console, f"Prefect run {line.prefect_name or ''} {line.prefect_run}", "dim")
    stages = ", ".join(f"{stage} {seconds:,.1f}" for stage, seconds in run.summary.seconds.items())
    if stages:
        print_line(console, f"seconds by stage 各阶段用时(秒): {stages}", "dim")
    show_received(run.summary, console)
    if run.files:
        print_heading(console, f"Files 文件 {len(run.files)}: receipt 收件, verdict 结论, file 文件")
        named = ((str(one.receipt), VERDICT[one.verdict], one.file) for one in run.files)
        print_list(console, aligned_columns(named), None if whole else LINES)
    print_line(console, f"published 发布  {'snapshot ' + line.version if line.version else 'nothing 未发布'}")
    print_line(console, f"report 报告     {run.report or 'gone 已无'}")


def show_return_history(told: ReturnHistory, console: Screen, *, whole: bool) -> None:
    """How each return stands, then what befell them, oldest first."""
    print_line(console, f"{county_label(told.county_code)} {told.period}", "bold")
    if not told.standings:
        print_line(console, "nothing came, and nothing is due of it 未收到,也无应报")
    for text, one in zip(aligned_columns(map(_standing_cells, told.standings)), told.standings, strict=True):
        print_cut(console, f"  {text}", "red" if one.overdue or one.standing == "quarantined" else "")
    print_heading(console, f"What befell it 经过 {len(told.events)}")
    shown = told.events if whole else told.events[-LINES:]
    print_remaining(console, len(told.events) - len(shown), " before 此前")
    for (run, at, flow, snapshot), of_run in groupby(shown, lambda e: (e.run, e.at, e.flow, e.snapshot)):
        first = f"first in snapshot 首见于快照 {snapshot}" if snapshot else "not published 未发布"
        print_line(console, f"{format_moment(at)}, run 批次 {run} {flow}, {first}", "italic")
        for (receipt, file), of_receipt in groupby(of_run, lambda e: (e.receipt, e.file)):
            if receipt:
                print_line(console, f"receipt 收件 {receipt} {file or ''}", "dim", indent=2)
            for event in of_receipt:
                _event(event, console, None if whole else FINDINGS)


def _standing_cells(one: ReturnOutcome) -> tuple[str, ...]:
    due = f"due 应报 {one.due_on}" if one.due_on else "not due 不应报"
    which = f"receipt 收件 {one.receipt} {one.file}" if one.receipt else ""
    return dataset_label(one.dataset), OVERDUE if one.overdue else STANDING[one.standing], due, which


def _event(event: ReturnEvent, console: Screen, most: int | None) -> None:
    bad = event.verdict in BAD or event.event == "held"
    print_line(console, "; ".join(_said(event)), "red" if bad else "", indent=4)
    for finding in event.findings[:most]:
        _finding(finding, console)
    if most is not None:
        print_remaining(console, len(event.findings) - most)


def _said(event: ReturnEvent) -> Iterator[str]:
    """What befell, with which verdict, who decided it and why, and what counts from then on."""
    yield f"{dataset_label(event.dataset)}: {EVENT[event.event]}" if event.dataset else EVENT[event.event]
    if event.verdict and event.event != "withdrawn":
        yield VERDICT[event.verdict] + (f" v{event.version}" if event.version else "")
    if event.figure:
        yield event.figure
    if event.reason:
        yield f"reason 理由: {event.reason}{', ' + event.by if event.by else ''}"
    if event.before != event.counting:
        now = f"receipt {event.counting} counts 起算" if event.counting else "nothing counts 无有效报表"
        yield now + (f", in place of 取代 receipt {event.before}" if event.before else "")


def _finding(finding: Finding, console: Screen) -> None:
    head = f"{SEVERITY[finding.severity]} {finding.rule}{effect_text(finding.score)}"
    print_line(console, head, COLOURS[finding.severity], indent=6)
    print_line(console, finding.message_zh, indent=8)
    print_line(console, finding.message_en, "dim", indent=8)
