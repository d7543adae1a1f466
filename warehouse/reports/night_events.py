"""The events that nights emit, for automations to act on: their names, whose they are, what they say. Does not belong
here: emitting them (`tasks/tell.py`), and what is done about them (automations).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict

from warehouse.codebook import load
from warehouse.messages.visible import one_line
from warehouse.reports.run_summary import Summary
from warehouse.store.files import Root

PUBLISHED = "xianbao.night.published"
QUARANTINED = "xianbao.night.quarantined"
OVERDUE = "xianbao.night.overdue"
INBOX_ABSENT = "xianbao.night.inbox-absent"
# What an event is about: a province's root. The code of the province follows, as in xianbao.root.140000; which root it
# is, where there are several, its name says.
RESOURCE = "xianbao.root."
# A label of the resource: automations compare labels, and no numbers. PASSED where the event's own threshold is passed,
# WITHIN where it is not; an event without a threshold has PASSED.
THRESHOLD, PASSED, WITHIN = "xianbao.threshold", "passed", "within"


class Thresholds(BaseModel):
    """What a night may have before it is called out: the share of its returns that are quarantined (0 to 1), and the
    counties that owe returns whose day has passed. More than that passes the threshold.
    """

    model_config = ConfigDict(frozen=True)

    quarantined_share: float = 0.25
    overdue_counties: int = 0


class NightEvent(BaseModel):
    """An event: its name, the resource that it is about with its labels, what it says in numbers and in a sentence."""

    model_config = ConfigDict(frozen=True)

    event: str
    resource: dict[str, str]
    payload: dict[str, Any]


def events_of(root: Root, night: Summary, thresholds: Thresholds) -> Iterator[NightEvent]:
    """What there is to say of a night: that it published, that it quarantined returns, that counties are overdue.

    All have the same payload but for the `message` (zh; en). Of both turns, where a night had two: `returns` decided,
    of these `quarantined` and `quarantined_share` (0 to 1; 0 where none were decided), `files`, `unreadable`, `held`;
    the files `waiting`, the counties `overdue`, the last turn's `run`, snapshot's `version` and `report` folder, null
    where there was none.
    """
    said = _payload(root, night)
    returns, quarantined, overdue = said["returns"], said["quarantined"], said["overdue"]
    if night.version:
        message = (
            f"快照 {night.version} 已发布,本次 {returns} 份报表; snapshot {night.version} published, {returns} returns"
        )
        yield _event(PUBLISHED, root, said | {"message": message}, passed=True)
    if quarantined:
        message = f"{returns} 份报表中退回 {quarantined} 份; {quarantined} of {returns} returns quarantined"
        passed = said["quarantined_share"] > thresholds.quarantined_share
        yield _event(QUARANTINED, root, said | {"message": message}, passed=passed)
    if overdue:
        message = f"{overdue} 个县有报表逾期未报; {overdue} counties owe returns whose day has passed"
        yield _event(OVERDUE, root, said | {"message": message}, passed=overdue > thresholds.overdue_counties)


def inbox_absent(root: Root, inbox: str, why: str) -> NightEvent:
    """That a night refused its inbox: which one (`inbox`), and the sentence that says why (`message`)."""
    return _event(INBOX_ABSENT, root, {"inbox": one_line(inbox), "message": one_line(why)}, passed=True)


def _event(name: str, root: Root, payload: dict[str, Any], *, passed: bool) -> NightEvent:
    labels = {
        "prefect.resource.id": f"{RESOURCE}{load().province}",
        "prefect.resource.name": one_line(str(root.path)),
        THRESHOLD: PASSED if passed else WITHIN,
    }
    return NightEvent(event=name, resource=labels, payload=payload)


def _payload(root: Root, night: Summary) -> dict[str, Any]:
    turns = [one for one in (night.before, night) if one]
    quarantined = sum(one.quarantined for one in turns)
    returns = quarantined + sum(one.accepted + one.accepted_with_queries for one in turns)
    return {
        "run": night.run,
        "version": night.version,
        "returns": returns,
        "quarantined": quarantined,
        "quarantined_share": round(quarantined / returns, 4) if returns else 0.0,
        **{name: sum(getattr(one, name) for one in turns) for name in ("files", "unreadable", "held")},
        "waiting": night.waiting,
        "overdue": night.overdue,
        "report": str(root.reports / night.run) if night.run else None,
    }
