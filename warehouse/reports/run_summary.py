"""A run in numbers, and its findings as a table that opens in a spreadsheet and as a text to read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict

from warehouse.messages.finding import OF_ONE, Severity
from warehouse.messages.finding_groups import RuleGroup, by_rule, ranked
from warehouse.messages.priorities import Priorities, priorities
from warehouse.messages.spreadsheet import harmless_cell
from warehouse.reports.findings_text import findings_markdown
from warehouse.reports.lapsed_figures import LapsedFigure
from warehouse.reports.report_digests import seal_report
from warehouse.store.files import write_durably
from warehouse.store.journal_records import Entry, PeriodRecord, ReturnDecision
from warehouse.store.leftovers import Leftover

# The findings as a text, which is written after the table.
FINDINGS, LAST = "findings.csv", "findings.md"
BYTE_ORDER_MARK = "\ufeff".encode()


class PeriodSummary(BaseModel):
    """What a run did with one period: counties with a return, and returns by verdict."""

    model_config = ConfigDict(frozen=True)

    period: str
    counties: int
    accepted: int
    accepted_with_queries: int
    quarantined: int


class DatasetSummary(BaseModel):
    """What a run did with the returns of one dataset, of all periods, by verdict."""

    model_config = ConfigDict(frozen=True)

    dataset: str
    returns: int
    accepted: int
    accepted_with_queries: int
    quarantined: int


class Summary(BaseModel):
    """What a run did. `errors` and `queries` count findings that are open, `groups` has these by rule, `priorities` the
    cells to look at first; `explained` counts queries that a county has answered. The verdicts count returns; `held`
    counts figures above the county that the run holds back, `waiting_returns` those that wait, for their period is
    approved.

    `files` counts what may hold returns: members of the `archives` that were unpacked, but not these themselves.
    `overdue` are the counties that owe returns whose day had passed when the run began, in the snapshot as it is then.
    `waiting` were left for the next run, of these the `late`, by name, for budgets; `skipped` are links and special
    files. `before` is the run that took in what did not have to wait for its turn.
    `recovered` says what a run that broke off had left, and what was done about it.
    `unwritten` names what was to follow the publishing and could not be written (`run_sentences.UNWRITTEN`).
    `run` is None where nothing was new, `version` where nothing was published. `lapsed` are the published figures that
    held in the snapshot before that one and hold no longer. `seconds` is by stage.
    """

    model_config = ConfigDict(frozen=True)

    run: str | None = None
    files: int = 0
    archives: int = 0
    unreadable: int = 0
    duplicates: int = 0
    waiting: int = 0
    late: tuple[str, ...] = ()
    skipped: int = 0
    overdue: int = 0
    periods: tuple[PeriodSummary, ...] = ()
    datasets: tuple[DatasetSummary, ...] = ()
    accepted: int = 0
    accepted_with_queries: int = 0
    quarantined: int = 0
    errors: int = 0
    queries: int = 0
    explained: int = 0
    held: int = 0
    waiting_returns: int = 0
    groups: tuple[RuleGroup, ...] = ()
    priorities: Priorities | None = None
    version: str | None = None
    lapsed: tuple[LapsedFigure, ...] = ()
    recovered: tuple[Leftover, ...] = ()
    unwritten: tuple[str, ...] = ()
    seconds: dict[str, float] = {}
    before: Summary | None = None

    @property
    def good(self) -> bool:
        """Nothing was quarantined or held back or waits, nothing unreadable, no other fault found in a file."""
        faults = self.quarantined or self.unreadable or self.errors or self.held or self.waiting_returns
        return not faults and (self.before is None or self.before.good)

    def followed_by(self, last: Summary) -> Summary:
        """Both turns of a night, of which the last took in what was late or put off."""
        both = {
            "waiting": self.waiting - len(self.late) + last.waiting,
            "late": last.late,
            "overdue": last.overdue,
            "unwritten": tuple(dict.fromkeys(self.unwritten + last.unwritten)),
        }
        if last.run is None:
            return self.model_copy(update=both)
        before = self if self.run else None
        return last.model_copy(
            update={**both, "skipped": self.skipped, "recovered": self.recovered + last.recovered, "before": before}
        )


def summarise(entry: Entry, version: str | None) -> Summary:
    """The run as its journal entry has it."""
    verdicts = Counter(d.verdict for d in entry.decisions)
    receipts = Counter(r.verdict for r in entry.receipts)
    unsettled = [f for f in entry.all_findings if f.open]
    severities: Counter[Severity] = Counter()
    for finding in unsettled:
        severities[finding.severity] += finding.times
    return Summary(
        run=entry.run,
        files=len(entry.receipts) - receipts["unpacked"],
        archives=receipts["unpacked"],
        unreadable=receipts["unreadable"],
        duplicates=receipts["duplicate"],
        periods=tuple(_summarise_period(period) for period in entry.periods),
        datasets=tuple(_summarise_datasets(entry.decisions)),
        accepted=verdicts["accepted"],
        accepted_with_queries=verdicts["accepted_with_queries"],
        quarantined=verdicts["quarantined"],
        errors=severities["critical"],
        queries=severities["warning"],
        explained=sum(f.times for f in entry.all_findings if f.explanation),
        held=sum(one.state == "held" for one in entry.holds),
        waiting_returns=len(entry.waiting),
        groups=by_rule(unsettled),
        priorities=priorities(finding.row for finding in unsettled),
        version=version,
    )


def _summarise_period(judged: PeriodRecord) -> PeriodSummary:
    counties = len({d.county_code for d in judged.decisions})
    return PeriodSummary(period=judged.period, counties=counties, **_verdicts(judged.decisions))


def _summarise_datasets(decisions: Iterable[ReturnDecision]) -> Iterator[DatasetSummary]:
    """A summary a dataset, by its name."""
    of: dict[str, list[ReturnDecision]] = defaultdict(list)
    for decision in decisions:
        of[decision.dataset].append(decision)
    for dataset, own in sorted(of.items()):
        yield DatasetSummary(dataset=dataset, returns=len(own), **_verdicts(own))


def _verdicts(decisions: Iterable[ReturnDecision]) -> dict[str, int]:
    counted = Counter[str](d.verdict for d in decisions)
    return {verdict: counted[verdict] for verdict in ("accepted", "accepted_with_queries", "quarantined")}


def write_findings(entry: Entry, folder: Path, without: Collection[int] = ()) -> Path:
    """All findings of the run, but those of forgotten receipts, as `findings.csv`, in the order of `ranked`: UTF-8 with
    a byte order mark, without which Excel guesses.

    A value that a spreadsheet would run as a formula is written as text. `findings.md` beside it has them grouped; the
    hashes of both are written last.
    """
    path, findings = folder / FINDINGS, ranked(one for one in entry.all_findings if one.receipt not in without)
    rows = pl.DataFrame([f.row for f in findings], dict.fromkeys(OF_ONE, pl.String), strict=False)
    shown = rows.with_columns(harmless_cell(pl.col(pl.String)))
    write_durably(path, BYTE_ORDER_MARK + shown.write_csv().encode())
    write_durably(folder / LAST, findings_markdown(entry.run, findings).encode())
    seal_report(folder)
    return path
