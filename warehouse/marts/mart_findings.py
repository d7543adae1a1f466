"""Findings: every fault and query, at its cell, with what to do."""

from __future__ import annotations

import polars as pl

from warehouse.marts.sources import Sources
from warehouse.store.standing import RETURN, latest


def build(sources: Sources) -> pl.LazyFrame:
    """One row a finding, those of files that could not be read too (their county and period are null).

    Of a return that was judged again, the findings of the last time.
    """
    columns = [c.column for c in sources.book.marts["mart_findings"]]
    decided = sources.returns.lazy().select("run", "receipt", *RETURN)
    overtaken = decided.join(sources.returns.lazy().pipe(latest), on=["run", "receipt", *RETURN], how="anti")
    found = sources.findings.lazy().join(overtaken, on=["run", "receipt", *RETURN], how="anti", maintain_order="left")
    return found.sort("receipt", maintain_order=True).select(columns)
