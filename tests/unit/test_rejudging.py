"""Judging again: what is taken up, what changes, what the marts then say; rules that change in the middle of a year."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from expectations.language.rules import Rule, relation
from expectations.suites import finance as suite
from tests.builders import (
    TIANZHEN,
    YANGGAO,
    finance,
    given,
    judge_again,
    lent,
    loans,
    mart,
    night,
    row,
    said,
    send,
    sheet,
    sources,
    url,
    verdicts,
    village,
)
from warehouse.codebook import load
from warehouse.messages.errors import PermanentError, StoreError
from warehouse.store import journal, ledger, rejudging
from warehouse.store.files import Root
from warehouse.store.rejudging import Scope

pytestmark = pytest.mark.usefixtures("few_marts")

LATER = datetime(2018, 9, 1, tzinfo=UTC)
HIGH = finance(lent=60_000)  # more than 50000 yuan a household
EVERYTHING = Scope(accepted_too=True)
CAP = next(rule for rule in suite.RULES if rule.rule == "loan_cap")


def rules(*loan_caps: Rule) -> tuple[Rule, ...]:
    """The suite with other rules in the place of loan_cap."""
    return (*loan_caps, *(rule for rule in suite.RULES if rule.rule != "loan_cap"))


def stored(root: Root) -> dict[Path, bytes]:
    folders = (root.history, root.quarantine, root.marts)
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*.parquet")}


def cap(yuan: int, holds_from: str = "0000-01", holds_until: str = "9999-99") -> Rule:
    checks = (relation(f"loan_amount_yuan <= {yuan} * loan_households"),)
    return replace(CAP, checks=checks, holds_from=holds_from, holds_until=holds_until)


def change_rules(monkeypatch: pytest.MonkeyPatch, *loan_caps: Rule) -> None:
    monkeypatch.setattr(suite, "RULES", rules(*loan_caps))


def test_under_the_same_rules_nothing_changes_and_nothing_is_written(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(HIGH), loans(finance(1500), county=TIANZHEN)))
    before = stored(root)
    assert judge_again(root, EVERYTHING) == []
    assert judge_again(root, Scope()) == []
    assert journal.runs(root) == ["000001"]
    assert stored(root) == before


def test_a_rule_that_was_loosened_lets_the_quarantined_in(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(root, send(inbox, loans(HIGH), loans(finance(1500), county=TIANZHEN)))
    change_rules(monkeypatch, cap(70_000))
    (change,) = judge_again(root, Scope(), LATER)
    assert (change.county_code, change.before, change.after) == (YANGGAO, "quarantined", "accepted")
    assert (change.rules_before, change.rules_after) == (("loan_cap",), ())
    assert lent(root) == {YANGGAO: 60_000, TIANZHEN: 1500}
    assert mart(root, "mart_findings").is_empty()
    quality = mart(root, "mart_quality").filter(county_code=YANGGAO, rule="loan_cap")
    assert quality.select("passed", "failed").rows() == [(1, 0)]
    assert judge_again(root, Scope(), LATER) == []


def test_a_rule_that_was_tightened_takes_the_accepted_out_but_only_where_a_range_is_asked_for(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(root, send(inbox, loans(finance(4000)), loans(finance(1500), county=TIANZHEN)))
    change_rules(monkeypatch, cap(2_000))
    assert judge_again(root, Scope()) == []
    assert judge_again(root, Scope(first="2018-01", accepted_too=True)) == []
    changes = judge_again(root, Scope(first="2017-12", last="2017-12", accepted_too=True), LATER)
    assert {c.county_code: (c.before, c.after) for c in changes} == {YANGGAO: ("accepted", "quarantined")}
    assert lent(root) == {TIANZHEN: 1500}
    assert mart(root, "mart_findings")["rule"].to_list() == ["loan_cap"]
    held = sources(root).rows(load().datasets["finance"]).collect()
    assert held["county_code"].to_list() == [TIANZHEN]


def test_in_and_out_and_in_again_counts_once(root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night(root, send(inbox, loans(finance(4000))))
    for yuan, left in ((2_000, {}), (50_000, {YANGGAO: 4000}), (2_000, {}), (50_000, {YANGGAO: 4000})):
        change_rules(monkeypatch, cap(yuan))
        assert len(judge_again(root, EVERYTHING)) == 1
        assert lent(root) == left
    # Accepted at first, then the second and the fourth time that it was judged again.
    assert verdicts(root)[1, YANGGAO, "2017-12", "finance"] == ("accepted", 3)


def test_as_of_a_moment_before_it_was_judged_again_the_marts_are_as_they_were(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(root, send(inbox, loans(HIGH)))
    change_rules(monkeypatch, cap(70_000))
    judge_again(root, Scope(), LATER)
    form = load().datasets["finance"]
    assert sources(root, datetime(2018, 8, 1, tzinfo=UTC)).rows(form).collect().is_empty()
    assert sources(root, LATER).rows(form).collect().height == 1


def test_a_dry_run_says_what_would_change_and_changes_nothing(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(root, send(inbox, loans(HIGH)))
    change_rules(monkeypatch, cap(70_000))
    assert len(judge_again(root, Scope(), dry_run=True)) == 1
    assert said(root) == [("quarantined", None)]
    assert lent(root) == {}
    # What it left is nobody's: the next run removes it, and does not take it for its own.
    night(root, send(inbox / "2", loans(finance(1500), county=TIANZHEN)).parent)
    assert lent(root) == {TIANZHEN: 1500}
    assert list(root.history.glob("finance/*/*.parquet")) == [root.history / "finance/period=2017-12/000002.parquet"]


def test_a_partner_that_has_come_since_answers_the_query(root: Root, inbox: Path) -> None:
    """The summary came before its register; judged again, it is compared."""
    send(inbox / "1", given(YANGGAO, "2017-12", "relocation", row("relocation", villages_planned=1)))
    night(root, inbox)
    night(root, send(inbox / "2", given(YANGGAO, "2017-12", "relocation_villages", village("1"))).parent)
    (change,) = judge_again(root, Scope())
    assert (change.dataset, change.before, change.after) == ("relocation", "accepted_with_queries", "accepted")
    assert mart(root, "mart_findings").is_empty()


def test_what_was_overtaken_by_a_later_accepted_return_is_not_taken_up(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(root, send(inbox / "1", loans(HIGH)).parent)
    night(root, send(inbox / "2", loans(finance(2000))).parent)
    change_rules(monkeypatch, cap(70_000))
    assert judge_again(root, Scope()) == []
    assert lent(root) == {YANGGAO: 2000}


def test_a_later_quarantined_correction_comes_into_force_when_the_rule_allows_it(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(root, send(inbox / "1", loans(finance(2000))).parent)
    night(root, send(inbox / "2", loans(HIGH)).parent)
    change_rules(monkeypatch, cap(70_000))
    assert [c.after for c in judge_again(root, Scope())] == ["accepted"]
    assert lent(root) == {YANGGAO: 60_000}


@pytest.mark.parametrize("scope", [Scope(datasets=("funds",)), Scope(counties=(TIANZHEN,)), Scope(last="2017-11")])
def test_out_of_scope_is_left(root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch, scope: Scope) -> None:
    night(root, send(inbox, loans(HIGH)))
    change_rules(monkeypatch, cap(70_000))
    assert judge_again(root, scope) == []
    assert len(judge_again(root, scope.model_copy(update={"datasets": (), "counties": (), "last": None}))) == 1


def test_a_rule_that_changes_in_the_middle_of_a_year(root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """50000 yuan until June 2017, 70000 from July on: each period is held to its own."""
    change_rules(monkeypatch, cap(50_000, holds_until="2017-07"), cap(70_000, holds_from="2017-07"))
    night(root, send(inbox, loans(HIGH, period="2017-06"), loans(HIGH, period="2017-07")))
    decided = {period: verdict for (_, _, period, _), (verdict, _) in verdicts(root).items()}
    assert decided == {"2017-06": "quarantined", "2017-07": "accepted"}
    quality = mart(root, "mart_quality").filter(pl.col("rule") == "loan_cap").sort("period")
    assert quality.select("period", "passed", "failed").rows() == [("2017-06", 0, 1), ("2017-07", 1, 0)]


def test_of_a_range_the_superseded_are_judged_too(root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the older one, as wrong by the new rule, would be left in force when the newer goes."""
    night(root, send(inbox / "1", loans(finance(4500))).parent)
    night(root, send(inbox / "2", loans(finance(4000))).parent)
    change_rules(monkeypatch, cap(2_000))
    assert [c.after for c in judge_again(root, EVERYTHING)] == ["quarantined", "quarantined"]
    assert lent(root) == {}
    assert judge_again(root, EVERYTHING) == []


def test_the_same_bytes_received_twice_are_both_judged_again(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(inbox / "1", loans(HIGH))
    night(root, inbox)
    shutil.copytree(inbox / "1", inbox / "2")
    night(root, inbox)
    change_rules(monkeypatch, cap(70_000))
    assert [c.after for c in judge_again(root, Scope())] == ["accepted", "accepted"]
    assert mart(root, "mart_findings").is_empty()
    assert judge_again(root, Scope()) == []


def test_what_is_wrong_with_a_whole_table_is_said_again(root: Root, inbox: Path) -> None:
    """A register's line without a county quarantines its table; judged again, the finding stays with the decision."""
    path = inbox / "a_relocation_villages.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    headers, *rows = sheet("relocation_villages", *(village(f"14022120120{n}", households=3, persons=9) for n in "12"))
    lines = [
        ["区划代码", "报告期", *headers],
        *([county, "2017-12", *row] for county, row in zip((YANGGAO, ""), rows, strict=True)),
    ]
    path.write_text("\n".join(",".join(str(c or "") for c in cells) for cells in lines), encoding="utf-8")
    assert night(root, inbox).quarantined == 1
    before = mart(root, "mart_findings").drop("message_zh")
    assert before.height >= 1
    assert judge_again(root, EVERYTHING) == []
    assert mart(root, "mart_findings").drop("message_zh").equals(before)


@pytest.mark.parametrize("scope", [{"first": "2017-13"}, {"last": "soon"}, {"dataset": "x"}, {"county_code": "999999"}])
def test_a_scope_of_what_is_not_there_is_refused(scope: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Scope.model_validate(scope)


def test_judging_again_before_the_last_run_is_refused(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1000))))
    with pytest.raises(PermanentError, match="before the last run"):
        rejudging.newer_than_last(ledger.open_ledger(url(root)), datetime(2018, 1, 1, tzinfo=UTC))


def test_an_earlier_version_s_ledger_is_renewed_by_a_run_and_by_nothing_else(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1000))))
    with ledger.open_ledger(url(root)).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE results DROP COLUMN explained")
    with pytest.raises(StoreError, match="earlier version"):
        ledger.open_ledger(url(root))
    night(root, inbox)
    assert lent(root) == {YANGGAO: 1000}
    assert said(root) == [("accepted", 1)]
