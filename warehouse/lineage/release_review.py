"""What is looked at before a period is approved: how complete it is, what is queried, provisional or held."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from warehouse.codebook import load
from warehouse.marts import mart_completeness
from warehouse.marts.as_known import AsKnown
from warehouse.messages.errors import PermanentError
from warehouse.store.files import Root
from warehouse.store.holds import active_holds
from warehouse.store.in_force import RETURN
from warehouse.store.journal_records import ACCEPTED, HoldRecord, ReleaseRecord
from warehouse.store.period_release import ReleasePeriodRequest

Place = tuple[str, str]
NOTHING = "{period}: 没有已接受的报表,无可审定; no return of it is accepted, there is nothing to approve"
OBJECTIONS = {
    "not_open": "报告期尚未开放,没有县以上的数 the period is not open, so that there is no figure above the county",
    "held": "有暂缓公布的汇总数 figures above the county are held (xianbao holds)",
}
REFUSED = (
    "{period} 暂不能审定:{why}。请先处理,或说明仍要审定(--anyway); "
    "{period} is not approved, for these reasons; see to them first, or say that it is approved anyway (--anyway)"
)


class ReleaseReview(BaseModel):
    """A period as it would be approved now.

    `due` counts returns that are due, `accepted` those of them that are. The lists name each return by county and
    dataset: due and `missing` (nothing of it counts or is quarantined), `quarantined`, accepted and `queried`, in force
    and `provisional`. `held` are the figures above the county that are published as they were before they leapt.
    """

    model_config = ConfigDict(frozen=True)

    period: str
    opened: bool
    due: int
    accepted: int
    missing: tuple[Place, ...]
    quarantined: tuple[Place, ...]
    queried: tuple[Place, ...]
    provisional: tuple[Place, ...]
    held: tuple[HoldRecord, ...]

    @property
    def objections(self) -> tuple[str, ...]:
        """What speaks against approving it, by the names of OBJECTIONS."""
        return tuple(name for name, given in (("not_open", not self.opened), ("held", bool(self.held))) if given)


def review_period(root: Root, engine: sa.Engine, open_share: float, period: str) -> ReleaseReview:
    """The period as it is now; raises PermanentError where no return of it is accepted."""
    known = AsKnown.of(load(), root.history, engine, open_share)
    # Everything due is looked at, also of a period that is not open.
    sources = replace(known.sources([p for p in known.touched if p[1] == period], (period,)), open_periods=None)
    counting = sources.in_force.select(*RETURN, "status", "verdict").collect()
    if counting.is_empty():
        raise PermanentError(NOTHING.format(period=period))
    due = mart_completeness.build(sources).filter(pl.col("due"), period=period).collect()
    accepted = pl.col("verdict").is_in(ACCEPTED).fill_null(value=False)
    quarantined = pl.col("verdict").eq_missing(pl.lit("quarantined"))
    return ReleaseReview(
        period=period,
        opened=period in known.open_periods,
        due=due.height,
        accepted=due.filter(accepted).height,
        missing=_places(due.filter(~accepted, ~quarantined)),
        quarantined=_places(due.filter(quarantined)),
        queried=_places(counting.filter(verdict="accepted_with_queries")),
        provisional=_places(counting.filter(status="provisional")),
        held=tuple(one for one in active_holds(engine) if one.period == period and one.state == "held"),
    )


def _places(returns: pl.DataFrame) -> tuple[Place, ...]:
    rows: Iterable[Place] = returns.select("county_code", "dataset").sort("county_code", "dataset").iter_rows()
    return tuple(rows)


def refuse_objections(review: ReleaseReview, *, anyway: bool) -> None:
    """Raises PermanentError where something speaks against approving it, and it is not to be approved `anyway`."""
    if review.objections and not anyway:
        why = "; ".join(OBJECTIONS[name] for name in review.objections)
        raise PermanentError(REFUSED.format(period=review.period, why=why))


def approval(review: ReleaseReview, request: ReleasePeriodRequest) -> ReleaseRecord:
    """What the journal says of approving the period."""
    lists = ("missing", "quarantined", "queried", "provisional", "held")
    counts = {name: len(getattr(review, name)) for name in lists}
    own = review.model_dump(include={"opened", "due", "accepted"})
    return ReleaseRecord(state="approved", reason=request.reason, by=request.by, **own, **counts)
