"""Findings: every fault and query, at its cell, with what to do."""

from __future__ import annotations

import polars as pl

from warehouse.marts.roll_up import DECIMAL
from warehouse.marts.sources import Sources
from warehouse.store import ledger
from warehouse.store.in_force import RETURN, last_rule_decisions, rule_decisions, waivers


def build(sources: Sources) -> pl.LazyFrame:
    """One row a finding, those of files that could not be read too (their county and period are null); by period.

    Of a return that was judged again, and of its whole table, the findings of the last time. `waiver` is the reason of
    the person who let the return in all the same, null where nobody did. `run` is the run that found it, on the day
    `found_on`; the file was received on `received_on`, by an earlier run where it was judged again (UTC).
    """
    columns = [c.column for c in sources.columns("mart_findings")]
    decided = sources.decisions(rule_decisions).select("run", "receipt", *RETURN)
    found = sources.findings.lazy()
    of_a_table = pl.col("county_code").is_null() & pl.col("dataset").is_not_null()
    # A table was judged last when its returns were, or when something was last said of all of it.
    runs = pl.concat([decided, found.filter(of_a_table)], how="diagonal").select("receipt", "dataset", "run")
    last = runs.group_by("receipt", "dataset").agg(last=pl.col("run").max())
    return (
        found.join(overtaken(sources), on=["run", "receipt", *RETURN], how="anti", maintain_order="left")
        .join(last, on=["receipt", "dataset"], how="left", maintain_order="left")
        .filter(~of_a_table | (pl.col("run") >= pl.col("last").fill_null("")))
        .join(sources.decisions(waivers), on=["receipt", *RETURN], how="left", maintain_order="left")
        .join(days(sources.run_list, "run", "found_on"), on="run", how="left", maintain_order="left")
        .join(days(sources.receipts, "receipt", "received_on"), on="receipt", how="left", maintain_order="left")
        .sort("period", "receipt", maintain_order=True)
        .with_columns(pl.col("score").cast(DECIMAL))
        .select(columns)
    )


def overtaken(sources: Sources) -> pl.LazyFrame:
    """One row per run, receipt and return that was judged again since, or at last, for it was waiting: what was found
    then no longer stands.
    """
    at = ["run", "receipt", *RETURN]
    decided = sources.decisions(rule_decisions).select(at)
    waited = sources.read(ledger.WAITING).lazy().join(decided, on=at[1:], how="semi").select(at)
    return pl.concat([decided.join(sources.decisions(last_rule_decisions), on=at, how="anti"), waited])


def days(rows: pl.DataFrame, key: str, name: str) -> pl.LazyFrame:
    """One row per run or receipt, with the day of it."""
    return rows.lazy().select(key, pl.col("received_at").dt.date().alias(name)).unique()
