"""Files with more than one county or period: a prefecture's bundles, and the counties that send two months at once.

Belongs here: which they are, and the letters they make. Does not belong here: a county's own files (`county.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from warehouse.codebook import Division, load
from warehouse.synthetic.messy.cover import CITY, NAME, Claim, claim_of
from warehouse.synthetic.messy.habits import BUNDLED, PLAIN, Habit
from warehouse.synthetic.messy.letter import Letter
from warehouse.synthetic.messy.names import file_stem, written_name
from warehouse.synthetic.random_draws import stream
from warehouse.synthetic.records import Return, period_end

HABIT = {habit.habit: habit for habit in BUNDLED}
SUMMARIES = ("ecology", "industry", "finance", "funds", "projects", "health")
TWO_MONTHS, SENDERS = ("2017-11", "2017-12"), 6
TOGETHER = ("industry", "projects", "training")


@dataclass(frozen=True)
class Bundle:
    """What one prefecture sends together in one period; no datasets: all of them."""

    habit: str
    period: str
    prefecture_zh: str
    datasets: tuple[str, ...] = ()


BUNDLES = (
    Bundle("bundle", "2016-12", "阳泉市", SUMMARIES),
    Bundle("bundle", "2017-12", "晋中市", ("relocation_villages", "relocation", "frontline")),
    Bundle("bundle", "2018-06", "大同市", ("finance", "funds", "frontline")),
    Bundle("bundle_names", "2016-12", "长治市", ("health", "training")),
    Bundle("bundle_names", "2017-11", "晋城市", SUMMARIES),
    Bundle("bundle_names", "2017-12", "朔州市", SUMMARIES),
    Bundle("bundle_sheets", "2016-12", "朔州市", ("funds",)),
    Bundle("bundle_sheets", "2017-12", "忻州市", ("health",)),
    Bundle("bundle_sheets", "2018-06", "吕梁市", ("accountability",)),
    Bundle("bundle_csv", "2017-11", "运城市", ("industry",)),
    Bundle("bundle_csv", "2017-12", "临汾市", ("frontline",)),
    Bundle("bundle_csv", "2018-06", "忻州市", ("ecology",)),
    Bundle("bundle_zip", "2016-12", "吕梁市"),
    Bundle("bundle_zip", "2017-11", "太原市"),
    Bundle("bundle_zip", "2018-06", "临汾市"),
)
Cases = Mapping[tuple[str, str], Sequence[Return]]  # by period and county


def bundle_letters(cases: Cases, seed: int) -> list[Letter]:
    """The letters of all bundles for which there are returns."""
    made = [letter for bundle in BUNDLES for letter in _bundle(bundle, cases)]
    taken = {(found.county_code, found.period) for letter in made for found in _returns(letter)}
    return [*made, *_two_months(cases, seed, taken)]


def _bundle(bundle: Bundle, cases: Cases) -> list[Letter]:
    members = [d for d in load().in_force(bundle.period) if d.prefecture_zh == bundle.prefecture_zh]
    here = [d for d in members if (bundle.period, d.county_code) in cases]
    if not here:
        return []
    habit, end = HABIT[bundle.habit], period_end(bundle.period)
    stem = f"{bundle.period}/{bundle.prefecture_zh}{end.year}年{end.month}月"
    if habit.style.zipped:
        inside = tuple(_member(d, bundle.period, habit, cases, place) for place, d in enumerate(here))
        return [Letter(f"{stem}扶贫报表.zip", habit, habit.style, here[0], bundle.period, members=inside)]
    returns = tuple(
        found
        for name in bundle.datasets
        for d in here
        for found in cases[bundle.period, d.county_code]
        if found.dataset == name and not found.nil
    )
    label = load().datasets[bundle.datasets[0]].label_zh
    name = f"{stem}{label if len(bundle.datasets) == 1 else '扶贫报表汇总'}{habit.style.file_suffix}"
    claim = _claim(here[0], habit) if habit.style.cover else None
    return [Letter(name, habit, habit.style, here[0], bundle.period, returns, claim)]


def _claim(division: Division, habit: Habit) -> Claim:
    """The prefecture, in a line of its own or in that for the county's name."""
    label = CITY if habit.habit == "bundle" else NAME
    return Claim(division.prefecture_code, division.prefecture_zh, label, city=True)


def _member(division: Division, period: str, habit: Habit, cases: Cases, place: int) -> Letter:
    """A county's workbook in a prefecture's archive: as the template has it."""
    name = f"{file_stem(division, period, PLAIN.style, place)}.xlsx"
    returns = tuple(cases[period, division.county_code])
    return Letter(name, habit, PLAIN.style, division, period, returns, claim_of(division, period, PLAIN.style))


def _two_months(cases: Cases, seed: int, taken: set[tuple[str, str]]) -> list[Letter]:
    """Some counties send November late, in the same sheets as December."""
    first, last = TWO_MONTHS
    both = [d for d in load().in_force(last) if all((p, d.county_code) in cases for p in TWO_MONTHS)]
    free = [d for d in both if not any((d.county_code, period) in taken for period in TWO_MONTHS)]
    stream(seed, "messy", "two months").shuffle(free)
    habit = HABIT["periods_in_one"]
    made = []
    for division in free[:SENDERS]:
        returns = tuple(
            found
            for period in (first, last)
            for found in cases[period, division.county_code]
            if found.dataset in TOGETHER
        )
        name = f"{last}/{written_name(division)}扶贫报表(两期){habit.style.file_suffix}"
        made.append(Letter(name, habit, habit.style, division, last, returns))
    return made


def without(cases: Cases, letters: Sequence[Letter]) -> dict[tuple[str, str], list[Return]]:
    """The returns that no bundle has, by period and county."""
    sent = {(r.county_code, r.period, r.dataset) for letter in letters for r in _returns(letter)}
    left = {
        case: [r for r in returns if (r.county_code, r.period, r.dataset) not in sent]
        for case, returns in cases.items()
    }
    return {case: returns for case, returns in left.items() if returns}


def _returns(letter: Letter) -> tuple[Return, ...]:
    return letter.returns + tuple(found for member in letter.members for found in _returns(member))
