"""The prune flow: old snapshots, every week."""

from __future__ import annotations

from typing import Annotated

from pydantic import NonNegativeFloat

from flows.forms import shown
from flows.operation import operation
from flows.settings import load_settings
from tasks import maintain
from warehouse.codebook.choices import OrBlank
from warehouse.messages.log import log
from warehouse.snapshots.prune import PruneResult


@operation(
    "prune",
    says=lambda done: (
        f"清理快照 {len(done.removed)} 个,保留 {len(done.kept)} 个;"
        f" {len(done.removed)} snapshots removed, {len(done.kept)} kept"
    ),
)
def prune(
    keep_days: Annotated[
        NonNegativeFloat | None,
        OrBlank(),
        shown(
            "保留天数 Days kept",
            "快照被取代后保留几天;留空为设置 XIANBAO_KEEP_DAYS。 Days that a snapshot is kept after it was superseded;"
            " blank: XIANBAO_KEEP_DAYS.",
        ),
    ] = None,
) -> PruneResult:
    """Removes the snapshots that were superseded longer ago than `keep_days` (XIANBAO_KEEP_DAYS); says which."""
    done = maintain.prune(load_settings().installation, keep_days)
    log.info("snapshots removed: %s; kept: %s", ", ".join(done.removed) or "none", ", ".join(done.kept) or "none")
    return done
