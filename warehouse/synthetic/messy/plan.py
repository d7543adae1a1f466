"""The plan: each county and period has a clerk with one habit, dealt out by the seed.

Belongs here: who has which habit. Does not belong here: the files that follow from it (`county.py`, `bundles.py`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from warehouse.codebook import load
from warehouse.synthetic.messy.bundles import bundle_letters, without
from warehouse.synthetic.messy.county import Case, county_letters, out_of_its_time
from warehouse.synthetic.messy.habits import CELLS, FORMATS, HEADERS, PLACES, REFUSED, Habit
from warehouse.synthetic.messy.letter import Letter
from warehouse.synthetic.messy.names import is_unique, short_name
from warehouse.synthetic.random_draws import stream
from warehouse.synthetic.records import PERIODS, Return

LEAST = 3  # files of each habit, where there are counties for it
REFUSED_IN = PERIODS[-1]  # what is refused there is missing in no later comparison
READ = (*FORMATS, *HEADERS, *CELLS, *PLACES)


def plan_letters(returns: Sequence[Return], seed: int) -> list[Letter]:
    """Every file of the messy province; each return is in one of them."""
    found: dict[tuple[str, str], list[Return]] = {}
    for one in returns:
        found.setdefault((one.period, one.county_code), []).append(one)
    bundled = bundle_letters(found, seed)
    cases = _cases(without(found, bundled), seed)
    dealt = _deal(cases)
    return [*bundled, *(letter for case in cases for letter in county_letters(case, dealt[case.number]))]


def _cases(found: dict[tuple[str, str], list[Return]], seed: int) -> list[Case]:
    """Counties and periods in an order of chance, numbered."""
    divisions = {d.county_code: d for d in load().divisions}
    places = sorted(found)
    stream(seed, "messy", "cases").shuffle(places)
    return [
        Case(divisions[code], period, tuple(found[period, code]), number)
        for number, (period, code) in enumerate(places)
    ]


def _deal(cases: Sequence[Case]) -> dict[int, Habit]:
    """A habit for each case: first the least of each, a round at a time, the rarest first in each, for a month alone
    has not cases enough for all; then all that can be read in turn.
    """
    fitting = {habit.habit: [case for case in cases if fits(habit, case)] for habit in (*REFUSED, *READ)}
    dealt: dict[int, Habit] = {}
    rarest_first = sorted((*REFUSED, *READ), key=lambda habit: len(fitting[habit.habit]))
    for habit in rarest_first * LEAST:
        free = (case.number for case in fitting[habit.habit] if case.number not in dealt)
        dealt |= dict.fromkeys(islice(free, 1), habit)
    turn = deque(READ)
    for case in cases:
        if case.number not in dealt:
            habit = next(habit for habit in turn if fits(habit, case))
            turn.remove(habit)
            turn.append(habit)
            dealt[case.number] = habit
    return dealt


def fits(habit: Habit, case: Case) -> bool:
    """Whether a county can have a habit in a period; what is refused comes where nothing later looks back at it."""
    given = {found.dataset for found in case.given}
    if habit.outcome == "refused" and (case.period != REFUSED_IN or not given & set(habit.spoils)):
        return False
    return bool(given) and (not habit.needs or MEETS[habit.needs](case))


def _gives(dataset: str) -> Callable[[Case], bool]:
    return lambda case: any(found.dataset == dataset for found in case.given)


def _unique(case: Case) -> bool:
    return is_unique(case.division)


def _renamed(case: Case) -> bool:
    return out_of_its_time(case.division) is not None


def _blank(found: Return) -> bool:
    dataset = load().datasets[found.dataset]
    optional = [i.column for i in dataset.indicators if i.required != "true" and i.unit.dtype != "text"]
    return any(row[column] is None for row in found.rows for column in optional)


MEETS: Mapping[str, Callable[[Case], bool]] = {
    "register": _gives("relocation_villages"),
    "policy": _gives("policy"),
    "outcomes": _gives("outcomes"),
    "unique": _unique,
    "short": lambda case: _unique(case) and short_name(case.division, case.period) is not None,
    "ambiguous": lambda case: not _unique(case),
    "blank": lambda case: any(map(_blank, case.given)),
    "renamed": _renamed,
}
