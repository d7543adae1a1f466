"""Judging again: which returns are taken up once more, and what is then decided otherwise than before."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

import polars as pl
import sqlalchemy as sa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from warehouse.codebook import load
from warehouse.codebook.choices import BLANK, OR_BLANK, County, Dataset
from warehouse.intake.model.records import Note, Receipt, ReturnHeader
from warehouse.intake.reading import Reading
from warehouse.messages.errors import PermanentError
from warehouse.store import ledger
from warehouse.store.approvals import approvals
from warehouse.store.in_force import RETURN, in_force, latest
from warehouse.store.journal_records import PeriodRecord, ReturnDecision, Verdict
from warehouse.store.waiting_returns import waiting_returns

Period = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
Datasets = tuple[Annotated[Dataset, AfterValidator(lambda name: _among(name, load().datasets, "dataset"))], ...]
Counties = tuple[Annotated[County, AfterValidator(lambda code: _among(code, load().names, "county code"))], ...]
# A return as it was received: its receipt, dataset, county and period.
Key = tuple[int, str, str, str]
A_PERIOD = "如 2018-06;留空即不限。 Like 2018-06; blank: no limit."
PARTNER_MISSING = "partner_missing"
COUNTS = ("failed", "explained", "not_evaluated")


class Scope(BaseModel):
    """Which returns to judge again; None restricts nothing.

    Those that are quarantined or that lacked a partner; all of them where a range of periods is given (from `first`
    until `last`, both included) or `accepted_too` says so. Refuses what is no period, dataset or county.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: Annotated[Period | None, OR_BLANK, Field(title="起始报告期 First period", description=A_PERIOD)] = BLANK
    last: Annotated[Period | None, OR_BLANK, Field(title="截止报告期 Last period", description=A_PERIOD)] = BLANK
    datasets: Annotated[Datasets, Field(title="报表 Datasets", description="留空为全部。 Blank: all.")] = ()
    counties: Annotated[Counties, Field(title="县 Counties", description="留空为全部。 Blank: all.")] = ()
    accepted_too: Annotated[
        bool,
        Field(
            title="包括已接受的 Accepted too",
            description="已接受的报表也重新核对;给出报告期范围时总是如此。 Accepted returns as well, as always where a"
            " range of periods is given.",
        ),
    ] = False

    @property
    def all(self) -> bool:
        """Whether accepted returns are judged again as well."""
        return self.accepted_too or bool(self.first or self.last)

    @property
    def span(self) -> tuple[str, str]:
        """The first and the last period, or what comes before and after all."""
        return self.first or "", self.last or "9999-99"


def _among(value: str, known: Container[str], what: str) -> str:
    if value not in known:
        raise ValueError(f"{value} is no {what}")
    return value


class RejudgeResult(BaseModel):
    """What judging a period's returns again came to: how many were looked at, how many of them are quarantined now,
    and which are decided otherwise than before.
    """

    model_config = ConfigDict(frozen=True)

    returns: int
    quarantined: int
    changes: tuple[Change, ...]


class Change(BaseModel):
    """A return that is decided otherwise than before, or at last, for it was waiting; rules are those that it fails or
    leaves unexplained.
    """

    model_config = ConfigDict(frozen=True)

    period: str
    dataset: str
    county_code: str
    file: str
    before: Verdict | Literal["waiting"]
    after: Verdict
    rules_before: tuple[str, ...]
    rules_after: tuple[str, ...]


@dataclass(frozen=True)
class PriorDecision:
    """What was decided of a return last: the verdict, checks by rule, and which rules there were."""

    verdict: Verdict
    counts: Mapping[str, Mapping[str, int]]
    rules: frozenset[tuple[str, str, int]]


def chosen(engine: sa.Engine, scope: Scope) -> set[Key]:
    """The returns in scope. Of all in a range also the superseded: one may be all that is left in the end.

    Otherwise those that may come to count: what is quarantined or lacked a partner, no older than what is in force.
    Never those that a person withdrew or waived: that stands until the county sends anew. Nor those of periods that are
    approved.
    """
    returns = ledger.read_table(engine, ledger.RETURNS).lazy()
    findings = ledger.read_table(engine, ledger.FINDINGS).lazy().filter(pl.col("rule") == PARTNER_MISSING)
    lacking = findings.select("run", "receipt", *RETURN, lacks=pl.lit(value=True)).unique()
    counting = returns.pipe(in_force).select(*RETURN, in_force="receipt")
    may_count = pl.col("receipt") >= pl.col("in_force").fill_null(0)
    unsettled = (pl.col("verdict") == "quarantined") | pl.col("lacks").fill_null(value=False)
    found = (
        returns.pipe(latest)
        .join(counting, on=RETURN, how="left")
        .join(lacking, on=["run", "receipt", *RETURN], how="left")
        .filter(pl.col("reason").is_null(), pl.lit(scope.all) | (may_count & unsettled))
    )
    first, last = scope.span
    # What could not be read when its period was opened again waits still.
    meant = pl.concat([one.select("receipt", *RETURN) for one in (found, waiting_returns(engine).lazy())]).filter(
        ~pl.col("period").is_in([*approvals(engine)]),
        pl.col("period").is_between(pl.lit(first), pl.lit(last)),
        pl.lit(not scope.datasets) | pl.col("dataset").is_in(scope.datasets),
        pl.lit(not scope.counties) | pl.col("county_code").is_in(scope.counties),
    )
    return key_set(meant.collect())


def key_set(returns: pl.DataFrame) -> set[Key]:
    """The returns that these rows are of."""
    return set(returns.select("receipt", *RETURN).iter_rows())


def locked_out(engine: sa.Engine, scope: Scope) -> tuple[str, ...]:
    """The approved periods in scope, oldest first: nothing of them is judged again."""
    return tuple(one for one in sorted(approvals(engine)) if scope.span[0] <= one <= scope.span[1])


def periods_of(engine: sa.Engine, scope: Scope) -> list[str]:
    """The periods of the returns in scope, ascending."""
    return sorted({period for *_, period in chosen(engine, scope)})


def newer_than_last(engine: sa.Engine, moment: datetime) -> None:
    """Raises PermanentError for a time before the last run's: what is decided now was not known then."""
    last = ledger.read_table(engine, ledger.RUNS)["received_at"].max()
    if isinstance(last, datetime) and moment.replace(tzinfo=None) < last:
        raise PermanentError(f"{moment:%Y-%m-%d %H:%M} is before the last run ({last:%Y-%m-%d %H:%M} UTC)")


def receipts_of(engine: sa.Engine, keys: Iterable[Key]) -> list[Receipt]:
    """The receipts of these returns, in their order."""
    wanted = {receipt for receipt, *_ in keys}
    rows = ledger.read_table(engine, ledger.RECEIPTS).filter(pl.col("receipt").is_in(wanted)).sort("receipt")
    return [Receipt.model_validate(row) for row in rows.select(*Receipt.model_fields).iter_rows(named=True)]


def restricted(reading: Reading, keys: set[Key]) -> Reading:
    """The reading of these returns alone: nothing is received again, and what was said of files stays said."""
    return_headers = [head for head in reading.return_headers if key_of(head) in keys]
    return Reading(
        receipts=[],
        return_headers=return_headers,
        rows=reading.rows,
        layout=reading.layout,
        notes=reading.notes,
        findings=[f for f in reading.findings if f.dataset],
        unreadable=[],
        duplicates=[],
    )


def prior_decisions(engine: sa.Engine, period: str) -> dict[Key, PriorDecision]:
    """What was decided last of each return of a period."""
    of_period = ledger.read_table(engine, ledger.RETURNS, ledger.RETURNS.c.period == period)
    returns = of_period.lazy().pipe(latest).collect()
    counts = _counts(engine, period)
    rules = _rules(engine, period)
    return {
        (row["receipt"], *(row[name] for name in RETURN)): PriorDecision(
            verdict=row["verdict"],
            counts=counts.get((row["run"], row["receipt"], row["dataset"], row["county_code"]), {}),
            rules=rules.get((row["run"], row["dataset"]), frozenset()),
        )
        for row in returns.iter_rows(named=True)
    }


def _counts(engine: sa.Engine, period: str) -> dict[tuple[str, int, str, str], dict[str, dict[str, int]]]:
    """By run, receipt, dataset and county: how many checks of each rule went which way; zeros are left out."""
    results = ledger.read_table(engine, ledger.RESULTS, ledger.RESULTS.c.period == period)
    counts: dict[tuple[str, int, str, str], dict[str, dict[str, int]]] = {}
    for row in results.iter_rows(named=True):
        by_name = counts.setdefault((row["run"], row["receipt"], row["dataset"], row["county_code"]), {})
        for name in COUNTS:
            if row[name]:
                by_name.setdefault(name, {})[row["rule"]] = row[name]
    return counts


def _rules(engine: sa.Engine, period: str) -> dict[tuple[str, str], frozenset[tuple[str, str, int]]]:
    rules = ledger.read_table(engine, ledger.RULES, ledger.RULES.c.period == period)
    texts = ledger.read_table(engine, ledger.RULE_TEXTS, columns=("rule_list", "rule", "severity", "checks"))
    said = pl.struct("rule", "severity", "checks").alias("rules")
    applied = rules.join(texts, on="rule_list").group_by("run", "dataset").agg(said)
    return {
        (run, dataset): frozenset((r["rule"], r["severity"], r["checks"]) for r in found)
        for run, dataset, found in applied.iter_rows()
    }


def changed(record: PeriodRecord, before: Mapping[Key, PriorDecision]) -> list[ReturnDecision]:
    """The decisions that differ from the last one on the same return: verdict, counts, or the rules themselves."""
    rules: dict[str, set[tuple[str, str, int]]] = {}
    for rule in record.rules:
        rules.setdefault(rule.dataset, set()).add((rule.rule, rule.severity, rule.checks))
    return [
        decision
        for decision in record.decisions
        if PriorDecision(decision.verdict, _nonempty(decision), frozenset(rules.get(decision.dataset, ())))
        != before.get(key_of(decision))
    ]


def _nonempty(decision: ReturnDecision) -> dict[str, dict[str, int]]:
    return {name: counts for name in COUNTS if (counts := getattr(decision, name))}


def key_of(one: ReturnHeader | ReturnDecision | Note) -> Key:
    """The return that it is, that it decides, or that it is about."""
    return one.receipt, one.dataset, one.county_code, one.period


def change(decision: ReturnDecision, before: PriorDecision | None) -> Change:
    """The change of one return, for a person; None before of one that was waiting."""
    return Change(
        period=decision.period,
        dataset=decision.dataset,
        county_code=decision.county_code,
        file=decision.file,
        before=before.verdict if before else "waiting",
        after=decision.verdict,
        rules_before=tuple(sorted(before.counts.get("failed", ()))) if before else (),
        rules_after=tuple(sorted(decision.failed)),
    )
