"""What a run knows while it judges, and what it leaves before it commits: each version, row and finding once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl
import pytest

from tests.builders import BOOK, RECEIVED, TIANZHEN, YANGGAO, read_submissions, url
from tests.small_store import PERIOD, Sent, decision, indexed, rows, run
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.model.records import Receipt
from warehouse.intake.reading import Reading
from warehouse.messages.finding import Finding
from warehouse.store import journal
from warehouse.store.files import Root
from warehouse.store.journal_records import PeriodRecord, ReceiptDecision
from warehouse.store.prior_state import RETURNS, PriorState, decided, in_force_submissions
from warehouse.store.staging import entry_of, entry_of_decisions, load_staged, prior_state, save_returns, stage_period

FORM = BOOK.datasets["finance"]
A, Q, W = "accepted", "quarantined", "withdrawn"


def prior(root: Root, run_at_hand: str = "000009") -> PriorState:
    indexed(root)
    returns = root.work / "returns.arrow"
    save_returns(url(root), returns)
    return prior_state(root, run_at_hand, returns, root.work / "judged")


# --- versions ------------------------------------------------------------------------------------------------------


def test_the_next_version_is_after_the_highest_that_was_ever_accepted(root: Root) -> None:
    run(root, 1, Sent(1), Sent(2, 2, county=TIANZHEN, verdict=Q))
    run(root, 2, Sent(3, 3, version=2))
    run(root, 3, Sent(3, 3, verdict=W, reason="误报"), flow="withdraw", received=False)
    known = prior(root)
    assert [known.new_version("finance", YANGGAO, PERIOD) for _ in range(3)] == [3, 4, 5]
    assert known.new_version("finance", TIANZHEN, PERIOD) == 1
    assert known.new_version("finance", YANGGAO, "2018-06") == 1
    assert known.new_version("funds", YANGGAO, PERIOD) == 1


# --- rows ----------------------------------------------------------------------------------------------------------


def lent(frame: pl.LazyFrame) -> list[int]:
    return sorted(frame.collect()["loan_amount_yuan"])


def test_rows_in_force_are_those_of_the_store_and_of_what_was_just_accepted(root: Root) -> None:
    run(root, 1, Sent(1, 10), Sent(2, 20, county=TIANZHEN))
    known = prior(root)
    assert lent(known.rows(FORM)) == [10, 20]
    one = Sent(5, 50, version=2)
    known.learn([decision(one)], FORM, rows(one).with_columns(version=pl.lit(2, pl.Int64)))
    assert lent(known.rows(FORM)) == [20, 50]
    assert lent(known.accepted_rows(FORM)) == [10, 20, 50]
    assert known.returns["run"].to_list() == ["000001", "000001", "000009"]


def test_what_was_just_quarantined_is_learnt_and_has_no_rows(root: Root) -> None:
    run(root, 1, Sent(1, 10))
    known = prior(root)
    known.learn([decision(Sent(5, 50, verdict=Q))], FORM, rows().clear())
    assert lent(known.rows(FORM)) == [10]
    assert known.accepted(FORM)["receipt"].to_list() == [1]


def test_a_dataset_was_collected_in_the_periods_of_which_somebodys_return_was_accepted(root: Root) -> None:
    run(root, 1, Sent(1, period="2018-06"), Sent(2, 2), Sent(3, 3, period="2016-12", verdict=Q))
    run(root, 2, Sent(4, 4, period="2018-06", county=TIANZHEN))
    assert prior(root).periods(FORM) == [PERIOD, "2018-06"]
    assert prior(root).periods(BOOK.datasets["funds"]) == []


def test_decisions_of_a_run_are_rows_of_what_is_known() -> None:
    found = decided([decision(Sent(1)), decision(Sent(2, verdict=Q))], "000007")
    assert dict(found.schema) == RETURNS
    assert found.select("run", "receipt", "verdict", "version").rows() == [("000007", 1, A, 1), ("000007", 2, Q, None)]
    assert dict(decided([], "000007").schema) == RETURNS


def test_periods_that_the_run_judged_before_are_known_to_the_next(root: Root) -> None:
    run(root, 1, Sent(1, 10))
    one = Sent(5, 50, version=2)
    record = PeriodRecord(period=PERIOD, decisions=(decision(one),), rules=(), findings=())
    stage_period(
        root,
        "000009",
        root.work / "judged",
        record,
        {"finance": rows(one).with_columns(version=pl.lit(2, pl.Int64))},
        {},
    )
    known = prior(root)
    assert known.runs == ["000001", "000009"]
    assert lent(known.rows(FORM)) == [50]
    assert known.new_version("finance", YANGGAO, PERIOD) == 3


def test_what_another_run_has_judged_and_not_committed_is_not_known(root: Root) -> None:
    run(root, 1, Sent(1, 10))
    one = Sent(5, 50, version=2)
    record = PeriodRecord(period=PERIOD, decisions=(decision(one),), rules=(), findings=())
    stage_period(root, "000008", root.work / "other", record, {"finance": rows(one)}, {})
    assert lent(prior(root).rows(FORM)) == [10]


def test_which_submission_each_return_in_force_came_with(root: Root) -> None:
    run(root, 1, Sent(1, 10), Sent(2, 20, county=TIANZHEN, verdict=Q))
    entry = run(root, 2, Sent(3, 30, version=2))
    indexed(root)
    returns = save_returns(url(root), root.work / "returns.arrow")
    assert in_force_submissions(returns) == {("finance", YANGGAO, PERIOD): entry.decisions[0].submission}


# --- what a run leaves ---------------------------------------------------------------------------------------------


def test_what_is_kept_names_its_files_with_their_hashes(root: Root) -> None:
    run(root, 1, Sent(1), Sent(2, 2, verdict=Q))
    (judged,) = load_staged(root.work / "000001")
    assert sorted(judged.files) == [
        f"history/finance/period={PERIOD}/000001.parquet", f"quarantine/finance/period={PERIOD}/000001.parquet",
    ]  # fmt: skip
    assert all(len(sha256) == 64 for sha256 in judged.files.values())
    assert journal.read_entry(root, "000001").periods == (judged,)


def test_periods_are_kept_one_by_one_in_order(root: Root) -> None:
    for period in ("2018-06", "2016-12", "2017-12"):
        stage_period(
            root, "000001", root.work / "j", PeriodRecord(period=period, decisions=(), rules=(), findings=()), {}, {}
        )
    assert [one.period for one in load_staged(root.work / "j")] == ["2016-12", "2017-12", "2018-06"]
    assert load_staged(root.work / "none") == []


def receipt(number: int, file: str) -> Receipt:
    return Receipt(receipt=number, submission=f"{number:064}", file=file, received_at=RECEIVED)


def reading(receipts: Iterable[Receipt], **values: Any) -> Reading:
    """What a run read, of files by hand."""
    whole = read_submissions([], Limits(), {})
    return Reading(**{**vars(whole), "receipts": list(receipts), **values})


def verdicts(*receipts: Receipt, **values: Any) -> dict[str, str]:
    entry = entry_of("000001", "nightly", RECEIVED, reading(receipts, **values), [])
    return {one.receipt.file: one.verdict for one in entry.receipts}


def test_what_became_of_each_receipt() -> None:
    good, bad, twice = receipt(1, "a.xlsx"), receipt(2, "b.xlsx"), receipt(3, "c.xlsx")
    assert verdicts(good, bad, twice, unreadable=[bad], duplicates=[twice]) == {
        "a.xlsx": "read", "b.xlsx": "unreadable", "c.xlsx": "duplicate",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("member", "verdict"),
    [
        ("d/a.zip/x.xlsx", "unpacked"),
        ("d/a.zip/e/x.xlsx", "unpacked"),
        ("d/b.zip/x.xlsx", "unreadable"),
        ("x", "unreadable"),
    ],
)
def test_a_file_out_of_which_another_came_is_an_archive(member: str, verdict: str) -> None:
    archive = receipt(1, "d/a.zip")
    assert verdicts(archive, receipt(2, member), unreadable=[archive])["d/a.zip"] == verdict


def finding(number: int = 1, **values: Any) -> Finding:
    about: dict[str, Any] = {
        "receipt": number, "submission": f"{number:064}", "file": "a", "rule": "r", "severity": "critical",
        "found": "-", "expected": "-", "message_zh": "甲", "message_en": "a",
    }  # fmt: skip
    return Finding.model_validate(about | values)


def said(*findings: Finding, received: bool = True, judged: Iterable[Finding] = ()) -> list[Finding]:
    """What an entry says of files, of a run that decided on receipt 1's finance."""
    period = PeriodRecord(period=PERIOD, decisions=(decision(Sent(1)),), rules=(), findings=tuple(judged))
    own = [receipt(1, "a")] if received else []
    return list(entry_of("000001", "nightly", RECEIVED, reading(own, findings=list(findings)), [period]).findings)


def test_a_finding_that_a_period_has_is_not_said_of_the_file_too() -> None:
    of_file, of_period = finding(), finding(period=PERIOD, dataset="finance", county_code=YANGGAO)
    assert said(of_file, of_period, judged=[of_period]) == [of_file]


def test_of_a_file_that_is_read_again_only_what_is_wrong_with_a_table_that_was_decided_is_said_again() -> None:
    of_file, of_table = finding(), finding(dataset="finance")
    of_another, of_county = finding(dataset="funds"), finding(dataset="finance", county_code=YANGGAO)
    assert said(of_file, of_table, of_another, of_county, received=False) == [of_table]
    assert said(of_file, of_table, of_another, of_county) == [of_file, of_table, of_another, of_county]


def test_a_run_that_read_nothing_has_only_its_decisions() -> None:
    period = PeriodRecord(period=PERIOD, decisions=(decision(Sent(1)),), rules=(), findings=())
    entry = entry_of_decisions("000002", "waive", RECEIVED, [period])
    assert (entry.run, entry.flow, entry.received_at) == ("000002", "waive", RECEIVED)
    assert (entry.receipts, entry.findings, entry.periods) == ((), (), (period,))
    assert all(isinstance(one, ReceiptDecision) for one in entry.receipts)
