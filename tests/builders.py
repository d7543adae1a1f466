"""What tests build with: rows and returns by hand, workbooks cell by cell, and a whole night without Prefect."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Self

import openpyxl
import pandas as pd
import polars as pl
import polars.selectors as cs

from expectations.data_docs.recovered_pages import publish_recovered_pages
from warehouse.codebook import load
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.model.records import Receipt, ReceivedFile, ReturnHeader, SubmissionReading
from warehouse.intake.reading import InForce, Reading, load_reading, merged, read_part, save_reading
from warehouse.intake.sandbox.reader_pool import read_isolated
from warehouse.intake.submission import read_submission
from warehouse.maintenance.installation import Installation
from warehouse.maintenance.recover import prepare
from warehouse.marts.as_known import AsKnown
from warehouse.marts.partitions import Partition, partitions_of
from warehouse.marts.sources import Sources
from warehouse.reports.run_artifacts import RunPage
from warehouse.reports.run_summary import Summary, summarise, write_findings
from warehouse.snapshots import publish as publishing
from warehouse.snapshots.manifest import read_manifest
from warehouse.snapshots.publish import Plan, damaged, publish, record_snapshot
from warehouse.snapshots.views import heal
from warehouse.store import journal, ledger, rejudging
from warehouse.store.archive import original, original_of
from warehouse.store.files import Root
from warehouse.store.inbox import Arrival, SettleTimes, new_files
from warehouse.store.prior_state import in_force_submissions
from warehouse.store.receive import keep_files, load_receipts, number, save_receipts
from warehouse.store.rejudging import Change, Scope
from warehouse.store.staging import approved_periods, entry_of, load_staged, prior_state, save_returns, stage_period
from warehouse.store.waiting_returns import kept_waiting, waiting_submissions
from warehouse.synthetic import Return, write_returns

BOOK = load()
# Three counties of one prefecture that are in force in every year of the sample.
YANGGAO, TIANZHEN, GUANGLING = "140221", "140222", "140223"
NAMES = {d.county_code: d.name_zh for d in BOOK.divisions}
RECEIVED = datetime(2018, 7, 5, 3, 0, tzinfo=UTC)
NO_WAIT = SettleTimes(settle_seconds=0)


def page(summary: Summary, root: Root | None = None, overdue: pl.DataFrame | None = None) -> str:
    """The page of a run in Prefect, with nothing published."""
    return RunPage(summary, root or Root(Path("root")), None, pl.DataFrame() if overdue is None else overdue).markdown()


# --- returns and files ---------------------------------------------------------------------------------------------


def row(dataset: str, **values: Any) -> dict[str, Any]:
    """A row of a dataset: what is given, zero in the other required numbers, blank elsewhere."""
    columns = BOOK.datasets[dataset].indicators
    assert values.keys() <= set(BOOK.datasets[dataset].columns)
    return {i.column: 0 if i.required == "true" and i.numeric else None for i in columns} | values


def finance(lent: int = 1000, households: int = 1, **values: Any) -> dict[str, Any]:
    """A row of microcredit that keeps every rule."""
    return row("finance", loan_amount_yuan=lent, loan_households=households, household_use_amount_yuan=lent, **values)


def village(code: str, *dates: date | None, **values: Any) -> dict[str, Any]:
    """A village of the register with its dates started, completed, demolished."""
    started, completed, demolished = (*dates, None, None, None)[:3]
    named = {"village_code": code, "village_name": f"村{code}", "township": "乡"}
    return row(
        "relocation_villages", **named, started_on=started, completed_on=completed, demolished_on=demolished, **values
    )


def given(county_code: str, period: str, dataset: str, *rows: Mapping[str, Any]) -> Return:
    """A return with these rows; nil without any. A village's code is made one of the county's."""
    own = [{**r, "village_code": code_of(county_code, r["village_code"])} if "village_code" in r else r for r in rows]
    return Return(county_code, period, dataset, "reported", not rows, tuple(own))


def code_of(county_code: str, code: str) -> str:
    """A county's village code of twelve digits that ends with what is given: 140221000001 for 1."""
    return f"{county_code}{code.removeprefix(county_code):0>6}"


def send(folder: Path, *returns: Return) -> Path:
    """Writes the returns below `folder` as counties send them, a workbook for each county and period."""
    write_returns(folder, returns)
    return folder


Cells = Sequence[Sequence[Any]]


def cover(
    listed: Iterable[tuple[Any, ...]] = (("金融扶贫", "finance", "有", "报送"),),
    code: Any = YANGGAO,
    name: Any = "阳高县",
    period: Any = "2017-12",
) -> Cells:
    """The rows of a cover sheet."""
    return [
        ["县级报表"],
        ["区划代码", code],
        ["县(市、区)", name],
        ["报告期", period],
        ["报表", "代码", "填报情况", "状态"],
        *listed,
    ]


def sheet(dataset: str, *rows: Mapping[str, Any]) -> Cells:
    """The rows of a dataset's sheet with the template's headers; values as they are typed, not in base units."""
    indicators = BOOK.datasets[dataset].indicators
    return [[i.header_zh for i in indicators], *([r[i.column] for i in indicators] for r in rows)]


def write_book(path: Path, sheets: Mapping[str, Cells]) -> Path:
    """A workbook with these cells."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for at, values in enumerate(rows, start=1):
            for place, value in enumerate(values, start=1):
                page.cell(at, place, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def receipt_of(path: Path, receipt: int = 1, submission: str = "ab" * 32) -> ReceivedFile:
    return ReceivedFile(Receipt(receipt=receipt, submission=submission, file=path.name, received_at=RECEIVED), path)


def read_file(path: Path) -> SubmissionReading:
    """What one file says."""
    return read_submission(receipt_of(path), Limits())


def read_submissions(received: Iterable[ReceivedFile], limits: Limits, in_force: InForce | None) -> Reading:
    """Reads the files one after the other in this process; `in_force` as in `merged`."""
    return merged([read_part(received, limits, {})], in_force)


class InThisProcess:
    """In the place of `Readers`: starting child processes takes longer than all else here."""

    def __init__(self, limits: Limits, *_: Path) -> None:
        self.limits = limits

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self, received: list[ReceivedFile], in_force: InForce | None, *_: object) -> Reading:
        return read_submissions(received, self.limits, in_force)


def read_files(*paths: Path) -> Reading:
    """The typed reading of files, numbered in this order."""
    received = [receipt_of(p, n, f"{n:064x}") for n, p in enumerate(paths, start=1)]
    return read_submissions(received, Limits(), {})


def to_pandas(batch: pl.DataFrame) -> pd.DataFrame:
    """The batch for the stock engine, the oracle; numbers as floats, for its integers overflow without a word."""
    return batch.with_columns((cs.numeric() - cs.by_name("row_id")).cast(pl.Float64)).to_pandas()


# --- a night -------------------------------------------------------------------------------------------------------


def ledger_of(root: Path) -> str:
    """The URL of a root's ledger; another database's for a test that says so."""
    return f"sqlite:///{root / 'ledger.db'}"


def url(root: Root) -> str:
    return ledger_of(root.path)


def installation(root: Root) -> Installation:
    """What operations on the root are told; they wait for nobody."""
    return Installation(root, url(root))


def receive(root: Root, files: Mapping[str, Arrival], received_at: datetime = RECEIVED) -> list[Receipt]:
    """The receipts of these files and of what the archives among them hold, all of them kept."""
    kept, _ = keep_files(root, files, Limits(), None, {})
    return number(url(root), kept, received_at)


def night(
    root: Root,
    inbox: Path,
    received_at: datetime = RECEIVED,
    patience: SettleTimes = NO_WAIT,
    *,
    in_children: bool = False,
) -> Summary:
    """What flows/pipeline.py does, by the rooms' plain functions: no Prefect. Files are read in this process, or
    `in_children` of its own, as in production.
    """
    from expectations.data_docs.files import write_result  # noqa: PLC0415
    from expectations.data_docs.pages import publish_pages  # noqa: PLC0415
    from expectations.judge import judge_period  # noqa: PLC0415
    from expectations.settle_holds import settle_holds  # noqa: PLC0415

    with root.lock(0):
        run = journal.next_run(root)
        recovered = prepare(root, url(root), publish_recovered_pages)
        arrivals = new_files(inbox, ledger.latest_by_file(ledger.open_ledger(url(root))), patience)
        receipts = receive(root, arrivals.files, received_at)
        passed = {
            "waiting": len(arrivals.waiting) + len(arrivals.files.keys() - {r.file for r in receipts}),
            "skipped": len(arrivals.skipped),
            "recovered": recovered,
        }
        if not receipts:
            return Summary(version=publish_new(root), **passed)
        work = root.work / run
        save_receipts(work / "receipts.json", receipts)
        received = [original_of(root, r) for r in load_receipts(work / "receipts.json")]
        in_force = in_force_submissions(save_returns(url(root), work / "returns.arrow"))
        in_force |= waiting_submissions(ledger.open_ledger(url(root)))
        if in_children:
            made = read_isolated(received, Limits(), in_force, {}, work / "parts")
        else:
            made = read_submissions(received, Limits(), in_force)
        save_reading(made, work / "read")
        reading = load_reading(work / "read")
        for period in sorted({head.period for head in reading.return_headers}):
            if period in approved_periods(work / "returns.arrow"):
                stage_period(root, run, work / "judged", kept_waiting(reading, period), {}, {})
                continue
            known = prior_state(root, run, work / "returns.arrow", work / "judged")
            judged = judge_period(period, reading, known, received_at)
            stage_period(root, run, work / "judged", judged.record, judged.accepted, judged.quarantined)
            for result in judged.validations:
                write_result(result, work / "validations")
        settle_holds(root, run, work / "returns.arrow", work / "judged", judged=True)
        entry = entry_of(run, "nightly", received_at, reading, load_staged(work / "judged"))
        journal.commit(root, entry)
        ledger.catch_up(ledger.open_ledger(url(root)), root)
        version = publish_new(root)
        write_findings(entry, root.reports / run)
        publish_pages(work / "validations", root.reports / run)
        return summarise(entry, version).model_copy(update=passed)


def judge_again(root: Root, scope: Scope, received_at: datetime = RECEIVED, *, dry_run: bool = False) -> list[Change]:
    """What flows/rejudge.py does, by the rooms' plain functions."""
    from expectations.judge import judge_period  # noqa: PLC0415

    with root.lock(0):
        run, engine = journal.next_run(root), ledger.open_ledger(url(root))
        prepare(root, url(root))
        keys = rejudging.chosen(engine, scope)
        received = [original(root, r) for r in rejudging.receipts_of(engine, keys)]
        reading = rejudging.restricted(read_submissions(received, Limits(), None), keys)
        work, returns, changes = root.work / run, root.work / "returns.arrow", []
        save_returns(url(root), returns)
        for period in sorted({head.period for head in reading.return_headers}):
            judged = judge_period(period, reading, prior_state(root, run, returns, work), received_at)
            before = rejudging.prior_decisions(engine, period)
            decisions = rejudging.changed(judged.record, before)
            kept = judged.only(map(rejudging.key_of, decisions))
            if decisions:
                stage_period(root, run, work, kept.record, kept.accepted, kept.quarantined)
            changes += [rejudging.change(decision, before.get(rejudging.key_of(decision))) for decision in decisions]
        if changes and not dry_run:
            journal.commit(root, entry_of(run, "rejudge", received_at, reading, load_staged(work)))
            ledger.catch_up(engine, root)
            publish_new(root)
        return changes


def publish_new(root: Root) -> str | None:
    """Publishes what the last snapshot lacks; the version, None where it lacks nothing."""
    done, last = ledger.deciding(ledger.open_ledger(url(root)), root), read_manifest(root)
    if not done or (last and last.run == done[-1] and not damaged(root, last)):
        heal(root, BOOK)
        if last:
            record_snapshot(ledger.open_ledger(url(root)), last)
        return None
    manifest = publish(root, Plan.of(knowledge(root)), BOOK)
    record_snapshot(ledger.open_ledger(url(root)), manifest)
    return manifest.version


def sources(root: Root, moment: datetime | None = None) -> Sources:
    return knowledge(root, moment).everything


def knowledge(root: Root, moment: datetime | None = None) -> AsKnown:
    return AsKnown.of(BOOK, root.history, ledger.open_ledger(url(root)), 0, moment)


def mart(root: Root, name: str) -> pl.DataFrame:
    """A mart of the last snapshot."""
    manifest = read_manifest(root)
    assert manifest is not None
    return manifest.scan(root, name).collect()


def marts(root: Root) -> dict[str, pl.DataFrame]:
    """Every mart of the last snapshot."""
    manifest = read_manifest(root)
    assert manifest is not None
    return {name: mart(root, name) for name in manifest.marts}


def verdicts(root: Root) -> dict[tuple[int, str, str, str], tuple[str, int | None]]:
    """Verdict and version of each decided return, by receipt, county, period and dataset."""
    decided = sources(root).returns
    keys = decided.select("receipt", "county_code", "period", "dataset").iter_rows()
    return dict(zip(keys, decided.select("verdict", "version").iter_rows(), strict=True))


# A mart of each kind, those that are quickly made, for tests that are about something else.
FEW = {
    "dim_code", "dim_county", "dim_dataset", "dim_indicator", "dim_period", "dim_rule", "fact_indicator",
    "fact_relocation_villages", "mart_changes", "mart_completeness", "mart_finance", "mart_findings", "mart_quality",
    "mart_relocation", "mart_runs", "mart_to_chase", "mart_versions",
}  # fmt: skip


def few_partitions(known: AsKnown) -> dict[Partition, str]:
    """What a snapshot has of these marts alone."""
    return {part: inputs for part, inputs in partitions_of(known).items() if part.mart in FEW}


def publish_few() -> None:
    """From now on this process publishes these marts alone, and so do those that it starts by `apart`."""
    publishing.partitions_of = few_partitions


def _as_here(few: bool, target: Callable[..., None], *arguments: Any) -> None:  # noqa: FBT001
    if few:
        publish_few()
    target(*arguments)


def apart(target: Callable[..., None], *arguments: Any) -> BaseProcess:
    """A started process that has Great Expectations imported already, and shares nothing with this one."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["expectations.judge", "tests.builders"])
    few = publishing.partitions_of is few_partitions
    process = context.Process(target=_as_here, args=(few, target, *arguments))
    process.start()
    return process


def loans(*rows: dict[str, Any], county: str = YANGGAO, period: str = "2017-12") -> Any:
    return given(county, period, "finance", *rows)


def lent(root: Root, period: str = "2017-12") -> dict[str, int]:
    """What each county lent, as published."""
    facts = mart(root, "fact_indicator").filter(pl.col("indicator") == "loan_amount_yuan", pl.col("period") == period)
    return {code: int(value) for code, value in facts.select("county_code", "value").iter_rows()}


def said(root: Root) -> list[tuple[str, int | None]]:
    """Verdicts and versions, by receipt."""
    return [verdict for _, verdict in sorted(verdicts(root).items())]


def head(receipt: int = 1, county: str = YANGGAO, **values: Any) -> ReturnHeader:
    """The head of a county's return of microcredit, but for `values`."""
    about: dict[str, Any] = {
        "receipt": receipt, "submission": "ab" * 32, "file": "甲.xlsx", "sheet": "金融扶贫", "county_code": county,
        "county_sheet": "封面", "county_cell": "B2", "period": "2017-12", "dataset": "finance", "status": "reported",
        "nil": False,
    }  # fmt: skip
    return ReturnHeader.model_validate(about | values)
