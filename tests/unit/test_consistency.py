"""Rules that contradict each other, can never fail, or cannot be right as written: what is planted is found."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from expectations.analysis.consistency import ConsistencyReport, check_all, check_rules
from expectations.analysis.rule_faults import RuleDefect
from expectations.analysis.rule_versions import SuiteVersions
from expectations.companions import Last, PeerRatio
from expectations.language.relation import parse
from expectations.language.rules import Check, Rule, When, between, in_set, not_null, relation, unique
from expectations.linear.linear_program import Demand, Solver
from expectations.linear.linearise import linearise, said, step
from tests.builders import BOOK

# Ten columns of which the first eight are required; money and counts, none of them signed.
FINANCE = BOOK.datasets["finance"]
LENT, HOUSEHOLDS, BALANCE, OVERDUE = "loan_amount_yuan", "loan_households", "loan_balance_yuan", "overdue_balance_yuan"
OUTCOMES = BOOK.datasets["outcomes"]


def rule(name: str, *checks: Check, severity: Any = "critical", **others: Any) -> Rule:
    return Rule(name, severity, "理由", "a reason", checks, **{"source": "form: of a test", **others})


def checked(*rules: Rule, companions: tuple[Any, ...] = (), dataset: Any = FINANCE) -> ConsistencyReport:
    """These rules beside those that the codebook derives."""
    plain = SuiteVersions.of(dataset, module=pl)  # a module without RULES: only what is derived
    return check_rules(replace(plain, own=rules, companions=(*plain.companions, *companions)), BOOK)


def found(*rules: Rule, **others: Any) -> list[tuple[str, tuple[str, ...]]]:
    return [(fault.kind, fault.rules) for fault in checked(*rules, **others).faults]


# --- contradictions ------------------------------------------------------------------------------------------------


def test_rules_that_cannot_all_hold_are_named_and_no_others() -> None:
    faults = checked(
        rule("less", relation(f"{OVERDUE} < {BALANCE}")),
        rule("more", relation(f"{OVERDUE} >= {BALANCE}")),
        rule("cap", relation(f"{LENT} <= 50000 * {HOUSEHOLDS}")),
    ).faults
    (fault,) = faults
    assert (fault.kind, set(fault.rules), fault.fatal) == ("contradiction", {"less", "more"}, True)
    assert "overdue_balance_yuan < loan_balance_yuan" in fault.says


def test_a_contradiction_over_several_rules_is_found_to_the_last_one() -> None:
    rules = [
        rule("one", relation(f"{LENT} >= 3 * {BALANCE} + 1")),
        rule("two", relation(f"{BALANCE} >= 2 * {OVERDUE}")),
        rule("three", relation(f"{OVERDUE} * 6 >= {LENT}")),
    ]
    assert [(kind, set(rules)) for kind, rules in found(*rules)] == [("contradiction", {"one", "two", "three"})]
    assert found(*rules[:2]) == []


def test_a_cap_below_the_floor_of_the_codebook_is_found() -> None:
    (fault,) = checked(rule("debt", between(LENT, high=-1))).faults
    assert (fault.kind, set(fault.rules)) == ("contradiction", {"debt", "not_negative"})


def test_a_query_that_critical_rules_make_sure_to_fail_is_found() -> None:
    low, high = rule("low", between(LENT, high=10)), rule("high", between(LENT, low=11), severity="warning")
    assert found(low, high) == [("contradiction", ("high", "low"))]
    assert found(low, rule("high", between(LENT, low=10), severity="warning")) == []


def test_two_queries_may_ask_for_contraries() -> None:
    assert (
        found(
            rule("low", between(LENT, high=10), severity="warning"),
            rule("high", between(LENT, low=11), severity="warning"),
        )
        == []
    )


def test_a_number_that_the_rules_leave_only_zero_is_found() -> None:
    (fault,) = checked(rule("slip", relation(f"{LENT} <= {LENT} / 2"))).faults
    assert fault.kind == "contradiction"
    assert "where loan_amount_yuan > 0" in fault.says


def test_a_ratio_is_looked_at_where_its_denominator_is_above_zero() -> None:
    ratio = rule("slip", relation(f"{LENT} / {HOUSEHOLDS} >= 1000"))
    assert found(rule("cap", relation(f"{LENT} <= 50000 * {HOUSEHOLDS}")), ratio) == []
    faults = checked(rule("cap", relation(f"{LENT} <= 500 * {HOUSEHOLDS}")), ratio).faults
    assert [set(fault.rules) for fault in faults if fault.kind == "contradiction"] == [{"slip", "cap"}] * len(faults)
    assert faults


def test_a_rounded_equality_is_a_band() -> None:
    near = rule("near", relation(f"{BALANCE} == 1.5 * {OVERDUE}", digits=0))
    assert found(near, rule("a", relation(f"{BALANCE} <= 1.5 * {OVERDUE} - 0.5"))) == []
    (fault,) = checked(near, rule("b", relation(f"{BALANCE} < 1.5 * {OVERDUE} - 0.5"))).faults
    assert set(fault.rules) == {"near", "b"}


def test_a_condition_is_a_case_of_its_own() -> None:
    some, none = When(HOUSEHOLDS, ">", 5), When(HOUSEHOLDS, "==", 0)
    few, many = between(LENT, high=9, when=some), between(LENT, low=10, when=some)
    (fault,) = checked(rule("few", few), rule("many", many)).faults
    assert (fault.kind, set(fault.rules)) == ("contradiction", {"few", "many"})
    assert "where loan_households > 5" in fault.says
    assert found(rule("few", few), rule("many", replace(many, when=none))) == []


def test_a_condition_that_numbers_cannot_meet_with_what_it_asks_is_found() -> None:
    cap = rule("cap", relation(f"{LENT} <= 50000 * {HOUSEHOLDS}"))
    lend = rule("lend", between(LENT, low=1, when=When(HOUSEHOLDS, "==", 0)))
    (fault,) = checked(cap, lend).faults
    assert (fault.kind, set(fault.rules)) == ("contradiction", {"cap", "lend"})


def test_a_rule_that_is_never_evaluated_never_fails() -> None:
    none = rule("none", relation(f"{LENT} / {HOUSEHOLDS} >= 1000", when=When(HOUSEHOLDS, "==", 0)))
    assert found(none) == [("never_fails", ("none",))]


def test_each_stretch_of_time_is_looked_at_with_the_rules_that_hold_in_it() -> None:
    old = rule("cap", between(LENT, high=10), holds_until="2018-01")
    new = rule("cap", between(LENT, low=11), holds_from="2018-01")
    assert found(old, new) == []
    overlapping = rule("floor", between(LENT, low=11), holds_from="2017-12")
    assert [(kind, set(rules)) for kind, rules in found(old, overlapping)] == [("contradiction", {"cap", "floor"})]


def test_a_companion_is_as_large_as_what_it_is_of() -> None:
    last = (Last("last_", (BALANCE,)),)
    assert found(rule("falls", relation(f"{BALANCE} <= last_{BALANCE} - 1")), companions=last) == []
    (fault,) = checked(rule("none", relation(f"last_{BALANCE} <= -1"), severity="warning"), companions=last).faults
    assert (fault.kind, fault.rules) == ("contradiction", ("none",))


# --- what can never fail -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "check",
    [
        relation(f"{LENT} <= {LENT} + {BALANCE}"),
        relation(f"{LENT} >= {LENT}"),
        between(LENT, low=-5),
        relation(f"{LENT} > -1"),
        in_set(LENT, [0], When(LENT, "==", 0)),
        relation(f"{OVERDUE} <= 3 * {BALANCE} + 2"),
    ],
)
def test_a_rule_that_can_never_fail_is_found(check: Check) -> None:
    within = rule("within", relation(f"{OVERDUE} <= {BALANCE}"))
    (fault,) = checked(within, rule("idle", check, severity="warning")).faults
    assert (fault.kind, fault.rules[0], fault.fatal) == ("never_fails", "idle", True)


def test_what_implies_it_is_named_and_nothing_else() -> None:
    chain = rule("chain", relation(f"{OVERDUE} <= {BALANCE} <= {LENT}"))
    idle = rule("idle", relation(f"{OVERDUE} <= 2 * {LENT}"), severity="info")
    (fault,) = checked(chain, idle, rule("cap", relation(f"{LENT} <= 50000 * {HOUSEHOLDS}"))).faults
    assert set(fault.rules) == {"idle", "chain", "not_negative"}


def test_a_warning_makes_no_other_rule_idle() -> None:
    same = relation(f"{OVERDUE} <= {BALANCE}")
    assert found(rule("query", same, severity="warning"), rule("error", same)) == [("never_fails", ("query", "error"))]
    assert found(rule("query", same, severity="warning"), rule("other", same, severity="warning")) == []


def test_a_rule_that_counts_only_where_something_is_given_makes_none_idle_elsewhere() -> None:
    last = (Last("last_", (BALANCE,)),)
    by_last = rule("by_last", relation(f"{OVERDUE} <= last_{BALANCE} <= {BALANCE}"))
    within = rule("within", relation(f"{OVERDUE} <= {BALANCE}"))
    # In a first period there is no last value, and only `within` says it.
    assert found(by_last, within, companions=last) == []


def test_a_ratio_makes_none_idle_where_its_denominator_may_be_zero() -> None:
    ratio = rule("ratio", relation(f"{LENT} / {HOUSEHOLDS} <= 1000"))
    assert found(ratio, rule("cap", relation(f"{LENT} <= 1000 * {HOUSEHOLDS}"))) == [("never_fails", ("ratio", "cap"))]
    assert found(ratio, rule("cap", relation(f"{LENT} <= 2000 * {HOUSEHOLDS}"))) == []


def test_a_step_more_can_fail() -> None:
    within = rule("within", relation(f"{OVERDUE} <= {BALANCE}"))
    idle = rule("idle", relation(f"{OVERDUE} < {BALANCE} + 1"), severity="warning")
    assert found(within, idle) == [("never_fails", ("idle", "within"))]
    assert found(within, rule("busy", relation(f"{OVERDUE} < {BALANCE}"), severity="info")) == []


def test_one_idle_check_of_a_rule_is_reported_and_no_error() -> None:
    within = rule("within", relation(f"{OVERDUE} <= {BALANCE}"))
    both = rule("both", relation(f"{OVERDUE} <= 2 * {BALANCE}"), relation(f"{LENT} <= 9 * {HOUSEHOLDS}"))
    (fault,) = checked(within, both).faults
    assert (fault.kind, fault.rules[0], fault.fatal) == ("redundant", "both", False)


def test_what_is_not_linear_is_not_looked_at_and_says_so() -> None:
    before = checked()
    after = checked(rule("odd", relation(f"{LENT} * {BALANCE} <= {OVERDUE} * {OVERDUE}"), unique(LENT)))
    assert (after.checks - before.checks, after.linear - before.linear, after.faults) == (2, 0, ())


# --- plain faults --------------------------------------------------------------------------------------------------


def faults_of(*rules: Rule, **others: Any) -> list[RuleDefect]:
    return [fault for fault in checked(*rules, **others).faults if fault.kind == "fault"]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (rule("r", relation(f"{LENT} <= loan_amuont")), "loan_amuont"),
        (rule("r", not_null("gone")), "gone"),
        (rule("r", between(LENT, 0, when=When("gone", ">", 0))), "gone"),
        (rule("r", unique("county_code", "gone")), "gone"),
        (rule("r", relation(f"last_{LENT} <= {LENT}")), "last_"),
        (rule("r", relation(f"county_code <= {LENT}")), "county_code"),
        (rule("r", between("county_code", 0)), "county_code"),
        (rule("r", between(LENT, 9, 8)), "between 9 and 8"),
        (rule("r", between(LENT, 0, 8), severity="fatal"), "fatal"),
        (rule("r", between(LENT, 0, 8), holds_from="2018-01", holds_until="2018-01"), "never holds"),
        (rule("r", between(LENT, 0, 8), holds_from="2018"), "2018"),
        (rule("r"), "checks nothing"),
        (Rule("r", "info", " ", "a reason", (between(LENT, 0, 8),), "form: f"), "Chinese"),
        (Rule("r", "info", "理由", "", (between(LENT, 0, 8),), "form: f"), "English"),
        (rule("r", between(LENT, 0, 8), source=""), "has source ''"),
        (rule("r", between(LENT, 0, 8), source="law: "), "say law:"),
        (rule("r", between(LENT, 0, 8), source="hearsay: it is so"), "'hearsay: it is so'"),
        (rule("r", between(LENT, 0, 8), source="page: docs/explanation/rules.md"), "page: docs/"),
    ],
)
def test_a_plain_fault_is_named(bad: Rule, says: str) -> None:
    (fault,) = faults_of(bad)
    assert fault.rules == ("r",)
    assert fault.fatal
    assert says in fault.says


def test_one_id_twice_is_a_fault_only_where_both_hold() -> None:
    one = rule("cap", between(LENT, high=10), holds_until="2018-01")
    assert [f.says for f in faults_of(one, rule("cap", between(LENT, high=9)))] == [
        "stands there twice for the same period"
    ]
    assert faults_of(one, rule("cap", between(LENT, high=9), holds_from="2018-01")) == []


def test_an_unknown_code_of_a_coded_column_is_a_fault() -> None:
    delisted = not_null("delisting_year", When("delisting_status", "==", "delistd"))
    (fault,) = faults_of(rule("year", delisted), dataset=OUTCOMES)
    assert "delistd" in fault.says
    (fault,) = faults_of(rule("set", in_set("delisting_status", ["none", "gone"])), dataset=OUTCOMES)
    assert "gone" in fault.says


def test_a_rule_about_peers_is_never_critical() -> None:
    ratio = PeerRatio(LENT, HOUSEHOLDS)
    assert faults_of(rule("far", relation(ratio.relation), severity="warning"), companions=(ratio,)) == []
    (fault,) = faults_of(rule("far", relation(ratio.relation)), companions=(ratio,))
    assert "peers_high, peers_low" in fault.says


# --- the rules of the project --------------------------------------------------------------------------------------


def test_the_projects_own_rules_are_consistent() -> None:
    every = check_all(BOOK)
    assert [one.dataset for one in every] == list(BOOK.datasets)
    assert [fault for one in every for fault in one.faults if fault.fatal] == []
    assert all(one.linear and one.programs for one in every)


# --- the parts -----------------------------------------------------------------------------------------------------

SCHEMA = {"a": pl.Int64(), "b": pl.Int64(), "d": pl.Decimal(18, 2)}


@pytest.mark.parametrize(
    ("source", "smallest"),
    [("a <= b", "1"), ("a <= d", "0.01"), ("2 * a <= 4 * b + 6", "2"), ("3 * d <= a / 2", "0.01")],
)
def test_the_smallest_step_of_a_form(source: str, smallest: str) -> None:
    (link,) = parse(source).links
    assert link.linear
    assert float(step(link.linear, SCHEMA)) == float(smallest)


CHECKS = [
    relation("a <= b"), relation("a < 2 * b <= d"), relation("a == b"), relation("a - d > 1"), between("a", 1, 3),
    between("d", high=2, below=True), in_set("b", [2]), relation("a / b >= 2"), relation("d == a / 3", digits=1),
    relation("3 <= 2 * (a + d) / b <= 4"),
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(CHECKS), st.integers(-5, 5), st.integers(1, 5), st.integers(-500, 500))
@example(between("d", high=2, below=True), 0, 1, 200)
def test_the_demands_of_a_check_say_what_it_says(check: Check, a: int, b: int, hundredths: int) -> None:
    row = {"a": a, "b": b, "d": Decimal(hundredths) / 100}
    piece = linearise(rule("r", check), check, SCHEMA)
    met = all(
        sum(factor * row_value(row, c) for c, factor in form.coefficients.items()) + form.constant >= 0
        for form in piece.demand.forms
    )
    assert piece.complete
    assert met == holds(check, row)


def row_value(row: dict[str, Any], column: str) -> Any:
    return Fraction(row[column])


def holds(check: Check, row: dict[str, Any]) -> bool:
    arguments = check.arguments
    if "relation" in arguments:
        frame = pl.DataFrame([row], SCHEMA)
        return bool(frame.select(parse(arguments["relation"], arguments["digits"]).on(frame.schema)).item())
    value = row[check.columns[0]]
    if "value_set" in arguments:
        return value in arguments["value_set"]
    low, high = arguments["min_value"], arguments["max_value"]
    below = high is None or value < high or (value == high and not arguments["strict_max"])
    return below and (low is None or value >= low)


LINKS = ("a <= b", "b <= c", "c <= a", "a < b", "b < c", "c < a", "a == b + 1", "a + b <= c", "c <= 2", "a >= 3")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(LINKS), min_size=1, max_size=5, unique=True))
def test_what_is_called_impossible_is_and_no_rule_of_a_conflict_can_be_spared(sources: list[str]) -> None:
    schema = {c: pl.Int64() for c in "abc"}
    demands = [linearise(rule(s, relation(s)), relation(s), schema).demand for s in sources]
    frame = pl.DataFrame(list(product(range(-3, 9), repeat=3)), list("abc"), orient="row")
    some = not frame.filter(parse(s).on(schema) for s in sources).is_empty()
    conflict = Solver().conflict(demands)
    # These few links are met by small whole numbers, if by any.
    assert (conflict is None) == some
    for spared in conflict or ():
        assert Solver().possible([d for d in conflict or () if d is not spared])


def test_nothing_demanded_is_possible_and_a_false_constant_is_not() -> None:
    (link,) = parse("a - a >= 1").links
    assert Solver().possible([])
    assert link.linear
    assert not Solver().possible([Demand("never", (link.linear,))])


@pytest.mark.parametrize(
    ("check", "says"),
    [
        (relation("a <= 2 * b", when=When("c", "!=", "none")), "a ≤ 2 × b where c ≠ none"),
        (between("a", 0, 2, below=True), "0 ≤ a < 2"), (between("a", low=0), "a ≥ 0"), (between("a", high=2), "a ≤ 2"),
        (not_null("a", When("b", "is_not_null")), "a is given where b is given"),
        (unique("a", "b"), "(a, b) is unique"), (in_set("a", [0]), "a = 0"),
        (in_set("a", "xy"), "a in {x, y}"),
        (in_set("a", range(20)), "a in {0, 1, 2, 3, 4, 5, 6, 7, ... (20 values)}"),
    ],
)  # fmt: skip
def test_a_check_reads_well(check: Check, says: str) -> None:
    assert said(check) == says
