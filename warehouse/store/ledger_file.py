"""The ledger as a SQLite file: where it is, how it is opened and written, what is wrong with it, what it gives back.

Does not belong here: the tables and what is in them (`ledger.py`), a database server (`ledger_server.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from warehouse.messages.disk_errors import read_only

# A file of whose pages more than one in so many is free is written anew, without them.
FREE = 10


def database_file(url: str) -> Path | None:
    """The file of a SQLite ledger; None where the ledger is on a server, or in memory."""
    name = sa.make_url(url).database if url.startswith("sqlite") else None
    return Path(name) if name else None


def written(database: Path) -> int:
    """Bytes beside the file that were not taken in: where there are any, the file alone is not the ledger."""
    beside = database.with_name(f"{database.name}-wal")
    return beside.stat().st_size if beside.exists() else 0


def immutable(url: str) -> str | None:
    """How to open a SQLite file on a disk that is read-only, where there is no place for what SQLite keeps beside it.

    None elsewhere, and where something is beside it that was not taken in.
    """
    database = database_file(url)
    if database is None or not database.is_file() or not read_only(database.parent) or written(database):
        return None
    return to_look(database, "immutable=1")


def to_look(database: Path, mode: str) -> str:
    """The URL by which a file is only read."""
    return f"sqlite:///file:{quote(str(database))}?{mode}&uri=true"


def durable(connection: Any, _record: Any) -> None:
    """Lets a connection write for good, and leave nothing of what is removed."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")  # what is removed must not stay in free pages


def damage(engine: sa.Engine) -> str | None:
    """What SQLite finds wrong with its own file, indexes held against tables; None where nothing is, or elsewhere."""
    if engine.dialect.name != "sqlite":
        return None
    with engine.connect() as connection:
        found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    return None if found == "ok" else str(found)


def give_back(url: str) -> int:
    """Writes a file anew where much of it is free, for SQLite keeps what it no longer needs; the bytes that came free.
    Servers do so by themselves.
    """
    database = database_file(url)
    if database is None or not database.is_file():
        return 0
    before = database.stat().st_size + written(database)
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        free, pages = (connection.exec_driver_sql(f"PRAGMA {of}_count").scalar_one() for of in ("freelist", "page"))
        if free * FREE > pages:
            connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return before - database.stat().st_size - written(database)


def remove(database: Path) -> None:
    """Removes the file and what is beside it."""
    for beside in ("", "-wal", "-shm"):
        database.with_name(f"{database.name}{beside}").unlink(missing_ok=True)
