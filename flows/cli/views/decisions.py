"""What a person's decision came to, for a person at the terminal."""

from __future__ import annotations

from flows.cli.screen import Screen
from flows.forget import ForgetResult
from flows.manual_decisions import DecisionResult
from warehouse.codebook import load
from warehouse.store.decision_requests import DecisionKind
from warehouse.store.manual_decisions import DecisionOutcome

DONE = {"withdraw": "withdrawn 已撤回", "waive": "let in by waiver 已豁免接受"}

BY_HAND = (
    ("请从收件箱中删除该文件(不会再次收取)。", "Remove the file from the inbox; it is not taken in again from there."),
    (
        "各备份:再次运行 xianbao backup 即从中删除;其他副本请手工删除。",
        "Backups: the next xianbao backup to each removes it there; other copies are yours to remove.",
    ),
    (
        "旧快照仍含当时的发布内容:下次发布后运行 xianbao prune --keep-days 0。",
        "Older snapshots say what was published of it: once the next is published, xianbao prune --keep-days 0.",
    ),
)


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


def show_forgotten(done: ForgetResult, console: Screen) -> None:
    """What was removed, and what a person has still to do: outside the root, and in older snapshots."""
    gone = done.outcome
    for number, file in zip(gone.receipts, gone.files, strict=True):
        console.say(f"receipt 收件 {number} ({file}) forgotten 已永久删除")
    console.say(f"sha256 {gone.submission}")
    console.say(f"reason 理由: {done.request.reason} ({done.request.by})")
    for number in gone.elsewhere:
        console.say(
            f"  the same bytes are still kept as 相同内容仍存于: receipt {number}; xianbao forget {number}", "yellow"
        )
    console.say("Still to be done by hand 仍须人工处理:")
    for zh, en in BY_HAND:
        console.say(f"  {zh} {en}")
    version = done.summary.version
    console.say(f"run {done.summary.run} in the journal; snapshot {version} is published without it")
