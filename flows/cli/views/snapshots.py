"""Two snapshots compared, on a screen: which marts differ and by how much, then row by row what changed and why."""

from __future__ import annotations

from typing import Any

from flows.cli.screen import Screen
from flows.cli.views.text_columns import aligned_columns, print_heading, print_line, print_list
from warehouse.codebook import load
from warehouse.lineage.snapshot_diff import SnapshotDiff

LINES = 20
WHY = {
    "new_return": "new return 新报", "resubmission": "resubmission 重报", "rejudged": "rejudged 重新核对",
    "waived": "waived 人工放行", "withdrawn": "withdrawn 撤回", "judged": "came, not accepted 收到未接受",
    "rule_change": "rules changed 规则变更", "code_change": "program changed 程序变更",
    "time_passed": "time passed 时间推移", "period_released": "period approved or reopened 审定或重新开放",
}  # fmt: skip
CHANGE = {"added": "added 新增", "removed": "removed 删除"}


def show_snapshot_diff(c: SnapshotDiff, console: Screen, *, whole: bool) -> None:
    """The marts that differ with counts, then what differs; long lists are cut unless `whole`."""
    sides = (f"{m.version} (run {m.run})" for m in (c.before, c.after))
    print_line(console, f"snapshots 快照 {' -> '.join(sides)}", "bold")
    if c.other_program:
        print_line(console, "another version of xianbao made the second 第二个快照由另一版本的程序生成", "yellow")
    if not c.marts:
        print_heading(console, "Nothing changed 没有变化: every file is the same.")
        return
    print_heading(
        console, f"Marts that differ 有差异的数据集市 {len(c.marts)}: rows added 新增, removed 删除, cells changed 变化"
    )
    counted = (
        (m.mart, load().mart_list[m.mart].label_zh, f"+{m.added:,}", f"-{m.removed:,}", f"{m.cells:,}") for m in c.marts
    )
    print_list(console, aligned_columns(counted, right=(2, 3, 4)), None)
    for mart in (m for m in c.marts if m.added or m.removed or m.cells):
        _mart(c, mart.mart, console, None if whole else LINES)


def _mart(c: SnapshotDiff, mart: str, console: Screen, most: int | None) -> None:
    labels = {column.column: column.label_zh for column in load().marts[mart]}
    print_heading(console, f"{mart} {load().mart_list[mart].label_zh} {load().mart_list[mart].label_en}")
    rows = c.differences.filter(mart=mart).rows(named=True)
    lines = (
        (
            row["key"],
            ", ".join(WHY.get(why, why) for why in row["why"].split(";")),
            f"{labels[row['column']]} {row['column']}" if row["column"] else CHANGE[row["change"]],
            f"{_value_text(row['before'])} -> {_value_text(row['after'])}" if row["column"] else "",
        )
        for row in rows
    )
    print_list(console, aligned_columns(lines), most)


def _value_text(value: str | None) -> str:
    return "blank 空" if value is None else value


def snapshot_diff_json(c: SnapshotDiff) -> dict[str, Any]:
    """The same for machines, all of it."""
    return {
        "before": {"version": c.before.version, "run": c.before.run, "program": c.before.program},
        "after": {"version": c.after.version, "run": c.after.run, "program": c.after.program},
        "other_program": c.other_program,
        "marts": [vars(mart) for mart in c.marts],
        "differences": c.differences.rows(named=True),
    }
