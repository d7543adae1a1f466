"""Rules of the support summary: what is due to a deep-poverty county, and agreement with the list of units.

Where the two disagree the summary is quarantined; the list stays.
"""

from __future__ import annotations

from expectations.companions import Membership, Partner, counted, summed
from expectations.language.rules import Rule, When, between, in_set, relation

DEEP = Membership("deep_poverty")
IN_DEEP = When(DEEP.flag, "==", 1)
COUNTED = {
    "central_units": "central",
    "provincial_units": "provincial",
    "partner_universities": "university",
    "paired_counties": "paired_county",
}
SUMMED = ("posted_officials", "funds_attracted_yuan", "aid_projects", "aid_beneficiaries")
UNITS = Partner(
    "support_units",
    "units_",
    "帮扶单位名册",
    "Supporting units",
    {column: counted("unit_level", level) for column, level in COUNTED.items()}
    | {column: summed(column) for column in SUMMED},
)
COMPANIONS = (DEEP, UNITS)

RULES = (
    Rule(
        "deep_county_norms",
        "warning",
        "深度贫困县应有 1 名省级领导、3 至 5 个省直单位、专业人才和金融骨干各至少 1 人、1 所高校、至少 1 个结对县",
        "a deep-poverty county has one leader, three to five units, a technical and a financial expert, one university"
        " and a paired county",
        (
            in_set("provincial_leaders", [1], IN_DEEP),
            between("provincial_units", 3, 5, when=IN_DEEP),
            between("technical_experts", low=1, when=IN_DEEP),
            between("financial_experts", low=1, when=IN_DEEP),
            in_set("partner_universities", [1], IN_DEEP),
            between("paired_counties", low=1, when=IN_DEEP),
        ),
        source="article: 1 leader, 3 to 5 units, 1 technical and 1 financial expert in each deep-poverty county",
    ),
    Rule(
        "units_match_summary",
        "critical",
        "汇总表的单位数应与帮扶单位名册一致",
        "the summary counts the units of each level as the list has them",
        tuple(relation(f"{column} == units_{column}") for column in COUNTED),
        source='page: docs/explanation/rules.md, "Two forms of one return"',
    ),
    Rule(
        "sums_match_summary",
        "critical",
        "汇总表的干部、资金、项目、受益人口应与帮扶单位名册之和一致",
        "the summary's officials, money, projects and beneficiaries are the sums over the list",
        tuple(relation(f"{column} == units_{column}") for column in SUMMED),
        source='page: docs/explanation/rules.md, "Two forms of one return"',
    ),
)
