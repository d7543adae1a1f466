"""A period opens when enough counties have sent something: a stray file makes no figure of the province."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.builders import BOOK, YANGGAO, finance, given, installation, night, send, url
from tests.small_store import Sent, run
from warehouse.lineage import FigureSelection, explain_figure
from warehouse.lineage.reader import LineageReader
from warehouse.maintenance.operations import rebuild_into
from warehouse.marts.as_known import AsKnown
from warehouse.marts.opening import opened
from warehouse.messages.errors import PermanentError
from warehouse.snapshots.manifest import Manifest, read_manifest
from warehouse.snapshots.publish import Plan, publish
from warehouse.store import ledger
from warehouse.store.files import Root

STRAYS = ("2017-06", "2017-07", "2017-08", "2017-09", "2017-10")
OPEN = ("2017-11", "2017-12")
COUNTIES = [d.county_code for d in BOOK.members("province", "2017-12")][:5]
# Five of the province's counties, and not one less.
FIVE = len(COUNTIES) / len(BOOK.members("province", "2017-12"))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Root, Manifest]:
    """Files of five counties for two periods, and of the first of them for the five periods before; five open one."""
    root = sent_to(tmp_path_factory.mktemp("strays") / "root")
    return root, publish_with(root, FIVE)


@pytest.fixture
def root(published: tuple[Root, Manifest], tmp_path: Path) -> Root:
    """The same, to go on with."""
    shutil.copytree(published[0].path, tmp_path / "root", symlinks=True)
    return Root(tmp_path / "root")


def sent_to(folder: Path) -> Root:
    root = Root(folder)
    all_sent = [
        (period, county) for period in (*STRAYS, *OPEN) for county in (COUNTIES if period in OPEN else COUNTIES[:1])
    ]
    run(
        root,
        1,
        *(
            Sent(n, lent=1000 * int(period[5:]), county=county, period=period)
            for n, (period, county) in enumerate(all_sent, start=1)
        ),
    )
    return root
    return root


def publish_with(root: Root, share: float) -> Manifest:
    engine = ledger.open_ledger(url(root))
    ledger.catch_up(engine, root)
    return publish(root, Plan.of(AsKnown.of(BOOK, root.history, engine, share)), BOOK)


def loans(root: Root, manifest: Manifest, **where: Any) -> pl.DataFrame:
    return manifest.scan(root, "mart_finance").filter(indicator="loan_amount_yuan", **where).collect().sort("period")


def owed(period: str) -> int:
    due = (d for d in BOOK.datasets.values() if d.due(period))
    return sum(len(BOOK.members(d.owed_by, "2017-12")) for d in due)


def sent(*places: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(places, {"period": pl.String, "county_code": pl.String}, orient="row")


def test_a_period_is_open_from_the_share_of_the_counties_that_owe_something() -> None:
    came = sent(*(("2017-12", county) for county in COUNTIES), ("2017-11", YANGGAO))
    assert opened(BOOK, came, FIVE) == {"2017-12"}
    assert opened(BOOK, came, FIVE + 1e-9) == frozenset()
    assert opened(BOOK, came, 0) == {"2017-11", "2017-12"}


def test_a_county_counts_once_and_a_code_that_owes_nothing_not_at_all() -> None:
    nobody = [(f"2017-1{month}", code) for month in (1, 2) for code in ("999999", "110101", "140200")]
    assert opened(BOOK, sent(*nobody, *[("2017-12", YANGGAO)] * 9), FIVE) == frozenset()


def test_nothing_that_came_opens_nothing() -> None:
    assert opened(BOOK, sent(), 0) == frozenset()


def test_a_stray_file_opens_no_period(published: tuple[Root, Manifest]) -> None:
    root, manifest = published
    province = loans(root, manifest, level="province")
    assert province.select("period", "value").rows() == [("2017-11", 55_000), ("2017-12", 60_000)]
    assert set(loans(root, manifest, code=COUNTIES[0])["period"]) == {*STRAYS, *OPEN}
    for name in ("mart_relocation", "mart_deep_poverty_share", "mart_roll_up_quality"):
        assert not {*manifest.scan(root, name).collect()["period"].to_list()} & {*STRAYS}, name


def test_what_came_for_it_is_in_completeness_and_nothing_of_it_is_missing(published: tuple[Root, Manifest]) -> None:
    root, manifest = published
    complete = manifest.scan(root, "mart_completeness").collect()
    stray = complete.filter(~pl.col("period_open"))
    assert stray.select("period", "county_code", "dataset", "due", "received", "missing").rows() == [
        (period, COUNTIES[0], "finance", True, True, False) for period in STRAYS
    ]
    assert set(complete.filter("period_open")["period"]) == {*OPEN}
    assert not {*manifest.scan(root, "mart_to_chase").collect()["period"]} & {*STRAYS}
    periods = manifest.scan(root, "dim_period").collect()
    assert periods.filter(~pl.col("period_open")).select("period", "due", "received", "missing", "complete").rows() == [
        (period, owed(period), 1, 0, False) for period in STRAYS
    ]


def test_nothing_is_compared_with_it_so_one_county_is_no_change_of_the_province(
    published: tuple[Root, Manifest],
) -> None:
    root, manifest = published
    november, december = loans(root, manifest, level="province").rows(named=True)
    assert (november["month_value"], november["counties_compared"]) == (None, 0)
    assert (december["month_value"], december["counties_compared"]) == (5000, 5)


def test_it_opens_with_the_county_that_was_lacking_and_all_of_it_is_there(root: Root) -> None:
    more = (Sent(100 + n, lent=10_000, county=county, period="2017-10") for n, county in enumerate(COUNTIES[1:]))
    run(root, 2, *more)
    manifest = publish_with(root, FIVE)
    october, november, _ = loans(root, manifest, level="province").rows(named=True)
    assert (october["value"], october["counties_counted"]) == (50_000, 5)
    assert (november["month_value"], november["counties_compared"]) == (5000, 5)
    assert "2017-10" in manifest.scan(root, "mart_to_chase").collect()["period"]


def test_a_figure_of_it_is_explained_for_the_county_alone(published: tuple[Root, Manifest]) -> None:
    root, _ = published
    store = LineageReader(root, url(root))
    with pytest.raises(PermanentError, match=r"2017-10 is not open: 1 of \d+ returns due have come"):
        explain_figure(store, BOOK, FigureSelection("mart_finance", "loan_amount_yuan", "2017-10"))
    asked = FigureSelection("mart_finance", "loan_amount_yuan", "2017-10", county=COUNTIES[0])
    county = explain_figure(store, BOOK, asked)
    assert (county.value, county.differs) == (10_000, False)
    november = FigureSelection("mart_finance", "loan_amount_yuan", "2017-11", county=COUNTIES[0])
    assert not explain_figure(store, BOOK, november).differs


def test_a_rebuild_takes_the_share_that_the_snapshot_was_published_with(
    inbox: Path,
    tmp_path: Path,
    few_marts: None,  # noqa: ARG001
) -> None:
    one = Root(tmp_path / "one")
    send(inbox, given(YANGGAO, "2017-12", "finance", finance()))
    night(one, inbox)
    done = rebuild_into(installation(one), tmp_path / "again")
    assert (done.same, done.marts_compared) == (True, True)
    assert [snapshot.open_share for at in (one, Root(tmp_path / "again")) if (snapshot := read_manifest(at))] == [0, 0]


def test_another_share_makes_anew_what_it_changes_and_links_the_rest(root: Root) -> None:
    first, second = (publish_with(root, share) for share in (FIVE, 0))
    assert loans(root, first, level="province").height == len(OPEN)
    assert loans(root, second, level="province").height == len({*STRAYS, *OPEN})
    named = {file.path.split("/", 1)[1]: file.sha256 for file in first.files}
    kept = [file.path for file in second.files if named.get(file.path.split("/", 1)[1]) == file.sha256]
    assert any("period=2017-12" in path for path in kept)
