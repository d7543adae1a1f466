"""The marts as they were known at a moment, written to a folder of one's own: no snapshot, nothing is published."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from warehouse.codebook import load
from warehouse.marts.as_known import AsKnown
from warehouse.messages.errors import PermanentError
from warehouse.snapshots.manifest import File, open_share, read_manifest
from warehouse.snapshots.publish import Plan, write_marts
from warehouse.snapshots.views import write_views
from warehouse.store import ledger
from warehouse.store.files import Root


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
    """Writes the marts of that moment as Parquet and, last, a `marts.duckdb` of views over them.

    The lock on the root must be held. Raises PermanentError where the folder has something in it or nothing was known.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise PermanentError(f"{out} is not an empty folder; name one that is new or empty")
    engine = ledger.open_ledger(ledger_url, renew=True)
    ledger.catch_up(engine, root)
    known = AsKnown.of(load(), root.history, engine, open_share(read_manifest(root)), moment)
    if not known.runs:
        raise PermanentError(f"nothing was known yet at {moment:%Y-%m-%d %H:%M} UTC in {root.path}")
    files = write_marts(out, Plan.of(known), load())
    paths = {mart: [out / file.path for file in files if file.mart == mart] for mart in load().marts}
    write_views(out / "marts.duckdb", paths, load(), f"TIMESTAMP '{moment.replace(tzinfo=None)}' AS as_of")
    return AsOfMarts(moment=moment, run=known.runs[-1], out=str(out), files=files)
