"""Rules of the outcomes: persons and villages out of poverty, incomes, delisting."""

from __future__ import annotations

from expectations.companions import LastDecember, PeerBounds
from expectations.language.rules import Rule, When, between, in_set, not_null, relation

COMPANIONS = (
    LastDecember(
        "december_",
        (
            "poor_persons_closing",
            "income_per_capita",
            "poor_villages_opening",
            "poor_villages_exited",
            "delisting_status",
        ),
    ),
    PeerBounds("income_growth"),
)

DELISTED = When("delisting_status", "!=", "none")
DECEMBER_STATUS = "december_delisting_status"

RULES = (
    Rule(
        "stock_flow",
        "critical",
        "年初 - 脱贫 + 新增 - 动态减少 = 期末",
        "opening less exited plus added less removed is closing, exact in persons",
        (
            relation(
                "poor_persons_opening - poor_persons_exited + poor_persons_added - poor_persons_removed"
                " == poor_persons_closing"
            ),
        ),
        source="identity: what was there, less what left, plus what came, is what is there",
    ),
    Rule(
        "opening_is_last_closing",
        "critical",
        "年初贫困人口应等于上年末贫困人口",
        "the year opens with what the last December closed with",
        (relation("poor_persons_opening == december_poor_persons_closing"),),
        source="identity: a year opens with what the last one closed with",
    ),
    Rule(
        "headcount_ratio",
        "critical",
        "贫困发生率应等于期末贫困人口除以农村户籍人口",
        "the headcount ratio is closing over rural population, to one decimal",
        (relation("poverty_headcount_ratio == 100 * poor_persons_closing / rural_population", digits=1),),
        source="identity: the ratio is by definition the poor over the rural population",
    ),
    Rule(
        "income_parts",
        "critical",
        "四项收入之和应等于人均可支配收入",
        "wages, business, property and transfers add up to the income",
        (
            relation(
                "income_wages + income_business + income_property + income_transfers == income_per_capita", digits=2
            ),
        ),
        source="identity: disposable income is wages, business, property and transfers",
    ),
    Rule(
        "income_growth",
        "critical",
        "收入同比增长应与本年、上年收入一致",
        "the growth is that of the income over the prior year's, to one decimal",
        (relation("income_growth == 100 * (income_per_capita / income_per_capita_prior_year - 1)", digits=1),),
        source="identity: growth is this year's income over the prior year's",
    ),
    Rule(
        "prior_income_is_last_years",
        "warning",
        "上年收入应等于上年末报送的收入",
        "the prior year's income is the one reported for the last December, to one yuan",
        (relation("income_per_capita_prior_year == december_income_per_capita", digits=0),),
        source='page: docs/explanation/rules.md, "One year opens as the last one closed"',
    ),
    Rule(
        "villages_exited",
        "critical",
        "退出贫困村数 ≤ 年初贫困村数",
        "no more villages exit than were poor",
        (relation("poor_villages_exited <= poor_villages_opening"),),
        source="identity: only what was poor can exit",
    ),
    Rule(
        "deep_within_poor",
        "critical",
        "深度贫困人口 ≤ 期末贫困人口",
        "persons in deep poverty are among the poor",
        (relation("deep_poverty_persons <= poor_persons_closing"),),
        source="identity: deep poverty is poverty",
    ),
    Rule(
        "delisting_conditions",
        "warning",
        "摘帽须有年度,且贫困发生率、错退率、漏评率低于 2%,满意度不低于 90%",
        "a delisted county has its year, poverty, wrong exits and omissions below 2 %, satisfaction from 90 %",
        (
            not_null("delisting_year", DELISTED),
            *(
                check
                for column in ("poverty_headcount_ratio", "wrong_exit_rate", "missed_identification_rate")
                for check in (not_null(column, DELISTED), between(column, high=2, below=True, when=DELISTED))
            ),
            not_null("satisfaction_rate", DELISTED),
            between("satisfaction_rate", low=90, when=DELISTED),
        ),
        source="law: 国开办发〔2017〕56号 贫困县退出专项评估检查实施办法(试行)",
    ),
    Rule(
        "income_plausible",
        "warning",
        "收入增幅与同类县差异过大",
        "the income's growth is far from that of the county's peers (modified z above 3.5)",
        (relation("peers_low <= income_growth <= peers_high"),),
        source='page: docs/explanation/verdicts.md, "Outliers"',
    ),
    Rule(
        "poor_within_rural",
        "critical",
        "期末贫困人口 ≤ 农村户籍人口",
        "the poor are among the rural population",
        (relation("poor_persons_closing <= rural_population"),),
        source="identity: the poor that the form asks for are of the rural population",
    ),
    Rule(
        "poor_villages_carried",
        "warning",
        "年初贫困村数应等于上年初减上年退出",
        "the year opens with the poor villages that the last one left",
        (relation("poor_villages_opening == december_poor_villages_opening - december_poor_villages_exited"),),
        source='page: docs/explanation/rules.md, "One year opens as the last one closed"',
    ),
    Rule(
        "delisting_stands",
        "warning",
        "上年末已摘帽的县不应退回未摘帽,核验后不应退回预计",
        "a county delisted by last December stays so, a verified one verified",
        (
            in_set("delisting_status", ["provisional", "verified"], When(DECEMBER_STATUS, "==", "provisional")),
            in_set("delisting_status", ["verified"], When(DECEMBER_STATUS, "==", "verified")),
        ),
        source='page: docs/explanation/rules.md, "One year opens as the last one closed"',
    ),
)
