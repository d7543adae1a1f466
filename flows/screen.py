"""What a person at the terminal sees: the stages as they pass, and the summary at the end."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

import polars as pl
from rich.console import Console
from rich.table import Table

from flows.settings import Settings
from warehouse.published import read_manifest
from warehouse.report import Summary

SCORECARD_LINES = 12


class _Stages(logging.Handler):
    """Shows a stage under way as a spinner and a finished one as a line."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console = console
        self.spinner = console.status("starting ...")

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if text.endswith("..."):
            self.spinner.update(text)
            self.spinner.start()
        else:
            self.spinner.stop()
            self.console.print(f"  {text}", style="yellow" if record.levelno > logging.INFO else "dim", highlight=False)


@contextmanager
def watch(console: Console, *, quiet: bool) -> Iterator[None]:
    """Shows what the flow logs to `xianbao` while it runs."""
    log = logging.getLogger("xianbao")
    if quiet:
        yield
        return
    handler = _Stages(console)
    start = perf_counter()
    log.addHandler(handler)
    handler.spinner.start()
    try:
        yield
    finally:
        handler.spinner.stop()
        log.removeHandler(handler)
    console.print(f"  all: {perf_counter() - start:.1f} s", style="dim", highlight=False)


def show_summary(summary: Summary, settings: Settings, console: Console) -> None:
    """What came, what became of it, the first lines of the scorecard, where things are."""
    if summary.run is None:
        console.print("[bold]Nothing new 没有新报表.[/] " + ("" if summary.version else "Nothing was published."))
    else:
        console.print(_verdicts(summary))
    manifest = read_manifest(settings.store)
    if manifest is None:
        return
    card = manifest.scan(settings.store, "mart_scorecard").collect()
    if summary.version:
        console.print(_scorecard(card))
    held = card.filter(pl.col("holds")).height
    console.print(f"[bold]{held} of {card.height}[/] published figures hold 与公布数相符")
    _places(summary, settings, console)


def _verdicts(summary: Summary) -> Table:
    table = Table(title=f"Run {summary.run}: {summary.files} files, {', '.join(summary.periods)}", title_justify="left")
    table.add_column("")
    table.add_column("", justify="right")
    lines = {
        "counties 县": summary.counties,
        "returns accepted 接受": summary.accepted,
        "accepted with queries 接受待核": summary.accepted_with_queries,
        "quarantined 退回": summary.quarantined,
        "files unreadable 无法读取": summary.unreadable,
        "files seen before 重复": summary.duplicates,
    }
    for label, count in lines.items():
        table.add_row(label, str(count), style="red" if count and "quarantined" in label else None)
    return table


def _scorecard(card: pl.DataFrame) -> Table:
    table = Table(title="Scorecard, first lines 成绩单", title_justify="left")
    for name, justify in (("figure", "left"), ("", "left"), ("ours", "right"), ("published", "right"), ("", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for row in card.head(SCORECARD_LINES).iter_rows(named=True):
        ours = "-" if row["value"] is None else f"{row['value']:,.1f}".removesuffix(".0")
        mark = {True: "[green]holds[/]", False: "[red]differs[/]", None: "-"}[row["holds"]]
        table.add_row(row["figure"], row["label_zh"], ours, f"{row['published']:,.1f}".removesuffix(".0"), mark)
    return table


def _places(summary: Summary, settings: Settings, console: Console) -> None:
    root = settings.store
    console.print(f"marts     {root.marts / 'marts.duckdb'}", highlight=False, soft_wrap=True)
    if summary.run and (summary.errors or summary.queries):
        path = root.reports / summary.run / "findings.csv"
        console.print(
            f"findings  {path} ({summary.errors} errors, {summary.queries} queries)", highlight=False, soft_wrap=True
        )
