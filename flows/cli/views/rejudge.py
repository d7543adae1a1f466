"""What judging again changed, for a person at the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from flows.rejudge import RejudgeSummary

SHOWN = 40


def show_changes(done: RejudgeSummary, console: Console, *, dry_run: bool) -> None:
    """How many returns were looked at, and a line for each that is decided otherwise, the first forty."""
    console.print(
        f"{done.returns} returns judged again, {done.quarantined} of them quarantined now"
        + (f", [red]{done.unread} could not be read again and stay as they are[/]" if done.unread else ""),
        highlight=False,
    )
    if not done.changes:
        console.print("[bold]Nothing changed 没有变化.[/] Each fares as before.", highlight=False)
        return
    table = Table(title="Judged otherwise than before 结论有变", title_justify="left")
    for name in ("period", "dataset", "county", "before", "after", "rules before", "rules after"):
        table.add_column(name)
    for change in done.changes[:SHOWN]:
        rules = (" ".join(change.rules_before) or "-", " ".join(change.rules_after) or "-")
        table.add_row(change.period, change.dataset, change.county_code, change.before, change.after, *rules)
    console.print(table)
    more = len(done.changes) - SHOWN
    written = "nothing was written (dry run)" if dry_run else "recorded as a run of its own"
    hidden = f", {more} of them not shown (--json has all)" if more > 0 else ""
    console.print(f"[bold]{len(done.changes)} decided otherwise[/]{hidden}; {written}", highlight=False)
