"""Rules of the relocation summary: 381 villages demolished <= 884 completed <= 2487 started <= 3350 planned."""

from __future__ import annotations

from expectations.companions import Last, Partner, entered_by_period_end, rows
from expectations.language.rules import Rule, relation

VILLAGES = ("villages_planned", "villages_started", "villages_completed", "villages_demolished")
OTHERS = (
    "persons_identified", "persons_housed", "persons_moved_in", "resettlement_sites", "ecological_restoration_mu",
    "persons_employed", "communities_governed", "funds_paid_yuan", "land_reallocated_mu", "houses_demolished",
    "trees_compensated",
)  # fmt: skip

REGISTER = Partner(
    "relocation_villages",
    "register_",
    "搬迁自然村名册",
    "Village register",
    {
        "villages_planned": rows(),
        "villages_started": entered_by_period_end("started_on"),
        "villages_completed": entered_by_period_end("completed_on"),
        "villages_demolished": entered_by_period_end("demolished_on"),
    },
)

COMPANIONS = (Last("last_", VILLAGES + OTHERS), REGISTER)

RULES = (
    Rule(
        "relocation_funnel",
        "critical",
        "拆除复垦村数 ≤ 完成村数 ≤ 启动村数 ≤ 搬迁村数",
        "no more villages are demolished than completed, completed than started, started than planned",
        (relation("villages_demolished <= villages_completed <= villages_started <= villages_planned"),),
        source="article: 381 demolished, 884 completed, 2487 started, 3350 planned",
    ),
    Rule(
        "relocation_never_falls",
        "critical",
        "累计村数不得小于上期",
        "cumulative counts of villages only rise",
        tuple(relation(f"{column} >= last_{column}") for column in VILLAGES),
        source='page: docs/explanation/rules.md, "What only rises"',
    ),
    Rule(
        "people_counts_fall",
        "warning",
        "累计数小于上期,请说明原因",
        "a cumulative figure is below the last one",
        tuple(relation(f"{column} >= last_{column}") for column in OTHERS),
        source='page: docs/explanation/rules.md, "What only rises"',
    ),
    Rule(
        "relocation_matches_register",
        "critical",
        "汇总表的村数应与自然村名册一致",
        "the summary agrees with the village register",
        tuple(relation(f"{column} == register_{column}") for column in VILLAGES),
        source='page: docs/explanation/rules.md, "Two forms of one return"',
    ),
    Rule(
        "people_funnel",
        "critical",
        "入住人数 ≤ 安置住房人数 ≤ 精准识别人数",
        "no more persons moved in than have housing, have housing than are identified",
        (relation("persons_moved_in <= persons_housed <= persons_identified"),),
        source="identity: who moved in has housing, who has housing was identified",
    ),
    Rule(
        "sites_governed",
        "warning",
        "社区治理覆盖安置点不应多于安置点",
        "no more sites are governed than there are",
        (relation("communities_governed <= resettlement_sites"),),
        source='page: docs/explanation/rules.md, "Near certain, yet a query"',
    ),
)
