"""Deciding what a person asked for: the decisions, the rows that they let in, what is in force after them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import polars as pl
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from warehouse.codebook import load
from warehouse.messages.errors import StoreError
from warehouse.store import journal, ledger
from warehouse.store.decision_requests import DecisionKind, DecisionRequest, Row, chosen, of_the_place, targets
from warehouse.store.files import Root
from warehouse.store.history import known_from, scan_run
from warehouse.store.in_force import RETURN, in_force
from warehouse.store.journal_records import PeriodRecord, ReturnDecision, Verdict
from warehouse.store.named_files import check_read, counting

OF_THE_RETURN = ("receipt", "submission", "file", "dataset", "county_code", "period", "status", "nil", "rows")


class InForce(BaseModel):
    """The return that counts."""

    model_config = ConfigDict(frozen=True)

    receipt: int
    file: str
    version: int


class DecisionOutcome(BaseModel):
    """What was decided of one return; `in_force` is what counts after it, None where nothing does."""

    model_config = ConfigDict(frozen=True)

    dataset: str
    county_code: str
    period: str
    receipt: int
    file: str
    before: Verdict
    after: Verdict
    in_force: InForce | None = None


def decide(
    root: Root, engine: sa.Engine, kind: DecisionKind, request: DecisionRequest, moment: datetime
) -> tuple[PeriodRecord, dict[str, pl.DataFrame], list[DecisionOutcome]]:
    """The record of the request for the journal, the rows by dataset that it lets into history, what was decided.

    Raises PermanentError where there is nothing to decide, StoreError where quarantine lacks rows.
    """
    found = targets(engine, kind, request, moment)
    decisions = _decisions(engine, kind, request, found)
    pairs = list(zip(found, decisions, strict=True))
    rows = {
        one.dataset: _admitted_rows(root, engine, row, one, moment) for row, one in pairs if one.version is not None
    }
    # No rule was asked, nothing was found.
    record = PeriodRecord(period=request.period, decisions=tuple(decisions), rules=(), findings=())
    return record, rows, [_outcome(row, one) for row, one in pairs]


def already_applied(
    root: Root, engine: sa.Engine, kind: DecisionKind, request: DecisionRequest
) -> tuple[str, list[DecisionOutcome]] | None:
    """The run and what it decided, where the last word on the request's returns is this very request: of the same
    person, for the same reason, and what it would have decided by what was known before that run. Else None.
    """
    said = of_the_place(engine, request)
    if said.is_empty():
        return None
    entry = journal.read_entry(root, max(said["run"]))
    before = said.filter(pl.col("run") < entry.run)
    rows = {(row["dataset"], row["receipt"]): row for row in chosen(before, kind, request)}
    signed = {(one.reason, one.by) for one in entry.decisions} == {(request.reason, request.by)}
    same = entry.flow == kind and signed and [(one.dataset, one.receipt) for one in entry.decisions] == [*rows]
    return (entry.run, [_outcome(rows[one.dataset, one.receipt], one) for one in entry.decisions]) if same else None


def _decisions(
    engine: sa.Engine, kind: DecisionKind, request: DecisionRequest, found: Iterable[Row]
) -> list[ReturnDecision]:
    """The request's decision on each of the returns that it is about."""
    versions = _versions(engine, request)
    return [
        ReturnDecision(
            **{name: row[name] for name in OF_THE_RETURN},
            verdict="withdrawn" if kind == "withdraw" else "accepted_with_queries",
            version=None if kind == "withdraw" else versions.get(row["dataset"], 0) + 1,
            failed={},
            not_evaluated={},
            reason=request.reason,
            by=request.by,
        )
        for row in found
    ]


def _versions(engine: sa.Engine, request: DecisionRequest) -> dict[str, int]:
    """The last version that was accepted of the county's returns of the period, by dataset."""
    said = of_the_place(engine, request)
    return dict(said.drop_nulls("version").group_by("dataset").agg(pl.col("version").max()).iter_rows())


def _admitted_rows(root: Root, engine: sa.Engine, row: Row, decision: ReturnDecision, moment: datetime) -> pl.DataFrame:
    """The rows of a quarantined return as they enter history at the moment; none of a return that has none.

    Raises StoreError where quarantine has not the files, or the rows, that the journal says.
    """
    dataset = load().datasets[decision.dataset]
    own = {name: row[name] for name in ("receipt", "county_code")}
    folder = f"{root.quarantine.name}/{decision.dataset}/period={row['period']}"
    check_read(root.path, counting(ledger.named_rows(engine)), {folder})
    written = scan_run(root.quarantine, dataset, journal.runs(root), row["run"], row["period"])
    rows = written.filter(**own).collect()
    if rows.height != decision.rows:
        raise StoreError(
            f"{root.quarantine / decision.dataset} has {rows.height} rows of receipt {decision.receipt} where the "
            f"journal says {decision.rows}; xianbao verify says which file to restore"
        )
    return rows.with_columns(known_from=known_from(moment), version=pl.lit(decision.version, pl.Int64))


def _outcome(row: Row, decision: ReturnDecision) -> DecisionOutcome:
    same = decision.model_dump(include={*RETURN, "receipt", "file"})
    return DecisionOutcome(**same, before=row["verdict"], after=decision.verdict)


def with_what_counts(engine: sa.Engine, done: Iterable[DecisionOutcome]) -> tuple[DecisionOutcome, ...]:
    """The same, once they are committed, with what is in force now."""
    decided = tuple(done)
    counties = ledger.RETURNS.c.county_code.in_({one.county_code for one in decided})
    force = ledger.read_table(engine, ledger.RETURNS, counties).lazy().pipe(in_force).collect()
    counts = {tuple(row[name] for name in RETURN): InForce.model_validate(row) for row in force.iter_rows(named=True)}
    return tuple(
        one.model_copy(update={"in_force": counts.get((one.dataset, one.county_code, one.period))}) for one in decided
    )
