"""The backup flow: what is kept and not there yet, copied elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from flows.forms import shown
from flows.operation import operation
from flows.settings import load_settings
from flows.verify import fail_on
from tasks import maintain
from warehouse.codebook.choices import OrBlank
from warehouse.maintenance.backup import BackupResult
from warehouse.messages.log import log


@operation(
    "backup",
    says=lambda done: (
        f"复制 {done.copied} 个文件,已有 {done.present} 个,全部校验无误;"
        f" {done.copied} files copied, {done.present} were there, all verified"
    ),
)
def backup(
    destination: Annotated[
        Path | None,
        OrBlank(),
        shown(
            "备份位置 Destination",
            "根目录之外的文件夹,最好在另一块磁盘上;留空即 XIANBAO_BACKUP_DESTINATION。"
            " A folder outside the root, best on another disk; blank: as XIANBAO_BACKUP_DESTINATION says.",
        ),
    ] = None,
) -> BackupResult:
    """Copies what is new to a folder outside the root, best on another disk, and verifies all of the backup. Fails
    where that finds a fault; raises PermanentError where nothing says where to.
    """
    settings = load_settings()
    done = maintain.back_up(settings.installation, destination or settings.backup_folder)
    for name in done.repaired:
        log.warning("%s was damaged or missing in the backup and was copied again", name)
    fail_on(done.faults, done.destination)
    return done
