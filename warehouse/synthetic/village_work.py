"""The forms `frontline`, `accountability` and `motivation`: people in the villages, duties, attitudes.

Belongs here: their rows by territory. Does not belong here: units from outside (`support.py`).
"""

from __future__ import annotations

from warehouse.synthetic.random_draws import apportion, cover, part, seldom_blank, stream
from warehouse.synthetic.records import Row
from warehouse.synthetic.territory import Province, Territory

POSTS = {  # leaders in charge of villages, resident teams, their members, first secretaries
    "2016-12": (10_240, 11_920, 33_610, 9_395),
    "2017-12": (11_180, 13_310, 37_940, 9_872),
    "2018-06": (11_652, 13_985, 40_180, 10_009),
}
MEMBERS_AT_LEAST = 2  # in every team
LEADERS = {"provincial": 0.03, "prefecture": 0.09, "county": 0.28, "township": 0.60}  # of those in charge of villages
TOWNSHIPS = (3, 7)


def frontline(province: Province, period: str) -> dict[str, Row]:
    """Leaders by level, teams, members and first secretaries at the period's end, and rotations, by territory."""
    weights = province.weigh("frontline", lambda t: t.poor_villages + 1.0 if t.rural_population else 0.0, noise=0.35)
    leaders, teams, members, secretaries = POSTS[period]
    lead = apportion(leaders, weights)
    team = apportion(teams, {c: w * 1.0 for c, w in weights.items()})
    noise = province.draw(f"members {period}", 0.8, 1.2)
    more = apportion(members - MEMBERS_AT_LEAST * teams, {c: team[c] * noise[c] for c in team})
    first = apportion(secretaries, province.weigh("secretaries", lambda t: weights[t.code], noise=0.15))
    return {
        c: _frontline_row(province, t, period, (lead[c], team[c], MEMBERS_AT_LEAST * team[c] + more[c], first[c]))
        for c, t in province.territories.items()
    }


def _frontline_row(province: Province, territory: Territory, period: str, posts: tuple[int, int, int, int]) -> Row:
    rng = stream(province.seed, "frontline", period, territory.code)
    leaders, teams, members, secretaries = posts
    party = part(members, rng.uniform(0.45, 0.62))
    due = part(teams, rng.uniform(0.1, 0.4))
    posted = rng.uniform(0.63, 0.80) if territory.national else rng.uniform(0.25, 0.50)
    return {
        "poor_villages": territory.poor_villages,
        "village_leaders": leaders,
        "resident_teams": teams,
        "resident_team_members": members,
        "party_relation_transferred": part(party, rng.uniform(0.75, 0.97)),
        "party_member_team_members": party,
        "first_secretaries": secretaries,
        "first_secretaries_posted": cover(secretaries, posted),
        "rotations_due": seldom_blank(rng, due),
        "rotations_done": seldom_blank(rng, part(due, rng.uniform(0.7, 1.0))),
        **_by_level(province, territory, period, leaders),
        **_rotated(province, territory, period, secretaries),
    }


def _by_level(province: Province, territory: Territory, period: str, leaders: int) -> Row:
    """Those in charge of villages by their level; provincial ones in poverty counties alone."""
    rng = stream(province.seed, "leaders by level", period, territory.code)
    weights = {level: share * rng.uniform(0.7, 1.3) for level, share in LEADERS.items()}
    weights["provincial"] *= territory.poverty
    return {f"village_leaders_{level}": count for level, count in apportion(leaders, weights).items()}


def _rotated(province: Province, territory: Territory, period: str, secretaries: int) -> Row:
    rng = stream(province.seed, "secretaries rotated", period, territory.code)
    due = part(secretaries, rng.uniform(0.1, 0.4))
    done = part(due, rng.uniform(0.7, 1.0))
    return {"secretary_rotations_due": seldom_blank(rng, due), "secretary_rotations_done": seldom_blank(rng, done)}


def accountability(province: Province, period: str) -> dict[str, Row]:
    """Responsibility letters, meetings, inspections, assessments and grades, by territory."""
    return {c: _accountability_row(province, t, period) for c, t in province.territories.items()}


def _accountability_row(province: Province, territory: Territory, period: str) -> Row:
    rng = stream(province.seed, "accountability", period, territory.code)
    required = territory.poor_villages + rng.randint(12, 40)
    assessed = rng.randint(30, 90)
    grades = apportion(assessed, {g: w * rng.uniform(0.8, 1.2) for g, w in zip("abcd", (25, 55, 16, 4), strict=True)})
    return {
        "letters_required": required,
        "letters_signed": required - rng.choice((0, 0, 0, 1, 2)),
        "reports_to_committee": rng.randint(1, 4),
        "leading_group_meetings": rng.randint(3, 14),
        "inspections": rng.randint(6, 48),
        "units_assessed": assessed,
        "graded_excellent": grades["a"],
        "graded_good": grades["b"],
        "graded_fair": grades["c"],
        "graded_poor": grades["d"],
        "rewarded": seldom_blank(rng, rng.randint(0, 12)),
        "penalised": rng.randint(0, 5),
        **_assessments(province, territory, period),
        **_secretaries(province, territory, period),
    }


def _assessments(province: Province, territory: Territory, period: str) -> Row:
    """Who from outside was assessed; where a county is on no list, hardly anybody is."""
    rng = stream(province.seed, "assessments", period, territory.code)
    given = {
        "provincial_unit_assessments": 3 if territory.deep else int(territory.national),
        "prefecture_official_assessments": rng.randint(2, 30) if territory.poverty else rng.randint(0, 5),
        "brigade_leader_assessments": int(territory.poverty),
    }
    return {column: seldom_blank(rng, count) for column, count in given.items()}


def _secretaries(province: Province, territory: Territory, period: str) -> Row:
    """The secretaries of five levels: letters that they signed, and how many are in contact with county or village."""
    rng = stream(province.seed, "secretaries by level", period, territory.code)
    townships, villages = rng.randint(*TOWNSHIPS), territory.poor_villages
    levels = ("provincial", "prefecture", "county", "township", "village")
    letters = (int(territory.poverty), 1, 1, townships, villages)
    contacts = (int(territory.deep), int(territory.poverty), 1, townships, part(villages, rng.uniform(0.9, 1.0)))
    return {
        f"{what}_{level}": seldom_blank(rng, count)
        for what, counts in (("letters_signed", letters), ("secretaries_in_contact", contacts))
        for level, count in zip(levels, counts, strict=True)
    }


def motivation(province: Province, period: str) -> dict[str, Row]:
    """Activities, participants and households by attitude, by territory of a poverty county."""
    return {c: _motivation_row(province, t, period) for c, t in province.territories.items() if t.poverty}


def _motivation_row(province: Province, territory: Territory, period: str) -> Row:
    rng = stream(province.seed, "motivation", period, territory.code)
    activities = rng.randint(20, 160)
    shares = {"unwilling_households": 0.012, "unskilled_households": 0.05, "unable_households": 0.03}
    return {
        "activities": activities,
        "participants": part(activities, rng.uniform(40, 130)),
        **{
            column: seldom_blank(rng, part(territory.registered_households, share * rng.uniform(0.6, 1.4)))
            for column, share in shares.items()
        },
    }
