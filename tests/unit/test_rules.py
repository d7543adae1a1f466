"""The suites: every rule that is built, what it says of itself, and that a suite is the same after JSON."""

from __future__ import annotations

import json

import great_expectations as gx
import polars as pl
import pytest

from expectations.checkpoint import validate
from expectations.expect_relation import ExpectRelation
from expectations.relation import parse
from expectations.rules import Rule, When, all_checks, between, in_set, not_null, relation, suite, unique
from expectations.suites import companions_for, returns, rules_for
from tests.builders import BOOK

EVERY = {"key_unique": "critical", "required_present": "critical", "not_negative": "critical"}
SHARES = {"share_bounds": "critical"}
YEAR = {"year_to_date_never_falls": "warning"}
# reference/rules.csv, of the datasets whose suites are built.
OWN = {
    "relocation": {
        "relocation_funnel": "critical", "relocation_never_falls": "critical", "people_counts_fall": "warning",
        "relocation_matches_register": "critical", "people_funnel": "critical", "sites_governed": "warning",
    },
    "relocation_villages": {
        "village_unique": "critical", "dates_in_order": "critical", "reclaimed_needs_demolished": "critical",
    },
    "outcomes": {
        "stock_flow": "critical", "opening_is_last_closing": "critical", "headcount_ratio": "critical",
        "income_parts": "critical", "income_growth": "critical", "prior_income_is_last_years": "warning",
        "villages_exited": "critical", "deep_within_poor": "critical", "delisting_conditions": "warning",
        "income_plausible": "warning", **SHARES, **YEAR,
    },
    "finance": {
        "loan_cap": "critical", "loan_unit_slip": "warning", "loan_parts": "critical",
        "overdue_within_balance": "critical", "none_or_both": "critical", **YEAR,
    },
}  # fmt: skip
RULES = [rule for d in BOOK.datasets.values() for rule in rules_for(d, "2017-12")] + [*returns.rules(BOOK, "2017-12")]


@pytest.mark.parametrize("dataset", OWN)
def test_a_built_dataset_has_the_rules_of_the_reference(dataset: str) -> None:
    found = {rule.rule: rule.severity for rule in rules_for(BOOK.datasets[dataset], "2017-12")}
    assert found == EVERY | OWN[dataset]


@pytest.mark.parametrize("dataset", BOOK.datasets)
def test_every_dataset_has_the_rules_that_follow_from_the_codebook(dataset: str) -> None:
    form = BOOK.datasets[dataset]
    found = {rule.rule for rule in rules_for(form, "2017-12")}
    assert {"key_unique", "required_present"} <= found
    assert ("year_to_date_never_falls" in found) == any(i.kind == "year_to_date" for i in form.indicators)
    assert ("share_bounds" in found) == any(i.unit.unit == "percent" and not i.signed for i in form.indicators)


def test_a_return_as_a_whole_has_a_known_county() -> None:
    assert [(r.rule, r.severity) for r in returns.rules(BOOK, "2018-06")] == [("known_county", "critical")]


def test_every_rule_says_itself_in_both_languages() -> None:
    for rule in RULES:
        assert rule.checks, rule.rule
        assert rule.severity in {"critical", "warning", "info"}
        assert any("\u4e00" <= sign <= "\u9fff" for sign in rule.reason_zh), rule.rule
        assert rule.reason_en[0].isascii(), rule.rule
        assert rule.source


def test_rule_ids_are_unique_within_a_dataset() -> None:
    for dataset in BOOK.datasets.values():
        names = [rule.rule for rule in rules_for(dataset, "2017-12")]
        assert len(names) == len(set(names))


def test_rules_speak_of_columns_that_are_there() -> None:
    for dataset in BOOK.datasets.values():
        joined = {"submission", "county_code", "period", "period_end", *dataset.columns}
        companions = companions_for(dataset)
        for rule in rules_for(dataset, "2017-12"):
            for check in rule.checks:
                for column in check.concerned:
                    assert column in joined or any(c.label(column) for c in companions), (rule.rule, column)


def test_a_rule_holds_from_and_until_its_periods() -> None:
    rule = Rule("r", "info", "甲", "a", (not_null("a"),), holds_from="2017-06", holds_until="2018-01")
    assert [rule.holds_in(p) for p in ("2017-05", "2017-06", "2017-12", "2018-01")] == [False, True, True, False]


# --- JSON ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", OWN)
def test_a_suite_is_the_same_after_json(dataset: str) -> None:
    rules = rules_for(BOOK.datasets[dataset], "2017-12")
    made = suite(dataset, rules)
    data = json.loads(json.dumps(made.to_json_dict()))
    again = gx.ExpectationSuite(
        name=data["name"], expectations=data["expectations"], meta=data["meta"], id=data.get("id")
    )
    assert again.to_json_dict() == made.to_json_dict()
    metas = [e.meta for e in again.expectations]
    wanted = [{**rule.meta, "check": place} for rule, place in all_checks(rules)]
    assert metas == wanted
    assert [e.severity for e in again.expectations] == [rule.severity for rule, _ in all_checks(rules)]


def test_a_relation_is_a_relation_after_json() -> None:
    rule = Rule("r", "critical", "甲", "a", (relation("a == 100 * b / c", digits=1),))
    data = json.loads(json.dumps(suite("s", [rule]).to_json_dict()))
    (again,) = gx.ExpectationSuite(name="s", expectations=data["expectations"]).expectations
    assert isinstance(again, ExpectRelation)
    assert (again.relation, again.digits) == ("a == 100 * b / c", 1)
    assert again.column_list == list(parse("a == 100 * b / c", 1).columns)


# --- what checks say through a Checkpoint --------------------------------------------------------------------------


def failing(rows: dict[str, list[object]], *checks: object) -> dict[int, tuple[int, ...]]:
    """The rows that fail each check, by the check's place."""
    rule = Rule("r", "critical", "甲", "a", checks)  # type: ignore[arg-type]
    frame = pl.DataFrame(rows).with_row_index("row_id")
    return {rule.checks.index(f.check): f.row_ids for f in validate(all_checks([rule]), frame)}


def test_the_checkpoint_says_which_rows_fail_which_check() -> None:
    rows = {"a": [1, 2, None, -4], "b": [1, 1, 1, 1], "c": ["x", "y", "x", None], "k": ["1", "1", "2", "3"]}
    found = failing(
        rows, not_null("a"), between("a", low=0, high=1), relation("a <= b"), in_set("c", ["x"]), unique("k", "b"),
        not_null("c", When("a", "is_not_null")), relation("a >= b"),
    )  # fmt: skip
    assert found == {0: (2,), 1: (1, 3), 2: (1,), 3: (1,), 4: (0, 1), 5: (3,), 6: (3,)}


@pytest.mark.parametrize(
    ("sign", "value", "concerned"),
    [("==", 1, (0,)), ("!=", 1, (1,)), (">", 1, (1,)), ("is_null", None, (2,)), ("is_not_null", None, (0, 1))],
)
def test_a_condition_means_the_same_to_great_expectations_and_to_us(sign, value, concerned) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    when = When("w", sign, value)
    rows = {"w": [1, 2, None], "v": [None, None, None]}
    frame = pl.DataFrame(rows, {"w": pl.Int64, "v": pl.Int64})
    applies = tuple(i for i, said in enumerate(frame.select(when.expr()).to_series()) if said)
    assert applies == concerned
    assert failing(frame.to_dict(as_series=False), not_null("v", when)) == {0: concerned}


def test_nothing_asked_is_nothing_failed() -> None:
    assert validate([], pl.DataFrame({"row_id": [0]})) == []


def test_what_passes_gives_no_failure() -> None:
    assert failing({"a": [1, 2]}, between("a", low=0), not_null("a")) == {}


@pytest.mark.parametrize(
    ("check", "zh", "en"),
    [
        (not_null("a"), "填写此项", "a value"),
        (between("a", low=0, high=100), "≥ 0 且 ≤ 100", "≥ 0 and ≤ 100"),
        (between("a", high=2, below=True), "< 2", "< 2"),
        (in_set("a", [0, 1]), "0, 1", "0, 1"),
        (unique("a", "b"), "只出现一次", "once"),
    ],
)
def test_what_is_wanted_is_said_in_both_languages(check, zh: str, en: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    assert check.wanted == (zh, en)


def test_what_is_not_evaluated_neither_passes_nor_fails() -> None:
    frame = pl.DataFrame({"a": [1, None, 3], "b": [0, 0, None]}, {"a": pl.Int64, "b": pl.Int64})
    where = not_null("a", When("b", "==", 0))
    checks = (relation("a <= b"), relation("a / b >= 1"), not_null("a"), between("a", 0), where)
    said = [frame.with_columns(said=check.not_evaluated())["said"].to_list() for check in checks]
    assert said == [
        [False, True, True], [True, True, True], [False] * 3, [False, True, False], [False, False, True],
    ]  # fmt: skip
