"""Receiving: the bytes of what is new into the archive, and a receipt with the next number for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from pydantic import TypeAdapter

from warehouse.intake.formats.file_labels import harmless, path_bytes
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.formats.zip_archive import members_of, unpacked_size
from warehouse.intake.model.budget import Budgets, Cost, Spending
from warehouse.intake.model.records import UNREAD, Receipt
from warehouse.intake.ownership.inbox_folders import sender_of
from warehouse.messages.errors import StillWrittenError
from warehouse.messages.log import log
from warehouse.store import ledger
from warehouse.store.archive import hash_file, keep
from warehouse.store.files import Root, make_folder
from warehouse.store.inbox import Arrival

RECEIPTS = TypeAdapter(list[Receipt])


@dataclass(frozen=True)
class Original:
    """A submission: its name, the SHA-256 of its bytes, where they are kept; the rest is as in a receipt. Of one that
    is too large its size stands for the hash, and `path` is None.
    """

    file: str
    submission: str
    path: Path | None
    name_bytes: str | None = None
    archive: str | None = None
    member: int | None = None


def keep_files(
    root: Root, files: Mapping[str, Arrival], limits: Limits, budgets: Budgets | None, folders: Mapping[str, str]
) -> tuple[list[Original], list[str]]:
    """Keeps files, by name, the small ones first, and looks into archives; the names of those that wait, for their
    sender or the run has sent as many bytes as it may.

    A file that changes while it is read waits for the next run and is left out.
    """
    spending = Spending(budgets)
    kept: list[Original] = []
    late = []
    for name, arrival in sorted(files.items(), key=lambda one: (one[1].stamp.size, one[0])):
        sender = sender_of(folders, path_bytes(name, arrival.name_bytes))
        if not spending.may_go_on(sender):
            late.append(name)
            continue
        try:
            one = _kept(root, name, arrival, limits)
        except StillWrittenError as error:
            log.warning("%s 正在变化或无法读取,留待下次处理; it waits for the next run: %s", name, harmless(str(error)))
            continue
        members = _members(one, limits, root.work / "unpack")
        unpacked = sum(unpacked_size(m.path, m.member) for m in members if m.path and m.member is not None)
        spending.spend(sender, name, Cost(bytes=unpacked + (arrival.stamp.size if one.path else 0)))
        kept += [one, *members]
    return kept, late


def _kept(root: Root, name: str, arrival: Arrival, limits: Limits) -> Original:
    """Of a file over the limit nothing is read, let alone kept: it must cost no more than a look at its size."""
    if arrival.stamp.size > limits.file_bytes:
        return Original(name, f"{UNREAD}{arrival.stamp.size}", None, arrival.name_bytes)
    return Original(name, *keep(root, arrival.path, name, arrival.stamp), arrival.name_bytes)


def _members(one: Original, limits: Limits, scratch: Path) -> list[Original]:
    """What an archive holds. It is kept as what it came in, and nowhere else: what is unpacked to the scratch folder,
    one member at a time, is hashed and no more.
    """
    if one.path is None:
        return []
    members = [
        Original(
            file=f"{one.file}/{member.label}",
            submission=hash_file(member.path),
            path=one.path,
            # A member lies where its archive does, of which the name may not tell all.
            name_bytes=f"{one.name_bytes}/{quote(member.label)}" if one.name_bytes else None,
            archive=one.path.name,
            member=member.place,
        )
        for member in members_of(one.path, limits, scratch)
    ]
    if members:
        said = {"submission": one.submission}
        log.info("%s 解压出 %d 个文件; %d files came out of it", one.file, len(members), len(members), extra=said)
    return members


def number(ledger_url: str, originals: Iterable[Original], received_at: datetime) -> list[Receipt]:
    """A receipt for each, numbered by sorted name after the last one in the ledger."""
    last = ledger.last_receipt(ledger.open_ledger(ledger_url))
    return [
        Receipt(
            receipt=last + place,
            submission=one.submission,
            file=one.file,
            received_at=received_at,
            name_bytes=one.name_bytes,
            archive=one.archive,
            member=one.member,
        )
        for place, one in enumerate(sorted(originals, key=lambda one: (one.file, one.submission)), start=1)
    ]


def save_receipts(path: Path, receipts: list[Receipt]) -> None:
    """Writes what was received as JSON, in the order given."""
    make_folder(path.parent)
    path.write_bytes(RECEIPTS.dump_json(receipts))


def load_receipts(path: Path) -> list[Receipt]:
    """What `save_receipts` wrote, in its order."""
    return RECEIPTS.validate_json(path.read_bytes())
