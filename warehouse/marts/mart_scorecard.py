"""The scorecard: every published figure beside what the returns give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from warehouse.codebook import Codebook, Dataset, Figure
from warehouse.codebook.succession import blocks
from warehouse.marts.approved import APPROVED
from warehouse.marts.figure_state import (
    AGAINST_THE_PROVINCE,
    base_of,
    codes_of,
    counted_by_codebook,
    covered,
    own_of,
    side_counts,
    state,
)
from warehouse.marts.held import earliest, held_back, held_lines
from warehouse.marts.measures import Measure, measures_of
from warehouse.marts.programme import county_sums, value_of_sums
from warehouse.marts.roll_up import DECIMAL, STATUSES, addend, decimal, percentage, sum_in_floats, total
from warehouse.marts.sources import Sources

EVERYWHERE = pl.lit(value=True)


@dataclass(frozen=True)
class Terms:
    """The expressions that a figure is made of; `inside` marks the rows of its scope at its period."""

    figure: Figure
    dataset: Dataset
    inside: pl.Expr

    def sum(self, column: str | None, where: pl.Expr | None = None) -> pl.Expr:
        """The sum of a column inside, or over the rows `where`."""
        return total(self.dataset[column or ""], self.inside if where is None else where)

    def mean(self, column: str | None, where: pl.Expr) -> pl.Expr:
        """The mean of a ratio, weighted as the codebook says, over counties that give one; exact until the division."""
        ratio = self.dataset[column or ""]
        value, weight = addend(ratio), addend(self.dataset[ratio.roll_up.weight or ""])
        given = where & value.is_not_null()
        return sum_in_floats((value * weight).filter(given)) / sum_in_floats(weight.filter(given))

    def growth(self, where: pl.Expr) -> pl.Expr:
        """The growth of one weighted mean over another, in percent, over the counties that give both."""
        there = where & self.both
        return 100 * (self.mean(self.figure.column, there) / self.mean(self.figure.by, there) - 1)

    @property
    def both(self) -> pl.Expr:
        """Whether a row gives both columns: else one county more or less would look like a change."""
        return pl.all_horizontal(pl.col(c or "").is_not_null() for c in (self.figure.column, self.figure.by))

    @property
    def own(self) -> pl.Expr:
        """The column's values inside."""
        return pl.col(self.figure.column or "").filter(self.inside)

    @property
    def worst(self) -> pl.Expr:
        """The value furthest from the published one."""
        return self.own.get((self.own - float(self.figure.published)).abs().arg_max())


AGGREGATES: dict[str, Callable[[Terms], pl.Expr]] = {
    "sum": lambda t: t.sum(t.figure.column).cast(DECIMAL),
    "weighted": lambda t: decimal(t.mean(t.figure.column, t.inside)),
    "growth": lambda t: decimal(t.growth(t.inside)),
    "growth_lead": lambda t: decimal(t.growth(t.inside) - t.growth(EVERYWHERE)),
    "ratio": lambda t: percentage(*(t.sum(column, t.inside & t.both) for column in (t.figure.column, t.figure.by))),
    "share": lambda t: percentage(t.sum(t.figure.column), t.sum(t.figure.column, EVERYWHERE)),
    "count": lambda t: t.own.len().cast(DECIMAL),
    "distinct": lambda t: t.own.n_unique().cast(DECIMAL),
    "least": lambda t: t.own.min().cast(DECIMAL),
    "greatest": lambda t: t.own.max().cast(DECIMAL),
    "worst": lambda t: t.worst.cast(DECIMAL),
}


def build(sources: Sources) -> pl.LazyFrame:
    """One row a published figure: what returns give, the difference, and its `state`.

    A figure `holds` within its tolerance or `differs`; is `incomplete` where returns are outstanding that could change
    which; `unknown` where none gives it (`value` is null). `counties_due` and `counties_counted` are of all counties
    that enter the figure, of an increase those that gave both its ends; `status` is the least settled of theirs. What
    sets two columns or two periods beside each other is over the counties that gave both. Norms give the worst county's
    value.

    `numerator_due` and `numerator_counted` are the counties that owe the figure itself and those that gave it, be it by
    a nil return; `base_due` and `base_counted` of what it is set beside: another column, another period, the whole
    province (`figure_state.base_of`); null where that is nothing. `complete` and `partial` are of both, as in
    `coverage.py`. A figure that is made of one that is held is `held` too, and is as it was known before that.
    """
    approved = pl.when(pl.col("approved_on").is_not_null() & pl.col("status").is_not_null()).then(pl.lit(APPROVED))
    return (
        held_back(_as_known, sources, _held(sources))
        .join(_approved(sources).lazy(), on="figure", how="left", maintain_order="left")
        .with_columns(status=approved.otherwise("status"))
        .select(c.column for c in sources.columns("mart_scorecard"))
    )


def _approved(sources: Sources) -> pl.DataFrame:
    """One row per figure of which every period is approved: `figure`, and since when all are."""
    days = dict(sources.approved.iter_rows())
    periods = {f.figure: {p for p in (f.period, f.since) if p} for f in sources.book.figures if f.dataset}
    since = {figure: max(days[p] for p in own) for figure, own in periods.items() if own <= days.keys()}
    return pl.DataFrame([*since.items()], {"figure": pl.String, "approved_on": pl.Date}, orient="row")


def _held(sources: Sources) -> pl.DataFrame:
    """One row per figure that is made of a held one: `figure`, and `since` which run."""
    made_of = [
        (figure.figure, figure.dataset, side.period, side.group, column)
        for figure in sources.book.figures
        for side in (own_of(figure), base_of(figure))
        if side
        for column in side.columns
    ]
    names = dict.fromkeys(("figure", "dataset", "period", "level", "indicator"), pl.String)
    sides = pl.DataFrame(made_of, names, orient="row")
    lines = [
        held_lines(sources, dataset).with_columns(dataset=pl.lit(name))
        for name, dataset in sources.book.datasets.items()
    ]
    return pl.concat(lines).join(sides, on=["dataset", "period", "level", "indicator"]).pipe(earliest, ["figure"])


def _as_known(sources: Sources) -> pl.LazyFrame:
    """The figures of what is known, but for `held`."""
    book = sources.book
    datasets = {figure.dataset: None for figure in book.figures if figure.aggregate != "members"}
    given = {name: _inputs(sources, book.datasets[name]) for name in datasets}
    sides = [side for one in given.values() for side in one.sides]
    sides += [counted_by_codebook(f, _count(book, f)) for f in book.figures if f.aggregate == "members"]
    return (
        pl.concat([_figure(book, figure, given) for figure in book.figures])
        .join(covered(sides, book.partial_below).lazy(), on="figure", how="left", maintain_order="left")
        .with_columns(difference=pl.col("value") - pl.col("published"))
        .with_columns(state=state())
    )


@dataclass(frozen=True)
class _Given:
    """What a dataset gives to its figures: its rows in force, its counties, the counties of both sides of its figures;
    collected, for Polars would plan it once for each figure.
    """

    rows: pl.LazyFrame
    counties: pl.LazyFrame
    sides: list[dict[str, Any]]


def _inputs(sources: Sources, dataset: Dataset) -> _Given:
    """Of open periods alone."""
    is_open = pl.col("period").is_in(sources.opened)
    figures = [figure for figure in sources.book.figures if figure.dataset == dataset.dataset]
    wanted = {column for figure in figures for column in (figure.column, figure.by)}
    lines = [line for line in measures_of(dataset) if line.name in wanted]
    counties = county_sums(sources, dataset, lines).filter(is_open).collect(engine="in-memory")
    sides = side_counts(sources.book, figures, lines, counties)
    rows = sources.rows(dataset).filter(is_open).collect(engine="in-memory")
    return _Given(rows.lazy(), counties.lazy(), sides)


def _figure(book: Codebook, figure: Figure, given: Mapping[str, _Given]) -> pl.LazyFrame:
    counted = figure.aggregate == "members"
    row = _members(book, figure) if counted else _from_returns(book, figure, given[figure.dataset])
    return row.select(
        *(pl.lit(getattr(figure, name)).alias(name) for name in _NAMED),
        pl.lit(figure.published).cast(DECIMAL).alias("published"),
        pl.lit(figure.tolerance).cast(DECIMAL).alias("tolerance"),
        pl.when(pl.col("counties_counted") > 0).then("value").alias("value"),
        "status",
        "counties_due",
        "counties_counted",
    )


_NAMED = ("figure", "programme", "label_zh", "label_en", "period", "scope", "unit", "relation")


def _members(book: Codebook, figure: Figure) -> pl.LazyFrame:
    """A count of counties, which the codebook gives."""
    count = _count(book, figure)
    return pl.LazyFrame(
        {"value": [count], "status": [None], "counties_due": [count], "counties_counted": [count]},
        {"value": pl.Int64, "status": pl.String, "counties_due": pl.Int64, "counties_counted": pl.Int64},
    ).with_columns(pl.col("value").cast(DECIMAL))


def _count(book: Codebook, figure: Figure) -> int:
    return len(book.members(figure.column or figure.scope, figure.period))


def _from_returns(book: Codebook, figure: Figure, given: _Given) -> pl.LazyFrame:
    """One row: value, status and the counties that enter."""
    value = value_of(book, figure, given.rows)
    entered = given.counties.filter(
        pl.col("period") == figure.period,
        pl.col("county_code").is_in(codes_of(book, entering(figure), figure.period)),
    ).select(
        status=pl.col("status").cast(STATUSES).min().cast(pl.String),
        counties_due=pl.len().cast(pl.Int64),
        counties_counted=pl.col("counted").sum().cast(pl.Int64),
    )
    if figure.aggregate == "increase":
        both = paired(book, figure, given.rows).select(counties_counted=pl.col("counties").sum().cast(pl.Int64))
        entered = pl.concat([entered.drop("counties_counted"), both], how="horizontal")
    return pl.concat([value, entered], how="horizontal")


def entering(figure: Figure) -> str:
    """The group whose counties enter the figure: its scope, or the whole that it is set beside."""
    return "province" if figure.aggregate in AGAINST_THE_PROVINCE else figure.scope


def value_of(book: Codebook, figure: Figure, rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row, the figure's `value`, from rows in force of its dataset; of them those that it speaks of are taken."""
    if figure.aggregate == "increase":
        now, then = ends_of(book, figure).values()
        return paired(book, figure, rows).select(value=pl.when(pl.len() > 0).then(now - then).cast(DECIMAL))
    own = rows.filter(speaks_of(figure))
    return own.select(value=AGGREGATES[figure.aggregate](terms_of(book, figure)))


def speaks_of(figure: Figure) -> pl.Expr:
    """Whether a row is of the figure's period and kind."""
    if not figure.where:
        return pl.col("period") == figure.period
    column, _, value = figure.where.partition("=")
    return (pl.col("period") == figure.period) & (pl.col(column).cast(pl.String) == value)


def terms_of(book: Codebook, figure: Figure) -> Terms:
    """What the figure is made of."""
    inside = pl.col("county_code").is_in(codes_of(book, figure.scope, figure.period))
    return Terms(figure, book.datasets[figure.dataset], inside)


def ends_of(book: Codebook, figure: Figure) -> dict[str, pl.Expr]:
    """What an increase is between, now and then, of the rows of `paired`: two sums, of a ratio two weighted means."""
    line = _line(book, figure)
    names = {"now": "", "then": "_then"}
    return {end: value_of_sums(line, *(pl.col(f"{c}{side}") for c in line.sums)) for end, side in names.items()}


def _line(book: Codebook, figure: Figure) -> Measure:
    return next(m for m in measures_of(book.datasets[figure.dataset]) if m.name == figure.column)


def paired(book: Codebook, figure: Figure, rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row per county in the scope of an increase, or set of counties that continue each other, that gave its column
    at both periods: what is added up of it (`Measure.sums`), now and `_then`, and how many `counties` they are now.

    A county that gave one of them alone would count as a change: its return was withdrawn, or came first.
    """
    line = _line(book, figure)
    ends = {True: figure.period, False: figure.since or ""}
    placed = blocks(book, ends[False], ends[True]).lazy()
    sides = []
    for later, period in ends.items():
        given = rows.filter(
            pl.col("period") == period, pl.col("county_code").is_in(codes_of(book, figure.scope, period))
        )
        sums = given.group_by("county_code").agg(**{c: line.over_rows(one) for c, one in line.sums.items()})
        sides.append(
            placed.filter(pl.col("later") == later)
            .join(sums, on="county_code")
            .group_by("block")
            .agg(pl.col(line.sums).sum(), pl.col("counties").first(), given=pl.col(f"{line.name}:part").count())
            .filter(pl.col("given") == pl.col("counties"))
        )
    now, then = sides
    return now.join(then, on="block", suffix="_then").select("counties", *line.sums, *(f"{c}_then" for c in line.sums))
