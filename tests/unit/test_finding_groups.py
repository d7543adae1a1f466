"""Findings made few: by rule, and those that say the same of many rows; ranges of cells."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.messages.finding import Finding
from warehouse.messages.finding_groups import CELL, alike, by_rule, ranges
from warehouse.reports.findings_text import COUNTIES, LINES, RULES, findings_markdown


def finding(**values: Any) -> Finding:
    return Finding.model_validate(
        {"receipt": 1, "submission": "ab", "file": "a.xlsx", "sheet": "金融扶贫", "cell": "C5", "cells": "C5",
         "county_code": "140221", "period": "2017-12", "dataset": "finance", "indicator": "loan_households",
         "rule": "not_negative", "severity": "critical", "found": "-1", "expected": "≥ 0",
         "message_zh": "金融扶贫!C5 不得为负:现为 -1。", "message_en": "金融扶贫!C5 not negative: found -1."}
        | values
    )  # fmt: skip


def rows(first: int, last: int, columns: str = "C", **values: Any) -> list[Finding]:
    """A finding a row."""
    return [
        finding(cell=f"{columns[0]}{row}", cells=";".join(f"{c}{row}" for c in columns), **values)
        for row in range(first, last + 1)
    ]


# --- ranges --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([], ""),
        ([(1, 2)], "A2"),
        ([(3, row) for row in range(5, 105)], "C5:C104"),
        ([(1, 2), (2, 2), (4, 2)], "A2:B2,D2"),
        ([(6, 2), (6, 3), (7, 2), (7, 3), (9, 2), (9, 3)], "F2:G3,I2:I3"),
        ([(1, 2), (1, 4), (1, 5)], "A2,A4:A5"),
        ([(26, 1), (27, 1), (703, 1)], "Z1:AA1,AAA1"),
    ],
)
def test_cells_become_as_few_ranges(cells: list[tuple[int, int]], said: str) -> None:
    assert ranges(reversed(cells)) == said


def test_many_ranges_are_cut_and_counted() -> None:
    assert ranges([(1, 2 * row) for row in range(1, 11)], most=3) == "A2,A4,A6,… (+7)"


def number(letters: str) -> int:
    return sum((ord(letter) - 64) * 26**place for place, letter in enumerate(reversed(letters)))


@settings(deadline=None)
@given(st.sets(st.tuples(st.integers(1, 60), st.integers(1, 12)), min_size=1))
def test_ranges_name_every_cell_and_no_other(cells: set[tuple[int, int]]) -> None:
    named: list[tuple[int, int]] = []
    for part in ranges(cells, most=10_000).split(","):
        (left, top), *rest = CELL.findall(part)
        right, bottom = rest[0] if rest else (left, top)
        columns, lines = range(number(left), number(right) + 1), range(int(top), int(bottom) + 1)
        named += [(column, line) for column in columns for line in lines]
    assert sorted(named) == sorted(cells)


# --- by rule -------------------------------------------------------------------------------------------------------


def test_findings_are_counted_by_rule_and_dataset_with_the_first_as_example() -> None:
    (one,) = by_rule([*rows(5, 6), finding(county_code="140222", file="b.xlsx")])
    assert (one.rule, one.dataset, one.findings, one.counties, one.file) == ("not_negative", "finance", 3, 2, "a.xlsx")
    assert one.message_en == "金融扶贫!C5 not negative: found -1."


def test_errors_come_before_queries_and_many_before_few() -> None:
    found = by_rule([*rows(1, 9, rule="q", severity="warning"), finding(rule="few"), *rows(1, 2, rule="many")])
    assert [group.rule for group in found] == ["many", "few", "q"]


def test_a_rule_of_two_datasets_is_two_groups() -> None:
    found = by_rule([finding(), finding(dataset="funds", sheet="扶贫资金")])
    assert [group.dataset for group in found] == ["finance", "funds"]


def test_one_cell_that_is_at_fault_for_several_datasets_is_one_group() -> None:
    found = by_rule([finding(sheet="封面", cells="B3", dataset=name) for name in ("finance", "funds", "health")])
    assert [(group.dataset, group.findings, group.counties) for group in found] == [(None, 3, 1)]


def test_a_file_without_a_county_counts_none() -> None:
    (one,) = by_rule([finding(county_code=None, dataset=None, rule="unreadable_file")])
    assert (one.dataset, one.counties) == (None, 0)


# --- alike ---------------------------------------------------------------------------------------------------------


def test_rows_of_the_same_columns_are_one_line_with_their_range() -> None:
    (one,) = alike(rows(5, 104))
    assert (one.where, len(one.findings), one.first.cell) == ("金融扶贫!C5:C104", 100, "C5")


@pytest.mark.parametrize(
    "other",
    [{"file": "b.xlsx"}, {"rule": "r"}, {"sheet": "s"}, {"cells": "C5;D5"}, {"expected": "≥ 1"}, {"period": "2018-06"},
     {"county_code": "140222"}, {"indicator": "i"}, {"explanation": "故意"}],
)  # fmt: skip
def test_what_differs_in_more_than_the_row_is_another_line(other: dict[str, str]) -> None:
    assert len(alike([finding(), finding(**other)])) == 2


@pytest.mark.parametrize("rule", ["unit_missing", "unknown_header", "required_present"])
def test_what_has_one_cause_in_many_columns_is_one_line(rule: str) -> None:
    many = [finding(rule=rule, cells=f"{letter}1", expected=letter, indicator=letter) for letter in "DEFG"]
    (one,) = alike([*many])
    assert (one.where, one.times) == ("金融扶贫!D1:G1", 4)


def test_what_was_found_may_differ() -> None:
    assert len(alike([finding(), finding(found="-2", cells="C6")])) == 1


def test_no_finding_is_lost() -> None:
    found = [*rows(1, 5), *rows(1, 3, "CD"), finding(cells=None, cell=None), finding(severity="warning", rule="q")]
    groups = alike(found)
    assert sorted(f.rule for g in groups for f in g.findings) == sorted(f.rule for f in found)
    assert [g.first.severity for g in groups] == ["critical", "critical", "critical", "warning"]


# --- the text ------------------------------------------------------------------------------------------------------


def test_the_text_goes_by_county_and_file() -> None:
    text = findings_markdown(
        "000001", [*rows(5, 104), finding(county_code=None, receipt=2, file="z.xlsx", dataset=None)]
    )
    places = [text.index(part) for part in ("## 文件 Files", "### z.xlsx", "## 140221 阳高县", "### a.xlsx", "C5:C104")]
    assert places == sorted(places)
    assert "| 错误 error | `not_negative` | 金融扶贫 finance | 100 | 1 |" in text
    assert "**金融扶贫!C5:C104** × 100 条 findings" in text


def test_a_single_finding_says_its_place_once() -> None:
    text = findings_markdown("000001", [finding()])
    assert text.count("金融扶贫!C5") == 1
    assert "不得为负:现为 -1。  \n  not negative: found -1." in text


def test_an_answered_query_shows_the_answer() -> None:
    assert "explained: 已核实" in findings_markdown("1", [finding(severity="warning", explanation="已核实")])


def test_a_run_without_findings_says_so() -> None:
    assert "没有问题 none" in findings_markdown("000001", [])


def test_long_lists_are_cut_with_a_count() -> None:
    lines = [finding(cells=f"A{n}", expected=f"{n}") for n in range(1, LINES + 8)]
    assert "另有 and 7 行 more lines, 7 条 findings" in findings_markdown("1", lines)
    rules = [finding(rule=f"r{n}", cells=f"A{n}") for n in range(RULES + 3)]
    assert "另有 and 3 组 more groups, 3 条 findings" in findings_markdown("1", rules)
    counties = [finding(county_code=f"{n:06}") for n in range(COUNTIES + 2)]
    assert "另有 and 2 县 more counties, 2 条 findings" in findings_markdown("1", counties)


def test_what_a_county_wrote_is_no_markup() -> None:
    evil = "<img src=x> ![x](http://example.org) `code`\n# heading"
    text = findings_markdown("1", [finding(message_zh=evil, message_en=evil, file="<b>.xlsx")])
    assert "<img" not in text
    assert "<b>" not in text
    assert "![x](" not in text
    assert "\n# heading" not in text
