"""What counts, night after night: versions, duplicates, quarantine, nil, late, as of.

See docs/explanation/architecture.md, "What counts".
"""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.builders import (
    BOOK,
    GUANGLING,
    RECEIVED,
    TIANZHEN,
    YANGGAO,
    finance,
    given,
    lent,
    loans,
    mart,
    night,
    row,
    said,
    send,
    sources,
    url,
    verdicts,
    village,
)
from tests.builders import marts as published_marts
from warehouse import marts
from warehouse.store import journal, ledger
from warehouse.store.archive import hash_file
from warehouse.store.files import Root

pytestmark = pytest.mark.usefixtures("few_marts")

BAD = finance(lent=60_000)  # more than 50000 yuan a household
DAY = date(2017, 6, 1)
PERIOD = "2017-12"


def completeness(root: Root, county: str = YANGGAO, dataset: str = "finance") -> dict[str, Any]:
    rows = mart(root, "mart_completeness").filter(county_code=county, dataset=dataset, period=PERIOD)
    (found,) = rows.rows(named=True)
    return found


# --- versions ------------------------------------------------------------------------------------------------------


def test_a_correction_supersedes_and_both_stay(root: Root, inbox: Path) -> None:
    night(root, send(inbox / "1", loans(finance(1000)), loans(finance(1500), county=TIANZHEN)).parent)
    summary = night(root, send(inbox / "2", loans(finance(2000))).parent)
    assert (summary.files, summary.accepted) == (1, 1)
    assert said(root) == [("accepted", 1), ("accepted", 1), ("accepted", 2)]
    assert lent(root) == {YANGGAO: 2000, TIANZHEN: 1500}
    assert sources(root).rows(BOOK.datasets["finance"]).collect().height == 2
    kept = [pl.read_parquet(path) for path in root.history.glob("finance/*/*.parquet")]
    assert sorted(pl.concat(kept)["loan_amount_yuan"]) == [1000, 1500, 2000]


def test_a_correction_under_the_same_name_is_seen_by_its_bytes(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1000))))
    night(root, send(inbox, loans(finance(2000))))
    assert lent(root) == {YANGGAO: 2000}


def test_a_quarantined_correction_does_not_displace(root: Root, inbox: Path) -> None:
    night(root, send(inbox / "1", loans(finance(1000))).parent)
    summary = night(root, send(inbox / "2", loans(BAD)).parent)
    assert (summary.quarantined, summary.errors) == (1, 1)
    assert said(root) == [("accepted", 1), ("quarantined", None)]
    assert lent(root) == {YANGGAO: 1000}
    assert completeness(root)["verdict"] == "accepted"


def test_after_a_quarantined_return_the_correction_is_version_one(root: Root, inbox: Path) -> None:
    night(root, send(inbox / "1", loans(BAD)).parent)
    assert lent(root) == {}
    assert completeness(root)["verdict"] == "quarantined"
    night(root, send(inbox / "2", loans(finance(2000))).parent)
    assert said(root) == [("quarantined", None), ("accepted", 1)]
    assert completeness(root)["verdict"] == "accepted"


def test_two_submissions_of_one_return_in_one_night_are_two_versions(root: Root, inbox: Path) -> None:
    send(inbox / "1", loans(finance(1000)))
    night(root, send(inbox / "2", loans(finance(2000))).parent)
    # The county is asked which of the two is right: a query that names both files.
    assert said(root) == [("accepted", 1), ("accepted_with_queries", 2)]
    (query,) = mart(root, "mart_findings").rows(named=True)
    assert (query["rule"], query["severity"]) == ("sent_twice", "warning")
    assert all(folder in query["found"] for folder in ("1/", "2/"))
    assert lent(root) == {YANGGAO: 2000}


def test_the_same_twice_in_one_night_is_no_query(root: Root, inbox: Path) -> None:
    send(inbox / "1", loans(finance(1000)))
    night(root, send(inbox / "2", loans(finance(1000))).parent)
    assert mart(root, "mart_findings").is_empty()


def test_of_two_in_one_night_the_good_one_counts_though_it_is_the_earlier(root: Root, inbox: Path) -> None:
    send(inbox / "1", loans(finance(1000)))
    night(root, send(inbox / "2", loans(BAD)).parent)
    assert lent(root) == {YANGGAO: 1000}


# --- duplicates ----------------------------------------------------------------------------------------------------


def test_nothing_new_is_no_run(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance())))
    summary = night(root, inbox)
    assert (summary.run, summary.version, summary.files) == (None, None, 0)
    assert journal.runs(root) == ["000001"]


def test_the_same_bytes_under_another_name_are_a_duplicate(root: Root, inbox: Path) -> None:
    night(root, send(inbox / "1", loans(finance())).parent)
    shutil.copytree(inbox / "1", inbox / "2")
    summary = night(root, inbox)
    assert (summary.files, summary.duplicates, summary.accepted) == (1, 1, 0)
    assert said(root) == [("accepted", 1)]
    assert lent(root) == {YANGGAO: 1000}
    assert journal.read_entry(root, "000002").receipts[0].receipt.receipt == 2


def test_the_same_bytes_twice_in_one_night_are_a_duplicate(root: Root, inbox: Path) -> None:
    send(inbox / "1", loans(finance()))
    shutil.copytree(inbox / "1", inbox / "2")
    assert night(root, inbox).duplicates == 1
    assert said(root) == [("accepted", 1)]


def test_a_then_b_then_a_again_puts_a_back_in_force(root: Root, inbox: Path) -> None:
    first = send(inbox / "1", loans(finance(1000)))
    night(root, inbox)
    send(inbox / "2", loans(finance(2000)))
    night(root, inbox)
    shutil.copytree(first, inbox / "3")
    summary = night(root, inbox)
    assert (summary.duplicates, summary.accepted) == (0, 1)
    assert said(root)[-1] == ("accepted", 3)
    assert lent(root) == {YANGGAO: 1000}


def test_a_b_a_under_one_name(root: Root, inbox: Path) -> None:
    for amount in (1000, 2000, 1000):
        night(root, send(inbox, loans(finance(amount))))
    assert [version for _, version in said(root)] == [1, 2, 3]
    assert lent(root) == {YANGGAO: 1000}


def test_what_was_quarantined_is_judged_again_when_it_is_sent_again(root: Root, inbox: Path) -> None:
    night(root, send(inbox / "1", loans(BAD)).parent)
    shutil.copytree(inbox / "1", inbox / "2")
    assert (s := night(root, inbox)).duplicates == 0
    assert s.quarantined == 1


def test_the_inbox_is_left_as_it_is_and_passing_files_wait(root: Root, inbox: Path) -> None:
    send(inbox, loans(finance()))
    for name in ("~$open.xlsx", ".hidden.xlsx", "half.xlsx.part", "new.tmp"):
        (inbox / name).write_bytes(b"x")
    (inbox / "link.xlsx").symlink_to(next(inbox.glob("*/*.xlsx")))
    before = {p: hash_file(p.resolve()) for p in inbox.rglob("*") if p.is_file()}
    assert night(root, inbox).files == 1
    assert {p: hash_file(p.resolve()) for p in inbox.rglob("*") if p.is_file()} == before


# --- coverage ------------------------------------------------------------------------------------------------------


def relocated(root: Root, code: str, source: str = "summary", period: str = PERIOD) -> dict[str, Any]:
    (found,) = mart(root, "mart_relocation").filter(code=code, source=source, period=period).rows(named=True)
    return found


def summary_of(county: str, villages: int, period: str = PERIOD) -> list[Any]:
    rows = [village(f"{county}{n:03}", DAY) for n in range(villages)]
    counts = {"villages_planned": villages, "villages_started": villages}
    return [
        given(county, period, "relocation_villages", *rows),
        given(county, period, "relocation", row("relocation", **counts)),
    ]


def test_nil_returns_count_and_are_none_of_each(root: Root, inbox: Path) -> None:
    send(
        inbox,
        *summary_of(YANGGAO, 2),
        given(TIANZHEN, PERIOD, "relocation"),
        given(TIANZHEN, PERIOD, "relocation_villages"),
    )
    assert night(root, inbox).accepted == 4
    for source in ("summary", "register"):
        province = relocated(root, "140000", source)
        assert (province["villages_planned"], province["counties_due"], province["counties_counted"]) == (2, 119, 2)
        assert relocated(root, TIANZHEN, source)["villages_planned"] == 0
        assert relocated(root, TIANZHEN, source)["started_rate"] is None


def test_a_quarantined_county_is_due_and_not_counted_and_nothing_is_carried_forward(root: Root, inbox: Path) -> None:
    send(inbox / "1", *summary_of(YANGGAO, 2, "2017-11"), *summary_of(TIANZHEN, 3, "2017-11"))
    night(root, inbox)
    bad = given(TIANZHEN, PERIOD, "relocation", row("relocation", villages_started=1))
    send(inbox / "2", *summary_of(YANGGAO, 2), bad, given(TIANZHEN, PERIOD, "relocation_villages"))
    night(root, inbox)
    assert relocated(root, "140000", period="2017-11")["villages_planned"] == 5
    province = relocated(root, "140000")
    assert (province["villages_planned"], province["counties_due"], province["counties_counted"]) == (2, 119, 1)
    own = relocated(root, TIANZHEN)
    assert (own["villages_planned"], own["counties_due"], own["counties_counted"]) == (None, 1, 0)
    prefecture = relocated(root, "140200")
    assert (prefecture["villages_planned"], prefecture["counties_counted"]) == (2, 1)
    assert relocated(root, "deep_poverty")["villages_planned"] is None


def test_a_county_that_sent_nothing_is_due_and_not_received(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance())))
    found = completeness(root, GUANGLING)
    assert (found["due"], found["received"], found["verdict"], found["late"]) == (True, False, None, None)


@pytest.mark.parametrize(
    ("received_at", "late"),
    [(datetime(2018, 1, 10, 23, 59, tzinfo=UTC), False), (datetime(2018, 1, 11, 0, 0, tzinfo=UTC), True)],
)
def test_late_is_after_the_last_day_by_the_time_given(
    root: Root, inbox: Path, received_at: datetime, *, late: bool
) -> None:
    night(root, send(inbox, loans(finance())), received_at)
    assert completeness(root)["late"] is late


def test_a_correction_does_not_make_a_return_late(root: Root, inbox: Path) -> None:
    night(root, send(inbox / "1", loans(finance())).parent, datetime(2018, 1, 5, tzinfo=UTC))
    night(root, send(inbox / "2", loans(finance(2000))).parent, datetime(2018, 3, 1, tzinfo=UTC))
    assert completeness(root)["late"] is False


# --- partners ------------------------------------------------------------------------------------------------------


def test_a_summary_whose_register_is_quarantined_is_accepted_with_a_query(root: Root, inbox: Path) -> None:
    twice = village("1", DAY)
    summary = given(YANGGAO, PERIOD, "relocation", row("relocation", villages_planned=2, villages_started=2))
    night(root, send(inbox, given(YANGGAO, PERIOD, "relocation_villages", twice, twice), summary))
    decided = {key[3]: verdict for key, (verdict, _) in verdicts(root).items()}
    assert decided == {"relocation_villages": "quarantined", "relocation": "accepted_with_queries"}
    query = mart(root, "mart_findings").filter(dataset="relocation")
    assert query["rule"].to_list() == ["partner_missing"]
    quality = mart(root, "mart_quality").filter(dataset="relocation", rule="relocation_matches_register")
    assert quality.select("passed", "failed", "not_evaluated").row(0) == (0, 0, 4)


def test_where_two_forms_disagree_the_summary_is_quarantined_and_the_register_stays(root: Root, inbox: Path) -> None:
    summary = given(YANGGAO, PERIOD, "relocation", row("relocation", villages_planned=2))
    night(root, send(inbox, given(YANGGAO, PERIOD, "relocation_villages", village("1")), summary))
    decided = {key[3]: verdict for key, (verdict, _) in verdicts(root).items()}
    assert decided == {"relocation_villages": "accepted", "relocation": "quarantined"}


def test_the_last_value_is_looked_for_within_the_night_too(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(2000), period="2017-11"), loans(finance(1000))))
    assert said(root) == [("accepted", 1), ("accepted_with_queries", 1)]
    found = mart(root, "mart_findings").rows(named=True)
    assert {(f["rule"], f["severity"], f["period"]) for f in found} == {("year_to_date_never_falls", "warning", PERIOD)}
    assert [f["cells"] for f in found] == ["B2", "C2"]


# --- as of ---------------------------------------------------------------------------------------------------------


def test_as_of_an_earlier_moment_the_marts_are_as_they_were(root: Root, inbox: Path) -> None:
    night(root, send(inbox / "1", loans(finance(1000))).parent)
    before = published_marts(root)
    night(
        root,
        send(inbox / "2", loans(finance(2000)), loans(BAD, county=TIANZHEN)).parent,
        datetime(2018, 9, 1, tzinfo=UTC),
    )
    older = sources(root, RECEIVED)
    for name, frame in before.items():
        assert_frame_equal(marts.build(name, older).collect(), frame, check_row_order=False)
    assert lent(root) == {YANGGAO: 2000}


def test_the_ledger_deleted_is_rebuilt_from_the_journal(root: Root, inbox: Path) -> None:
    night(root, send(inbox / "1", loans(finance(1000)), loans(BAD, county=TIANZHEN)).parent)
    night(root, send(inbox / "2", loans(finance(2000))).parent)
    engine = ledger.open_ledger(url(root))
    tables = {t.name: ledger.read_table(engine, t) for t in ledger.OF_A_RUN}
    for path in root.path.glob("ledger.db*"):
        path.unlink()
    assert night(root, inbox).run is None
    engine = ledger.open_ledger(url(root))
    for table in ledger.OF_A_RUN:
        assert ledger.read_table(engine, table).equals(tables[table.name]), table.name
