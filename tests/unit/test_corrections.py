"""Corrections as a county and an analyst see them: in the findings of a return, in the mart, in what explain says."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest

from expectations.linear.correction import RowCorrections
from expectations.linear.slips import LIKELY
from expectations.validation import corrections
from flows.cli.views.submission import submission_json
from tests.builders import BOOK, TIANZHEN, YANGGAO, code_of, finance, given, loans, mart, night, row, send, url, village
from tests.slips.judging import Past, judged
from warehouse.codebook.terms import terms
from warehouse.lineage import explain_submission
from warehouse.lineage.reader import LineageReader
from warehouse.messages.finding import Finding
from warehouse.store.files import Root
from warehouse.synthetic import Return

PERIOD = "2017-12"
FUNNEL = frozenset({"relocation_funnel"})
NOTHING = Past.of(())
VILLAGES = {"villages_planned": 3350, "villages_started": 2478, "villages_completed": 2479, "villages_demolished": 381}


def found(*returns: Return) -> list[Finding]:
    return [f for f in judged(PERIOD, returns, NOTHING) if f.severity == "critical"]


def relocation(**values: int | None) -> Return:
    return given(YANGGAO, PERIOD, "relocation", row("relocation", **VILLAGES | values))


def test_a_finding_says_in_both_languages_which_cell_to_change_from_what_to_what() -> None:
    grades = {"units_assessed": 3000, "graded_excellent": 513, "graded_good": 2478, "letters_required": 9}
    (finding,) = found(given(YANGGAO, PERIOD, "accountability", row("accountability", **grades)))
    assert finding.rule == "grades_sum"
    assert "。建议将 H2 由 2478 个 改为 2487 个(相邻两位颠倒);或" in finding.message_zh
    assert ". Proposed: change H2: 2478 units -> 2487 units (two digits transposed); or" in finding.message_en
    (change,) = finding.proposals[0].changes
    assert change.model_dump() == {
        "cell": "H2", "indicator": "graded_good", "found": "2478", "value": "2487", "how": "transposed",
    }  # fmt: skip


def test_money_is_told_in_the_unit_of_the_form_and_kept_in_yuan() -> None:
    amounts = {"household_use_amount_yuan": 834_700, "partnership_amount_yuan": 1_000_000}
    (finding,) = found(
        given(YANGGAO, PERIOD, "finance", row("finance", loan_households=90, loan_amount_yuan=1_843_700, **amounts))
    )
    assert "C2: 83.47 万元 -> 84.37 万元" in finding.message_en
    assert {"834700", "843700"} == {finding.proposals[0].changes[0].found, finding.proposals[0].changes[0].value}


def test_all_findings_of_a_row_say_the_same() -> None:
    findings = found(relocation(villages_planned=10, persons_housed=5))
    assert len({f.rule for f in findings}) == 2
    assert len({f.proposals for f in findings}) == 1
    assert findings[0].proposals


def test_what_is_no_relation_of_numbers_gets_no_proposal() -> None:
    twice = [village(code_of(YANGGAO, "0001"))] * 2
    findings = found(given(YANGGAO, PERIOD, "relocation_villages", *twice))
    assert {f.rule for f in findings} >= {"key_unique"}
    assert [f.proposals for f in findings] == [()] * len(findings)


def test_of_very_many_rows_the_first_are_looked_at_and_the_others_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrections, "MOST_ROWS_OF_A_RETURN", 2)
    wrong = [village(code_of(YANGGAO, f"{n:04}"), persons=-70) for n in range(5)]
    findings = [f for f in found(given(YANGGAO, PERIOD, "relocation_villages", *wrong)) if f.rule == "not_negative"]
    assert [bool(f.proposals) for f in findings] == [True, True, False, False, False]
    assert all(
        "此行未求更正建议" in f.message_zh and "no correction was looked for" in f.message_en for f in findings[2:]
    )


def test_no_more_rows_of_all_returns_are_looked_at_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrections, "MOST_ROWS", 1)
    findings = found(
        *(given(code, PERIOD, "relocation", row("relocation", **VILLAGES)) for code in (YANGGAO, TIANZHEN))
    )
    assert [bool(f.proposals) for f in findings] == [True, False]


@pytest.mark.parametrize("outcome", ["none", "no_answer_in_time"])
def test_that_there_is_no_answer_is_said(outcome: Literal["none", "no_answer_in_time"]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(corrections, "corrections", lambda *_: RowCorrections(outcome, (), (), FUNNEL))
        (finding,) = found(relocation())
    assert finding.proposals == ()
    assert finding.message_zh.endswith(corrections.OUTCOMES[outcome][0])


def test_cells_without_a_value_for_them_are_named() -> None:
    cells = (("villages_started",), ("villages_completed", "villages_planned"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(corrections, "corrections", lambda *_: RowCorrections("found", cells, (), FUNNEL))
        (finding,) = found(relocation())
    assert finding.message_en.endswith(" One of B2, C2 with A2 is wrong: with it corrected, all rules can hold.")


@pytest.mark.parametrize("how", LIKELY)
def test_each_slip_has_a_name_in_both_languages(how: str) -> None:
    assert terms()["how", how].label_zh


@pytest.fixture
def filled(root: Root, inbox: Path) -> Root:
    """A night with one return of wrong parts."""
    parts = {"household_use_amount_yuan": 834_700, "partnership_amount_yuan": 1_000_000}
    send(inbox / "1", loans(finance(households=90) | {"loan_amount_yuan": 1_843_700} | parts, period=PERIOD))
    night(root, inbox)
    return root


def test_a_mart_has_a_row_a_change_and_explain_the_proposals(filled: Root) -> None:
    rows = mart(filled, "mart_corrections").filter(proposal_rank=1).rows(named=True)
    (first,) = rows
    assert (first["dataset"], first["rule"], first["indicator"]) == (
        "finance",
        "loan_parts",
        "household_use_amount_yuan",
    )
    assert (first["found"], first["value"], first["unit"], first["how"]) == (
        Decimal(834_700), Decimal(843_700), "yuan", "transposed",
    )  # fmt: skip
    told = submission_json(explain_submission(LineageReader(filled, url(filled)), "1"))
    (finding,) = (f for f in told["findings"] if f["rule"] == "loan_parts")
    assert finding["proposals"][0]["changes"][0]["value"] == "843700"
    assert BOOK.datasets["finance"]["loan_amount_yuan"].input_unit == "万元"
