"""What a person may decide, and of which return: withdrawals and waivers over a store made by hand."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from tests.builders import BOOK, GUANGLING, RECEIVED, TIANZHEN, YANGGAO
from tests.small_store import PERIOD, Sent, indexed, run
from warehouse.messages.errors import PermanentError, StoreError
from warehouse.store.decision_requests import ALL, DecisionKind, DecisionRequest, chosen, of_the_place, targets
from warehouse.store.files import Root
from warehouse.store.journal_records import Entry
from warehouse.store.manual_decisions import DecisionOutcome, InForce, already_applied, decide, with_what_counts

LATER = RECEIVED + timedelta(days=99)
A, AQ, Q, W = "accepted", "accepted_with_queries", "quarantined", "withdrawn"


def request(**values: Any) -> DecisionRequest:
    return DecisionRequest.model_validate(
        {"county_code": YANGGAO, "period": PERIOD, "dataset": "finance", "reason": "电话核实"} | values
    )


def wanted(root: Root, kind: DecisionKind, **values: Any) -> list[int]:
    """The receipts of the returns that would be decided on."""
    found = targets(indexed(root), kind, request(**values), LATER)
    return [row["receipt"] for row in found]


def refused(root: Root, kind: DecisionKind, **values: Any) -> str:
    with pytest.raises(PermanentError) as told:
        targets(indexed(root), kind, request(**values), LATER)
    return str(told.value)


# --- what may be asked ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["2017-12", "2018-01", "0001-09", "9999-10"])
def test_a_period_is_a_month(period: str) -> None:
    assert request(period=period).period == period


@pytest.mark.parametrize(
    "period", ["2017-13", "2017-00", "2017-1", "201712", "2017-12-31", " 2017-12", "2017-12\n", ""]
)
def test_what_is_no_month_is_no_period(period: str) -> None:
    with pytest.raises(PermanentError, match="is no period; a period is the month that ends it, like 2018-06"):
        request(period=period)


def test_a_county_is_named_by_its_code() -> None:
    assert request(county_code=TIANZHEN).county_code == TIANZHEN


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("天镇县", "there are 140222 天镇县"),
        ("140299", r"there are 1402\d\d \S+, 1402\d\d "),
        ("1402", r"there are 1402\d\d \S+, 1402\d\d "),
        ("140", "in the mart dim_county"),
        ("x", "like 140222 天镇县, in the mart dim_county"),
        ("999999", "in the mart dim_county"),
    ],
)
def test_an_unknown_county_is_refused_with_those_that_may_be_meant(code: str, said: str) -> None:
    with pytest.raises(PermanentError) as told:
        request(county_code=code)
    assert str(told.value).startswith(f"{code} is no county code; ")
    assert re.search(said, str(told.value))


def test_of_a_wrong_code_only_those_of_its_prefecture_are_named() -> None:
    with pytest.raises(PermanentError) as told:
        request(county_code="140299")
    codes = [word for word in str(told.value).replace(",", " ").split() if word.isdigit() and word != "140299"]
    assert codes == sorted(codes)
    assert len(codes) > 5
    assert all(code.startswith("1402") for code in codes)


def test_a_dataset_is_one_of_the_codebook_or_all() -> None:
    for name in (*BOOK.datasets, ALL):
        assert request(dataset=name).dataset == name
    with pytest.raises(PermanentError, match=r"loans is no dataset; there are .*finance.*, or all"):
        request(dataset="loans")


@pytest.mark.parametrize("reason", ["", " ", "\t\n", "　"])
def test_a_reason_must_say_something(reason: str) -> None:
    with pytest.raises(PermanentError, match="the reason is empty"):
        request(reason=reason)


def test_blanks_around_a_reason_are_taken_off() -> None:
    assert request(reason="  电话核实 \n").reason == "电话核实"


def test_what_is_asked_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        request().reason = "another"  # type: ignore[misc]


def test_what_it_is_about_is_a_phrase() -> None:
    assert request().place == f"{YANGGAO} 阳高县 {PERIOD} finance"


# --- which return is meant -----------------------------------------------------------------------------------------

RUNS: list[list[Sent]] = [
    [Sent(1), Sent(2, county=TIANZHEN), Sent(3, 5, period="2018-06")],
    [Sent(4, 2000, version=2)],
    [Sent(5, 3000, verdict=Q)],
    [Sent(6, 4000, verdict=Q)],
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Root:
    """Two accepted, then two quarantined; others beside them. Not to be changed."""
    made = Root(tmp_path_factory.mktemp("store") / "root")
    for number, sent in enumerate(RUNS, start=1):
        run(made, number, *sent)
    indexed(made)
    return made


@pytest.fixture
def some(root: Root, store: Root) -> Root:
    """The same, for one test."""
    shutil.copytree(store.path, root.path)
    return root


def test_the_return_in_force_is_withdrawn_or_the_one_that_is_named(store: Root) -> None:
    assert wanted(store, "withdraw") == [4]
    assert wanted(store, "withdraw", receipt=1) == [1]
    assert wanted(store, "withdraw", county_code=TIANZHEN) == [2]
    assert wanted(store, "withdraw", period="2018-06") == [3]


def test_the_last_quarantined_return_is_waived_or_the_one_that_is_named(store: Root) -> None:
    assert wanted(store, "waive") == [6]
    assert wanted(store, "waive", receipt=5) == [5]


@pytest.mark.parametrize("kind", ["withdraw", "waive"])
def test_all_takes_what_there_is_of_every_dataset(store: Root, kind: DecisionKind) -> None:
    assert wanted(store, kind, dataset=ALL) == wanted(store, kind)


@pytest.mark.parametrize("receipt", [5, 6, 2, 3, 99])
def test_what_is_not_accepted_here_cannot_be_withdrawn(store: Root, receipt: int) -> None:
    assert f"receipt {receipt} is not accepted; received: " in refused(store, "withdraw", receipt=receipt)


@pytest.mark.parametrize("receipt", [1, 4, 2, 99])
def test_what_is_not_quarantined_here_cannot_be_waived(store: Root, receipt: int) -> None:
    said = refused(store, "waive", receipt=receipt)
    assert f"receipt {receipt} is not quarantined and later than what is in force; received: " in said


def test_what_there_is_is_said_with_what_is_in_force(store: Root) -> None:
    said = refused(store, "withdraw", receipt=99)
    assert said == (
        f"{YANGGAO} 阳高县 {PERIOD} finance: receipt 99 is not accepted; received: "
        "finance receipt 1 (1.csv) accepted; finance receipt 4 (4.csv) accepted, in force; "
        "finance receipt 5 (5.csv) quarantined; finance receipt 6 (6.csv) quarantined"
    )


def test_a_quarantined_return_that_was_overtaken_cannot_be_waived(some: Root) -> None:
    run(some, 5, Sent(7, 9, version=3))
    assert "nothing is quarantined and later than what is in force" in refused(some, "waive")
    assert "receipt 6 is not quarantined and later" in refused(some, "waive", receipt=6)


def test_what_was_withdrawn_is_neither_withdrawn_again_nor_waived(some: Root) -> None:
    run(some, 5, Sent(4, 2000, verdict=W, reason="误报"), flow="withdraw", received=False)
    assert wanted(some, "withdraw") == [1]
    assert "receipt 4 is not accepted" in refused(some, "withdraw", receipt=4)
    assert wanted(some, "waive") == [6], "what is quarantined is later than the one that counts again"


def test_where_nothing_was_received_the_periods_that_were_are_said(store: Root) -> None:
    assert "nothing is accepted; none was received, only of 2017-12, 2018-06" in refused(
        store, "withdraw", period="2016-12"
    )
    assert "none was ever received" in refused(store, "withdraw", county_code=GUANGLING)
    assert refused(store, "waive", dataset="funds").endswith("; none was ever received")
    assert f"{YANGGAO} 阳高县 2016-12 finance: " in refused(store, "withdraw", period="2016-12")


def test_the_same_bytes_are_withdrawn_with_every_receipt_that_they_came_under(root: Root) -> None:
    run(root, 1, Sent(1))
    run(root, 2, Sent(2, 2000, version=2))
    # As the first: one sends the same figures anew, so that they are the same submission.
    run(root, 3, Sent(3, version=3))
    assert wanted(root, "withdraw") == [1, 3]
    assert wanted(root, "withdraw", receipt=1) == [1, 3]
    assert wanted(root, "withdraw", receipt=2) == [2]


@pytest.mark.parametrize(("minutes", "allowed"), [(0, True), (1, True), (-1, False)])
def test_nothing_is_decided_before_the_last_run(store: Root, minutes: int, allowed: bool) -> None:  # noqa: FBT001
    last = RECEIVED + timedelta(days=len(RUNS))
    moment = last + timedelta(minutes=minutes)
    if allowed:
        assert targets(indexed(store), "withdraw", request(), moment)
    else:
        with pytest.raises(PermanentError, match=r"is before the last run \(2018-07-09 03:00 UTC\)"):
            targets(indexed(store), "withdraw", request(), moment)


def test_only_decisions_of_the_place_are_looked_at(store: Root) -> None:
    engine = indexed(store)
    assert sorted(of_the_place(engine, request())["receipt"]) == [1, 4, 5, 6]
    assert of_the_place(engine, request(dataset="funds")).is_empty()
    assert sorted(of_the_place(engine, request(dataset=ALL))["receipt"]) == [1, 4, 5, 6]
    nothing = of_the_place(engine, request(dataset="funds"))
    assert chosen(nothing, "withdraw", request()) == []


# --- what is decided -----------------------------------------------------------------------------------------------


def decided(
    root: Root, kind: DecisionKind, **values: Any
) -> tuple[Entry, dict[str, pl.DataFrame], list[DecisionOutcome]]:
    record, let_in, told = decide(root, indexed(root), kind, request(**values), LATER)
    entry = Entry(run="000009", flow=kind, received_at=LATER, receipts=(), periods=(record,), findings=())
    return entry, let_in, told


def test_a_withdrawal_says_who_and_why_and_has_no_rows(store: Root) -> None:
    entry, let_in, told = decided(store, "withdraw", by="李四")
    (one,) = entry.decisions
    assert (one.receipt, one.verdict, one.version, one.reason, one.by) == (4, W, None, "电话核实", "李四")
    assert (one.file, one.rows, one.nil, one.status) == ("4.csv", 1, False, "reported")
    assert (one.failed, one.not_evaluated, one.explained) == ({}, {}, {})
    assert let_in == {}
    assert [(d.receipt, d.before, d.after, d.in_force) for d in told] == [(4, A, W, None)]
    assert (entry.periods[0].rules, entry.periods[0].findings) == ((), ())


def test_a_waiver_lets_the_rows_in_under_the_next_version(store: Root) -> None:
    entry, let_in, told = decided(store, "waive")
    (one,) = entry.decisions
    assert (one.receipt, one.verdict, one.version, one.by) == (6, AQ, 3, None)
    (frame,) = let_in.values()
    assert frame.select("receipt", "version", "loan_amount_yuan").rows() == [(6, 3, 4000)]
    assert frame["known_from"].to_list() == [LATER.replace(tzinfo=None)]
    assert [(d.before, d.after) for d in told] == [(Q, AQ)]


def test_the_first_version_that_a_person_lets_in_is_the_first(root: Root) -> None:
    run(root, 1, Sent(1, verdict=Q))
    entry, _, _ = decided(root, "waive")
    assert [one.version for one in entry.decisions] == [1]


def test_a_return_whose_rows_are_gone_from_quarantine_is_not_let_in(some: Root) -> None:
    (some.quarantine / "finance" / f"period={PERIOD}" / "000004.parquet").unlink()
    with pytest.raises(StoreError, match=r"000004.parquet is not as the journal names it: .* found none; say"):
        decided(some, "waive")


def test_of_two_counties_in_one_file_only_the_rows_of_one_are_let_in(root: Root) -> None:
    run(root, 1, Sent(1, 10, verdict=Q), Sent(1, 20, verdict=Q, county=TIANZHEN))
    _, let_in, _ = decided(root, "waive", county_code=TIANZHEN)
    assert let_in["finance"].select("county_code", "loan_amount_yuan").rows() == [(TIANZHEN, 20)]


def test_what_counts_afterwards_is_told(some: Root) -> None:
    _, _, told = decided(some, "withdraw")
    run(some, 5, Sent(4, 2000, verdict=W, reason="电话核实"), flow="withdraw", received=False)
    (one,) = with_what_counts(indexed(some), told)
    assert one.in_force == InForce(receipt=1, file="1.csv", version=1)
    run(some, 6, Sent(1, verdict=W, reason="电话核实"), flow="withdraw", received=False)
    (one,) = with_what_counts(indexed(some), told)
    assert one.in_force is None


# --- said again ----------------------------------------------------------------------------------------------------


def say(root: Root, number: int, kind: DecisionKind, **values: Any) -> list[DecisionOutcome]:
    """Decides and commits it."""
    _, _, told = decided(root, kind, **values)
    by, reason = values.get("by"), values.get("reason", "电话核实")
    sent = [
        Sent(
            d.receipt,
            {one.receipt: one.lent for group in RUNS for one in group}[d.receipt],
            verdict=d.after,
            version=3,
            county=d.county_code,
            period=d.period,
            reason=reason,
            by=by,
        )
        for d in told
    ]
    run(root, number, *sent, flow=kind, received=False, moment=LATER)
    return told


def before(root: Root, kind: DecisionKind, **values: Any) -> tuple[str, list[DecisionOutcome]] | None:
    return already_applied(root, indexed(root), kind, request(**values))


@pytest.mark.parametrize("kind", ["withdraw", "waive"])
def test_the_same_said_again_is_known_and_tells_what_was_decided_then(some: Root, kind: DecisionKind) -> None:
    assert before(some, kind) is None
    told = say(some, 5, kind)
    assert before(some, kind) == ("000005", told)


@pytest.mark.parametrize(
    "other",
    [
        {"reason": "另一个理由"},
        {"by": "李四"},
        {"receipt": 1},
        {"dataset": "funds"},
        {"county_code": TIANZHEN},
        {"period": "2018-06"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_differs_in_anything_is_not_the_same(some: Root, other: dict[str, Any]) -> None:
    say(some, 5, "withdraw")
    assert before(some, "withdraw", **other) is None


def test_the_other_act_is_not_the_same(some: Root) -> None:
    say(some, 5, "withdraw")
    assert before(some, "waive") is None


def test_the_receipt_named_that_was_meant_anyway_is_the_same(some: Root) -> None:
    told = say(some, 5, "withdraw")
    assert before(some, "withdraw", receipt=4) == ("000005", told)


def test_what_came_in_between_makes_it_another(some: Root) -> None:
    say(some, 5, "withdraw")
    run(some, 6, Sent(8, 9, version=3), moment=LATER)
    assert before(some, "withdraw") is None


def test_what_was_decided_of_others_in_between_is_no_matter(some: Root) -> None:
    told = say(some, 5, "withdraw")
    run(some, 6, Sent(8, 9, county=TIANZHEN, version=2), moment=LATER)
    assert before(some, "withdraw") == ("000005", told)
