"""The prune flow: old snapshots, every week."""

from __future__ import annotations

import logging

from prefect import flow

from flows.settings import load_settings
from tasks.prune import prune_snapshots
from warehouse.snapshots.prune import PruneResult

log = logging.getLogger("xianbao")


@flow(name="prune")
def prune(keep_days: float | None = None) -> PruneResult:
    """Removes the snapshots that were superseded longer ago than `keep_days` (XIANBAO_KEEP_DAYS); says which."""
    settings = load_settings()
    with settings.store.lock(settings.lock_wait_seconds):
        done = prune_snapshots(settings.store, settings.keep_days if keep_days is None else keep_days)
    log.info("snapshots removed: %s; kept: %s", ", ".join(done.removed) or "none", ", ".join(done.kept) or "none")
    return done
