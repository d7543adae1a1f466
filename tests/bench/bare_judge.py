"""The bare script's verdicts: a period's returns, dataset by dataset, failing rows counted by rule and return."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from tests.bench.bare_companions import Decided, join
from tests.bench.bare_rules import Check, checks
from warehouse.codebook import Dataset, load

RETURN = ("receipt", "county_code")
RESULT = {
    "receipt": pl.Int64, "county_code": pl.String, "rule": pl.String, "failed": pl.Int64, "not_evaluated": pl.Int64,
}  # fmt: skip


@dataclass
class Tables:
    """What the marts are made of, beside the rows: a frame a batch."""

    returns: list[pl.DataFrame] = field(default_factory=list)
    rules: list[pl.DataFrame] = field(default_factory=list)
    results: list[pl.DataFrame] = field(default_factory=list)


def judge(  # noqa: PLR0913, PLR0917  (what is judged, and what has been)
    dataset: Dataset, period: str, heads: pl.DataFrame, rows: pl.DataFrame, decided: Decided, tables: Tables
) -> pl.DataFrame:
    """Decides the returns of one dataset and period; gives its rows with status and version (null: quarantined)."""
    asked = checks(dataset)
    counted, faults = _count(dataset, period, rows, decided, asked)
    verdicts = _decide(heads, faults, period)
    judged = rows.drop("unconverted").join(
        verdicts.select(*RETURN, pl.col("status").alias("return_status"), "version"),
        on=RETURN,
        how="left",
        maintain_order="left",
    )
    decided.add(dataset.dataset, verdicts, judged.filter(pl.col("version").is_not_null()))
    at = {"dataset": pl.lit(dataset.dataset), "period": pl.lit(period)}
    tables.returns.append(verdicts)
    tables.rules.append(_applied(asked).with_columns(**at))
    strangers = verdicts.filter("stranger").select(*RETURN, rule=pl.lit("known_county"), failed=1, not_evaluated=0)
    tables.results.append(pl.concat([counted, strangers.cast(RESULT)]).with_columns(**at))
    return judged


def _count(
    dataset: Dataset, period: str, rows: pl.DataFrame, decided: Decided, asked: list[Check]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """RESULT rows that are not all zero; and by return its rows, whether it has faults, whether queries."""
    joined, absent = join(rows, decided, dataset, period)
    joined = joined.with_columns(pl.col(pl.Decimal).cast(pl.Float64))
    rules = {check.rule: check.critical for check in asked}
    counts = joined.select(
        *RETURN,
        *(_total([c.fails for c in asked if c.rule == rule]).alias(f"{rule}.failed") for rule in rules),
        *(_total([c.unknown for c in asked if c.rule == rule]).alias(f"{rule}.unknown") for rule in rules),
        unconverted="unconverted",
        absent=pl.any_horizontal(False, *absent),  # noqa: FBT003
        rows=pl.lit(1),
    )
    counts = counts.group_by(RETURN).agg(pl.all().sum())
    faults = counts.select(
        *RETURN,
        "rows",
        "absent",
        critical=pl.any_horizontal(*(pl.col(f"{r}.failed") > 0 for r in rules if rules[r]), pl.col("unconverted") > 0),
        warning=pl.any_horizontal(False, *(pl.col(f"{r}.failed") > 0 for r in rules if not rules[r])),  # noqa: FBT003
    )
    return _long(counts, list(rules)), faults


def _total(rows: list[pl.Expr]) -> pl.Expr:
    return pl.sum_horizontal(row.cast(pl.Int64) for row in rows)


def _long(counts: pl.DataFrame, rules: list[str]) -> pl.DataFrame:
    failed, unknown = (
        counts.unpivot([f"{rule}.{kind}" for rule in rules], index=RETURN, variable_name="rule", value_name=name)
        for kind, name in (("failed", "failed"), ("unknown", "not_evaluated"))
    )
    both = failed.with_columns(pl.col("rule").str.strip_suffix(".failed"), unknown["not_evaluated"])
    return both.filter((pl.col("failed") > 0) | (pl.col("not_evaluated") > 0)).cast(RESULT)


def _decide(heads: pl.DataFrame, faults: pl.DataFrame, period: str) -> pl.DataFrame:
    """The returns with rows, verdict and version; a return with any critical fault is quarantined whole."""
    codes = [d.county_code for d in load().in_force(int(period[:4]))]
    critical = pl.col("critical").fill_null(value=False) | pl.col("stranger")
    query = pl.col("warning") | (pl.col("absent") > 0)
    verdict = (
        pl.when(critical)
        .then(pl.lit("quarantined"))
        .when(query)
        .then(pl.lit("accepted_with_queries"))
        .otherwise(pl.lit("accepted"))
    )
    accepted = pl.col("verdict") != "quarantined"
    return (
        heads.join(faults, on=RETURN, how="left", maintain_order="left")
        .with_columns(stranger=~pl.col("county_code").is_in(codes), rows=pl.col("rows").fill_null(0).cast(pl.Int64))
        .with_columns(verdict=verdict)
        .with_columns(version=pl.when(accepted).then(accepted.cast(pl.Int64).cum_sum().over("county_code")))
    )


def _applied(asked: list[Check]) -> pl.DataFrame:
    """The rules of the batch with the number of their checks."""
    made = Counter((check.rule, "critical" if check.critical else "warning") for check in asked)
    rules = [("known_county", "critical", 1, False), *((*rule, n, True) for rule, n in made.items())]
    return pl.DataFrame(rules, ("rule", "severity", "checks", "per_row"), orient="row")
