"""Rules of ecology: five projects, persons with gains counted once over them, payments."""

from __future__ import annotations

from expectations.companions import PeerRatio
from expectations.language.rules import Rule, relation
from expectations.suites.outliers import peer_outlier

PROJECTS = (
    "cropland_to_forest_persons", "afforestation_labour_persons", "forest_guard_persons", "orchard_upgrade_persons",
    "forest_industry_persons",
)  # fmt: skip

PAID_PER_PERSON = PeerRatio("payments_yuan", "persons_with_gains")
COMPANIONS = (PAID_PER_PERSON,)

RULES = (
    Rule(
        "gains_bounds",
        "critical",
        "带动增收人数(去重)不少于任一项目人数,不多于五项之和",
        "persons counted once are no fewer than in any project and no more than in all five together",
        (
            *(relation(f"{project} <= persons_with_gains") for project in PROJECTS),
            relation(f"persons_with_gains <= {' + '.join(PROJECTS)}"),
        ),
        source="identity: a union of sets is no smaller than any of them and no larger than their sum",
    ),
    Rule(
        "payment_per_person",
        "warning",
        "人均兑现资金应在 100 元至 2 万元之间,请核对单位(万元)",
        "between 100 and 20000 yuan are paid to a person: beyond it a unit may have slipped",
        (relation("100 <= payments_yuan / persons_with_gains <= 20000"),),
        source='page: docs/explanation/rules.md, "Ranges that catch a slip"',
    ),
    peer_outlier(PAID_PER_PERSON),
)
