"""Counties: one row a division, in force or not, by code."""

from __future__ import annotations

import polars as pl

from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Codes with validity (days, with precision and source), successors (joined by `;`) and lists; sorted by code."""
    rows = [d.model_dump() | {"successor_codes": ";".join(d.successor_codes)} for d in sources.book.divisions]
    schema = {c.column: c.polars for c in sources.book.marts["dim_county"]}
    return pl.LazyFrame(rows, schema).sort("county_code", "in_force_from")
