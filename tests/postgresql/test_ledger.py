"""The ledger on a PostgreSQL server: it says the same as SQLite's, whatever came, and broken off, it is finished."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from expectations.data_docs.recovered_pages import publish_recovered_pages
from tests.builders import YANGGAO, apart, installation, knowledge, url
from tests.compacting import LAST, five_runs
from tests.postgresql.server import Server
from tests.rebuilding import again, hashes
from tests.sharing import Fill
from tests.small_store import Sent, run
from warehouse.codebook import load
from warehouse.intake.model.records import Note
from warehouse.maintenance.operations import compact_rows
from warehouse.maintenance.recover import sound_ledger
from warehouse.maintenance.replace_store import put_in_place
from warehouse.maintenance.verify import verify
from warehouse.messages.errors import StoreError, TransientError
from warehouse.messages.finding import Change, Finding, Proposal
from warehouse.snapshots.manifest import Manifest, read_manifest
from warehouse.snapshots.publish import Plan, publish
from warehouse.store import journal, ledger
from warehouse.store.files import Root
from warehouse.store.journal_records import Entry, ForgetRecord, NoteRecord

pytestmark = pytest.mark.usefixtures("few_marts", "in_this_process")

OnServer = Callable[[Path], str]
HOSTILE = "a\0b\ufdd00 %s :x '\"\\ \u202e\U0001f4a9 阳高县"


def tables(engine: sa.Engine) -> dict[str, pl.DataFrame]:
    """All that a ledger says of runs but for the digests, in one order: a database need not keep one."""
    read = {table.name: ledger.read_table(engine, table) for table in ledger.OF_A_RUN}
    return {name: frame.drop("digest", strict=False).sort(pl.all()) for name, frame in read.items()}


def files_of(snapshot: Manifest) -> dict[str, str]:
    """The files of a snapshot, below its folder, by their hashes."""
    return {one.path.partition("/")[2]: one.sha256 for one in snapshot.files}


def hostile(root: Root) -> Entry:
    """A run of texts that a database may refuse, and of numbers that it may round."""
    entry = run(root, 1, Sent(1, reason=HOSTILE, by=HOSTILE))
    said = {"found": HOSTILE, "expected": HOSTILE, "message_zh": HOSTILE, "message_en": HOSTILE}
    change = Change(cell=None, indicator="i", found=None, value="1e-7", how="h")
    finding = Finding(
        receipt=2**53 + 1, submission="ab" * 32, file=HOSTILE, sheet=HOSTILE, rule="r", severity="warning",
        score=0.1 + 0.2, proposals=(Proposal(changes=(change,)),), **said,
    )  # fmt: skip
    note = Note(
        receipt=1, county_code=YANGGAO, period="2017-12", dataset="finance", indicator=None, rule=None,
        explanation=HOSTILE, sheet=HOSTILE, row=3,
    )  # fmt: skip
    (period,) = entry.periods
    noted = period.model_copy(update={"notes": (NoteRecord(note=note, answered=False),)})
    return entry.model_copy(update={"findings": (finding,), "periods": (noted,)})


def test_texts_numbers_and_moments_are_what_sqlite_has_of_them(root: Root, on_server: OnServer) -> None:
    entry = hostile(root)
    here, there = ledger.open_ledger(url(root)), ledger.open_ledger(on_server(root.path))
    for engine in (here, there):
        ledger.index(engine, entry, "ab" * 32)
        assert ledger.heads_as_indexed(engine) == {entry.run: "ab" * 32}
    assert all(frame.equals(tables(there)[name]) for name, frame in tables(here).items())
    (said,) = ledger.read_table(there, ledger.FINDINGS, ledger.FINDINGS.c.file == HOSTILE).iter_rows(named=True)
    assert (said["found"], said["score"], said["receipt"]) == (HOSTILE, 0.1 + 0.2, 2**53 + 1)


def test_texts_that_sort_otherwise_on_the_server_are_found_by_what_they_are(root: Root, on_server: OnServer) -> None:
    names = ["2.csv", "10.csv", "B.csv", "a.csv", "é.csv", "e\u0301.csv", "阳.csv", "长.csv"]
    runs = [run(root, at, Sent(at)) for at in range(1, len(names) + 1)]
    engine = ledger.open_ledger(on_server(root.path))
    for entry, name in zip(runs, names, strict=True):
        (receipt,) = entry.receipts
        named = receipt.model_copy(update={"receipt": receipt.receipt.model_copy(update={"file": name})})
        ledger.index(engine, entry.model_copy(update={"receipts": (named,)}))
    assert list(ledger.latest_by_file(engine)) == names
    with engine.connect() as connection:
        by_name = connection.scalars(sa.select(ledger.RECEIPTS.c.file).order_by(ledger.RECEIPTS.c.file)).all()
    assert by_name != sorted(names)


def test_marts_are_the_same_in_whatever_order_the_server_gives_its_rows(
    filled_by: Callable[[Fill], Root], on_server: OnServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = filled_by(five_runs)
    before = read_manifest(root)
    assert before is not None
    engine = ledger.open_ledger(on_server(root.path))
    ledger.catch_up(engine, root)
    read = pl.read_database

    def shuffled(*words: Any, **options: Any) -> pl.DataFrame:
        return read(*words, **options).sample(fraction=1, shuffle=True, seed=7)

    monkeypatch.setattr(pl, "read_database", shuffled)
    made = publish(root, Plan.of(knowledge(root)), load(), from_nothing=True)
    assert files_of(made) == files_of(before)


def test_nights_a_decision_a_compaction_and_a_rebuild_come_out_as_with_sqlite(
    filled_by: Callable[[Fill], Root], root: Root, tmp_path: Path, on_server: OnServer
) -> None:
    filled_by(five_runs)
    own = Root(tmp_path / "on server")
    on_server(own.path)
    five_runs(own, tmp_path / "other inbox")
    assert not (own.path / "ledger.db").exists()
    published, there = read_manifest(root), read_manifest(own)
    assert published is not None
    assert there is not None
    assert files_of(there) == files_of(published)
    compact_rows(installation(own), 2, LAST, publish_recovered_pages)
    assert verify(own, url(own)).faults == ()
    before = hashes(own)
    _, rebuilt = again(own)
    put_in_place(rebuilt, own, url(own))
    assert hashes(own) == before
    assert verify(own, url(own)).faults == ()


def die_in_the_middle(root: Root) -> None:
    """Indexes the journal, and is killed when the first rows of its second run are written and not committed."""
    engine = ledger.open_ledger(url(root))

    def kill(_c: Any, _u: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith("INSERT INTO returns") and "000002" in str(values):
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(engine, "after_cursor_execute", kill)
    ledger.catch_up(engine, root)


def test_killed_in_the_middle_of_a_run_it_has_the_runs_before_and_the_next_night_indexes_the_others(
    root: Root, on_server: OnServer
) -> None:
    for number in (1, 2, 3):
        run(root, number, Sent(number))
    on_server(root.path)
    process = apart(on_the_server, url(root), root)
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    engine = ledger.open_ledger(url(root))
    assert ledger.runs_said(engine) == {"000001"}
    assert ledger.catch_up(engine, root) == ["000002", "000003"]
    assert ledger.heads_as_indexed(engine) == journal.heads(root, journal.runs(root))


def on_the_server(ledger_url: str, root: Root) -> None:
    """In another process: `die_in_the_middle` with the ledger there."""
    from tests import builders  # noqa: PLC0415

    builders.ledger_of = lambda _: ledger_url
    die_in_the_middle(root)


def test_of_two_that_index_the_same_run_the_second_waits_and_each_row_is_there_once(
    root: Root, on_server: OnServer
) -> None:
    entry = run(root, 1, Sent(1))
    engine = ledger.open_ledger(on_server(root.path))
    second = Thread(target=ledger.index, args=(engine, entry))
    with engine.begin() as first:
        ledger._forget(first, entry.run)
        ledger._insert(first, entry, "")
        second.start()
    second.join(60)
    assert {name: frame.height for name, frame in tables(engine).items() if frame.height} == {
        "runs": 1, "receipts": 1, "returns": 1, "touched": 1, "files": 1,
    }  # fmt: skip
    assert ledger.heads_as_indexed(engine).keys() == {entry.run}


def test_a_ledger_of_another_root_is_refused_and_left_as_it_is(root: Root, tmp_path: Path, postgresql: Server) -> None:
    url_of_one = postgresql.ledgers()(root.path)
    other = Root(tmp_path / "other")
    for number in (1, 2):
        run(root, number, Sent(number))
        run(other, number, Sent(number, lent=7))
    engine, *_ = sound_ledger(root, url_of_one, None)
    with pytest.raises(StoreError, match=r"is another root's: name a database of this root alone"):
        sound_ledger(other, url_of_one, None)
    assert ledger.heads_as_indexed(engine) == journal.heads(root, journal.runs(root))
    run(root, 3, Sent(3))
    ledger.catch_up(engine, root)
    with pytest.raises(StoreError, match="the ledger knows run 000003"):
        ledger.catch_up(engine, other)


def test_a_server_that_goes_away_is_a_sentence_and_when_it_is_back_all_goes_on(
    root: Root, postgresql: Server, on_server: OnServer
) -> None:
    run(root, 1, Sent(1))
    engine = ledger.open_ledger(on_server(root.path))
    ledger.catch_up(engine, root)
    with engine.connect() as connection:
        mine = connection.scalar(sa.text("SELECT pg_backend_pid()"))
        with sa.create_engine(postgresql.url(), poolclass=sa.NullPool).connect() as admin:
            admin.execute(sa.text("SELECT pg_terminate_backend(:mine)"), {"mine": mine})
        with pytest.raises(TransientError, match=r"postgres:\*\*\*@/.* cannot be used now"):
            connection.execute(sa.select(ledger.RUNS))
    assert ledger.last_receipt(engine) == 1


def test_a_user_who_may_make_no_tables_is_told_what_the_server_said(postgresql: Server) -> None:
    admin = sa.create_engine(postgresql.url(), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql("DROP ROLE IF EXISTS guest")
        connection.exec_driver_sql("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    theirs = postgresql.url().replace("postgres:s3cret-of-the-test", "guest:guest")
    with pytest.raises(StoreError, match=r"refuses \(permission denied for schema public"):
        ledger.open_ledger(theirs)
    postgresql.urls.add(theirs)


def test_what_is_forgotten_is_in_no_table_of_the_server(root: Root, postgresql: Server, on_server: OnServer) -> None:
    secret = "a secret of the county"
    found = Finding(
        receipt=1, submission="ab" * 32, file="1.csv", rule="r", severity="warning", found=secret, expected="",
        message_zh="", message_en="",
    )  # fmt: skip
    engine = ledger.open_ledger(on_server(root.path))
    ledger.index(engine, run(root, 1, Sent(1)).model_copy(update={"findings": (found,)}))
    assert in_files(postgresql, engine, secret)
    gone = ForgetRecord(submission="ab" * 32, receipts=(1,), reason="r", by="b", said=())
    ledger.index(engine, run(root, 2).model_copy(update={"forgotten": gone}))
    assert not in_files(postgresql, engine, secret)


def in_files(postgresql: Server, engine: sa.Engine, text: str) -> bool:
    """Whether any file of the server's tables holds the text."""
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("CHECKPOINT")
    files = (path for path in (postgresql.folder / "data" / "base").rglob("*") if path.is_file())
    return any(text.encode() in path.read_bytes() for path in files)
