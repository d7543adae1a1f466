"""What is said of slips: planted in a tenth of a period's returns, or in every one, judged, and each looked up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import ceil
from random import Random
from time import process_time

import polars as pl

from expectations.companions import Partner
from expectations.suites import companions_for
from tests.builders import BOOK
from tests.slips.judging import Past, cell_of, judged
from tests.slips.kinds import KINDS, POWERS, Beside, Slip, plant, typed
from warehouse.messages.finding import Finding, Proposal
from warehouse.synthetic import Return, Value

Key = tuple[str, str]  # dataset, county
TENTHS = 10
COUNTED = ("critical", "warning")


def _linked() -> Mapping[str, set[str]]:
    """The forms that each form is compared with, either way."""
    linked: dict[str, set[str]] = defaultdict(set)
    for name, dataset in BOOK.datasets.items():
        for companion in companions_for(dataset):
            if isinstance(companion, Partner):
                linked[name].add(companion.dataset)
                linked[companion.dataset].add(name)
    return linked


LINKED = _linked()


@dataclass(frozen=True)
class Night:
    """A period judged with slips in it, or several.

    `slips`: one row a slip: kind, period, dataset, county_code; `said` of its return (error, query or nothing);
    `named`, its cell was; `right`, a first proposal was the true value; `other`, one was not; `error`, in percent of
    the province's sum; `changes` and `rules` in words. `cells`: how many numeric ones the returns have that nothing is
    wrong with, by dataset; `questioned`, how many of them some findings name, the `false` ones. `carried`: how much of
    the `error` of all the findings carry that come first.
    """

    slips: pl.DataFrame
    cells: Counter[str]
    false: tuple[Finding, ...]
    questioned: Counter[str]
    error: float
    carried: float
    returns: int
    seconds: float

    @property
    def milliseconds(self) -> float:
        """What a return takes of the processor."""
        return 1000 * self.seconds / self.returns

    def __add__(self, other: Night) -> Night:
        """Both as if they were one."""
        values = zip(vars(self).values(), vars(other).values(), strict=True)
        return Night(*(pl.concat([a, b]) if isinstance(a, pl.DataFrame) else a + b for a, b in values))


@dataclass(frozen=True)
class Province:
    """A clean province in the period that is judged, all periods before it accepted."""

    seed: int
    period: str
    all_returns: Sequence[Return]

    @cached_property
    def past(self) -> Past:
        """What is known of it before."""
        return Past.of(one for one in self.all_returns if one.period < self.period)

    @cached_property
    def returns(self) -> Mapping[Key, Return]:
        """The returns of the period, by form and county."""
        return {(one.dataset, one.county_code): one for one in self.all_returns if one.period == self.period}

    @cached_property
    def unasked(self) -> set[tuple[str | None, ...]]:
        """What is found without any slip."""
        return {_where(f) for f in judged(self.period, list(self.returns.values()), self.past)}

    @cached_property
    def before(self) -> Mapping[Key, Return]:
        """The last earlier return of each."""
        earlier = sorted((one for one in self.all_returns if one.period < self.period), key=lambda one: one.period)
        return {(one.dataset, one.county_code): one for one in earlier}

    @cached_property
    def totals(self) -> Mapping[tuple[str, str], Decimal]:
        """The sum of each numeric column over all counties, signs left out."""
        totals: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for one in self.returns.values():
            for row in one.rows:
                for indicator in BOOK.datasets[one.dataset].indicators:
                    if indicator.numeric:
                        totals[one.dataset, indicator.column] += abs(Decimal(str(row[indicator.column] or 0)))
        return totals

    def _slips(self, chosen: Iterable[tuple[Key, str]]) -> dict[Key, Slip]:
        filled = [key for key, one in self.returns.items() if one.rows]
        below = {key: filled[(n + 1) % len(filled)] for n, key in enumerate(filled)}
        slips = {}
        for key, kind in chosen:
            neighbour = self.returns[below[key]] if below[key][0] == key[0] else None
            rng = Random(f"{self.seed} {self.period} {key} {kind}")
            slip = plant(kind, self.returns[key], Beside(self.before.get(key), neighbour), rng)
            if slip:
                slips[key] = slip
        return slips

    def in_every(self, kind: str) -> Night:
        """A slip of the kind in every return of a form with one row."""
        return self._judged(
            self._slips((k, kind) for k, one in self.returns.items() if one.rows and BOOK.datasets[k[0]].one_row)
        )

    def in_a_tenth(self, fold: int, kinds: Sequence[str]) -> Night:
        """A slip in a tenth of the returns of each form, the `fold`th of them, the kinds one after the other."""
        return self._judged(self._slips(self._tenth(fold, kinds)))

    def _tenth(self, fold: int, kinds: Sequence[str]) -> Iterator[tuple[Key, str]]:
        for dataset in BOOK.datasets:
            own = [key for key, one in self.returns.items() if key[0] == dataset and one.rows]
            rng = Random(f"{self.seed} {self.period} {dataset}")
            rng.shuffle(own)
            mine = own[fold::TENTHS]
            start = rng.randrange(len(kinds)) + fold * len(mine)
            yield from ((key, kinds[(start + n) % len(kinds)]) for n, key in enumerate(mine))

    def _judged(self, slips: Mapping[Key, Slip]) -> Night:
        start = process_time()
        given = [slips[key].wrong if key in slips else one for key, one in self.returns.items()]
        found = [f for f in judged(self.period, given, self.past) if f.severity in COUNTED]
        seconds = process_time() - start
        by_return: dict[Key, list[Finding]] = defaultdict(list)
        for finding in found:
            by_return[finding.dataset or "", finding.county_code or ""].append(finding)
        clean = {k: one for k, one in self.returns.items() if not ({k, *_linked_keys(k)} & slips.keys())}
        false = [f for key in clean for f in by_return[key]]
        doubted = {(f.dataset, f.county_code, cell) for f in false for cell in _cells(f)}
        return Night(
            slips=pl.DataFrame([self._outcome(key, slip, by_return) for key, slip in slips.items()]),
            cells=Counter(k[0] for k, one in clean.items() for _ in _numbers(one)),
            false=tuple(false),
            questioned=Counter(dataset for dataset, _, _ in doubted if dataset),
            **self._carried(slips, found),
            returns=len(given),
            seconds=seconds,
        )

    def _outcome(self, key: Key, slip: Slip, by_return: Mapping[Key, list[Finding]]) -> dict[str, object]:
        own = [f for f in by_return[key] if _where(f) not in self.unasked]
        all_of_them = own + [f for k in _linked_keys(key) for f in by_return[k] if _where(f) not in self.unasked]
        severities = {f.severity for f in all_of_them}
        cells = {cell_of(key[0], place) for place in slip.true}
        first = [f.proposals[0] for f in own if f.proposals]
        return {
            "kind": slip.kind,
            "period": self.period,
            "dataset": key[0],
            "county_code": key[1],
            "said": "error" if "critical" in severities else "query" if severities else "nothing",
            "named": any(cells & _cells(f) for f in own),
            "right": any(is_right(proposal, slip) for proposal in first),
            "other": any(not is_right(proposal, slip) for proposal in first),
            "error": float(sum(self._errors(key, slip).values())),
            "changes": "; ".join(f"{c} {v} -> {slip.wrong.rows[n][c]}" for (n, c), v in [*slip.true.items()][:2]),
            "rules": " ".join(dict.fromkeys(f.rule for f in all_of_them)),
        }

    def _errors(self, key: Key, slip: Slip) -> dict[str, float]:
        """How far each cell is off, in percent of the sum of its column over all counties."""
        return {
            cell_of(key[0], (n, c)): float(
                100 * abs(Decimal(str(slip.wrong.rows[n][c] or 0)) - Decimal(str(true or 0))) / self.totals[key[0], c]
            )
            for (n, c), true in slip.true.items()
            if BOOK.datasets[key[0]][c].numeric and self.totals[key[0], c]
        }

    def _carried(self, slips: Mapping[Key, Slip], found: Sequence[Finding]) -> dict[str, float]:
        """The error of all slips, and of those whose cells the tenth of the findings with the highest score names."""
        errors = {(*key, cell): e for key, slip in slips.items() for cell, e in self._errors(key, slip).items()}
        first = sorted(found, key=lambda f: -(f.score or 0))[: ceil(len(found) / 10)]
        named = {(f.dataset, f.county_code, cell) for f in first for cell in _cells(f)}
        return {
            "error": sum(errors.values()),
            "carried": sum(error for at, error in errors.items() if at in named),
        }


def _linked_keys(key: Key) -> set[Key]:
    return {(other, key[1]) for other in LINKED.get(key[0], ())}


def _where(finding: Finding) -> tuple[str | None, ...]:
    return finding.dataset, finding.county_code, finding.rule, finding.cells


def _cells(finding: Finding) -> set[str]:
    return set(finding.cells.split(";")) if finding.cells else set()


def _numbers(one: Return) -> Iterator[object]:
    columns = [i.column for i in BOOK.datasets[one.dataset].indicators if i.numeric]
    return (row[column] for row in one.rows for column in columns if row[column] is not None)


def is_right(proposal: Proposal, slip: Slip) -> bool:
    """Whether it puts back what was true of every cell; of powers of ten, but for the digits that the slip lost."""
    told = {change.cell: Decimal(change.value) for change in proposal.changes}
    wanted = {cell_of(slip.wrong.dataset, place): (place, true) for place, true in slip.true.items()}
    return told.keys() == wanted.keys() and all(
        told[cell] == true or (slip.kind in POWERS and slip.wrong.rows[n][column] == _again(slip, column, told[cell]))
        for cell, ((n, column), true) in wanted.items()
    )


def _again(slip: Slip, column: str, value: Decimal) -> Value:
    """What the slip makes of another value."""
    return typed(KINDS[slip.kind], BOOK.datasets[slip.wrong.dataset][column], value, Random())
