"""What looking after the store came to, for a person at the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from warehouse.maintenance.backup import BackupResult, RestoreResult
from warehouse.maintenance.rebuild import Difference, RebuildResult
from warehouse.maintenance.verify import IntegrityFault
from warehouse.snapshots.as_of import AsOfMarts
from warehouse.snapshots.prune import PruneResult
from warehouse.store.compact import CompactResult

MIB = 2**20


def show_rebuild(done: RebuildResult, console: Console) -> None:
    """How much was rebuilt and each difference; where it was put in place, which files of the live root were."""
    _print(
        console,
        f"{done.entries:,} entries replayed, {done.read:,} originals read: {done.rows:,} files of rows, "
        f"{done.marts:,} of marts in {done.seconds:.1f} s",
    )
    if done.without_hash:
        _print(console, f"{done.without_hash:,} files of rows are older than their hashes, and gone: not compared")
    if done.other_program:
        _print(
            console, "another version of xianbao made the snapshot: the marts were made anew, not compared 程序已更新"
        )
    elif not done.marts_compared:
        _print(console, "no snapshot of the same runs is published: the marts were not compared")
    _differences(done.differences, console)
    if done.replaced is not None:
        for name in done.replaced:
            _print(console, f"  replaced 已替换 {name}")
        console.print(f"[bold]In place 已就位[/]: {len(done.replaced)} files were not as they must be", highlight=False)
    elif not done.differences:
        console.print("[bold]The same, byte for byte 逐字节一致.[/]", highlight=False)
        _print(console, f"rebuilt in {done.out}")


def _differences(differences: Iterable[Difference], console: Console) -> None:
    for one in differences:
        console.print(f"{one.path} 与当初不同", style="red", highlight=False, markup=False, soft_wrap=True)
        kept = "the file of then is kept" if one.kept else "nothing of then is left to keep"
        _print(console, f"  is not as it was: expected {one.expected}, found {one.found}; {kept}")
        if one.harmless:
            _print(
                console,
                "    its rows are the same: the form has other columns now, or another version of Polars wrote it",
            )
        for name in one.returns:
            _print(console, f"    read otherwise now, or missing: {name}")


def show_as_of(done: AsOfMarts, console: Console) -> None:
    """Where the marts of then are."""
    _print(console, f"as known at {done.moment:%Y-%m-%d %H:%M:%S} UTC, after run {done.run}: {len(done.files)} files")
    _print(console, f"marts     {done.out}/marts.duckdb")


def show_prune(done: PruneResult, console: Console) -> None:
    """What was removed and what stays."""
    removed = ", ".join(done.removed) or "none"
    _print(console, f"snapshots removed 已删除: {removed} ({done.bytes / MIB:,.1f} MiB came free)")
    _print(console, f"kept 保留: {', '.join(done.kept) or 'none'}")


def show_compact(done: CompactResult, console: Console) -> None:
    """What had been left from before, and how many files became how many."""
    for one in done.recovered:
        _print(console, f"  {one.message_zh}; {one.message_en}")
    if done.run is None:
        _print(console, "Nothing to merge 无需合并.")
        return
    _print(
        console,
        f"run {done.run}: {done.files_before:,} files of rows became {done.files_after:,} 已合并 "
        f"({done.bytes_before / MIB:,.1f} -> {done.bytes_after / MIB:,.1f} MiB)",
    )


def show_backup(done: BackupResult, console: Console) -> None:
    """How much was copied, and what is wrong in the backup."""
    _print(
        console,
        f"{done.copied:,} files copied ({done.bytes / MIB:,.1f} MiB), {done.present:,} were there, "
        f"all verified in {done.seconds:.1f} s: {done.destination}",
    )
    for name in done.repaired:
        _print(console, f"  was damaged or missing in the backup and was copied again: {name}")
    _faults(done.faults, console)


def show_restore(done: RestoreResult, console: Console) -> None:
    """What was rebuilt, and what verifying says of the new root."""
    show_rebuild(done.rebuilt, console)
    _faults(done.verified.faults, console)
    if done.whole:
        console.print(f"[bold]Restored 已恢复[/]: all as it was kept, in {done.rebuilt.out}", highlight=False)


def _faults(faults: Iterable[IntegrityFault], console: Console) -> None:
    for fault in faults:
        console.print(fault.message_zh, style="red", highlight=False, markup=False, soft_wrap=True)
        _print(console, f"  {fault.message_en}")


def _print(console: Console, line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)
