"""The nightly flow: everything new in the inbox."""

from __future__ import annotations

from flows.forms import Inbox, ReceivedAt
from flows.operation import operation
from flows.pipeline import process, started
from flows.settings import load_settings
from tasks.tell import tell_night, told_inbox
from warehouse.reports.run_summary import Summary
from warehouse.store import ledger
from warehouse.store.inbox import Arrivals, check_inbox, new_files


@operation("nightly")
def nightly(inbox: Inbox = None, received_at: ReceivedAt = None) -> Summary:
    """Takes in what is new in the inbox and publishes; says so where nothing is new. Safe to run again at any time.

    What takes long, or was in hand when runs broke off, has its turn in a run of its own when all else is committed.
    Raises TransientError where the inbox is not there, cannot be entered or lacks its marker: at once or, where it went
    before it was read, in the end.
    """
    settings = load_settings()
    folder = (inbox or settings.inbox_folder).absolute()
    with told_inbox(settings.store, folder):
        check_inbox(folder, settings.inbox_marker)
    with started(settings, "nightly", received_at) as (run, stages):
        known = ledger.latest_by_file(ledger.open_ledger(run.ledger_url))
        arrivals = new_files(folder, known, settings.patience, settings.limits, settings.inbox_marker)
        put_off = arrivals.take_out(stages.suspects)
        summary = process(run.model_copy(update={"budgets": settings.budgets.first_turn}), arrivals, stages)
    if (last := Arrivals(put_off | arrivals.take_out(summary.late))).files:
        with started(settings, "nightly", received_at) as (run, stages):
            summary = summary.followed_by(process(run, last, stages))
    tell_night(settings.store, summary, settings.thresholds)
    if summary.waiting or summary.run is None:
        with told_inbox(settings.store, folder):
            check_inbox(folder, settings.inbox_marker)  # all else is committed
    return summary
