"""What ran, and what befell a county's returns: from the run log, the journal and the ledger, told by hand."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from typer.testing import CliRunner

from flows.cli.main import app
from tests.builders import RECEIVED, TIANZHEN, YANGGAO, url
from tests.small_store import PERIOD, Sent, indexed, run
from warehouse.intake.model.records import Receipt
from warehouse.lineage import ReturnHistory, explain_return, find_run, list_runs
from warehouse.lineage.reader import LineageReader
from warehouse.messages.errors import PermanentError
from warehouse.messages.finding import Finding
from warehouse.reports.run_log import RunLogEntry, append
from warehouse.reports.run_summary import Summary, write_findings
from warehouse.store import journal, ledger
from warehouse.store.files import Root
from warehouse.store.journal_records import (
    Entry,
    ForgetRecord,
    HoldRecord,
    Mover,
    PeriodRecord,
    ReceiptDecision,
    ReleaseRecord,
    WaitingReturn,
)

NOW = date(2018, 2, 1)
WRONG = Finding(
    receipt=2, submission="ab" * 32, file="2.csv", sheet="金融扶贫", cell="F2", cells="F2", county_code=YANGGAO,
    period=PERIOD, dataset="finance", indicator="loan_amount_yuan", rule="positive", severity="critical", found="-1",
    expected="≥ 0", message_zh="金融扶贫!F2 金额为负。", message_en="金融扶贫!F2 The amount is negative.",
)  # fmt: skip


@pytest.fixture
def store(root: Root) -> LineageReader:
    """Yanggao's finance accepted, a correction refused, let in and withdrawn, the first judged again; then a night that
    brought its bytes once more, a file that nobody can read, and a figure that it moves too far.
    """
    refused = Sent(2, verdict="quarantined", failed={"positive": 1})
    run(root, 1, Sent(1), Sent(3, county=TIANZHEN))
    run(root, 2, refused, findings=[WRONG])
    let_in = Sent(2, verdict="accepted_with_queries", version=2, reason="电话核实", by="李")
    run(root, 3, let_in, flow="waive", received=False)
    run(root, 4, Sent(2, verdict="withdrawn", reason="报错县", by="王"), flow="withdraw", received=False)
    run(root, 5, Sent(1, verdict="accepted_with_queries", version=3), flow="rejudge", received=False)
    first = journal.read_entry(root, "000001").receipts[0].receipt.submission
    again, lost = (
        Receipt(receipt=number, submission=submission, file=file, received_at=RECEIVED)
        for number, submission, file in ((4, first, "again.csv"), (5, "cd" * 32, f"{YANGGAO}_{PERIOD}.xlsx"))
    )
    hold = HoldRecord(
        dataset="finance", period=PERIOD, indicator="loan_amount_yuan", level="prefecture", code="140200", state="held",
        against="period", since="000001", before="1", after="100", low="0", high="10",
        returns=(Mover(receipt=1, submission=first, file="1.csv", county_code=YANGGAO, share=99.0),),
    )  # fmt: skip
    entry = Entry(
        run="000006",
        flow="nightly",
        received_at=RECEIVED + timedelta(days=6),
        receipts=(
            ReceiptDecision(receipt=again, verdict="duplicate"),
            ReceiptDecision(receipt=lost, verdict="unreadable"),
        ),
        periods=(PeriodRecord(period=PERIOD, decisions=(), rules=(), findings=(), holds=(hold,)),),
        findings=(),
    )
    journal.commit(root, entry)
    engine = indexed(root)
    with engine.begin() as connection:
        connection.execute(ledger.SNAPSHOTS.insert(), [{"version": f"{n:06}", "run": f"{n:06}"} for n in (1, 3, 4)])
    return LineageReader(root, url(root))


def told(store: LineageReader, county: str = YANGGAO, dataset: str | None = "finance") -> ReturnHistory:
    return explain_return(store, county, PERIOD, dataset, NOW)


# --- a county's returns --------------------------------------------------------------------------------------------


def test_all_that_befell_a_return_is_told_in_order_with_who_and_why(store: LineageReader) -> None:
    events = told(store).events
    assert [(e.run, e.flow, e.event, e.receipt, e.verdict, e.version, e.reason, e.by) for e in events] == [
        ("000001", "nightly", "received", 1, "accepted", 1, None, None),
        ("000002", "nightly", "received", 2, "quarantined", None, None, None),
        ("000003", "waive", "waived", 2, "accepted_with_queries", 2, "电话核实", "李"),
        ("000004", "withdraw", "withdrawn", 2, "withdrawn", None, "报错县", "王"),
        ("000005", "rejudge", "judged_again", 1, "accepted_with_queries", 3, None, None),
        ("000006", "nightly", "held", 1, None, None, None, None),
        ("000006", "nightly", "sent_again", 4, "duplicate", None, None, None),
        ("000006", "nightly", "not_read", 5, "unreadable", None, None, None),
    ]
    assert [e.at for e in events][:2] == [(RECEIVED + timedelta(days=n)).replace(tzinfo=None) for n in (1, 2)]


def test_what_counted_before_and_counts_after_stands_with_each_decision(store: LineageReader) -> None:
    decisions = [e for e in told(store).events if e.version or e.event == "withdrawn"]
    assert [(e.before, e.counting) for e in decisions] == [(None, 1), (1, 2), (2, 1), (1, 1)]


def test_a_decision_has_the_findings_of_its_run_alone(store: LineageReader) -> None:
    events = told(store).events
    assert {e.run: [f.message_en for f in e.findings] for e in events if e.findings} == {
        "000002": ["金融扶贫!F2 The amount is negative."]
    }
    assert events[1].findings == (WRONG,)


def test_a_run_is_first_seen_in_the_next_snapshot(store: LineageReader) -> None:
    seen = {e.run: e.snapshot for e in told(store).events}
    assert list(seen.values()) == ["000001", "000003", "000003", "000004", None, None]


def test_the_whole_county_has_what_it_owes_and_what_is_overdue(store: LineageReader) -> None:
    standings = {one.dataset: one for one in told(store, dataset=None).standings}
    finance, relocation = standings["finance"], standings["relocation"]
    assert (finance.standing, finance.receipt, finance.overdue) == ("in_force", 1, False)
    assert (relocation.standing, relocation.due_on, relocation.overdue) == ("missing", date(2018, 1, 10), True)
    early = explain_return(store, "阳高", PERIOD, "relocation", date(2018, 1, 10))
    assert [one.overdue for one in early.standings] == [False]
    assert [e.event for e in early.events] == ["not_read"]


def test_a_county_is_named_as_for_a_template_and_an_old_code_that_sent_something_is_known(root: Root) -> None:
    run(root, 1, Sent(1, county="140203", period="2018-06"))
    indexed(root)
    old = explain_return(LineageReader(root, url(root)), "140203", "2018-06", None, NOW)
    assert [(one.dataset, one.due_on) for one in old.standings] == [("finance", None)]
    with pytest.raises(PermanentError, match="is not in force at the end of 2018-06"):
        explain_return(LineageReader(root, url(root)), "140202", "2018-06", None, NOW)
    with pytest.raises(PermanentError, match="no county is called"):
        explain_return(LineageReader(root, url(root)), "某县", "2018-06", None, NOW)


def test_a_return_that_waits_for_its_approved_period_says_so(root: Root) -> None:
    run(root, 1, Sent(3, county=TIANZHEN))
    said = {"reason": "核定", "by": "赵", "state": "approved"}
    late = WaitingReturn(
        receipt=7, submission="ab" * 32, file="7.csv", dataset="finance", county_code=YANGGAO, period=PERIOD,
        status="reported", nil=False,
    )  # fmt: skip
    for number, own in ((2, {"release": ReleaseRecord.model_validate(said)}), (3, {"waiting": (late,)})):
        period = PeriodRecord(period=PERIOD, decisions=(), rules=(), findings=(), **own)
        at = RECEIVED + timedelta(days=number)
        journal.commit(
            root,
            Entry(run=f"{number:06}", flow="nightly", received_at=at, receipts=(), periods=(period,), findings=()),
        )
    indexed(root)
    found = told(LineageReader(root, url(root)))
    assert [(e.event, e.receipt, e.reason, e.by) for e in found.events] == [
        ("approved", None, "核定", "赵"), ("waits", 7, None, None),
    ]  # fmt: skip
    assert [(one.standing, one.receipt, one.overdue) for one in found.standings] == [("waits", 7, False)]


def test_what_was_forgotten_is_said_and_what_was_found_in_it_is_not(root: Root) -> None:
    run(root, 1, Sent(2, verdict="quarantined"), findings=[WRONG])
    gone = ForgetRecord(submission="ab" * 32, receipts=(2,), said=(("finance", PERIOD),), reason="身份证号", by="李")
    at = RECEIVED + timedelta(days=2)
    journal.commit(
        root, Entry(run="000002", flow="forget", received_at=at, receipts=(), periods=(), findings=(), forgotten=gone)
    )
    indexed(root)
    store = LineageReader(root, url(root))
    assert [(e.event, e.reason, e.findings) for e in told(store).events] == [
        ("received", None, ()), ("forgotten", "身份证号", ()),
    ]  # fmt: skip
    assert find_run(store, "1").summary.groups == ()


def test_a_person_reads_the_cell_and_what_is_wrong_with_it(store: LineageReader) -> None:
    words = ["explain", "return", "--county", "阳高县", "--period", PERIOD, "--dataset", "finance"]
    environment = {"XIANBAO_ROOT": str(store.root.path), "COLUMNS": "200"}
    shown = CliRunner().invoke(app, words, env=environment).stdout
    for line in (
        "run 批次 000002 nightly, first in snapshot 首见于快照 000003",
        "        金融扶贫!F2 金额为负。",
        "        金融扶贫!F2 The amount is negative.",
        "let in by waiver 豁免; with queries 待核 v2; reason 理由: 电话核实, 李; receipt 2 counts 起算",
        "held 暂缓公布; loan_amount_yuan prefecture 140200: 1 -> 100",
    ):
        assert line in shown
    said = json.loads(CliRunner().invoke(app, [*words, "--json"], env=environment).stdout)
    assert said["events"][1]["findings"][0]["cells"] == "F2"


# --- what ran ------------------------------------------------------------------------------------------------------


def logged(root: Root, flow: str, state: str, day: int, summary: Summary | None = None) -> None:
    """A minute's operation that ended so, in the run log."""
    began, failed = datetime(2018, 7, day, 2, tzinfo=UTC), state != "completed"
    said = {"message": "disk full" * failed, "prefect_run": "ab12", "prefect_name": f"{flow} {day}"}
    times = {"started_at": began, "ended_at": began + timedelta(minutes=1)}
    append(root, RunLogEntry.model_validate({"flow": flow, "state": state, "summary": summary, **times, **said}))


def test_each_operation_is_listed_once_the_newest_first_whatever_log_knows_of_it(store: LineageReader) -> None:
    last = Summary(run="000006", files=1, version="000004", seconds={"read": 2.0})
    two = last.model_copy(update={"before": Summary(run="000005", files=2, accepted=1, quarantined=1)})
    logged(store.root, "nightly", "completed", 1, Summary(run="000002", files=1, quarantined=1))
    logged(store.root, "nightly", "completed", 2, Summary())
    logged(store.root, "nightly", "failed", 3)
    logged(store.root, "verify", "interrupted", 4)
    logged(store.root, "nightly", "completed", 5, two)
    listed = list_runs(store)
    assert [(one.flow, one.state, one.runs, one.files, one.quarantined, one.version) for one in listed] == [
        ("nightly", "completed", ("000006", "000005"), 3, 1, "000004"),
        ("verify", "interrupted", (), None, None, None),
        ("nightly", "failed", (), None, None, None),
        ("nightly", "completed", (), 0, 0, None),
        ("withdraw", "committed", ("000004",), 0, 0, "000004"),
        ("waive", "committed", ("000003",), 0, 0, "000003"),
        ("nightly", "completed", ("000002",), 1, 1, None),
        ("nightly", "committed", ("000001",), 2, 0, "000001"),
    ]
    assert list_runs(store, 2) == listed[:2]
    assert (listed[0].seconds, listed[0].prefect_run) == (60, "ab12")
    assert find_run(store, "6").summary.seconds == {"read": 2.0}


def test_a_run_that_was_interrupted_after_its_commit_is_one_line(root: Root) -> None:
    run(root, 1, Sent(1), moment=datetime(2018, 7, 1, 2, 0, 5, tzinfo=UTC))
    logged(root, "nightly", "interrupted", 1)
    (one,) = list_runs(LineageReader(root, url(root)))
    assert (one.state, one.runs, one.files) == ("interrupted", ("000001",), 1)


def test_runs_are_listed_from_the_journal_where_the_ledger_lags(root: Root) -> None:
    run(root, 1, Sent(1))
    indexed(root)
    run(root, 2, Sent(2))
    assert [one.runs for one in list_runs(LineageReader(root, url(root)))] == [("000002",), ("000001",)]
    assert list_runs(LineageReader(Root(root.path / "none"), url(root))) == []


def test_one_run_has_its_files_findings_and_report(store: LineageReader) -> None:
    report = store.root.reports / "000002"
    write_findings(journal.read_entry(store.root, "000002"), report)
    found = find_run(store, "000002")
    assert [(one.receipt, one.file, one.verdict) for one in found.files] == [(2, "2.csv", "read")]
    assert [(group.rule, group.findings) for group in found.summary.groups] == [("positive", 1)]
    assert found.report == report
    assert find_run(store, "1").report is None
    with pytest.raises(PermanentError, match="there are 000001 to 000006"):
        find_run(store, "7")


def test_a_person_sees_why_an_operation_failed(store: LineageReader) -> None:
    logged(store.root, "nightly", "failed", 3)
    environment = {"XIANBAO_ROOT": str(store.root.path), "COLUMNS": "200"}
    shown = CliRunner().invoke(app, ["runs", "--limit", "1"], env=environment).stdout
    assert "2018-07-03 02:00  -" in shown
    assert "failed 失败" in shown
    assert "disk full" in shown
    one = CliRunner().invoke(app, ["runs", "2"], env=environment).stdout
    assert "Files 文件 1: receipt 收件, verdict 结论, file 文件" in one
    assert json.loads(CliRunner().invoke(app, ["runs", "--json"], env=environment).stdout)[0]["state"] == "failed"
