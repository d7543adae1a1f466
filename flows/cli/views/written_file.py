"""How a file that was written for another tool is shown."""

from __future__ import annotations

from flows.cli.screen import Screen
from warehouse.snapshots.superset import WrittenFile


def show_file(written: WrittenFile, console: Screen) -> None:
    """Where it is, and what of."""
    of = f", snapshot 快照 {written.version}" if written.version else ""
    opens = f", opens with 打开时显示 {written.period}" if written.period else ""
    console.print(f"written 已写出 {written.out}{of}{opens}")
