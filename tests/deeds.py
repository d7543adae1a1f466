"""Withdrawing and waiving without Prefect."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from tests.builders import RECEIVED, YANGGAO, finance, loans, night, publish_new, send, url
from warehouse.recover import prepare
from warehouse.report import write_findings
from warehouse.store import decide as decisions
from warehouse.store import journal, ledger
from warehouse.store.decide import Decided
from warehouse.store.deeds import Act, Deed
from warehouse.store.files import Root
from warehouse.store.judged import entry_of_decisions, keep_judged, load_judged


def nights(root: Root, inbox: Path, *amounts: int) -> None:
    """A night for each amount that Yanggao says it lent."""
    for number, amount in enumerate(amounts, start=1):
        night(root, send(inbox / str(number), loans(finance(amount))).parent)


def decide(root: Root, act: Act, received_at: datetime = RECEIVED, **deed: Any) -> list[Decided]:
    """What flows/decide.py does, by the rooms' plain functions; of Yanggao's finance of 2017-12 by default."""
    told = {"county_code": YANGGAO, "period": "2017-12", "dataset": "finance", "reason": "电话核实", **deed}
    with root.lock(0):
        run, meant = journal.next_run(root), Deed.model_validate(told)
        left = {one.kind for one in prepare(root, url(root))}
        engine, work = ledger.open_ledger(url(root)), root.work / run
        if before := decisions.said_before(root, engine, act, meant):
            run, done = before
        else:
            if "unpublished" in left:
                publish_new(root)
            record, rows, done = decisions.decide(root, engine, act, meant, received_at)
            keep_judged(root, run, work, record, rows, {})
            journal.commit(root, entry_of_decisions(run, act, received_at, load_judged(work)))
            ledger.catch_up(engine, root)
        publish_new(root)
        write_findings(journal.read_entry(root, run), root.reports / run)
        return list(decisions.with_what_counts(engine, done))
