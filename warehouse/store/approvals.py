"""Which periods the province has approved: they are locked until somebody opens them again."""

from __future__ import annotations

from typing import Any

import polars as pl
import sqlalchemy as sa

from warehouse.messages.errors import PermanentError
from warehouse.store import ledger

LOCKED = (
    "{period} 已由 {by} 于 {known_from:%Y-%m-%d} 审定并锁定(批次 {run})。如须改动,请先说明理由重新开放:"
    "xianbao reopen {period} --reason ... --by ... "
    "{period} was approved on {known_from:%Y-%m-%d} by {by} (run {run}) and is locked; to change anything of it, open "
    "it again first: xianbao reopen {period} --reason ... --by ..."
)


def last_releases(releases: pl.DataFrame) -> pl.DataFrame:
    """One row per period: what was said of it last. Columns of the ledger's table, by period."""
    return releases.sort("run").unique("period", keep="last").sort("period")


def approvals(engine: sa.Engine) -> dict[str, dict[str, Any]]:
    """The periods that are approved, each with the row of the ledger's releases that says so."""
    last = ledger.read_table(engine, ledger.RELEASES).pipe(last_releases)
    return {row["period"]: row for row in last.filter(state="approved").iter_rows(named=True)}


def refuse_locked(engine: sa.Engine, period: str) -> None:
    """Raises PermanentError, saying what to do, where the period is approved."""
    if (approval := approvals(engine).get(period)) is not None:
        raise PermanentError(LOCKED.format(**approval))
