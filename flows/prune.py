"""The prune flow: old snapshots, every week."""

from __future__ import annotations

from pydantic import NonNegativeFloat

from flows.operation import operation
from flows.settings import load_settings
from tasks import maintain
from warehouse.messages.log import log
from warehouse.snapshots.prune import PruneResult


@operation("prune")
def prune(keep_days: NonNegativeFloat | None = None) -> PruneResult:
    """Removes the snapshots that were superseded longer ago than `keep_days` (XIANBAO_KEEP_DAYS); says which."""
    done = maintain.prune(load_settings().installation, keep_days)
    log.info("snapshots removed: %s; kept: %s", ", ".join(done.removed) or "none", ", ".join(done.kept) or "none")
    return done
