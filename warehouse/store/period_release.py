"""Releasing a period: the province approves it, which locks it, or opens it again; each is a run of its own.

Does not belong here: what is looked at before (`warehouse.lineage.release_review`), the returns that wait meanwhile
(`waiting_returns.py`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, field_validator

from warehouse.messages.errors import PermanentError
from warehouse.store import ledger
from warehouse.store.approvals import approvals, last_releases, refuse_locked
from warehouse.store.decision_requests import DecidedPeriod, check_characters, check_period, check_reason
from warehouse.store.journal_records import ReleaseRecord
from warehouse.store.rejudging import newer_than_last

NOT_LOCKED = "{period} 未审定,无须重新开放; {period} is not approved, there is nothing to open again"

NAMELESS = "请写明姓名,记入日志; say who decides it: the name stands in the journal"
KEPT = "记入日志和数据集市。 It stands in the journal and in mart_releases."
Name = Annotated[str, Field(title="姓名 Name", description=f"谁决定的;{KEPT}")]
Anyway = Annotated[
    bool,
    Field(
        title="仍然审定 Approve anyway",
        description="报告期未开放或有暂缓公布的数。 Though the period is not open, or figures of it are held.",
    ),
]


class ReopenRequest(BaseModel):
    """That a person opens an approved period again: what waits is judged, and corrections are let in.

    Raises PermanentError for what is no period, an empty reason and an empty name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    state: ClassVar[Literal["approved", "reopened"]] = "reopened"

    period: DecidedPeriod
    reason: Annotated[str, Field(title="理由 Reason", description=KEPT)]
    by: Name

    _period = field_validator("period")(check_period)
    _reason = field_validator("reason")(check_reason)
    _characters = field_validator("reason", "by")(check_characters)

    @field_validator("by")
    @classmethod
    def _named(cls, by: str) -> str:
        if not by.strip():
            raise PermanentError(NAMELESS)
        return by.strip()


class ReleasePeriodRequest(ReopenRequest):
    """That a person approves a period: all of it, for the province, with a note (`reason`).

    `anyway` approves it though it is not open, or figures of it are held. Raises as `ReopenRequest`.
    """

    state = "approved"

    reason: Annotated[str, Field(title="批注 Note", description=KEPT)]
    anyway: Anyway = False


def to_release(engine: sa.Engine, period: str, moment: datetime) -> None:
    """Raises PermanentError where the period is approved already, or the moment is before the last run."""
    newer_than_last(engine, moment)
    refuse_locked(engine, period)


def to_reopen(engine: sa.Engine, request: ReopenRequest, moment: datetime) -> None:
    """Raises PermanentError where the period is not approved, or the moment is before the last run."""
    newer_than_last(engine, moment)
    if request.period not in approvals(engine):
        raise PermanentError(NOT_LOCKED.format(period=request.period))


def already_said(engine: sa.Engine, request: ReopenRequest) -> str | None:
    """The run that did it, where the last word on the period is this very request: of the same person, with the same
    reason. Else None.
    """
    own = ledger.read_table(engine, ledger.RELEASES, ledger.RELEASES.c.period == request.period)
    for row in own.pipe(last_releases).iter_rows(named=True):
        if (row["state"], row["reason"], row["by"]) == (request.state, request.reason, request.by):
            return str(row["run"])
    return None


def reopening(request: ReopenRequest) -> ReleaseRecord:
    """What the journal says of opening a period again."""
    return ReleaseRecord(state=request.state, reason=request.reason, by=request.by)
