"""Rules as formulas of a spreadsheet: which checks become limits, and what these say."""

from __future__ import annotations

import pytest

from expectations.analysis.input_limits import Cells, Formula, form_of, limits_of
from expectations.language.rules import Check, Rule, Severity, When, between, in_set, not_null, relation, unique
from expectations.suites import rules_for
from tests.builders import BOOK, TIANZHEN, YANGGAO
from warehouse.intake.template import Form, Limit, select_template

JUNE = "2018-06"
DELISTED = 'AND({delisting_status}<>"",{delisting_status}<>"未摘帽")'


def form(dataset: str, county: str = TIANZHEN, period: str = JUNE) -> Form:
    return form_of(BOOK, select_template(BOOK, county, period), BOOK.datasets[dataset])


def limits(dataset: str, check: Check, severity: Severity = "critical", **known: int) -> list[Limit]:
    rule = Rule("some_rule", severity, "规则", "a rule", (check,), "form: of a test")
    return list(limits_of(rule, check, Cells(BOOK, BOOK.datasets[dataset], known)))


def wrong(dataset: str, check: Check, **known: int) -> str:
    (limit,) = limits(dataset, check, **known)
    return limit.wrong


def test_a_chain_is_a_limit_a_link_each_looked_at_only_where_the_whole_chain_is_filled() -> None:
    found = limits("relocation", relation("villages_completed <= villages_started <= villages_planned"))
    filled = "COUNT({villages_completed},{villages_started},{villages_planned})=3"
    assert found == [
        Limit(
            "critical",
            ("villages_completed", "villages_started"),
            f"IF({filled},ROUND({{villages_completed}}-{{villages_started}},6)>0,FALSE)",
        ),
        Limit(
            "critical",
            ("villages_started", "villages_planned"),
            f"IF({filled},ROUND({{villages_started}}-{{villages_planned}},6)>0,FALSE)",
        ),
    ]


def test_money_is_compared_in_its_base_unit_and_rounded_to_it() -> None:
    assert wrong("finance", relation("loan_amount_yuan <= 50000 * loan_households")) == (
        "IF(COUNT({loan_amount_yuan},{loan_households})=2,"
        "ROUND(ROUND({loan_amount_yuan}*10000,0)-50000*{loan_households},6)>0,FALSE)"
    )


def test_nothing_is_divided_by_zero() -> None:
    assert wrong("finance", relation("loan_amount_yuan / loan_households >= 1000")) == (
        "IF(AND(COUNT({loan_amount_yuan},{loan_households})=2,{loan_households}<>0),"
        "ROUND((ROUND({loan_amount_yuan}*10000,0)/{loan_households})-1000,6)<0,FALSE)"
    )


def test_equal_to_a_digit_is_within_half_a_unit_of_it() -> None:
    ratio = relation("poverty_headcount_ratio == 100 * poor_persons_closing / rural_population", digits=1)
    assert wrong("outcomes", ratio).endswith(
        "ROUND(ABS({poverty_headcount_ratio}-(100*{poor_persons_closing}/{rural_population}))-0.05,6)>0,FALSE)"
    )


@pytest.mark.parametrize(("sign", "is_wrong"), [("<=", ">0"), (">=", "<0"), ("<", ">=0"), (">", "<=0"), ("==", "<>0")])
def test_each_sign_has_its_opposite(sign: str, is_wrong: str) -> None:
    assert f"6){is_wrong}," in wrong("health", relation(f"insured_persons {sign} registered_persons"))


def test_numbers_are_written_as_a_spreadsheet_reads_them() -> None:
    assert "0.6*{registered_persons}" in wrong("health", relation("insured_persons <= 0.6 * registered_persons"))
    assert (Formula("a") - -Formula("b")).text == "(a-(-b))"


@pytest.mark.parametrize(
    ("check", "formula"),
    [
        (
            between("satisfaction_rate", low=90, when=When("delisting_status", "!=", "none")),
            f"IF(AND({DELISTED},ISNUMBER({{satisfaction_rate}})),OR({{satisfaction_rate}}<90),FALSE)",
        ),
        (
            between("wrong_exit_rate", high=2, below=True),
            "IF(ISNUMBER({wrong_exit_rate}),OR({wrong_exit_rate}>=2),FALSE)",
        ),
        (
            not_null("delisting_year", When("delisting_status", "==", "verified")),
            'IF({delisting_status}="已摘帽",{delisting_year}="",FALSE)',
        ),
        (
            not_null("delisting_year", When("satisfaction_rate", "is_null")),
            'IF({satisfaction_rate}="",{delisting_year}="",FALSE)',
        ),
        (
            in_set("delisting_status", ["none", "verified"]),
            'IF({delisting_status}<>"",NOT(OR({delisting_status}="未摘帽",{delisting_status}="已摘帽")),FALSE)',
        ),
    ],
)
def test_the_checks_of_great_expectations_have_formulas_too(check: Check, formula: str) -> None:
    assert wrong("outcomes", check) == formula


def test_a_set_of_money_is_in_yuan_and_a_condition_on_a_number_is_false_for_a_blank() -> None:
    assert wrong("finance", in_set("loan_amount_yuan", [0], When("loan_households", "==", 0))) == (
        'IF(AND(AND(ISNUMBER({loan_households}),{loan_households}=0),{loan_amount_yuan}<>""),'
        "NOT(OR(ROUND({loan_amount_yuan}*10000,0)=0)),FALSE)"
    )


def test_a_key_is_counted_over_the_whole_column() -> None:
    one = wrong("relocation_villages", unique("receipt", "county_code", "period", "village_code"))
    assert one == 'IF({village_code}<>"",SUMPRODUCT(--({village_code.all}={village_code}))>1,FALSE)'
    two = wrong("support_units", unique("receipt", "county_code", "period", "unit_level", "unit_name"))
    assert "SUMPRODUCT(({unit_level.all}={unit_level})*({unit_name.all}={unit_name}))>1" in two


def test_what_looks_at_other_returns_or_only_counts_is_no_limit() -> None:
    assert limits("relocation", relation("villages_planned >= last_villages_planned")) == []
    assert limits("relocation", not_null("villages_planned", When("last_villages_planned", "is_not_null"))) == []
    assert limits("health", relation("insured_persons <= registered_persons"), "info") == []


def test_the_end_of_the_period_is_known() -> None:
    ends = [limit.wrong for limit in form("relocation_villages").limits if "DATE" in limit.wrong]
    assert ends == [
        f"IF(COUNT({{{column}}})=1,ROUND({{{column}}}-DATE(2018,6,30),6)>0,FALSE)"
        for column in ("started_on", "completed_on", "demolished_on")
    ]


def test_norms_of_deep_poverty_counties_are_for_those_alone() -> None:
    norm = between("provincial_units", 3, 5, when=When("in_deep_poverty", "==", 1))
    assert wrong("support", norm, in_deep_poverty=1) == (
        "IF(ISNUMBER({provincial_units}),OR({provincial_units}<3,{provincial_units}>5),FALSE)"
    )
    assert limits("support", norm, in_deep_poverty=0) == []
    assert "deep_county_norms" in [told.rule for told in form("support", TIANZHEN).told]
    assert "deep_county_norms" not in [told.rule for told in form("support", YANGGAO).told]


def test_each_rule_is_told_once_with_when_it_is_looked_at() -> None:
    told = {one.rule: one for one in form("relocation").told}
    assert told.keys() == {r.rule for r in rules_for(BOOK.datasets["relocation"], JUNE)} - {"key_unique"}
    assert (told["relocation_funnel"].seen, told["relocation_never_falls"].seen) == ("typed", "sent")
    assert told["not_negative"].general
    assert not told["relocation_funnel"].general
    assert told["relocation_matches_register"].columns == (
        "villages_planned", "villages_started", "villages_completed", "villages_demolished",
    )  # fmt: skip
    assert "register_never_shrinks" in [one.rule for one in form("relocation_villages").told]


def test_a_rule_holds_from_its_period_on() -> None:
    assert "teams_cover_villages" in [one.rule for one in form("frontline").told]
    assert "teams_cover_villages" not in [one.rule for one in form("frontline", period="2017-12").told]


def test_every_limit_names_columns_of_its_form() -> None:
    for county in (TIANZHEN, YANGGAO):
        wanted = select_template(BOOK, county, JUNE)
        for dataset in wanted.datasets:
            for limit in form_of(BOOK, wanted, dataset).limits:
                assert set(limit.columns) <= set(dataset.columns)
                assert limit.columns
