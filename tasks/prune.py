"""Prune: old snapshots are removed."""

from __future__ import annotations

from time import time

from prefect import task

from tasks.run import RETRIES
from warehouse.snapshots.prune import PruneResult, prune
from warehouse.store.files import Root


@task(name="prune", **RETRIES)
def prune_snapshots(root: Root, keep_days: float) -> PruneResult:
    """Removes the snapshots superseded longer ago than that; done again, it finds none."""
    return prune(root, keep_days, time())
