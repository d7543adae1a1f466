"""What matters first: how much of the province's totals each finding may make wrong, in percent.

The local score of selective editing, as SELEKT (Statistics Sweden) and the ONS have it: how far a value is from the one
that was to be expected, times its weight, over the total of its domain. Here the domain is the province, and the weight
is one but in an average: counties are no sample. Belongs here: the value to be expected, the total, the share. Does not
belong here: what many findings come to (`warehouse.messages.what_matters`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, prod
from typing import Any

import polars as pl

from expectations.companions import Last
from expectations.companions.expected import EXPECTED
from expectations.language.exact import COMPARE
from expectations.language.expect_relation import ExpectRelation
from expectations.language.expressions import Polynomial
from expectations.language.relation import Link, parse
from expectations.language.rules import Check
from expectations.suites import rules_for
from expectations.validation.batch import Batch
from expectations.validation.finding_rows import rows_of
from warehouse.codebook import Indicator
from warehouse.messages.finding import Finding
from warehouse.store.prior_state import PriorState

# A cell of the batch, by the row's `row_id` and the column.
Cell = tuple[int, str]
Row = Mapping[str, Any]
# Of a score: digits behind the point, as the mart has them, and a bound that its numbers hold.
DIGITS, MOST = 6, 1e9


@dataclass(frozen=True)
class _Doubt:
    """A finding's cells that are numbers, with the value to be expected of each; None where nothing says which."""

    finding: Finding
    cells: Mapping[Cell, float | None]


def with_scores(findings: Iterable[Finding], batch: Batch, known: PriorState) -> list[Finding]:
    """The findings in their order, queries and errors with a `score` where one can be said.

    It is the share, in percent, of the province's total that is wrong if the value stands and the one to be expected is
    right; of several cells the largest. It is 0 of a number that no total is made of; None of what is no number, where
    nothing is to be expected, and of a county that is not in force. An error's is what would be wrong if a person let
    the return in.

    The total has the value to be expected in the place of the one that is doubted; of others that are doubted it has
    the smaller of both, so that no slip hides another; of the other counties what is in force. Those that are still to
    report count like those that have.
    """
    told = list(findings)
    checks = {rule.rule: rule.checks for rule in rules_for(batch.dataset, batch.period)}
    doubts = [_doubt(f, row, checks.get(f.rule, ()), batch) for f, row in _asked(told, batch, known)]
    proposed = _expected(doubt for doubt in doubts if doubt.finding.proposals)
    expected = _expected(doubts) | proposed
    effects = _effects(expected, batch, known) if expected else {}
    scores: dict[int, float] = {}
    for doubt in doubts:
        # A cell that any finding proposes to change is what is wrong with the others that look at it.
        cells = [cell for cell in doubt.cells if cell in proposed] or doubt.cells
        if may := [effects[cell] for cell in cells if cell in effects]:
            scores[id(doubt.finding)] = max(may)
    return [f.model_copy(update={"score": scores[id(f)]}) if id(f) in scores else f for f in told]


# --- the value to be expected --------------------------------------------------------------------------------------


def _asked(findings: Sequence[Finding], batch: Batch, known: PriorState) -> Iterator[tuple[Finding, Row]]:
    """The queries and errors about a row of a county in force, each with the row."""
    counties = {division.county_code for division in known.book.in_force(batch.period)}
    asked = [f for f in findings if f.severity != "info" and f.county_code in counties]
    for finding, row_id in zip(asked, rows_of(batch, asked), strict=True):
        if row_id is not None:
            yield finding, batch.row(row_id)


def _doubt(finding: Finding, row: Row, checks: tuple[Check, ...], batch: Batch) -> _Doubt:
    """Of a finding with proposals the cells that they would change, and others of which one knows what to expect."""
    proposed: dict[str, list[float]] = defaultdict(list)
    for change in (change for proposal in finding.proposals for change in proposal.changes):
        proposed[change.indicator].append(float(change.value))
    others = [c for c in _columns(finding, row, batch) if not proposed or row.get(f"{EXPECTED}{c}") is not None]
    numbers = [i.column for i in batch.dataset.indicators if i.numeric and i.column in {*proposed, *others}]
    return _Doubt(
        finding, {(row["row_id"], c): _to_be_expected(c, row, proposed.get(c, []), checks, batch) for c in numbers}
    )


def _columns(finding: Finding, row: Row, batch: Batch) -> list[str | None]:
    """The columns that a finding is about: those of its cells, else the one that it names."""
    cells = (finding.cells or "").split(";")
    at = [c for c in batch.dataset.columns if any(cell in cells for cell in batch.cells(row, [c]))]
    return [*at] or [finding.indicator]


def _to_be_expected(
    column: str, row: Row, proposed: list[float], checks: Iterable[Check], batch: Batch
) -> float | None:
    """The likeliest proposal that is nearer than the value to what past and peers lead one to expect, else that; where
    they say nothing, the likeliest proposal, else the nearest value that the rule allows, else the last value.
    """
    said, found = row.get(f"{EXPECTED}{column}"), row[column]
    if said is not None:
        return next((v for v in proposed if found is None or abs(v - said) < abs(float(found) - said)), said)
    prefixes = [companion.prefix for companion in batch.companions if isinstance(companion, Last)]
    ways = (
        proposed,
        (_allowed(column, row, check) for check in checks),
        (row.get(f"{prefix}{column}") for prefix in prefixes),
    )
    value = next((value for way in ways for value in way if value is not None), None)
    return None if value is None else float(value)


def _expected(doubts: Iterable[_Doubt]) -> dict[Cell, float]:
    """The value to be expected of each cell: the first that is said."""
    values: dict[Cell, float] = {}
    for cell, value in (cell for doubt in doubts for cell in doubt.cells.items()):
        if value is not None and isfinite(value):
            values.setdefault(cell, value)
    return values


def _allowed(column: str, row: Row, check: Check) -> float | None:
    """The nearest value that a check allows of a column, were the row's others right; None where it allows the one
    that is there, or nothing can be said.
    """
    if column not in check.columns or row[column] is None:
        return None
    found, arguments = float(row[column]), check.arguments
    if check.expectation is ExpectRelation:
        links = parse(arguments["relation"], arguments["digits"]).links
        return next((value for link in links if (value := _bound(column, row, link)) is not None), None)
    values = arguments.get("value_set", ())
    ends = {"min_value": -inf, "max_value": inf}
    low, high = (beyond if arguments.get(name) is None else arguments[name] for name, beyond in ends.items())
    nearest = min(values, key=lambda value: abs(value - found)) if values else min(max(found, low), high)
    return None if nearest == found else float(nearest)


def _bound(column: str, row: Row, link: Link) -> float | None:
    """The value of a column at which a link that fails begins to hold; None where it holds, or there are several."""
    if column not in link.columns or any(row.get(c) is None for c in link.columns):
        return None
    above, under = link.form.above, _worth(link.form.below, row)
    if not under or COMPARE[link.sign](_worth(above, row) / under, 0) or any(m.count(column) > 1 for m in above):
        return None
    slope = _worth({tuple(c for c in m if c != column): k for m, k in above.items() if column in m}, row)
    rest = _worth({m: k for m, k in above.items() if column not in m}, row)
    return -rest / slope if slope else None


def _worth(form: Polynomial, row: Row) -> float:
    return sum(float(factor) * prod(float(row[c]) for c in monomial) for monomial, factor in form.items())


# --- the total -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Totals:
    """Of a period the rows of the batch as they were `sent` and as they are `corrected`, both by `row_id`; `counting`
    says which of them are in the totals, `others` are the rows of other counties; all numbers are floats. `outstanding`
    is by how much a total would grow with the counties that are still to report.
    """

    sent: pl.DataFrame
    corrected: pl.DataFrame
    counting: pl.Series
    others: pl.DataFrame
    outstanding: float

    def effects(self, column: str, addend: pl.Expr, rows: Iterable[int]) -> Iterator[tuple[Cell, float]]:
        """The share of its total that each of these rows may make wrong; nothing of one that lacks its weight."""
        sent, right = (
            side.select(addend).to_series() for side in (self.corrected.with_columns(self.sent[column]), self.corrected)
        )
        smaller = pl.select(pl.when(self.counting).then(pl.min_horizontal(sent.abs(), right.abs())).fill_null(0.0))
        others = self.others.select(addend.abs().sum()).item() + smaller.sum().item()
        gaps = (sent.fill_null(0.0) - right).abs()
        for row_id in rows:
            if (gap := gaps[row_id]) is not None:
                total = self.outstanding * (others - smaller.item(row_id, 0) + abs(right[row_id]))
                # Where nothing at all is expected, all that was sent is wrong.
                yield (row_id, column), min(round(100 * gap / (total or gap or 1.0), DIGITS), MOST)


def _effects(expected: Mapping[Cell, float], batch: Batch, known: PriorState) -> dict[Cell, float]:
    """The share of its total that each cell may make wrong, in percent."""
    by_column: dict[str, dict[int, float]] = defaultdict(dict)
    for (row_id, column), value in expected.items():
        by_column[column][row_id] = value
    totals = _totals(by_column, batch, known)
    effects: dict[Cell, float] = {}
    for column, values in by_column.items():
        addend = _addend(batch.dataset[column])
        if addend is None:
            effects.update({(row_id, column): 0.0 for row_id in values})
        else:
            effects.update(totals.effects(column, addend, values))
    return effects


def _totals(by_column: Mapping[str, Mapping[int, float]], batch: Batch, known: PriorState) -> _Totals:
    own, period = ["receipt", "county_code"], batch.period
    numbers = [pl.col(i.column).cast(pl.Float64) for i in batch.dataset.indicators if i.numeric]
    sent = batch.rows.select(*own, *numbers)
    corrected = sent.with_columns(
        sent[column].scatter([*values], [*values.values()]) for column, values in by_column.items()
    )
    doubted = sent[sorted({row_id for values in by_column.values() for row_id in values})].select(own)
    returns = doubted.sort("receipt").unique("county_code", keep="last")
    counting = sent.select(pl.struct(own).is_in(returns.select(pl.struct(own)).to_series().implode())).to_series()
    others = known.rows(batch.dataset).filter(pl.col("period") == period)
    others = others.join(returns.lazy(), on="county_code", how="anti")
    came = {*known.accepted(batch.dataset).filter(pl.col("period") == period)["county_code"], *returns["county_code"]}
    due = {division.county_code for division in known.book.members(batch.dataset.owed_by, period)}
    outstanding = len(due | came) / len(came)
    return _Totals(sent, corrected, counting, others.select(numbers).collect(), outstanding)


def _addend(indicator: Indicator) -> pl.Expr | None:
    """What of a row enters the total of a number: itself or, of an average, itself times its weight."""
    roll_up, value = indicator.roll_up, pl.col(indicator.column)
    if roll_up.how == "weighted" and roll_up.weight and not roll_up.denominator:
        return value * pl.col(roll_up.weight)
    return value if roll_up.how == "sum" else None
