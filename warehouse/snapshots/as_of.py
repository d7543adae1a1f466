"""The marts as they were known at a moment, written to a folder of one's own: no snapshot, nothing is published."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from warehouse.codebook import load
from warehouse.codebook.contract_version import CONTRACT
from warehouse.marts.as_known import AsKnown
from warehouse.marts.build_digest import build_digest
from warehouse.messages.errors import PermanentError
from warehouse.snapshots.manifest import File, Manifest, open_share, read_manifest
from warehouse.snapshots.publish import Plan, write_dictionary, write_marts
from warehouse.snapshots.views import write_views
from warehouse.store import journal, ledger
from warehouse.store.files import Root, empty_folder, write_durably
from warehouse.store.seal import sealed


class AsOfMarts(BaseModel):
    """What was written where: the moment (UTC), the last run that was known then, the files below `out`."""

    model_config = ConfigDict(frozen=True)

    moment: datetime
    run: str
    out: str
    files: tuple[File, ...]


def moment_of(text: str) -> datetime:
    """The moment (UTC) that a date or a time means: of a date its last one; a time without a zone is UTC.

    Raises ValueError for anything else.
    """
    if len(text) == len("2018-01-15"):
        return datetime.combine(date.fromisoformat(text), time.max, UTC)
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def write_as_of(root: Root, ledger_url: str, moment: datetime, out: Path) -> AsOfMarts:
    """Writes the marts of that moment as Parquet, the data dictionary, a `marts.duckdb` of views over them, and last a
    manifest: what reads the folder of published marts reads this one too.

    The lock on the root must be held. Raises PermanentError where the folder has something in it or nothing was known.
    """
    empty_folder(out)
    engine = ledger.open_ledger(ledger_url, renew=True)
    ledger.catch_up(engine, root)
    known = AsKnown.of(load(), root.history, engine, open_share(read_manifest(root)), moment)
    if not known.runs:
        raise PermanentError(f"nothing was known yet at {moment:%Y-%m-%d %H:%M} UTC in {root.path}")
    manifest = Manifest(
        contract=CONTRACT,
        version=f"as-of-{moment:%Y-%m-%dT%H%M%SZ}",
        run=known.runs[-1],
        head=journal.heads(root, [known.runs[-1]]).get(known.runs[-1], ""),
        program=build_digest(),
        open_share=known.open_share,
        files=write_marts(out, Plan.of(known), load()),
        documents=write_dictionary(out, load()),
    )
    paths = {mart: [out / file.path for file in manifest.files if file.mart == mart] for mart in manifest.marts}
    said = f"'{manifest.version}' AS version, TIMESTAMP '{moment.replace(tzinfo=None)}' AS as_of"
    write_views(out / "marts.duckdb", paths, load(), said)
    write_durably(out / "manifest.json", sealed(manifest))
    return AsOfMarts(moment=moment, run=manifest.run, out=str(out), files=manifest.files)
