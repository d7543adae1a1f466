"""The backup flow: what is kept and not there yet, copied elsewhere."""

from __future__ import annotations

from pathlib import Path

from flows.operation import operation
from flows.settings import load_settings
from flows.verify import fail_on
from tasks import maintain
from warehouse.maintenance.backup import BackupResult
from warehouse.messages.log import log


@operation("backup")
def backup(destination: Path) -> BackupResult:
    """Copies what is new to a folder outside the root, best on another disk, and verifies all of the backup. Fails
    where that finds a fault.
    """
    done = maintain.back_up(load_settings().installation, destination)
    for name in done.repaired:
        log.warning("%s was damaged or missing in the backup and was copied again", name)
    fail_on(done.faults, done.destination)
    log.info("%d files copied, %d were there, all verified: %s", done.copied, done.present, done.destination)
    return done
