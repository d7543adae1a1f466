"""A store by hand: accepted and quarantined returns in memory, and rows joined with a companion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from expectations.companions import Companion
from tests.builders import BOOK, YANGGAO, finance
from warehouse.store.history import schema
from warehouse.store.prior_state import RETURNS, PriorState

Said = tuple[int, str, str, str, str, tuple[dict[str, Any], ...]]


def said(
    receipt: int, county: str, period: str, dataset: str, *rows: dict[str, Any], verdict: str = "accepted"
) -> Said:
    return receipt, county, period, dataset, verdict, rows


def frame(dataset: str, returns: list[Said]) -> pl.DataFrame:
    rows = [
        {"receipt": receipt, "county_code": county, "period": period, "version": 1, **values}
        for receipt, county, period, name, _, given in returns
        if name == dataset
        for values in given
    ]
    return pl.DataFrame(rows, schema(BOOK.datasets[dataset]))


def known(*returns: Said) -> PriorState:
    """The store, were these returns all that it has."""
    return_headers = [
        ("1", r, "ab", f"{r}.csv", name, c, p, v, 1 if v.startswith("accepted") else None)
        for r, c, p, name, v, _ in returns
    ]
    accepted = [one for one in returns if one[4].startswith("accepted")]
    return PriorState(
        book=BOOK,
        history=Path("/nonexistent"),
        runs=[],
        returns=pl.DataFrame(return_headers, RETURNS, orient="row"),
        fresh={name: frame(name, accepted) for name in {one[3] for one in accepted}},
    )


def join(companion: Companion, at: list[Said], *before: Said) -> list[dict[str, Any]]:
    """The rows at hand with the companion's columns."""
    _, _, period, dataset, _, _ = at[0]
    rows = frame(dataset, at)
    joined = companion.join(rows.lazy(), known(*before), BOOK.datasets[dataset], period).collect()
    assert joined.select(rows.columns).equals(rows), "grain and order stay"
    return joined.rows(named=True)


def now(county: str = YANGGAO, period: str = "2018-06") -> list[Said]:
    return [said(9, county, period, "finance", finance(households=9))]


def before(period: str, households: int, county: str = YANGGAO, receipt: int = 1, verdict: str = "accepted") -> Said:
    return said(receipt, county, period, "finance", finance(households=households), verdict=verdict)
