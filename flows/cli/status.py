"""What stands where, for a person in a hurry: read from manifest, journal and ledger, in well under a second."""

from __future__ import annotations

from typing import Any

import polars as pl
import sqlalchemy as sa
from rich.table import Table
from rich.text import Text

from flows.cli.screen import Screen
from flows.cli.views.release import RELEASES
from flows.cli.views.run import show_priorities
from flows.settings import Settings
from warehouse.messages.priorities import Priorities, priorities
from warehouse.reports.open_findings import open_findings
from warehouse.snapshots.manifest import read_manifest
from warehouse.store import journal, ledger
from warehouse.store.approvals import last_releases
from warehouse.store.holds import active_holds
from warehouse.store.in_force import latest
from warehouse.store.ledger import RETURNS
from warehouse.store.waiting_returns import waiting_returns


def read_status(settings: Settings) -> dict[str, Any]:
    """The last run and snapshot, whether they agree, the figures that are held, the verdicts by period, which of these
    are approved and what waits for them, the cells to look at first.
    """
    root = settings.store
    engine = ledger.open_ledger(settings.ledger) if journal.runs(root) else None
    runs = ledger.deciding(engine, root) if engine else []
    returns = ledger.read_table(engine, RETURNS) if engine and runs else pl.DataFrame(schema=ledger.schema(RETURNS))
    first = priorities(open_findings(engine, returns).iter_rows(named=True)) if engine else None
    manifest = read_manifest(settings.store)
    return {
        "root": str(settings.store.path),
        "inbox": str(settings.inbox_folder),
        "last_run": runs[-1] if runs else None,
        "snapshot": manifest.version if manifest else None,
        "published_run": manifest.run if manifest else None,
        "up_to_date": bool(manifest and runs and manifest.run == runs[-1]),
        "held": [one.model_dump() for one in active_holds(engine)] if engine else [],
        "periods": _verdicts(returns),
        "releases": _releases(engine) if engine else {},
        "priorities": first.model_dump() if first else None,
    }


def _verdicts(returns: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Returns received by period and verdict, each as it was decided last."""
    counts = returns.lazy().pipe(latest).group_by("period", "verdict").len().sort("period", "verdict").collect()
    periods: dict[str, dict[str, int]] = {}
    for period, verdict, count in counts.iter_rows():
        periods.setdefault(period, {})[verdict] = count
    return periods


def _releases(engine: sa.Engine) -> dict[str, dict[str, Any]]:
    """The periods that were ever approved: how each stands, since when and by whom, how many returns wait for it."""
    waiting = dict(waiting_returns(engine).group_by("period").len().iter_rows())
    last = ledger.read_table(engine, ledger.RELEASES).pipe(last_releases)
    rows = last.select("period", "state", "by", "reason", on="known_from").iter_rows(named=True)
    return {row["period"]: row | {"waiting": waiting.get(row["period"], 0)} for row in rows}


def _release(state: dict[str, Any], period: str) -> Text:
    """How a period stands, in a cell; nothing of one that was never approved."""
    if (one := state["releases"].get(period)) is None:
        return Text()
    waiting = (f", {one['waiting']} wait 暂存", "yellow") if one["waiting"] else ""
    return Text.assemble(f"{RELEASES[one['state']]} {one['on']:%Y-%m-%d} {one['by']}", waiting)


def show_status(state: dict[str, Any], console: Screen) -> None:
    """The status as a person likes to read it."""
    if state["last_run"] is None:
        console.say(f"Nothing has run yet in {state['root']}. Put files into {state['inbox']} and say: xianbao run")
        return
    fresh = Text("up to date") if state["up_to_date"] else Text("behind: the next run publishes", "yellow")
    console.print(Text.assemble(f"last run {state['last_run']}, snapshot {state['snapshot']} (", fresh, ")"))
    table = Table("period", "accepted 接受", "with queries 待核", "quarantined 退回", "withdrawn 撤回", "approved 审定")
    for period, verdicts in state["periods"].items():
        names = ("accepted", "accepted_with_queries", "quarantined", "withdrawn")
        counts = (verdicts.get(name, 0) for name in names)
        table.add_row(period, *map(str, counts), _release(state, period))
    console.print(table)
    if state["priorities"]:
        show_priorities(Priorities.model_validate(state["priorities"]), console)
    if held := sum(one["state"] == "held" for one in state["held"]):
        console.say(f"{held} figures are held 个汇总数暂缓公布: xianbao holds", "yellow")
    console.say(f"root   {state['root']}")
    console.say(f"inbox  {state['inbox']}")
