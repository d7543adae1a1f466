"""What is kept: archive, journal, ledger, history, and which return counts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tests.builders import BOOK, NO_WAIT, RECEIVED, TIANZHEN, YANGGAO, finance, receive, url
from warehouse.intake.model.records import Receipt
from warehouse.messages.errors import RootBusyError, StoreError, TransientError
from warehouse.messages.finding import Finding
from warehouse.store import journal, ledger
from warehouse.store.archive import archived, hash_file, keep
from warehouse.store.files import Root, write_durably
from warehouse.store.history import known_from, scan_rows, schema, write_rows
from warehouse.store.in_force import in_force, latest_or_in_force, rows_in_force
from warehouse.store.inbox import new_files
from warehouse.store.journal_records import Entry, PeriodRecord, ReceiptDecision, ReturnDecision, RuleRecord
from warehouse.store.named_files import ever_named, remove_unnamed

FORM = BOOK.datasets["finance"]


def entry(run: str, receipt: int = 1, received_at: datetime = RECEIVED) -> Entry:
    """A run with one accepted return, a rule, a finding."""
    got = Receipt(receipt=receipt, submission="ab" * 32, file="甲.xlsx", received_at=received_at)
    finding = Finding(
        receipt=receipt, submission=got.submission, file=got.file, rule="loan_cap", severity="warning",
        found="=1", expected="0", message_zh="甲", message_en="a",
    )  # fmt: skip
    decision = ReturnDecision(
        receipt=receipt, submission=got.submission, file=got.file, dataset="finance", county_code=YANGGAO,
        period="2017-12", status="reported", nil=False, rows=1, verdict="accepted", version=1,
        failed={"loan_cap": 1}, not_evaluated={"loan_unit_slip": 1, "loan_cap": 2},
    )  # fmt: skip
    rule = RuleRecord(
        dataset="finance", period="2017-12", rule="loan_cap", severity="warning", checks=1, per_row=True,
        reason_zh="甲", reason_en="a", source="s",
    )  # fmt: skip
    judged = PeriodRecord(period="2017-12", decisions=(decision,), rules=(rule,), findings=(finding,))
    decided = (ReceiptDecision(receipt=got, verdict="read"),)
    return Entry(run=run, flow="nightly", received_at=received_at, receipts=decided, periods=(judged,), findings=())


# --- archive -------------------------------------------------------------------------------------------------------


def test_the_archive_keeps_the_bytes_under_their_hash(root: Root, inbox: Path) -> None:
    (inbox / "甲.XLSX").write_bytes(b"some bytes")
    submission, kept = keep(root, inbox / "甲.XLSX", "甲.XLSX")
    assert kept.read_bytes() == b"some bytes"
    assert submission == hash_file(inbox / "甲.XLSX") == hash_file(kept)
    assert kept == archived(root, submission, "甲.XLSX") == root.archive / submission[:2] / f"{submission}.xlsx"


def test_keeping_again_changes_nothing(root: Root, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes(b"x")
    _, kept = keep(root, inbox / "a.csv", "a.csv")
    before = kept.stat()
    assert keep(root, inbox / "a.csv", "a.csv")[1] == kept
    assert (kept.stat().st_mtime_ns, kept.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert kept.stat().st_mode & 0o222 == 0


def test_a_file_is_put_in_place_whole_and_leaves_nothing_beside(tmp_path: Path) -> None:
    write_durably(tmp_path / "a" / "b.txt", b"one")
    write_durably(tmp_path / "a" / "b.txt", b"two")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b.txt"]
    assert (tmp_path / "a" / "b.txt").read_bytes() == b"two"


# --- receiving -----------------------------------------------------------------------------------------------------


def test_receipts_are_numbered_by_sorted_name_after_the_last(root: Root, inbox: Path) -> None:
    root.path.mkdir()
    ledger.index(ledger.open_ledger(url(root)), entry("000001", receipt=41))
    for name in ("b.csv", "c/a.csv", "a.csv"):
        (inbox / name).parent.mkdir(exist_ok=True)
        (inbox / name).write_text(name)
    receipts = receive(root, new_files(inbox, {}, NO_WAIT).files)
    assert [(r.receipt, r.file) for r in receipts] == [(42, "a.csv"), (43, "b.csv"), (44, "c/a.csv")]
    assert {r.received_at for r in receipts} == {RECEIVED}


def test_new_is_what_last_came_with_other_bytes_or_never(inbox: Path) -> None:
    (inbox / "a.csv").write_text("a")
    (inbox / "b.csv").write_text("b")
    known = {"a.csv": hash_file(inbox / "a.csv"), "b.csv": "0" * 64, "gone.csv": "0" * 64}
    assert list(new_files(inbox, known, NO_WAIT).files) == ["b.csv"]


# --- journal -------------------------------------------------------------------------------------------------------


def test_an_entry_is_the_same_after_the_journal(root: Root) -> None:
    journal.commit(root, entry("000001"))
    assert journal.read_with_rules(root, "000001") == entry("000001")


def test_runs_are_numbered_on(root: Root) -> None:
    assert journal.next_run(root) == "000001"
    for run in ("000001", "000002"):
        journal.commit(root, entry(run))
    assert journal.runs(root) == ["000001", "000002"]
    assert journal.next_run(root) == "000003"


def test_what_a_crash_left_beside_the_journal_is_no_run(root: Root) -> None:
    root.journal.mkdir(parents=True)
    (root.journal / ".000001.json.77").write_text("{")
    assert journal.runs(root) == []


@pytest.mark.parametrize("text", ["", "{", "{}", "[]"])
def test_a_damaged_entry_is_an_error_that_names_it(root: Root, text: str) -> None:
    root.journal.mkdir(parents=True)
    (root.journal / "000001.json").write_text(text)
    with pytest.raises(StoreError, match=r"000001\.json"):
        journal.read_entry(root, "000001")


# --- ledger --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("each_ledger")
def test_the_ledger_catches_up_after_a_crash_between_journal_and_ledger(root: Root) -> None:
    journal.commit(root, entry("000001"))
    engine = ledger.open_ledger(url(root))
    assert ledger.catch_up(engine, root) == ["000001"]
    journal.commit(root, entry("000002", receipt=2))
    assert ledger.catch_up(engine, root) == ["000002"]
    assert ledger.catch_up(engine, root) == []
    assert ledger.read_table(engine, ledger.RETURNS)["receipt"].to_list() == [1, 2]
    assert ledger.last_receipt(engine) == 2


@pytest.mark.usefixtures("each_ledger")
def test_a_run_is_indexed_with_all_its_tables(root: Root) -> None:
    root.path.mkdir()
    engine = ledger.open_ledger(url(root))
    ledger.index(engine, entry("000001"))
    results = ledger.read_table(engine, ledger.RESULTS).select("rule", "failed", "not_evaluated")
    assert results.rows() == [("loan_cap", 1, 2), ("loan_unit_slip", 0, 1)]
    assert ledger.read_table(engine, ledger.FINDINGS).select("file", "found").rows() == [("甲.xlsx", "=1")]
    assert ledger.read_table(engine, ledger.RULE_TEXTS)["per_row"].to_list() == [True]
    assert ledger.latest_by_file(engine) == {"甲.xlsx": "ab" * 32}


@pytest.mark.usefixtures("each_ledger")
def test_a_ledger_of_another_root_is_an_error(root: Root) -> None:
    root.path.mkdir()
    engine = ledger.open_ledger(url(root))
    ledger.index(engine, entry("000007"))
    with pytest.raises(StoreError, match="000007"):
        ledger.catch_up(engine, root)


@pytest.mark.usefixtures("each_ledger")
def test_empty_tables_have_their_types(root: Root) -> None:
    root.path.mkdir()
    found = ledger.read_table(ledger.open_ledger(url(root)), ledger.RETURNS)
    assert found.schema["known_from"] == pl.Datetime("us")
    assert found.schema["nil"] == pl.Boolean
    assert ledger.last_receipt(ledger.open_ledger(url(root))) == 0


@pytest.mark.usefixtures("each_ledger")
def test_moments_are_kept_in_utc(root: Root) -> None:
    root.path.mkdir()
    engine = ledger.open_ledger(url(root))
    ledger.index(engine, entry("000001", received_at=datetime(2018, 1, 5, 3, tzinfo=UTC)))
    kept = ledger.read_table(engine, ledger.RETURNS)["known_from"].item()
    assert kept == datetime(2018, 1, 5, 3)  # noqa: DTZ001


def test_a_ledger_that_cannot_be_opened_may_be_tried_again(tmp_path: Path) -> None:
    with pytest.raises(TransientError):
        ledger.open_ledger(f"sqlite:///{tmp_path / 'no' / 'folder' / 'ledger.db'}")


# --- history -------------------------------------------------------------------------------------------------------


def rows(*amounts: int, receipt: int = 1) -> pl.DataFrame:
    made = [
        {"receipt": receipt, "submission": "ab", "sheet": "表", "row": n, "county_code": YANGGAO, "period": "2017-12",
         "status": "reported", "version": receipt, **finance(amount)}
        for n, amount in enumerate(amounts, start=2)
    ]  # fmt: skip
    plain = {name: kind for name, kind in schema(FORM).items() if name != "known_from"}
    return pl.DataFrame(made, plain).with_columns(known_from=known_from(RECEIVED))


def test_the_same_rows_give_the_same_bytes_in_whatever_order(root: Root) -> None:
    one = write_rows(root.history, FORM, "2017-12", "000001", rows(5, 6, 7))
    two = write_rows(root.quarantine, FORM, "2017-12", "000001", rows(5, 6, 7).reverse())
    assert one
    assert two
    assert one.read_bytes() == two.read_bytes()
    assert one == root.history / "finance" / "period=2017-12" / "000001.parquet"


def test_no_rows_are_no_file(root: Root) -> None:
    assert write_rows(root.history, FORM, "2017-12", "000001", rows()) is None
    assert not root.history.exists()


def test_only_rows_of_the_runs_asked_for_are_read(root: Root) -> None:
    write_rows(root.history, FORM, "2017-12", "000001", rows(5))
    write_rows(root.history, FORM, "2017-12", "000002", rows(6, receipt=2))
    assert scan_rows(root.history, FORM, ["000001"]).collect()["loan_amount_yuan"].to_list() == [5]
    empty = scan_rows(root.history, FORM, []).collect()
    assert empty.is_empty()
    assert dict(empty.schema) == dict(pl.DataFrame(schema=schema(FORM)).schema)


def test_only_rows_of_the_periods_asked_for_are_read(root: Root) -> None:
    write_rows(root.history, FORM, "2017-11", "000001", rows(5))
    write_rows(root.history, FORM, "2017-12", "000001", rows(6))
    found = [scan_rows(root.history, FORM, ["000001"], periods) for periods in (["2017-12"], ["2017-10"], [], None)]
    assert [rows.collect()["loan_amount_yuan"].sort().to_list() for rows in found] == [[6], [], [], [5, 6]]


def test_rows_of_uncommitted_runs_are_removed(root: Root) -> None:
    journal.commit(root, entry("000001"))
    kept = write_rows(root.history, FORM, "2017-12", "000001", rows(5))
    left = write_rows(root.quarantine, FORM, "2017-12", "000002", rows(6))
    assert remove_unnamed(root, ever_named(root)) == [left]
    assert kept
    assert kept.exists()


# --- which counts --------------------------------------------------------------------------------------------------


def decided(*verdicts: str) -> pl.LazyFrame:
    """Returns of one county x dataset x period in the order of their receipts, a day apart."""
    return pl.LazyFrame(
        [
            {"run": f"{n:06}", "receipt": n, "dataset": "finance", "county_code": YANGGAO, "period": "2017-12",
             "verdict": verdict, "version": n, "known_from": datetime(2018, 1, n)}  # noqa: DTZ001
            for n, verdict in enumerate(verdicts, start=1)
        ]
    )  # fmt: skip


def receipts(lf: pl.LazyFrame) -> list[int]:
    return lf.collect()["receipt"].to_list()


A, Q, X = "accepted", "accepted_with_queries", "quarantined"


@pytest.mark.parametrize(
    ("verdicts", "force", "stands"),
    [((A,), [1], [1]), ((A, Q), [2], [2]), ((A, X), [1], [1]), ((X,), [], [1]), ((X, X), [], [2]),
     ((X, A, X), [2], [2]),
     ((A, A, A), [3], [3])],
)  # fmt: skip
def test_the_last_accepted_counts_else_the_last_stands(
    verdicts: tuple[str, ...], force: list[int], stands: list[int]
) -> None:
    assert receipts(in_force(decided(*verdicts))) == force
    assert receipts(latest_or_in_force(decided(*verdicts))) == stands


def test_order_is_by_receipt_not_by_clock() -> None:
    turned = decided(A, A).with_columns(known_from=pl.col("known_from").reverse())
    assert receipts(in_force(turned)) == [2]


def test_rows_in_force_are_those_of_the_return_that_counts() -> None:
    held = pl.concat([rows(5), rows(6, receipt=2), rows(7, receipt=3).with_columns(county_code=pl.lit(TIANZHEN))])
    found = rows_in_force(held.lazy(), decided(A, A, X), "finance").collect()
    assert found["loan_amount_yuan"].to_list() == [6]


# --- the lock ------------------------------------------------------------------------------------------------------


def test_a_second_writer_is_told_that_the_root_is_busy(root: Root) -> None:
    with root.lock(0), pytest.raises(RootBusyError) as caught, Root(root.path).lock(0):
        pass
    assert isinstance(caught.value, TransientError)
    assert str(root.path / ".lock") in str(caught.value)


def test_the_lock_is_free_again_after_an_error(root: Root) -> None:
    with pytest.raises(ValueError, match="x"), root.lock(0):
        raise ValueError("x")
    with root.lock(0):
        pass
