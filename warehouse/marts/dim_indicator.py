"""Indicators: one row a column of a form, in the codebook's order."""

from __future__ import annotations

import polars as pl

from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Labels, base unit, kind, roll-up and whether it is required."""
    schema = {c.column: c.polars for c in sources.book.marts["dim_indicator"]}
    rows = [
        {
            "dataset": i.dataset,
            "indicator": i.column,
            "label_zh": i.label_zh,
            "label_en": i.label_en,
            "unit": i.unit.unit,
            "kind": i.kind,
            "roll_up": i.roll_up.how,
            "required": i.required,
        }
        for dataset in sources.book.datasets.values()
        for i in dataset.indicators
    ]
    return pl.LazyFrame(rows, schema)
