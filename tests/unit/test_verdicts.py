"""How findings become verdicts, and how checks are counted: the arithmetic of judging, without judging anything."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from expectations.companions import Partner
from expectations.judge import PeriodOutcome, _count, _counted, _rows_of, _severities, _verdict, _waves
from expectations.suites import companions_for
from expectations.validation.explanations import note_records, with_explanations
from expectations.validation.outcome import RuleOutcomes
from tests.builders import BOOK, TIANZHEN, YANGGAO
from tests.small_store import PERIOD, Sent, decision, rows
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.model.records import Note
from warehouse.intake.reading import read_part
from warehouse.messages.finding import Finding, Severity
from warehouse.store.journal_records import NoteRecord, PeriodRecord, RollUpRecord, RuleRecord

A, AQ, Q = "accepted", "accepted_with_queries", "quarantined"
KEY = (1, YANGGAO)


def finding(severity: Severity, county: str | None = YANGGAO, receipt: int = 1, **values: Any) -> Finding:
    about: dict[str, Any] = {
        "receipt": receipt, "submission": "ab" * 32, "file": "1.csv", "rule": "loan_cap", "severity": severity,
        "found": "2", "expected": "1", "message_zh": "甲", "message_en": "a", "county_code": county,
        "period": PERIOD, "dataset": "finance",
    }  # fmt: skip
    return Finding.model_validate(about | values)


# --- verdicts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        ([], A),
        ([finding("info")], A),
        ([finding("warning")], AQ),
        ([finding("critical")], Q),
        ([finding("warning"), finding("critical"), finding("info")], Q),
        ([finding("warning", explanation="如数")], A),
        ([finding("warning", explanation="如数"), finding("warning")], AQ),
        ([finding("critical", explanation="如数")], Q),
        ([finding("critical", county=TIANZHEN)], A),
        ([finding("critical", receipt=2)], A),
        ([finding("critical", county=None)], Q),
        ([finding("warning", county=None)], AQ),
        ([finding("critical", county=None, receipt=2)], A),
        ([finding("warning"), finding("critical", county=None)], Q),
        ([finding("critical", county=TIANZHEN), finding("warning", county=None)], AQ),
    ],
)
def test_a_return_is_as_good_as_the_worst_that_is_open_of_it(findings: list[Finding], verdict: str) -> None:
    assert _verdict(_severities(findings), KEY) == verdict


@pytest.mark.parametrize(
    ("severity", "explanation", "is_open"),
    [
        ("critical", None, True),
        ("critical", "如数", True),
        ("warning", None, True),
        ("warning", "如数", False),
        ("info", None, False),
        ("info", "如数", False),
    ],
)
def test_a_finding_is_open_until_somebody_has_answered_it(
    severity: Severity,
    explanation: str | None,
    is_open: bool,  # noqa: FBT001
) -> None:
    assert finding(severity, explanation=explanation).open == is_open


# --- counts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failed", "answered", "left", "explained"),
    [
        ({}, 0, {}, {}),
        ({"loan_cap": 1}, 0, {"loan_cap": 1}, {}),
        ({"loan_cap": 1}, 1, {}, {"loan_cap": 1}),
        ({"loan_cap": 3}, 1, {"loan_cap": 2}, {"loan_cap": 1}),
        ({"loan_cap": 3}, 3, {}, {"loan_cap": 3}),
        ({"loan_cap": 1, "other": 2}, 1, {"other": 2}, {"loan_cap": 1}),
    ],
)
def test_what_a_county_has_answered_is_counted_as_explained_and_not_as_failed(
    failed: dict[str, int], answered: int, left: dict[str, int], explained: dict[str, int]
) -> None:
    validated = RuleOutcomes(failed={KEY: failed}, not_evaluated={KEY: {"x": 4}})
    counts = Counter({(*KEY, "loan_cap"): answered})
    made = _count(decision(Sent(1)), validated, {}, counts)
    assert (made.failed, made.explained, made.not_evaluated) == (left, explained, {"x": 4})
    assert made.verdict == A


def test_counts_of_others_are_not_its_own() -> None:
    validated = RuleOutcomes(failed={(2, YANGGAO): {"loan_cap": 1}, (1, TIANZHEN): {"loan_cap": 1}})
    (made,) = _counted([decision(Sent(1))], validated, [finding("critical", receipt=2)])
    assert (made.failed, made.explained, made.not_evaluated, made.verdict) == ({}, {}, {}, A)


def test_a_query_that_is_answered_lets_a_return_in_without_queries() -> None:
    validated = RuleOutcomes(failed={KEY: {"loan_cap": 1}})
    answered = finding("warning", explanation="如数")
    (made,) = _counted([decision(Sent(1, verdict=AQ))], validated, [answered])
    assert (made.verdict, made.failed, made.explained) == (A, {}, {"loan_cap": 1})
    (made,) = _counted([decision(Sent(1))], validated, [finding("warning")])
    assert (made.verdict, made.failed, made.explained) == (AQ, {"loan_cap": 1}, {})


def test_what_rules_say_adds_up() -> None:
    one = RuleOutcomes((), (finding("info"),), {KEY: {"a": 1}}, {KEY: {"x": 1}})
    other = RuleOutcomes((), (finding("warning"),), {KEY: {"b": 2}, (2, YANGGAO): {"b": 1}}, {})
    both = one + other
    assert both.failed == {KEY: {"a": 1, "b": 2}, (2, YANGGAO): {"b": 1}}
    assert both.not_evaluated == {KEY: {"x": 1}}
    assert [f.severity for f in both.findings] == ["info", "warning"]
    assert (one + RuleOutcomes()).failed == one.failed


# --- notes ---------------------------------------------------------------------------------------------------------


def note(**values: Any) -> Note:
    about: dict[str, Any] = {
        "receipt": 1, "county_code": YANGGAO, "period": PERIOD, "dataset": "finance", "indicator": None, "rule": None,
        "explanation": "如数", "sheet": "说明", "row": 2,
    }  # fmt: skip
    return Note.model_validate(about | values)


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        ({}, True),
        ({"rule": "loan_cap"}, True),
        ({"rule": "other"}, False),
        ({"indicator": "loan_amount_yuan"}, True),
        ({"indicator": "loan_households"}, False),
        ({"rule": "loan_cap", "indicator": "loan_households"}, True),
        ({"rule": "other", "indicator": "loan_amount_yuan"}, False),
        ({"receipt": 2}, False),
        ({"county_code": TIANZHEN}, False),
        ({"period": "2018-06"}, False),
        ({"dataset": "funds"}, False),
    ],
)
def test_a_note_answers_a_query_of_its_return_and_rule_or_indicator(said: dict[str, Any], answers: bool) -> None:  # noqa: FBT001
    query = finding("warning", indicator="loan_amount_yuan")
    asked = [query, *(finding(severity, indicator="loan_amount_yuan") for severity in ("critical", "info"))]
    read = replace(read_part([], Limits(), {}), notes=[note(**said)])
    assert [f.explanation for f in with_explanations(asked, read)] == ["如数" if answers else None, None, None]
    assert [record.answered for record in note_records([note(**said)], asked)] == [answers]
    assert [record.answered for record in note_records([note(**said)], asked[1:])] == [False]


def test_of_several_notes_that_answer_a_query_the_first_counts() -> None:
    notes = [note(rule="other"), note(indicator="loan_amount_yuan", explanation="先"), note(rule="loan_cap")]
    query = finding("warning", indicator="loan_amount_yuan")
    for order, first in ((notes, "先"), (notes[::-1], "如数")):
        (told,) = with_explanations([query], replace(read_part([], Limits(), {}), notes=order))
        assert told.explanation == first


# --- the order -----------------------------------------------------------------------------------------------------


def test_a_form_is_judged_after_those_that_it_is_compared_with_and_each_once() -> None:
    waves = _waves(BOOK.datasets.values())
    judged_at = {d.dataset: number for number, wave in enumerate(waves) for d in wave}
    assert sorted(judged_at) == sorted(BOOK.datasets)
    for name, dataset in BOOK.datasets.items():
        partners = [c.dataset for c in companions_for(dataset) if isinstance(c, Partner)]
        assert judged_at[name] == max((judged_at[p] for p in partners), default=-1) + 1
    assert all(waves)
    assert max(judged_at.values()) >= 1, "some are compared with others"


# --- a part of what was judged -------------------------------------------------------------------------------------


def rule(dataset: str) -> RuleRecord:
    return RuleRecord(
        dataset=dataset, period=PERIOD, rule="r", severity="info", checks=1, per_row=True, reason_zh="甲",
        reason_en="a", source="s",
    )  # fmt: skip


def sums(dataset: str) -> RollUpRecord:
    return RollUpRecord(
        dataset=dataset, period=PERIOD, rule="r", severity="info", level="province", counties=1, evaluated=1,
        failing=(),
    )  # fmt: skip


def test_of_what_was_judged_only_what_concerns_some_returns_is_kept() -> None:
    sent = [Sent(1), Sent(1, 5, county=TIANZHEN), Sent(2, 7)]
    record = PeriodRecord(
        period=PERIOD,
        decisions=tuple(map(decision, sent)),
        rules=(rule("finance"), rule("funds")),
        findings=(finding("info"), finding("info", county=TIANZHEN), finding("info", dataset="funds")),
        roll_ups=(sums("finance"), sums("funds")),
        notes=(
            NoteRecord(note=note(), answered=True),
            NoteRecord(note=note(county_code=TIANZHEN), answered=True),
        ),
    )
    whole = PeriodOutcome(record, {"finance": rows(*sent), "funds": pl.DataFrame()}, {"finance": rows(*sent)}, ())
    kept = whole.only([(1, "finance", YANGGAO, PERIOD)])
    assert [(d.receipt, d.county_code) for d in kept.record.decisions] == [KEY]
    assert [r.dataset for r in kept.record.rules] == ["finance"]
    assert [r.dataset for r in kept.record.roll_ups] == ["finance"]
    assert [(f.county_code, f.dataset) for f in kept.record.findings] == [(YANGGAO, "finance")]
    assert [n.note.county_code for n in kept.record.notes] == [YANGGAO]
    assert list(kept.accepted) == list(kept.quarantined) == ["finance"]
    for frame in (kept.accepted["finance"], kept.quarantined["finance"]):
        assert frame.select("receipt", "county_code", "loan_amount_yuan").rows() == [(1, YANGGAO, 1000)]


def test_rows_are_kept_by_receipt_and_county_in_their_order() -> None:
    frame = rows(Sent(2, 20), Sent(1, 10), Sent(1, 30, county=TIANZHEN))
    assert _rows_of(frame, [(1, YANGGAO), (2, YANGGAO)])["loan_amount_yuan"].to_list() == [20, 10]
    assert _rows_of(frame, []).is_empty()
