"""What `xianbao rules` gathers: the list of rules, and what an edited file would do. It imports Great Expectations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from expectations.analysis.preview import Preview, preview
from expectations.analysis.rule_faults import rule_defects
from expectations.analysis.rule_versions import SOME_PERIOD, SuiteVersions, load_edited
from expectations.language.rules import Rule
from expectations.linear.linearise import said
from expectations.suites import returns
from flows.settings import Settings
from warehouse.codebook import Codebook, Dataset, load
from warehouse.messages.errors import PermanentError
from warehouse.store import journal
from warehouse.store.prior_state import RETURNS, PriorState, decided


@dataclass(frozen=True)
class RuleEntry:
    """A rule with the datasets that have it; `checks` are what it says of their columns, in words."""

    rule: str
    severity: str
    datasets: tuple[str, ...]
    reason_zh: str
    reason_en: str
    source: str
    holds_from: str
    holds_until: str
    checks: tuple[str, ...]


def list_rules(book: Codebook, dataset: str | None = None) -> list[RuleEntry]:
    """Every rule once, those of several datasets first, then in the order of datasets; or those of one dataset.

    Raises PermanentError for a dataset that is not in the codebook.
    """
    if dataset is not None and dataset not in book.datasets:
        raise PermanentError(f"{dataset} is no dataset; there are {', '.join(book.datasets)}")
    merged: dict[tuple[str, ...], RuleEntry] = {}
    for one in book.datasets.values() if dataset is None else [book.datasets[dataset]]:
        for rule in _rules_of(one, book):
            key = (*rule.meta.values(),)
            new = _listed(rule, one)
            merged[key] = _both(merged[key], new) if key in merged else new
    return sorted(merged.values(), key=lambda listed: -len(listed.datasets) if len(listed.datasets) > 1 else 0)


def _rules_of(dataset: Dataset, book: Codebook) -> tuple[Rule, ...]:
    of_returns = returns.about(returns.rules(book, SOME_PERIOD), dataset.dataset)
    return (*of_returns, *SuiteVersions.of(dataset).rules)


def _listed(rule: Rule, dataset: Dataset) -> RuleEntry:
    return RuleEntry(
        rule=rule.rule,
        severity=rule.severity,
        datasets=(dataset.dataset,),
        reason_zh=rule.reason_zh,
        reason_en=rule.reason_en,
        source=rule.source,
        holds_from=rule.holds_from,
        holds_until=rule.holds_until,
        checks=tuple(said(check) for check in rule.checks),
    )


def _both(one: RuleEntry, other: RuleEntry) -> RuleEntry:
    checks = tuple(dict.fromkeys((*one.checks, *other.checks)))
    return RuleEntry(**{**vars(one), "datasets": one.datasets + other.datasets, "checks": checks})


def preview_file(settings: Settings, file: Path) -> Preview:
    """What an edited copy of a suite's file would do to what is accepted in the root; writes nothing.

    Raises PermanentError, saying what to mend, where the file cannot be loaded or its rules cannot be right.
    """
    book = load()
    after = load_edited(file, book)
    faults = rule_defects(after, book)
    if faults:
        told = "".join(f"\n  {fault.rules[0]} {fault.says}" for fault in faults)
        raise PermanentError(f"{file}: its rules cannot be applied as they are:{told}")
    return preview(SuiteVersions.of(after.dataset), after, known_today(settings, book))


def known_today(settings: Settings, book: Codebook) -> PriorState:
    """What the journal has, read without the root's lock: each run in it is whole, and none is ever changed."""
    runs = journal.runs(settings.store)
    taken = [decided(journal.read_entry(settings.store, run).decisions, run) for run in runs]
    returns_known = pl.concat([pl.DataFrame(schema=RETURNS), *(frame.select(*RETURNS) for frame in taken)])
    return PriorState(book, settings.store.history, runs, returns_known)
