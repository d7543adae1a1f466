"""Datasets: one row a form, in the codebook's order."""

from __future__ import annotations

import polars as pl

from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Labels, frequency, who owes it, days until due, whether it may be nil, its keys (joined by `;`), and the first
    period of which it is due (null: of all).
    """
    schema = {c.column: c.polars for c in sources.book.marts["dim_dataset"]}
    rows = [
        d.model_dump(include=set(schema)) | {"keys": ";".join(d.keys), "frequency": d.frequency.value}
        for d in sources.book.datasets.values()
    ]
    return pl.LazyFrame(rows, schema)
