"""The marts of a nation's store with nothing around them: `python -m tests.bench.bare_marts ROOT OUT --counties N`.

Reads the same rows and the same ledger, makes the same marts year by year and writes them as Parquet, a file a period.
No contract, no labels, no snapshot, no hashes, nothing synced; and only what that store has: counties that keep their
codes, returns that the rules accepted. Left out are the dimensions, the scorecard, and marts that are empty there
(findings, sums that fail, whom to chase): they take the product time and this script none.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from tests.bench.bare_returns import completeness, quality, versions
from tests.bench.bare_year import STATUS, Year, read_year
from tests.bench.measure import clocks, peak_mib, since_start
from tests.bench.nation import nation
from warehouse.codebook import Codebook, Dataset
from warehouse.marts.measures import Measure, measures_of

DECIMAL = pl.Decimal(38, 6)
AREA = ("period", "level", "code")
OUTCOMES = ("due", "counted", "nil", "blank", "missing", "quarantined")
VILLAGES = ("planned", "started", "completed", "demolished")


def marts_of(year: Year, rules: pl.DataFrame, results: pl.DataFrame) -> Iterator[tuple[str, pl.LazyFrame]]:
    yield "fact_indicator", _facts(year)
    for name, mart in year.book.mart_list.items():
        if mart.transform:
            made = _programme if mart.transform == "programme" else _many_rows
            yield name, made(year, year.book.datasets[mart.datasets[0]])
    yield "mart_relocation", _relocation(year)
    yield "mart_deep_poverty_share", _shares(year)
    yield "mart_completeness", completeness(year)
    yield "mart_quality", quality(year, rules, results)
    for name in ("mart_changes", "mart_versions"):
        yield name, versions(year, name)


def _facts(year: Year) -> pl.LazyFrame:
    return pl.concat(_fact(year, d) for d in year.book.datasets.values() if d.one_row).sort(
        "period", "county_code", "dataset", "indicator"
    )


def _fact(year: Year, dataset: Dataset) -> pl.LazyFrame:
    numeric = [i for i in dataset.indicators if i.numeric]
    units = {i.column: i.unit.unit for i in numeric}
    back = ["return_status", "version", "submission", "sheet", "row"]
    made = {
        line.name: _quotient(line.factor * line.part.cast(pl.Float64), line.whole.cast(pl.Float64))
        for line in measures_of(dataset)
        if line.whole is not None
    }
    index = ["period", "county_code", *back]
    rows = year.rows(dataset)
    reported, computed = (
        frame.with_columns(pl.col(i.column).cast(DECIMAL) for i in numeric).unpivot(
            [i.column for i in numeric], index=index, variable_name="indicator", value_name=name
        )
        for frame, name in ((rows, "value"), (rows.with_columns(**made), "computed"))
    )
    return (
        pl.concat([reported, computed.select("computed")], how="horizontal")
        .drop_nulls("value")
        .select(
            "period", "county_code", pl.lit(dataset.dataset).alias("dataset"), "indicator", "value",
            pl.col("indicator").replace_strict(units, return_dtype=pl.String).alias("unit"), *back,
            value_computed=pl.when(pl.col("indicator").is_in(list(made))).then("computed"),
        )
        .rename({"return_status": "status"})
    )  # fmt: skip


def _many_rows(year: Year, dataset: Dataset) -> pl.LazyFrame:
    decimals = [c for c, dtype in dataset.dtypes.items() if isinstance(dtype, pl.Decimal)]
    columns = year.columns(year.book.mart_of(dataset.dataset, "detail").mart)
    rows = year.rows(dataset).with_columns(pl.col(c).cast(DECIMAL) for c in decimals)
    return rows.select(columns).sort("period", "county_code", *dataset.keys, "row") if columns else rows


def _counties(year: Year, dataset: Dataset, lines: Sequence[Measure], *, before: bool) -> pl.LazyFrame:
    """Period x county that owes the return, with the sums of each line."""
    sums = {column: expression for line in lines for column, expression in line.sums.items()}
    rows = year.rows(dataset, before=before)
    if dataset.one_row:
        exempt = {f"{line.name}:exempt": ~line.applies for line in lines if line.applies is not None}
        reported = {
            f"{line.name}:reported": pl.col(line.name).cast(DECIMAL) for line in lines if line.indicator.kind == "ratio"
        }
        given = rows.select("period", "county_code", **sums, **exempt, **reported)
    else:
        given = rows.group_by("period", "county_code").agg(
            **{
                c: e.max() if line.once else pl.when(e.count() > 0).then(e.sum())
                for line in lines
                for c, e in line.sums.items()
            }
        )
    return year.owed(dataset, before=before).join(given, on=["period", "county_code"], how="left")


def _programme(year: Year, dataset: Dataset) -> pl.LazyFrame:
    lines = measures_of(dataset)
    sums = [column for line in lines for column in line.sums]
    step = 12 // len(dataset.frequency.months)
    counties = _counties(year, dataset, lines, before=True)
    if not dataset.one_row:
        counties = counties.with_columns(pl.when("counted").then(pl.col(c).fill_null(0)) for c in sums)
    both = counties.filter(pl.col("period").is_in(year.periods))
    for mark, months in (("p", step), ("y", 12)):
        then = counties.select(_later("period", months), "county_code", **{f"{c}:{mark}": c for c in sums})
        both = both.join(then, on=["period", "county_code"], how="left")
    masked = [
        pl.when(pl.col(b).is_not_null()).then(a).alias(f"{c}:{mark}:{side}")
        for c in sums
        for mark in ("p", "y")
        for side, a, b in (("now", c, f"{c}:{mark}"), ("then", f"{c}:{mark}", c))
    ]
    statuses = [
        pl.when(pl.col(f"{line.name}:part").is_not_null()).then(pl.col("status").to_physical()).alias(f"{line.name}:s")
        for line in lines
    ]
    beside = [
        *((pl.col(f"{n}:part").is_null() & pl.col(f"{n}:exempt")).sum().alias(f"{n}:exempt")
          for n in (line.name for line in lines if line.applies is not None)),
        *(pl.col(f"{line.name}:reported").max() for line in lines if line.indicator.kind == "ratio"),
    ]  # fmt: skip
    wide = [*sums, *(f"{c}:{mark}:{side}" for c in sums for mark in ("p", "y") for side in ("now", "then"))]
    areas = (
        both.with_columns(*masked, *statuses)
        .join(year.levels.lazy(), on=["period", "county_code"])
        .group_by(*AREA, "name_zh")
        .agg(
            pl.len().cast(pl.Int64).alias("owing"),
            pl.col("counted").sum().cast(pl.Int64).alias("in_force"),
            *beside,
            *(pl.col(c).sum() for c in wide),
            *(pl.col(c).count().alias(f"{c}#") for c in wide),
            *(pl.col(f"{line.name}:s").min() for line in lines),
        )
    )
    lines_long = (
        areas.select(*AREA, "name_zh", "owing", "in_force", *_line(line, step), order=n) for n, line in enumerate(lines)
    )
    return (
        pl.concat(lines_long)
        .filter(pl.col("rises") | (pl.col("level") == "county"))
        .with_columns(_covered(year.book.partial_below))
        .sort(*AREA, "order")
        .select(year.columns("mart_finance"))
    )


def _covered(percent: int) -> list[pl.Expr]:
    """Nobody is nil there or quarantined."""
    county, points = pl.col("level") == "county", pl.col("unit").str.starts_with("percent")
    due, counted = pl.col("owing") - pl.col("exempt"), pl.col("counties_counted")
    blank = pl.col("in_force") - counted - pl.col("exempt")
    return [
        due.alias("counties_due"), blank.alias("counties_blank"), pl.lit(0, pl.Int64).alias("counties_nil"),
        (pl.col("owing") - pl.col("in_force")).alias("counties_missing"),
        pl.lit(0, pl.Int64).alias("counties_quarantined"),
        ((pl.col("owing") == pl.col("in_force")) & ((blank == 0) | ~pl.col("required"))).alias("complete"),
        (~county & (100 * counted < percent * due)).alias("partial"),
        pl.when(county).then("value_reported").alias("value_reported"),
        *(
            pl.when(~points & (pl.col(then) > 0))
            .then(_quotient(100 * pl.col(change).cast(pl.Float64), pl.col(then).cast(pl.Float64)))
            .alias(name)
            for name, change, then in (
                ("change_percent", "change", "prior_period"),
                ("change_percent_prior_year", "change_prior_year", "prior_year"),
            )
        ),
    ]  # fmt: skip


def _quotient(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    value = part / whole
    return pl.when((whole != 0) & value.is_finite()).then(value.round(6)).cast(DECIMAL)


def _later(column: str, months: int) -> pl.Expr:
    shifted = pl.col(column).add("-01").str.to_date().dt.offset_by(f"{months}mo")
    return shifted.dt.strftime("%Y-%m").alias("period")


def _total(line: Measure, suffix: str = "") -> pl.Expr:
    part = pl.col(f"{line.name}:part{suffix}")
    if line.whole is None:
        return pl.when(pl.col(f"{line.name}:part{suffix}#") > 0).then(part).cast(DECIMAL)
    whole = pl.col(f"{line.name}:whole{suffix}")
    return _quotient(line.factor * part.cast(pl.Float64), whole.cast(pl.Float64))


def _line(line: Measure, step: int) -> list[pl.Expr]:
    value, counted = _total(line), pl.col(f"{line.name}:part#").cast(pl.Int64)
    # Shares that are not summed are not compared above the county, and there is nothing above it.
    p_now, p_then = _total(line, ":p:now"), _total(line, ":p:then")
    y_now, y_then = _total(line, ":y:now"), _total(line, ":y:then")
    p_count, y_count = (pl.col(f"{line.name}:part:{mark}:now#").cast(pl.Int64) for mark in ("p", "y"))
    to_date, none = line.indicator.kind == "year_to_date", pl.lit(None, DECIMAL)
    first = pl.col("period").str.slice(5) == f"{step:02}"
    statuses = dict(enumerate(STATUS.categories))
    month = pl.when(first).then(value).otherwise(p_now - p_then)
    compared = pl.when(first).then(counted).otherwise(p_count) if to_date else p_count
    return [
        pl.lit(line.name).alias("indicator"), pl.lit(line.label_zh).alias("label_zh"),
        pl.lit(line.label_en).alias("label_en"), pl.lit(line.unit).alias("unit"), value.alias("value"),
        pl.col(f"{line.name}:s").replace_strict(statuses, return_dtype=pl.String, default=None).alias("status"),
        (month if to_date else none).alias("month_value"),
        (p_then if line.compares and not to_date else none).alias("prior_period"),
        (p_now - p_then if line.compares and not to_date else none).alias("change"),
        (y_then if line.compares else none).alias("prior_year"),
        (y_now - y_then if line.compares else none).alias("change_prior_year"),
        pl.lit(value=False).alias("broken"), counted.alias("counties_counted"),
        (compared if line.compares else pl.lit(0, pl.Int64)).alias("counties_compared"),
        (y_count if line.compares else pl.lit(0, pl.Int64)).alias("counties_compared_prior_year"),
        pl.lit(line.rises).alias("rises"),
        (p_now if line.compares and not to_date else none).alias("value_compared"),
        (y_now if line.compares else none).alias("value_compared_prior_year"),
        (pl.col(f"{line.name}:reported") if line.indicator.kind == "ratio" else none).alias("value_reported"),
        (pl.col(f"{line.name}:exempt").cast(pl.Int64) if line.applies is not None else pl.lit(0, pl.Int64))
        .alias("exempt"),
        pl.lit(line.indicator.required != "false").alias("required"),
    ]  # fmt: skip


def _relocation(year: Year) -> pl.LazyFrame:
    summary, register = year.book.datasets["relocation"], year.book.datasets["relocation_villages"]
    columns = [f"villages_{step}" for step in VILLAGES]
    ends_on = pl.col("period").add("-01").str.to_date().dt.month_end()
    counts = (
        year.rows(register)
        .group_by("period", "county_code")
        .agg(
            pl.len().cast(pl.Int64).alias("villages_planned"),
            *((pl.col(f"{s}_on") <= ends_on).sum().cast(pl.Int64).alias(f"villages_{s}") for s in VILLAGES[1:]),
        )
    )
    given = {"summary": (summary, year.rows(summary).select("period", "county_code", *columns)),
             "register": (register, counts)}  # fmt: skip
    frames = [
        year.owed(dataset)
        .join(rows, on=["period", "county_code"], how="left")
        .join(year.levels.lazy(), on=["period", "county_code"])
        .group_by(*AREA, "name_zh")
        .agg(
            *(pl.when(pl.col(c).count() > 0).then(pl.col(c).sum()).alias(c) for c in columns),
            counties_due=pl.len().cast(pl.Int64), counties_counted=pl.col("counted").sum().cast(pl.Int64),
            source=pl.lit(source),
        )
        for source, (dataset, rows) in given.items()
    ]  # fmt: skip
    planned, below = pl.col("villages_planned"), year.book.partial_below
    rates = [
        pl.when(planned != 0).then((100 * pl.col(f"villages_{s}") / planned).round(6)).cast(DECIMAL).alias(f"{s}_rate")
        for s in VILLAGES[1:]
    ]
    return (
        pl.concat(frames)
        .with_columns(
            *rates,
            counties_missing=pl.col("counties_due") - pl.col("counties_counted"),
            counties_quarantined=pl.lit(0, pl.Int64),
            complete=pl.col("counties_due") == pl.col("counties_counted"),
            partial=(pl.col("level") != "county") & (100 * pl.col("counties_counted") < below * pl.col("counties_due")),
        )
        .select(year.columns("mart_relocation"))
        .sort(*AREA, "source")
    )


def _shares(year: Year) -> pl.LazyFrame:
    figures = [f for f in year.book.figures if f.aggregate == "share" and f.scope == "deep_poverty"]
    found = [
        _share(year, year.book.datasets[name], line)
        for name in sorted({f.dataset for f in figures})
        for line in measures_of(year.book.datasets[name])
        if any(f.dataset == name and f.column == line.name for f in figures)
    ]
    columns = year.columns("mart_deep_poverty_share")
    return pl.concat(found).sort("period", "dataset", "indicator").select(columns)


def _share(year: Year, dataset: Dataset, line: Measure) -> pl.LazyFrame:
    part = pl.col(f"{line.name}:part")
    areas = (
        _counties(year, dataset, [line], before=False)
        .join(year.levels.lazy(), on=["period", "county_code"])
        .filter(pl.col("level").is_in(["deep_poverty", "province"]))
        .group_by(AREA)
        .agg(
            value=pl.when(part.count() > 0).then(part.sum()).cast(DECIMAL), due=pl.len().cast(pl.Int64),
            counted=part.count().cast(pl.Int64), status=pl.col("status").filter(part.is_not_null()).min(),
            in_force=pl.col("counted").sum().cast(pl.Int64),
        )
        .with_columns(
            nil=pl.lit(0, pl.Int64), quarantined=pl.lit(0, pl.Int64), missing=pl.col("due") - pl.col("in_force"),
            blank=pl.col("in_force") - pl.col("counted"), complete=pl.col("due") == pl.col("counted"),
            partial=100 * pl.col("counted") < year.book.partial_below * pl.col("due"),
        )
        .drop("code")
    )  # fmt: skip
    group, whole = (areas.filter(level=level).drop("level") for level in ("deep_poverty", "province"))
    share = 100 * pl.col("value").cast(pl.Float64) / pl.col("value_all").cast(pl.Float64)
    return group.join(whole, on="period", suffix="_all").select(
        "period", pl.lit(dataset.dataset).alias("dataset"), pl.lit(line.name).alias("indicator"),
        pl.lit(line.label_zh).alias("label_zh"), pl.lit(line.label_en).alias("label_en"),
        pl.lit(line.unit).alias("unit"), pl.col("value").alias("numerator"), pl.col("value_all").alias("denominator"),
        pl.when(pl.col("value_all") != 0).then(share.round(6)).cast(DECIMAL).alias("share"),
        pl.min_horizontal("status", "status_all").cast(pl.String).alias("status"),
        complete=pl.col("complete") & pl.col("complete_all"), partial=pl.col("partial") | pl.col("partial_all"),
        **{f"numerator_{outcome}": pl.col(outcome) for outcome in OUTCOMES},
        **{f"denominator_{outcome}": pl.col(f"{outcome}_all") for outcome in OUTCOMES},
    )  # fmt: skip


def build(root: Path, out: Path, book: Codebook) -> None:
    """All marts, year by year."""
    with sqlite3.connect(root / "ledger.db") as connection:
        years = connection.execute("SELECT DISTINCT substr(period, 1, 4) FROM touched ORDER BY 1").fetchall()
        for (name,) in years:
            year = read_year(root, book, connection, int(name))
            within = f"WHERE period >= '{name}-01' AND period <= '{name}-12'"
            rules = pl.read_database(
                f"SELECT run, dataset, period, rule, severity, checks, per_row FROM rules {within}",
                connection,
            )
            results = pl.read_database(f"SELECT * FROM results {within}", connection)
            for mart, frame in marts_of(year, rules.with_columns(pl.col("per_row").cast(pl.Boolean)), results):
                _write(out / mart, frame.collect())


def _write(folder: Path, built: pl.DataFrame) -> None:
    dated = built.with_columns(period_end=pl.col("period").add("-01").str.to_date().dt.month_end())
    for (period,), rows in dated.partition_by("period", as_dict=True, maintain_order=True).items():
        path = folder / f"period={period}" / "part-0.parquet"
        path.parent.mkdir(parents=True)
        rows.write_parquet(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--counties", type=int, required=True)
    given = parser.parse_args()
    start_up, book = since_start(), nation(given.counties)
    with clocks() as spent:
        build(given.root, given.out, book)
    sys.stdout.write(json.dumps(spent | {"start_up": start_up, "peak_mib": peak_mib()}) + "\n")


if __name__ == "__main__":
    main()
