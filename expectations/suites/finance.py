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
        source="law: 国开办发〔2014〕78号 关于创新发展扶贫小额信贷的指导意见: at most 50000 yuan a household",
    ),
    Rule(
        "loan_unit_slip",
        "warning",
        "户均贷款低于 1000 元,请核对单位(万元)",
        "less than 1000 yuan a household: a slip of 万 divides by 10000",
        (relation("loan_amount_yuan / loan_households >= 1000"),),
        source='page: docs/explanation/rules.md, "Ranges that catch a slip"',
    ),
    Rule(
        "loan_parts",
        "critical",
        "户贷户用户还金额 + 五位一体金额 = 小额信贷投放",
        "the two modes add up to what was lent",
        (relation("household_use_amount_yuan + partnership_amount_yuan == loan_amount_yuan"),),
        source="form: what is lent is lent in one of the two modes",
    ),
    Rule(
        "overdue_within_balance",
        "critical",
        "逾期余额 ≤ 贷款余额",
        "what is overdue is part of what is outstanding",
        (relation("overdue_balance_yuan <= loan_balance_yuan"),),
        source="identity: what is overdue is outstanding",
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
        source="identity: a loan has a borrower and an amount",
    ),
    peer_outlier(LENT_PER_HOUSEHOLD),
)
