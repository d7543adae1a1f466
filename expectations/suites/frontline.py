"""Rules of the frontline: resident teams, their party members, first secretaries."""

from __future__ import annotations

from expectations.companions import Membership, PeerRatio
from expectations.language.rules import Rule, When, relation
from expectations.suites.outliers import peer_outlier

NATIONAL = Membership("national_list")
MEMBERS_PER_TEAM = PeerRatio("resident_team_members", "resident_teams")
COMPANIONS = (NATIONAL, MEMBERS_PER_TEAM)
LEVELS = " + ".join(f"village_leaders_{level}" for level in ("provincial", "prefecture", "county", "township"))

RULES = (
    Rule(
        "secretaries_within_villages",
        "info",
        "第一书记多于贫困村",
        "there are more first secretaries than poor villages",
        (relation("first_secretaries <= poor_villages"),),
        source="article: 10009 first secretaries were published; more than the poor villages is no error",
    ),
    Rule(
        "members_per_team",
        "warning",
        "每支驻村工作队不应少于 2 人",
        "a resident team has at least two members",
        (relation("resident_team_members >= 2 * resident_teams"),),
        source='page: docs/explanation/rules.md, "Ranges that catch a slip"',
    ),
    Rule(
        "party_transfer",
        "critical",
        "组织关系转入党员 ≤ 党员队员 ≤ 工作队员",
        "members whose party relation was transferred are party members, and those are members",
        (relation("party_relation_transferred <= party_member_team_members <= resident_team_members"),),
        source="identity: each group is a part of the next",
    ),
    Rule(
        "posted_within_secretaries",
        "critical",
        "省市派驻第一书记 ≤ 第一书记",
        "those posted by province or prefecture are among the first secretaries",
        (relation("first_secretaries_posted <= first_secretaries"),),
        source="identity: first secretaries who were posted are first secretaries",
    ),
    Rule(
        "posted_share",
        "warning",
        "国定贫困县省市派驻第一书记不应低于 60%",
        "in national-list counties at least 60 % of the first secretaries are posted by province or prefecture",
        (relation("100 * first_secretaries_posted >= 60 * first_secretaries", when=When(NATIONAL.flag, "==", 1)),),
        source="article: at least 60 % of the first secretaries of national-list counties",
    ),
    Rule(
        "teams_cover_villages",
        "warning",
        "驻村工作队少于贫困村:每个贫困村应有一支",
        "there are fewer resident teams than poor villages: each has one",
        (relation("resident_teams >= poor_villages"),),
        source="law: 国开办发〔2014〕30号 建立精准扶贫工作机制实施方案: each poor village has a resident team",
        holds_from="2018-01",
    ),
    Rule(
        "rotations_within_due",
        "warning",
        "已轮换 ≤ 应轮换",
        "no more teams, or first secretaries, are rotated than are due",
        (relation("rotations_done <= rotations_due"), relation("secretary_rotations_done <= secretary_rotations_due")),
        source='page: docs/explanation/rules.md, "More than planned"',
    ),
    Rule(
        "village_leaders_by_level",
        "critical",
        "省级 + 市级 + 县级 + 乡级包村领导 = 包村领导",
        "the leaders in charge of villages of the four levels add up to all of them",
        (relation(f"{LEVELS} == village_leaders"),),
        source="identity: each leader in charge of villages is of one level",
    ),
    peer_outlier(MEMBERS_PER_TEAM),
)
