"""A period that is approved or opened again, for a person at the terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flows.cli.screen import Screen
from warehouse.lineage.release_review import OBJECTIONS, Place, ReleaseReview
from warehouse.reports.findings_text import county_label

if TYPE_CHECKING:
    from flows.release_period import ReleasePeriodResult
    from flows.reopen import ReopenResult
    from warehouse.reports.run_summary import Summary

COUNTIES, RETURNS = 8, 40
RELEASES = {"approved": "approved 已审定", "reopened": "opened again 重新开放"}
LISTS = {
    "missing": "missing 缺报",
    "quarantined": "quarantined 退回",
    "queried": "with open queries 有待核事项",
    "provisional": "provisional 预计数",
}


def show_review(review: ReleaseReview, console: Screen) -> None:
    """How complete the period is; what is missing, quarantined, queried and provisional, by county; what is held."""
    console.say(
        f"{review.period}: {review.accepted} of {review.due} returns due are accepted 应报 {review.due} 份,已接受"
        f" {review.accepted} 份",
        "bold",
    )
    for name, label in LISTS.items():
        places: Sequence[Place] = getattr(review, name)
        console.say(f"  {label}: {len(places)}", "yellow" if places else "")
        _show_places(places, console)
    console.say(f"  figures held 暂缓公布的汇总数: {len(review.held)}", "yellow" if review.held else "")
    for one in review.objections:
        console.say(f"  {OBJECTIONS[one]}", "red")


def _show_places(places: Sequence[Place], console: Screen) -> None:
    """A line a county, the first of them."""
    by_county: dict[str, list[str]] = defaultdict(list)
    for county, dataset in places:
        by_county[county].append(dataset)
    for county, datasets in [*by_county.items()][:COUNTIES]:
        console.say(f"    {county_label(county)}: {', '.join(datasets)}")
    if (more := len(by_county) - COUNTIES) > 0:
        console.say(f"    … 另有 and {more} more counties 个县 (--check --json)", "dim")


def show_approved(done: ReleasePeriodResult, console: Screen) -> None:
    """That it is approved, by whom, and where that stands."""
    request = done.request
    console.say(f"{request.period} approved and locked 已审定并锁定 ({request.by}): {request.reason}", "bold")
    if done.already_applied:
        console.say("said before: nothing was approved anew 此前已办理,本次未重复")
    console.say(f"what comes for it now waits 此后报来的暂存: xianbao reopen {request.period} --reason ... --by ...")
    _where(done.summary, console)


def show_reopened(done: ReopenResult, console: Screen) -> None:
    """That it is opened again, and what became of each return that waited, the first of them."""
    request = done.request
    console.say(f"{request.period} opened again 已重新开放 ({request.by}): {request.reason}", "bold")
    if done.already_applied:
        console.say("said before: nothing was opened anew 此前已办理,本次未重复")
    for one in done.changes[:RETURNS]:
        rules = f" ({' '.join(one.rules_after)})" if one.rules_after else ""
        console.say(f"  {county_label(one.county_code)} {one.dataset}: {one.file}: waited 暂存 -> {one.after}{rules}")
    if (more := len(done.changes) - RETURNS) > 0:
        console.say(f"  … 另有 and {more} more (--json)", "dim")
    if done.unread:
        console.say(f"  {done.unread} could not be read again, and wait 份未能读取,仍暂存: xianbao rejudge", "red")
    console.say(f"once it is right 更正完毕后: xianbao release {request.period}")
    _where(done.summary, console)


def _where(summary: Summary, console: Screen) -> None:
    marts = f"snapshot {summary.version} is published" if summary.version else "the last snapshot has it already"
    console.say(f"run {summary.run} in the journal; {marts}")
