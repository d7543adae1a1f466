"""The walk of a number, from files to published marts: what `nightly` and `submit` have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter

import polars as pl

from flows.operation import name_run, utc
from flows.settings import Settings
from flows.time_limit import time_limit
from tasks.commit import commit
from tasks.judge import judge
from tasks.progress import Progress
from tasks.publish import find_lapsed, publish_marts
from tasks.read import read
from tasks.receive import clear_work, prepare_root, receive
from tasks.report import report
from tasks.run import Run
from tasks.tell import overdue_of, tell_run
from warehouse.messages.disk_errors import system_error
from warehouse.messages.log import log, log_fields
from warehouse.reports.lapsed_figures import LapsedFigure
from warehouse.reports.run_sentences import UNWRITTEN
from warehouse.reports.run_summary import Summary, summarise
from warehouse.store import journal
from warehouse.store.inbox import Arrivals
from warehouse.store.leftovers import Leftover


@dataclass
class Stages:
    """Names the stages as they pass, for whoever watches, and keeps their times; what was left from before; and what
    could not be written after the publishing. A stage that takes longer than `limit` seconds is ended.
    """

    limit: float
    seconds: dict[str, float] = field(default_factory=dict)
    recovered: tuple[Leftover, ...] = ()
    unwritten: list[str] = field(default_factory=list)

    @property
    def suspects(self) -> list[str]:
        """The files that are put off, for runs broke off with them in hand."""
        return [name for one in self.recovered if one.kind == "suspect" for name in one.names]

    @contextmanager
    def stage(self, name: str, what: str = "") -> Iterator[None]:
        """One stage; a name that comes again adds to its time."""
        log.info("%s %s ...", name, what)
        start = perf_counter()
        with time_limit(self.limit, f"{name} {what}", "XIANBAO_TASK_TIMEOUT_SECONDS"):
            yield
        took = perf_counter() - start
        self.seconds[name] = round(self.seconds.get(name, 0) + took, 3)
        log.info("%s %s: %.1f s", name, what, took)

    @contextmanager
    def spared(self, what: str) -> Iterator[None]:
        """What follows the publishing (a name of UNWRITTEN): whatever goes wrong with it is a warning, for the run has
        published.
        """
        try:
            yield
        except Exception as error:  # noqa: BLE001  (said as it is)
            self.unwritten.append(what)
            zh, en = UNWRITTEN[what]
            log.warning("%s; %s: %s", zh, en, system_error(error) or repr(error))


@contextmanager
def started(settings: Settings, flow: str, received_at: datetime | None) -> Iterator[tuple[Run, Stages]]:
    """A run under the next name in the journal, and its stages: it has the lock on the root, and the store is whole."""
    stages = Stages(settings.task_timeout_seconds)
    with settings.store.lock(settings.lock_wait_seconds):
        run = Run(
            name=journal.next_run(settings.store),
            flow=flow,
            received_at=utc(received_at),
            root_path=settings.store.path,
            ledger_url=settings.ledger,
            limits=settings.limits,
            folders=settings.folders,
            budgets=settings.budgets,
            open_share=settings.open_share,
        )
        with log_fields(run=run.name):
            prepare(run, stages)
            yield run, stages


def process(run: Run, arrivals: Arrivals, stages: Stages) -> Summary:
    """Receive, read, judge, commit, publish, report; says in the summary what waits and what was passed over."""
    received, large = receive_files(run, arrivals, stages) if arrivals.files else ([], [])
    periods, slow = read_files(run, len(received), stages) if received else ([], [])
    taken = arrivals.files.keys() & {*received} - {*slow}
    summary = judge_and_commit(run, periods, stages) if taken else publish_unpublished(run, stages)
    waiting = len(arrivals.waiting) + len(arrivals.files.keys() - taken)
    late = tuple(sorted([*large, *slow]))
    for name in late:
        log.warning("%s 所属文件夹或本批次已超出预算,留待最后; its folder, or the run, is over budget: it waits", name)
    return summary.model_copy(update={"waiting": waiting, "late": late, "skipped": len(arrivals.skipped)})


def receive_files(run: Run, arrivals: Arrivals, stages: Stages) -> tuple[list[str], list[str]]:
    """Receives the files; the names of those that have a receipt now, and of those over budget."""
    with stages.stage("receive", f"{len(arrivals.files)} files"):
        return receive(run, arrivals.files)


def read_files(run: Run, files: int, stages: Stages) -> tuple[list[str], list[str]]:
    """Reads what was received; the periods that there are, and the names of files over budget."""
    with stages.stage("read", f"{files} files"):
        return read(run)


def judge_and_commit(run: Run, periods: list[str], stages: Stages) -> Summary:
    """Judge, commit, publish, report what was read."""
    progress = Progress("xianbao-judging", f"judge 核对 {run.name}", len(periods))
    for period in periods:
        with stages.stage("judge", period):
            judge(run, period)
        progress.advance()
    return commit_and_publish(run, stages)


def commit_and_publish(run: Run, stages: Stages) -> Summary:
    """Commit, publish, report what was judged."""
    with stages.stage("commit", f"run {run.name}"):
        commit(run)
    return publish_and_report(run, stages)


def publish_and_report(run: Run, stages: Stages) -> Summary:
    """Publish, report what was committed."""
    name_run(run.name)
    version, lapsed = publish_what_counts(run, "the marts", stages)
    with stages.spared("report"), stages.stage("report", f"run {run.name}"):
        report(run)
    summary = summarise(journal.read_entry(run.root, run.name), version)
    return finish_run(run, summary.model_copy(update={"lapsed": lapsed}), stages)


def publish_unpublished(run: Run, stages: Stages) -> Summary:
    """A run without files publishes only what an interrupted one left unpublished."""
    version, lapsed = publish_what_counts(run, "what is left", stages)
    return finish_run(run, Summary(version=version, lapsed=lapsed), stages)


def publish_interrupted(run: Run, stages: Stages) -> None:
    """Publishes what an interrupted run left unpublished, before this one decides."""
    if any(one.kind == "unpublished" for one in stages.recovered):
        publish_unpublished(run, stages)


def publish_what_counts(run: Run, what: str, stages: Stages) -> tuple[str | None, tuple[LapsedFigure, ...]]:
    """The snapshot published, None where there was nothing to publish, and the figures that lapsed in it."""
    lapsed: tuple[LapsedFigure, ...] = ()
    with stages.stage("publish", what):
        version = publish_marts(run)
    with stages.spared("comparison"), stages.stage("compare", "with the last snapshot"):
        lapsed = find_lapsed(run, version)
    return version, lapsed


def finish_run(run: Run, summary: Summary, stages: Stages) -> Summary:
    """The run has come to its end: Prefect is told, no scratch is left but where a report is still to be made of it.
    Its summary, with what the stages know.
    """
    if "report" not in stages.unwritten:
        clear_work(run)
    overdue = pl.DataFrame()
    with stages.spared("comparison"):
        overdue = overdue_of(run)
    known = {"recovered": stages.recovered, "overdue": overdue.height, "unwritten": tuple(stages.unwritten)}
    done = summary.model_copy(update=known)
    with stages.spared("artifacts"), stages.stage("tell", "Prefect"):
        tell_run(run, done, overdue)
    return done.model_copy(update={"seconds": stages.seconds, "unwritten": tuple(stages.unwritten)})


def prepare(run: Run, stages: Stages) -> None:
    """Makes the store whole after whatever came before, and says what had been left."""
    with stages.stage("prepare", "the store"):
        stages.recovered = tuple(prepare_root(run))
    log_recovered(stages.recovered)


def log_recovered(recovered: Iterable[Leftover]) -> None:
    """Says what a run that broke off had left, and what was done about it."""
    for one in recovered:
        log.warning("%s; %s", one.message_zh, one.message_en)
