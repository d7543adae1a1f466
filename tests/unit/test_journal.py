"""The journal and the ledger that follows it: what commits a run, what a changed byte does, what is indexed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from tests.builders import RECEIVED, TIANZHEN, YANGGAO, url
from tests.small_store import PERIOD, Sent, decision, indexed, run
from warehouse.intake.model.records import Note, Receipt
from warehouse.messages.errors import StoreError
from warehouse.messages.finding import Change, Finding, Proposal
from warehouse.store import journal, ledger, ledger_file, ledger_rows
from warehouse.store.files import Root
from warehouse.store.journal_records import (
    COMPACT,
    Entry,
    NoteRecord,
    PeriodRecord,
    ReceiptDecision,
    RollUpRecord,
    RuleRecord,
)


def finding(**values: Any) -> Finding:
    about: dict[str, Any] = {
        "receipt": 1, "submission": "ab" * 32, "file": "1.csv", "rule": "loan_cap", "severity": "warning",
        "found": "2", "expected": "1", "message_zh": "甲", "message_en": "a", "county_code": YANGGAO,
        "period": PERIOD, "dataset": "finance",
    }  # fmt: skip
    return Finding.model_validate(about | values)


def entry(number: int = 1, *sent: Sent, **values: Any) -> Entry:
    """A run that decided on these and no more."""
    judged = PeriodRecord(period=PERIOD, decisions=tuple(map(decision, sent)), rules=(), findings=())
    about = {"flow": "nightly", "received_at": RECEIVED, "receipts": (), "findings": (), "periods": (judged,)}
    return Entry.model_validate({"run": journal.run_name(number), **about, **values})


def rows(root: Root, table: sa.Table) -> list[dict[str, Any]]:
    return ledger.read_table(indexed(root), table).rows(named=True)


# --- entries -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "name"), [(1, "000001"), (12, "000012"), (999_999, "999999"), (1_000_000, "1000000")]
)
def test_runs_are_named_by_their_number(number: int, name: str) -> None:
    assert journal.run_name(number) == name


def test_an_entry_ends_with_the_sum_of_all_that_is_before_it(root: Root) -> None:
    path = journal.commit(root, entry(1, Sent(1)))
    data = path.read_bytes()
    body, said, found = journal.unsealed(data)
    assert said == found == hashlib.sha256(body).hexdigest()
    assert body == entry(1, Sent(1)).model_dump_json(indent=1).encode()
    assert data.endswith(f'"sha256": "{said}"\n}}'.encode())
    assert path == root.journal / "000001.json"


@pytest.mark.parametrize("flow", ["nightly", "submit", "withdraw", "waive", "rejudge", COMPACT])
def test_an_entry_is_read_as_it_was_written(root: Root, flow: str) -> None:
    written = entry(7, Sent(1), Sent(2, verdict="quarantined"), flow=flow, findings=(finding(),))
    journal.commit(root, written)
    assert journal.read_entry(root, "000007") == written


def test_a_byte_that_changed_anywhere_is_an_error_that_says_so(root: Root) -> None:
    path = journal.commit(root, entry(1, Sent(1)))
    data = path.read_bytes()
    path.chmod(0o644)
    for at in range(0, len(data) - 1, 97):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(StoreError, match=r"000001\.json: .*restore it from a backup"):
            journal.read_entry(root, "000001")


def test_a_sum_that_was_changed_is_no_better(root: Root) -> None:
    path = journal.commit(root, entry(1, Sent(1)))
    _, said, _ = journal.unsealed(path.read_bytes())
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace((said or "").encode(), b"0" * 64))
    with pytest.raises(StoreError, match=f"its SHA-256 is {said}, not {'0' * 64}"):
        journal.read_entry(root, "000001")


def test_an_entry_of_before_there_were_sums_is_read_all_the_same(root: Root) -> None:
    root.journal.mkdir(parents=True)
    old = entry(1, Sent(1)).model_dump_json(indent=1)
    (root.journal / "000001.json").write_text(old, encoding="utf-8")
    assert journal.unsealed(old.encode()) == (old.encode(), None, None)
    assert journal.read_entry(root, "000001") == entry(1, Sent(1))


@pytest.mark.parametrize("name", [".000002.json.12", "notes.json", "000003.json.bak", "000004.txt"])
def test_what_else_lies_in_the_folder_is_no_run(root: Root, name: str) -> None:
    journal.commit(root, entry())
    (root.journal / name).write_text("{}")
    assert journal.runs(root) == ["000001"]
    assert journal.next_run(root) == "000002"


def test_runs_come_in_the_order_of_their_numbers_and_the_next_one_is_after_the_last(root: Root) -> None:
    for number in (3, 1, 10):
        journal.commit(root, entry(number))
    assert journal.runs(root) == ["000001", "000003", "000010"]
    assert journal.next_run(root) == "000011"


def test_an_entry_gives_its_decisions_and_findings_in_order() -> None:
    first = PeriodRecord(period="2017-11", decisions=(decision(Sent(1)),), rules=(), findings=(finding(rule="a"),))
    second = PeriodRecord(period=PERIOD, decisions=(decision(Sent(2)),), rules=(), findings=(finding(rule="b"),))
    whole = entry(periods=(first, second), findings=(finding(rule="of a file"),))
    assert [one.receipt for one in whole.decisions] == [1, 2]
    assert [one.rule for one in whole.all_findings] == ["of a file", "a", "b"]


@pytest.mark.parametrize("field", ["flow", "received_at", "receipts", "periods", "findings"])
def test_an_entry_that_lacks_something_is_none(field: str) -> None:
    told = entry().model_dump()
    del told[field]
    with pytest.raises(ValueError, match=field):
        Entry.model_validate(told)


def test_an_entry_with_something_that_is_not_known_is_none() -> None:
    with pytest.raises(ValueError, match="new"):
        Entry.model_validate(entry().model_dump() | {"new": 1})


# --- the ledger ----------------------------------------------------------------------------------------------------


def test_what_is_indexed_already_is_not_indexed_again(root: Root) -> None:
    run(root, 1, Sent(1))
    engine = indexed(root)
    assert ledger.catch_up(engine, root) == []
    run(root, 2, Sent(2, 2000, version=2))
    run(root, 3, Sent(3, 3000, version=3))
    assert ledger.catch_up(engine, root) == ["000002", "000003"]
    assert ledger.read_table(engine, ledger.RUNS)["run"].to_list() == ["000001", "000002", "000003"]


def test_indexed_anew_the_ledger_says_what_it_said(root: Root) -> None:
    run(root, 1, Sent(1), findings=[finding()])
    run(root, 2, Sent(2, 2000, version=2))
    before = {table.name: rows(root, table) for table in ledger.OF_A_RUN}
    ledger.index_anew(indexed(root), root)
    assert {table.name: rows(root, table) for table in ledger.OF_A_RUN} == before


def test_a_run_that_the_journal_has_not_is_of_another_root(root: Root) -> None:
    run(root, 1, Sent(1))
    engine = indexed(root)
    (root.journal / "000001.json").unlink()
    with pytest.raises(
        StoreError,
        match=r"000001\.json is missing: the ledger knows run 000001; restore .* of another root, delete the ledger",
    ):
        ledger.catch_up(engine, root)


def test_a_run_that_fails_half_way_leaves_nothing_of_itself(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    root.path.mkdir()
    engine = indexed(root)
    whole = ledger_rows.rows_of

    def half(*of: Any) -> dict[str, list[dict[str, Any]]]:
        return whole(*of) | {"touched": [{"no": "such column"}]}

    monkeypatch.setattr(ledger, "rows_of", half)
    with pytest.raises(sa.exc.SQLAlchemyError):
        ledger.index(engine, entry(1, Sent(1)))
    assert ledger.read_table(engine, ledger.RUNS).is_empty()
    assert ledger.read_table(engine, ledger.RETURNS).is_empty()


def test_a_decision_is_a_row_known_from_when_its_run_received(root: Root) -> None:
    run(root, 1, Sent(1, verdict="accepted_with_queries", reason="电话核实", by="李四"))
    (row,) = rows(root, ledger.RETURNS)
    wanted = {
        "run": "000001", "receipt": 1, "file": "1.csv", "dataset": "finance", "county_code": YANGGAO,
        "period": PERIOD, "status": "reported", "nil": False, "rows": 1, "verdict": "accepted_with_queries",
        "version": 1, "reason": "电话核实", "by": "李四",
        "known_from": (RECEIVED + timedelta(days=1)).replace(tzinfo=None),
    }  # fmt: skip
    assert row.items() >= wanted.items()


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [
        ({}, {}),
        ({"failed": {"a": 2}}, {"a": (2, 0, 0)}),
        ({"explained": {"a": 1}}, {"a": (0, 1, 0)}),
        ({"not_evaluated": {"a": 3}}, {"a": (0, 0, 3)}),
        ({"failed": {"b": 1}, "explained": {"a": 2}, "not_evaluated": {"b": 3}}, {"a": (0, 2, 0), "b": (1, 0, 3)}),
    ],
)
def test_only_rules_that_a_return_did_not_pass_whole_have_a_row(
    root: Root, counts: dict[str, dict[str, int]], wanted: dict[str, tuple[int, int, int]]
) -> None:
    one = decision(Sent(1)).model_copy(update=counts)
    judged = PeriodRecord(period=PERIOD, decisions=(one,), rules=(), findings=())
    journal.commit(root, entry(periods=(judged,)))
    found = {r["rule"]: (r["failed"], r["explained"], r["not_evaluated"]) for r in rows(root, ledger.RESULTS)}
    assert found == wanted


def touched(root: Root, whole: Entry) -> set[tuple[Any, ...]]:
    journal.commit(root, whole)
    return {(row["dataset"], row["period"], row["decided"]) for row in rows(root, ledger.TOUCHED)}


RULE = RuleRecord(
    dataset="funds", period=PERIOD, rule="r", severity="info", checks=1, per_row=True, reason_zh="甲", reason_en="a",
    source="s",
)  # fmt: skip
SUMS = RollUpRecord(
    dataset="ecology", period=PERIOD, rule="r", severity="info", level="province", counties=1, evaluated=1,
    failing=("140000 山西省: a = 1", "b"),
)  # fmt: skip


def test_what_a_run_speaks_of_is_noted_with_whether_it_decided(root: Root) -> None:
    judged = PeriodRecord(
        period=PERIOD, decisions=(decision(Sent(1)),), rules=(RULE,), findings=(finding(dataset="health"),),
        roll_ups=(SUMS,),
    )  # fmt: skip
    of_a_file = (finding(dataset=None, period=None), finding(dataset="finance", period=None))
    assert touched(root, entry(periods=(judged,), findings=of_a_file)) == {
        ("finance", PERIOD, True), ("funds", PERIOD, False), ("ecology", PERIOD, False), ("health", PERIOD, False),
        (None, None, False), ("finance", None, False),
    }  # fmt: skip


def test_a_run_that_says_nothing_touches_nothing(root: Root) -> None:
    assert touched(root, entry(periods=())) == set()


def test_sums_that_fail_are_counted_and_named(root: Root) -> None:
    judged = PeriodRecord(period=PERIOD, decisions=(), rules=(), findings=(), roll_ups=(SUMS,))
    journal.commit(root, entry(periods=(judged,)))
    (row,) = rows(root, ledger.ROLL_UPS)
    assert (row["failed"], row["failing"]) == (2, "140000 山西省: a = 1; b")


@pytest.mark.parametrize("answered", [True, False])
def test_a_note_is_kept_with_whether_it_answered(root: Root, answered: bool) -> None:  # noqa: FBT001
    note = Note(
        receipt=1, county_code=YANGGAO, period=PERIOD, dataset="finance", indicator=None, rule="loan_cap",
        explanation="如数", sheet=None, row=3,
    )  # fmt: skip
    judged = PeriodRecord(
        period=PERIOD, decisions=(), rules=(), findings=(), notes=(NoteRecord(note=note, answered=answered),)
    )
    journal.commit(root, entry(periods=(judged,)))
    (row,) = rows(root, ledger.NOTES)
    assert row == {"run": "000001", **note.model_dump(), "answered": answered}


def test_a_finding_is_kept_whole(root: Root) -> None:
    one = finding(cell="B2", cells="B2;C2", sheet="表", explanation="如数", indicator="loan_amount_yuan")
    change = Change(cell="B2", indicator="loan_amount_yuan", found="2", value="1", how="digit")
    scored = one.model_copy(update={"proposals": (Proposal(changes=(change,)),), "score": 0.25})
    journal.commit(root, entry(findings=(one, scored)))
    plain = {"run": "000001", **one.model_dump(), "score": None, "proposed": None}
    assert rows(root, ledger.FINDINGS) == [plain, {**plain, "score": 0.25, "proposed": "B2: 2 -> 1"}]
    assert journal.read_entry(root, "000001").findings == (one, scored)


def test_a_table_may_be_read_in_part(root: Root) -> None:
    run(root, 1, Sent(1), Sent(2, 2, county=TIANZHEN))
    engine = indexed(root)
    where = ledger.RETURNS.c.county_code == TIANZHEN
    assert ledger.read_table(engine, ledger.RETURNS, where)["receipt"].to_list() == [2]
    both = (where, ledger.RETURNS.c.receipt == 1)
    assert ledger.read_table(engine, ledger.RETURNS, *both).is_empty()


@pytest.mark.parametrize("table", [*ledger.OF_A_RUN, ledger.SNAPSHOTS], ids=lambda table: table.name)
def test_a_table_has_its_types_whether_it_has_rows_or_not(root: Root, table: sa.Table) -> None:
    empty = ledger.read_table(indexed(root), table)
    assert dict(empty.schema) == ledger.schema(table)
    run(root, 1, Sent(1), findings=[finding()])
    assert dict(ledger.read_table(indexed(root), table).schema) == ledger.schema(table)


def test_compactions_decide_nothing_and_a_run_that_is_not_indexed_may_have(root: Root) -> None:
    run(root, 1, Sent(1))
    journal.commit(root, entry(2, flow=COMPACT, periods=()))
    engine = indexed(root)
    journal.commit(root, entry(3, flow=COMPACT, periods=()))
    assert ledger.deciding(engine, root) == ["000001", "000003"]
    ledger.catch_up(engine, root)
    assert ledger.deciding(engine, root) == ["000001"]


def test_the_submission_of_a_name_is_the_one_that_came_last(root: Root) -> None:
    def received(receipt: int, submission: str, file: str) -> ReceiptDecision:
        got = Receipt(receipt=receipt, submission=submission, file=file, received_at=RECEIVED)
        return ReceiptDecision(receipt=got, verdict="read")

    journal.commit(root, entry(1, receipts=(received(2, "b", "x"), received(1, "a", "x"), received(3, "c", "y"))))
    journal.commit(root, entry(2, receipts=(received(10, "d", "x"), received(9, "e", "x"))))
    engine = indexed(root)
    assert ledger.latest_by_file(engine) == {"x": "d", "y": "c"}
    assert ledger.last_receipt(engine) == 10


def test_before_the_first_receipt_the_last_is_none(root: Root) -> None:
    engine = indexed(root)
    assert ledger.last_receipt(engine) == 0
    assert ledger.latest_by_file(engine) == {}


def test_moments_are_indexed_in_utc_without_a_zone(root: Root) -> None:
    at = datetime(2018, 7, 5, 3, tzinfo=UTC)
    journal.commit(root, entry(received_at=at))
    (row,) = rows(root, ledger.RUNS)
    assert row["received_at"] == datetime(2018, 7, 5, 3)  # noqa: DTZ001
    assert pl.Datetime("us") == ledger.read_table(indexed(root), ledger.RUNS).schema["received_at"]


# --- ledgers of another kind ---------------------------------------------------------------------------------------


def test_a_ledger_of_an_earlier_version_is_renewed_by_whoever_holds_the_lock(root: Root) -> None:
    run(root, 1, Sent(1))
    engine = indexed(root)
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE returns DROP COLUMN reason"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"an earlier version's \(returns\)"):
        ledger.open_ledger(url(root))
    renewed = ledger.open_ledger(url(root), renew=True)
    assert ledger.read_table(renewed, ledger.RUNS).is_empty()
    assert ledger.catch_up(renewed, root) == ["000001"]


def test_a_table_that_is_missing_among_the_others_makes_it_an_earlier_version(root: Root) -> None:
    engine = indexed(root)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE touched"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"\(touched\)"):
        ledger.open_ledger(url(root))


def test_a_ledger_is_written_for_good(root: Root) -> None:
    with indexed(root).connect() as connection:
        assert connection.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(sa.text("PRAGMA synchronous")).scalar() == 2, "FULL"


def test_on_a_disk_that_is_read_only_a_ledger_is_opened_as_it_is(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    database = root.path / "ledger.db"
    indexed(root).dispose()
    monkeypatch.setattr(ledger_file, "read_only", lambda _: True)
    beside = Path(f"{database}-wal")
    beside.unlink(missing_ok=True)
    assert ledger_file.immutable(url(root)) == f"sqlite:///file:{database}?immutable=1&uri=true"
    beside.write_bytes(b"")
    assert ledger_file.immutable(url(root)) is not None, "what is empty is taken in already"
    beside.write_bytes(b"x")
    assert ledger_file.immutable(url(root)) is None
    beside.unlink()
    monkeypatch.setattr(ledger_file, "read_only", lambda _: False)
    assert ledger_file.immutable(url(root)) is None
    assert ledger_file.immutable("postgresql://server/ledger") is None
    assert ledger_file.immutable("sqlite://") is None
