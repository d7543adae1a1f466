"""One county's files of one period: those that its clerk's habit colours or spoils, the rest as the template has it.

Belongs here: which returns go into which file, under which name. Does not belong here: who has which habit (`plan.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from warehouse.codebook import Division, load
from warehouse.synthetic.layout import COVER
from warehouse.synthetic.messy.cover import CODE_CELL, NAME_CELL, Claim, claim_of
from warehouse.synthetic.messy.habits import PLAIN, Habit
from warehouse.synthetic.messy.letter import Letter
from warehouse.synthetic.messy.names import file_stem, is_unique
from warehouse.synthetic.messy.style import Format, Style
from warehouse.synthetic.random_draws import stream
from warehouse.synthetic.records import Return

CHUNKS = 3  # workbooks in a county's archive
OTHER_FORMATS: tuple[Format, ...] = (
    "xlsx",
    "xlsx",
    "xlsx",
    "xls",
    "xlsx",
    "ods",
    "xlsx",
    "xls",
)  # where a habit leaves it open
OTHER_PERIOD = "2017-12"


@dataclass(frozen=True)
class Case:
    """A county's returns of one period, and its number, which varies names and formats."""

    division: Division
    period: str
    returns: tuple[Return, ...]
    number: int

    @property
    def given(self) -> list[Return]:
        """The returns that have rows: those that are not nil."""
        return [found for found in self.returns if not found.nil]


def county_letters(case: Case, habit: Habit) -> list[Letter]:
    """All files of a county with this habit; each return is in one of them."""
    style = habit.style
    if not style.format:
        style = replace(style, format=OTHER_FORMATS[case.number % len(OTHER_FORMATS)])
    if habit.apart:
        own = _apart(case, habit, style)
    elif style.text:
        own = _texts(case, habit, style)
    elif style.zipped:
        return [_zip_of_workbooks(case, habit, style)]
    else:
        returns = case.returns if style.cover else tuple(case.given)
        own = [_letter(case, habit, style, returns, spoiled=_spoiled(case, habit))] if returns else []
    sent = {found.dataset for letter in own for part in (letter, *letter.members) for found in part.returns}
    rest = tuple(found for found in case.returns if found.dataset not in sent)
    return [*own, *([_rest(case, rest)] if rest else [])]


def _letter(case: Case, habit: Habit, style: Style, returns: Sequence[Return], spoiled: str = "") -> Letter:
    name = f"{case.period}/{file_stem(case.division, case.period, style, case.number)}{style.file_suffix}"
    claim = claim_of(case.division, case.period, style) if style.cover else None
    return Letter(name, habit, style, case.division, case.period, tuple(returns), claim, spoiled)


def _rest(case: Case, returns: tuple[Return, ...]) -> Letter:
    division = case.division
    name = f"{case.period}/{division.county_code}_{division.name_zh}_{case.period}_其余.xlsx"
    claim = claim_of(division, case.period, PLAIN.style)
    return Letter(name, PLAIN, PLAIN.style, division, case.period, returns, claim)


def _texts(case: Case, habit: Habit, style: Style) -> list[Letter]:
    """A text file for each of some datasets, or an archive of them."""
    chosen = _choose(case, habit.part)
    made = []
    for found in chosen:
        label = load().datasets[found.dataset].label_zh
        stem = file_stem(case.division, case.period, style, case.number)
        letter = _letter(case, habit, style, [found])
        made.append(replace(letter, name=f"{case.period}/{stem} {label}{style.file_suffix}"))
    if not (style.zipped and made):
        return made
    members = tuple(replace(letter, name=letter.name.split("/", 1)[1]) for letter in made)
    stem = file_stem(case.division, case.period, style, case.number)
    return [replace(made[0], name=f"{case.period}/{stem}.zip", returns=(), members=members)]


def _choose(case: Case, count: int) -> list[Return]:
    """Some of the returns with data, in their order."""
    picked = stream(0, "messy", case.division.county_code, case.period).sample(case.given, min(count, len(case.given)))
    return [found for found in case.given if found in picked]


def _zip_of_workbooks(case: Case, habit: Habit, style: Style) -> Letter:
    """A workbook with a cover for each third of the returns, in one archive."""
    parts = [case.returns[start::CHUNKS] for start in range(CHUNKS)]
    members = []
    for place, returns in enumerate((part for part in parts if part), start=1):
        letter = _letter(case, habit, style, returns)
        members.append(replace(letter, name=f"{letter.name.split('/', 1)[1].removesuffix('.xlsx')}_{place}.xlsx"))
    stem = file_stem(case.division, case.period, style, case.number)
    return replace(members[0], name=f"{case.period}/{stem}.zip", returns=(), members=tuple(members))


def _spoiled(case: Case, habit: Habit) -> str:
    if not habit.damage:
        return ""
    there = [name for name in habit.spoils if name in {found.dataset for found in case.given}]
    return there[case.number % len(there)]


def _apart(case: Case, habit: Habit, style: Style) -> list[Letter]:
    """The files that are refused whole: one for each of the returns to be spoiled, with nothing else in it."""
    there = [found for found in case.given if found.dataset in habit.spoils]
    first = case.number % len(there)
    return [_refused(case, habit, style, found) for found in (there[first:] + there[:first])[: habit.part]]


def _refused(case: Case, habit: Habit, style: Style, found: Return) -> Letter:
    division, period = case.division, case.period
    claim, blamed = claim_of(division, period, style), None
    stem = file_stem(division, period, style, case.number)
    match habit.habit:
        case "name_alone":
            stem, blamed = f"{division.name_zh}扶贫报表({case.number})", (COVER, NAME_CELL)
        case "code_not_in_force":
            other = out_of_its_time(division) or division
            claim, blamed = Claim(other.county_code, other.name_zh), (COVER, CODE_CELL)
            stem = file_stem(other, period, style, 0)
        case "code_name_disagree":
            claim, blamed = Claim(division.county_code, _other(case).name_zh), (COVER, NAME_CELL)
            stem = f"扶贫报表({case.number})"
        case "file_name_county":
            stem = file_stem(_other(case), period, style, case.number)
        case "file_name_period":
            stem = file_stem(division, OTHER_PERIOD, style, case.number)
    label = load().datasets[found.dataset].label_zh
    name = f"{period}/{stem} {label}{style.file_suffix}"
    return Letter(name, habit, style, division, period, (found,), claim, blamed=blamed)


def out_of_its_time(division: Division) -> Division | None:
    """The code that the county has had before, or has after, where it was renamed; None where it never was."""
    renamed = ((d.county_code, *d.successor_codes) for d in load().divisions if d.succession == "renamed")
    pair = next((codes for codes in renamed if division.county_code in codes), ())
    return next((d for d in load().divisions if d.county_code in pair and d != division), None)


def _other(case: Case) -> Division:
    """Another county of the same prefecture whose name is its alone."""
    return next(
        d
        for d in load().in_force(case.period)
        if d.prefecture_code == case.division.prefecture_code and d != case.division and is_unique(d)
    )
