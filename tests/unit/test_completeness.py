"""Who is late, what is missing, whom to chase: days are the store's, never a clock's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from tests.builders import BOOK, GUANGLING, TIANZHEN, YANGGAO
from tests.programmes import InMemory, in_memory, said
from warehouse import marts
from warehouse.marts.sources import Sources

PERIOD = "2017-12"  # finance is due by 2018-01-10, accountability by 2018-01-15, outcomes by 2018-01-20
FIRST = ("period", "dataset", "county_code", "due", "received", "verdict", "late")


def noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00")


def came(*returns: tuple[str, str, str]) -> InMemory:
    """Returns of finance by county, with the day that each came and its verdict."""
    sources = in_memory("finance", *(said(county, PERIOD, {}) for county, _, _ in returns))
    days = pl.Series([noon(day) for _, day, _ in returns], dtype=pl.Datetime("us"))
    verdicts = pl.Series([verdict for _, _, verdict in returns], dtype=pl.String)
    decided = sources.returns.with_columns(known_from=days, verdict=verdicts)
    return replace(sources, read=lambda _: decided)


def complete(sources: Sources, county: str, dataset: str = "finance") -> dict[str, Any]:
    found = marts.build("mart_completeness", sources).collect()
    (row,) = found.filter(county_code=county, dataset=dataset, period=PERIOD).rows(named=True)
    return row


def test_its_first_columns_are_those_that_others_rely_on() -> None:
    assert tuple(c.column for c in BOOK.marts["mart_completeness"])[: len(FIRST)] == FIRST


@pytest.mark.parametrize(
    ("day", "late", "days"), [("2018-01-02", False, 0), ("2018-01-10", False, 0), ("2018-01-13", True, 3)]
)
def test_a_return_is_late_by_the_days_after_its_last_one(day: str, late: bool, days: int) -> None:  # noqa: FBT001
    row = complete(came((YANGGAO, day, "accepted")), YANGGAO)
    assert (row["late"], row["days_late"], row["missing"]) == (late, days, False)
    assert (row["due_on"], row["received_on"]) == (date(2018, 1, 10), date.fromisoformat(day))
    assert (row["frequency"], row["verdict"]) == ("monthly", "accepted")


def test_the_first_that_came_says_when_the_last_says_what() -> None:
    row = complete(came((YANGGAO, "2018-01-09", "quarantined"), (YANGGAO, "2018-01-30", "accepted")), YANGGAO)
    assert (row["received_on"], row["verdict"], row["late"]) == (date(2018, 1, 9), "accepted", False)


def test_what_did_not_come_is_missing_once_the_store_has_heard_of_a_later_day() -> None:
    on_the_day, after = (came((YANGGAO, day, "accepted")) for day in ("2018-01-10", "2018-01-11"))
    assert not complete(on_the_day, TIANZHEN)["missing"]
    row = complete(after, TIANZHEN)
    assert (row["missing"], row["due"], row["received"], row["late"], row["days_late"]) == (
        True, True, False, None, None,
    )  # fmt: skip
    assert not complete(after, TIANZHEN, "accountability")["missing"]
    assert complete(after, TIANZHEN, "accountability")["frequency"] == "quarterly"


def test_what_is_not_due_is_neither_late_nor_missing() -> None:
    sources = in_memory("policy", said(YANGGAO, PERIOD, {"measure": "m01"}))
    row = complete(sources, YANGGAO, "policy")
    assert (row["due"], row["received"], row["late"], row["days_late"], row["missing"]) == (
        False, True, None, None, False,
    )  # fmt: skip


def test_whom_to_chase() -> None:
    sources = came((YANGGAO, "2018-01-10", "accepted"), (TIANZHEN, "2018-01-11", "quarantined"))
    chased = {row["county_code"]: row for row in marts.build("mart_to_chase", sources).collect().rows(named=True)}
    monthly = sorted(n for n, d in BOOK.datasets.items() if d.frequency == "monthly")
    others = ";".join(n for n in monthly if n != "finance")
    place = {"period": PERIOD, "period_end": date(2017, 12, 31), "prefecture_zh": "大同市"}
    place["oldest_due_on"] = date(2018, 1, 10)
    assert chased[YANGGAO] == place | {
        "county_code": YANGGAO, "name_zh": "阳高县", "missing": len(monthly) - 1, "missing_datasets": others,
        "quarantined": 0, "quarantined_datasets": None,
    }  # fmt: skip
    assert chased[TIANZHEN] == place | {
        "county_code": TIANZHEN, "name_zh": "天镇县", "missing": len(monthly) - 1, "missing_datasets": others,
        "quarantined": 1, "quarantined_datasets": "finance",
    }  # fmt: skip
    assert chased[GUANGLING]["missing_datasets"] == ";".join(monthly)
    assert len(chased) == 119


def test_nobody_is_chased_before_the_day() -> None:
    assert marts.build("mart_to_chase", came((YANGGAO, "2018-01-10", "accepted"))).collect().is_empty()


# --- a period as a whole -------------------------------------------------------------------------------------------


def test_a_period_says_how_complete_it_is() -> None:
    due = [d for d in BOOK.datasets.values() if d.due("2017-12")]
    owed = sum(len(BOOK.members(d.owed_by, "2017-12")) for d in due)
    sources = came((YANGGAO, "2018-01-10", "accepted"), (TIANZHEN, "2018-01-16", "quarantined"))
    (row,) = marts.build("dim_period", sources).collect().rows(named=True)
    counts = {name: row[name] for name in ("due", "received", "accepted", "quarantined", "missing", "complete")}
    monthly_and_quarterly = sum(len(BOOK.members(d.owed_by, "2017-12")) for d in due if d.due_days < 16)
    assert counts == {
        "due": owed, "received": 2, "accepted": 1, "quarantined": 1, "missing": monthly_and_quarterly - 2,
        "complete": False,
    }  # fmt: skip


def test_a_period_is_complete_when_all_that_is_due_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = (YANGGAO, "2018-01-10", "accepted")
    owed = came(sent).calendar.filter(pl.col("county_code") == YANGGAO, pl.col("dataset") == "finance")
    monkeypatch.setattr(Sources, "calendar", owed)
    (row,) = marts.build("dim_period", came(sent)).collect().rows(named=True)
    assert (row["due"], row["accepted"], row["missing"], row["complete"]) == (1, 1, 0, True)
