"""An export on a screen: what was written where."""

from __future__ import annotations

from flows.cli.screen import Screen
from warehouse.snapshots.export import ExportResult


def show_export(done: ExportResult, console: Screen) -> None:
    """The snapshot, how many marts of it, the folder."""
    console.say(f"snapshot {done.version}, {done.marts} marts 数据集市: {done.out}")
