"""What edited rules would do to what is accepted: looked at before they hold, and nothing is written.

Every return in force is held to the rules as they are and as edited, each beside what is known today. Not looked at:
what quarantined returns would become (`xianbao rejudge` judges those again), nil returns, which have no rows, and what
follows for later returns from one that would no longer be there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal

import polars as pl

from expectations.analysis.rule_versions import SuiteVersions
from expectations.companions import Companion
from expectations.language.rules import Rule, all_checks
from expectations.validation.checkpoint import validate
from warehouse.codebook import Dataset
from warehouse.messages.finding import Severity
from warehouse.store.in_force import in_force
from warehouse.store.journal_records import Verdict
from warehouse.store.prior_state import PriorState

# A return of the dataset: period and county.
Owner = tuple[str, str]
# The returns that fail each rule.
Failing = Mapping[str, frozenset[Owner]]


@dataclass(frozen=True)
class RuleChange:
    """A rule that is not as it was, or fails others. `differs` are the parts that are changed, `companions` where it
    is what is joined before; `fails` and `passes` the returns in force, by period and county, that would newly fail
    it and no longer fail it.
    """

    rule: str
    how: Literal["added", "removed", "changed"]
    differs: tuple[str, ...]
    failing_before: int
    failing_after: int
    fails: tuple[Owner, ...]
    passes: tuple[Owner, ...]


@dataclass(frozen=True)
class VerdictChange:
    """A return in force whose verdict would be another."""

    period: str
    county_code: str
    verdict: Verdict
    would_be: Verdict


@dataclass(frozen=True)
class Preview:
    """What edited rules would do; `returns` is how many were looked at, `turned` is by period and county."""

    dataset: str
    periods: tuple[str, ...]
    returns: int
    changes: tuple[RuleChange, ...]
    turned: tuple[VerdictChange, ...]


def preview(before: SuiteVersions, after: SuiteVersions, known: PriorState) -> Preview:
    """What is accepted of the dataset, under its rules as they are and as edited. Reads `known` alone."""
    dataset = before.dataset
    return_headers = known.returns.lazy().filter(pl.col("dataset") == dataset.dataset).pipe(in_force).collect()
    recorded: dict[Owner, Verdict] = {
        (period, county): verdict
        for period, county, verdict in return_headers.select("period", "county_code", "verdict").rows()
    }
    failing_before: dict[str, set[Owner]] = defaultdict(set)
    failing_after: dict[str, set[Owner]] = defaultdict(set)
    turned: list[VerdictChange] = []
    owners: set[Owner] = set()
    periods = sorted({period for period, _ in recorded})
    for period in periods:
        was, would_be = _in_period(before, after, known, period)
        owners |= was.owners
        for failing, found in ((failing_before, was.failing), (failing_after, would_be.failing)):
            for rule, returns in found.items():
                failing[rule] |= returns
        turned += [
            VerdictChange(*owner, recorded[owner], verdict)
            for owner in sorted(was.owners)
            if (verdict := _verdict(recorded[owner], was.worst(owner), would_be.worst(owner))) != recorded[owner]
        ]
    changes = tuple(
        _change(rule, before.rules, after.rules, failing_before[rule], failing_after[rule])
        for rule in dict.fromkeys(rule.rule for rule in (*after.rules, *before.rules))
        if _versions(before.rules, rule) != _versions(after.rules, rule) or failing_before[rule] != failing_after[rule]
    )
    return Preview(dataset.dataset, tuple(periods), len(owners), changes, tuple(turned))


@dataclass(frozen=True)
class _Outcome:
    """How the returns of a period fare under some rules."""

    owners: frozenset[Owner]
    failing: Failing
    severities: Mapping[str, Severity]
    lacking: frozenset[Owner]

    def worst(self, owner: Owner) -> Severity | None:
        """The worst severity of what a return fails; None where it fails nothing. One that lacks a return to be
        compared with has a query for that.
        """
        failed = {self.severities[rule] for rule, owners in self.failing.items() if owner in owners}
        if "critical" in failed:
            return "critical"
        return "warning" if "warning" in failed or owner in self.lacking else None


def _in_period(
    before: SuiteVersions, after: SuiteVersions, known: PriorState, period: str
) -> tuple[_Outcome, _Outcome]:
    """The period's returns under both; rules that both have are asked once where they look at the same rows."""
    old, new = (tuple(r for r in written.rules if r.holds_in(period)) for written in (before, after))
    rows = joined(before.dataset, before.companions, known, period)
    was = _outcome(before, old, rows, _failing(old, rows))
    if before.companions != after.companions:
        rows = joined(after.dataset, after.companions, known, period)
        return was, _outcome(after, new, rows, _failing(new, rows))
    same = {rule.rule: was.failing[rule.rule] for rule in new if rule in old}
    changed = _failing([rule for rule in new if rule not in old], rows)
    return was, _outcome(after, new, rows, {**same, **changed})


def _outcome(written: SuiteVersions, rules: Iterable[Rule], rows: pl.DataFrame, failing: Failing) -> _Outcome:
    flags = [pl.col(companion.absent) for companion in written.companions if companion.absent]
    lacking = rows.filter(pl.any_horizontal(pl.lit(value=False), *flags))
    severities = {rule.rule: rule.severity for rule in rules}
    return _Outcome(frozenset(_owners(rows)), failing, severities, frozenset(_owners(lacking)))


def joined(dataset: Dataset, companions: Iterable[Companion], known: PriorState, period: str) -> pl.DataFrame:
    """The dataset's rows in force of a period, with the companions' columns and `row_id`, their position."""
    rows = known.rows(dataset).filter(pl.col("period") == period).with_row_index("row_id")
    for companion in companions:
        rows = rows.pipe(companion.join, known, dataset, period)
    return rows.collect()


def _failing(rules: Sequence[Rule], rows: pl.DataFrame) -> Failing:
    """The returns that fail each of the rules."""
    owners = _owners(rows)
    failing: dict[str, set[Owner]] = {rule.rule: set() for rule in rules}
    for failure in validate(all_checks(rules), rows):
        failing[failure.rule.rule] |= {owners[row_id] for row_id in failure.row_ids}
    return {rule: frozenset(returns) for rule, returns in failing.items()}


def _owners(rows: pl.DataFrame) -> list[Owner]:
    """The return that each row is of."""
    return rows.select("period", "county_code").rows()


def _verdict(recorded: Verdict, was: Severity | None, would_be: Severity | None) -> Verdict:
    """The verdict on a return in force whose worst failure is another; as recorded where it is the same.

    What reading asked of it is not known here: a return that its rules set free is called accepted.
    """
    if was == would_be:
        return recorded
    if would_be == "critical":
        return "quarantined"
    return "accepted_with_queries" if would_be == "warning" else "accepted"


def _versions(rules: Iterable[Rule], rule: str) -> tuple[Rule, ...]:
    return tuple(r for r in rules if r.rule == rule)


def _change(
    rule: str, before: Iterable[Rule], after: Iterable[Rule], was: set[Owner], would_be: set[Owner]
) -> RuleChange:
    old, new = _versions(before, rule), _versions(after, rule)
    differs = [
        field.name
        for field in fields(Rule)
        if [getattr(r, field.name) for r in old] != [getattr(r, field.name) for r in new]
    ]
    return RuleChange(
        rule=rule,
        how="added" if not old else "removed" if not new else "changed",
        differs=tuple(differs) or ("companions",) if old and new else (),
        failing_before=len(was),
        failing_after=len(would_be),
        fails=tuple(sorted(would_be - was)),
        passes=tuple(sorted(was - would_be)),
    )
