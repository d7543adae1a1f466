"""The prune flow: old snapshots and reports, every week."""

from __future__ import annotations

from typing import Annotated

from pydantic import NonNegativeFloat

from flows.forms import shown
from flows.operation import operation
from flows.settings import load_settings
from tasks import maintain
from warehouse.codebook.choices import OR_BLANK
from warehouse.maintenance.retention import RetentionResult
from warehouse.messages.log import log


@operation(
    "prune",
    says=lambda done: (
        f"清理快照 {len(done.removed)} 个、报告 {len(done.reports)} 份,保留快照 {len(done.kept)} 个;"
        f" {len(done.removed)} snapshots and {len(done.reports)} reports removed, {len(done.kept)} snapshots kept"
    ),
)
def prune(
    keep_days: Annotated[
        NonNegativeFloat | None,
        OR_BLANK,
        shown(
            "保留天数 Days kept",
            "快照被取代后保留几天;留空为设置 XIANBAO_KEEP_DAYS。 Days that a snapshot is kept after it was superseded;"
            " blank: XIANBAO_KEEP_DAYS.",
        ),
    ] = None,
    keep_report_days: Annotated[
        NonNegativeFloat | None,
        OR_BLANK,
        shown(
            "报告保留天数 Days reports are kept",
            "批次报告与运行记录写成后保留几天;留空为设置 XIANBAO_KEEP_REPORT_DAYS。 Days that reports, Data Docs and"
            " the run log are kept; blank: XIANBAO_KEEP_REPORT_DAYS.",
        ),
    ] = None,
) -> RetentionResult:
    """Removes the snapshots that were superseded longer ago than `keep_days` (XIANBAO_KEEP_DAYS), and the reports that
    were written longer ago than `keep_report_days` (XIANBAO_KEEP_REPORT_DAYS); says which.
    """
    done = maintain.prune(load_settings().installation, keep_days, keep_report_days)
    log.info("snapshots removed: %s; kept: %s", ", ".join(done.removed) or "none", ", ".join(done.kept) or "none")
    log.info("reports removed: %s", ", ".join(done.reports) or "none")
    return done
