"""The parts of the marts: one file each, what it is made of, and building those that are asked for.

What a part is made of is told by the runs that said anything of its datasets and periods: journal entries never
change, so the same runs, codebook and program give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import MAXYEAR, MINYEAR, date, timedelta

import polars as pl

from warehouse import marts
from warehouse.codebook import Codebook
from warehouse.codebook.mart_records import Mart
from warehouse.marts.as_known import AsKnown, Pair
from warehouse.marts.build_digest import build_digest
from warehouse.marts.comparison import YEAR, earlier, year_so_far
from warehouse.marts.sources import Sources, Written
from warehouse.messages.errors import CodebookError

# Periods that are built together.
AT_ONCE = 12
ALL = ("*",)


@dataclass(frozen=True)
class Partition:
    """A file of a mart: of one period (None: of none) where the mart is `split`, else all of it."""

    mart: str
    period: str | None = None
    split: bool = False

    @property
    def path(self) -> str:
        """Where it is in a snapshot."""
        folder = f"{self.mart}/period={self.period or 'none'}" if self.split else self.mart
        return f"{folder}/part-0.parquet"


def partitions_of(known: AsKnown) -> dict[Partition, str]:
    """Every part of every mart, by mart and period, with the SHA-256 of what it is made of."""
    return {part: _inputs_digest(known, part) for name in known.book.mart_list for part in _partitions(known, name)}


def build_partitions(
    known: AsKnown, wanted: Iterable[Partition], written: Written | None = None
) -> Iterator[tuple[Partition, pl.DataFrame]]:
    """The parts that are asked for, a mart and a few periods at a time, so that no more than that is in memory. What is
    made of other marts comes last, of these where they are `written`, else of what these are made of.

    Raises CodebookError where a mart gives rows of a period that it was not asked for.
    """
    for group in _together(known, wanted):
        mart = known.book.mart_list[group[0].mart]
        # The streaming engine takes as long and more memory: what is at hand is small, and sorted at the end.
        built = marts.build(mart.mart, _sources(known, group, written)).collect(engine="in-memory")
        if not mart.split:
            yield group[0], built
            continue
        by_period = built.partition_by("period", as_dict=True, maintain_order=True)
        if strange := {period for (period,) in by_period} - {part.period for part in group}:
            raise CodebookError(f"{mart.mart} gives rows of {strange}, which it was not asked for")
        yield from ((part, by_period.get((part.period,), built.clear())) for part in group)


def _partitions(known: AsKnown, name: str) -> list[Partition]:
    mart = known.book.mart_list[name]
    if not mart.split:
        return [Partition(name)]
    periods: set[str | None] = set(known.periods)
    if mart.periods == "found":
        periods |= {period for _, period in known.touched}
    return [Partition(name, period, split=True) for period in sorted(periods, key=lambda period: period or "")]


def _together(known: AsKnown, wanted: Iterable[Partition]) -> list[list[Partition]]:
    """The parts of a mart and some periods together; all marts of these before the next periods, for what one mart has
    read the next need not read again. By itself what is of no period; and last, a period at a time, what is made of
    other marts, for that is all of them.
    """
    place = {period: number // AT_ONCE for number, period in enumerate(known.periods)}
    groups: dict[tuple[bool, int, str, str], list[Partition]] = defaultdict(list)
    for part in wanted:
        of_marts = bool(known.book.mart_list[part.mart].marts)
        alone = part.period or "" if of_marts else ""
        groups[of_marts, place.get(part.period, -1) if part.period else -2, alone, part.mart].append(part)
    return [groups[key] for key in sorted(groups)]


def _sources(known: AsKnown, parts: list[Partition], written: Written | None) -> Sources:
    mart = known.book.mart_list[parts[0].mart]
    if mart.marts and written:
        return replace(known.sources((), _wanted(known, mart, parts)), written=written)
    if mart.periods == "runs":
        return known.of_runs()
    pairs = dict.fromkeys(pair for part in parts for pair in _pairs(known, part))
    known.check(pairs)
    return known.sources(pairs, _wanted(known, mart, parts), _datasets(known.book, mart))


def _wanted(known: AsKnown, mart: Mart, parts: list[Partition]) -> tuple[str, ...]:
    """The periods to build; of the scorecard those of its figures of which anything was decided."""
    if mart.periods == "figures":
        return tuple(period for period in known.periods if period in {p for _, p in _figures(known.book)})
    return tuple(part.period for part in parts if part.period)


def _pairs(known: AsKnown, part: Partition) -> list[Pair]:
    """The datasets and periods that a part is made of, of those that there are."""
    mart = known.book.mart_list[part.mart]
    if mart.periods in ("none", "runs"):
        return []
    if mart.periods == "figures":
        return [pair for pair in _figures(known.book) if pair in known.touched]
    if mart.marts and part.period:
        behind = [
            Partition(name, period, split=True)
            for name in mart.marts
            for period in (year_so_far(part.period) if mart.periods == "year" else [part.period])
        ]
        return list(dict.fromkeys(pair for one in behind for pair in _pairs(known, one)))
    periods = _looking_back(known.book, mart, part.period)
    datasets = (None, *known.book.datasets) if mart.datasets == ALL else mart.datasets
    return [(d, p) for p in periods for d in datasets if (d, p) in known.touched]


def _datasets(book: Codebook, mart: Mart) -> frozenset[str]:
    return frozenset(book.datasets if mart.datasets == ALL else mart.datasets)


def _looking_back(book: Codebook, mart: Mart, period: str | None) -> list[str | None]:
    """The period and the ones that it is compared with."""
    return [period, *(earlier(period, months) for months in looks_back(book, mart))] if period else [period]


def looks_back(book: Codebook, mart: Mart) -> list[int]:
    """How many months before each period a mart looks: where it compares, to the last and that of a year ago."""
    if mart.periods != "compared":
        return []
    return sorted({YEAR // len(book.datasets[dataset].frequency.months) for dataset in mart.datasets} | {YEAR})


def _figures(book: Codebook) -> list[Pair]:
    of = {(f.dataset, period) for f in book.figures for period in (f.period, f.since) if period and f.dataset}
    return sorted(of)


def _inputs_digest(known: AsKnown, part: Partition) -> str:
    mart = known.book.mart_list[part.mart]
    said: list[object] = [build_digest(), part.mart, part.period]
    if mart.periods == "runs":
        said.append(known.runs)
    elif mart.periods != "none":
        pairs = _pairs(known, part)
        said += [_wanted(known, mart, [part]), [(*pair, known.touched[pair]) for pair in pairs]]
        said.append(sorted(known.open_periods & {period for _, period in pairs if period}))
        if releases := known.released(pairs).select("period", "run").rows():
            said.append(releases)
        held = known.held(pairs)
        if not held.is_empty() and (since := held["since"].drop_nulls().unique().sort().to_list()):
            said.append([(run, sorted(known.before(run).open_periods)) for run in since])
    if part.period and mart.datasets == ALL:
        said.append(str(_heard(known, part.period)))
    if mart.periods == "found" and part.period is None:
        said.append(known.runs)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _heard(known: AsKnown, period: str) -> date | None:
    """The day of the newest decision, or the first by which all of the period's returns were due: from then on,
    nothing more of the period gets missing.
    """
    year, month = int(period[:4]), int(period[5:])
    if not MINYEAR <= year < MAXYEAR:  # as counties mistype them
        return known.heard
    days = [d.due_days for d in known.book.datasets.values() if d.due(period)]
    ends_on = date(year, month, monthrange(year, month)[1])
    return known.heard and min(known.heard, ends_on + timedelta(days=max(days, default=0) + 1))
