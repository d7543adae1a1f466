"""A programme's mart: each indicator at every level that its kind allows, beside earlier periods.

One transform for all programmes; what it does with an indicator follows from the codebook (`measures.py`). All have the
same columns, one row per period x level x code x indicator, so that there is one contract to know. So persons and
person-times have lines of their own and never meet; of measures each state has a line; and what is not added up stays
with the county: units, universities and counties that support several counties, shares of wrong exits, satisfaction.
Overlapping counts (households of several lines of business) are deduplicated by the county, never here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from warehouse.codebook import Dataset
from warehouse.marts.approved import with_approved_status
from warehouse.marts.comparison import AREA, YEAR, areas_of_blocks, compare, earlier, place
from warehouse.marts.coverage import NONE, OF_AREA, OF_RETURN, area_counts, complete, outcomes, partial
from warehouse.marts.held import held_back, held_lines
from warehouse.marts.measures import Measure, measures_of
from warehouse.marts.roll_up import DECIMAL, STATUSES, percentage, quotient, sum_in_floats
from warehouse.marts.sources import Sources

KEYS = ("period", "county_code")
LAST_PERIOD = (
    "month_value", "prior_period", "change", "change_percent", "value_compared", "counties_compared",
)  # fmt: skip
LAST_YEAR = (
    "prior_year", "change_prior_year", "change_percent_prior_year", "value_compared_prior_year",
    "counties_compared_prior_year",
)  # fmt: skip


def programme(sources: Sources, name: str) -> pl.LazyFrame:
    """The mart of a dataset, by period, level, code and the order of the form.

    `value` is a sum over the counties that gave one (`counties_counted`), a ratio of such sums, or null where none
    did; `value_reported` is what a county wrote of a ratio, null of all else. Of the
    counties that owe the figure (`counties_due`) the others are told as in `coverage.py`; only roll-ups are `partial`.

    Comparisons are over counties counted both times: `prior_period` and `prior_year` are theirs then, `value_compared`
    and `value_compared_prior_year` theirs now, the changes the differences; `change_percent` and
    `change_percent_prior_year` are these in percent of then, null where that is not above zero, and of figures in
    percent, which change by percentage points. `month_value` is what a year-to-date figure grew by since the year's
    last period. `broken` says that a county's code was split within the last year, so that there is no comparison.
    `held` says that a figure above the county moved beyond its bound: the row is as it was known before that
    (`held.py`), at the run `held_since`, and nothing is compared with it.
    """
    dataset = sources.book.datasets[name]
    columns = sources.columns(sources.book.mart_of(name, "programme").mart)
    if not measures_of(dataset):  # a form of names and days alone
        return pl.LazyFrame(schema={c.column: c.polars for c in columns})
    held = held_lines(sources, dataset)
    own = held.filter(pl.col("period").is_in(sources.periods))
    return (
        held_back(lambda known: _as_known(known, dataset), sources, own)
        .pipe(_uncompared, held, dataset)
        .pipe(with_approved_status, sources)
        .select(c.column for c in columns)
    )


def _as_known(sources: Sources, dataset: Dataset) -> pl.LazyFrame:
    """The mart of what is known, but for `held`."""
    lines = measures_of(dataset)
    months = YEAR // len(dataset.frequency.months)
    backs = tuple(dict.fromkeys((months, YEAR)))
    # Nothing is compared with a period that never opened: of one county a change would be the province's.
    comparable = pl.col("later") | pl.col("period").is_in(sources.opened)
    placed = {back: place(sources.book, tuple(sources.periods), back).filter(comparable) for back in backs}
    return (
        county_sums(sources, dataset, lines)
        .pipe(in_areas, sources.levels, lines, placed)
        .join(_breaks(sources), on=AREA, how="left")
        .pipe(_long, lines, months)
        .pipe(_covered, sources.book.partial_below)
    )


def _uncompared(built: pl.LazyFrame, held: pl.DataFrame, dataset: Dataset) -> pl.LazyFrame:
    """The mart without comparisons with a figure that is held: what it is compared with is not what is published."""
    if held.is_empty():
        return built
    for back, names in ((YEAR // len(dataset.frequency.months), LAST_PERIOD), (YEAR, LAST_YEAR)):
        later = {period: earlier(period, -back) for period in held["period"].unique()}
        lost = held.lazy().select(pl.col("period").replace_strict(later), "level", "code", "indicator", lost=True)
        there = pl.col("lost").is_null()
        built = (
            built.join(lost, on=[*AREA, "indicator"], how="left", maintain_order="left")
            .with_columns(pl.when(there).then(name).alias(name) for name in names)
            .with_columns(pl.col(name).fill_null(0) for name in names if name.startswith("counties"))
            .drop("lost")
        )
    return built


def in_areas(
    counties: pl.LazyFrame, levels: pl.LazyFrame, lines: Sequence[Measure], placed: Mapping[int, pl.DataFrame]
) -> pl.LazyFrame:
    """One row per period x area of `levels`: `by_area` of the counties, and of what they are compared with.

    `counties` has the sums of each line by period and county, of earlier periods too; `placed` is `place`'s frame for
    each number of months to look back.
    """
    areas = [*_with_earlier(counties, levels, lines, placed)]
    return pl.concat(areas, how="diagonal").pipe(by_area, lines, tuple(placed))


def _with_earlier(
    counties: pl.LazyFrame, levels: pl.LazyFrame, lines: Sequence[Measure], placed: Mapping[int, pl.DataFrame]
) -> Iterator[pl.LazyFrame]:
    """What is added up for each area: a row per county in it, with its sums now and then; and one per set of several
    counties that can only be compared together, with these alone (its county_code is null).
    """
    own = counties
    for back, blocks in placed.items():
        compared = compare(counties, lines, blocks, back)
        alone = compared.filter(pl.col("counties") == 1).drop("counties")
        own = own.join(alone, left_on=["period", "county_code"], right_on=["at", "block"], how="left")
        if blocks.filter(pl.col("later"), pl.col("counties") > 1).is_empty():
            continue
        inside = areas_of_blocks(blocks.lazy(), levels).filter("inside").select("block", *AREA, "name_zh")
        several = compared.filter(pl.col("counties") > 1).drop("counties")
        yield several.join(inside, left_on=["at", "block"], right_on=["period", "block"]).rename({"at": "period"})
    yield own.join(levels, on=["period", "county_code"])


def county_sums(sources: Sources, dataset: Dataset, lines: Sequence[Measure]) -> pl.LazyFrame:
    """One row per period x county that owes the dataset: whether a return of it is in force, or quarantined; the sums
    of each line, null where it gave none; whether it is nil of the line; what is noted of its row (`Measure.notes`).
    """
    return sums_of(sources.rows(dataset), sources.coverage(dataset), dataset, lines)


def sums_of(rows: pl.LazyFrame, coverage: pl.LazyFrame, dataset: Dataset, lines: Sequence[Measure]) -> pl.LazyFrame:
    """The same from rows in force and a coverage (`Sources.coverage`): one row per period x county of it."""
    sums = [column for line in lines for column in line.sums]
    notes = [column for line in lines for column in line.notes] if dataset.one_row else []
    joined = coverage.join(given_sums(rows, dataset, lines), on=KEYS, how="left")
    if not dataset.one_row:  # a nil return counts, with none of anything
        joined = joined.with_columns(pl.when("counted").then(pl.col(column).fill_null(0)) for column in sums)
    nil = {f"{line.name}:nil": pl.col("nil") & pl.col(f"{line.name}:part").is_null() for line in lines if line.nil}
    return joined.select(*KEYS, pl.col("status").cast(STATUSES), *OF_RETURN, *sums, *notes, **nil)


def given_sums(rows: pl.LazyFrame, dataset: Dataset, lines: Sequence[Measure]) -> pl.LazyFrame:
    """One row per period x county that has rows: the sums of each line; of a form of one row, what is noted of it."""
    if dataset.one_row:
        return rows.select(*KEYS, **{c: e for line in lines for c, e in (line.sums | line.notes).items()})
    return rows.group_by(KEYS).agg(**{c: line.over_rows(e) for line in lines for c, e in line.sums.items()})


def by_area(rows: pl.LazyFrame, lines: Sequence[Measure], backs: Sequence[int] = ()) -> pl.LazyFrame:
    """One row per period x area: how many counties owe the return, have one in force, or quarantined; for each line its
    value, the least settled status, the counties that gave it one, are nil or exempt, and what was reported; for each
    of `backs` what was compared (`now`, `then`, and the counties `compared`).

    `rows` are those of `county_sums` with the areas that each is in, and what `compare` gives.
    """
    suffixes = ["", *(f":{side}:{back}" for side in ("now", "then") for back in backs)]
    counted = [f"{line.name}:compared:{back}" for line in lines for back in backs]
    areas = (
        rows.with_columns(_status(line) for line in lines)
        .group_by(*AREA, "name_zh")
        .agg(
            *(count.alias(name) for name, count in area_counts().items()),
            *(added(line, pl.col(f"{column}{at}")) for line in lines for column in line.sums for at in suffixes),
            *(pl.col(column).sum() for column in counted),
            *(pl.col(f"{line.name}:part").count().cast(pl.Int64).alias(f"{line.name}:counted") for line in lines),
            *(pl.col(f"{line.name}:status").min() for line in lines),
            *(pl.col(f"{line.name}:nil").sum().cast(pl.Int64) for line in lines if line.nil),
            *(pl.col(f"{line.name}:exempt").sum().cast(pl.Int64) for line in lines if line.applies is not None),
            *(pl.col(f"{line.name}:reported").max() for line in lines if line.indicator.kind == "ratio"),
        )
    )
    values = [_total(line, "", "counted").alias(f"{line.name}:value") for line in lines]
    beside = [
        _total(line, f":{side}:{back}", f"compared:{back}").alias(f"{line.name}:{side}:{back}")
        for line in lines
        for side in ("now", "then")
        for back in backs
    ]
    return areas.with_columns(*values, *beside)


def _status(line: Measure) -> pl.Expr:
    """The status of a row that gives the line a value; the least of these is an area's."""
    return pl.when(pl.col(f"{line.name}:part").is_not_null()).then("status").alias(f"{line.name}:status")


def _total(line: Measure, sums: str, counted: str) -> pl.Expr:
    """A line's value from its sums of an area, those with this suffix; null where no county is counted."""
    part, whole = pl.col(f"{line.name}:part{sums}"), pl.col(f"{line.name}:whole{sums}")
    return _value(line, part, whole, pl.col(f"{line.name}:{counted}"))


def _nil(line: Measure) -> pl.Expr:
    return pl.col(f"{line.name}:nil") if line.nil else NONE


def _exempt(line: Measure) -> pl.Expr:
    return NONE if line.applies is None else pl.col(f"{line.name}:exempt")


def counts_of(line: Measure) -> dict[str, pl.Expr]:
    """How many counties of an area each outcome of a line has, from what `by_area` gives."""
    return outcomes(pl.col(f"{line.name}:counted"), _nil(line), _exempt(line))


def value_of(line: Measure) -> pl.Expr:
    """A line's value over rows that have its sums; null where none has."""
    part, whole = pl.col(f"{line.name}:part"), pl.col(f"{line.name}:whole")
    return _value(line, added(line, part), added(line, whole), part.count())


def value_of_sums(line: Measure, part: pl.Expr, whole: pl.Expr | None = None) -> pl.Expr:
    """The same from the columns of its sums, whatever they are called, of counties that gave it."""
    return _value(line, added(line, part), added(line, part if whole is None else whole), part.count())


def added(line: Measure, value: pl.Expr) -> pl.Expr:
    """A column of the line's sums added up: exact; of a ratio, whose parts may be products, as they are divided."""
    return value.sum() if line.whole is None else sum_in_floats(value)


def _value(line: Measure, part: pl.Expr, whole: pl.Expr, counted: pl.Expr) -> pl.Expr:
    if line.whole is None:
        return pl.when(counted > 0).then(part).cast(DECIMAL)
    return quotient(part, whole, line.factor)


def _breaks(sources: Sources) -> pl.LazyFrame:
    """One row per period x area of which some county does not continue that of a year ago: by a split, by a merger."""
    return (
        areas_of_blocks(place(sources.book, tuple(sources.periods), YEAR).lazy(), sources.levels)
        .filter(~pl.col("inside") | pl.col("merged"))
        .group_by(AREA)
        .agg(split=~pl.col("inside").all(), merged=pl.col("merged").any())
    )


def _long(areas: pl.LazyFrame, lines: Sequence[Measure], months: int) -> pl.LazyFrame:
    """One row for each line of an area, in the order of the lines; above the county only those that rise."""
    # The few areas are sorted by their texts, the many rows by two numbers, which takes a fraction of the time.
    # They are collected first: Polars would plan what they are made of once a line, two thirds of all the time.
    placed = areas.sort(AREA).with_row_index("area").collect(engine="in-memory").lazy()
    own = (
        placed.select("area", *AREA, "name_zh", *OF_AREA, *fields(line, months), place=pl.lit(place))
        for place, line in enumerate(lines)
    )
    return pl.concat(own).filter(pl.col("rises") | (pl.col("level") == "county")).sort("area", "place")


def fields(line: Measure, months: int) -> list[pl.Expr]:
    """A line's own columns of the mart, from its value, status and counties and from what `compare` gives of it."""
    column = {what: pl.col(f"{line.name}:{what}") for what in ("value", "status", "counted")}
    last, year = (
        {what: pl.col(f"{line.name}:{what}:{back}") for what in ("now", "then", "compared")} for back in (months, YEAR)
    )
    to_date = line.indicator.kind == "year_to_date"
    first = pl.col("period").str.slice(5) == f"{months:02}"
    within = pl.when(first).then(column["value"]).otherwise(last["now"] - last["then"])
    compared = pl.when(first).then(column["counted"]).otherwise(last["compared"]) if to_date else last["compared"]
    none, count = pl.lit(None, DECIMAL), pl.lit(0)
    return [
        pl.lit(line.name).alias("indicator"),
        pl.lit(line.label_zh).alias("label_zh"),
        pl.lit(line.label_en).alias("label_en"),
        pl.lit(line.unit).alias("unit"),
        column["value"].alias("value"),
        column["status"].cast(pl.String).alias("status"),
        (within if to_date else none).alias("month_value"),
        (last["then"] if line.compares and not to_date else none).alias("prior_period"),
        (last["now"] - last["then"] if line.compares and not to_date else none).alias("change"),
        (year["then"] if line.compares else none).alias("prior_year"),
        (year["now"] - year["then"] if line.compares else none).alias("change_prior_year"),
        _broken(line).alias("broken"),
        column["counted"].alias("counties_counted"),
        (compared if line.compares else count).fill_null(0).cast(pl.Int64).alias("counties_compared"),
        (year["compared"] if line.compares else count)
        .fill_null(0)
        .cast(pl.Int64)
        .alias("counties_compared_prior_year"),
        (last["now"] if line.compares and not to_date else none).alias("value_compared"),
        (year["now"] if line.compares else none).alias("value_compared_prior_year"),
        (pl.col(f"{line.name}:reported").cast(DECIMAL) if line.indicator.kind == "ratio" else none).alias("reported"),
        _nil(line).alias("nil"),
        _exempt(line).alias("exempt"),
        pl.lit(line.required).alias("required"),
        pl.lit(line.rises).alias("rises"),
    ]


def _covered(lines: pl.LazyFrame, percent: int) -> pl.LazyFrame:
    """What follows of each line from its columns, of all lines at once: that takes a fraction of the time."""
    county = pl.col("level") == "county"
    counts = outcomes(pl.col("counties_counted"), pl.col("nil"), pl.col("exempt"))
    in_points = pl.col("unit").str.starts_with("percent")
    changes = {
        "change_percent": ("change", "prior_period"),
        "change_percent_prior_year": ("change_prior_year", "prior_year"),
    }
    return lines.with_columns(
        *(count.alias(f"counties_{outcome}") for outcome, count in counts.items()),
        *(
            pl.when(~in_points & (pl.col(then) > 0)).then(percentage(pl.col(change), pl.col(then))).alias(name)
            for name, (change, then) in changes.items()
        ),
        value_reported=pl.when(county).then("reported"),
        complete=complete(counts, pl.col("required")),
        partial=~county & partial(counts, percent),
    )


def _broken(line: Measure) -> pl.Expr:
    """A split breaks every comparison, a merger only what is not summed."""
    broken = pl.col("split") if line.rises else pl.col("split") | pl.col("merged")
    return broken.fill_null(value=False) if line.compares else pl.lit(value=False)
