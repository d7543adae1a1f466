"""Documents of the province: one row a document that the province issued, in the codebook's order."""

from __future__ import annotations

import polars as pl

from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Title, kind, when it was issued (a year or a month, as the article says, null where it does not), and the dataset
    and indicator in which counties report on it (null where none does).
    """
    schema = {c.column: c.polars for c in sources.book.marts["dim_document"]}
    return pl.LazyFrame([d.model_dump(include=set(schema)) for d in sources.book.documents.values()], schema)
