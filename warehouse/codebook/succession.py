"""Which county of one period continues which of another: the succession of divisions, as tables.

Codes change on a day, forms are monthly: a county of a period is one whose code is in force on its last day.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import polars as pl

from warehouse.codebook.divisions import Division
from warehouse.codebook.load import Codebook

BLOCKS = {"county_code": pl.String, "block": pl.String, "later": pl.Boolean, "counties": pl.Int64}
SCHEMA = {"county_code": pl.String, "ancestor_code": pl.String, "edition": pl.String, "whole": pl.Boolean}


def succession(book: Codebook, periods: Iterable[str], period_to: str) -> pl.DataFrame:
    """The ancestors, in force in each of `periods`, of every county in force in `period_to`.

    Grain: county x ancestor x `edition` of the periods (`Codebook.edition`). `whole` says that the county is exactly
    the sum of its ancestors: it is false for every party to a split, on either side, so that nobody compares what
    cannot be compared.
    """
    editions = sorted({book.edition(period) for period in periods})
    ancestors = (_between(book, edition, book.edition(period_to)) for edition in editions)
    return pl.concat([pl.DataFrame(schema=SCHEMA), *ancestors])


def edition_of(book: Codebook, periods: Iterable[str]) -> pl.Expr:
    """The edition of a row's `period`, which is one of these."""
    editions = {period: book.edition(period) for period in periods}
    return pl.col("period").replace_strict(editions, return_dtype=pl.String).alias("edition")


def blocks(book: Codebook, period: str, period_to: str) -> pl.DataFrame:
    """What of two periods can be compared as a whole: the least sets of counties that no succession leaves or enters.

    Grain: county x `later` (in force in `period_to`, else in `period`). `block` is the least later code in the set,
    `counties` how many the set has in that period. A county that lasts, or that continues others whole, is alone in its
    block's later period; the parties to a split share one.
    """
    return _blocks(book, book.edition(period), book.edition(period_to))


@cache
def _blocks(book: Codebook, edition: str, edition_to: str) -> pl.DataFrame:
    heirs = {d.county_code: _heirs(book, d, edition_to) for d in book.in_force(edition)}
    block = {d.county_code: d.county_code for d in book.in_force(edition_to)}
    for codes in heirs.values():
        tied = {block[code] for code in codes}
        if len(tied) > 1:
            block = {code: min(tied) if own in tied else own for code, own in block.items()}
    then = [(code, block[min(codes)], False) for code, codes in heirs.items() if codes]
    now = [(code, own, True) for code, own in block.items()]
    frame = pl.DataFrame([*then, *now], dict(list(BLOCKS.items())[:3]), orient="row")
    return frame.with_columns(counties=pl.len().over("block", "later").cast(pl.Int64))


@cache
def _between(book: Codebook, edition: str, edition_to: str) -> pl.DataFrame:
    """The lineage over one pair of editions; asked for by every rule that looks back."""
    heirs = {d.county_code: _heirs(book, d, edition_to) for d in book.in_force(edition)}
    ancestors: dict[str, list[str]] = {}
    for ancestor, codes in heirs.items():
        for code in codes:
            ancestors.setdefault(code, []).append(ancestor)
    rows = [
        (code, ancestor, edition, all(len(heirs[a]) == 1 for a in ancestors[code]))
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


def _heirs(book: Codebook, division: Division, edition: str) -> set[str]:
    """The divisions in force in `edition` that a division of earlier became, itself where it lasts."""
    if division.in_force(edition):
        return {division.county_code}
    successors = (d for d in book.divisions if d.county_code in division.successor_codes)
    return {heir for successor in successors for heir in _heirs(book, successor, edition)}
