"""What a root holds, to be compared with another one; and what a reader of it sees at any moment."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import duckdb
import polars as pl

from tests.builders import BOOK
from warehouse.snapshots.manifest import Manifest, read_manifest, read_snapshot
from warehouse.store import journal, ledger
from warehouse.store.files import Root
from warehouse.store.history import scan_rows

# By content, not by bytes: the ledger and the views; no content: the lock, and links to what is compared.
OTHERWISE = {"ledger.db", "ledger.db-wal", "ledger.db-shm", "marts.duckdb", ".lock", "current"}
SCRATCH, OF_CLOCKS = "work", "run_log"
KEY = ("county_code", "period", "version", "receipt")
Content = dict[str, str]


def content(folder: Path, *, scratch: bool = False) -> Content:
    """Everything below a folder by its path: files by their hash, roots' ledgers by their rows, views by their
    answers; the work folders of runs only with `scratch`. The run log is left out: it says when things ended.
    """
    without = {OF_CLOCKS} if scratch else {OF_CLOCKS, SCRATCH}
    return {path: what for path, what in _content(folder) if without.isdisjoint(Path(path).parts)}


def _content(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and not path.is_symlink():
            # A folder counts where nothing is in it; folders of an original that was never kept are no harm.
            if not any(path.iterdir()) and path.parent.name != "archive":
                yield name, "an empty folder"
        elif path.name == "current":
            yield name, str(path.readlink())
        elif path.name == "ledger.db":
            yield from ((f"{name}/{table}", rows) for table, rows in _ledger(path))
        elif path.name == "marts.duckdb":
            yield from ((f"{name}/{view}", rows) for view, rows in answers(path).items())
        elif path.name not in OTHERWISE:
            yield name, _sha256(path)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _ledger(path: Path) -> Iterator[tuple[str, str]]:
    """The rows of each table, in the order they stand in."""
    engine = ledger.open_ledger(f"sqlite:///{path}")
    try:
        for table in (*ledger.OF_A_RUN, ledger.SNAPSHOTS):
            yield table.name, str(ledger.read_table(engine, table).rows())
    finally:
        engine.dispose()


def answers(database: Path) -> Content:
    """The number of rows that each view of `marts.duckdb` gives, and the version that it says."""
    with duckdb.connect(str(database), read_only=True) as views:
        names = [
            name for (name,) in views.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        ]
        counted = {name: f"SELECT count(*) FROM {name}" for name in names if name != "snapshot"}
        asked = {**counted, "snapshot": "SELECT version FROM snapshot"}
        return {name: str((views.execute(query).fetchone() or ("",))[0]) for name, query in asked.items()}


def different(expected: Content, found: Content) -> list[str]:
    """Each file or table that is not the same."""
    names = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    return [f"{name}: {_short(expected.get(name))} expected, {_short(found.get(name))} found" for name in names]


def _short(what: str | None) -> str:
    return "nothing" if what is None else what[:20]


def torn(root: Root, *whole: Manifest | None) -> list[str]:
    """What a reader sees that is none of the whole snapshots, before, after or between; nothing where all is well."""
    seen = read_manifest(root)
    if seen not in whole:
        return [f"a manifest of neither: {seen.version if seen else None}"]
    files = [] if seen is None else [(root.marts / file.path, file.sha256) for file in seen.files]
    faults = [f"{path} is not there" for path, _ in files if not path.exists()]
    faults += [f"{path} is another" for path, sha256 in files if path.exists() and _sha256(path) != sha256]
    views = root.marts / "marts.duckdb"
    return faults + (_wrong_views(root, views, whole) if views.exists() else [])


def published_since(root: Root, before: Manifest | None) -> list[Manifest]:
    """The snapshots that are there and came after one."""
    versions = sorted(path.name.removeprefix("v=") for path in root.marts.glob("v=*"))
    newer = [version for version in versions if before is None or version > before.version]
    return [manifest for version in newer if (manifest := read_snapshot(root, version))]


def _wrong_views(root: Root, views: Path, whole: Sequence[Manifest | None]) -> list[str]:
    """The views answer as one snapshot has it, which may be the one before for a moment."""
    try:
        said = answers(views)
    except duckdb.Error as error:
        return [f"marts.duckdb: {error}"]
    version = said.get("snapshot", "")
    meant = next((one for one in whole if one and one.version == version and one == read_snapshot(root, version)), None)
    if meant is None:
        return [f"marts.duckdb: no snapshot is {version}"]
    rows: Counter[str] = Counter()
    for file in meant.files:
        rows[file.mart] += file.rows
    return [
        f"marts.duckdb: {mart} has {said.get(mart)} rows" for mart in meant.marts if said.get(mart) != str(rows[mart])
    ]


def lost(
    root: Root, sent: Path, decided: frozenset[tuple[str, ...]], returns: Collection[tuple[str, ...]] = ()
) -> list[str]:
    """What was sent and is not in the archive; what was accepted (dataset, county, period, version, receipt) and is not
    in history, or is there more than once; of which returns (dataset, county, period) nothing is there.
    """
    there = {path.stem: _sha256(path) for path in root.archive.glob("*/*")}
    digests = {path: _sha256(path) for path in sent.rglob("*") if path.is_file()}
    faults = [f"{path.name} is not in the archive" for path, sha256 in digests.items() if there.get(sha256) != sha256]
    kept = list(accepted(root))
    faults += [f"{one} is not in history" for one in sorted(decided - set(kept))]
    faults += [f"nothing of {one} is in history" for one in sorted(set(returns) - {one[:3] for one in kept})]
    return faults + [f"{one} is in history {n} times" for one, n in Counter(kept).items() if n > 1]


def accepted(root: Root) -> Iterator[tuple[str, ...]]:
    """A return for each time that history has it: dataset, county, period, version, receipt."""
    runs = journal.runs(root)
    for dataset in BOOK.datasets.values():
        rows = scan_rows(root.history, dataset, runs)
        times = rows.group_by(*KEY, "sheet", "row").len().group_by(*KEY).agg(pl.col("len").max())
        for *key, n in times.sort(KEY).collect().iter_rows():
            yield from [(dataset.dataset, *map(str, key))] * n
