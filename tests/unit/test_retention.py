"""Retention: old reports and months of the run log go, what figures hang on stays; the ledger gives back its room."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from flows.cli.data_docs import docs_of
from flows.settings import Settings
from tests.builders import installation, url
from tests.small_store import Sent, indexed, run
from warehouse.maintenance.operations import prune_root
from warehouse.maintenance.recover import prepare
from warehouse.maintenance.retention import give_back
from warehouse.messages.errors import PermanentError
from warehouse.reports.report_digests import seal_report
from warehouse.reports.run_log import RunLogEntry, append, read
from warehouse.snapshots import prune as pruning
from warehouse.snapshots.prune import DAY, finish
from warehouse.store import ledger
from warehouse.store.files import Root

NOW = 1_700_000_000.0


@pytest.fixture
def reported(root: Root) -> Root:
    """Four runs with reports of 40, 30, 20 and 10 days ago; the last one validated nothing."""
    for number in (1, 2, 3, 4):
        name = run(root, number, Sent(number, version=number)).run
        report = root.reports / name
        (report / "validations").mkdir(parents=True)
        (report / "validations" / "2017-12-finance.json").write_text("{}")
        if number == 4:
            (report / "validations" / "2017-12-finance.json").unlink()
            (report / "validations").rmdir()
        (report / "findings.csv").write_text("receipt\n")
        seal_report(report)
        dated(report, 50 - 10 * number)
    indexed(root)
    return root


def dated(path: Path, days: float) -> None:
    os.utime(path, (NOW - days * DAY, NOW - days * DAY))


def pruned(root: Root, days: float) -> tuple[str, ...]:
    return prune_root(installation(root), keep_report_days=days, now=NOW).reports


def kept(root: Root) -> list[str]:
    return sorted(path.name for path in root.reports.iterdir())


@pytest.mark.parametrize(("days", "gone"), [(40, []), (39, [1]), (25, [1, 2]), (0, [1, 2])])
def test_reports_go_so_many_days_after_they_were_written_but_never_the_last_nor_the_last_with_pages(
    reported: Root, days: float, gone: list[int]
) -> None:
    assert pruned(reported, days) == tuple(f"{number:06}" for number in gone)
    assert kept(reported) == [f"{number:06}" for number in (1, 2, 3, 4) if number not in gone]


def test_what_is_no_report_of_a_run_that_counts_is_left_alone(reported: Root) -> None:
    for name in ("000009", "notes"):
        (reported.reports / name).mkdir()
        dated(reported.reports / name, 99)
    pruned(reported, 0)
    assert kept(reported) == ["000003", "000004", "000009", "notes"]


def test_the_bytes_of_what_went_are_counted(reported: Root) -> None:
    size = sum(path.stat().st_size for path in (reported.reports / "000001").rglob("*") if path.is_file())
    ledger.open_ledger(url(reported)).dispose()
    give_back(url(reported))
    assert prune_root(installation(reported), keep_report_days=39, now=NOW).bytes == size


def test_of_a_report_that_went_it_is_said_where_its_findings_are(reported: Root) -> None:
    pruned(reported, 0)
    with pytest.raises(PermanentError, match=r"no longer kept: .* stands in the journal and in mart_findings"):
        docs_of(Settings(root=reported.path), "000001")
    with pytest.raises(PermanentError, match="it judged nothing"):
        docs_of(Settings(root=reported.path), "000004")


def test_a_removal_that_broke_off_is_finished_by_the_next_run(reported: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(pruning.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            pruned(reported, 0)
    assert kept(reported) == [".gone-000001", "000002", "000003", "000004"]
    removal = [one.names for one in prepare(reported, url(reported)) if one.kind == "removal"]
    assert removal == [("000001",)]
    assert finish(reported) == []


def test_months_of_the_run_log_go_too_but_never_the_last(root: Root) -> None:
    for month in (1, 2, 3):
        at = datetime(2018, month, 3, tzinfo=UTC)
        append(root, RunLogEntry(flow="nightly", started_at=at, ended_at=at, state="completed"))
        dated(root.run_log / f"2018-{month:02}.jsonl", 40 - 10 * month)
    done = prune_root(installation(root), keep_report_days=25, now=NOW)
    assert done.run_log == ("2018-01",)
    assert [one.ended_at.month for one in read(root)] == [3, 2]
    assert prune_root(installation(root), keep_report_days=0, now=NOW).run_log == ("2018-02",)


def test_a_ledger_that_is_free_for_a_tenth_gives_it_back_and_says_the_same(root: Root) -> None:
    for number in range(1, 4):
        run(root, number, Sent(number, version=number))
    engine = indexed(root)
    before = ledger.heads_as_indexed(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE room (what TEXT)"))
        connection.execute(sa.text("INSERT INTO room VALUES (:what)"), [{"what": "x" * 4000} for _ in range(200)])
        connection.execute(sa.text("DROP TABLE room"))
    engine.dispose()
    assert give_back(url(root)) > 200 * 4000
    assert ledger.heads_as_indexed(indexed(root)) == before
    assert give_back(url(root)) == 0


@pytest.mark.parametrize("where", ["sqlite://", "sqlite:////nowhere/ledger.db", "postgresql+psycopg://server/ledger"])
def test_no_other_ledger_is_touched(where: str) -> None:
    assert give_back(where) == 0
