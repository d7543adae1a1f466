"""What a person at the terminal sees: the stages as they pass, and the summary at the end."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import polars as pl
from rich.cells import cell_len, set_cell_size
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flows.cli.screen import Screen
from flows.cli.views.holds import show_first
from flows.settings import JSON_LOGS, Settings
from warehouse.messages.finding_groups import RuleGroup
from warehouse.messages.log import SHOWN_APART
from warehouse.messages.priorities import Priorities
from warehouse.messages.visible import one_line
from warehouse.reports.findings_text import SEVERITY, cell_line, dataset_label, more_groups, priorities_sentence
from warehouse.reports.run_summary import Summary
from warehouse.snapshots.manifest import read_manifest
from warehouse.store import ledger
from warehouse.store.holds import active_holds

SCORECARD_LINES = 10
GROUPS = 8
FORMATTER = "PREFECT_LOGGING_HANDLERS_CONSOLE_FORMATTER"
PERIODS = 6
COLOURS = {"critical": "red", "warning": "yellow", "info": "dim"}
STATES = {
    "holds": "holds 相符", "differs": "differs 不符", "incomplete": "incomplete 未齐", "unknown": "unknown 未知",
}  # fmt: skip
STYLES = {"holds": "green", "differs": "red", "incomplete": "yellow"}


class _Stages(logging.Handler):
    """Shows a stage under way as a spinner and a finished one as a line."""

    def __init__(self, console: Screen) -> None:
        super().__init__()
        self.console = console
        self.spinner = console.status("starting Prefect ...")
        self.spinner.start()

    def emit(self, record: logging.LogRecord) -> None:
        if vars(record).keys() & SHOWN_APART.keys():
            return
        text = record.getMessage()
        if text.endswith("..."):
            self.spinner.update(Text(text))
            self.spinner.start()
        else:
            self.spinner.stop()
            style = "yellow" if record.levelno > logging.INFO else "dim"
            self.console.print(f"  {text}", style=style)


@contextmanager
def watch(console: Screen, *, quiet: bool) -> Iterator[None]:
    """Shows what the flow logs to `xianbao` while it runs, and the whole time at the end; where a machine reads the
    log, that is left to Prefect's own handler.
    """
    if os.environ.get(FORMATTER) == JSON_LOGS[FORMATTER]:
        yield
        return
    log = logging.getLogger("xianbao")
    # Prefect would print the same lines again in its own way.
    log.propagate = False
    handler = logging.NullHandler() if quiet else _Stages(console)
    log.addHandler(handler)
    start = perf_counter()
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.propagate = True
        if isinstance(handler, _Stages):
            handler.spinner.stop()
    if not quiet:
        console.print(f"  all, with start-up: {perf_counter() - start:.1f} s", style="dim")


def show_summary(summary: Summary, settings: Settings, console: Screen) -> None:
    """What came, what became of it, the first lines of the scorecard, where things are."""
    if summary.before:
        show_received(summary.before, console)
    show_received(summary, console)
    if summary.waiting or summary.skipped:
        console.say(f"{summary.waiting} wait for the next run 待下次处理; {summary.skipped} passed over 跳过")
    if summary.waiting_returns:
        kept = "returns of approved periods are kept and wait 份已审定报告期的报表暂存"
        console.say(f"{summary.waiting_returns} {kept}: xianbao status", "yellow")
    manifest = read_manifest(settings.store)
    if manifest is None:
        return
    show_first(active_holds(ledger.open_ledger(settings.ledger)), console)
    _not_open(manifest.scan(settings.store, "dim_period").filter(~pl.col("period_open")).collect(), console)
    card = manifest.scan(settings.store, "mart_scorecard").collect()
    if summary.version:
        console.print(_scorecard(card))
    console.print(Text.assemble((scorecard_text(card), "bold"), f", of {card.height} published figures 公布数"))
    for one in summary.lapsed:
        console.print(Text(one_line(f"{one.message_zh}; {one.message_en}"), "red"))
    _places(summary, settings, console)


def _not_open(periods: pl.DataFrame, console: Screen) -> None:
    """The periods of which too little has come for figures above the county; the newest of them by name."""
    newest = periods.sort("period", descending=True).head(PERIODS)
    named = [
        f"{period} ({received}/{due})" for period, received, due in newest["period", "received", "due"].iter_rows()
    ]
    if named:
        more = " ..." if periods.height > PERIODS else ""
        console.print(Text(f"not open yet, returns received/due 尚未开放的报告期,已收/应报: {', '.join(named)}{more}"))


def show_received(summary: Summary, console: Screen) -> None:
    """A run, its returns by verdict, its findings."""
    if summary.run is None:
        published = (
            f"Snapshot {summary.version}, left over, was published." if summary.version else "Nothing to publish."
        )
        console.print(Text.assemble(("Nothing new 没有新报表.", "bold"), f" {published}"))
    else:
        strange = f"; {summary.unreadable} unreadable 无法读取" if summary.unreadable else ""
        seen = f"; {summary.duplicates} seen before 重复" if summary.duplicates else ""
        packed = f", {summary.archives} archives unpacked 解压" if summary.archives else ""
        console.print()
        came = f": {summary.files} files{packed}"
        console.print(Text.assemble((f"Run {summary.run}", "bold"), came, (strange, "red"), seen))
        if summary.periods:
            console.print(_verdicts(summary))
        if summary.priorities:
            show_priorities(summary.priorities, console)
        if summary.groups:
            console.print(*_findings(summary.groups), sep="\n")


def _verdicts(summary: Summary) -> Table:
    """A line a period: counties received, and their returns by verdict."""
    table = Table(title="Returns 报表", title_justify="left")
    table.add_column("period 报告期")
    for name in ("counties 县", "accepted 接受", "queries 待核", "quarantined 退回"):
        table.add_column(name, justify="right")
    for p in summary.periods:
        quarantined = Text(f"{p.quarantined:,}", "red" if p.quarantined else "")
        table.add_row(p.period, str(p.counties), f"{p.accepted:,}", f"{p.accepted_with_queries:,}", quarantined)
    return table


def show_priorities(told: Priorities, console: Screen) -> None:
    """The sentence, and a line for each cell that is named."""
    console.print(Text(priorities_sentence(told), "bold"))
    for cell in told.first:
        console.print(Padding(Text(one_line(cell_line(cell)), overflow="fold"), (0, 0, 0, 2)))


def _findings(groups: Sequence[RuleGroup]) -> Iterator[Text | Padding]:
    """A group of findings with its first one, the gravest groups first; how many more there are.

    A message is wrapped and never cut: what to do stands at its end.
    """
    shown, left = groups[:GROUPS], groups[GROUPS:]
    cells = [(SEVERITY[g.severity], g.rule, dataset_label(g.dataset)) for g in shown]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    yield Text("Findings 问题: n, counties 县, rule 规则, dataset 报表, the first 首条", style="italic")
    for group, line in zip(shown, cells, strict=True):
        named = "  ".join(set_cell_size(cell, size) for cell, size in zip(line, widths, strict=True))
        yield Text(f"{group.findings:>6,} {group.counties:>5,}  {named}", COLOURS[group.severity])
        for text, style in ((group.file, "dim"), (group.message_zh, ""), (group.message_en, "dim")):
            yield Padding(Text(one_line(text), style, overflow="fold"), (0, 0, 0, 14))
    if left:
        yield Text(more_groups(left))


def scorecard_text(card: pl.DataFrame) -> str:
    """How many published figures hold, how many differ, and how many cannot be known yet."""
    counts = dict(card.group_by("state").len().iter_rows())
    hold, differ = (counts.pop(state, 0) for state in ("holds", "differs"))
    return f"{hold} hold 相符, {differ} differ 不符, {sum(counts.values())} not yet known 尚不可知"


def _scorecard(card: pl.DataFrame) -> Table:
    table = Table(title="Scorecard, first lines 成绩单", title_justify="left")
    table.add_column("figure 数字")
    table.add_column("ours 计算", justify="right")
    table.add_column("published 公布", justify="right")
    table.add_column("")
    for row in card.head(SCORECARD_LINES).iter_rows(named=True):
        mark = Text(STATES[row["state"]], STYLES.get(row["state"], ""))
        name = Text.assemble(f"{row['label_zh']}\n", (row["label_en"], "dim"))
        table.add_row(name, _number(row["value"]), _number(row["published"]), mark)
    return table


def _number(value: Decimal | None) -> str:
    return "-" if value is None else f"{value:,.1f}".removesuffix(".0")


def _places(summary: Summary, settings: Settings, console: Screen) -> None:
    root = settings.store
    console.say(f"marts     {root.marts / 'marts.duckdb'}")
    for one in (summary.before, summary):
        if one and one.run:
            _reports(one, root.reports / one.run, console)


def _reports(summary: Summary, report: Path, console: Screen) -> None:
    """Where findings and pages of a run are."""
    if summary.errors or summary.queries or summary.explained:
        answered = f", {summary.explained} answered 已说明" if summary.explained else ""
        counts = f"{summary.errors} errors, {summary.queries} queries{answered}"
        console.say(f"findings  {report / 'findings.md'} and .csv ({counts})")
    if (report / "validations").is_dir():
        index = report / "docs" / "index.html"
        console.say(f"pages     {index if index.exists() else 'xianbao docs'}")
