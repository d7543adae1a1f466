"""What a run leaves in Prefect for people to look at: a page that sums it up, and the verdicts by dataset as a table.
Does not belong here: the whole findings (`findings_text.py`), and leaving it there (`tasks/tell.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from warehouse.messages.markdown import Markdown, table
from warehouse.reports.findings_text import by_rule_markdown, county_label, dataset_label, priorities_markdown
from warehouse.reports.run_sentences import UNWRITTEN, run_sentence
from warehouse.reports.run_summary import Summary
from warehouse.store.files import Root

COUNTIES, LISTED = 20, 3
COUNTS = {
    "files": "文件 files", "archives": "解压的压缩包 archives unpacked", "unreadable": "无法读取 unreadable",
    "duplicates": "重复 seen before", "waiting": "待下次处理 wait for the next run", "skipped": "跳过 passed over",
    "accepted": "接受 accepted", "accepted_with_queries": "接受,待核 accepted with queries",
    "quarantined": "退回 quarantined", "errors": "错误 errors", "queries": "待核 queries",
    "waiting_returns": "所属报告期已锁定,等待处理 returns that wait, for their period is released",
    "explained": "已说明 answered", "held": "暂缓公布的汇总数 figures held", "overdue": "逾期未报的县 counties overdue",
}  # fmt: skip
VERDICTS = ("接受 accepted", "待核 queries", "退回 quarantined")


@dataclass(frozen=True)
class PublishedSnapshot:
    """The snapshot that readers see: its version, the last run in it, when it was published (UTC)."""

    version: str
    run: str
    at: datetime


@dataclass(frozen=True)
class RunPage:
    """What the page of a run is made of: the run in numbers, where everything is, what readers see now, which counties
    owe what (`overdue_returns`).
    """

    summary: Summary
    root: Root
    published: PublishedSnapshot | None
    overdue: pl.DataFrame

    @property
    def title(self) -> str:
        """The run in a line, which Prefect shows above the page."""
        number = f"批次 run {self.summary.run}: " if self.summary.run else ""
        return number + run_sentence(self.summary)

    def markdown(self) -> Markdown:
        """The page: what came of the run, what was published, where its reports are, which counties owe what, the
        counts, what to look at first, the findings by rule. What counties wrote is never taken for markup.
        """
        one = self.summary
        parts = [Markdown("").join(self._first())]
        if one.periods:
            rows = [tuple(p.model_dump().values()) for p in one.periods]
            parts.append(table(("报告期 period", "县 counties", *VERDICTS), rows))
        if one.run:
            counted = [(label, getattr(one, name)) for name, label in COUNTS.items() if getattr(one, name)]
            parts.append(table(("计数 counts", ""), counted))
        parts += [*priorities_markdown(one.priorities), *by_rule_markdown(one.groups), *self._overdue()]
        return Markdown("\n").join(parts)

    def _first(self) -> Iterator[Markdown]:
        """A line each: what is published, what could not be done, where to read on."""
        line = Markdown("- {}\n")
        yield line.format(self._published)
        for lapsed in self.summary.lapsed:
            yield Markdown("- **{}; {}**\n").format(lapsed.message_zh, lapsed.message_en)
        for left in self.summary.recovered:
            yield line.format(f"{left.message_zh}; {left.message_en}")
        for what in self.summary.unwritten:
            yield Markdown("- **{}; {}**\n").format(*UNWRITTEN[what])
        if self.summary.run:
            report = self.root.reports / self.summary.run
            places = {"问题清单 findings": report / "findings.md", "审核页 Data Docs": report / "docs" / "index.html"}
            yield from (line.format(f"{what}: {place}") for what, place in places.items() if place.exists())
        if self.published:
            yield line.format(f"数据集市 marts: {self.root.marts / 'marts.duckdb'}")

    @property
    def _published(self) -> str:
        if self.published is None:
            return "尚未发布 nothing is published yet"
        version, run, at = self.published.version, self.published.run, f"{self.published.at:%Y-%m-%d %H:%M} UTC"
        if self.summary.version:
            return f"已发布快照 {version}; snapshot {version} published, {at}"
        return f"未发布,最近一次是快照 {version}; nothing published, the last snapshot is {version} of run {run}, {at}"

    def _overdue(self) -> Iterator[Markdown]:
        """A line a county, those that owe most first; none where none owes anything."""
        if self.overdue.is_empty():
            return
        yield Markdown("## {} 个县逾期未报 counties overdue\n").format(self.overdue.height)
        lines = [
            (county_label(code), returns, since, _listed(periods), _listed([*map(dataset_label, datasets)]))
            for code, returns, periods, datasets, since in self.overdue.head(COUNTIES).iter_rows()
        ]
        yield table(("县 county", "份 returns", "最早应报 since", "报告期 periods", "报表 datasets"), lines)
        if left := self.overdue.height - COUNTIES:
            more = "另有 {} 县,见 mart_to_chase; {} more counties, see mart_to_chase\n"
            yield from [Markdown(more).format(left, left)] if left > 0 else []


def verdict_table(summary: Summary) -> list[dict[str, Any]]:
    """One row a dataset of which the run decided any return: its label, the returns, and these by verdict."""
    return [
        dict(zip(("报表 dataset", "份 returns", *VERDICTS), (dataset_label(d), *counts), strict=True))
        for d, *counts in (one.model_dump().values() for one in summary.datasets)
    ]


def _listed(names: list[str]) -> str:
    """The names, of many the first and the last."""
    return ", ".join(names) if len(names) <= LISTED else f"{names[0]} … {names[-1]} ({len(names)})"
