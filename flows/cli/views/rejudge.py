"""What judging again changed, for a person at the terminal."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from flows.cli.screen import Screen
from flows.rejudge import RejudgeSummary

SHOWN = 40


def show_changes(done: RejudgeSummary, console: Screen, *, dry_run: bool) -> None:
    """How many returns were looked at, and a line for each that is decided otherwise, the first forty."""
    unread = f", {done.unread} could not be read again and stay as they are" if done.unread else ""
    judged = f"{done.returns} returns judged again, {done.quarantined} of them quarantined now"
    console.print(Text.assemble(judged, (unread, "red")))
    if done.locked:
        console.say(
            f"approved, and not looked at 已审定,未重新核对: {', '.join(done.locked)} (xianbao reopen)", "yellow"
        )
    if not done.changes:
        console.print(Text.assemble(("Nothing changed 没有变化.", "bold"), " Each fares as before."))
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
    console.print(Text.assemble((f"{len(done.changes)} decided otherwise", "bold"), f"{hidden}; {written}"))
