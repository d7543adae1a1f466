"""What judging again changed, for a person at the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from warehouse.store.again import Change

SHOWN = 40


def show_changes(changes: Sequence[Change], console: Console, *, dry_run: bool) -> None:
    """A line a return, the first forty, and how many there are in all."""
    if not changes:
        console.print("[bold]Nothing changed 没有变化.[/] Every return fares as before.", highlight=False)
        return
    table = Table(title="Judged otherwise than before 结论有变", title_justify="left")
    for name in ("period", "dataset", "county", "before", "after", "rules before", "rules after"):
        table.add_column(name)
    for change in changes[:SHOWN]:
        rules = (" ".join(change.rules_before) or "-", " ".join(change.rules_after) or "-")
        table.add_row(change.period, change.dataset, change.county_code, change.before, change.after, *rules)
    console.print(table)
    more = len(changes) - SHOWN
    written = "nothing was written (dry run)" if dry_run else "recorded as a run of its own"
    console.print(
        f"[bold]{len(changes)} returns[/]{f', {more} of them not shown' if more > 0 else ''}; {written}",
        highlight=False,
    )
