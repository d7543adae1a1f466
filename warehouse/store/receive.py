"""Receiving: the bytes of what is new into the archive, archives unpacked, a receipt with the next number for each."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from warehouse.intake.formats.file_labels import harmless
from warehouse.intake.formats.preflight import Limits, UnreadableError
from warehouse.intake.formats.zip_archive import Member, is_archive, unpack
from warehouse.intake.model.records import Receipt
from warehouse.messages.errors import StillWrittenError
from warehouse.store import ledger
from warehouse.store.archive import adopt, hash_file, keep
from warehouse.store.files import Root
from warehouse.store.inbox import Arrival

log = logging.getLogger("xianbao")
RECEIPTS = TypeAdapter(list[Receipt])


def number(
    root: Root, ledger_url: str, files: Mapping[str, Arrival], received_at: datetime, limits: Limits
) -> list[Receipt]:
    """A receipt for each file and each member of an archive, numbered by sorted name after the last one; their bytes
    are in the archive. A file that changes while it is read waits for the next run and has no receipt.
    """
    last = ledger.last_receipt(ledger.open_ledger(ledger_url))
    kept = [one for name, arrival in files.items() for one in _take_in(root, name, arrival, limits)]
    return [
        Receipt(receipt=last + place, submission=submission, file=file, received_at=received_at)
        for place, (file, submission) in enumerate(sorted(kept), start=1)
    ]


def _take_in(root: Root, name: str, arrival: Arrival, limits: Limits) -> list[tuple[str, str]]:
    """Name and submission of a file, and of the members of an archive of files, all of them kept."""
    try:
        submission, kept = keep(root, arrival.path, name, arrival.stamp)
    except StillWrittenError as error:
        log.warning("%s 正在变化或无法读取,留待下次处理; it waits for the next run: %s", name, harmless(str(error)))
        return []
    if not is_archive(kept, limits):
        return [(name, submission)]
    members = _keep_members(root, name, kept, limits)
    log.info("%s 解压出 %d 个文件; %d files came out of it", name, len(members), len(members))
    return [(name, submission), *members]


def _keep_members(root: Root, name: str, archive: Path, limits: Limits) -> list[tuple[str, str]]:
    """Name and submission of each member that is a submission; what is wrong with the archive is said on reading."""
    scratch = root.work / "unpack"
    scratch.mkdir(parents=True, exist_ok=True)
    members = []
    with suppress(UnreadableError):
        for member in unpack(archive, limits, scratch):
            if isinstance(member, Member):
                file = f"{name}/{member.label}"
                submission = hash_file(member.path)
                adopt(root, member.path, submission, file)
                members.append((file, submission))
    return members


def save_receipts(path: Path, receipts: list[Receipt]) -> None:
    """Writes what was received as JSON, in the order given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(RECEIPTS.dump_json(receipts))


def load_receipts(path: Path) -> list[Receipt]:
    """What `save_receipts` wrote, in its order."""
    return RECEIPTS.validate_json(path.read_bytes())
