"""The bare script's rules once more, on sums: a prefecture's and the province's, over the counties that count."""

from __future__ import annotations

from functools import cache

import polars as pl

from tests.bench.bare_rules import Check
from warehouse.codebook import load

AREA = ("level", "code", "name")
FIELDS = {
    "rule": pl.String, "severity": pl.String, "level": pl.String, "counties": pl.Int64, "evaluated": pl.Int64,
    "failed": pl.Int64, "failing": pl.String,
}  # fmt: skip


def sums_judged(rows: pl.DataFrame, asked: list[Check], period: str) -> pl.DataFrame:
    """A row per rule and level, of the rows in force with their companions."""
    if not asked:
        return pl.DataFrame(schema=FIELDS)
    placed = _areas(load().edition(period)).join(rows, on="county_code", how="left", maintain_order="left")
    counted = {i: pl.col("receipt").is_not_null() & ~check.unknown for i, check in enumerate(asked)}
    sums = placed.group_by(AREA, maintain_order=True).agg(
        *(counts.sum().alias(f"{i}") for i, counts in counted.items()),
        *(pl.col(c).filter(counted[i]).sum().alias(f"{i}.{c}") for i, check in enumerate(asked) for c in check.columns),
    )
    return _by_rule(pl.concat(_failing(sums.lazy(), i, check) for i, check in enumerate(asked))).cast(FIELDS).collect()


def _by_rule(areas: pl.LazyFrame) -> pl.LazyFrame:
    return areas.group_by("rule", "severity", "level").agg(
        pl.col("counties").max(),
        evaluated=(pl.col("counties") > 0).sum(),
        failed=pl.col("fails").sum(),
        failing=pl.col("said").filter("fails").str.join("; "),
    )


def _failing(sums: pl.LazyFrame, place: int, check: Check) -> pl.LazyFrame:
    """The areas of one check: whether their sums fail, and what they come to."""
    found = [pl.format(c + " = {}", c) for c in check.columns]
    said = pl.format("{} {}: {}", "code", "name", pl.concat_str(found, separator="; "))
    own = sums.select(*AREA, *(pl.col(f"{place}.{c}").alias(c) for c in check.columns), counties=f"{place}")
    fails = (~check.relation & (pl.col("counties") > 0)).fill_null(value=False)
    rule = {"rule": pl.lit(check.rule), "severity": pl.lit(check.severity)}
    return own.select("level", "counties", **rule, fails=fails, said=said)


@cache
def _areas(edition: str) -> pl.DataFrame:
    """County x area that it is counted in, ordered by area."""
    province = load().groups["province"].label_zh
    divisions = load().in_force(edition)
    prefectures = [(d.county_code, "prefecture", d.prefecture_code, d.prefecture_zh) for d in divisions]
    whole = [(d.county_code, "province", f"{d.county_code[:2]}0000", province) for d in divisions]
    return pl.DataFrame(prefectures + whole, ("county_code", *AREA), orient="row").sort(AREA, maintain_order=True)
