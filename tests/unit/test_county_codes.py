"""Codes that change on a day, and forms that are monthly: which return is taken under which code, and what is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from expectations.suites import returns
from tests.builders import (
    BOOK,
    YANGGAO,
    cover,
    finance,
    loans,
    mart,
    night,
    read_submissions,
    receipt_of,
    said,
    send,
    sheet,
    write_book,
)
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.reading import Reading
from warehouse.snapshots.manifest import Root

LUZHOU = "140403"
NEXT_YEAR = datetime(2019, 1, 5, 3, 0, tzinfo=UTC)
LENT = sheet("finance", finance(lent=1))


def sent(inbox: Path, file: str, lent: int, code: str = LUZHOU, name: Any = "潞州区") -> None:
    """A workbook of the county for December 2018."""
    (inbox / file).parent.mkdir(parents=True, exist_ok=True)
    pages = {"封面": cover(code=code, name=name, period="2018-12"), "金融扶贫": sheet("finance", finance(lent=lent))}
    write_book(inbox / file, pages)


def read(inbox: Path) -> Reading:
    """What all files of an inbox hold, received in one night of the next year."""
    received = []
    for n, path in enumerate(sorted(inbox.rglob("*.xlsx")), start=1):
        one = receipt_of(path, n, f"{n:064x}")
        about = {"file": path.relative_to(inbox).as_posix(), "received_at": NEXT_YEAR}
        received.append(replace(one, receipt=one.receipt.model_copy(update=about)))
    return read_submissions(received, Limits(), {})


def told(reading: Reading) -> list[tuple[str, str, str]]:
    return [(f.rule, f.severity, f.found) for f in reading.findings]


def found(root: Root) -> list[tuple[str, str, str]]:
    return mart(root, "mart_findings").select("rule", "severity", "found").rows()


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("140402", "2017-01", "2018-10"), ("140403", "2018-11", "2021-12"), ("140624", "2017-01", "2018-07"),
        ("140202", "2017-01", "2018-04"), ("140213", "2018-04", "2021-12"), ("140703", "2020-04", "2021-12"),
    ],
)  # fmt: skip
def test_a_return_is_taken_under_the_code_in_force_at_the_end_of_its_period(code: str, first: str, last: str) -> None:
    periods = [f"{year}-{month:02}" for year in range(2017, 2022) for month in range(1, 13)]
    known = {period: next(r for r in returns.rules(BOOK, period) if r.rule == "known_county") for period in periods}
    taken = [period for period in periods if code in known[period].checks[0].arguments["value_set"]]
    assert (taken[0], taken[-1], len(taken)) == (first, last, periods.index(last) - periods.index(first) + 1)


def test_where_the_day_of_a_change_is_not_known_the_old_code_is_taken_in_its_month_and_not_summed_up(
    root: Root, inbox: Path
) -> None:
    old, new = (
        loans(finance(5_000), county="140202", period="2018-04"),
        loans(finance(7_000), county="140213", period="2018-04"),
    )
    night(root, send(inbox, old, new), NEXT_YEAR)
    assert [verdict for verdict, _ in said(root)] == ["accepted", "accepted"]
    assert found(root) == [("code_ended", "info", "140202")]
    whole = mart(root, "mart_finance").filter(level="province", indicator="loan_amount_yuan")
    assert whole.select("value", "counties_due").rows() == [(7_000, 118)]
    due = mart(root, "mart_completeness").filter(dataset="finance", received=True).select("county_code", "due").rows()
    assert due == [("140202", False), ("140213", True)]


# --- parties to a merger -------------------------------------------------------------------------------------------


def test_two_that_send_one_night_under_the_code_of_what_they_became_are_both_refused(root: Root, inbox: Path) -> None:
    sent(inbox, "a/2018-12.xlsx", 1)
    sent(inbox, "b/2018-12.xlsx", 2)
    night(root, inbox, NEXT_YEAR)
    assert said(root) == [("quarantined", None), ("quarantined", None)]
    assert found(root) == [("merger_party", "critical", "a/2018-12.xlsx; b/2018-12.xlsx")] * 2


def test_the_same_figures_twice_are_no_parties(tmp_path: Path) -> None:
    sent(tmp_path, "a/2018-12.xlsx", 1)
    sent(tmp_path, "b/2018-12.xlsx", 1, name="长治市潞州区")
    assert told(read(tmp_path)) == []


@pytest.mark.parametrize("folder", ["长治市城区", "长治/城区/2018", "140402", "长治市城区扶贫办"])
def test_what_lies_in_the_folder_of_a_party_is_refused_whichever_night_it_comes(tmp_path: Path, folder: str) -> None:
    sent(tmp_path, f"{folder}/潞州区.xlsx", 1)
    assert [(rule, severity) for rule, severity, _ in told(read(tmp_path))] == [("merger_party", "critical")]


@pytest.mark.parametrize("folder", ["长治市", "潞州区", "2018-12", "大同市城区", "县城区"])
def test_any_other_folder_says_nothing_of_a_party(tmp_path: Path, folder: str) -> None:
    sent(tmp_path, f"{folder}/潞州区.xlsx", 1)
    assert told(read(tmp_path)) == []


@pytest.mark.parametrize(
    ("code", "name", "file"),
    [(LUZHOU, "长治市城区", "a.xlsx"), (LUZHOU, None, "长治市郊区2018-12.xlsx"), (LUZHOU, "潞州区", "郊区.xlsx")],
)
def test_a_partys_name_beside_the_code_of_what_it_became_asks_for_the_whole(
    tmp_path: Path, code: str, name: str | None, file: str
) -> None:
    sent(tmp_path, file, 1, code, name)
    (finding,) = read(tmp_path).findings
    assert (finding.rule, finding.severity, finding.county_code) == ("merger_party", "critical", LUZHOU)
    assert "140402 长治市城区 and 140411 长治市郊区 merged into 140403 长治市潞州区 on 2018-11-23" in finding.expected


def test_before_the_merger_its_code_is_nobodys_and_each_sends_its_own(tmp_path: Path) -> None:
    pages = {"封面": cover(code=LUZHOU, name="长治市城区", period="2018-06"), "金融扶贫": LENT}
    write_book(tmp_path / "a.xlsx", pages)
    (finding,) = read(tmp_path).findings
    assert (finding.rule, finding.severity) == ("county_disagrees", "critical")
    assert "until then 140402 长治市城区 and 140411 长治市郊区 send each their own" in finding.expected


def test_a_merged_county_may_correct_its_return_another_night(root: Root, inbox: Path) -> None:
    for day, lent in ((5, 1), (6, 2)):
        sent(inbox, f"{day}/潞州区.xlsx", lent)
        night(root, inbox, NEXT_YEAR.replace(day=day))
    assert [verdict for verdict, _ in said(root)] == ["accepted", "accepted"]
    assert found(root) == []


# --- statuses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["审定", "核实", "approved", "verified"])
@pytest.mark.parametrize("where", ["cover", "column"])
def test_approving_is_the_provinces_and_a_county_that_says_so_has_reported(
    tmp_path: Path, word: str, where: str
) -> None:
    pages = {"封面": cover(listed=(("金融扶贫", "finance", "有", word),)), "金融扶贫": LENT}
    if where == "column":
        headers, row = LENT
        about, said_of = ["区划代码", "报告期", "报送状态"], [YANGGAO, "2017-12", word]
        pages = {"金融扶贫": [[*about, *headers], [*said_of, *row]]}
    write_book(tmp_path / "a.xlsx", pages)
    reading = read(tmp_path)
    assert told(reading) == [("status_of_province", "info", word)]
    assert [head.status for head in reading.return_headers] == ["reported"]
    assert reading.findings[0].expected == "预计 | 报送"


def test_a_return_that_says_it_is_approved_counts_as_reported(root: Root, inbox: Path) -> None:
    write_book(inbox / "a.xlsx", {"封面": cover(listed=(("金融扶贫", "finance", "有", "审定"),)), "金融扶贫": LENT})
    night(root, inbox)
    assert (found(root), said(root)) == ([("status_of_province", "info", "审定")], [("accepted", 1)])
    own = mart(root, "fact_indicator").filter(indicator="loan_amount_yuan")
    assert own.select("status", pl.col("value").cast(int)).rows() == [("reported", 10_000)]
