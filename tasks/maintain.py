"""Maintain: each operation that looks after the store as a task, whole; done again, it finds nothing left to do."""

from __future__ import annotations

from prefect import task

from tasks.run import RETRIES
from warehouse.maintenance import operations
from warehouse.maintenance.verify import verify

prune = task(name="prune", **RETRIES)(operations.prune_root)
compact = task(name="compact", **RETRIES)(operations.compact_rows)
back_up = task(name="backup", **RETRIES)(operations.back_up)
verify_root = task(name="verify", **RETRIES)(verify)
rebuild_into = task(name="rebuild", **RETRIES)(operations.rebuild_into)
rebuild_in_place = task(name="rebuild in place", **RETRIES)(operations.rebuild_in_place)
