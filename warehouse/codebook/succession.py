"""Which county of today continues which of earlier: the succession of divisions, as tables."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import polars as pl

from warehouse.codebook.load import Codebook
from warehouse.codebook.model import Division

BLOCKS = {"county_code": pl.String, "block": pl.String, "later": pl.Boolean, "counties": pl.Int64}
SCHEMA = {"county_code": pl.String, "ancestor_code": pl.String, "year": pl.Int32, "whole": pl.Boolean}


def succession(book: Codebook, years: Iterable[int], year_to: int) -> pl.DataFrame:
    """The ancestors, in force in each of `years`, of every county in force in `year_to`.

    Grain: county x ancestor x year. `whole` says that the county is exactly the sum of its ancestors: it is false
    for every party to a split, on either side, so that nobody compares what cannot be compared.
    """
    return pl.concat([pl.DataFrame(schema=SCHEMA), *(_between(book, year, year_to) for year in years)])


@cache
def blocks(book: Codebook, year: int, year_to: int) -> pl.DataFrame:
    """What of two years can be compared as a whole: the least sets of counties that no succession leaves or enters.

    Grain: county x `later` (in force in `year_to`, else in `year`). `block` is the least later code in the set,
    `counties` how many the set has in that year. A county that lasts, or that continues others whole, is alone in its
    block's later year; the parties to a split share one.
    """
    heirs = {d.county_code: _heirs(book, d, year_to) for d in book.in_force(year)}
    block = {d.county_code: d.county_code for d in book.in_force(year_to)}
    for codes in heirs.values():
        tied = {block[code] for code in codes}
        if len(tied) > 1:
            block = {code: min(tied) if own in tied else own for code, own in block.items()}
    then = [(code, block[min(codes)], False) for code, codes in heirs.items() if codes]
    now = [(code, own, True) for code, own in block.items()]
    frame = pl.DataFrame([*then, *now], dict(list(BLOCKS.items())[:3]), orient="row")
    return frame.with_columns(counties=pl.len().over("block", "later").cast(pl.Int64))


@cache
def _between(book: Codebook, year: int, year_to: int) -> pl.DataFrame:
    """The lineage over one pair of years; asked for by every rule that looks back."""
    heirs = {d.county_code: _heirs(book, d, year_to) for d in book.in_force(year)}
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


@cache
def families(book: Codebook) -> dict[str, str]:
    """For each county code that ever was, one that stands for all that succession ties to it, itself among them."""
    family = {d.county_code: d.county_code for d in book.divisions}
    for division in book.divisions:
        for successor in division.successor_codes:
            one, other = family[division.county_code], family[successor]
            family = {code: one if own == other else own for code, own in family.items()}
    return family


def _heirs(book: Codebook, division: Division, year: int) -> set[str]:
    """The divisions in force in `year` that a division of earlier became, itself where it lasts."""
    if division.in_force(year):
        return {division.county_code}
    successors = (d for d in book.divisions if d.county_code in division.successor_codes)
    return {heir for successor in successors for heir in _heirs(book, successor, year)}
