"""The run in numbers, and findings as a table that is safe to open."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.builders import RECEIVED, page
from warehouse.intake.model.records import Receipt
from warehouse.messages.finding import OF_ONE, Finding
from warehouse.reports.run_summary import Summary, summarise, write_findings
from warehouse.store.journal_records import Entry, PeriodRecord, ReceiptDecision, ReturnDecision


def finding(found: str, severity: str = "critical", file: str = "a.xlsx") -> Finding:
    return Finding.model_validate(
        {"receipt": 1, "submission": "ab", "file": file, "rule": "r", "severity": severity, "found": found,
         "expected": "甲", "message_zh": "中文", "message_en": "english"}
    )  # fmt: skip


def decision(verdict: str, county: str) -> ReturnDecision:
    return ReturnDecision.model_validate(
        {"receipt": 1, "submission": "ab", "file": "a.xlsx", "dataset": "finance", "county_code": county,
         "period": "2017-12", "status": "reported", "nil": False, "rows": 1, "verdict": verdict, "version": None,
         "failed": {}, "not_evaluated": {}}
    )  # fmt: skip


def entry(*findings: Finding, verdicts: tuple[str, ...] = ()) -> Entry:
    receipts = tuple(
        ReceiptDecision(receipt=Receipt(receipt=n, submission="ab", file="a", received_at=RECEIVED), verdict=v)
        for n, v in enumerate(("read", "unreadable", "duplicate"))
    )
    decided = tuple(decision(v, f"14022{n % 2}") for n, v in enumerate(verdicts))
    judged = PeriodRecord(period="2017-12", decisions=decided, rules=(), findings=findings[1:])
    return Entry(
        run="000001", flow="nightly", received_at=RECEIVED, receipts=receipts, periods=(judged,), findings=findings[:1]
    )


def written(folder: Path, *findings: Finding) -> list[dict[str, str]]:
    path = write_findings(entry(*findings), folder / "reports")
    assert path.name == "findings.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("http://x")', "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_run_is_written_as_text(tmp_path: Path, text: str) -> None:
    (row,) = written(tmp_path, finding(text))
    assert row["found"] == f"'{text}"


def test_a_file_name_is_defused_too(tmp_path: Path) -> None:
    (row,) = written(tmp_path, finding("x", file="=cmd|' /C calc'!A0.xlsx"))
    assert row["file"].startswith("'=")


def test_other_text_stays_as_it_is(tmp_path: Path) -> None:
    texts = ['天镇县, "引"', "a=1", "1-2", "two\nlines", "'x"]
    assert [row["found"] for row in written(tmp_path, *map(finding, texts))] == texts


def test_findings_stand_in_order_with_all_their_columns(tmp_path: Path) -> None:
    rows = written(tmp_path, finding("1"), finding("2", "warning"))
    assert [row["found"] for row in rows] == ["1", "2"]
    assert list(rows[0]) == list(OF_ONE)
    assert (rows[0]["receipt"], rows[0]["message_zh"], rows[0]["county_code"]) == ("1", "中文", "")


def test_no_findings_are_a_table_without_rows(tmp_path: Path) -> None:
    assert written(tmp_path) == []


def test_a_run_in_numbers() -> None:
    verdicts = ("accepted", "accepted", "accepted_with_queries", "quarantined")
    found = summarise(entry(finding("1"), finding("2", "warning"), finding("3"), verdicts=verdicts), "000004")
    counts = {"accepted": 2, "accepted_with_queries": 1, "quarantined": 1}
    assert found.model_dump(exclude={"seconds", "groups"}) == {
        "run": "000001", "files": 3, "archives": 0, "unreadable": 1, "duplicates": 1, "waiting": 0, "skipped": 0,
        "periods": ({"period": "2017-12", "counties": 2, **counts},),
        **counts, "errors": 2, "queries": 1, "explained": 0,
        "held": 0, "waiting_returns": 0, "overdue": 0, "unwritten": (),
        "datasets": ({"dataset": "finance", "returns": 4, **counts},),
        "version": "000004", "recovered": (), "late": (), "before": None, "priorities": None,
        "lapsed": (),
    }  # fmt: skip
    assert "| 退回 quarantined | 1 |" in page(found)
    assert "| 2017-12 | 2 | 2 | 1 | 1 |" in page(found)
    assert [(group.severity, group.findings) for group in found.groups] == [("critical", 2), ("warning", 1)]
    assert "| 错误 error | `r` | 文件 files | 2 | 0 |" in page(found)


def test_an_answered_query_is_no_open_one() -> None:
    answered = finding("2", "warning").model_copy(update={"explanation": "已核实"})
    found = summarise(entry(finding("1", "warning"), answered), None)
    assert (found.queries, found.explained) == (1, 1)
    assert [group.findings for group in found.groups] == [1]


def test_the_findings_stand_in_a_text_too(tmp_path: Path) -> None:
    path = write_findings(entry(finding("1")), tmp_path)
    assert "`r`" in path.with_name("findings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("summary", "good"),
    [(Summary(), True), (Summary(queries=3, duplicates=1), True), (Summary(quarantined=1), False),
     (Summary(unreadable=1), False), (Summary(errors=1), False)],
)  # fmt: skip
def test_a_run_is_good_when_nothing_was_refused(summary: Summary, good: bool) -> None:  # noqa: FBT001
    assert summary.good is good
