"""Compacting: fewer files, the same rows; wherever it breaks off, nothing is lost and nothing counts twice."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.builders import (
    BOOK,
    GUANGLING,
    RECEIVED,
    TIANZHEN,
    YANGGAO,
    finance,
    knowledge,
    lent,
    loans,
    marts,
    night,
    publish_new,
    send,
    sources,
    url,
)
from tests.compacting import LAST, MERGED, again, compacted, days, files, same
from tests.decision_requests import decide
from warehouse.codebook import Dataset
from warehouse.codebook.model import Indicator
from warehouse.lineage.contributions import Snapshot
from warehouse.lineage.reader import LineageReader
from warehouse.maintenance.recover import prepare
from warehouse.maintenance.replace_store import put_in_place
from warehouse.maintenance.verify import verify
from warehouse.marts.partitions import partitions_of
from warehouse.messages.errors import StoreError
from warehouse.snapshots.as_of import write_as_of
from warehouse.snapshots.publish import Plan
from warehouse.snapshots.views import heal
from warehouse.store import journal, ledger
from warehouse.store.archive import hash_file
from warehouse.store.compact import compact, merge
from warehouse.store.files import Root
from warehouse.store.history import scan_rows, scan_run, schema, write_rows
from warehouse.store.integrity import IntegrityFault
from warehouse.store.journal_records import COMPACT
from warehouse.store.row_files import RowFiles

FORM = BOOK.datasets["finance"]
pytestmark = pytest.mark.usefixtures("few_marts", "in_this_process")


def rows(root: Root) -> list[pl.DataFrame]:
    """What reading gives of each dataset, accepted and not, in an order of its own."""
    runs = journal.runs(root)
    return [
        scan_rows(folder, dataset, runs).sort(pl.all(), nulls_last=True).collect()
        for folder in (root.history, root.quarantine)
        for dataset in BOOK.datasets.values()
    ]


def same_rows(root: Root, before: list[pl.DataFrame]) -> bool:
    return all(now.equals(then) for now, then in zip(rows(root), before, strict=True))


# --- the same rows -------------------------------------------------------------------------------------------------


def test_many_files_become_one_with_the_same_rows(filled: Root) -> None:
    before, names = rows(filled), files(filled)
    done = compacted(filled)
    assert same_rows(filled, before)
    assert (done.run, done.files_after) == ("000006", 3)
    assert done.files_before == len(names) - len(files(filled)) + 3
    # Of 2018-06 there is one file, which stays as it is.
    single = "history/finance/period=2018-06/000003.parquet"
    assert files(filled)[single] == names[single]
    assert sorted(name.rsplit("/", 1)[1] for name in files(filled)) == [
        "000003.parquet",
        *["000006.compact.parquet"] * 3,
    ]
    assert done.bytes_after < done.bytes_before
    assert verify(filled).faults == ()


def test_it_is_a_run_that_decides_nothing_and_names_the_files_that_it_made(filled: Root) -> None:
    compacted(filled)
    entry = journal.read_entry(filled, "000006")
    assert (entry.flow, entry.receipts, entry.decisions, entry.findings) == (COMPACT, (), (), ())
    named = {name: sha256 for period in entry.periods for name, sha256 in period.files.items()}
    assert named == {name: sha256 for name, sha256 in files(filled).items() if "compact" in name}
    engine = ledger.open_ledger(url(filled))
    assert ledger.read_table(engine, ledger.RUNS)["flow"].to_list()[-1] == COMPACT
    assert ledger.deciding(engine, filled) == journal.runs(filled)[:-1]


def test_no_figure_changes_and_there_is_nothing_to_publish(filled: Root) -> None:
    before, inputs = marts(filled), partitions_of(knowledge(filled))
    compacted(filled)
    assert partitions_of(knowledge(filled)) == inputs
    assert publish_new(filled) is None
    built = dict(Plan.of(knowledge(filled)).build(inputs))
    together: dict[str, list[pl.DataFrame]] = {}
    for part, frame in built.items():
        together.setdefault(part.mart, []).append(frame)
    for name, frame in before.items():
        assert pl.concat(together[name]).sort(pl.all()).equals(frame.sort(pl.all())), name


def test_too_few_files_are_left_alone_and_nothing_is_recorded(filled: Root) -> None:
    before = files(filled)
    assert compacted(filled, at_least=9).run is None
    assert files(filled) == before
    assert journal.runs(filled)[-1] == "000005"
    assert compacted(filled, at_least=0).run == "000006"
    assert compacted(filled, at_least=0).run is None


def test_what_comes_after_it_is_read_beside_it_and_merged_by_the_next(filled: Root, inbox: Path) -> None:
    compacted(filled)
    night(filled, send(inbox / "7", loans(finance(1900))).parent, LAST)
    assert lent(filled) == {YANGGAO: 1900, TIANZHEN: 60_000, GUANGLING: 7}
    before = rows(filled)
    done = compacted(filled)
    assert (done.run, done.files_before) == ("000008", 2)
    assert same_rows(filled, before)
    assert "history/finance/period=2017-12/000008.compact.parquet" in files(filled)
    assert MERGED not in files(filled)
    assert "history/relocation_villages/period=2017-12/000006.compact.parquet" in files(filled)
    assert verify(filled).faults == ()


def test_a_night_that_judges_by_what_was_merged_goes_on_with_its_versions(filled: Root, inbox: Path) -> None:
    compacted(filled)
    night(filled, send(inbox / "7", loans(finance(1900))).parent, LAST)
    returns = sources(filled).returns.filter(county_code=YANGGAO, period="2017-12", dataset="finance")
    assert returns["version"].to_list() == [1, 2, 3, 4]


def test_the_marts_of_a_moment_before_it_are_made_of_the_rows_of_then(
    filled: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.snapshots.publish.partitions_of", partitions_of)  # for it writes all marts
    before = write_as_of(filled, url(filled), days(2), tmp_path / "before")
    compacted(filled)
    after = write_as_of(filled, url(filled), days(2), tmp_path / "after")
    assert (after.run, after.files) == (before.run, before.files)


def test_rows_of_a_run_are_told_apart_where_they_were_merged(filled: Root) -> None:
    returns = ledger.read_table(ledger.open_ledger(url(filled)), ledger.RETURNS).rows(named=True)
    store = LineageReader(filled, url(filled))
    before = [store.rows(BOOK.datasets[one["dataset"]], one) for one in returns]
    assert sum(frame.height for frame in before) > len(returns)
    compacted(filled)
    for one, frame in zip(returns, before, strict=True):
        assert store.rows(BOOK.datasets[one["dataset"]], one).equals(frame)


def test_a_return_quarantined_twice_at_one_moment_is_two_sets_of_rows(filled: Root) -> None:
    for run in ("000006", "000007"):
        write_rows(filled.quarantine, FORM, "2017-12", run, twice())
    runs = [*journal.runs(filled), "000006", "000007", "000008"]
    merge(RowFiles.of(filled.quarantine.glob("finance/period=2017-12/*"), runs).counting, "000008")
    for run in ("000006", "000007"):
        assert scan_run(filled.quarantine, FORM, runs, run, "2017-12").collect().height == 1
    assert scan_run(filled.quarantine, FORM, runs, "000005", "2017-12").collect().is_empty()


def twice() -> pl.DataFrame:
    made = {"receipt": 77, "submission": "ab", "sheet": "表", "row": 2, "county_code": YANGGAO, "period": "2017-12"}
    return pl.DataFrame([{**made, "known_from": RECEIVED.replace(tzinfo=None), **finance(5)}], schema(FORM))


def test_a_quarantined_return_that_was_merged_can_be_let_in(filled: Root) -> None:
    compacted(filled)
    decide(filled, "withdraw", LAST, county_code=GUANGLING)
    decide(filled, "waive", LAST, county_code=GUANGLING, receipt=4)
    assert lent(filled)[GUANGLING] == 60_000
    assert same(filled).differences == ()


def compact_meanwhile(
    root: Root, monkeypatch: pytest.MonkeyPatch, name: str, scan: Callable[..., pl.LazyFrame]
) -> None:
    """Between the next looking for files of rows under this name and the reading of them."""

    def meanwhile(*arguments: Any) -> pl.LazyFrame:
        lazy = scan(*arguments)
        monkeypatch.undo()
        compacted(root)
        return lazy

    monkeypatch.setattr(name, meanwhile)


def test_who_reads_without_the_lock_looks_again_where_files_were_merged_meanwhile(
    filled: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = ledger.read_table(ledger.open_ledger(url(filled)), ledger.RETURNS).row(0, named=True)
    store = LineageReader(filled, url(filled))
    before = store.rows(FORM, one)
    compact_meanwhile(filled, monkeypatch, "warehouse.lineage.reader.scan_run", scan_run)
    assert store.rows(FORM, one).equals(before)
    assert MERGED in files(filled)


def test_who_explains_a_figure_looks_again_too(filled: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = Snapshot.last(LineageReader(filled, url(filled)))
    decisions = snapshot.decisions("finance", ["2017-12"], [YANGGAO])
    before = snapshot.rows(FORM, decisions).collect()
    compact_meanwhile(filled, monkeypatch, "warehouse.lineage.contributions.scan_rows", scan_rows)
    assert snapshot.rows(FORM, decisions).collect().equals(before)
    assert MERGED in files(filled)
    assert before.height == 1


# --- forms that change ---------------------------------------------------------------------------------------------


def form(indicators: tuple[Indicator, ...]) -> Dataset:
    kept = {name: getattr(FORM, name) for name in Dataset.model_fields}
    return Dataset.model_construct(**{**kept, "indicators": indicators})


def test_a_column_that_came_or_went_stays_in_the_merged_file(root: Root) -> None:
    old, new = form(FORM.indicators[1:]), form(FORM.indicators[:-1])
    gone, come = FORM.indicators[-1].column, FORM.indicators[0].column
    for run, shape in (("000001", old), ("000002", new)):
        write_rows(root.history, shape, "2017-12", run, twice().select(*schema(shape)))
    runs = ["000001", "000002", "000003"]
    path = merge(RowFiles.of(root.history.rglob("*.parquet"), runs).counting, "000003")
    merged = pl.read_parquet(path, hive_partitioning=False)
    assert {gone, come} <= set(merged.columns)
    assert merged["run"].to_list() == ["000001", "000002"]
    assert scan_rows(root.history, new, runs).collect().columns == list(schema(new))
    assert [value is None for value in merged[come]] == [True, False]


# --- broken off ----------------------------------------------------------------------------------------------------


def durable_calls(root: Root, monkeypatch: pytest.MonkeyPatch, stop: int | None, *, after: bool) -> int:
    """A compaction that dies at one of the calls that change what is on disk, or none; how many there were."""
    calls: Iterator[int] = iter(range(10_000))
    seen = 0

    def dying(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **named: Any) -> Any:
            nonlocal seen
            number = next(calls)
            seen += 1
            if number == stop and not after:
                raise KeyboardInterrupt
            done = function(*arguments, **named)
            if number == stop:
                raise KeyboardInterrupt
            return done

        return called

    with monkeypatch.context() as patched, root.lock(0):
        for name in ("replace", "unlink", "chmod"):
            patched.setattr(Path, name, dying(getattr(Path, name)))
        patched.setattr(ledger, "index", dying(ledger.index))
        if stop is None:
            compact(root, url(root), LAST, 2)
        else:
            with pytest.raises(KeyboardInterrupt):
                compact(root, url(root), LAST, 2)
    return seen


def test_broken_off_at_any_call_nothing_is_lost_and_nothing_counts_twice(
    filled: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(filled)
    whole = Root(tmp_path / "whole")
    shutil.copytree(filled.path, whole.path, symlinks=True)
    calls = durable_calls(whole, monkeypatch, None, after=False)
    assert calls > 10
    left: set[str] = set()
    for stop in range(calls):
        for after in (False, True):
            victim = Root(tmp_path / f"{stop}{after}")
            shutil.copytree(filled.path, victim.path, symlinks=True)
            heal(victim, BOOK)
            durable_calls(victim, monkeypatch, stop, after=after)
            assert same_rows(victim, before), "who reads now"
            assert verify(victim).faults == ()
            with victim.lock(0):
                left |= {one.kind for one in prepare(victim, url(victim))}
                assert prepare(victim, url(victim)) == ()
                compact(victim, url(victim), LAST, 2)
            assert files(victim) == files(whole)
            assert same_rows(victim, before)
            shutil.rmtree(victim.path)
    assert left == {"rows", "superseded", "temporary", "indexed"}


def test_files_that_it_could_not_remove_are_nobodys_and_the_next_run_removes_them(
    filled: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(filled)
    with monkeypatch.context() as patched:
        patched.setattr("warehouse.store.compact.remove_superseded", lambda *_: [])
        compacted(filled)
    assert "history/finance/period=2017-12/000001.parquet" in files(filled)
    assert same_rows(filled, before)
    assert verify(filled).faults == ()
    assert again(filled)[0].differences == ()
    (told,) = night(filled, inbox).recovered
    assert (told.kind, len(told.names)) == ("superseded", 9)
    assert same_rows(filled, before)


@pytest.mark.parametrize("fault", ["gone", "changed"])
def test_what_is_damaged_is_not_merged(filled: Root, fault: str) -> None:
    path = filled.path / "history/finance/period=2017-12/000002.parquet"
    if fault == "gone":
        path.unlink()
    else:
        pl.read_parquet(path, hive_partitioning=False).with_columns(loan_amount_yuan=1).write_parquet(path)
    before = files(filled)
    with pytest.raises(StoreError, match=r"000002\.parquet"):
        compacted(filled)
    assert files(filled) == before
    put_in_place(again(filled)[1], filled, url(filled))
    assert compacted(filled).run == "000006"


def test_a_merged_file_that_is_damaged_is_found_and_mended(filled: Root) -> None:
    compacted(filled)
    before = files(filled)
    (filled.path / MERGED).write_bytes(b"PAR1")
    (fault,) = verify(filled).faults
    assert (fault.path, fault.kind) == (MERGED, "changed")
    done, other = again(filled)
    assert done.differences == ()
    assert put_in_place(other, filled, url(filled)) == [MERGED]
    assert files(filled) == before
    (filled.path / MERGED).unlink()
    assert [(one.path, one.kind) for one in verify(filled).faults] == [(MERGED, "missing")]


def test_what_is_merged_while_it_is_verified_is_not_missing(filled: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    from warehouse.maintenance import verify as verifying  # noqa: PLC0415

    look = verifying.file_faults

    def meanwhile(*arguments: Any) -> Iterator[IntegrityFault]:
        compacted(filled)
        return look(*arguments)

    monkeypatch.setattr(verifying, "file_faults", meanwhile)
    assert verify(filled).faults == ()


# --- which files count ---------------------------------------------------------------------------------------------


NAMES = ["000001.parquet", "000002.parquet", "000003.compact.parquet", "000004.parquet", "000005.compact.parquet"]


@pytest.mark.parametrize(
    ("runs", "counting", "superseded"),
    [("12345", [4], [0, 1, 2, 3]), ("1234", [2, 3], [0, 1]), ("124", [0, 1, 3], []), ("3", [2], []), ("", [], [])],
)
def test_the_newest_committed_merged_file_stands_for_those_before_it(
    runs: str, counting: list[int], superseded: list[int]
) -> None:
    paths = [Path(name) for name in NAMES]
    found = RowFiles.of(reversed(paths), [f"00000{run}" for run in runs])
    assert found.counting == tuple(paths[n] for n in counting)
    assert found.superseded == tuple(paths[n] for n in superseded)
    assert sorted((*found.counting, *found.superseded, *found.uncommitted)) == paths


def test_the_same_files_give_the_same_bytes(filled: Root) -> None:
    found = RowFiles.of(filled.history.glob("finance/period=2017-12/*"), journal.runs(filled)).counting
    first = hash_file(merge(found, "000006"))
    assert hash_file(merge(reversed(found), "000006")) == first
