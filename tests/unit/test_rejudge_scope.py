"""Which returns are judged again, and what counts as decided otherwise: over a store made by hand."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.builders import BOOK, GUANGLING, TIANZHEN, YANGGAO
from tests.small_store import PERIOD, Sent, decision, indexed, run
from warehouse.intake.model.records import Receipt, ReturnHeader
from warehouse.messages.finding import Finding
from warehouse.store import ledger
from warehouse.store.files import Root
from warehouse.store.journal_records import PeriodRecord, RuleRecord
from warehouse.store.rejudging import (
    PARTNER_MISSING,
    PriorDecision,
    Scope,
    change,
    changed,
    chosen,
    key_of,
    prior_decisions,
    receipts_of,
)

A, AQ, Q, W = "accepted", "accepted_with_queries", "quarantined", "withdrawn"


def found(root: Root, **scope: Any) -> list[int]:
    """The receipts of the returns in scope."""
    return sorted(receipt for receipt, *_ in chosen(indexed(root), Scope.model_validate(scope)))


def lacking(receipt: int, county: str = YANGGAO) -> Finding:
    """That a partner was missing when it was judged."""
    return Finding(
        receipt=receipt, submission="ab" * 32, file="x", county_code=county, period=PERIOD, dataset="finance",
        rule=PARTNER_MISSING, severity="warning", found="-", expected="-", message_zh="甲", message_en="a",
    )  # fmt: skip


# --- the scope -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["2017-13", "2017-00", "2017", "soon", "2017-1", "2017-12-01", ""])
def test_a_range_is_of_periods(period: str) -> None:
    for end in ("first", "last"):
        with pytest.raises(ValidationError):
            Scope.model_validate({end: period})


@pytest.mark.parametrize(("field", "value"), [("datasets", "loans"), ("counties", "999999"), ("counties", "天镇县")])
def test_what_the_codebook_does_not_know_is_no_scope(field: str, value: str) -> None:
    with pytest.raises(ValidationError, match=f"{value} is no"):
        Scope.model_validate({field: [value]})


@pytest.mark.parametrize(
    ("scope", "everything"),
    [
        ({}, False),
        ({"datasets": ["finance"]}, False),
        ({"counties": [YANGGAO]}, False),
        ({"first": PERIOD}, True),
        ({"last": PERIOD}, True),
        ({"first": PERIOD, "last": PERIOD}, True),
        ({"accepted_too": True}, True),
    ],
)
def test_a_range_takes_the_accepted_too(scope: dict[str, Any], everything: bool) -> None:  # noqa: FBT001
    assert Scope.model_validate(scope).all == everything


def test_a_word_that_a_scope_does_not_know_is_refused_and_does_not_mean_everything() -> None:
    with pytest.raises(ValidationError, match="dataset"):
        Scope.model_validate({"dataset": "finance"})


def test_a_choice_of_a_form_is_taken_by_its_code() -> None:
    chosen = {"datasets": ["finance 金融扶贫"], "counties": [f"{YANGGAO} 阳高县", TIANZHEN]}
    assert Scope.model_validate(chosen) == Scope(datasets=("finance",), counties=(YANGGAO, TIANZHEN))


# --- which are taken up --------------------------------------------------------------------------------------------


def test_what_is_quarantined_is_taken_up_where_nothing_later_counts(root: Root) -> None:
    run(root, 1, Sent(1, verdict=Q), Sent(2, 2, verdict=Q, county=TIANZHEN), Sent(3, 3, county=GUANGLING))
    assert found(root) == [1, 2]
    run(root, 2, Sent(4, 4))
    assert found(root) == [2], "one that was overtaken cannot come to count"
    run(root, 3, Sent(5, 5, verdict=Q))
    assert found(root) == [2, 5]


def test_what_lacked_a_partner_is_taken_up_while_it_counts(root: Root) -> None:
    run(root, 1, Sent(1, verdict=AQ), Sent(2, 2, verdict=AQ, county=TIANZHEN), findings=[lacking(1)])
    assert found(root) == [1]
    run(root, 2, Sent(3, 3, version=2))
    assert found(root) == []


def test_a_partner_that_was_missing_before_and_is_no_more_is_no_reason(root: Root) -> None:
    run(root, 1, Sent(1, verdict=AQ), findings=[lacking(1)])
    run(root, 2, Sent(1), flow="rejudge", received=False)
    assert found(root) == []


@pytest.mark.parametrize("verdict", [W, AQ])
def test_what_a_person_decided_stands(root: Root, verdict: str) -> None:
    run(root, 1, Sent(1, verdict=Q if verdict == AQ else A))
    run(root, 2, Sent(1, verdict=verdict, reason="电话核实"), flow="waive", received=False)
    assert found(root) == []
    assert found(root, accepted_too=True) == []
    assert found(root, first=PERIOD) == []


def test_of_a_range_all_are_taken_up_superseded_ones_too(root: Root) -> None:
    run(root, 1, Sent(1), Sent(2, 2, period="2018-06"), Sent(3, 3, period="2016-12", verdict=Q))
    run(root, 2, Sent(4, 4, version=2))
    assert found(root, accepted_too=True) == [1, 2, 3, 4]
    assert found(root, first=PERIOD) == [1, 2, 4]
    assert found(root, last=PERIOD) == [1, 3, 4]
    assert found(root, first=PERIOD, last=PERIOD) == [1, 4]
    assert found(root, first="2018-01", last="2018-05") == []
    assert found(root, first="2018-06") == [2]
    assert found(root) == [3]


def test_a_scope_may_be_some_counties_or_datasets(root: Root) -> None:
    run(root, 1, Sent(1, verdict=Q), Sent(2, 2, verdict=Q, county=TIANZHEN))
    assert found(root, counties=(TIANZHEN,)) == [2]
    assert found(root, counties=(TIANZHEN, YANGGAO)) == [1, 2]
    assert found(root, datasets=("finance", "funds")) == [1, 2]
    assert found(root, datasets=("funds",)) == []
    assert found(root, datasets=("funds",), accepted_too=True) == []


def test_receipts_are_those_of_the_returns_each_once_in_order(root: Root) -> None:
    run(root, 1, Sent(1, verdict=Q), Sent(1, 5, verdict=Q, county=TIANZHEN, period="2018-06"))
    run(root, 2, Sent(2, 2, verdict=Q, county=GUANGLING), Sent(3, 3))
    engine = indexed(root)
    receipts = receipts_of(engine, chosen(engine, Scope(accepted_too=True)))
    assert [one.receipt for one in receipts] == [1, 2, 3]
    assert all(isinstance(one, Receipt) for one in receipts)
    assert receipts_of(engine, []) == []


# --- what is decided otherwise -------------------------------------------------------------------------------------


def rule(name: str = "loan_cap", checks: int = 1, severity: Any = "critical", dataset: str = "finance") -> RuleRecord:
    return RuleRecord(
        dataset=dataset, period=PERIOD, rule=name, severity=severity, checks=checks, per_row=True, reason_zh="甲",
        reason_en="a", source="s",
    )  # fmt: skip


def judged(*rules: RuleRecord, **values: Any) -> PeriodRecord:
    one = decision(Sent(1)).model_copy(update=values)
    return PeriodRecord(period=PERIOD, decisions=(one,), rules=rules, findings=())


SAME = PriorDecision("accepted", {}, frozenset({("loan_cap", "critical", 1)}))
KEY = (1, "finance", YANGGAO, PERIOD)


@pytest.mark.parametrize(
    ("record", "differs"),
    [
        (judged(rule()), False),
        (judged(rule(), rule("other", dataset="funds")), False),
        (judged(rule(), verdict=Q, version=None), True),
        (judged(rule(), verdict=AQ), True),
        (judged(rule(), failed={"loan_cap": 1}), True),
        (judged(rule(), explained={"loan_cap": 1}), True),
        (judged(rule(), not_evaluated={"loan_cap": 1}), True),
        (judged(), True),
        (judged(rule(), rule("other")), True),
        (judged(rule("other")), True),
        (judged(rule(checks=2)), True),
        (judged(rule(severity="warning")), True),
        (judged(rule(), version=7), False),
        (judged(rule(), rows=9), False),
    ],
)
def test_a_return_is_decided_otherwise_where_verdict_counts_or_rules_differ(
    record: PeriodRecord,
    differs: bool,  # noqa: FBT001
) -> None:
    assert changed(record, {KEY: SAME}) == (list(record.decisions) if differs else [])


def test_a_return_that_was_never_decided_is_decided_otherwise() -> None:
    record = judged(rule())
    assert changed(record, {}) == list(record.decisions)
    assert changed(record, {(2, *KEY[1:]): SAME}) == list(record.decisions)


def test_counts_of_another_rule_or_number_differ() -> None:
    before = PriorDecision("accepted", {"failed": {"loan_cap": 1}}, frozenset({("loan_cap", "critical", 1)}))
    assert changed(judged(rule(), failed={"loan_cap": 1}), {KEY: before}) == []
    assert changed(judged(rule(), failed={"loan_cap": 2}), {KEY: before})
    assert changed(judged(rule()), {KEY: before})
    assert changed(judged(rule(), explained={"loan_cap": 1}), {KEY: before})


def test_what_was_decided_last_is_what_it_is_held_against(root: Root) -> None:
    run(root, 1, Sent(1, verdict=Q, failed={"loan_cap": 2}), Sent(2, 2, county=TIANZHEN), Sent(3, 3, period="2018-06"))
    run(root, 2, Sent(1, verdict=AQ, failed={"loan_cap": 1}), flow="rejudge", received=False)
    before = prior_decisions(indexed(root), PERIOD)
    assert set(before) == {(1, "finance", YANGGAO, PERIOD), (2, "finance", TIANZHEN, PERIOD)}
    assert before[1, "finance", YANGGAO, PERIOD] == PriorDecision(AQ, {"failed": {"loan_cap": 1}}, frozenset())
    assert before[2, "finance", TIANZHEN, PERIOD] == PriorDecision(A, {}, frozenset())


def test_a_change_says_what_was_and_what_is() -> None:
    one = decision(Sent(1, verdict=Q, failed={"b": 1, "a": 2}))
    told = change(one, PriorDecision("accepted", {"failed": {"z": 1, "c": 1}, "explained": {"d": 1}}, frozenset()))
    assert (told.before, told.after) == (A, Q)
    assert (told.rules_before, told.rules_after) == (("c", "z"), ("a", "b"))
    assert (told.file, told.county_code, told.period, told.dataset) == ("1.csv", YANGGAO, PERIOD, "finance")


def test_a_return_has_one_key_whatever_is_said_of_it() -> None:
    head = ReturnHeader(
        receipt=1, submission="s", file="f", sheet=None, county_code=YANGGAO, county_sheet=None, county_cell=None,
        period=PERIOD, dataset="finance", status="reported", nil=False,
    )  # fmt: skip
    assert key_of(head) == key_of(decision(Sent(1))) == KEY
    assert set(BOOK.datasets) >= {KEY[1]}


def test_the_ledger_counts_only_what_is_not_zero(root: Root) -> None:
    run(root, 1, Sent(1, failed={"loan_cap": 3}))
    engine = indexed(root)
    (row,) = ledger.read_table(engine, ledger.RESULTS).rows(named=True)
    assert (row["failed"], row["explained"], row["not_evaluated"]) == (3, 0, 0)
    assert prior_decisions(engine, PERIOD)[KEY].counts == {"failed": {"loan_cap": 3}}
