"""The sheet of notes: what is understood, which queries it answers, what then stands in ledger and marts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.builders import (
    YANGGAO,
    Cells,
    cover,
    finance,
    mart,
    night,
    read_file,
    sheet,
    url,
    verdicts,
    write_book,
)
from warehouse.intake.model.records import SubmissionReading
from warehouse.store import ledger
from warehouse.store.files import Root

pytestmark = pytest.mark.usefixtures("few_marts")

HEADER = ["报表", "指标", "规则", "说明"]
# 500 yuan a household: a slip of 万, or so little indeed.
LITTLE = finance(lent=1, households=20) | {"loan_amount_yuan": 1, "household_use_amount_yuan": 1}


def book(path: Path, *notes: list[Any], header: Any = HEADER, named: str = "填报说明", row: Any = LITTLE) -> Path:
    """A workbook of one return of microcredit in 万元 and a sheet of notes."""
    sheets: dict[str, Cells] = {"封面": cover(), "金融扶贫": sheet("finance", row), named: [header, *notes]}
    return write_book(path, sheets)


def read(tmp_path: Path, *notes: list[Any], **how: Any) -> SubmissionReading:
    return read_file(book(tmp_path / "a.xlsx", *notes, **how))


@pytest.mark.parametrize(
    "line",
    [
        ["金融扶贫", "小额信贷投放", "loan_unit_slip", "贷款刚开始"],
        ["Finance", "Microcredit lent", "loan_unit_slip", "贷款刚开始"],
        ["finance", "loan_amount_yuan", "loan_unit_slip", " 贷款刚开始 "],
        ["finance", "小额信贷投放（万元）", "loan_unit_slip", "贷款刚开始"],
    ],
)
def test_a_note_names_its_dataset_and_indicator_in_either_language(tmp_path: Path, line: list[str]) -> None:
    found = read(tmp_path, line)
    assert found.findings == []
    (note,) = found.notes
    said = (note.county_code, note.period, note.dataset, note.indicator, note.rule, note.explanation, note.row)
    assert said == (YANGGAO, "2017-12", "finance", "loan_amount_yuan", "loan_unit_slip", "贷款刚开始", 2)


def test_columns_in_another_order_english_and_blank_lines(tmp_path: Path) -> None:
    lines = [["so it is", "finance"], [None, None], ["and so", "finance"]]
    found = read(tmp_path, *lines, header=["Explanation", "Dataset"], named="Notes ")
    assert [(n.indicator, n.rule, n.explanation, n.row) for n in found.notes] == [
        (None, None, "so it is", 2),
        (None, None, "and so", 4),
    ]


@pytest.mark.parametrize(
    ("line", "cell", "found"),
    [
        (["贷款", None, None, "x"], "A2", "贷款"),
        ([None, None, None, "x"], "A2", "空白 blank"),
        (["finance", "村数", None, "x"], "B2", "村数"),
        (["finance", None, "loan_cap", None], "D2", "空白 blank"),
    ],
)
def test_a_note_that_is_not_clear_is_said_at_its_cell_and_is_none(
    tmp_path: Path, line: list[Any], cell: str, found: str
) -> None:
    reading = read(tmp_path, line, ["finance", None, None, "clear"])
    assert [n.explanation for n in reading.notes] == ["clear"]
    (finding,) = reading.findings
    said = (finding.rule, finding.severity, finding.sheet, finding.cell, finding.found)
    assert said == ("note_unclear", "warning", "填报说明", cell, found)


def test_a_sheet_of_notes_without_its_columns(tmp_path: Path) -> None:
    (finding,) = read(tmp_path, ["x", "y"], header=["甲", "乙"]).findings
    assert (finding.rule, finding.cell, finding.expected) == ("note_unclear", "A1", "报表, 说明")


def quality(root: Root, rule: str = "loan_unit_slip") -> dict[str, int]:
    counts = mart(root, "mart_quality").filter(dataset="finance", rule=rule)
    return counts.select("passed", "failed", "explained", "not_evaluated").row(0, named=True)


def test_a_query_without_a_note_stays_open(root: Root, inbox: Path) -> None:
    book(inbox / "a.xlsx")
    summary = night(root, inbox)
    assert (summary.accepted_with_queries, summary.queries, summary.explained) == (1, 1, 0)
    assert quality(root) == {"passed": 0, "failed": 1, "explained": 0, "not_evaluated": 0}


@pytest.mark.parametrize(
    "names",
    [(None, None), ("小额信贷投放", None), (None, "loan_unit_slip"), ("小额信贷户数", "Loan_Unit_Slip")],
)
def test_a_note_makes_a_query_an_explained_one(root: Root, inbox: Path, names: tuple[str | None, ...]) -> None:
    book(inbox / "a.xlsx", ["金融扶贫", *names, "贷款刚开始"])
    summary = night(root, inbox)
    assert (summary.accepted, summary.accepted_with_queries, summary.queries, summary.explained) == (1, 0, 0, 1)
    assert quality(root) == {"passed": 0, "failed": 0, "explained": 1, "not_evaluated": 0}
    assert mart(root, "mart_findings")["explanation"].to_list() == ["贷款刚开始"]
    notes = ledger.read_table(ledger.open_ledger(url(root)), ledger.NOTES)
    assert notes.select("explanation", "answered").rows() == [("贷款刚开始", True)]


@pytest.mark.parametrize(
    "line", [["finance", "贷款余额", None, "x"], ["finance", None, "loan_cap", "x"], ["funds", None, None, "x"]]
)
def test_a_note_about_something_else_answers_nothing(root: Root, inbox: Path, line: list[Any]) -> None:
    book(inbox / "a.xlsx", line)
    assert night(root, inbox).accepted_with_queries == 1
    assert quality(root)["explained"] == 0
    notes = ledger.read_table(ledger.open_ledger(url(root)), ledger.NOTES)
    assert notes["answered"].to_list() == [False]
    (said,) = mart(root, "mart_findings").filter(rule="note_unanswered").rows(named=True)
    assert (said["severity"], said["sheet"], said["cell"]) == ("info", "填报说明", "A2")


def test_an_error_cannot_be_explained_away(root: Root, inbox: Path) -> None:
    high = finance(lent=6, households=1)  # in 万元: 60000 yuan for one household
    book(inbox / "a.xlsx", ["finance", None, None, "it is so"], row=high)
    night(root, inbox)
    assert {verdict for verdict, _ in verdicts(root).values()} == {"quarantined"}
    assert quality(root, "loan_cap") == {"passed": 0, "failed": 1, "explained": 0, "not_evaluated": 0}
