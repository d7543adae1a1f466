"""Three counties and one period, by hand, to marts: content and schema against the CSV files beside this one.

After a change that is meant: `XIANBAO_GOLDEN=write .venv/bin/python -m pytest tests/golden`, then read the diff.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tests.builders import BOOK, GUANGLING, TIANZHEN, YANGGAO, finance, given, mart, night, row, send, village
from warehouse.store.files import Root

HERE = Path(__file__).parent
PERIOD = "2017-12"
DAY, NEXT = date(2017, 5, 1), date(2017, 12, 31)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Root:
    """One county in order, one nil, one whose summary does not agree with its register."""
    folder = tmp_path_factory.mktemp("golden")
    register = (village("01", DAY, DAY, DAY, reclaimed_area_mu=12), village("02", DAY, NEXT), village("03", DAY))
    agreed = {"villages_planned": 3, "villages_started": 3, "villages_completed": 2, "villages_demolished": 1}
    people = {"persons_identified": 90, "persons_housed": 60, "persons_moved_in": 30, "funds_paid_yuan": 83_820_001}
    send(
        folder / "inbox",
        given(YANGGAO, PERIOD, "relocation_villages", *register),
        given(YANGGAO, PERIOD, "relocation", row("relocation", **agreed, **people)),
        given(YANGGAO, PERIOD, "finance", finance(47_544)),
        given(TIANZHEN, PERIOD, "relocation_villages"),
        given(TIANZHEN, PERIOD, "relocation"),
        given(GUANGLING, PERIOD, "relocation_villages", village("04", DAY)),
        given(GUANGLING, PERIOD, "relocation", row("relocation", villages_planned=2)),
    )
    night(Root(folder / "root"), folder / "inbox")
    return Root(folder / "root")


def agrees(found: pl.DataFrame, name: str) -> None:
    """Content and types are those of the file, whose header says `column:type`."""
    kinds = [f"{column}:{kind}" for column, kind in found.schema.items()]
    text = found.cast(pl.String).rename(dict(zip(found.columns, kinds, strict=True))).write_csv(null_value="")
    path = HERE / f"{name}.csv"
    if os.environ.get("XIANBAO_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text.splitlines() == path.read_text(encoding="utf-8").splitlines()


def of_then(found: pl.DataFrame, name: str) -> pl.DataFrame:
    """The lines of the indicators that the file has: one that was added since is no other figure."""
    if os.environ.get("XIANBAO_GOLDEN") == "write":
        return found
    there = pl.read_csv(HERE / f"{name}.csv", columns=["indicator:String"]).to_series()
    return found.filter(pl.col("indicator").is_in(there.unique().to_list()))


def test_mart_relocation(root: Root) -> None:
    found = mart(root, "mart_relocation")
    own = pl.col("code").is_in([YANGGAO, TIANZHEN, GUANGLING])
    above = pl.col("code").is_in(["140000", "140200", "deep_poverty", "national_key"])
    agrees(found.filter(own | above), "mart_relocation")


def test_mart_of_a_programme(root: Root) -> None:
    found = mart(root, "mart_finance")
    above = pl.col("code").is_in(["140000", "140200", "deep_poverty", "national_key"])
    agrees(found.filter((pl.col("code") == YANGGAO) | above).pipe(of_then, "mart_finance"), "mart_finance")


def test_every_level_and_county_of_the_year_is_there(root: Root) -> None:
    found = mart(root, "mart_relocation").filter(source="summary")
    levels = dict(found.group_by("level").len().iter_rows())
    groups = dict.fromkeys(BOOK.groups, 1)
    assert levels == {"county": 119, "prefecture": 11, **groups}


def test_fact_indicator(root: Root) -> None:
    agrees(mart(root, "fact_indicator").drop("submission").pipe(of_then, "fact_indicator"), "fact_indicator")


def test_a_fact_leads_back_to_the_bytes_that_it_came_with(root: Root) -> None:
    for submission in mart(root, "fact_indicator")["submission"].unique():
        assert list(root.archive.glob(f"{submission[:2]}/{submission}.xlsx"))


def test_mart_findings(root: Root) -> None:
    agrees(mart(root, "mart_findings").drop("submission"), "mart_findings")
