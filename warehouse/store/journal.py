"""The journal: one immutable file a run, and its being there is what commits the run.

Each entry ends with the SHA-256 of itself, so that a byte that changed later is found whenever it is read; and names
its predecessor's head, so that an entry that was written anew, another root's or gone is found by those after it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from pydantic import ValidationError

from warehouse.messages.errors import StoreError
from warehouse.store.files import Root, found_names, write_durably
from warehouse.store.journal_records import FORGET, Entry
from warehouse.store.rule_lists import keep_rules, with_rules
from warehouse.store.seal import sealed, unsealed

# How an entry begins that names its predecessor's head.
PREVIOUS = re.compile(rb'\{\n "run": "[0-9]+",\n "previous": "([0-9a-f]{64})"')
START_BYTES = 200
RESTORE = "请从备份恢复该文件; restore it from a backup"


def run_name(number: int) -> str:
    """A run's number with leading zeros, so that names sort as numbers do."""
    return f"{number:06}"


def runs(root: Root) -> list[str]:
    """The committed runs, oldest first."""
    return [name.removesuffix(".json") for name in found_names(root.journal, "[0-9]*.json")]


def next_run(root: Root) -> str:
    """The name of a run that starts now; the lock on the root must be held."""
    done = runs(root)
    return run_name(int(done[-1]) + 1 if done else 1)


def entry_path(root: Root, run: str) -> Path:
    """Where the entry of a run is, or will be."""
    return root.journal / f"{run}.json"


def commit(root: Root, entry: Entry) -> Path:
    """Writes the run's entry, with its predecessor's head: from here on, what it accepted counts. Its rules are kept
    before it.
    """
    path = entry_path(root, entry.run)
    before = [run for run in runs(root) if run < entry.run][-1:]
    previous = heads(root, before)[before[0]] if before else None
    write_durably(path, sealed(keep_rules(root, entry).model_copy(update={"previous": previous})))
    path.chmod(0o440)
    return path


def heads(root: Root, wanted: Iterable[str]) -> dict[str, str]:
    """The head of each of these runs: the SHA-256 that stands for its entry and all before it.

    It is that of the entry's bytes, for these name the predecessor's head. One of before entries did so is taken
    together with the head before it: the first that names one then holds all of them. Only what must be is read.
    """
    asked, links, after = set(wanted), list[str](), ""
    for run in reversed(runs(root)):
        if run in asked or (links[-1:] == [after] and previous_head(root, after) is None):
            links.append(run)
        after = run
    all_heads, last = dict[str, str](), ""
    for run in reversed(links):
        data = entry_path(root, run).read_bytes()
        last = hashlib.sha256((b"" if PREVIOUS.match(data) else last.encode()) + data).hexdigest()
        all_heads[run] = last
    return {run: head for run, head in all_heads.items() if run in asked}


def named_heads(root: Root) -> dict[str, str]:
    """The head of each run that its successor's entry names."""
    pairs = (pair for pair in pairwise(runs(root)) if int(pair[1]) == int(pair[0]) + 1)
    return {run: head for run, after in pairs if (head := previous_head(root, after)) is not None}


def names_predecessor(root: Root, run: str) -> bool:
    """Whether an entry says which its predecessor is, be it that there is none: not one of before entries did so."""
    return b'\n "previous": ' in _start(root, run)


def forgotten(root: Root) -> frozenset[int]:
    """The receipts of which nothing may be kept any more. Only entries that say so are read."""
    flow = f'\n "flow": "{FORGET}",'.encode()
    said = (read_entry(root, run).forgotten for run in runs(root) if flow in _start(root, run))
    return frozenset(number for one in said if one for number in one.receipts)


def is_sealed(root: Root, run: str) -> bool:
    """Whether an entry has a seal; those of before there were any do not hash all that they name."""
    return unsealed(entry_path(root, run).read_bytes())[1] is not None


def previous_head(root: Root, run: str) -> str | None:
    """The head of its predecessor that an entry names; None for the first, and for one of before entries did so."""
    begin = PREVIOUS.match(_start(root, run))
    return begin[1].decode() if begin else None


def _start(root: Root, run: str) -> bytes:
    """How an entry begins: its run, predecessor and flow."""
    with entry_path(root, run).open("rb") as file:
        return file.read(START_BYTES)


def read_entry(root: Root, run: str) -> Entry:
    """The entry of a committed run as it was written, which names its rules; raises StoreError for one that is
    damaged.
    """
    path = entry_path(root, run)
    body, said, found = unsealed(path.read_bytes())
    if said != found:
        raise StoreError(f"{path}: 内容已变; a byte of it has changed (its SHA-256 is {found}, not {said}); {RESTORE}")
    try:
        return Entry.model_validate_json(body)
    except ValidationError as error:
        raise StoreError(f"{path}: not a journal entry ({error.error_count()} faults); {RESTORE}") from error


def read_with_rules(root: Root, run: str) -> Entry:
    """The entry of a committed run with the rules that it applied; raises StoreError where any of it is damaged."""
    return with_rules(root, read_entry(root, run))
