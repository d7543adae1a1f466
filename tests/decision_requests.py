"""Withdrawing, waiving and releasing without Prefect."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from tests.builders import RECEIVED, YANGGAO, finance, loans, night, publish_new, send, url
from warehouse.maintenance.recover import prepare
from warehouse.reports.run_summary import write_findings
from warehouse.store import holds, journal, ledger
from warehouse.store import manual_decisions as decisions
from warehouse.store.decision_requests import DecisionKind, DecisionRequest
from warehouse.store.files import Root
from warehouse.store.journal_records import HoldRecord
from warehouse.store.manual_decisions import DecisionOutcome
from warehouse.store.staging import entry_of_decisions, load_staged, save_returns, stage_period


def nights(root: Root, inbox: Path, *amounts: int) -> None:
    """A night for each amount that Yanggao says it lent."""
    for number, amount in enumerate(amounts, start=1):
        night(root, send(inbox / str(number), loans(finance(amount))).parent)


def decide(root: Root, kind: DecisionKind, received_at: datetime = RECEIVED, **request: Any) -> list[DecisionOutcome]:
    """What flows/manual_decisions.py does, by plain functions; of Yanggao's finance of 2017-12 by default."""
    from expectations.settle_holds import settle_holds  # noqa: PLC0415  (it warns when it is imported)

    told = {"county_code": YANGGAO, "period": "2017-12", "dataset": "finance", "reason": "电话核实", **request}
    with root.lock(0):
        run, meant = journal.next_run(root), DecisionRequest.model_validate(told)
        left = {one.kind for one in prepare(root, url(root))}
        engine, work = ledger.open_ledger(url(root)), root.work / run
        if before := decisions.already_applied(root, engine, kind, meant):
            run, done = before
        else:
            if "unpublished" in left:
                publish_new(root)
            record, rows, done = decisions.decide(root, engine, kind, meant, received_at)
            stage_period(root, run, work / "judged", record, rows, {})
            save_returns(url(root), work / "returns.arrow")
            settle_holds(root, run, work / "returns.arrow", work / "judged", judged=False)
            journal.commit(root, entry_of_decisions(run, kind, received_at, load_staged(work / "judged")))
            ledger.catch_up(engine, root)
        publish_new(root)
        write_findings(journal.read_entry(root, run), root.reports / run)
        return list(decisions.with_what_counts(engine, done))


def release(root: Root, received_at: datetime = RECEIVED, **request: Any) -> list[HoldRecord]:
    """What flows/release_hold.py does, by plain functions; all of finance of 2017-12 by default."""
    told = {"dataset": "finance", "period": "2017-12", "indicator": "all", "area": "all", "reason": "已核实", **request}
    with root.lock(0):
        run, meant = journal.next_run(root), holds.ReleaseRequest.model_validate(told)
        prepare(root, url(root))
        engine = ledger.open_ledger(url(root))
        if (before := holds.already_released(engine, meant)) is not None:
            return before[1]
        periods = holds.released(holds.to_release(engine, meant, received_at), meant)
        journal.commit(root, entry_of_decisions(run, holds.RELEASE, received_at, periods))
        ledger.catch_up(engine, root)
        publish_new(root)
        return [*journal.read_entry(root, run).holds]
