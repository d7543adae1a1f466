"""Files that were in hand when runs broke off one after the other: their turn comes when all else is committed.

One break may have any cause, and then the next run does as if nothing had been. The file that was in hand at two in a
row may be the cause: a night must not begin with it again. How often each was stands in a file of the root. What
cannot be read of that, or of the scratch, of which a power cut leaves anything, names no file and stops no night.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from warehouse.store.files import Root, found, write_durably
from warehouse.store.receive import load_receipts

PUT_OFF = 2


def suspects(root: Root, scratch: list[Path]) -> list[str]:
    """The files to be put off, sorted, now that a run broke off and left this scratch; notes which were in hand."""
    path = root.path / "suspects.json"
    try:
        before = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        before = {}
    breaks = {name: before.get(name, 0) + 1 for folder in scratch for name in _in_hand(folder)}
    if breaks or before:
        write_durably(path, json.dumps(breaks).encode())
    return sorted(name for name, times in breaks.items() if times >= PUT_OFF)


def _in_hand(scratch: Path) -> Iterator[str]:
    """The files that readers had in hand, each as it arrived: of a member, the archive."""
    noted = (path.read_bytes() for path in found(scratch, "parts/*/*.hand"))
    numbers = {int.from_bytes(note) for note in noted}
    if not numbers - {0}:
        return
    try:
        receipts = load_receipts(scratch / "receipts.json")
    except (FileNotFoundError, ValueError):
        return
    arrivals = {one.arrival for one in receipts if one.receipt in numbers}
    yield from (one.file for one in receipts if one.submission in arrivals and one.archive is None)
