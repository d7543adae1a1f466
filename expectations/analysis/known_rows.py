"""What is known of a county's return before it is filled in: its last values, and what they allow for each cell.

Of a form of one row the companions are joined to a blank row of each county; of a register, whose rows are not known
beforehand, there is only the last one. Peers are not known beforehand either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import polars as pl

from expectations.companions import last_values
from expectations.linear.implied_bounds import Bounds
from expectations.linear.intervals import Interval
from expectations.linear.row_rules import Row, RowRules
from expectations.suites import companions_for
from warehouse.codebook import Dataset, Division, Indicator
from warehouse.intake.template import LastReturn
from warehouse.messages.finding import Severity
from warehouse.store.history import schema
from warehouse.store.prior_state import PriorState

# What is wrong outside of, and what is doubtful.
LEVELS: Mapping[Severity, tuple[Severity, ...]] = {"critical": ("critical",), "warning": ("critical", "warning")}


@dataclass(frozen=True)
class AllowedInterval:
    """From where to where a cell may be; `implied` where no rule says so of that cell alone."""

    severity: Severity
    interval: Interval
    implied: bool


@dataclass(frozen=True)
class KnownRows:
    """Of a dataset and period by county code: the companions' values, and the last return.

    `rules` are those of one row by what follows where they are broken; none of a form whose returns have many rows.
    """

    rules: Mapping[Severity, RowRules] = field(default_factory=dict)
    rows: Mapping[str, Row] = field(default_factory=dict)
    last: Mapping[str, LastReturn] = field(default_factory=dict)

    @classmethod
    def of(cls, known: PriorState, dataset: Dataset, period: str, counties: Iterable[Division]) -> KnownRows:
        """What the accepted returns say."""
        last = dict(_last(known, dataset, period))
        if not dataset.one_row:
            return cls(last=last)
        blank = [{"county_code": county.county_code, "period": period} for county in counties]
        rows = pl.LazyFrame(blank, schema(dataset))
        for companion in companions_for(dataset):
            if not companion.of_peers:
                rows = rows.pipe(companion.join, known, dataset, period)
        joined = rows.collect()
        rules = {level: RowRules.of(dataset, period, joined.schema, asked) for level, asked in LEVELS.items()}
        codes = joined["county_code"].to_list()
        companions = joined.drop(*schema(dataset)).iter_rows(named=True)
        return cls(rules, dict(zip(codes, companions, strict=True)), last)

    def allowed(self, dataset: Dataset, county: str) -> dict[str, tuple[AllowedInterval, ...]]:
        """By number of the form from where to where it may be: what is more than its definition says, the widest first.

        What a cell may be blank for is left out. Where the rules leave a cell nothing, as they do where what they are
        compared with breaks them, nothing is said of it.
        """
        if county not in self.rows:
            return {}
        filled = frozenset(i.column for i in dataset.indicators if i.required == "true")
        made: dict[tuple[Severity, frozenset[str]], Bounds] = {}
        found: dict[str, tuple[AllowedInterval, ...]] = {}
        for indicator in dataset.indicators:
            given = filled | {indicator.column}
            for level, rules in self.rules.items():
                if (level, given) not in made:
                    made[level, given] = Bounds.of(rules, self.rows[county], given)
            bounds = {level: made[level, given] for level in self.rules}
            if indicator.numeric and (narrower := tuple(_narrower(indicator, bounds))):
                found[indicator.column] = narrower
        return found


def _narrower(indicator: Indicator, bounds: Mapping[Severity, Bounds]) -> Iterator[AllowedInterval]:
    """Each level's interval that is not as wide as the one before."""
    share = indicator.unit.unit == "percent"
    before = Interval() if indicator.signed else Interval(Fraction(0), Fraction(100) if share else None)
    for level, own in bounds.items():
        together = (before & own.together(indicator.column)).in_digits(indicator.decimals)
        if together.empty:
            return
        if together != before:
            alone = (before & own.alone(indicator.column)).in_digits(indicator.decimals)
            yield AllowedInterval(level, together, implied=alone != together)
        before = together


def _last(known: PriorState, dataset: Dataset, period: str) -> Iterator[tuple[str, LastReturn]]:
    values = last_values(known, dataset, period).collect()
    for (county, earlier), rows in values.group_by("county_code", "period", maintain_order=True):
        yield str(county), LastReturn(str(earlier), tuple(rows.select(*dataset.columns).iter_rows(named=True)))
