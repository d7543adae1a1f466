"""Rules of microcredit and relending."""

from __future__ import annotations

from expectations.companions import PeerRatio
from expectations.language.rules import Rule, When, in_set, relation
from expectations.suites.outliers import peer_outlier

LENT_PER_HOUSEHOLD = PeerRatio("loan_amount_yuan", "loan_households")
COMPANIONS = (LENT_PER_HOUSEHOLD,)

RULES = (
    Rule(
        "loan_cap",
        "critical",
        "户均贷款不得超过 5 万元",
        "at most 50000 yuan are lent to a household",
        (relation("loan_amount_yuan <= 50000 * loan_households"),),
        source="microcredit policy: 50000 yuan a household; province average 47544",
    ),
    Rule(
        "loan_unit_slip",
        "warning",
        "户均贷款低于 1000 元,请核对单位(万元)",
        "less than 1000 yuan a household: a slip of 万 divides by 10000",
        (relation("loan_amount_yuan / loan_households >= 1000"),),
    ),
    Rule(
        "loan_parts",
        "critical",
        "户贷户用户还金额 + 五位一体金额 = 小额信贷投放",
        "the two modes add up to what was lent",
        (relation("household_use_amount_yuan + partnership_amount_yuan == loan_amount_yuan"),),
    ),
    Rule(
        "overdue_within_balance",
        "critical",
        "逾期余额 ≤ 贷款余额",
        "what is overdue is part of what is outstanding",
        (relation("overdue_balance_yuan <= loan_balance_yuan"),),
    ),
    Rule(
        "none_or_both",
        "critical",
        "没有贷款户就没有贷款额,反之亦然",
        "there are no borrowers exactly when nothing is lent",
        (
            in_set("loan_amount_yuan", [0], When("loan_households", "==", 0)),
            in_set("loan_households", [0], When("loan_amount_yuan", "==", 0)),
        ),
    ),
    peer_outlier(LENT_PER_HOUSEHOLD),
)
