"""The flow forget: an original that must not be kept is removed for good, with what came of it; a run of its own."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from flows.forms import ReceivedAt
from flows.operation import operation
from flows.pipeline import publish_and_report, publish_interrupted, started
from flows.settings import load_settings
from tasks import forget as tasks
from warehouse.reports.run_summary import Summary
from warehouse.store.forget import ForgetOutcome, ForgetRequest
from warehouse.store.journal_records import FORGET


class ForgetResult(BaseModel):
    """What was forgotten, why and by whom, and the run that says so, with the snapshot that has nothing of it."""

    model_config = ConfigDict(frozen=True)

    request: ForgetRequest
    outcome: ForgetOutcome
    summary: Summary


@operation(
    FORGET,
    says=lambda done: f"永久删除 {len(done.outcome.receipts)} 份收件; {len(done.outcome.receipts)} receipts forgotten",
)
def forget(request: ForgetRequest, received_at: ReceivedAt = None) -> ForgetResult:
    """Commits that a submission is forgotten, then removes it, and publishes the marts without what it was told of it.

    Broken off before that, the next run removes and publishes.
    """
    with started(load_settings(), FORGET, received_at) as (run, stages):
        publish_interrupted(run, stages)
        with stages.stage("commit", f"run {run.name}"):
            outcome = tasks.forget(run, request)
        with stages.stage("remove", f"{len(outcome.receipts)} receipts"):
            tasks.remove(run)
        return ForgetResult(request=request, outcome=outcome, summary=publish_and_report(run, stages))
