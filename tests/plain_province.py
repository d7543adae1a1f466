"""A whole province against the rules in plain Python, an oracle for the sample: what looks beyond the row.

Period by period, for what is quarantined counts for nobody: not as a partner, a past or a peer. How a number grew and
what level it has (OUTLIERS in `tests.plain_rules`) is left to `tests/unit/test_expected.py`.
"""

from __future__ import annotations

import statistics
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from tests.plain_rules import (
    CRITICAL,
    check_accountability,
    check_ecology,
    check_finance,
    check_frontline,
    check_funds,
    check_health,
    check_industry,
    check_motivation,
    check_outcomes,
    check_policy,
    check_projects,
    check_relocation,
    check_support,
    check_training,
    check_upskilling,
    check_village,
)
from warehouse.codebook import Dataset, Indicator, load
from warehouse.synthetic import Return

BOOK = load()
Place = tuple[str, str, str]
Broken = dict[Place, set[str]]
Bounds = tuple[float, float] | None
# What changed between the end of 2017 and the middle of 2018, the last period of the sample.
RENAMED = {"140215": ("140227",)}
SPLIT = {"140212", "140213", "140214"}
ROW_CHECKS = {
    "relocation": check_relocation, "outcomes": check_outcomes, "ecology": check_ecology,
    "industry": check_industry, "finance": check_finance, "funds": check_funds, "projects": check_projects,
    "health": check_health, "training": check_training, "accountability": check_accountability,
    "motivation": check_motivation, "upskilling": check_upskilling,
}  # fmt: skip
OWN_UNIQUE = {"relocation_villages": "village_unique", "support_units": "unit_once", "policy": "measure_once"}
RATIOS = {
    "ecology": ("payments_yuan", "persons_with_gains"), "finance": ("loan_amount_yuan", "loan_households"),
    "funds": ("fiscal_spent_yuan", "fiscal_received_yuan"), "health": ("reimbursed_yuan", "medical_cost_yuan"),
    "training": ("training_funds_yuan", "trained_persons"),
    "frontline": ("resident_team_members", "resident_teams"),
}  # fmt: skip
DAYS = ("started_on", "completed_on", "demolished_on")


def limits_of(indicator: Indicator) -> tuple[int | None, float]:
    """The least and greatest a value may be; no least where it is not a number or may be negative."""
    if not indicator.numeric or indicator.signed:
        return None, 0
    return 0, 100 if indicator.unit.unit == "percent" else float("inf")


COLUMNS = {
    name: [(i.column, i.required, *limits_of(i)) for i in dataset.indicators] for name, dataset in BOOK.datasets.items()
}


@cache
def in_force(period: str) -> set[str]:
    return {d.county_code for d in BOOK.in_force(period)}


def is_required(required: str, row: Mapping[str, Any]) -> bool:
    """Whether a row must have a value, by `true`, `false` or `where column > 0`."""
    if not required.startswith("where "):
        return required == "true"
    _, column, _, least = required.split()
    return row[column] is not None and row[column] > int(least)


def check_everywhere(dataset: Dataset, found: Return) -> Iterator[str]:
    if found.county_code not in in_force(found.period):
        yield "known_county"
    keys = [tuple(row[k] for k in dataset.keys) for row in found.rows]
    if len(set(keys)) < len(keys):
        yield "key_unique"
        if dataset.dataset in OWN_UNIQUE:
            yield OWN_UNIQUE[dataset.dataset]
    for row in found.rows:
        for column, required, low, high in COLUMNS[dataset.dataset]:
            value: Any = row[column]
            if value is None:
                if is_required(required, row):
                    yield "required_present"
            elif low is not None and not low <= value <= high:
                yield "not_negative" if high == float("inf") else "share_bounds"
            elif column.endswith("_yuan") and value > 100_000_000_000:
                yield "county_ceiling"


def robust(values: Sequence[float], fewest: int, floor: float, share: float = 0.2) -> Bounds:
    """Median and 3.5 spreads either side; none with too few values, or where they do not spread at all."""
    if len(values) < fewest:
        return None
    middle = statistics.median(values)
    spread = 1.4826 * statistics.median(abs(v - middle) for v in values)
    reach = 3.5 * max(spread, share * abs(middle), floor)
    return (middle - reach, middle + reach) if reach else None


def beyond(value: float, bounds: Bounds) -> bool:
    return bounds is not None and not bounds[0] <= value <= bounds[1]


class Checker:
    """Which rules each return of a province breaks."""

    def __init__(self, returns: Sequence[Return]) -> None:
        self.returns = {(r.county_code, r.period, r.dataset): r for r in returns}
        self.periods = sorted({r.period for r in returns})
        self.national = {d.county_code for d in BOOK.divisions if d.poverty_county_list.startswith("national")}
        self.deep = {d.county_code for d in BOOK.divisions if d.deep_poverty}
        self.poor = {d.county_code for d in BOOK.divisions if d.poverty_county_list != "none"}
        self.prefectures = {d.county_code: d.prefecture_code for d in BOOK.divisions}
        self.accepted: dict[Place, Return] = {}
        self._broken = self._check()

    def broken(self) -> Broken:
        return {place: rules for place, rules in self._broken.items() if rules}

    def _check(self) -> Broken:
        """Registers come before their summaries; peers when it is known who is let in."""
        broken: Broken = {}
        registers = ("relocation_villages", "support_units")
        for place in sorted(self.returns, key=lambda place: (place[1], place[2] not in registers)):
            found = self.returns[place]
            broken[place] = {*self._own(found), *self._across(found)}
            if not broken[place] & CRITICAL:
                self.accepted[place] = found
        for period in self.periods:
            for place, rule in self._off_peers(period):
                broken[place].add(rule)
        return broken

    def _own(self, found: Return) -> Iterator[str]:
        """Rules within one return."""
        yield from check_everywhere(BOOK.datasets[found.dataset], found)
        year, month = map(int, found.period.split("-"))
        end = date(year, month, monthrange(year, month)[1])
        for row in found.rows:
            if any(row[column] is None for column, required, *_ in COLUMNS[found.dataset] if required == "true"):
                continue
            if found.dataset in ROW_CHECKS:
                yield from ROW_CHECKS[found.dataset](row)
            elif found.dataset == "relocation_villages":
                yield from check_village(row, end)
            elif found.dataset == "policy":
                yield from check_policy(row, end)
            elif found.dataset == "frontline":
                yield from check_frontline(row, found.period, found.county_code in self.national)

    def _across(self, found: Return) -> Iterator[str]:
        """Rules that look at partners and earlier periods."""
        if found.dataset == "relocation_villages":
            yield from self._against_last_register(found)
        if found.nil:
            return
        row = found.rows[0]
        if found.dataset == "relocation":
            yield from self._against_register(found, row)
        if found.dataset == "support":
            yield from check_support(row, self._partner(found, "support_units"), found.county_code in self.deep)
        if found.dataset == "outcomes":
            yield from self._against_december(found, row)
        yield from self._never_falls(found, row)

    # --- partners ---

    def _partner(self, found: Return, dataset: str) -> tuple[Any, ...] | None:
        place = (found.county_code, found.period, dataset)
        return self.accepted[place].rows if place in self.accepted else None

    def _against_register(self, found: Return, row: Mapping[str, Any]) -> Iterator[str]:
        villages = self._partner(found, "relocation_villages")
        if villages is None:
            yield "partner_missing"
            return
        columns = ("villages_started", "villages_completed", "villages_demolished")
        counts = {c: sum(v[day] is not None for v in villages) for c, day in zip(columns, DAYS, strict=True)}
        if any(row[c] != n for c, n in counts.items()) or row["villages_planned"] != len(villages):
            yield "relocation_matches_register"

    # --- earlier periods ---

    def _earlier(self, found: Return, before: str) -> tuple[Return, ...]:
        """The accepted returns of an earlier period: the county's own, or those of all its predecessors."""
        over = before < "2018" <= found.period
        if over and found.county_code in SPLIT:
            return ()
        codes = RENAMED.get(found.county_code, (found.county_code,)) if over else (found.county_code,)
        places = [(c, before, found.dataset) for c in codes]
        return tuple(self.accepted[p] for p in places) if all(p in self.accepted for p in places) else ()

    def _last(self, found: Return) -> tuple[Return, ...]:
        before = (self._earlier(found, p) for p in reversed(self.periods) if p < found.period)
        return next((returns for returns in before if returns), ())

    def _against_last_register(self, found: Return) -> Iterator[str]:
        last = {v["village_code"]: v for r in self._last(found) for v in r.rows}
        if len(found.rows) < len(last):
            yield "register_never_shrinks"
        for now in found.rows:
            then = last.get(now["village_code"], {})
            if any(then.get(day) not in (None, now[day]) for day in DAYS):
                yield "village_dates_kept"

    def _against_december(self, found: Return, row: Mapping[str, Any]) -> Iterator[str]:
        earlier = [r.rows[0] for r in self._earlier(found, f"{int(found.period[:4]) - 1}-12")]
        then: list[Mapping[str, Any]] = list(earlier)
        if not then:
            return
        if row["poor_persons_opening"] != sum(e["poor_persons_closing"] for e in then):
            yield "opening_is_last_closing"
        if row["poor_villages_opening"] != sum(e["poor_villages_opening"] - e["poor_villages_exited"] for e in then):
            yield "poor_villages_carried"
        if len(then) == 1:
            order = ["none", "provisional", "verified"]
            if order.index(row["delisting_status"]) < order.index(then[0]["delisting_status"]):
                yield "delisting_stands"
        people = sum(e["rural_population"] for e in then)
        if people:
            income = sum(e["income_per_capita"] * e["rural_population"] for e in then) / Decimal(people)
            if abs(row["income_per_capita_prior_year"] - income) > Decimal("0.5"):
                yield "prior_income_is_last_years"

    def _never_falls(self, found: Return, row: Mapping[str, Any]) -> Iterator[str]:
        dataset, last = BOOK.datasets[found.dataset], self._last(found)
        if not last or not dataset.one_row or any(r.nil for r in last):
            return
        for indicator in (i for i in dataset.indicators if i.kind in ("cumulative", "year_to_date")):
            values: list[Any] = [r.rows[0][indicator.column] for r in last]
            now: Any = row[indicator.column]
            if None in values or now is None or now >= sum(values):
                continue
            if found.dataset == "relocation" and indicator.kind == "cumulative":
                villages = indicator.column.startswith("villages_")
                yield "relocation_never_falls" if villages else "people_counts_fall"
            if indicator.kind == "year_to_date" and last[0].period[:4] == found.period[:4]:
                yield "year_to_date_never_falls"

    # --- peers ---

    def _off_peers(self, period: str) -> Iterator[tuple[Place, str]]:
        growths = self.growth_bounds(period)
        ratios = {name: self._ratio_bounds(period, name) for name in RATIOS}
        for place, found in self.returns.items():
            code, when, dataset = place
            if when != period or code not in in_force(period):
                continue
            if dataset == "outcomes":
                growth = found.rows[0]["income_growth"]
                if growth is not None and beyond(float(str(growth)), growths.get(code in self.poor)):
                    yield place, "income_plausible"
            ratio = self._ratio(found) if dataset in RATIOS else None
            if ratio is not None and beyond(ratio, ratios[dataset].get(self.prefectures[code])):
                yield place, "peer_outlier"

    def growth_bounds(self, period: str) -> dict[bool, Bounds]:
        growths: dict[bool, list[float]] = defaultdict(list)
        for found in self._in_force(period, "outcomes"):
            if found.rows[0]["income_growth"] is not None:
                growths[found.county_code in self.poor].append(float(str(found.rows[0]["income_growth"])))
        return {peers: robust(values, 8, 0.3, share=0) for peers, values in growths.items()}

    def _ratio_bounds(self, period: str, dataset: str) -> dict[str, Bounds]:
        ratios: dict[str, list[float]] = defaultdict(list)
        for found in self._in_force(period, dataset):
            if (ratio := self._ratio(found)) is not None:
                ratios[self.prefectures[found.county_code]].append(ratio)
        return {prefecture: robust(values, 8, 0) for prefecture, values in ratios.items()}

    def _in_force(self, period: str, dataset: str) -> Iterable[Return]:
        return (r for (_, when, name), r in self.accepted.items() if (when, name) == (period, dataset))

    @staticmethod
    def _ratio(found: Return) -> float | None:
        over, by = (found.rows[0][column] for column in RATIOS[found.dataset])
        return None if over is None or not by else float(str(over)) / float(str(by))
