"""The fact of a dataset with many rows a county: every row in force, and what leads back to it."""

from __future__ import annotations

import polars as pl

from warehouse.marts.sources import Sources


def detail(sources: Sources, name: str) -> pl.LazyFrame:
    """One row per row of a return in force, with the form's columns in its order, blanks as null; a nil return has
    none. In the order of period, county and the form's keys.

    The status of the return keeps its name from the history, for a form may have a `status` of its own.
    """
    mart = sources.book.mart_of(name, "detail")
    columns = (pl.col(c.column).cast(c.polars) for c in sources.columns(mart.mart))
    return sources.rows(sources.book.datasets[name]).select(columns).sort(*mart.keys, "row")
