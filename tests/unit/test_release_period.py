"""A period that the province approved: what it says, what waits, what is refused, what becomes of it when reopened."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.builders import (
    RECEIVED,
    TIANZHEN,
    YANGGAO,
    finance,
    judge_again,
    lent,
    loans,
    mart,
    marts,
    night,
    send,
    sources,
    url,
)
from tests.decision_requests import decide, release
from tests.period_releases import release_period, reopen
from tests.rebuilding import again
from tests.sharing import Fill
from warehouse import marts as transforms
from warehouse.lineage.release_review import review_period
from warehouse.messages.errors import PermanentError
from warehouse.store import journal, ledger
from warehouse.store.files import Root
from warehouse.store.forget import ForgetRequest, forget
from warehouse.store.journal_records import Entry, PeriodRecord
from warehouse.store.period_release import ReleasePeriodRequest, ReopenRequest
from warehouse.store.rejudging import Scope, locked_out
from warehouse.store.waiting_returns import waiting_returns

pytestmark = pytest.mark.usefixtures("few_marts")
PERIOD, DAY, HIGH = "2017-12", timedelta(days=1), 60_000


def approved(root: Root, inbox: Path) -> None:
    """Two counties' loans, approved a day later; on the third the first sends others, and a county comes that had
    sent nothing; both wait.
    """
    first = send(inbox / "1", loans(finance(1000)), loans(finance(1500), county=TIANZHEN))
    night(root, first.parent)
    release_period(root, RECEIVED + DAY)
    send(inbox / "2", loans(finance(2000)), loans(finance(7000), county="140223"), loans(finance(9), period="2018-06"))
    night(root, inbox, RECEIVED + 2 * DAY)


def reopened(root: Root, inbox: Path) -> None:
    """The same opened again on the fourth day, and approved anew on the fifth."""
    approved(root, inbox)
    reopen(root, RECEIVED + 3 * DAY)
    release_period(root, RECEIVED + 4 * DAY, reason="再次核对")


@pytest.fixture
def locked(filled_by: Callable[[Fill], Root]) -> Root:
    return filled_by(approved)


@pytest.fixture
def revised(filled_by: Callable[[Fill], Root]) -> Root:
    return filled_by(reopened)


def period_row(root: Root) -> dict[str, Any]:
    return mart(root, "dim_period").filter(period=PERIOD).row(0, named=True)


def revisions(root: Root, **where: Any) -> pl.DataFrame:
    return transforms.build("mart_revisions", sources(root)).filter(**where).collect()


# --- approving -----------------------------------------------------------------------------------------------------


def test_an_approved_period_says_so_since_when_and_by_whom_and_its_figures_are_approved(locked: Root) -> None:
    row = period_row(locked)
    assert (row["period_status"], row["approved_on"], row["approved_by"]) == ("approved", date(2018, 7, 6), "李")
    for name in ("fact_indicator", "mart_finance"):
        own = (
            mart(locked, name).filter(pl.col("status").is_not_null()).group_by("period").agg(pl.col("status").unique())
        )
        assert dict(own.iter_rows()) == {PERIOD: ["approved"], "2018-06": ["reported"]}


def test_the_journal_and_mart_releases_say_what_was_approved(locked: Root) -> None:
    (record,) = journal.read_entry(locked, "000002").periods
    assert record.release is not None
    assert (record.release.by, record.release.reason) == ("李", "已核对")
    assert (record.release.accepted, record.release.quarantined, record.release.held) == (2, 0, 0)
    (row,) = transforms.build("mart_releases", sources(locked)).collect().rows(named=True)
    assert (row["run"], row["accepted"], row["due"]) == ("000002", 2, record.release.due)
    assert row["missing"] == row["due"] - 2


def test_a_period_record_without_a_release_is_written_as_ever() -> None:
    written = json.loads(PeriodRecord(period=PERIOD, decisions=(), rules=(), findings=()).model_dump_json())
    assert written.keys() & {"release", "waiting"} == set()


def test_said_again_it_is_not_done_twice_and_by_another_it_is_refused(locked: Root) -> None:
    runs = journal.runs(locked)
    assert release_period(locked, RECEIVED + 3 * DAY) == "000002"
    assert journal.runs(locked) == runs
    with pytest.raises(PermanentError, match=r"approved on 2018-07-06 by 李 \(run 000002\) and is locked"):
        release_period(locked, RECEIVED + 3 * DAY, by="王")


def test_a_period_without_an_accepted_return_is_not_approved(locked: Root) -> None:
    with pytest.raises(PermanentError, match="nothing to approve"):
        release_period(locked, RECEIVED + 3 * DAY, period="2017-11")


def test_the_review_names_what_is_missing_quarantined_queried_and_provisional(root: Root, inbox: Path) -> None:
    expected = replace(loans(finance(1000)), status="provisional")
    night(root, send(inbox, expected, loans(finance(500), county=TIANZHEN), loans(finance(HIGH), county="140223")))
    review = review_period(root, ledger.open_ledger(url(root)), 0, PERIOD)
    assert (review.accepted, review.opened, review.objections) == (2, True, ())
    assert review.provisional == ((YANGGAO, "finance"),)
    assert review.queried == ((TIANZHEN, "finance"),)
    assert review.quarantined == (("140223", "finance"),)
    assert (YANGGAO, "funds") in review.missing
    assert len(review.missing) == review.due - 3


def test_a_period_that_is_not_open_is_approved_only_where_somebody_says_anyway(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1000))))
    with pytest.raises(PermanentError, match="not open"):
        release_period(root, share=0.5)
    assert journal.runs(root) == ["000001"]
    release_period(root, share=0.5, anyway=True)
    (record,) = journal.read_entry(root, "000002").periods
    assert record.release is not None
    assert record.release.opened is False


@pytest.mark.parametrize(("name", "text"), [("by", " "), ("reason", ""), ("period", "2017-13")])
def test_a_request_without_name_reason_or_period_is_refused(name: str, text: str) -> None:
    said = {"period": PERIOD, "reason": "已核对", "by": "李", name: text}
    for request in (ReleasePeriodRequest, ReopenRequest):
        with pytest.raises(PermanentError):
            request.model_validate(said)


# --- what comes later ----------------------------------------------------------------------------------------------


def test_what_comes_later_is_kept_and_waits_and_other_periods_of_the_night_are_judged(locked: Root) -> None:
    entry = journal.read_entry(locked, "000003")
    assert [(one.county_code, one.period) for one in entry.waiting] == [(YANGGAO, PERIOD), ("140223", PERIOD)]
    assert [one.period for one in entry.decisions] == ["2018-06"]
    assert {one.verdict for one in entry.receipts} == {"read"}
    assert lent(locked) == {YANGGAO: 1000, TIANZHEN: 1500}


def test_nothing_that_is_published_of_the_period_changes_but_that_county_and_operator_are_told(
    root: Root, inbox: Path
) -> None:
    night(root, send(inbox / "1", loans(finance(1000))).parent)
    release_period(root, RECEIVED + DAY)
    before = marts(root)
    send(inbox / "2", loans(finance(2000)), loans(finance(HIGH), county=TIANZHEN))
    summary = night(root, inbox, RECEIVED + 2 * DAY)
    assert (summary.waiting_returns, summary.quarantined, summary.good) == (2, 0, False)
    differs = {name for name, frame in marts(root).items() if not frame.equals(before[name])}
    assert differs == {"mart_findings", "mart_runs"}
    told = mart(root, "mart_findings").filter(rule="approved_period")
    assert told["county_code"].sort().to_list() == [YANGGAO, TIANZHEN]
    assert "这一期已经审定" in told["message_zh"][0]
    assert "ask the province to open the period again" in told["message_en"][0]


def test_bytes_that_wait_are_a_duplicate_and_what_is_in_force_sent_again_is_none(locked: Root, inbox: Path) -> None:
    """A in force, B waits, B again, then A again: A is the last word, and so it waits behind B."""
    for number, folder in enumerate(("2", "1")):
        for path in [*(inbox / folder).rglob(f"{YANGGAO}*{PERIOD}*")]:
            copy = inbox / f"again{folder}" / path.name
            copy.parent.mkdir()
            copy.write_bytes(path.read_bytes())
        summary = night(locked, inbox, RECEIVED + (3 + number) * DAY)
        assert (summary.duplicates, summary.waiting_returns) == ((1, 0), (0, 1))[number]
    reopen(locked, RECEIVED + 6 * DAY)
    assert lent(locked)[YANGGAO] == 1000


REFUSED: dict[str, Callable[[Root], object]] = {
    "withdraw": partial(decide, kind="withdraw", received_at=RECEIVED + 5 * DAY),
    "waive": partial(decide, kind="waive", received_at=RECEIVED + 5 * DAY),
    "release-hold": partial(release, received_at=RECEIVED + 5 * DAY),
}


@pytest.mark.parametrize("request_of", REFUSED.values(), ids=REFUSED)
def test_a_correction_by_hand_is_refused_with_what_to_do(locked: Root, request_of: Callable[[Root], object]) -> None:
    with pytest.raises(PermanentError, match="xianbao reopen 2017-12 --reason"):
        request_of(locked)


def test_judging_again_passes_an_approved_period_over_and_says_so(locked: Root) -> None:
    engine = ledger.open_ledger(url(locked))
    assert judge_again(locked, Scope(first="2017-01"), RECEIVED + 5 * DAY) == []
    assert locked_out(engine, Scope()) == (PERIOD,)
    assert locked_out(engine, Scope(first="2018-01")) == ()


def test_what_waits_can_be_forgotten_and_is_not_taken_up_then(locked: Root) -> None:
    engine = ledger.open_ledger(url(locked))
    request = ForgetRequest(name=str(waiting_returns(engine)["receipt"][0]), reason="含身份证号", by="李")
    forget(locked, engine, "000004", request, RECEIVED + 3 * DAY)
    assert waiting_returns(engine)["county_code"].to_list() == ["140223"]
    reopen(locked, RECEIVED + 4 * DAY)
    assert lent(locked) == {YANGGAO: 1000, TIANZHEN: 1500, "140223": 7000}


def test_to_forget_what_counts_the_period_is_opened_again_first(locked: Root) -> None:
    engine = ledger.open_ledger(url(locked))
    with pytest.raises(PermanentError, match=r"(?s)xianbao reopen 2017-12 .*\n  xianbao withdraw --county 140221"):
        forget(locked, engine, "000004", ForgetRequest(name="1", reason="含身份证号", by="李"), RECEIVED + 3 * DAY)


# --- opening it again ----------------------------------------------------------------------------------------------


def test_opened_again_what_waited_is_judged_and_counts(locked: Root) -> None:
    reopen(locked, RECEIVED + 3 * DAY)
    assert lent(locked) == {YANGGAO: 2000, TIANZHEN: 1500, "140223": 7000}
    assert waiting_returns(ledger.open_ledger(url(locked))).is_empty()
    row = period_row(locked)
    assert (row["period_status"], row["approved_on"], row["approved_by"]) == ("reopened", None, None)
    assert mart(locked, "mart_findings").filter(rule="approved_period").is_empty()
    assert set(mart(locked, "fact_indicator")["status"]) == {"reported"}


def test_said_again_it_is_not_opened_twice_and_what_is_not_approved_is_not_opened(locked: Root) -> None:
    run = reopen(locked, RECEIVED + 3 * DAY)
    runs = journal.runs(locked)
    assert reopen(locked, RECEIVED + 4 * DAY) == run
    assert journal.runs(locked) == runs
    with pytest.raises(PermanentError, match="2017-12 is not approved"):
        reopen(locked, RECEIVED + 4 * DAY, reason="另有原因")


def test_corrections_are_let_in_until_it_is_approved_anew(revised: Root) -> None:
    reopen(revised, RECEIVED + 5 * DAY, reason="再次更正")
    decide(revised, "withdraw", RECEIVED + 6 * DAY)
    assert lent(revised)[YANGGAO] == 1000


def test_mart_changes_names_the_approval_that_a_change_revised_and_why_it_was_opened(revised: Root) -> None:
    changed = mart(revised, "mart_changes").filter(county_code=YANGGAO, period=PERIOD)
    first, *revision = changed.sort("run").rows(named=True)
    assert (first["period_status"], first["approved_on"], first["reopened_by"]) == ("provisional", None, None)
    told = ("period_status", "approved_on", "reopened_on", "reopened_by", "reopen_reason")
    days = (date(2018, 7, 6), date(2018, 7, 8))
    assert {tuple(row[name] for name in told) for row in revision} == {("reopened", *days, "王", "县里更正")}


def test_each_figure_that_was_revised_is_told_from_the_first_value_to_the_last(revised: Root) -> None:
    own = revisions(revised, indicator="loan_amount_yuan", level="province")
    assert own.select("revision", "run", "value", "value_first_approved", "change", "returns_changed").rows() == [
        (0, "000002", Decimal(2500), Decimal(2500), None, None),
        (1, "000004", Decimal(10500), Decimal(2500), Decimal(8000), 2),
    ]
    assert own.select("why", "decided_by", "reason", "approved_on").rows() == [
        ("approved", "李", "已核对", date(2018, 7, 6)),
        ("new_return;resubmission", "王", "县里更正", date(2018, 7, 9)),
    ]
    assert set(own["period_end"]) == {date(2017, 12, 31)}
    assert revisions(revised, code=TIANZHEN).is_empty()
    assert revisions(revised, period="2018-06").is_empty()


def test_revised_figures_are_as_marts_had_them(revised: Root) -> None:
    """The last revision of each is what the mart of the programme has, and the first what it had when approved."""
    figure = ["period", "level", "code", "indicator"]
    last = revisions(revised).sort("revision").unique(figure, keep="last")
    there = mart(revised, "mart_finance").select(*figure, "value")
    assert last.join(there, on=[*figure, "value"], how="semi").height == last.height > 0
    then = transforms.build("mart_finance", sources(revised, RECEIVED + DAY)).collect().select(*figure, "value")
    first = revisions(revised, revision=0).filter(pl.col("value").is_not_null())
    assert first.join(then, on=[*figure, "value"], how="semi").height == first.height > 0


def test_as_of_a_day_it_was_approved_or_not_as_it_was_then(revised: Root) -> None:
    def at(days: int) -> tuple[Any, ...]:
        known = sources(revised, RECEIVED + days * DAY)
        row = transforms.build("dim_period", known).filter(period=PERIOD).collect().row(0, named=True)
        return row["period_status"], row["approved_on"], transforms.build("mart_revisions", known).collect().height > 0

    days = [at(day) for day in range(5)]
    first, again = date(2018, 7, 6), date(2018, 7, 9)
    assert days[:3] == [("provisional", None, False), ("approved", first, False), ("approved", first, False)]
    assert days[3:] == [("reopened", None, True), ("approved", again, True)]


def test_a_return_that_was_forgotten_leaves_a_blank_where_it_was_in_an_approved_figure(revised: Root) -> None:
    engine = ledger.open_ledger(url(revised))
    reopen(revised, RECEIVED + 5 * DAY, reason="删除")
    for receipt in (1, 3):
        decide(revised, "withdraw", RECEIVED + 6 * DAY, receipt=receipt)
    forget(
        revised,
        engine,
        journal.next_run(revised),
        ForgetRequest(name="1", reason="含身份证号", by="李"),
        RECEIVED + 7 * DAY,
    )
    own = revisions(revised, indicator="loan_amount_yuan", level="province")["value"].to_list()
    assert own == [None, Decimal(10500), Decimal(8500)]


@pytest.mark.usefixtures("in_this_process")
def test_rebuilt_from_archive_and_journal_all_is_the_same(revised: Root) -> None:
    done, _ = again(revised)
    assert done.differences == ()
    assert (done.entries, done.marts_compared) == (5, True)


def test_an_entry_of_before_periods_were_approved_is_read(locked: Root) -> None:
    said = journal.read_entry(locked, "000001").model_dump_json()
    assert "waiting" not in said
    assert Entry.model_validate_json(said).waiting == ()
