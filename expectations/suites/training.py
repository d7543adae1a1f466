"""Rules of training: persons, person-times, certificates and money. Persons and person-times never meet in a sum."""

from __future__ import annotations

from expectations.companions import PeerRatio
from expectations.language.rules import Rule, relation
from expectations.suites.outliers import peer_outlier

COST_PER_PERSON = PeerRatio("training_funds_yuan", "trained_persons")
COMPANIONS = (COST_PER_PERSON,)

RULES = (
    Rule(
        "certified_within_trained",
        "critical",
        "取得证书人数 ≤ 培训人数",
        "those certified are among those trained",
        (relation("certified_persons <= trained_persons"),),
        source="identity: who is certified was trained",
    ),
    Rule(
        "persons_within_person_times",
        "critical",
        "培训人数 ≤ 培训人次",
        "each person trained is trained at least once",
        (relation("trained_persons <= trained_person_times"),),
        source="identity: who is trained is trained at least once",
    ),
    Rule(
        "plan_progress",
        "info",
        "培训人数超过计划",
        "more persons are trained than planned",
        (relation("trained_persons <= planned_persons"),),
        source='page: docs/explanation/rules.md, "More than planned"',
    ),
    Rule(
        "cost_per_person",
        "warning",
        "人均培训资金应在 200 元至 2 万元之间,请核对单位(万元)",
        "between 200 and 20000 yuan are spent on a person trained: beyond it a unit may have slipped",
        (relation("200 <= training_funds_yuan / trained_persons <= 20000"),),
        source='page: docs/explanation/rules.md, "Ranges that catch a slip"',
    ),
    Rule(
        "transferred_within_trained",
        "info",
        "转移就业人数超过培训人数",
        "more persons are placed in jobs than trained",
        (relation("transferred_persons <= trained_persons"),),
        source="article: 90000 placed, 72000 trained: more is no error",
    ),
    peer_outlier(COST_PER_PERSON),
)
