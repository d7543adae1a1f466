"""A PostgreSQL server for tests, where one is installed: as Debian installs it, or on the path."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from warehouse.store import ledger

OF_DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
FOUND = shutil.which("initdb", path=os.pathsep.join([*map(str, OF_DEBIAN[-1:]), os.environ["PATH"]]))
# It does not run as root; who is root runs it as the user that Debian makes for it.
USER = "postgres" if os.geteuid() == 0 else None
PASSWORD = "s3cret-of-the-test"


@dataclass(frozen=True)
class Server:
    """One that runs, on a socket in a folder."""

    folder: Path
    urls: set[str] = field(default_factory=set)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://postgres:{PASSWORD}@/{database}?host={self.folder}"

    def ledgers(self) -> Callable[[Path], str]:
        """Gives each root that asks a database of its own, empty; those that were given before are given again, for
        making one takes seconds.
        """
        given: dict[Path, str] = {}

        def ledger_of(root: Path) -> str:
            if root not in given:
                given[root] = self._empty(f"ledger_{len(given)}")
            return given[root]

        return ledger_of

    def _empty(self, name: str) -> str:
        admin = sa.create_engine(self.url(), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with admin.connect() as connection:
            if name not in connection.scalars(sa.text("SELECT datname FROM pg_database")).all():
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine = ledger.open_ledger(self.url(name), renew=True)
        with engine.begin() as connection:
            connection.exec_driver_sql(f"TRUNCATE {', '.join(ledger.metadata.tables)}")
        self.urls.add(self.url(name))
        return self.url(name)


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server until the block ends. Its texts sort as people sort them, not by their bytes: nobody may rely on it."""
    assert FOUND is not None
    folder.chmod(0o755)
    data = folder / "data"
    data.mkdir()
    if USER:
        shutil.chown(data, USER)
        shutil.chown(folder, USER)
    password = folder / "password"
    password.write_text(PASSWORD)
    sorts = ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=zh-u-kn-true"]
    words = ["-D", data, "-U", "postgres", "--pwfile", password, "--auth=scram-sha-256", "--no-sync", *sorts]
    subprocess.run([FOUND, *words], user=USER, cwd=folder, capture_output=True, check=True)
    own = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
    with (folder / "log").open("w") as log:
        words = [Path(FOUND).with_name("postgres"), "-D", data, *own]
        process = subprocess.Popen(words, user=USER, cwd=folder, stdout=log, stderr=log)
    try:
        while subprocess.run([Path(FOUND).with_name("pg_isready"), "-q", "-h", folder], check=False).returncode:
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
        yield Server(folder)
    finally:
        process.terminate()
        process.wait(30)
