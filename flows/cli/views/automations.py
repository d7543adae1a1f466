"""What became of the alerts on Prefect's server, and of a trial, at a terminal."""

from __future__ import annotations

from rich.table import Table

from flows.alerts.alert_change import AlertChange
from flows.alerts.trial import Delivery
from flows.cli.screen import Screen

DONE = {"created": "新建 created", "updated": "更新 updated", "unchanged": "未变 unchanged", "removed": "移除 removed"}


def show_applied(applied: list[AlertChange], console: Screen) -> None:
    """A line a block or automation; what changed stands out."""
    table = Table("告警 alert", "结果 done")
    for one in applied:
        table.add_row(one.what, DONE[one.done], style="" if one.done == "unchanged" else "bold")
    console.print(table)


def show_tried(tried: list[Delivery], console: Screen) -> None:
    """A line a channel; what was not delivered with what was said."""
    table = Table("渠道 channel", "种类 kind", "结果 came to", "说明 said")
    for one in tried:
        came_to = "已送达 delivered" if one.delivered else "未送达 not delivered"
        table.add_row(one.channel, one.kind, came_to, one.said, style="" if one.delivered else "yellow")
    console.print(table)
