"""The bare script's verdicts: a period's returns, dataset by dataset, failing rows counted by rule and return."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from tests.bench.bare_companions import RETURN, Decided, join, join_peers, rows_before
from tests.bench.bare_forms import add_up, checks
from tests.bench.bare_rules import Check
from tests.bench.bare_sums import sums_judged
from warehouse.codebook import Dataset, load

REGISTER = "relocation_villages"
OF_RETURNS = ("known_county", "register_never_shrinks")
RESULT = {
    "receipt": pl.Int64, "county_code": pl.String, "rule": pl.String, "failed": pl.Int64, "not_evaluated": pl.Int64,
}  # fmt: skip


@dataclass
class Tables:
    """What the marts are made of, beside the rows: a frame a batch."""

    returns: list[pl.DataFrame] = field(default_factory=list)
    rules: list[pl.DataFrame] = field(default_factory=list)
    results: list[pl.DataFrame] = field(default_factory=list)
    roll_ups: list[pl.DataFrame] = field(default_factory=list)


def judge(  # noqa: PLR0913, PLR0917  (what is judged, and what has been)
    dataset: Dataset, period: str, return_headers: pl.DataFrame, rows: pl.DataFrame, decided: Decided, tables: Tables
) -> pl.DataFrame:
    """Decides the returns of one dataset and period; gives its rows with status and version (null: quarantined).

    Rules about peers come last, when it is known who is let in; they only ask.
    """
    asked = checks(dataset.dataset, period)
    of_peers = [check for check in asked if check.of_peers]
    joined, absent = join(rows, decided, dataset, period)
    counts = _count(joined, [check for check in asked if not check.of_peers], absent)
    returns = _decide(_heads(return_headers, rows, decided, dataset, period), _faults(counts, asked))
    judged = _with_verdict(rows, returns)
    accepted = judged.filter(pl.col("version").is_not_null())
    decided.add(dataset.dataset, returns, accepted)
    results = [_of_returns(returns), _long(counts, asked)]
    if of_peers:
        counts = _count(join_peers(joined, accepted, decided, dataset, period), of_peers)
        returns = _queried(returns, counts.filter(pl.any_horizontal(pl.col("^.*\\.failed$") > 0)))
        results.append(_long(counts, of_peers))
    in_force = joined.join(decided.in_force(dataset.dataset, period, f"{period}~"), on=RETURN, how="semi")
    at = {"dataset": pl.lit(dataset.dataset), "period": pl.lit(period)}
    tables.returns.append(returns)
    tables.rules.append(_applied(asked, dataset).with_columns(**at))
    tables.results.append(_explained(pl.concat(results), returns, _rules(asked, "warning")).with_columns(**at))
    tables.roll_ups.append(sums_judged(in_force, add_up(dataset, asked), period).with_columns(**at))
    return judged


def _count(joined: pl.DataFrame, asked: list[Check], absent: tuple[str, ...] = ()) -> pl.DataFrame:
    """By return: its rows, those that lack a partner or have a cell that did not convert, and the rules' counts."""
    rules = dict.fromkeys(check.rule for check in asked)
    counts = joined.with_columns(pl.col(pl.Decimal).cast(pl.Float64)).select(
        *RETURN,
        "unconverted",
        *(_total(c.fails for c in asked if c.rule == rule).alias(f"{rule}.failed") for rule in rules),
        *(_total(c.unknown for c in asked if c.rule == rule).alias(f"{rule}.unknown") for rule in rules),
        absent=pl.any_horizontal(False, *absent),  # noqa: FBT003
        rows=pl.lit(1),
    )
    return counts.group_by(RETURN).agg(pl.all().sum())


def _total(rows: Iterable[pl.Expr]) -> pl.Expr:
    return pl.sum_horizontal(row.cast(pl.Int64) for row in rows)


def _faults(counts: pl.DataFrame, asked: Iterable[Check]) -> pl.DataFrame:
    """By return: its rows, whether it has faults, whether queries."""
    fails = {
        severity: [pl.col(f"{rule}.failed") > 0 for rule in _rules(asked, severity) if f"{rule}.failed" in counts]
        for severity in ("critical", "warning")
    }
    return counts.select(
        *RETURN,
        "rows",
        critical=pl.any_horizontal(pl.col("unconverted") > 0, *fails["critical"]),
        warning=pl.any_horizontal(pl.col("absent") > 0, *fails["warning"]),
    )


def _rules(asked: Iterable[Check], severity: str) -> list[str]:
    return list(dict.fromkeys(check.rule for check in asked if check.severity == severity))


def _long(counts: pl.DataFrame, asked: Iterable[Check]) -> pl.DataFrame:
    """RESULT rows that are not all zero."""
    rules = [rule for rule in dict.fromkeys(check.rule for check in asked) if f"{rule}.failed" in counts]
    failed, unknown = (
        counts.unpivot([f"{rule}.{kind}" for rule in rules], index=RETURN, variable_name="rule", value_name=name)
        for kind, name in (("failed", "failed"), ("unknown", "not_evaluated"))
    )
    both = failed.with_columns(pl.col("rule").str.strip_suffix(".failed"), unknown["not_evaluated"])
    return both.filter((pl.col("failed") > 0) | (pl.col("not_evaluated") > 0)).cast(RESULT)


def _heads(
    return_headers: pl.DataFrame, rows: pl.DataFrame, decided: Decided, dataset: Dataset, period: str
) -> pl.DataFrame:
    """The returns with what is asked of each as a whole: a county in force; a register has no fewer villages."""
    codes = [d.county_code for d in load().in_force(period)]
    return_headers = return_headers.with_columns(known_county=pl.col("county_code").is_in(codes))
    if dataset.dataset != REGISTER:
        return return_headers.with_columns(register_never_shrinks=pl.lit(value=True))
    counts = rows.group_by(RETURN).len("now")
    shrinks = pl.col("now").fill_null(0).cast(pl.Int64) >= pl.col("rows_before")
    return (
        return_headers.join(counts, on=RETURN, how="left", maintain_order="left")
        .join(rows_before(decided, dataset, period), on="county_code", how="left", maintain_order="left")
        .with_columns(register_never_shrinks=shrinks)
        .drop("now", "rows_before")
    )


def _decide(return_headers: pl.DataFrame, faults: pl.DataFrame) -> pl.DataFrame:
    """The returns with rows, verdict and version; a return with any critical fault is quarantined whole."""
    critical = pl.col("critical").fill_null(value=False) | ~pl.all_horizontal(pl.col(OF_RETURNS).fill_null(value=True))
    verdict = (
        pl.when(critical)
        .then(pl.lit("quarantined"))
        .when(pl.col("warning") & ~pl.col("noted"))
        .then(pl.lit("accepted_with_queries"))
        .otherwise(pl.lit("accepted"))
    )
    accepted = pl.col("verdict") != "quarantined"
    return (
        return_headers.join(faults, on=RETURN, how="left", maintain_order="left")
        .with_columns(pl.col("rows").fill_null(0).cast(pl.Int64), verdict=verdict)
        .with_columns(version=pl.when(accepted).then(accepted.cast(pl.Int64).cum_sum().over("county_code")))
    )


def _with_verdict(rows: pl.DataFrame, returns: pl.DataFrame) -> pl.DataFrame:
    verdicts = returns.select(*RETURN, pl.col("status").alias("return_status"), "version")
    return rows.drop("unconverted").join(verdicts, on=RETURN, how="left", maintain_order="left")


def _queried(returns: pl.DataFrame, odd: pl.DataFrame) -> pl.DataFrame:
    """The returns, those that peers make odd with queries."""
    asked = odd.select(*RETURN, odd=pl.lit(value=True))
    turns = pl.col("odd") & ~pl.col("noted") & (pl.col("verdict") == "accepted")
    now = pl.when(turns).then(pl.lit("accepted_with_queries"))
    return (
        returns.join(asked, on=RETURN, how="left", maintain_order="left")
        .with_columns(verdict=now.otherwise("verdict"))
        .drop("odd")
    )


def _of_returns(returns: pl.DataFrame) -> pl.DataFrame:
    """RESULT rows of the rules about returns as a whole."""
    asked = [returns.select(*RETURN, rule=pl.lit(rule), held=rule) for rule in OF_RETURNS]
    failed, unknown = (~pl.col("held")).fill_null(value=False), pl.col("held").is_null()
    some = pl.concat(asked).filter(failed | unknown)
    return some.select(*RETURN, "rule", failed=failed, not_evaluated=unknown).cast(RESULT)


def _explained(results: pl.DataFrame, returns: pl.DataFrame, queries: list[str]) -> pl.DataFrame:
    """The results, failed queries that the county has answered apart."""
    answered = pl.col("rule").is_in(queries) & pl.col("noted")
    return (
        results.join(returns.select(*RETURN, "noted"), on=RETURN)
        .with_columns(explained=pl.when(answered).then("failed").otherwise(0))
        .with_columns(failed=pl.col("failed") - pl.col("explained"))
        .drop("noted")
    )


def _applied(asked: Iterable[Check], dataset: Dataset) -> pl.DataFrame:
    """The rules of the batch with the number of their checks."""
    made = Counter((check.rule, check.severity) for check in asked)
    whole = OF_RETURNS if dataset.dataset == REGISTER else OF_RETURNS[:1]
    rules = [*((rule, "critical", 1, False) for rule in whole), *((*rule, n, True) for rule, n in made.items())]
    return pl.DataFrame(rules, ("rule", "severity", "checks", "per_row"), orient="row")
