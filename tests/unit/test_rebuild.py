"""Rebuilding: the same bytes and the same ledger from archive and journal alone, whatever was decided before."""

from __future__ import annotations

import csv
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from expectations.suites import finance as suite
from tests import builders
from tests.builders import (
    BOOK,
    TIANZHEN,
    YANGGAO,
    finance,
    judge_again,
    loans,
    night,
    send,
    sheet,
    write_book,
)
from tests.decision_requests import decide
from tests.rebuilding import HELD, HIGH, again, faulty, hashes, indexed
from tests.sharing import Fill
from warehouse.intake.reading import Reading
from warehouse.maintenance.rebuild import RebuildResult
from warehouse.maintenance.verify import verify
from warehouse.snapshots.manifest import manifest_path
from warehouse.store import journal
from warehouse.store.files import Root
from warehouse.store.journal_records import Entry
from warehouse.store.rejudging import Scope
from warehouse.store.replay import replay

LATER = datetime(2018, 9, 1, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("few_marts", "in_this_process")


def same(root: Root) -> RebuildResult:
    """Rebuilds and holds everything against what is there."""
    done, other = again(root)
    assert done.differences == ()
    assert done.marts_compared
    assert hashes(other) == hashes(root)
    assert manifest_path(other).read_bytes() == manifest_path(root).read_bytes()
    assert len(hashes(root)) == done.rows + done.marts
    for name, frame in indexed(root).items():
        assert indexed(other)[name].equals(frame), name
    assert [p.read_bytes() for p in sorted(other.journal.rglob("*.json"))] == [
        p.read_bytes() for p in sorted(root.journal.rglob("*.json"))
    ]
    assert verify(other).faults == ()
    return done


# --- the same bytes ------------------------------------------------------------------------------------------------


def test_a_clean_night(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1000)), loans(finance(2000), county=TIANZHEN)))
    done = same(root)
    assert (done.entries, done.read, done.rows) == (1, 2, 1)


def test_a_faulty_night(filled_by: Callable[[Fill], Root], inbox: Path) -> None:
    root = filled_by(faulty)
    (inbox / "broken.xlsx").write_bytes(b"PK\x03\x04nothing")
    night(root, inbox)
    assert any(root.quarantine.rglob("*.parquet"))
    assert same(root).entries == 2


def test_a_correction_and_the_same_file_once_more(root: Root, inbox: Path) -> None:
    night(root, send(inbox / "1", loans(finance(1000))).parent)
    night(root, send(inbox / "2", loans(finance(1500))).parent)
    shutil.copytree(inbox / "2", inbox / "3")
    assert night(root, inbox).duplicates == 1
    night(root, send(inbox / "4", loans(finance(1000))).parent)
    done = same(root)
    assert (done.entries, done.read) == (4, 3)


def test_a_rejudge(filled_by: Callable[[Fill], Root], monkeypatch: pytest.MonkeyPatch) -> None:
    root = filled_by(faulty)
    monkeypatch.setattr(suite, "RULES", tuple(r for r in suite.RULES if r.rule != "loan_cap"))
    assert judge_again(root, Scope(), LATER)
    monkeypatch.undo()
    same(root)


def test_a_waiver_and_a_withdrawal(filled_by: Callable[[Fill], Root]) -> None:
    root = filled_by(faulty)
    decide(root, "waive", LATER, county_code=TIANZHEN)
    decide(root, "withdraw", LATER)
    decide(root, "withdraw", LATER, county_code=TIANZHEN)
    assert same(root).entries == 4


def test_an_archive(root: Root, inbox: Path, tmp_path: Path) -> None:
    sent = send(tmp_path / "sent", loans(finance(1000)), loans(HIGH, county=TIANZHEN))
    with zipfile.ZipFile(inbox / "all.zip", "w") as packed:
        for path in sorted(sent.rglob("*.xlsx")):
            packed.write(path, path.name)
    assert night(root, inbox, in_children=True).archives == 1
    assert same(root).read == 2


def bundle(path: Path, *codes: str) -> Path:
    """A CSV of finance with a row a county, as a prefecture sends it."""
    columns = BOOK.datasets["finance"].indicators
    with path.open("w", newline="", encoding="gb18030") as file:
        out = csv.writer(file)
        out.writerow(["区划代码", "报告期", *(i.header_zh for i in columns)])
        for code in codes:
            out.writerow([code, "2017-12", *(finance(1000)[i.column] for i in columns)])
    return path


def test_a_csv_of_several_counties_and_rows_of_nobody(root: Root, inbox: Path) -> None:
    bundle(inbox / "大同_finance.csv", YANGGAO, TIANZHEN, "")
    night(root, inbox)
    assert indexed(root)["returns"].height == 2
    kept = pl.concat([pl.read_parquet(p) for p in root.path.glob("[hq]*/*/*/*.parquet")])
    assert kept.height == 3
    same(root)


def nobodys(root: Root, inbox: Path) -> None:
    """A quarantined return, and a file of the same form and period of which nobody can say which 城区 it is of."""
    write_book(inbox / "城区_2017-12.xlsx", {"金融扶贫": sheet("finance", finance(7))})
    night(root, send(inbox, loans(HIGH, county=TIANZHEN)))
    assert indexed(root)["receipts"]["verdict"].sort().to_list() == ["read", "unreadable"]
    (path,) = root.quarantine.rglob("*.parquet")
    assert pl.read_parquet(path)["return_status"].null_count() == 1


def test_rows_of_a_file_that_gave_no_return(root: Root, inbox: Path) -> None:
    nobodys(root, inbox)
    assert same(root).read == 2


def test_a_file_that_no_reader_opens_is_not_tried_again(root: Root, inbox: Path) -> None:
    (inbox / "broken.xlsx").write_bytes(b"PK\x03\x04nothing")
    night(root, send(inbox, loans(finance(1000))))
    assert same(root).read == 1


def test_nothing_has_run(root: Root) -> None:
    done, other = again(root)
    assert (done.entries, done.rows, done.marts, done.marts_compared) == (0, 0, 0, False)
    assert journal.runs(other) == []


# --- what differs --------------------------------------------------------------------------------------------------


def twice(cells: Callable[..., pl.DataFrame]) -> Callable[..., pl.DataFrame]:
    """A reader of another time, which reads Tianzhen's loans as twice as much."""
    mine = pl.col("county_code") == TIANZHEN

    def read(*arguments: object) -> pl.DataFrame:
        rows = cells(*arguments)
        if "loan_amount_yuan" not in rows.columns:
            return rows
        return rows.with_columns(pl.when(mine).then(pl.col("loan_amount_yuan") * 2).otherwise("loan_amount_yuan"))

    return read


@pytest.fixture
def read_otherwise(root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> Root:
    """Two counties' returns, of which the second is now read otherwise."""
    night(root, send(inbox, loans(finance(1000)), loans(finance(2000), county=TIANZHEN)))
    merged = builders.merged

    def changed(*arguments: object) -> object:
        reading = merged(*arguments)  # type: ignore[arg-type]
        reading.rows["finance"] = twice(lambda: reading.rows["finance"])()
        return reading

    monkeypatch.setattr(builders, "merged", changed)
    return root


def test_what_is_read_otherwise_is_named_and_what_was_read_then_stays(read_otherwise: Root) -> None:
    done, other = again(read_otherwise)
    (difference,) = done.differences
    assert (difference.path, difference.kept) == (HELD, True)
    assert difference.expected != difference.found
    assert difference.returns == (f"{TIANZHEN} 2017-12 finance, receipt 2 (2017-12/{TIANZHEN}_天镇县_2017-12.xlsx)",)
    assert hashes(other) == hashes(read_otherwise)
    assert verify(other).faults == ()


def test_without_the_file_of_then_it_is_said_that_it_is_not_kept(read_otherwise: Root) -> None:
    (read_otherwise.path / HELD).unlink()
    done, _ = again(read_otherwise)
    first = done.differences[0]
    assert (first.path, first.kept) == (HELD, False)
    assert len(first.returns) == 2
    # And with other figures the marts are others.
    assert any(one.path.startswith("marts/") for one in done.differences)


def test_rows_of_no_return_that_are_read_otherwise_are_named_by_their_receipt(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobodys(root, inbox)
    monkeypatch.setattr("warehouse.maintenance.rebuild.replay", replay_without_strays)
    done, _ = again(root)
    (difference,) = done.differences
    assert difference.kept
    assert difference.returns == ("receipt 2 (城区_2017-12.xlsx)",)


def replay_without_strays(entry: Entry, reading: Reading, target: Root) -> dict[str, str]:
    """A replay by a reader that leaves out rows of no return."""
    known = {name: rows.filter(pl.col("county_code").is_not_null()) for name, rows in reading.rows.items()}
    return replay(entry, replace(reading, rows=known), target)


def test_an_original_that_is_gone_is_named(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1000)), loans(HIGH, county=TIANZHEN)))
    next(root.archive.rglob("*.xlsx")).unlink()
    done, other = again(root)
    gone, rows = done.differences
    assert gone.path.startswith("archive/")
    assert gone.returns[0].startswith("receipt ")
    assert (rows.found, rows.kept) == ("none", True)
    assert hashes(other) == hashes(root)


def test_a_damaged_file_of_rows_comes_out_as_it_was(filled_by: Callable[[Fill], Root]) -> None:
    root = filled_by(faulty)
    before = hashes(root)
    (root.path / HELD).write_bytes(b"PAR1")
    done, other = again(root)
    assert done.differences == ()
    assert hashes(other) == before
