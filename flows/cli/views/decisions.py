"""What a person's decision came to, for a person at the terminal."""

from __future__ import annotations

from flows.cli.screen import Screen
from flows.manual_decisions import DecisionResult
from warehouse.codebook import load
from warehouse.store.decision_requests import DecisionKind
from warehouse.store.manual_decisions import DecisionOutcome

DONE = {"withdraw": "withdrawn 已撤回", "waive": "let in by waiver 已豁免接受"}


def show_decisions(kind: DecisionKind, done: DecisionResult, console: Screen) -> None:
    """A line for each return that was decided, one for what counts now of its dataset, and where it stands."""
    for one in done.outcomes:
        label = load().datasets[one.dataset].label_zh
        what = f"{one.county_code} {one.period} {one.dataset} {label}: receipt {one.receipt} ({one.file})"
        console.say(f"{what} {DONE[kind]}; before: {one.before}")
    for last in {one.dataset: one for one in done.outcomes}.values():
        console.say(f"  {last.dataset}: {_counts(last)}")
    console.say(f"reason 理由: {done.request.reason}" + (f" ({done.request.by})" if done.request.by else ""))
    if done.already_applied:
        console.say("said before: nothing was decided anew 此前已办理,本次未重复; name another return by --receipt")
    version = done.summary.version
    marts = f"snapshot {version} is published" if version else "the last snapshot has it already"
    console.say(f"run {done.summary.run} in the journal; {marts}")


def _counts(last: DecisionOutcome) -> str:
    """Which return is in force after the last of a dataset that was decided."""
    now = last.in_force
    if now is None:
        return "nothing is in force now 现无生效报表; its figures are missing until the county sends the return again"
    again = " again 重新生效" if now.receipt < last.receipt else ""
    return f"receipt {now.receipt} ({now.file}), version {now.version}, is in force{again}"
