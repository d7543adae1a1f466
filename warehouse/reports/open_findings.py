"""What the counties have yet to answer or correct, of the returns that came last. Does not belong here: one run's
findings (`run_summary.py`).
"""

from __future__ import annotations

import polars as pl
import sqlalchemy as sa

from warehouse.store.in_force import RETURN, latest
from warehouse.store.ledger import FINDINGS, read_table


def open_findings(engine: sa.Engine, returns: pl.DataFrame) -> pl.DataFrame:
    """One row per scored finding that nobody has answered, as the ledger has it, of the newest return of each county,
    dataset and period; of none that a person withdrew or let in. `returns` are the ledger's decisions.
    """
    newest = returns.lazy().pipe(latest).sort("receipt").unique(RETURN, keep="last")
    own = newest.filter(pl.col("reason").is_null()).select("run", "receipt", *RETURN).collect()
    answered = sa.and_(FINDINGS.c.severity == "warning", FINDINGS.c.explanation.is_not(None))
    found = read_table(engine, FINDINGS, FINDINGS.c.score > 0, sa.not_(answered))
    return found.join(own, on=own.columns, how="semi", maintain_order="left")
