"""Which county of today continues which of earlier: the succession of divisions, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import polars as pl

from warehouse.codebook.load import Codebook

SCHEMA = {"county_code": pl.String, "ancestor_code": pl.String, "year": pl.Int32, "whole": pl.Boolean}


def lineage(book: Codebook, years: Iterable[int], year_to: int) -> pl.DataFrame:
    """The ancestors, in force in each of `years`, of every county in force in `year_to`.

    Grain: county x ancestor x year. `whole` says that the county is exactly the sum of its ancestors: it is false
    for every party to a split, on either side, so that nobody compares what cannot be compared.
    """
    return pl.concat([pl.DataFrame(schema=SCHEMA), *(_between(book, year, year_to) for year in years)])


@cache
def _between(book: Codebook, year: int, year_to: int) -> pl.DataFrame:
    """The lineage over one pair of years; asked for by every rule that looks back."""
    heirs = {d.county_code: _heirs(book, d.county_code, year_to) for d in book.in_force(year)}
    ancestors: dict[str, list[str]] = {}
    for ancestor, codes in heirs.items():
        for code in codes:
            ancestors.setdefault(code, []).append(ancestor)
    rows = [
        (code, ancestor, year, all(len(heirs[a]) == 1 for a in ancestors[code]))
        for code in sorted(ancestors)
        for ancestor in ancestors[code]
    ]
    return pl.DataFrame(rows, SCHEMA, orient="row")


def _heirs(book: Codebook, code: str, year: int) -> set[str]:
    """The divisions in force in `year` that a division of earlier became, itself where it lasts."""
    division = next(d for d in book.divisions if d.county_code == code)
    if division.in_force(year):
        return {code}
    return {heir for successor in division.successor_codes for heir in _heirs(book, successor, year)}
