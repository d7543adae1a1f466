"""Which return counts and why another came to: every course of decisions on one return, told by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.builders import GUANGLING, TIANZHEN, YANGGAO
from warehouse.store import ledger
from warehouse.store.in_force import (
    RETURN,
    accepted,
    in_force,
    last_rule_decisions,
    latest,
    latest_or_in_force,
    rows_in_force,
    rows_of,
    rule_decisions,
    waivers,
)
from warehouse.store.journal_records import ACCEPTED
from warehouse.store.supersession import HELD, in_force_changes

BEGAN = datetime(2018, 1, 1)  # noqa: DTZ001  (as the ledger has it)
A, AQ, Q, W = "accepted", "accepted_with_queries", "quarantined", "withdrawn"
# Run, receipt, verdict, version.
Course = list[tuple[int, int, str, int | None]]


def returns(course: Course, **marks: Any) -> pl.LazyFrame:
    """The decisions of a course on Yanggao's finance of 2017-12; a withdrawal is a person's."""
    rows = [
        {
            "run": f"{run:06}", "receipt": receipt, "submission": f"s{receipt}", "file": f"{receipt}.csv",
            "dataset": "finance", "county_code": YANGGAO, "period": "2017-12", "status": "reported", "nil": False,
            "rows": 1, "verdict": verdict, "version": version, "known_from": BEGAN + timedelta(days=run),
            "reason": "电话核实" if verdict == W else None, "by": "李四" if verdict == W else None, **marks,
        }
        for run, receipt, verdict, version in course
    ]  # fmt: skip
    return pl.DataFrame(rows, ledger.schema(ledger.RETURNS)).lazy()


def waived(course: Course) -> pl.LazyFrame:
    """The same, the last decision being a person's."""
    last = max(run for run, *_ in course)
    return returns(course).with_columns(
        reason=pl.when(pl.col("run") == f"{last:06}").then(pl.lit("电话核实")).otherwise("reason"),
        by=pl.when(pl.col("run") == f"{last:06}").then(pl.lit("李四")).otherwise("by"),
    )


# --- what counts ---------------------------------------------------------------------------------------------------

# What was decided, in the order of runs; the receipt in force and the one that stands after all of it.
COURSES: dict[str, tuple[Course, int | None, int]] = {
    "one accepted": ([(1, 1, A, 1)], 1, 1),
    "one accepted with queries": ([(1, 1, AQ, 1)], 1, 1),
    "one quarantined": ([(1, 1, Q, None)], None, 1),
    "a correction": ([(1, 1, A, 1), (2, 2, A, 2)], 2, 2),
    "a quarantined correction": ([(1, 1, A, 1), (2, 2, Q, None)], 1, 1),
    "two quarantined": ([(1, 1, Q, None), (2, 2, Q, None)], None, 2),
    "a correction of a quarantined one": ([(1, 1, Q, None), (2, 2, A, 1)], 2, 2),
    "two in one run": ([(1, 1, A, 1), (1, 2, A, 2)], 2, 2),
    "the later of one run is quarantined": ([(1, 1, A, 1), (1, 2, Q, None)], 1, 1),
    "withdrawn": ([(1, 1, A, 1), (2, 1, W, None)], None, 1),
    "withdrawn, the one before it counts": ([(1, 1, A, 1), (2, 2, A, 2), (3, 2, W, None)], 1, 1),
    "the superseded one withdrawn": ([(1, 1, A, 1), (2, 2, A, 2), (3, 1, W, None)], 2, 2),
    "judged again and let in": ([(1, 1, Q, None), (2, 1, A, 1)], 1, 1),
    "judged again and turned out": ([(1, 1, A, 1), (2, 1, Q, None)], None, 1),
    "an older one let in later": ([(1, 1, Q, None), (2, 2, A, 1), (3, 1, A, 2)], 2, 2),
    "in, out and in again": ([(1, 1, A, 1), (2, 1, Q, None), (3, 1, A, 2)], 1, 1),
    "both withdrawn": ([(1, 1, A, 1), (2, 2, A, 2), (3, 2, W, None), (4, 1, W, None)], None, 2),
    "withdrawn and sent anew": ([(1, 1, A, 1), (2, 1, W, None), (3, 2, A, 2)], 2, 2),
    "quarantined after a withdrawal": ([(1, 1, A, 1), (2, 1, W, None), (3, 2, Q, None)], None, 2),
}


@pytest.mark.parametrize(("course", "counts", "stands"), COURSES.values(), ids=COURSES.keys())
def test_the_return_that_counts_and_the_one_that_stands(course: Course, counts: int | None, stands: int) -> None:
    given = returns(course)
    assert given.pipe(in_force).collect()["receipt"].to_list() == ([] if counts is None else [counts])
    assert given.pipe(latest_or_in_force).collect()["receipt"].to_list() == [stands]


@pytest.mark.parametrize(("course", "counts", "stands"), COURSES.values(), ids=COURSES.keys())
def test_the_order_in_which_the_ledger_gives_them_is_no_matter(course: Course, counts: int | None, stands: int) -> None:
    given = returns(list(reversed(course)))
    assert given.pipe(in_force).collect()["receipt"].to_list() == ([] if counts is None else [counts])
    assert given.pipe(latest_or_in_force).collect()["receipt"].to_list() == [stands]


@pytest.mark.parametrize(("course", "_counts", "_stands"), COURSES.values(), ids=COURSES.keys())
def test_each_return_has_one_last_decision_and_is_accepted_by_that(
    course: Course, _counts: int | None, _stands: int
) -> None:
    last = {receipt: (run, verdict) for run, receipt, verdict, _ in course}
    given = returns(course)
    found = given.pipe(latest).collect()
    assert dict(zip(found["receipt"], zip(found["run"], found["verdict"], strict=True), strict=True)) == {
        receipt: (f"{run:06}", verdict) for receipt, (run, verdict) in last.items()
    }
    assert set(given.pipe(accepted).collect()["receipt"]) == {
        receipt for receipt, (_, verdict) in last.items() if verdict in ACCEPTED
    }
    assert found.columns == list(ledger.schema(ledger.RETURNS))


def test_returns_of_other_counties_datasets_and_periods_do_not_meet() -> None:
    one = returns([(1, 1, A, 1), (2, 2, A, 2)])
    others = [
        returns([(1, 3, A, 1)], **{name: value})
        for name, value in (("county_code", TIANZHEN), ("dataset", "funds"), ("period", "2018-06"))
    ]
    found = pl.concat([one, *others]).pipe(in_force).collect()
    assert sorted(found["receipt"]) == [2, 3, 3, 3]
    assert found.select(RETURN).is_unique().all()


def test_one_file_with_returns_of_two_counties_has_a_last_decision_on_each() -> None:
    both = pl.concat([returns([(1, 1, A, 1)]), returns([(1, 1, Q, None)], county_code=TIANZHEN)])
    assert both.pipe(latest).collect().height == 2
    assert both.pipe(accepted).collect()["county_code"].to_list() == [YANGGAO]


def test_selections_keep_an_order_however_many_there_are() -> None:
    """Of decisions on many returns, so that a frame without an order would show it."""
    counties = [f"{code:06}" for code in range(400)]
    given = pl.concat(
        returns([(1 + place % 3, 1000 - place, A, 1)], county_code=county) for place, county in enumerate(counties)
    )
    assert given.pipe(latest).collect()["run"].is_sorted()
    assert given.pipe(in_force).collect()["receipt"].is_sorted()
    assert given.pipe(latest_or_in_force).collect()["receipt"].is_sorted()


def test_a_return_that_is_named_twice_has_its_rows_once() -> None:
    rows = pl.LazyFrame({"receipt": [1], "county_code": [YANGGAO], "period": ["2017-12"], "version": [1]})
    given = returns([(1, 1, A, 1), (1, 1, A, 1)])
    assert rows.pipe(rows_of, given, "finance").collect().height == 1


def test_what_a_person_decided_is_no_verdict_of_the_rules() -> None:
    given = waived([(1, 1, Q, None), (2, 1, AQ, 1)])
    assert given.pipe(rule_decisions).collect()["verdict"].to_list() == [Q]
    assert given.pipe(last_rule_decisions).collect()["verdict"].to_list() == [Q]
    assert given.pipe(waivers).collect().rows() == [(1, "finance", YANGGAO, "2017-12", "电话核实")]


def test_a_withdrawn_return_is_no_waiver_nor_is_one_that_was_judged_again_since() -> None:
    assert returns([(1, 1, A, 1), (2, 1, W, None)]).pipe(waivers).collect().is_empty()
    again = pl.concat([waived([(1, 1, Q, None), (2, 1, AQ, 1)]), returns([(3, 1, A, 2)])])
    assert again.pipe(waivers).collect().is_empty()


def test_rows_are_those_of_the_version_that_counts() -> None:
    columns = ["receipt", "county_code", "period", "version", "value"]
    rows = pl.LazyFrame(
        [
            (1, YANGGAO, "2017-12", 1, 10),
            (1, YANGGAO, "2017-12", 2, 11),
            (2, YANGGAO, "2017-12", 3, 12),
            (2, TIANZHEN, "2017-12", 3, 13),
            (2, YANGGAO, "2018-06", 3, 14),
            (3, GUANGLING, "2017-12", None, 15),
        ],
        columns,
        orient="row",
    )
    given = returns([(1, 1, A, 1), (2, 1, Q, None), (3, 1, A, 2), (4, 2, A, 3)])
    assert rows.pipe(rows_in_force, given, "finance").collect()["value"].to_list() == [12]
    assert rows.pipe(rows_of, given.pipe(accepted), "finance").collect()["value"].to_list() == [11, 12]
    assert rows.pipe(rows_in_force, given, "funds").collect().is_empty()


# --- how it turned -------------------------------------------------------------------------------------------------

# Run, why, receipt before and after.
Turn = tuple[int, str, int | None, int | None]
TURNS: dict[str, list[Turn]] = {
    "one accepted": [(1, "new_return", None, 1)],
    "one accepted with queries": [(1, "new_return", None, 1)],
    "one quarantined": [],
    "a correction": [(1, "new_return", None, 1), (2, "resubmission", 1, 2)],
    "a quarantined correction": [(1, "new_return", None, 1)],
    "two quarantined": [],
    "a correction of a quarantined one": [(2, "new_return", None, 2)],
    "two in one run": [(1, "new_return", None, 2)],
    "the later of one run is quarantined": [(1, "new_return", None, 1)],
    "withdrawn": [(1, "new_return", None, 1), (2, "withdrawn", 1, None)],
    "withdrawn, the one before it counts": [
        (1, "new_return", None, 1), (2, "resubmission", 1, 2), (3, "withdrawn", 2, 1),
    ],
    "the superseded one withdrawn": [(1, "new_return", None, 1), (2, "resubmission", 1, 2)],
    "judged again and let in": [(2, "rejudged", None, 1)],
    "judged again and turned out": [(1, "new_return", None, 1), (2, "rejudged", 1, None)],
    "an older one let in later": [(2, "new_return", None, 2)],
    "in, out and in again": [(1, "new_return", None, 1), (2, "rejudged", 1, None), (3, "rejudged", None, 1)],
    "both withdrawn": [
        (1, "new_return", None, 1), (2, "resubmission", 1, 2), (3, "withdrawn", 2, 1), (4, "withdrawn", 1, None),
    ],
    "withdrawn and sent anew": [(1, "new_return", None, 1), (2, "withdrawn", 1, None), (3, "new_return", None, 2)],
    "quarantined after a withdrawal": [(1, "new_return", None, 1), (2, "withdrawn", 1, None)],
}  # fmt: skip


def turned(given: pl.LazyFrame) -> list[Turn]:
    found = given.pipe(in_force_changes).collect().sort("county_code", "dataset", "period", "run")
    return [(int(run), *rest) for run, *rest in found.select("run", "why", "receipt_before", "receipt_after").rows()]


@pytest.mark.parametrize("name", COURSES)
def test_each_time_another_return_came_to_count_and_why(name: str) -> None:
    course, _, _ = COURSES[name]
    assert turned(returns(course)) == TURNS[name]
    assert turned(returns(list(reversed(course)))) == TURNS[name]


def test_a_waiver_is_told_by_its_reason_and_name() -> None:
    given = waived([(1, 1, Q, None), (2, 1, AQ, 1)])
    (turn,) = given.pipe(in_force_changes).collect().rows(named=True)
    assert turn == {
        "dataset": "finance", "county_code": YANGGAO, "period": "2017-12", "known_from": BEGAN + timedelta(days=2),
        "why": "waived", "reason": "电话核实", "by": "李四", "receipt_before": None, "receipt_after": 1,
        "submission_before": None, "submission_after": "s1", "version_before": None, "version_after": 1,
        "status_before": None, "status_after": "reported", "run": "000002",
    }  # fmt: skip


def test_a_waived_correction_takes_the_place_of_what_was_in_force() -> None:
    assert turned(waived([(1, 1, A, 1), (2, 2, Q, None), (3, 2, AQ, 2)])) == [
        (1, "new_return", None, 1), (3, "waived", 1, 2),
    ]  # fmt: skip


def test_the_same_return_under_a_new_version_is_a_turn() -> None:
    found = returns([(1, 1, A, 1), (2, 1, AQ, 2)]).pipe(in_force_changes).collect().sort("run")
    assert found.select("why", "receipt_before", "receipt_after", "version_before", "version_after").rows() == [
        ("new_return", None, 1, None, 1), ("rejudged", 1, 1, 1, 2),
    ]  # fmt: skip


def test_a_single_decision_that_a_person_made_says_so() -> None:
    found = waived([(1, 1, AQ, 1)]).pipe(in_force_changes).collect()
    assert found.select("why", "reason", "by", "receipt_after").rows() == [("new_return", "电话核实", "李四", 1)]


@pytest.mark.parametrize("name", COURSES)
def test_turns_have_the_same_columns_however_they_were_found(name: str) -> None:
    found = returns(COURSES[name][0]).pipe(in_force_changes).collect()
    sides = [f"{held}_{side}" for held in HELD for side in ("before", "after")]
    assert found.columns == [*RETURN, "known_from", "why", "reason", "by", *sides, "run"]
    for held, kind in HELD.items():
        assert found.schema[f"{held}_before"] == found.schema[f"{held}_after"] == kind


@pytest.mark.parametrize("name", COURSES)
def test_each_turn_begins_where_the_last_one_ended_and_ends_with_what_counts(name: str) -> None:
    course, counts, _ = COURSES[name]
    found = returns(course).pipe(in_force_changes).collect().sort("run")
    befores, afters = found["receipt_before"].to_list(), found["receipt_after"].to_list()
    assert befores == [None, *afters[:-1]][: len(befores)]
    assert (afters[-1:] or [None]) == [counts]
    for held in ("submission", "version"):
        assert found[f"{held}_before"].to_list() == [None, *found[f"{held}_after"].to_list()[:-1]][: found.height]


def test_turns_of_many_returns_are_those_of_each_by_itself() -> None:
    counties = [YANGGAO, TIANZHEN, GUANGLING]
    each = [
        returns(course, county_code=county, period=f"2017-{month:02}")
        for month, (course, _, _) in enumerate(list(COURSES.values())[:12], start=1)
        for county in counties
    ]
    order = [*RETURN, "run"]
    together = pl.concat(each).pipe(in_force_changes).collect().sort(order)
    alone = pl.concat([one.pipe(in_force_changes).collect() for one in each]).sort(order)
    assert_frame_equal(together, alone)


def test_no_decisions_are_no_turns() -> None:
    assert returns([]).pipe(in_force_changes).collect().is_empty()
