"""What looking after the store came to, for a person at the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from flows.cli.screen import Screen
from warehouse.maintenance.backup import BackupResult, RestoreResult
from warehouse.maintenance.rebuild import Difference, RebuildResult
from warehouse.maintenance.retention import RetentionResult
from warehouse.snapshots.as_of import AsOfMarts
from warehouse.store.compact import CompactResult
from warehouse.store.integrity import IntegrityFault

MIB = 2**20


def show_rebuild(done: RebuildResult, console: Screen) -> None:
    """How much was rebuilt and each difference; where it was put in place, which files of the live root were."""
    console.say(
        f"{done.entries:,} entries replayed, {done.read:,} originals read: {done.rows:,} files of rows, "
        f"{done.marts:,} of marts in {done.seconds:.1f} s",
    )
    if done.without_hash:
        console.say(f"{done.without_hash:,} files of rows are older than their hashes, and gone: not compared")
    if done.other_program:
        console.say("another version of xianbao made the snapshot: the marts were made anew, not compared 程序已更新")
    elif not done.marts_compared:
        console.say("no snapshot of the same runs is published: the marts were not compared")
    _differences(done.differences, console)
    if done.replaced is not None:
        for name in done.replaced:
            console.say(f"  replaced 已替换 {name}")
        console.print(
            Text.assemble(("In place 已就位", "bold"), f": {len(done.replaced)} files were not as they must be")
        )
    elif not done.differences:
        console.print("The same, byte for byte 逐字节一致.", style="bold")
        console.say(f"rebuilt in {done.out}")


def _differences(differences: Iterable[Difference], console: Screen) -> None:
    for one in differences:
        console.say(f"{one.path} 与当初不同", "red")
        kept = "the file of then is kept" if one.kept else "nothing of then is left to keep"
        console.say(f"  is not as it was: expected {one.expected}, found {one.found}; {kept}")
        if one.harmless:
            console.say(
                "    its rows are the same: the form has other columns now, or another version of Polars wrote it",
            )
        for name in one.returns:
            console.say(f"    read otherwise now, or missing: {name}")


def show_as_of(done: AsOfMarts, console: Screen) -> None:
    """Where the marts of then are."""
    console.say(f"as known at {done.moment:%Y-%m-%d %H:%M:%S} UTC, after run {done.run}: {len(done.files)} files")
    console.say(f"marts     {done.out}/marts.duckdb")


def show_prune(done: RetentionResult, console: Screen) -> None:
    """What was removed and what stays."""
    removed = ", ".join(done.removed) or "none"
    console.say(f"snapshots removed 已删除: {removed} ({done.bytes / MIB:,.1f} MiB came free)")
    console.say(f"kept 保留: {', '.join(done.kept) or 'none'}")
    console.say(f"reports removed 已删除报告: {', '.join(done.reports) or 'none'}")
    if done.run_log:
        console.say(f"months of the run log removed 已删除运行记录: {', '.join(done.run_log)}")


def show_compact(done: CompactResult, console: Screen) -> None:
    """What had been left from before, and how many files became how many."""
    for one in done.recovered:
        console.say(f"  {one.message_zh}; {one.message_en}")
    if done.run is None:
        console.say("Nothing to merge 无需合并.")
        return
    console.say(
        f"run {done.run}: {done.files_before:,} files of rows became {done.files_after:,} 已合并 "
        f"({done.bytes_before / MIB:,.1f} -> {done.bytes_after / MIB:,.1f} MiB)",
    )


def show_backup(done: BackupResult, console: Screen) -> None:
    """How much was copied, and what is wrong in the backup."""
    console.say(
        f"{done.copied:,} files copied ({done.bytes / MIB:,.1f} MiB), {done.present:,} were there, "
        f"all verified in {done.seconds:.1f} s: {done.destination}",
    )
    for name in done.repaired:
        console.say(f"  was damaged or missing in the backup and was copied again: {name}")
    for name in done.forgotten:
        console.say(f"  was forgotten, and is removed from the backup 已登记永久删除,已从备份中删除: {name}")
    _faults(done.faults, console)


def show_restore(done: RestoreResult, console: Screen) -> None:
    """What was rebuilt, and what verifying says of the new root."""
    show_rebuild(done.rebuilt, console)
    _faults(done.verified.faults, console)
    if done.whole:
        console.print(Text.assemble(("Restored 已恢复", "bold"), f": all as it was kept, in {done.rebuilt.out}"))


def _faults(faults: Iterable[IntegrityFault], console: Screen) -> None:
    for fault in faults:
        console.say(fault.message_zh, "red")
        console.say(f"  {fault.message_en}")
