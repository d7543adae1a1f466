"""Withdrawing and waiving: what counts afterwards, what stays as it was, what is refused, what may be sent again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from expectations.suites import finance as suite
from tests.builders import (
    BOOK,
    TIANZHEN,
    YANGGAO,
    finance,
    given,
    judge_again,
    lent,
    loans,
    mart,
    marts,
    night,
    row,
    send,
    sources,
    url,
    village,
)
from tests.decision_requests import decide, nights
from tests.sharing import Fill
from tests.small_store import named_anew
from warehouse.maintenance.verify import verify
from warehouse.messages.errors import PermanentError, StoreError
from warehouse.store import journal, ledger
from warehouse.store.files import Root
from warehouse.store.in_force import latest
from warehouse.store.journal_records import Entry
from warehouse.store.rejudging import Scope

pytestmark = pytest.mark.usefixtures("few_marts")

LATER = datetime(2018, 9, 1, tzinfo=UTC)
HIGH = finance(lent=60_000)  # more than 50000 yuan a household
EVERYTHING = Scope(accepted_too=True)
FORM = BOOK.datasets["finance"]


def now(root: Root) -> list[tuple[int, str, int | None]]:
    """Receipt, verdict and version of each return of finance, as last decided."""
    returns = sources(root).returns.lazy().filter(pl.col("dataset") == "finance").pipe(latest).sort("receipt")
    return list(returns.select("receipt", "verdict", "version").collect().iter_rows())


def send_again(root: Root, inbox: Path, number: str, name: str) -> tuple[int, int]:
    """The bytes that came in a folder of this number, under another name; duplicates and returns judged."""
    shutil.copytree(inbox / number, inbox / name)
    summary = night(root, inbox, LATER)
    return summary.duplicates, summary.accepted + summary.accepted_with_queries + summary.quarantined


# --- withdrawing ---------------------------------------------------------------------------------------------------


def test_withdrawn_the_version_before_it_counts_again(root: Root, inbox: Path) -> None:
    nights(root, inbox, 1000, 2000)
    (done,) = decide(root, "withdraw")
    assert (done.receipt, done.before, done.after) == (2, "accepted", "withdrawn")
    assert done.in_force is not None
    assert (done.in_force.receipt, done.in_force.version) == (1, 1)
    assert lent(root) == {YANGGAO: 1000}
    assert now(root) == [(1, "accepted", 1), (2, "withdrawn", None)]


def test_withdrawn_without_another_nothing_counts_and_completeness_says_why(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1000)), loans(finance(1500), county=TIANZHEN)))
    (done,) = decide(root, "withdraw")
    assert done.in_force is None
    assert lent(root) == {TIANZHEN: 1500}
    completeness = mart(root, "mart_completeness").filter(county_code=YANGGAO, dataset="finance", period="2017-12")
    assert completeness.select("received", "verdict").rows() == [(True, "withdrawn")]


def test_withdrawing_deletes_nothing_and_is_known_from_when_it_was_decided(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1000))))
    before = {path: path.read_bytes() for path in root.history.rglob("*.parquet")}
    decide(root, "withdraw", LATER)
    assert {path: path.read_bytes() for path in root.history.rglob("*.parquet")} == before
    assert sources(root, datetime(2018, 8, 1, tzinfo=UTC)).rows(FORM).collect()["loan_amount_yuan"].to_list() == [1000]
    assert sources(root, LATER).rows(FORM).collect().is_empty()


def test_a_superseded_return_can_be_withdrawn_by_its_receipt_so_that_it_never_counts_again(
    root: Root, inbox: Path
) -> None:
    nights(root, inbox, 1000, 2000, 3000)
    (done,) = decide(root, "withdraw", receipt=2)
    assert done.in_force is not None
    assert done.in_force.receipt == 3
    (done,) = decide(root, "withdraw")
    assert done.in_force is not None
    assert done.in_force.receipt == 1
    assert lent(root) == {YANGGAO: 1000}


def test_what_was_accepted_twice_is_withdrawn_with_all_its_receipts(root: Root, inbox: Path) -> None:
    """A, then B, then A again; the bytes of A are wrong, and must not count in the place of themselves."""
    nights(root, inbox, 1000, 2000)
    assert send_again(root, inbox, "1", "3") == (0, 1)
    assert [done.receipt for done in decide(root, "withdraw", LATER)] == [1, 3]
    assert lent(root) == {YANGGAO: 2000}


def test_all_withdraws_every_dataset_of_the_county_and_period_and_no_other(root: Root, inbox: Path) -> None:
    register = given(YANGGAO, "2017-12", "relocation_villages", village("1"))
    send(inbox, loans(finance(1000)), register, loans(HIGH, period="2018-06"), loans(finance(9), county=TIANZHEN))
    night(root, inbox)
    assert [done.dataset for done in decide(root, "withdraw", dataset="all")] == ["finance", "relocation_villages"]
    assert lent(root) == {TIANZHEN: 9}


# --- waiving -------------------------------------------------------------------------------------------------------


def test_waived_a_quarantined_return_counts_and_its_findings_carry_the_reason(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(HIGH), loans(finance(1500), county=TIANZHEN)))
    findings = mart(root, "mart_findings")
    (done,) = decide(root, "waive", LATER, reason=" 合作社贷款 ", by="李")
    assert (done.before, done.after) == ("quarantined", "accepted_with_queries")
    assert done.in_force is not None
    assert (done.in_force.receipt, done.in_force.version) == (done.receipt, 1)
    assert lent(root) == {YANGGAO: 60_000, TIANZHEN: 1500}
    assert findings["waiver"].to_list() == [None]
    assert mart(root, "mart_findings").equals(findings.with_columns(waiver=pl.lit("合作社贷款")))
    held = sources(root).rows(FORM).filter(pl.col("county_code") == YANGGAO).collect()
    assert held.select("receipt", "version", "known_from").row(0) == (done.receipt, 1, LATER.replace(tzinfo=None))
    assert held["row"].to_list() == [2]


def test_a_waived_return_is_no_open_error_and_its_other_queries_stay(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(lent=500, overdue_balance_yuan=1))))
    before = mart(root, "mart_quality").filter(pl.col("failed") > 0).select("rule", "severity", "failed").rows()
    assert before == [("loan_unit_slip", "warning", 1), ("overdue_within_balance", "critical", 1)]
    decide(root, "waive")
    quality = mart(root, "mart_quality").filter((pl.col("failed") > 0) | (pl.col("explained") > 0))
    said = {
        rule: (failed, explained) for rule, failed, explained in quality.select("rule", "failed", "explained").rows()
    }
    assert said == {rule: (0, n) if severity == "critical" else (n, 0) for rule, severity, n in before}


def test_a_waived_correction_supersedes_what_was_in_force_and_withdrawn_gives_way_again(
    root: Root, inbox: Path
) -> None:
    nights(root, inbox, 1000, 60_000)
    decide(root, "waive")
    assert (lent(root), now(root)[-1]) == ({YANGGAO: 60_000}, (2, "accepted_with_queries", 2))
    decide(root, "withdraw")
    assert (lent(root), now(root)[-1]) == ({YANGGAO: 1000}, (2, "withdrawn", None))
    assert mart(root, "mart_findings")["waiver"].to_list() == [None]


def test_of_several_quarantined_the_last_is_waived_or_the_one_named(root: Root, inbox: Path) -> None:
    nights(root, inbox, 60_000, 70_000, 80_000)
    assert [done.receipt for done in decide(root, "waive", receipt=2)] == [2]
    assert lent(root) == {YANGGAO: 70_000}
    assert [done.receipt for done in decide(root, "waive")] == [3]
    assert lent(root) == {YANGGAO: 80_000}


def test_all_waives_whatever_is_quarantined_with_the_rows_of_each(root: Root, inbox: Path) -> None:
    register = given(YANGGAO, "2017-12", "relocation_villages", village("1"), village("1"))
    summary = given(YANGGAO, "2017-12", "relocation", row("relocation", villages_planned=1, villages_started=2))
    night(root, send(inbox, loans(HIGH), register, summary, given(YANGGAO, "2017-12", "health", row("health"))))
    quarantined = sources(root).returns.filter(verdict="quarantined").select("dataset", "rows").rows()
    assert ("relocation_villages", 2) in quarantined
    assert sorted(done.dataset for done in decide(root, "waive", dataset="all")) == sorted(dict(quarantined))
    for dataset, rows in quarantined:
        assert sources(root).rows(BOOK.datasets[dataset]).collect().height == rows


def test_a_return_without_rows_is_waived_without_rows(root: Root, inbox: Path) -> None:
    """A register may not shrink: a nil return after one with a village is quarantined."""
    night(root, send(inbox / "1", given(YANGGAO, "2017-11", "relocation_villages", village("1"))).parent)
    night(root, send(inbox / "2", given(YANGGAO, "2017-12", "relocation_villages")).parent)
    (done,) = decide(root, "waive", dataset="relocation_villages")
    assert done.after == "accepted_with_queries"
    held = sources(root).rows(BOOK.datasets["relocation_villages"]).collect()
    assert held["period"].to_list() == ["2017-11"]
    assert journal.read_entry(root, "000003").periods[0].files == {}


def test_quarantine_without_the_rows_is_an_error_that_writes_nothing(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(HIGH)))
    next(root.quarantine.rglob("*.parquet")).unlink()
    with pytest.raises(StoreError, match=r"quarantine/.*000001\.parquet is missing: expected SHA-256"):
        decide(root, "waive")
    assert journal.runs(root) == ["000001"]


def test_quarantine_with_other_rows_than_the_journal_counts_is_an_error_that_writes_nothing(
    root: Root, inbox: Path
) -> None:
    night(root, send(inbox, loans(HIGH)))
    path = next(root.quarantine.rglob("*.parquet"))
    pl.read_parquet(path, hive_partitioning=False).clear().write_parquet(path)
    named_anew(root, "000001", path)
    with pytest.raises(StoreError, match="0 rows of receipt 1 where the journal says 1"):
        decide(root, "waive")
    assert journal.runs(root) == ["000001"]


# --- a person's decision stands --------------------------------------------------------------------------------------


def test_judging_again_leaves_the_withdrawn_and_the_waived_as_they_are(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(root, send(inbox, loans(HIGH), loans(finance(1500), county=TIANZHEN)))
    decide(root, "waive")
    decide(root, "withdraw", county_code=TIANZHEN)
    before = marts(root)
    for scope in (Scope(), EVERYTHING, Scope(first="2017-01", last="2018-12")):
        assert judge_again(root, scope) == []
    monkeypatch.setattr(suite, "RULES", tuple(rule for rule in suite.RULES if rule.rule != "loan_cap"))
    assert judge_again(root, EVERYTHING) == []
    assert all(mart(root, name).equals(frame) for name, frame in before.items())


def test_judging_others_again_leaves_what_a_waiver_and_a_withdrawal_say(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(root, send(inbox, loans(HIGH), loans(finance(1500), county=TIANZHEN)))
    decide(root, "waive")
    monkeypatch.setattr(suite, "RULES", tuple(rule for rule in suite.RULES if rule.rule != "loan_cap"))
    assert [change.county_code for change in judge_again(root, EVERYTHING)] == [TIANZHEN]
    findings = mart(root, "mart_findings")
    assert findings.select("county_code", "rule", "waiver").rows() == [(YANGGAO, "loan_cap", "电话核实")]


def test_the_same_bytes_after_a_withdrawal_are_judged_anew_and_count_again(root: Root, inbox: Path) -> None:
    nights(root, inbox, 1000)
    decide(root, "withdraw")
    assert night(root, inbox).run is None, "what lies in the inbox as before is not sent anew"
    assert send_again(root, inbox, "1", "2") == (0, 1)
    assert lent(root) == {YANGGAO: 1000}
    assert now(root) == [(1, "withdrawn", None), (2, "accepted", 2)]


def test_the_same_bytes_after_a_waiver_are_a_duplicate(root: Root, inbox: Path) -> None:
    nights(root, inbox, 60_000)
    decide(root, "waive")
    assert send_again(root, inbox, "1", "2") == (1, 0)
    assert lent(root) == {YANGGAO: 60_000}


def test_without_a_waiver_they_are_judged_and_quarantined_anew(root: Root, inbox: Path) -> None:
    nights(root, inbox, 60_000)
    assert send_again(root, inbox, "1", "2") == (0, 1)
    assert [verdict for _, verdict, _ in now(root)] == ["quarantined", "quarantined"]


def test_killed_before_the_journal_has_it_nothing_is_decided(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights(root, inbox, 60_000)
    with monkeypatch.context() as patched:
        patched.setattr(journal, "commit", _killed)
        with pytest.raises(KeyboardInterrupt):
            decide(root, "waive")
    assert list(root.history.rglob("000002.parquet"))
    night(root, inbox)
    assert not list(root.history.rglob("*.parquet"))
    assert now(root) == [(1, "quarantined", None)]
    decide(root, "waive")
    assert lent(root) == {YANGGAO: 60_000}


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


# --- what is refused -----------------------------------------------------------------------------------------------


def quarantined_then_corrected(root: Root, inbox: Path) -> None:
    """The correction is in force and has overtaken what was quarantined."""
    nights(root, inbox, 60_000, 1000)


@pytest.mark.parametrize(
    ("kind", "told", "says"),
    [
        (
            "waive",
            {},
            r"nothing is quarantined and later.*received: finance receipt 1 \(1/.*\) quarantined; finance rec",
        ),
        ("waive", {"receipt": 1}, "receipt 1 is not quarantined and later than what is in force.* accepted, in force"),
        ("withdraw", {"receipt": 1}, "receipt 1 is not accepted"),
        ("withdraw", {"receipt": 9}, "receipt 9 is not accepted"),
        ("withdraw", {"period": "2017-11"}, "nothing is accepted; none was received, only of 2017-12"),
        (
            "withdraw",
            {"dataset": "health"},
            "140221 阳高县 2017-12 health: nothing is accepted; none was ever received",
        ),
        ("waive", {"county_code": TIANZHEN, "dataset": "all"}, "none was ever received"),
        ("withdraw", {"county_code": "140299"}, "140299 is no county code; there are 140202 城区.*140221 阳高县"),
        ("withdraw", {"county_code": "阳高县"}, "阳高县 is no county code; there are 140221 阳高县"),
        ("withdraw", {"county_code": "x"}, "x is no county code; .*like 140222"),
        ("withdraw", {"dataset": "loans"}, "loans is no dataset; there are .*finance.*or all"),
        ("withdraw", {"period": "2017-13"}, "2017-13 is no period; .*like 2018-06"),
        ("withdraw", {"reason": " "}, "the reason is empty"),
        ("withdraw", {"received_at": datetime(2018, 1, 1, tzinfo=UTC)}, "before the last run"),
    ],
)
def test_what_cannot_be_decided_is_a_sentence_that_says_what_there_is(
    filled_by: Callable[[Fill], Root], kind: Any, told: dict[str, Any], says: str
) -> None:
    root = filled_by(quarantined_then_corrected)
    with pytest.raises(PermanentError, match=says) as caught:
        decide(root, kind, **told)
    assert "\n" not in str(caught.value)
    assert journal.runs(root) == ["000001", "000002"]


# --- journal and ledger ----------------------------------------------------------------------------------------------


def test_reason_and_name_stand_in_the_journal_and_a_ledger_made_anew_has_them(root: Root, inbox: Path) -> None:
    nights(root, inbox, 1000)
    decide(root, "withdraw", LATER, reason="单位错", by="李")
    entry = journal.read_entry(root, "000002")
    assert (entry.flow, entry.receipts) == ("withdraw", ())
    assert [(d.verdict, d.reason, d.by) for d in entry.decisions] == [("withdrawn", "单位错", "李")]
    (root.path / "ledger.db").unlink()
    night(root, inbox)
    returns = ledger.read_table(ledger.open_ledger(url(root)), ledger.RETURNS)
    assert returns.select("verdict", "reason", "by").rows() == [("accepted", None, None), ("withdrawn", "单位错", "李")]


def test_an_entry_of_before_there_were_reasons_still_reads(root: Root, inbox: Path) -> None:
    nights(root, inbox, 1000)
    path = journal.entry_path(root, "000001")
    entry = journal.read_entry(root, "000001")
    old = entry.model_dump(
        mode="json", exclude={"periods": {"__all__": {"files": True, "decisions": {"__all__": {"reason", "by"}}}}}
    )
    path.chmod(0o644)
    path.write_text(json.dumps(old), encoding="utf-8")
    assert isinstance(journal.read_entry(root, "000001"), Entry)
    # Both know the entry as it was.
    (root.path / "ledger.db").unlink()
    shutil.rmtree(root.marts)
    (done,) = decide(root, "withdraw")
    assert done.after == "withdrawn"
    assert verify(root).faults == ()
