"""Forgetting without Prefect."""

from __future__ import annotations

from datetime import datetime

from tests.builders import publish_new, url
from tests.compacting import LATER
from warehouse.maintenance.forget_originals import remove_forgotten
from warehouse.maintenance.recover import clear, prepare
from warehouse.reports.run_summary import write_findings
from warehouse.store import forget as store
from warehouse.store import journal, ledger
from warehouse.store.files import Root
from warehouse.store.forget import ForgetOutcome, ForgetRequest

WHY = {"reason": "含个人信息", "by": "李"}


def forget(root: Root, name: str, moment: datetime = LATER) -> ForgetOutcome:
    """What flows/forget.py does, by plain functions."""
    with root.lock(0):
        run = journal.next_run(root)
        prepare(root, url(root))
        engine = ledger.open_ledger(url(root))
        done = store.forget(root, engine, run, ForgetRequest(name=name, **WHY), moment)
        remove_forgotten(root, engine)
        publish_new(root)
        write_findings(journal.read_entry(root, run), root.reports / run)
        clear(root)
    return done
