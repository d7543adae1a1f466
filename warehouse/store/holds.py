"""Figures above the county that the gate holds back, or asks about: what was said of each last, and releasing them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

import polars as pl
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, field_validator

from warehouse.codebook.choices import BLANK, DatasetOrAll
from warehouse.messages.errors import PermanentError
from warehouse.store import ledger
from warehouse.store.approvals import refuse_locked
from warehouse.store.decision_requests import (
    ALL,
    ALL_OF_THEM,
    By,
    DecidedPeriod,
    Reason,
    check_characters,
    check_dataset,
    check_period,
    check_reason,
)
from warehouse.store.journal_records import MOVERS, HoldRecord, PeriodRecord, Place
from warehouse.store.rejudging import newer_than_last

RELEASE = "release-hold"

FIGURE = ["dataset", "period", "indicator", "level", "code"]


def last_said(holds: pl.DataFrame) -> pl.DataFrame:
    """One row per figure: what was said of it last. Columns of the ledger's table, in the order of the figures."""
    return holds.sort("run").unique(FIGURE, keep="last").sort(FIGURE)


def last_holds(engine: sa.Engine) -> dict[Place, HoldRecord]:
    """What was said last of each figure that the gate, or a person, ever said anything of."""
    rows = ledger.read_table(engine, ledger.HOLDS).pipe(last_said)
    return by_figure(hold_of(row) for row in rows.iter_rows(named=True))


def hold_of(row: Mapping[str, Any]) -> HoldRecord:
    """The record that a row of the ledger is of."""
    said = {name: value for name, value in row.items() if name != "run"}
    counties = tuple(code for code in row["let_through"].split("|") if code)
    return HoldRecord.model_validate({**said, "returns": MOVERS.validate_json(row["returns"]), "let_through": counties})


def by_figure(holds: Iterable[HoldRecord]) -> dict[Place, HoldRecord]:
    """The records by their figure; the last of each."""
    return {one.figure: one for one in holds}


def active_holds(engine: sa.Engine) -> list[HoldRecord]:
    """Those that wait for somebody, by figure."""
    return [one for _, one in sorted(last_holds(engine).items()) if one.active]


def to_settle(
    holds: Mapping[Place, HoldRecord], decided: Iterable[PeriodRecord], *, judged: bool
) -> list[tuple[str, str]]:
    """The periods and datasets whose figures are to be looked at again before a run commits, besides those that it
    `judged`: what a person decided of, and what waits of a dataset that something was decided of, in any period.
    """
    own = {(period.period, one.dataset) for period in decided for one in period.decisions}
    datasets = {dataset for _, dataset in own}
    waiting = {(one.period, one.dataset) for one in holds.values() if one.active and one.dataset in datasets}
    return sorted(waiting - own if judged else waiting | own)


class ReleaseRequest(BaseModel):
    """Which figures a person lets through, why, and who says so: of a dataset and period one indicator, or `all`, in
    one area by its code, or `all`. Raises PermanentError as `DecisionRequest` does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset: Annotated[DatasetOrAll, Field(title="报表 Dataset", description=ALL_OF_THEM)]
    period: DecidedPeriod
    indicator: Annotated[
        str,
        Field(
            title="指标 Indicator",
            description="如 loan_amount_yuan;all 为全部暂缓的。 Like loan_amount_yuan; all: every one that is held.",
        ),
    ] = ALL
    area: Annotated[
        str,
        Field(
            title="地区 Area",
            description="地区代码,如 140200;all 为全部。 The area's code, like 140200; all: every one.",
        ),
    ] = ALL
    reason: Reason
    by: By = BLANK

    _period = field_validator("period")(check_period)
    _dataset = field_validator("dataset")(check_dataset)
    _reason = field_validator("reason")(check_reason)
    _characters = field_validator("reason", "by")(check_characters)

    def means(self, hold: HoldRecord) -> bool:
        """Whether a figure is one of those."""
        asked = (self.dataset, self.period, self.indicator, self.area)
        own = (hold.dataset, hold.period, hold.indicator, hold.code)
        return all(one in (ALL, other) for one, other in zip(asked, own, strict=True))


def to_release(engine: sa.Engine, request: ReleaseRequest, moment: datetime) -> list[HoldRecord]:
    """The figures that the request lets through, as they wait.

    Raises PermanentError, saying what there is, where none does, where the period is approved, or the moment is before
    the last run.
    """
    newer_than_last(engine, moment)
    refuse_locked(engine, request.period)
    waiting = active_holds(engine)
    if meant := [one for one in waiting if request.means(one)]:
        return meant
    there = "; ".join(dict.fromkeys(f"{one.dataset} {one.period} {one.indicator} {one.code}" for one in waiting))
    place = f"{request.dataset} {request.period} {request.indicator} {request.area}"
    raise PermanentError(f"{place}: 没有待放行的数; no such figure is held; held are: {there or 'none'}")


def released(holds: Iterable[HoldRecord], request: ReleaseRequest) -> list[PeriodRecord]:
    """What the journal says of letting these through."""
    said = [_released(one, request) for one in holds]
    return [
        PeriodRecord(
            period=period, decisions=(), rules=(), findings=(), holds=tuple(one for one in said if one.period == period)
        )
        for period in sorted({one.period for one in said})
    ]


def _released(hold: HoldRecord, request: ReleaseRequest) -> HoldRecord:
    counties = tuple(sorted({*hold.let_through, *(mover.county_code for mover in hold.returns)}))
    said = {"state": "released", "let_through": counties, "reason": request.reason, "by": request.by}
    return hold.model_copy(update=said)


def already_released(engine: sa.Engine, request: ReleaseRequest) -> tuple[str, list[HoldRecord]] | None:
    """The run that let them through and what it let through, where this very request was the last word. Else None."""
    rows = ledger.read_table(engine, ledger.HOLDS).pipe(last_said).sort("run").iter_rows(named=True)
    said = [(row["run"], one) for row in rows if request.means(one := hold_of(row))]
    if not said or any(one.active for _, one in said):
        return None
    run = said[-1][0]
    own = [one for of, one in said if of == run]
    signed = {(one.state, one.reason, one.by) for one in own} == {("released", request.reason, request.by)}
    return (run, own) if signed else None
