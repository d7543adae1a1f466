"""Recovering: whatever a run that broke off left in the root is found, finished or removed, and said.

What of it counts is told by the journal and the manifest alone; the lock on the root is held, so nothing that is found
belongs to anybody at work. Where nothing was left, nothing is said.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

import duckdb
import sqlalchemy as sa

from warehouse.codebook import load
from warehouse.maintenance.forget_originals import remove_forgotten
from warehouse.maintenance.journal_faults import journal_faults
from warehouse.maintenance.suspects import suspects
from warehouse.messages.errors import RootBusyError, StoreError
from warehouse.messages.log import log
from warehouse.reports.report_digests import SUMS, named_in_report
from warehouse.reports.run_summary import LAST, write_findings
from warehouse.snapshots.manifest import Manifest, manifest_path, read_manifest, read_snapshot, written_since
from warehouse.snapshots.prune import finish
from warehouse.snapshots.publish import damaged, record_again
from warehouse.snapshots.views import heal
from warehouse.store import journal, ledger
from warehouse.store.files import TEMPORARY, Root, found
from warehouse.store.history import remove_superseded
from warehouse.store.integrity import IntegrityFault, file_faults, refuse
from warehouse.store.ledger_server import shown
from warehouse.store.leftovers import Kind, Leftover
from warehouse.store.named_files import counting, ever_named, remove_unnamed
from warehouse.store.rule_lists import rule_lists
from warehouse.store.transfer import ASIDE, originals

# Makes the pages of a run from its validations in the first folder, in the second one.
Pages = Callable[[Path, Path], object]
INDEX = "docs/index.html"
# A file is in the root, or of it alone; in a database another root may have its ledger.
ANOTHERS = (
    "台账数据库 {url} 属于另一数据根目录,请指定一个空库; the ledger at {url} is another root's: name a database of this"
    " root alone, an empty one"
)
VIEWS = (".marts.duckdb", ".marts.duckdb.wal", ".current")


def prepare(root: Root, ledger_url: str, pages: Pages | None = None) -> tuple[Leftover, ...]:
    """Makes the store whole after whatever came before; what had been left, by kind, with what was done about it.

    `pages` makes the pages of the last run where it had not come to them. What counts and is not published yet is left
    to publishing. The lock on the root must be held. Raises StoreError where journal, ledger or manifest are damaged.
    """
    manifest = _published(root)
    engine, renewed, indexed = sound_ledger(root, ledger_url, manifest)
    runs, named = journal.runs(root), ledger.named_rows(engine)
    refuse(file_faults(root, rule_lists(root) | counting(named), written_since(root)))
    deciding = ledger.deciding(engine, root)
    left: list[tuple[Kind, Iterable[str]]] = [
        ("ledger", renewed),
        ("indexed", indexed),
        *_removed(root, runs, manifest, named),
        ("forgotten", _names(root, remove_forgotten(root, engine))),
        ("marts", damaged(root, manifest) if manifest else []),
        ("unpublished", [run for run in deciding if manifest is None or run > manifest.run]),
        ("views", _views(root, manifest)),
        ("report", _report(root, deciding, pages)),
        *_scratch(root, engine, runs),
    ]
    recovered = _said(left)
    if recovered:
        # What a killed run wrote and did not sync any more is built upon from here on.
        os.sync()
    return recovered


def free_space(root: Root) -> tuple[Leftover, ...]:
    """Removes what a run that broke off left and nobody needs, without writing anything; what that was.

    Nothing where another run holds the lock on the root: what lies there may be its own. What is removed is logged, for
    the run that follows does not find it any more. Raises StoreError where journal or manifest are damaged: what nobody
    needs cannot be told then.
    """
    if not root.path.exists():
        return ()
    try:
        with root.lock(0):
            runs, manifest = journal.runs(root), _published(root)
            refuse(journal_faults(root, manifest or _newest(root), {}, runs))
            removed = _removed(root, runs, manifest, ever_named(root))
            freed = _said([*removed, ("interrupted", _free_scratch(root, runs))])
    except RootBusyError:
        return ()
    for one in freed:
        log.warning("%s; %s", one.message_zh, one.message_en)
    return freed


def _said(left: Iterable[tuple[Kind, Iterable[str]]]) -> tuple[Leftover, ...]:
    return tuple(Leftover.of(kind, names) for kind, some in left if (names := tuple(some)))


def _removed(
    root: Root, runs: list[str], manifest: Manifest | None, named: Collection[str]
) -> Iterator[tuple[Kind, Iterable[str]]]:
    """Removes what does not count: rows, files that were being written, snapshots."""
    yield "rows", _names(root, remove_unnamed(root, named))
    yield "superseded", _names(root, remove_superseded((root.history, root.quarantine), runs))
    yield "temporary", _names(root, _remove(_temporaries(root)))
    yield "removal", finish(root)
    yield "snapshot", _never_published(root, manifest)


def _free_scratch(root: Root, runs: list[str]) -> list[str]:
    """Removes the scratch of a run that came to no end; of one that counts, all but what its pages are made of."""
    own = [path for path in found(root.work, "*") if path.name not in runs]
    counts = [path for run in runs for path in found(root.work / run, "*") if path.name != "validations"]
    return _names(root, _remove([*own, *counts]))


def _published(root: Root) -> Manifest | None:
    """The manifest of the last snapshot; raises StoreError where it, or the one in a snapshot's folder, is damaged, or
    the two do not say the same.
    """
    manifest = read_manifest(root)
    copy = read_snapshot(root, manifest.version) if manifest else None
    if copy is not None and copy != manifest:
        path = manifest_path(root).relative_to(root.path).as_posix()
        own = f"v={copy.version}/manifest.json"
        refuse(iter([IntegrityFault.of(path, "changed", f"what {own} says", "something else")]))
    return manifest


def _newest(root: Root) -> Manifest | None:
    """The newest manifest in a snapshot's folder: it knows the journal still where the last one's was deleted."""
    versions = (path.parent.name.removeprefix("v=") for path in reversed([*found(root.marts, "v=*/manifest.json")]))
    return next((read_snapshot(root, version) for version in versions), None)


def sound_ledger(root: Root, url: str, manifest: Manifest | None) -> tuple[sa.Engine, list[str], list[str]]:
    """The ledger as the journal has it; the runs that were indexed anew, and those that it lacked.

    Raises StoreError where the journal is not as the ledger, the manifest and its own entries say, and where the ledger
    is another root's on a server.
    """
    engine, damage = ledger.open_sound(url)
    said, heads, named = ledger.runs_said(engine), ledger.heads_as_indexed(engine), journal.named_heads(root)
    known = manifest or _newest(root)
    told = named | ({known.run: known.head} if known and known.head else {})
    # A ledger that another head was told of is another root's, or an edited one: it can vouch for nothing.
    keep = heads if all(told.get(run, head) == head for run, head in heads.items()) else {}
    if heads and not keep and engine.dialect.name != "sqlite":
        raise StoreError(ANOTHERS.format(url=shown(engine.url)))
    since, runs = written_since(root), journal.runs(root)
    looked = [run for run in runs if run == runs[-1] or journal.entry_path(root, run).stat().st_ctime_ns > since]
    for run in looked:
        journal.read_entry(root, run)
    refuse(journal_faults(root, known, keep, looked))
    renewed = ledger.renew(engine, keep)
    if manifest is not None:
        record_again(engine, root, manifest)
    indexed = ledger.catch_up(engine, root)
    again = {*renewed, *(indexed if damage else ())}
    return engine, sorted(again), [run for run in indexed if run not in said and run not in again]


def clear(root: Root) -> None:
    """Removes the scratch of a run that has come to its end: what is still there later is of one that has not."""
    shutil.rmtree(root.work, ignore_errors=True)


def _names(root: Root, paths: Iterable[Path]) -> list[str]:
    return [path.relative_to(root.path).as_posix() for path in paths]


def _remove(paths: Iterable[Path]) -> list[Path]:
    """Removes files, links and folders; returns them."""
    gone = sorted(paths)
    for path in gone:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    return gone


def _temporaries(root: Root) -> Iterator[Path]:
    """What was being written. Nobody is writing now, for the lock is held."""
    rows = (f"{kind.name}/*/period=*/.*" for kind in (root.history, root.quarantine))
    beside = ("archive/*", "journal", "journal/rules", "marts", "marts/v=*", "reports/*", "reports/*/*")
    places = (*(f"{folder}/.*" for folder in beside), *rows)
    there = (path for place in places for path in found(root.path, place))
    yield from (path for path in there if TEMPORARY.fullmatch(path.name) or path.name in VIEWS)
    # A restore puts a whole journal in place at once; where there is one, what lies aside is of an earlier attempt.
    if root.journal.exists() and (root.path / ASIDE).exists():
        yield root.path / ASIDE


def _never_published(root: Root, manifest: Manifest | None) -> list[str]:
    """Removes snapshots after the last one and, where none was ever published, those that are not whole."""
    folders = [path for path in found(root.marts, "v=*") if manifest is None or path.name > f"v={manifest.version}"]
    # Somebody may have deleted the manifest for all to be published anew, while others still read what it named.
    gone = [path for path in folders if manifest or not manifest_path(root, path.name.removeprefix("v=")).exists()]
    return [path.name.removeprefix("v=") for path in _remove(gone)]


def _views(root: Root, manifest: Manifest | None) -> list[str]:
    """Makes database and link lead to the last snapshot; which of them did not."""
    if manifest is None:
        return []
    link, database = root.marts / "current", root.marts / "marts.duckdb"
    leads = link.is_symlink() and link.readlink() == Path(f"v={manifest.version}")
    wrong = [database] if _viewed(database) != manifest.version else []
    wrong += [] if leads else [link]
    if wrong:
        heal(root, load())
    return _names(root, wrong)


def _viewed(database: Path) -> str | None:
    """The version of the snapshot that the database shows; None where there is none or it cannot be read."""
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            shown = connection.execute("SELECT version FROM snapshot").fetchone()
    except duckdb.Error:
        return None
    return str(shown[0]) if shown else None


def _report(root: Root, runs: list[str], pages: Pages | None) -> list[str]:
    """Writes the last run's report where it did not come to it; its pages too, if its validations are still there."""
    if not runs:
        return []
    folder, validations = root.reports / runs[-1], root.work / runs[-1] / "validations"
    written = (folder / LAST).exists() and (folder / SUMS).exists()
    if not written:
        write_findings(journal.read_entry(root, runs[-1]), folder)
    paged = pages is None or not validations.is_dir() or _has_pages(folder)
    if pages is not None and not paged:
        pages(validations, folder)
    return [] if written and paged else [runs[-1]]


def _has_pages(folder: Path) -> bool:
    """Whether a report came to its pages, and to their hashes after them."""
    return (folder / INDEX).exists() and INDEX in (named_in_report(folder) or ())


def _scratch(root: Root, engine: sa.Engine, runs: list[str]) -> Iterator[tuple[Kind, list[str]]]:
    """Removes the scratch of a run that came to no end; of one that counts, nothing more is to be said."""
    if not root.work.exists():
        return
    there = list(found(root.work, "*"))
    own = [path for path in there if path.name not in runs]
    if own or not there:
        yield "unreceived", _unreceived(root, engine)
        yield "interrupted", _names(root, sorted(own or [root.work]))
        yield "suspect", suspects(root, own)
    clear(root)


def _unreceived(root: Root, engine: sa.Engine) -> list[str]:
    """The originals that came into the archive and no further."""
    known = set(ledger.read_table(engine, ledger.RECEIPTS)["submission"])
    return _names(root, (path for path in originals(root) if path.stem not in known))
