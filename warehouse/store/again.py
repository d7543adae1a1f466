"""Judging again: which returns are taken up once more, and what is then decided otherwise than before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from warehouse.intake.reading import Reading
from warehouse.intake.records import Receipt
from warehouse.store import ledger
from warehouse.store.records import PeriodJudged, ReturnDecision, Verdict
from warehouse.store.standing import RETURN, in_force, latest

# A return as it was received: its receipt, dataset, county and period.
Key = tuple[int, str, str, str]
COUNTS = ("failed", "explained", "not_evaluated")


class Scope(BaseModel):
    """Which returns to judge again: those that are quarantined, or (`accepted_too`) all; None restricts nothing.

    Periods from `first` until `last`, both included.
    """

    model_config = ConfigDict(frozen=True)

    first: str | None = None
    last: str | None = None
    dataset: str | None = None
    county_code: str | None = None
    accepted_too: bool = False


class Change(BaseModel):
    """A return that is decided otherwise than before; rules are those that it fails or leaves unexplained."""

    model_config = ConfigDict(frozen=True)

    period: str
    dataset: str
    county_code: str
    file: str
    before: Verdict
    after: Verdict
    rules_before: tuple[str, ...]
    rules_after: tuple[str, ...]


@dataclass(frozen=True)
class Before:
    """What was decided of a return last: the verdict, checks by rule, and which rules there were."""

    verdict: Verdict
    counts: Mapping[str, Mapping[str, int]]
    rules: frozenset[tuple[str, str, int]]


def chosen(engine: sa.Engine, scope: Scope) -> set[Key]:
    """The returns in scope that may still count: each county's return in force and what came after it."""
    returns = ledger.read_table(engine, ledger.RETURNS).lazy()
    counting = returns.pipe(in_force).select(*RETURN, in_force="receipt")
    found = (
        returns.pipe(latest)
        .filter(pl.col("verdict") != "withdrawn")
        .join(counting, on=RETURN, how="left")
        .filter(pl.col("receipt") >= pl.col("in_force").fill_null(0))
        .filter(
            pl.lit(scope.accepted_too) | (pl.col("verdict") == "quarantined"),
            pl.col("period").is_between(pl.lit(scope.first or ""), pl.lit(scope.last or "9999-99")),
            **scope.model_dump(include={"dataset", "county_code"}, exclude_none=True),
        )
    )
    return set(found.select("receipt", *RETURN).collect().iter_rows())


def receipts_of(engine: sa.Engine, keys: Iterable[Key]) -> list[Receipt]:
    """The receipts of these returns, in their order."""
    wanted = {receipt for receipt, *_ in keys}
    rows = ledger.read_table(engine, ledger.RECEIPTS).filter(pl.col("receipt").is_in(wanted)).sort("receipt")
    return [Receipt.model_validate(row) for row in rows.select(*Receipt.model_fields).iter_rows(named=True)]


def restricted(reading: Reading, keys: set[Key]) -> Reading:
    """The reading of these returns alone: nothing is received again, and what was said of files stays said."""
    heads = [h for h in reading.heads if (h.receipt, h.dataset, h.county_code, h.period) in keys]
    return Reading(
        receipts=[],
        heads=heads,
        rows=reading.rows,
        layout=reading.layout,
        notes=reading.notes,
        findings=[f for f in reading.findings if f.dataset],
        unreadable=[],
        duplicates=[],
    )


def decided_before(engine: sa.Engine, period: str) -> dict[Key, Before]:
    """What was decided last of each return of a period."""
    returns = ledger.read_table(engine, ledger.RETURNS).lazy().filter(pl.col("period") == period).pipe(latest).collect()
    counts = _counts(engine, period)
    rules = _rules(engine, period)
    return {
        (row["receipt"], *(row[name] for name in RETURN)): Before(
            verdict=row["verdict"],
            counts=counts.get((row["run"], row["receipt"], row["dataset"], row["county_code"]), {}),
            rules=rules.get((row["run"], row["dataset"]), frozenset()),
        )
        for row in returns.iter_rows(named=True)
    }


def _counts(engine: sa.Engine, period: str) -> dict[tuple[str, int, str, str], dict[str, dict[str, int]]]:
    """By run, receipt, dataset and county: how many checks of each rule went which way; zeros are left out."""
    results = ledger.read_table(engine, ledger.RESULTS).filter(pl.col("period") == period)
    counts: dict[tuple[str, int, str, str], dict[str, dict[str, int]]] = {}
    for row in results.iter_rows(named=True):
        by_name = counts.setdefault((row["run"], row["receipt"], row["dataset"], row["county_code"]), {})
        for name in COUNTS:
            if row[name]:
                by_name.setdefault(name, {})[row["rule"]] = row[name]
    return counts


def _rules(engine: sa.Engine, period: str) -> dict[tuple[str, str], frozenset[tuple[str, str, int]]]:
    rules = ledger.read_table(engine, ledger.RULES).filter(pl.col("period") == period)
    applied = rules.group_by("run", "dataset").agg(pl.struct("rule", "severity", "checks").alias("rules"))
    return {
        (run, dataset): frozenset((r["rule"], r["severity"], r["checks"]) for r in found)
        for run, dataset, found in applied.iter_rows()
    }


def changed(record: PeriodJudged, before: Mapping[Key, Before]) -> list[ReturnDecision]:
    """The decisions that differ from the last one on the same return: verdict, counts, or the rules themselves."""
    rules: dict[str, set[tuple[str, str, int]]] = {}
    for rule in record.rules:
        rules.setdefault(rule.dataset, set()).add((rule.rule, rule.severity, rule.checks))
    return [
        decision
        for decision in record.decisions
        if Before(decision.verdict, _nonempty(decision), frozenset(rules.get(decision.dataset, ())))
        != before.get(key_of(decision))
    ]


def _nonempty(decision: ReturnDecision) -> dict[str, dict[str, int]]:
    return {name: counts for name in COUNTS if (counts := getattr(decision, name))}


def key_of(decision: ReturnDecision) -> Key:
    return decision.receipt, decision.dataset, decision.county_code, decision.period


def change(decision: ReturnDecision, before: Before) -> Change:
    """The change of one return, for a person."""
    return Change(
        period=decision.period,
        dataset=decision.dataset,
        county_code=decision.county_code,
        file=decision.file,
        before=before.verdict,
        after=decision.verdict,
        rules_before=tuple(sorted(before.counts.get("failed", ()))),
        rules_after=tuple(sorted(decision.failed)),
    )
