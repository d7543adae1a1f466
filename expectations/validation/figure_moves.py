"""Figures above the county beside what they were: over the counties that are there both times, so that a province that
fills up moves nothing.

Belongs here: which figures are compared with what, and their bounds. Does not belong here: asking whether they lie in
them (`gate.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from warehouse.codebook import Codebook, Dataset
from warehouse.codebook.gates import AGAINST, gate_of
from warehouse.codebook.succession import blocks
from warehouse.marts.comparison import YEAR, earlier
from warehouse.marts.measures import Measure, numbers_of
from warehouse.marts.programme import given_sums
from warehouse.marts.roll_up import DECIMAL
from warehouse.marts.sources import levels_of
from warehouse.store.prior_state import PriorState

FIGURE = ("indicator", "level", "code")
COMPARED = ("against", "since", "indicator")
PARTS = ("part", "whole", "part_then", "whole_then")
# Bounds are rounded to what is shown of them, so that what a person reads is what is asked.
SHOWN_FIGURES = 6


@dataclass(frozen=True)
class FigureMoves:
    """The figures of a dataset and period beside what they were.

    `counties` has one row per figure x comparison (COMPARED) x county: what it adds to the figure now and then (PARTS).
    `figures` has one row per figure x comparison: `now`, `then`, the bounds `low` and `high`, the `setting`.
    """

    dataset: Dataset
    period: str
    counties: pl.DataFrame
    figures: pl.DataFrame


def lines_of(dataset: Dataset) -> list[Measure]:
    """The lines of a dataset that are a number above the county, and can be compared with an earlier one."""
    return [line for line in numbers_of(dataset) if line.rises and line.compares]


def figure_moves(dataset: Dataset, period: str, known: PriorState, since: Iterable[str | None]) -> FigureMoves | None:
    """The figures as they are known now beside those of the last period, of a year ago, and of the period itself as it
    was known after each of the runs `since`; None where there are none.
    """
    lines = lines_of(dataset)
    months = YEAR // len(dataset.frequency.months)
    back = {"period": earlier(period, months), "year": earlier(period, YEAR)}
    if not lines:
        return None
    rows = known.rows(dataset).filter(pl.col("period").is_in([period, *back.values()]))
    given = _parts(given_sums(rows, dataset, lines).collect(), lines)
    now = given.filter(period=period).drop("period")
    compared = [
        *_with_snapshots(now, dataset, period, known, since, lines),
        *(_with_earlier(now, given, known, dataset, period, against, before) for against, before in back.items()),
    ]
    first = period[5:] == f"{months:02}"
    to_date = [line.name for line in lines if line.indicator.kind == "year_to_date"] if first else []
    counties = (
        pl.concat(compared)
        .filter((pl.col("against") != "period") | ~pl.col("indicator").is_in(to_date))
        .join(levels_of(known.book, period).filter(pl.col("level") != "county"), on="county_code")
        .join(_let_through(known, dataset, period), on=[*FIGURE, "against", "county_code"], how="anti")
    )
    return FigureMoves(dataset, period, counties, _figures(counties, dataset, known.book))


def _let_through(known: PriorState, dataset: Dataset, period: str) -> pl.DataFrame:
    """The counties that a figure is not compared of with earlier periods: a person released what they move it by."""
    meant = [
        (hold.indicator, hold.level, hold.code, against, county)
        for hold in known.holds.values()
        if (hold.dataset, hold.period) == (dataset.dataset, period)
        for against in ("period", "year")
        for county in hold.let_through
    ]
    return pl.DataFrame(meant, dict.fromkeys((*FIGURE, "against", "county_code"), pl.String), orient="row")


def _parts(sums: pl.DataFrame, lines: Sequence[Measure]) -> pl.DataFrame:
    """One row per period x county x indicator with a value: what is added up of it, exact; `whole` null of a sum."""
    keys = ["period", "county_code"]
    none = pl.lit(None, DECIMAL)
    parts = (pl.col(f"{line.name}:part").cast(DECIMAL, strict=False).alias(line.name) for line in lines)
    wholes = (
        (none if line.whole is None else pl.col(f"{line.name}:whole").cast(DECIMAL, strict=False)).alias(line.name)
        for line in lines
    )
    part, whole = (
        sums.select(*keys, *columns).unpivot(index=keys, variable_name="indicator", value_name=name)
        for name, columns in (("part", parts), ("whole", wholes))
    )
    return part.with_columns(whole["whole"]).drop_nulls("part")


def _with_snapshots(  # noqa: PLR0913, PLR0917
    now: pl.DataFrame,
    dataset: Dataset,
    period: str,
    known: PriorState,
    since: Iterable[str | None],
    lines: Sequence[Measure],
) -> Iterator[pl.DataFrame]:
    said = known.returns.filter(dataset=dataset.dataset, period=period)["run"].min()
    for run in since:
        if run is not None and isinstance(said, str) and said <= run:
            rows = known.rows_at(dataset, run).filter(pl.col("period") == period)
            then = _parts(given_sums(rows, dataset, lines).collect(), lines).drop("period")
            yield _beside(now, then, "snapshot", run)


def _with_earlier(  # noqa: PLR0913, PLR0917
    now: pl.DataFrame, given: pl.DataFrame, known: PriorState, dataset: Dataset, period: str, against: str, before: str
) -> pl.DataFrame:
    """Beside an earlier period, over counties that lasted or continue one other whole."""
    alone = blocks(known.book, before, period).filter(counties=1)
    then = (
        given.filter(period=before)
        .join(alone.filter(~pl.col("later")), on="county_code")
        .select("indicator", "part", "whole", county_code="block")
    )
    lasting = alone.filter("later").select("county_code")
    waiting = _waiting(known, dataset, before)
    own = now.join(lasting, on="county_code", how="semi").join(waiting, on=["indicator", "county_code"], how="anti")
    return _beside(own, then, against, None)


def _waiting(known: PriorState, dataset: Dataset, period: str) -> pl.DataFrame:
    """The counties that move a figure of a period which waits: nothing is to be compared with what they said."""
    meant = [
        (hold.indicator, mover.county_code)
        for hold in known.holds.values()
        if hold.active and (hold.dataset, hold.period) == (dataset.dataset, period)
        for mover in hold.returns
    ]
    return pl.DataFrame(meant, {"indicator": pl.String, "county_code": pl.String}, orient="row")


def _beside(now: pl.DataFrame, then: pl.DataFrame, against: str, since: str | None) -> pl.DataFrame:
    both = now.join(then, on=["county_code", "indicator"], suffix="_then")
    return both.select(
        pl.lit(against).alias("against"), pl.lit(since, pl.String).alias("since"), "indicator", "county_code", *PARTS
    )


def _figures(counties: pl.DataFrame, dataset: Dataset, book: Codebook) -> pl.DataFrame:
    bound = pl.coalesce(pl.when(against=name).then(name) for name in AGAINST)
    now, then = value("part", "whole"), value("part_then", "whole_then")
    return (
        counties.group_by(*COMPARED, "level", "code")
        .agg(pl.col(PARTS).sum(), compared=pl.len())
        .join(_bounds(book, dataset.dataset), on=["indicator", "level"])
        .with_columns(now=now, then=then)
        .filter(pl.col("compared") >= pl.col("counties"), pl.col("then") > 0, pl.col("now").is_not_null())
        .filter(_first_choice())
        .with_columns(
            low=(pl.col("then").cast(pl.Float64) / bound - pl.col("slack")).round_sig_figs(SHOWN_FIGURES),
            high=(pl.col("then").cast(pl.Float64) * bound + pl.col("slack")).round_sig_figs(SHOWN_FIGURES),
        )
        .sort(*FIGURE, *COMPARED[:2])
    )


def _first_choice() -> pl.Expr:
    """True for comparisons with a snapshot, and for the better one with an earlier period: with the last, or with a
    year ago where a figure begins anew each year, for its months differ.
    """
    earlier_one = pl.col("against") != "snapshot"
    second = pl.when(pl.col("to_date")).then(pl.col("against") == "period").otherwise(pl.col("against") == "year")
    return ~earlier_one | ~second | (~second & earlier_one).any().over(*FIGURE).not_()


def value(part: str, whole: str) -> pl.Expr:
    """A figure from its sums: the sum itself, or of a ratio (`factor`) the quotient, as marts have it."""
    quotient = pl.col("factor") * pl.col(part).cast(pl.Float64) / pl.col(whole).cast(pl.Float64)
    ratio = pl.when(pl.col(whole) != 0).then(quotient).round(6).cast(DECIMAL)
    return pl.when(pl.col("factor").is_null()).then(part).otherwise(ratio)


@cache
def _bounds(book: Codebook, dataset: str) -> pl.DataFrame:
    """One row per indicator x level that is asked about: what `gates.csv` says, the `factor` of a ratio's quotient, and
    whether it is `to_date`.
    """
    said = (
        {
            "indicator": line.name,
            "level": level,
            "factor": None if line.whole is None else line.factor,
            "to_date": line.indicator.kind == "year_to_date",
            **gate_of(book.gates, line.indicator, level),
        }
        for line in lines_of(book.datasets[dataset])
        for level in ("prefecture", *book.groups)
    )
    texts = dict.fromkeys(("indicator", "level", "setting"), pl.String)
    numbers = dict.fromkeys(("factor", *AGAINST, "slack", "counties"), pl.Float64)
    return pl.DataFrame([one for one in said if one["setting"] != "off"], {**texts, **numbers, "to_date": pl.Boolean})
