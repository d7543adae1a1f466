"""Which periods are open: those of which enough of the counties that owe something have sent something.

A file with a slip in its period, or of one county alone, opens none: its returns are kept, and there is no figure above
the county of them.
"""

from __future__ import annotations

import polars as pl

from warehouse.codebook import Codebook
from warehouse.marts.sources import calendar_of


def opened(book: Codebook, came: pl.DataFrame, share: float) -> frozenset[str]:
    """The periods of which at least this share of the counties that owe a return have sent one, whatever became of it.

    `came` has a row per period x county of which anything was decided; a county that owes nothing does not count. A
    period that nobody owes anything of is never open.
    """
    owing = [calendar_of(book, p).select("period", "county_code").unique() for p in came["period"].unique().sort()]
    if not owing:
        return frozenset()
    counted = (
        pl.concat(owing)
        .join(came.unique().with_columns(sent=True), on=["period", "county_code"], how="left")
        .group_by("period")
        .agg(share=pl.col("sent").fill_null(value=False).mean())
    )
    return frozenset(counted.filter(pl.col("share") >= share)["period"])
