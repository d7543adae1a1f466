"""Two versions of a return compared, on a screen: each changed value with both cells, rows that came and went."""

from __future__ import annotations

from typing import Any

import polars as pl

from flows.cli.screen import Screen
from flows.cli.views.text_columns import (
    VERDICT,
    aligned_columns,
    format_moment,
    format_quantity,
    print_heading,
    print_line,
    print_list,
)
from warehouse.codebook import Dataset
from warehouse.lineage import VersionDiff
from warehouse.lineage.version_diff import Version
from warehouse.reports.findings_text import county_label

LINES = 40
STANDING = {"in_force": "in force 有效", "superseded": "superseded 被取代"}
Row = dict[str, Any]


def show_version_diff(c: VersionDiff, console: Screen, *, whole: bool) -> None:
    """The two versions, then what changed; long lists are cut unless `whole`."""
    print_line(console, f"{c.dataset.label_zh} {c.dataset.label_en}, {county_label(c.county_code)} {c.period}", "bold")
    _version("before 前", c.before, console)
    _version("after  后", c.after, console)
    if c.same:
        print_heading(console, "Nothing changed 没有变化: every value is the same.")
    most = None if whole else LINES
    _cells(c, console, most)
    _rows("Rows added 新增行", c.dataset, c.added, console, most)
    _rows("Rows removed 删除行", c.dataset, c.removed, console, most)
    for row in c.later.iter_rows(named=True):
        said = f"receipt {row['receipt']} {VERDICT[row['verdict']]} {row['file']}"
        console.print()
        print_line(console, f"later came 之后还收到: {said}; to compare with it: name both receipts", "yellow")


def _version(title: str, version: Version, console: Screen) -> None:
    one = version.decision
    number = f" v{one['version']}" if one["version"] else ""
    standing = STANDING.get(version.standing, "")
    nil = f", nil 无 {version.nil_cell or ''}".rstrip() if one["nil"] else ""
    verdict = ", ".join(filter(None, (f"{VERDICT[one['verdict']]}{number}", standing, one["status"])))
    print_line(console, f"{title}: receipt {one['receipt']}, {format_moment(version.received_at)}, {verdict}{nil}")
    print_line(console, f"         {one['file']}", "dim")
    if version.trouble:
        print_line(console, f"         its cells cannot be told 无法指出单元格: {version.trouble}", "red")


def _cells(c: VersionDiff, console: Screen, most: int | None) -> None:
    if c.cells.is_empty():
        return
    print_heading(console, f"Changed 变化 {c.cells.height}: cells 单元格, before -> after 前 -> 后, indicator 指标")
    print_list(
        console, aligned_columns((_change(row, c.dataset) for row in c.cells.rows(named=True)), right=(1, 3)), most
    )


def _change(row: Row, dataset: Dataset) -> tuple[str, ...]:
    indicator = dataset[row["column"]]
    places = [_place(row[f"{side}_sheet"], row[f"{side}_cell"], row[f"{side}_row"]) for side in ("before", "after")]
    key = " ".join(str(row[key]) for key in dataset.keys)
    return (
        " -> ".join(dict.fromkeys(places)),
        format_quantity(row["before"], indicator),
        "->",
        format_quantity(row["after"], indicator),
        f"{key}  {indicator.label_zh} {row['column']}".lstrip(),
    )


def _place(sheet: str | None, cell: str | None, row: int | None) -> str:
    """Sheet and cell; the row where no column is the indicator's, or it is the place of a row."""
    return "!".join(filter(None, (sheet, cell or (f"行 row {row}" if row is not None else "nil 无"))))


def _rows(title: str, dataset: Dataset, rows: pl.DataFrame, console: Screen, most: int | None) -> None:
    if rows.is_empty():
        return
    print_heading(console, f"{title} {rows.height}")
    lines = aligned_columns(
        (
            _place(row["sheet"], None, row["row"]),
            " ".join(str(row[key]) for key in dataset.keys),
            ", ".join(f"{i.label_zh} {format_quantity(row[i.column], i)}" for i in _values(dataset) if row[i.column]),
        )
        for row in rows.iter_rows(named=True)
    )
    print_list(console, lines, most)


def _values(dataset: Dataset) -> list[Any]:
    return [indicator for indicator in dataset.indicators if indicator.column not in dataset.keys]


def version_diff_json(c: VersionDiff) -> dict[str, Any]:
    """The same for machines, all of it."""
    return {
        "dataset": c.dataset.dataset,
        "county_code": c.county_code,
        "period": c.period,
        "before": _version_json(c.before),
        "after": _version_json(c.after),
        "same": c.same,
        **{name: getattr(c, name).rows(named=True) for name in ("cells", "added", "removed", "later")},
    }


def _version_json(version: Version) -> dict[str, Any]:
    return {
        **version.decision,
        "standing": version.standing,
        "received_at": version.received_at,
        "nil_cell": version.nil_cell,
        "trouble": version.trouble,
    }
