"""Rebuilding: history, quarantine, ledger and marts once more, from the archive and the journal alone.

Verdicts are replayed, not judged anew, and compactions done again at their place. Each file is held against its hash in
the journal or the manifest; what comes out otherwise, as where today's reader reads a file in another way than then, is
said by name, and what is kept of then stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import polars as pl
from pydantic import BaseModel, ConfigDict

from warehouse.codebook import load
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.model.records import Receipt, ReceivedFile
from warehouse.intake.reading import Reading, merged
from warehouse.intake.sandbox.reader_pool import Readers
from warehouse.maintenance.journal_faults import journal_faults
from warehouse.marts.as_known import AsKnown
from warehouse.marts.build_digest import build_digest
from warehouse.snapshots.manifest import Manifest, open_share, read_manifest
from warehouse.snapshots.publish import Plan, publish, record_snapshot
from warehouse.store import journal, ledger
from warehouse.store.archive import hash_file, original_of
from warehouse.store.compact import repeat_merge
from warehouse.store.files import Root, make_folder, remove_tree
from warehouse.store.integrity import refuse
from warehouse.store.journal_records import ACCEPTED, COMPACT, FORGET, Entry, ReturnDecision
from warehouse.store.named_files import named_files
from warehouse.store.replay import receipts_behind, replay, returns_that_differ, strays_that_differ
from warehouse.store.transfer import Transfer, link_or_copy, originals, transfer_files, transfer_journal

NONE = "none"


class Difference(BaseModel):
    """A file that did not come out as it was; `path` is below the root, `expected` and `found` are SHA-256, or none.

    `kept` says whether the rebuilt store has the bytes of then all the same. `returns` are those that are read
    otherwise now, where they are known.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    expected: str
    found: str
    kept: bool = False
    returns: tuple[str, ...] = ()

    @property
    def harmless(self) -> bool:
        """Whether the rows are the same, only written otherwise, by another version of Polars; the file of then is
        kept.
        """
        return self.kept and not self.returns


class RebuildResult(BaseModel):
    """What was rebuilt where: entries replayed, originals read, files of rows and of marts that came out.

    `without_hash` counts files of rows that neither the journal nor the old store could be asked about;
    `marts_compared` says whether there was a snapshot of the same runs, made by the same program, to compare with;
    `other_program` that there was one and another program made it: then marts may well come out otherwise.
    `replaced` are the files of the root that were put in order by it, None where it was left alone.
    """

    model_config = ConfigDict(frozen=True)

    source: str
    out: str
    entries: int
    read: int
    rows: int
    marts: int
    marts_compared: bool
    other_program: bool
    without_hash: int
    seconds: float
    differences: tuple[Difference, ...]
    replaced: tuple[str, ...] | None = None

    @property
    def same(self) -> bool:
        """Whether all came out as it was; files that are kept and hold the same rows are."""
        return all(one.harmless for one in self.differences)


@dataclass
class Rebuild:
    """What to rebuild from, where to, and how files are read and carried; counts as it goes.

    `manifest` is the snapshot to compare with, None where there is none.
    """

    source: Root
    target: Root
    ledger_url: str
    manifest: Manifest | None
    limits: Limits = field(default_factory=Limits)
    folders: Mapping[str, str] = field(default_factory=dict)
    how: Transfer = link_or_copy
    receipts: dict[int, Receipt] = field(default_factory=dict)
    forgotten: frozenset[int] = frozenset()
    read: int = 0
    rows: int = 0
    without_hash: int = 0

    @classmethod
    def into(cls, source: Root, out: Path, limits: Limits, folders: Mapping[str, str]) -> Rebuild:
        """Into a root of its own, with a ledger of its own, beside the live one."""
        target = Root(out)
        return cls(source, target, f"sqlite:///{out / 'ledger.db'}", read_manifest(source), limits, folders)


def rebuild(plan: Rebuild) -> RebuildResult:
    """Rebuilds all that follows from archive and journal in the target, which has no journal yet.

    Raises StoreError where an entry of the journal is damaged, missing, or not the one that others name.
    """
    start = perf_counter()
    runs = journal.runs(plan.source)
    refuse(journal_faults(plan.source, plan.manifest, {}, runs))
    plan.forgotten = journal.forgotten(plan.source)
    make_folder(plan.target.path)
    differences = _rows(plan, runs)
    transfer_files(originals(plan.source), plan.source, plan.target, plan.how)
    transfer_journal(runs, plan.source, plan.target, plan.how)
    built = _marts(plan, runs)
    other_program = plan.manifest is not None and plan.manifest.program != build_digest()
    compared = plan.manifest is not None and built is not None and plan.manifest.run == built.run and not other_program
    if compared and plan.manifest and built:
        differences += _between(plan.manifest, built)
    return RebuildResult(
        source=str(plan.source.path),
        out=str(plan.target.path),
        entries=len(runs),
        read=plan.read,
        rows=plan.rows,
        marts=len(built.files) if built else 0,
        marts_compared=compared,
        other_program=other_program,
        without_hash=plan.without_hash,
        seconds=round(perf_counter() - start, 3),
        differences=tuple(differences),
    )


def _rows(plan: Rebuild, runs: list[str]) -> list[Difference]:
    """Writes the rows of every run; what did not come out as the journal says."""
    differences: list[Difference] = []
    with Readers(plan.limits, plan.source.archive, plan.target.work) as readers:
        for number, run in enumerate(runs):
            entry = journal.read_entry(plan.source, run)
            if entry.flow in (COMPACT, FORGET):
                written, gone = repeat_merge(plan.target, entry, runs[:number])
                plan.rows -= len(gone)
                # What the merged files stand for is compared in them, for it is nowhere else any more.
                differences = [one for one in differences if not _within(one, entry)]
            else:
                written = replay(entry, _read(plan, readers, entry, differences), plan.target)
            plan.rows += len(written)
            differences += _as_then(plan, entry, written)
    remove_tree(plan.target.work)
    return differences


def _within(one: Difference, entry: Entry) -> bool:
    """Whether a file of rows lies in a folder whose files a compaction merged."""
    folders = {name.rsplit("/", 1)[0] for period in entry.periods for name in period.files}
    return one.path.rsplit("/", 1)[0] in folders


def _read(plan: Rebuild, readers: Readers, entry: Entry, differences: list[Difference]) -> Reading:
    """The originals that a run read, once more; those that are gone are noted, if they were not forgotten."""
    plan.receipts |= {one.receipt.receipt: one.receipt for one in entry.receipts}
    behind = receipts_behind(entry, plan.receipts)
    wanted = [original_of(plan.source, one) for one in behind if one.receipt not in plan.forgotten]
    gone = [one for one in wanted if one.receipt.unread_bytes is None and not one.path.exists()]
    differences += [_missing(plan, one) for one in gone]
    there = [one for one in wanted if one not in gone]
    plan.read += len(there)
    return readers.read(there, None, plan.folders) if there else merged([], None)


def _missing(plan: Rebuild, one: ReceivedFile) -> Difference:
    path = one.path.relative_to(plan.source.path).as_posix()
    return Difference(path=path, expected=one.receipt.submission, found=NONE, returns=(_received(one.receipt),))


def _as_then(plan: Rebuild, entry: Entry, written: Mapping[str, str]) -> Iterator[Difference]:
    """Holds the files of a run against their hashes of then; a file of then that is still kept takes its place."""
    expected = _expected(plan, entry)
    plan.without_hash += sum(sha256 is None for sha256 in expected.values())
    for path in sorted(expected.keys() | written.keys()):
        then, now = expected.get(path, NONE), written.get(path, NONE)
        if then in (None, now):
            continue
        returns = tuple(_returns_reread_differently(plan, entry, path, then))
        kept = _keep(plan, path, then)
        yield Difference(path=path, expected=then, found=now, kept=kept, returns=returns)


def _expected(plan: Rebuild, entry: Entry) -> dict[str, str | None]:
    """The files of a run with their hashes; of before those were kept, the hashes of what files of then there are."""
    files = ((path, sha256, plan.source.path / path) for path, sha256 in named_files(entry).items())
    return {path: sha256 or (hash_file(file) if file.exists() else None) for path, sha256, file in files}


def _returns_reread_differently(plan: Rebuild, entry: Entry, path: str, then: str) -> Iterator[str]:
    """The returns of a file that are read otherwise now, by name; receipts, where its rows are of no return."""
    before, after = plan.source.path / path, plan.target.path / path
    old = pl.read_parquet(before, hive_partitioning=False, glob=False) if _is(before, then) else None
    new = pl.read_parquet(after, hive_partitioning=False, glob=False) if after.exists() else None
    if entry.flow not in (COMPACT, FORGET):
        yield from _returns(plan, entry, path, old, new)
        return
    for run in sorted({run for rows in (old, new) if rows is not None for run in rows["run"]}):
        of_run = [None if rows is None else rows.filter(run=run) for rows in (old, new)]
        yield from _returns(plan, journal.read_entry(plan.source, run), path, *of_run)


def _returns(
    plan: Rebuild, entry: Entry, path: str, old: pl.DataFrame | None, new: pl.DataFrame | None
) -> Iterator[str]:
    """The returns of a run in a file, whose rows are others now than then."""
    kind, dataset, folder, _ = path.split("/")
    meant = [
        one
        for one in entry.decisions
        if one.dataset == dataset
        and f"period={one.period}" == folder
        and one.verdict != "withdrawn"
        and (one.verdict in ACCEPTED) == (kind == "history")
    ]
    yield from map(_label, returns_that_differ(old, new, meant))
    yield from (_received(plan.receipts[number]) for number in strays_that_differ(old, new))


def _is(path: Path, sha256: str) -> bool:
    return path.exists() and hash_file(path) == sha256


def _keep(plan: Rebuild, path: str, then: str) -> bool:
    """Puts the file of then in the place of today's, if it is there with its hash; removes what then was not."""
    before, after = plan.source.path / path, plan.target.path / path
    if then != NONE and not _is(before, then):
        return False
    after.unlink(missing_ok=True)
    if then != NONE:
        plan.how(before, after)
    return True


def _label(one: ReturnDecision) -> str:
    return f"{one.county_code} {one.period} {one.dataset}, receipt {one.receipt} ({one.file})"


def _received(one: Receipt) -> str:
    return f"receipt {one.receipt} ({one.file})"


def _marts(plan: Rebuild, runs: list[str]) -> Manifest | None:
    """The ledger from the journal, and the marts of it as a snapshot; None where nothing has run."""
    engine = ledger.open_ledger(plan.ledger_url, renew=True)
    ledger.catch_up(engine, plan.target)
    if not runs:
        return None
    version = plan.manifest.version if plan.manifest else None
    marts = Plan.of(AsKnown.of(load(), plan.target.history, engine, open_share(plan.manifest), as_named=False))
    manifest = publish(plan.target, marts, load(), version)
    record_snapshot(engine, manifest)
    return manifest


def _between(before: Manifest, after: Manifest) -> Iterator[Difference]:
    """The files of two snapshots of one version that are not the same."""
    then, now = (
        {f"marts/{path}": sha256 for path, sha256 in [*((f.path, f.sha256) for f in one.files), *one.documents.items()]}
        for one in (before, after)
    )
    for path in sorted(then.keys() | now.keys()):
        if then.get(path) != now.get(path):
            yield Difference(path=path, expected=then.get(path, NONE), found=now.get(path, NONE))
