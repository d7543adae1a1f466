"""mart_changes and mart_versions: what came into force when, why, which figures it changed; from the store alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from expectations.suites import finance as suite
from tests.builders import (
    BOOK,
    RECEIVED,
    TIANZHEN,
    YANGGAO,
    finance,
    given,
    judge_again,
    loans,
    mart,
    night,
    row,
    send,
    sources,
    village,
)
from tests.decision_requests import decide
from warehouse import marts
from warehouse.store.files import Root
from warehouse.store.rejudging import Scope

pytestmark = pytest.mark.usefixtures("few_marts")

PERIOD = "2017-12"
LATER = RECEIVED + timedelta(days=9)
HIGH = finance(60_000)  # more than 50,000 yuan a household: quarantined


def changes(root: Root, **where: Any) -> list[dict[str, Any]]:
    return mart(root, "mart_changes").filter(**where).rows(named=True)


def versions(root: Root, **where: Any) -> list[dict[str, Any]]:
    return mart(root, "mart_versions").filter(**where).rows(named=True)


def nights(root: Root, inbox: Path, *sent: Any) -> None:
    """A night a day, each with one return."""
    for number, one in enumerate(sent):
        send(inbox / f"{number}", one)
        night(root, inbox, RECEIVED + timedelta(days=number))


def test_a_first_return_is_new_and_has_no_figures_of_its_own(root: Root, inbox: Path) -> None:
    nights(root, inbox, loans(finance(1000)))
    (change,) = changes(root)
    assert (change["why"], change["indicator"], change["run"], change["known_on"]) == (
        "new_return", None, "000001", date(2018, 7, 5),
    )  # fmt: skip
    assert (change["version_before"], change["version_after"]) == (None, 1)


def test_a_resubmission_says_which_figures_it_changed(root: Root, inbox: Path) -> None:
    nights(root, inbox, loans(finance(1000)), loans(finance(2000)))
    cells = changes(root, run="000002")
    (version,) = versions(root, run="000002")
    for one in (version, *cells):
        assert (one["why"], one["version_before"], one["version_after"]) == ("resubmission", 1, 2)
        assert one["submission_before"] != one["submission_after"]
    assert {c["indicator"]: (c["before"], c["after"], c["unit"]) for c in cells} == {
        name: (Decimal(1000), Decimal(2000), "yuan") for name in changed_by_lending()
    }
    assert {c["why"] for c in cells} == {"resubmission"}


def changed_by_lending() -> list[str]:
    """The columns of finance that another loan changes."""
    one, two = finance(1000), finance(2000)
    return sorted(name for name in one if one[name] != two[name])


def test_a_blank_that_was_filled_is_a_change_and_is_no_zero(root: Root, inbox: Path) -> None:
    sent = (row("relocation", resettlement_sites=value) for value in (None, 0))
    nights(root, inbox, *(given(YANGGAO, PERIOD, "relocation", one) for one in sent))
    (cell,) = changes(root, run="000002")
    assert (cell["indicator"], cell["before"], cell["after"]) == ("resettlement_sites", None, Decimal(0))


def test_what_is_no_number_is_given_in_words(root: Root, inbox: Path) -> None:
    sent = (row("outcomes", delisting_status=status) for status in ("none", "provisional"))
    nights(root, inbox, *(given(YANGGAO, PERIOD, "outcomes", one) for one in sent))
    cells = changes(root, run="000002")
    assert [(c["indicator"], c["before"], c["before_text"], c["after_text"], c["unit"]) for c in cells] == [
        ("delisting_status", None, "none", "provisional", None)
    ]


def test_rows_of_a_register_are_counted(root: Root, inbox: Path) -> None:
    before = [village("1"), village("2"), village("3")]
    after = [village("1"), village("2", persons=99), village("4"), village("5")]
    nights(root, inbox, *(given(YANGGAO, PERIOD, "relocation_villages", *rows) for rows in (before, after)))
    (change,) = changes(root, run="000002")
    assert [change[f"rows_{what}"] for what in ("added", "removed", "changed")] == [2, 1, 1]


def test_a_workbook_sent_again_with_one_other_cell_is_one_change(root: Root, inbox: Path) -> None:
    def workbook(sites: int) -> list[Any]:
        others = {"finance": finance(1000), "ecology": row("ecology")}
        forms = others | {"relocation": row("relocation", resettlement_sites=sites)}
        return [given(YANGGAO, PERIOD, name, one) for name, one in forms.items()]

    for number, sites in enumerate((3, 4)):
        night(root, send(inbox / str(number), *workbook(sites)).parent, RECEIVED + timedelta(days=number))
    (change,) = changes(root, run="000002")
    assert (change["indicator"], change["before"], change["after"]) == ("resettlement_sites", 3, 4)
    again = versions(root, run="000002")
    assert {one["why"] for one in again} == {"resubmission"}
    assert {one["dataset"] for one in again} == {"finance", "ecology", "relocation"}


def test_a_register_sent_again_as_it_was_is_a_version_and_no_change(root: Root, inbox: Path) -> None:
    rows = [village("1"), village("2")]
    nights(root, inbox, *(given(YANGGAO, PERIOD, "relocation_villages", *some) for some in (rows, [*reversed(rows)])))
    assert changes(root, run="000002") == []
    assert [(one["why"], one["version_after"]) for one in versions(root, run="000002")] == [("resubmission", 2)]


def test_a_return_that_is_provisional_no_more_is_a_version_with_its_status(root: Root, inbox: Path) -> None:
    sent = [replace(loans(finance(1000)), status=status) for status in ("provisional", "reported")]
    nights(root, inbox, *sent)
    assert changes(root, run="000002") == []
    (version,) = versions(root, run="000002")
    assert (version["status_before"], version["status_after"]) == ("provisional", "reported")


def test_what_is_quarantined_changes_nothing(root: Root, inbox: Path) -> None:
    nights(root, inbox, loans(finance(1000)), loans(HIGH))
    assert {change["run"] for change in changes(root)} == {"000001"}


def test_a_person_who_lets_a_return_in_or_takes_it_out_is_named_with_the_reason(root: Root, inbox: Path) -> None:
    nights(root, inbox, loans(finance(1000)), loans(HIGH))
    decide(root, "waive", LATER, reason="核实无误", by="李")
    decide(root, "withdraw", LATER, reason="报错了")
    for table in (changes, versions):
        waived, withdrawn = (table(root, run=run)[0] for run in ("000003", "000004"))
        said = (waived["why"], waived["note"], waived["decided_by"], waived["version_after"])
        assert said == ("waived", "核实无误", "李", 2)
        # What was in force before the waived one is in force again.
        assert (withdrawn["why"], withdrawn["note"], withdrawn["version_before"], withdrawn["version_after"]) == (
            "withdrawn", "报错了", 2, 1,
        )  # fmt: skip


def test_after_the_last_is_withdrawn_none_is_left(root: Root, inbox: Path) -> None:
    nights(root, inbox, loans(finance(1000)))
    decide(root, "withdraw")
    (gone,) = changes(root, run="000002")
    assert (gone["why"], gone["version_before"], gone["version_after"], gone["submission_after"]) == (
        "withdrawn", 1, None, None,
    )  # fmt: skip


def test_a_return_that_other_rules_let_in_was_rejudged(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights(root, inbox, loans(HIGH))
    kinder = tuple(rule for rule in suite.RULES if rule.rule != "loan_cap")
    monkeypatch.setattr(suite, "RULES", kinder)
    judge_again(root, Scope(), LATER)
    (change,) = changes(root)
    assert (change["why"], change["run"], change["version_after"]) == ("rejudged", "000002", 1)


def test_two_rows_that_somebody_let_in_are_compared_one_by_one(root: Root, inbox: Path) -> None:
    nights(root, inbox, loans(finance(1000), finance(2000)))
    decide(root, "waive", LATER)
    for number, amounts in enumerate(((1000, 2500), (7,))):
        night(root, send(inbox / f"later{number}", loans(*map(finance, amounts))).parent, LATER)
        decide(root, "waive", LATER) if len(amounts) > 1 else None
    told = [(c["run"], c["before"], c["after"]) for c in changes(root, indicator="loan_amount_yuan")]
    assert told == [("000004", 2000, 2500), ("000005", 1000, 7), ("000005", 2500, None)]


def test_no_rows_are_read_where_nothing_was_replaced(root: Root, inbox: Path) -> None:
    nights(root, inbox, loans(finance(1000)), loans(finance(2000)), given(YANGGAO, PERIOD, "ecology", row("ecology")))
    before = mart(root, "mart_changes")
    (unread,) = (root.history / "ecology").rglob("*.parquet")
    unread.write_bytes(b"nothing")
    assert marts.build("mart_changes", sources(root)).collect().equals(before)


def test_its_keys_tell_its_rows_apart(root: Root, inbox: Path) -> None:
    nights(root, inbox, loans(finance(1000)), loans(finance(2000)), loans(finance(3), county=TIANZHEN))
    assert mart(root, "mart_changes").height > len(mart(root, "mart_changes")["run"].unique())
    for name in ("mart_changes", "mart_versions"):
        frame = mart(root, name)
        assert not frame.select(BOOK.mart_list[name].keys).is_duplicated().any()


def test_a_night_with_an_original_and_its_correction_is_one_change(root: Root, inbox: Path) -> None:
    send(inbox / "1", loans(finance(1000)))
    send(inbox / "2", loans(finance(2000)))
    night(root, inbox)
    (change,) = changes(root)
    assert (change["why"], change["version_before"], change["version_after"]) == ("new_return", None, 2)
    assert not mart(root, "mart_changes").filter(pl.col("why") == "resubmission").height
