"""Rules of health: the insured and contracted among the registered, and hospital costs."""

from __future__ import annotations

from expectations.companions import PeerRatio
from expectations.language.rules import Rule, relation
from expectations.suites.outliers import peer_outlier

REIMBURSED_OF_COST = PeerRatio("reimbursed_yuan", "medical_cost_yuan")
COMPANIONS = (REIMBURSED_OF_COST,)

RULES = (
    Rule(
        "insured_within_registered",
        "critical",
        "参保贫困人口 ≤ 建档立卡人口",
        "the insured are among the registered",
        (relation("insured_persons <= registered_persons"),),
        source="identity: the insured of the form are registered poor persons",
    ),
    Rule(
        "contracted_within_registered",
        "critical",
        "签约服务人数 ≤ 建档立卡人口",
        "those with a contracted doctor are among the registered",
        (relation("contracted_persons <= registered_persons"),),
        source="form: it asks for registered poor persons only",
    ),
    Rule(
        "reimbursed_within_cost",
        "critical",
        "报销金额 ≤ 住院总费用",
        "no more is reimbursed than the stays cost",
        (relation("reimbursed_yuan <= medical_cost_yuan"),),
        source="identity: what is reimbursed is a part of the cost",
    ),
    peer_outlier(REIMBURSED_OF_COST),
)
