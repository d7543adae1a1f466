"""Whether the journal is what its own entries, the manifest and the ledger say of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from warehouse.snapshots.manifest import Manifest
from warehouse.store import journal
from warehouse.store.files import Root
from warehouse.store.integrity import IntegrityFault


def journal_faults(
    root: Root, manifest: Manifest | None, indexed: Mapping[str, str], looked: Iterable[str]
) -> Iterator[IntegrityFault]:
    """What is wrong with the journal, or with the manifest where all others agree with the journal.

    `indexed` are the heads that the ledger knows. `looked` are the runs whose entries are read; which are there, and
    whether they name one another, is looked at of all.
    """
    there = journal.runs(root)
    known = {manifest.run: "the manifest"} if manifest else {}
    known = {**dict.fromkeys(there, "the journal"), **dict.fromkeys(indexed, "the ledger"), **known}
    for number in range(1, max(map(int, known), default=0) + 1):
        if (run := journal.run_name(number)) not in there:
            knows = known.get(run, "what comes after it")
            yield IntegrityFault.of(_entry(run), "missing", f"the entry of run {run}, as {knows} says", "none")
    named = journal.named_heads(root)
    for run, head in sorted(journal.heads(root, looked).items()):
        published = manifest.head if manifest and manifest.run == run else ""
        others = [one for one in (named.get(run), published, indexed.get(run)) if one]
        if named.get(run, head) != head or (others and head not in others):
            yield IntegrityFault.of(_entry(run), "changed", f"SHA-256 {others[0]}", f"SHA-256 {head}")
        elif published and published != head:
            yield IntegrityFault.of("marts/manifest.json", "changed", f"run {run}, {head}", f"run {run}, {published}")


def _entry(run: str) -> str:
    return f"journal/{run}.json"
