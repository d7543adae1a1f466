"""What a run decides, as it stands in the journal."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from warehouse.intake.model.records import Note, Receipt, Status
from warehouse.messages.finding import Finding, Severity

Verdict = Literal["accepted", "accepted_with_queries", "quarantined", "withdrawn"]
ReceiptVerdict = Literal["read", "unreadable", "duplicate", "unpacked"]
# The flow of a run that only merges files of rows.
COMPACT = "compact"
# The flow of a run that removes for good what must not be kept.
FORGET = "forget"
# The flows of runs in which the province approves a period, and opens it again.
RELEASE_PERIOD, REOPEN = "release", "reopen"
ACCEPTED: tuple[Verdict, ...] = ("accepted", "accepted_with_queries")
# What a run came to. It is of the entry itself: what is forgotten later was received and found all the same.
COUNTED = ("files", "unreadable", "duplicates", "decided", "accepted", "quarantined", "withdrawn", "findings")


class JournalRecord(BaseModel):
    """A part of a journal entry: immutable, and with no field that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ReceiptDecision(JournalRecord):
    """What became of one receipt as a whole; its returns have verdicts of their own.

    `unpacked` is an archive of which at least one member was taken in; members have receipts of their own, under the
    archive's name.
    """

    receipt: Receipt
    verdict: ReceiptVerdict


class ReturnDecision(JournalRecord):
    """The verdict on one return. `version` counts the accepted versions of a county x dataset x period from 1; it
    is None for one that was not accepted. `failed`, `explained` (queries that the county has answered) and
    `not_evaluated` count checks of rows by rule; those not counted passed.

    `reason` is that of a person who withdrew or waived the return, and `by` their name where they gave it; such a
    decision counts no checks, for none were made. Both are None where the rules decided.
    """

    receipt: int
    submission: str
    file: str
    dataset: str
    county_code: str
    period: str
    status: Status
    nil: bool
    rows: int
    verdict: Verdict
    version: int | None
    failed: dict[str, int]
    explained: dict[str, int] = {}
    not_evaluated: dict[str, int]
    reason: str | None = None
    by: str | None = None


class RuleRecord(JournalRecord):
    """A rule as it was applied to a dataset and period: how many checks it makes, of each row or of each return."""

    dataset: str
    period: str
    rule: str
    severity: Severity
    checks: int
    per_row: bool
    reason_zh: str
    reason_en: str
    source: str


class RollUpRecord(JournalRecord):
    """How a rule's relations fare on the sums of the counties that count, at one level of one dataset and period.

    `evaluated` counts its checks of areas, `failing` are those that failed (code, name, what was found). `counties`
    is the most that entered one sum.
    """

    dataset: str
    period: str
    rule: str
    severity: Severity
    level: str
    counties: int
    evaluated: int
    failing: tuple[str, ...]


class NoteRecord(JournalRecord):
    """A county's note on its return, and whether there was a query for it to answer."""

    note: Note
    answered: bool


class Mover(JournalRecord):
    """A return that moves a figure, and its share of the move, in percent: more than 100 where others move it back."""

    receipt: int
    submission: str
    file: str
    county_code: str
    share: float


MOVERS = TypeAdapter(tuple[Mover, ...])
Place = tuple[str, str, str, str, str]


class HoldRecord(JournalRecord):
    """What the gate says of a figure above the county, or a person of what it said; the last one of a figure counts.

    `held`: it moved beyond its bound and is published as it was known at the run `since`, None where nothing was known
    before; `warned`: it moved, and is published all the same; `lifted`: it is within its bound again; `released`: a
    person let it through, with `reason` and `by`. `against` says what it is compared with: the `snapshot` of `since`,
    the last `period`, or the same of a `year` ago. `before` and `after` are the figure then and now over the counties
    that are there both times, `low` and `high` its bounds, all in base units. `returns` are those that move it beyond,
    the largest first. `let_through` are the counties whose move of it a person released, then or before: it is not
    compared with earlier periods over them.
    """

    dataset: str
    period: str
    indicator: str
    level: str
    code: str
    state: Literal["held", "warned", "lifted", "released"]
    against: Literal["snapshot", "period", "year"]
    since: str | None
    before: str
    after: str
    low: str
    high: str
    returns: tuple[Mover, ...]
    let_through: tuple[str, ...] = ()
    reason: str | None = None
    by: str | None = None

    @property
    def figure(self) -> Place:
        """What it is about: dataset, period, indicator, level and code of the area."""
        return self.dataset, self.period, self.indicator, self.level, self.code

    @property
    def active(self) -> bool:
        """Whether it waits for somebody: the county corrects the return, or a person releases the figure."""
        return self.state in ("held", "warned")


class WaitingReturn(JournalRecord):
    """A return that came for a period that is approved: it is kept, nothing is decided of it until the period is opened
    again.
    """

    receipt: int
    submission: str
    file: str
    dataset: str
    county_code: str
    period: str
    status: Status
    nil: bool


class ReleaseRecord(JournalRecord):
    """That the province approved a period, or opened it again, with the `reason` (of a release its note) and name of
    the person. The counts say what was approved: returns due, accepted, missing and quarantined, those accepted with
    queries or provisional, figures above the county that are held; `opened` whether the period was open. Of a reopening
    they are None.
    """

    state: Literal["approved", "reopened"]
    reason: str
    by: str
    opened: bool | None = None
    due: int | None = None
    accepted: int | None = None
    missing: int | None = None
    quarantined: int | None = None
    queried: int | None = None
    provisional: int | None = None
    held: int | None = None


class PeriodRecord(JournalRecord):
    """What a run decided of one period; `files` are those that its rows were written to, below the root, each with
    the SHA-256 of its bytes. Of a compaction they are the merged ones, and there is nothing else; of a run that forgot
    something too, with what had been quarantined withdrawn. `holds` is what became otherwise of its figures, `waiting`
    are returns that came while it was approved, `release` is what the province said of the period as a whole.

    `rules` are those that were applied, as decided; written, the entry names lists of them by SHA-256 in `rule_lists`
    (`rule_lists.py`), but for those of before there were any, which have them whole.
    """

    period: str
    decisions: tuple[ReturnDecision, ...]
    rules: tuple[RuleRecord, ...]
    rule_lists: tuple[str, ...] = Field(default=(), exclude_if=lambda lists: not lists)
    findings: tuple[Finding, ...]
    roll_ups: tuple[RollUpRecord, ...] = ()
    notes: tuple[NoteRecord, ...] = ()
    files: dict[str, str] = {}
    # Left out of what is written where nothing is said of figures, as of nearly every period.
    holds: tuple[HoldRecord, ...] = Field(default=(), exclude_if=lambda holds: not holds)
    waiting: tuple[WaitingReturn, ...] = Field(default=(), exclude_if=lambda waiting: not waiting)
    release: ReleaseRecord | None = Field(default=None, exclude_if=lambda release: release is None)


class ForgetRecord(JournalRecord):
    """What was removed for good: the receipts of one submission, and of its members, if it was an archive.

    `said` are the datasets and periods of which the store had said something by them, None where a finding was of
    neither. `reason` is why they must not be kept, `by` who decided it; when, is the run's time.
    """

    submission: str
    receipts: tuple[int, ...]
    said: tuple[tuple[str | None, str | None], ...]
    reason: str
    by: str


class Entry(JournalRecord):
    """One run in the journal; that it stands there commits the run. `previous` is its predecessor's head
    (`journal.heads`): None in the first one, and in those of before it was kept. `forgotten` is of a run that removed
    something for good.
    """

    run: str
    previous: str | None = None
    flow: str
    received_at: datetime
    receipts: tuple[ReceiptDecision, ...]
    periods: tuple[PeriodRecord, ...]
    findings: tuple[Finding, ...]
    forgotten: ForgetRecord | None = None

    @property
    def decisions(self) -> tuple[ReturnDecision, ...]:
        """The verdicts on returns, period by period."""
        return tuple(d for p in self.periods for d in p.decisions)

    @property
    def holds(self) -> tuple[HoldRecord, ...]:
        """What became otherwise of figures above the county, period by period."""
        return tuple(one for p in self.periods for one in p.holds)

    @property
    def waiting(self) -> tuple[WaitingReturn, ...]:
        """The returns that wait for their period to be opened again, period by period."""
        return tuple(one for p in self.periods for one in p.waiting)

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """Findings of files first, then those of returns, period by period."""
        return (*self.findings, *(f for p in self.periods for f in p.findings))

    @property
    def counts(self) -> dict[str, int]:
        """How many files were received, returns decided on and findings told (COUNTED)."""
        files = Counter(one.verdict for one in self.receipts)
        returns = Counter(one.verdict for one in self.decisions)
        accepted = sum(returns[verdict] for verdict in ACCEPTED)
        counts = (
            *(files.total(), files["unreadable"], files["duplicate"]),
            *(returns.total(), accepted, returns["quarantined"], returns["withdrawn"]),
            len(self.all_findings),
        )
        return dict(zip(COUNTED, counts, strict=True))
