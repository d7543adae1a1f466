"""Figures above the county that are held, for a person at the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from flows.cli.screen import Screen
from warehouse.codebook import load
from warehouse.store.journal_records import HoldRecord

if TYPE_CHECKING:
    from flows.release_hold import ReleaseResult

FIRST = 3
STATES = {"held": "held 暂缓公布", "warned": "asked about 待核", "released": "released 已放行"}
AGAINST = {"snapshot": "before 变动前", "period": "last period 上期", "year": "a year ago 上年同期"}


def show_holds(waiting: Sequence[HoldRecord], console: Screen) -> None:
    """Each figure with its bounds and the returns that move it, the largest first; and what to do."""
    for one in waiting:
        _show(one, console)
    if not waiting:
        console.say("No figure is held 没有暂缓公布的汇总数")
        return
    first = waiting[0]
    console.say(
        "The county corrects the return, or the figure is right 由县更正报表;数字属实的:\n"
        f"  xianbao release-hold --dataset {first.dataset} --period {first.period} --indicator {first.indicator} "
        f"--area {first.code} --reason ... --by ..."
    )


def show_first(waiting: Sequence[HoldRecord], console: Screen) -> None:
    """The first of the figures that are published as they were, and how many there are; nothing where none is."""
    held = [one for one in waiting if one.state == "held"]
    for one in held[:FIRST]:
        _show(one, console)
    if held:
        console.say(f"{len(held)} figures are published as they were 个汇总数暂按变动前公布: xianbao holds", "yellow")


def _show(one: HoldRecord, console: Screen) -> None:
    label = load().datasets[one.dataset][one.indicator].label_zh
    console.say(f"{one.period} {one.dataset} {one.indicator} {label}, {one.level} {one.code}: {STATES[one.state]}")
    bounds = f"expected 应在 {Decimal(one.low):,} … {Decimal(one.high):,}"
    console.say(f"  {AGAINST[one.against]} {Decimal(one.before):,} -> {Decimal(one.after):,}; {bounds}")
    for mover in one.returns:
        console.say(f"  receipt 收件 {mover.receipt} {mover.county_code} ({mover.file}) {mover.share} %")


def show_released(done: ReleaseResult, console: Screen) -> None:
    """Each figure that was let through, why, and where it stands."""
    for one in done.released:
        _show(one, console)
    console.say(f"reason 理由: {done.request.reason}" + (f" ({done.request.by})" if done.request.by else ""))
    if done.already_applied:
        console.say("said before: nothing was released anew 此前已办理,本次未重复")
    version = done.summary.version
    marts = f"snapshot {version} is published" if version else "the last snapshot has it already"
    console.say(f"run {done.summary.run} in the journal; {marts}")
