"""Rules of funds: allocated, received, spent, and whose money it is."""

from __future__ import annotations

from expectations.companions import PeerRatio
from expectations.language.rules import Rule, relation
from expectations.suites.outliers import peer_outlier

SPENT_OF_RECEIVED = PeerRatio("fiscal_spent_yuan", "fiscal_received_yuan")
COMPANIONS = (SPENT_OF_RECEIVED,)

RULES = (
    Rule(
        "funds_funnel",
        "warning",
        "支出资金 ≤ 到位资金 ≤ 下达资金",
        "no more is spent than received, received than allocated",
        (relation("fiscal_spent_yuan <= fiscal_received_yuan <= fiscal_allocated_yuan"),),
        source='page: docs/explanation/rules.md, "More than planned"',
    ),
    Rule(
        "funds_parts",
        "critical",
        "中央资金 + 省级资金 = 下达资金",
        "central and provincial funds add up to what is allocated",
        (relation("central_allocated_yuan + provincial_allocated_yuan == fiscal_allocated_yuan"),),
        source="form: what is allocated is central or provincial",
    ),
    peer_outlier(SPENT_OF_RECEIVED),
)
