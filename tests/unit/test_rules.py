"""The suites: every rule that is built, what it says of itself, and that a suite is the same after JSON."""

from __future__ import annotations

import json
from datetime import date

import great_expectations as gx
import polars as pl
import pytest

from expectations.language.expect_relation import ExpectRelation
from expectations.language.relation import parse
from expectations.language.rules import Rule, When, all_checks, between, in_set, not_null, relation, suite, unique
from expectations.suites import companions_for, ecology, industry, returns, rules_for
from expectations.validation.checkpoint import validate
from tests.builders import BOOK
from warehouse.codebook import Dataset

# The rules to begin with, by dataset.
REFERENCE = {
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
        "income_plausible": "warning",
    },
    "ecology": {"gains_bounds": "critical", "payment_per_person": "warning"},
    "industry": {"linked_bounds": "critical", "photovoltaic_installed": "warning"},
    "finance": {
        "loan_cap": "critical", "loan_unit_slip": "warning", "loan_parts": "critical",
        "overdue_within_balance": "critical", "none_or_both": "critical",
    },
    "funds": {"funds_funnel": "warning", "funds_parts": "critical"},
    "projects": {
        "done_within_task": "warning", "housing_funnel": "critical", "housing_started_within_task": "warning",
    },
    "health": {"insured_within_registered": "critical", "reimbursed_within_cost": "critical"},
    "training": {
        "certified_within_trained": "critical", "persons_within_person_times": "critical", "plan_progress": "info",
        "cost_per_person": "warning", "transferred_within_trained": "info",
    },
    "frontline": {
        "secretaries_within_villages": "info", "members_per_team": "warning", "party_transfer": "critical",
        "posted_within_secretaries": "critical", "posted_share": "warning",
    },
    "support": {"deep_county_norms": "warning", "units_match_summary": "critical", "sums_match_summary": "critical"},
    "support_units": {"unit_once": "critical"},
    "accountability": {"letters": "critical", "grades_sum": "critical"},
    "policy": {"effective_after_issue": "critical", "measure_once": "critical"},
    "motivation": {},
}  # fmt: skip
# What a provincial statistician would miss among them.
JUDGEMENT = {
    "relocation_villages": {"village_dates_kept": "warning", "households_within_persons": "warning"},
    "outcomes": {
        "poor_within_rural": "critical", "poor_villages_carried": "warning", "delisting_stands": "warning",
    },
    "health": {"contracted_within_registered": "critical"},
    "frontline": {"teams_cover_villages": "warning", "rotations_within_due": "warning"},
    "accountability": {"measures_within_assessed": "warning"},
    "policy": {"state_matches_dates": "warning"},
    "motivation": {"activities_have_participants": "warning"},
}  # fmt: skip
# What the article says and the first forms did not ask for.
ARTICLE = {
    "frontline": {"village_leaders_by_level": "critical"},
    "accountability": {"letters_by_level": "critical"},
    "upskilling": {
        "upskilled_within_plan": "info", "upskilling_spent_within_plan": "warning",
        "cost_per_person_upskilled": "warning",
    },
}  # fmt: skip
WITH_PEERS = {"ecology", "finance", "funds", "health", "training", "frontline"}
RULES = [rule for d in BOOK.datasets.values() for rule in rules_for(d, "2018-06")] + [*returns.rules(BOOK, "2018-06")]


def from_the_codebook(form: Dataset) -> dict[str, str]:
    """The rules of every dataset that this one has columns for."""
    numbers = [i for i in form.indicators if i.numeric and i.unit.dtype != "year" and not i.signed]
    found = {
        "not_negative": any(i.unit.unit != "percent" for i in numbers),
        "share_bounds": any(i.unit.unit == "percent" for i in numbers),
        "county_ceiling": any(i.unit.unit != "percent" for i in numbers),
        "year_to_date_never_falls": any(i.kind == "year_to_date" for i in form.indicators),
        "growth_outlier": bool(numbers),
        "level_outlier": bool(numbers),
    }
    graded = dict.fromkeys(("not_negative", "share_bounds", "county_ceiling", "required_present"), "critical")
    found["required_present"] = any(i.required != "false" for i in form.indicators)
    always = {"key_unique": "critical"}
    return always | {rule: graded.get(rule, "warning") for rule, there in found.items() if there}


@pytest.mark.parametrize("dataset", BOOK.datasets)
def test_a_dataset_has_the_rules_that_follow_from_its_definition(dataset: str) -> None:
    found = {rule.rule: rule.severity for rule in rules_for(BOOK.datasets[dataset], "2018-06")}
    assert found.items() >= from_the_codebook(BOOK.datasets[dataset]).items()


@pytest.mark.parametrize("dataset", BOOK.datasets)
def test_a_dataset_has_the_rules_of_the_reference_of_judgement_and_of_the_article(dataset: str) -> None:
    form = BOOK.datasets[dataset]
    found = {rule.rule: rule.severity for rule in rules_for(form, "2018-06")}
    peers = {"peer_outlier": "warning"} if dataset in WITH_PEERS else {}
    own = REFERENCE.get(dataset, {}) | JUDGEMENT.get(dataset, {}) | ARTICLE.get(dataset, {})
    assert found == from_the_codebook(form) | own | peers


def test_none_of_the_reference_is_left_out() -> None:
    """It has 59 lines; six are of every dataset."""
    assert REFERENCE.keys() <= BOOK.datasets.keys()
    assert sum(map(len, REFERENCE.values())) == 53
    assert sum(map(len, JUDGEMENT.values())) == 11


def test_a_return_as_a_whole_has_a_known_county() -> None:
    assert ("known_county", "critical") in [(r.rule, r.severity) for r in returns.rules(BOOK, "2018-06")]


def test_every_rule_says_itself_in_both_languages() -> None:
    for rule in RULES:
        assert rule.checks, rule.rule
        assert rule.severity in {"critical", "warning", "info"}
        assert any("\u4e00" <= sign <= "\u9fff" for sign in rule.reason_zh), rule.rule
        assert rule.reason_en[0].isascii(), rule.rule
        assert rule.source


def test_rule_ids_are_unique_within_a_dataset() -> None:
    for dataset in BOOK.datasets.values():
        names = [rule.rule for rule in rules_for(dataset, "2018-06")]
        assert len(names) == len(set(names))


def test_rules_speak_of_columns_that_are_there() -> None:
    for dataset in BOOK.datasets.values():
        joined = {"receipt", "county_code", "period", "period_end", *dataset.columns}
        companions = companions_for(dataset)
        for rule in rules_for(dataset, "2018-06"):
            for check in rule.checks:
                for column in check.concerned:
                    assert column in joined or any(c.label(column) for c in companions), (rule.rule, column)


def test_a_rule_holds_from_and_until_its_periods() -> None:
    rule = Rule("r", "info", "甲", "a", (not_null("a"),), "form: f", holds_from="2017-06", holds_until="2018-01")
    assert [rule.holds_in(p) for p in ("2017-05", "2017-06", "2017-12", "2018-01")] == [False, True, True, False]


def test_teams_cover_villages_only_since_2018() -> None:
    held = [
        "teams_cover_villages" in {rule.rule for rule in rules_for(BOOK.datasets["frontline"], period)}
        for period in ("2017-12", "2018-03")
    ]
    assert held == [False, True]


# --- what the rules say of a row -----------------------------------------------------------------------------------

DAY, NEXT, END = date(2018, 6, 29), date(2018, 6, 30), date(2018, 7, 1)
CASES = [
    ("ecology.gains_bounds", {"persons_with_gains": 10}, dict.fromkeys(ecology.PROJECTS, 2), True),
    ("ecology.gains_bounds", {"persons_with_gains": 11}, dict.fromkeys(ecology.PROJECTS, 2), False),
    ("ecology.gains_bounds", {"persons_with_gains": 1}, dict.fromkeys(ecology.PROJECTS, 2), False),
    ("ecology.payment_per_person", {"payments_yuan": 20_000, "persons_with_gains": 1}, {}, True),
    ("ecology.payment_per_person", {"payments_yuan": 99, "persons_with_gains": 1}, {}, False),
    ("ecology.payment_per_person", {"payments_yuan": 99, "persons_with_gains": 0}, {}, True),
    ("industry.linked_bounds", {"households_linked": 8}, dict.fromkeys(industry.KINDS, 2), True),
    ("industry.linked_bounds", {"households_linked": 9}, dict.fromkeys(industry.KINDS, 2), False),
    ("industry.linked_bounds", {"households_linked": 8, "registered_households": 7}, {}, False),
    ("funds.funds_funnel", {"fiscal_spent_yuan": 2, "fiscal_received_yuan": 1, "fiscal_allocated_yuan": 3}, {}, False),
    ("projects.done_within_task", {"sea_buckthorn_done_mu": 2, "sea_buckthorn_planned_mu": 1}, {}, False),
    ("health.contracted_within_registered", {"contracted_persons": 5, "registered_persons": 5}, {}, True),
    ("health.contracted_within_registered", {"contracted_persons": 6, "registered_persons": 5}, {}, False),
    ("training.plan_progress", {"trained_persons": 6}, {}, True),
    ("frontline.posted_share", {"first_secretaries_posted": 3, "first_secretaries": 5}, {"in_national_list": 1}, True),
    ("frontline.posted_share", {"first_secretaries_posted": 2, "first_secretaries": 5}, {"in_national_list": 1}, False),
    ("frontline.posted_share", {"first_secretaries_posted": 2, "first_secretaries": 5}, {"in_national_list": 0}, True),
    ("frontline.teams_cover_villages", {"resident_teams": 5, "poor_villages": 5}, {}, True),
    ("frontline.teams_cover_villages", {"resident_teams": 4, "poor_villages": 5}, {}, False),
    ("frontline.rotations_within_due", {"rotations_done": 4, "rotations_due": 3}, {}, False),
    ("frontline.peer_outlier", {"resident_team_members": 9, "resident_teams": 1},
     {"peers_low": 1.0, "peers_high": 8.0}, False),
    ("support.deep_county_norms", {"provincial_units": 6}, {"in_deep_poverty": 1}, False),
    ("support.deep_county_norms", {"provincial_units": 6}, {"in_deep_poverty": 0}, True),
    ("support.deep_county_norms", {"paired_counties": 0}, {"in_deep_poverty": 1}, False),
    ("support.units_match_summary", {"central_units": 1}, {"units_central_units": 2}, False),
    ("support.sums_match_summary", {"aid_projects": 1}, {"units_aid_projects": 2}, False),
    ("accountability.measures_within_assessed", {"penalised": 4, "units_assessed": 3}, {}, False),
    ("policy.state_matches_dates", {"status": "in_force", "effective_on": NEXT}, {"period_end": NEXT}, True),
    ("policy.state_matches_dates", {"status": "in_force", "effective_on": END}, {"period_end": NEXT}, False),
    ("policy.state_matches_dates", {"status": "complete", "effective_on": END}, {"period_end": NEXT}, False),
    ("policy.state_matches_dates", {"status": "issued", "effective_on": END, "issued_on": NEXT},
     {"period_end": NEXT}, True),
    ("policy.state_matches_dates", {"status": "issued", "issued_on": END}, {"period_end": NEXT}, False),
    ("policy.state_matches_dates", {"status": "planned", "issued_on": END}, {"period_end": NEXT}, True),
    ("motivation.activities_have_participants", {"activities": 2, "participants": 2}, {}, True),
    ("motivation.activities_have_participants", {"activities": 2, "participants": 1}, {}, False),
    ("motivation.activities_have_participants", {"activities": 0, "participants": 1}, {}, False),
    ("relocation_villages.households_within_persons", {"households": 4, "persons": 3}, {}, False),
    ("relocation_villages.village_dates_kept", {"started_on": DAY}, {"last_started_on": DAY}, True),
    ("relocation_villages.village_dates_kept", {"started_on": DAY}, {"last_started_on": NEXT}, False),
    ("relocation_villages.village_dates_kept", {"started_on": None}, {"last_started_on": DAY}, False),
    ("relocation_villages.village_dates_kept", {"started_on": DAY}, {"last_started_on": None}, True),
    ("outcomes.poor_within_rural", {"poor_persons_closing": 1, "rural_population": 0}, {}, False),
    ("outcomes.poor_villages_carried", {"poor_villages_opening": 7},
     {"december_poor_villages_opening": 9, "december_poor_villages_exited": 2}, True),
    ("outcomes.poor_villages_carried", {"poor_villages_opening": 8},
     {"december_poor_villages_opening": 9, "december_poor_villages_exited": 2}, False),
    ("outcomes.delisting_stands", {"delisting_status": "verified"}, {"december_delisting_status": "provisional"}, True),
    ("outcomes.delisting_stands", {"delisting_status": "none"}, {"december_delisting_status": "provisional"}, False),
    ("outcomes.delisting_stands", {"delisting_status": "provisional"}, {"december_delisting_status": "verified"},
     False),
    ("outcomes.delisting_stands", {"delisting_status": "none"}, {"december_delisting_status": "none"}, True),
    ("health.growth_outlier", {"insured_persons": 9},
     {"growth_low_insured_persons": 10.0, "growth_high_insured_persons": 20.0}, False),
    ("health.growth_outlier", {"insured_persons": 9},
     {"growth_low_insured_persons": None, "growth_high_insured_persons": 20.0}, True),
    ("health.level_outlier", {"insured_persons": 21},
     {"level_low_insured_persons": 10.0, "level_high_insured_persons": 20.0}, False),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "own", "joined", "holds"), CASES)
def test_a_rule_holds_of_a_row_or_does_not(
    rule: str,
    own: dict[str, object],
    joined: dict[str, object],
    holds: bool,  # noqa: FBT001
) -> None:
    dataset, _, name = rule.partition(".")
    form = BOOK.datasets[dataset]
    (found,) = (r for r in rules_for(form, "2018-06") if r.rule == name)
    columns = dict.fromkeys(column for check in found.checks for column in check.concerned)
    values = dict.fromkeys(columns) | own | joined
    own_types = {c: t for c, t in form.dtypes.items() if c in values}
    frame = pl.DataFrame({c: [v] for c, v in values.items()}, schema_overrides=own_types).with_row_index("row_id")
    asked = [(r, i) for r, i in all_checks([found]) if not frame.select(r.checks[i].not_evaluated(frame.schema)).item()]
    assert (not validate(asked, frame)) is holds


# --- JSON ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", BOOK.datasets)
def test_a_suite_is_the_same_after_json(dataset: str) -> None:
    rules = rules_for(BOOK.datasets[dataset], "2018-06")
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
    rule = Rule("r", "critical", "甲", "a", (relation("a == 100 * b / c", digits=1),), "form: f")
    data = json.loads(json.dumps(suite("s", [rule]).to_json_dict()))
    (again,) = gx.ExpectationSuite(name="s", expectations=data["expectations"]).expectations
    assert isinstance(again, ExpectRelation)
    assert (again.relation, again.digits) == ("a == 100 * b / c", 1)
    assert again.column_list == list(parse("a == 100 * b / c", 1).columns)


# --- what checks say through a Checkpoint --------------------------------------------------------------------------


def failing(rows: dict[str, list[object]], *checks: object) -> dict[int, tuple[int, ...]]:
    """The rows that fail each check, by the check's place."""
    rule = Rule("r", "critical", "甲", "a", checks, "form: f")  # type: ignore[arg-type]
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
    said = [frame.with_columns(said=check.not_evaluated(frame.schema))["said"].to_list() for check in checks]
    assert said == [
        [False, True, True], [True, True, True], [False] * 3, [False, True, False], [False, False, True],
    ]  # fmt: skip
