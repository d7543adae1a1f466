"""What matters first: the fewest cells that carry nearly all of what could be wrong, and findings in that order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.test_finding_groups import finding
from warehouse.messages.finding import Change, Finding, Proposal
from warehouse.messages.finding_groups import alike, by_rule, ranked
from warehouse.messages.priorities import NAMED, Priorities, priorities
from warehouse.reports.findings_text import effect_text, findings_markdown, priorities_sentence


def doubted(score: float | None, cells: str = "C5", **values: Any) -> Finding:
    return finding(score=score, cell=cells.partition(";")[0], cells=cells, severity="warning", **values)


def of(*findings: Finding) -> Priorities | None:
    return priorities(one.row for one in findings)


def counts(*findings: Finding) -> tuple[int, int] | None:
    told = of(*findings)
    return (told.cells, told.of) if told else None


# --- which cells ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scores", "cells"),
    [((100.0,), 1), ((90.0, 10.0), 1), ((89.0, 11.0), 2), ((1.0,) * 10, 9), ((5.0, 80.0, 10.0, 5.0), 2)],
)
def test_they_are_the_fewest_that_carry_nine_tenths(scores: tuple[float, ...], cells: int) -> None:
    found = [doubted(score, f"C{row}") for row, score in enumerate(scores, start=1)]
    assert counts(*found) == (cells, len(scores))


def test_those_of_the_largest_score_are_named_first() -> None:
    told = of(*(doubted(float(row), f"C{row}", county_code=f"14022{row}") for row in range(1, 10)))
    assert told is not None
    assert [cell.score for cell in told.first] == [9.0, 8.0, 7.0, 6.0, 5.0][:NAMED]
    first = told.first[0]
    assert (first.county_code, first.dataset, first.sheet, first.cells) == ("140229", "finance", "金融扶贫", "C9")


def test_findings_that_look_at_one_cell_count_it_once_and_name_the_one_that_they_share() -> None:
    told = of(doubted(7.0, "C5;D5"), doubted(7.0, "D5;E5"), doubted(7.0, "D5", rule="r"))
    assert told is not None
    assert (told.cells, told.of, told.first[0].cells) == (1, 1, "D5")


@pytest.mark.parametrize(
    "other", [{"cells": "C6"}, {"score": 8.0}, {"county_code": "140222"}, {"receipt": 2}, {"sheet": "s"}]
)
def test_others_are_others(other: dict[str, Any]) -> None:
    assert counts(doubted(7.0), doubted(**{"score": 7.0, **other})) == (2, 2)


def test_what_makes_nothing_wrong_or_of_which_nothing_is_known_does_not_count() -> None:
    assert of(doubted(0.0), doubted(None)) is None
    assert counts(doubted(0.0, "C6"), doubted(None, "C7"), doubted(1.0)) == (1, 1)


def test_what_was_proposed_is_said_with_the_cell() -> None:
    change = Change(cell="C5", indicator="loan_households", found="100", value="10", how="tenfold")
    told = of(doubted(7.0), doubted(7.0, proposals=(Proposal(changes=(change,)),)))
    assert told is not None
    assert told.first[0].proposed == "C5: 100 -> 10"


@given(st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=50))
def test_one_cell_fewer_would_not_do(scores: list[float]) -> None:
    told = of(*(doubted(score, f"C{row}") for row, score in enumerate(scores, start=1)))
    assert told is not None
    largest = sorted(scores, reverse=True)
    assert sum(largest[: told.cells]) >= 0.9 * sum(scores) * (1 - 1e-9)
    assert sum(largest[: told.cells - 1]) < 0.9 * sum(scores)


# --- the order -----------------------------------------------------------------------------------------------------


def test_errors_come_first_then_what_may_make_most_wrong_and_what_is_not_known_last() -> None:
    given = [doubted(None, rule="a"), doubted(2.0, rule="b"), finding(rule="c"), doubted(3.0, rule="d"), doubted(None)]
    assert [one.rule for one in ranked([*given, finding(rule="e", score=1.0)])] == [
        "e", "c", "d", "b", "a", "not_negative",
    ]  # fmt: skip


def test_rules_and_lines_stand_in_that_order_too() -> None:
    many = [doubted(None, f"C{row}", rule="many") for row in range(5)]
    few = [doubted(1.0, "C9", rule="few", file="b.xlsx"), doubted(5.0, "C8", rule="few", file="c.xlsx")]
    assert [(group.rule, group.score, group.file) for group in by_rule([*many, *few])] == [
        ("few", 5.0, "c.xlsx"), ("many", None, "a.xlsx"),
    ]  # fmt: skip
    assert [line.first.rule for line in alike([*many, *few])] == ["few", "few", "many"]


# --- in words ------------------------------------------------------------------------------------------------------


def test_the_sentence_says_how_few_cells_carry_how_much() -> None:
    told = of(*(doubted(score, f"C{row}") for row, score in enumerate((80.0, 15.0, 5.0), start=1)))
    assert told is not None
    assert priorities_sentence(told) == (
        "这 2 个单元格占可能差错的 90%(存疑 3 个); these 2 cells carry 90 % of what could be wrong (of 3 doubted)"
    )


def test_it_stands_on_top_of_the_findings_with_the_first_cells() -> None:
    text = findings_markdown("000001", [doubted(80.0, "C1"), doubted(5.0, "C2"), finding(rule="unscored")])
    sentence, cell, table = (text.index(part) for part in ("this one cell carries", "金融扶贫!C1", "| 级别 severity"))
    assert sentence < cell < table
    assert "- 140221 阳高县 金融扶贫 finance 2017-12 金融扶贫!C1: 可能影响总数 the total may be off by 80 %" in text


def test_an_answered_query_no_longer_matters() -> None:
    text = findings_markdown("000001", [doubted(80.0, explanation="已核实")])
    assert "90 %" not in text


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (0.0, "0"),
        (0.000003, "0.000003"),
        (0.53333, "0.533"),
        (80.0, "80"),
        (14_973.2, "15,000"),
        (1e9, "1,000,000,000"),
    ],
)
def test_a_score_is_said_to_three_digits(score: float, said: str) -> None:
    assert effect_text(score) == f" 可能影响总数 the total may be off by {said} %"


def test_nothing_is_said_of_what_is_not_known() -> None:
    assert effect_text(None) == ""
