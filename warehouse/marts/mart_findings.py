"""Findings: every fault and query, at its cell, with what to do."""

from __future__ import annotations

import polars as pl

from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """One row a finding, those of files that could not be read too (their county and period are null)."""
    columns = [c.column for c in sources.book.marts["mart_findings"]]
    return sources.findings.lazy().sort("receipt", maintain_order=True).select(columns)
