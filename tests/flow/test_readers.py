"""The analyst's side: DuckDB, Polars and pyarrow each answer the article's questions from the published marts."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from tests.flow.conftest import Province
from warehouse.codebook import load
from warehouse.store.journal_records import ACCEPTED
from warehouse.synthetic import PERIODS

VILLAGES = {"villages_planned": 3350, "villages_started": 2487, "villages_completed": 884, "villages_demolished": 381}


def with_duckdb(province: Province, mart: str) -> pl.DataFrame:
    with duckdb.connect(str(province.root.marts / "marts.duckdb"), read_only=True) as marts:
        return marts.sql(f"SELECT * FROM {mart}").pl()


def with_polars(province: Province, mart: str) -> pl.DataFrame:
    return province.manifest.scan(province.root, mart).collect()


def with_pyarrow(province: Province, mart: str) -> pl.DataFrame:
    paths = [str(path) for path in province.manifest.paths(province.root, mart)]
    frame = pl.from_arrow(ds.dataset(paths, format="parquet").to_table())
    assert isinstance(frame, pl.DataFrame)
    return frame


READERS = pytest.mark.parametrize("read", [with_duckdb, with_polars, with_pyarrow])
Read = Callable[[Province, str], pl.DataFrame]


@READERS
@pytest.mark.parametrize("source", ["summary", "register"])
def test_how_many_villages_were_completed(province: Province, read: Read, source: str) -> None:
    card = read(province, "mart_relocation").filter(period="2017-12", level="province", source=source)
    assert card.select(VILLAGES.keys()).row(0, named=True) == VILLAGES
    assert card["completed_rate"].item() == Decimal("26.388060")
    assert card.select("counties_due", "counties_counted").row(0) == (119, 119)


@READERS
def test_which_counties_are_behind(province: Province, read: Read) -> None:
    counties = read(province, "mart_relocation").filter(
        pl.col("villages_planned") > 0, period="2017-12", level="county", source="summary"
    )
    behind = counties.filter(pl.col("completed_rate") < Decimal("26.38806")).sort("completed_rate")
    assert 0 < behind.height < counties.height
    rate = 100 * behind["villages_completed"][0] / behind["villages_planned"][0]
    assert float(behind["completed_rate"][0]) == pytest.approx(rate, abs=1e-6)


@READERS
def test_the_scorecard_holds(province: Province, read: Read) -> None:
    card = read(province, "mart_scorecard")
    assert card.height == len(load().figures)
    assert card["state"].to_list() == ["holds"] * card.height


@READERS
def test_what_was_due_came(province: Province, read: Read) -> None:
    completeness = read(province, "mart_completeness")
    due = sum(
        len(load().members(d.owed_by, period)) for period in PERIODS for d in load().datasets.values() if d.due(period)
    )
    assert completeness.filter("due").height == completeness.filter("received").height == due
    # Of a clean province too some numbers are far from their past or peers, and are asked about.
    assert set(completeness["verdict"].unique()) == set(ACCEPTED)


RECIPES = Path(__file__).parents[2] / "docs" / "how-to" / "read-the-marts.md"
FUNDS = """
SELECT name_zh, value, month_value, change_prior_year, counties_counted, counties_due
FROM mart_funds
WHERE indicator = 'fiscal_spent_yuan' AND level = 'prefecture' AND period = '2017-12'
"""


def test_what_prefectures_spent(province: Province) -> None:
    assert FUNDS.strip() in RECIPES.read_text(encoding="utf-8")
    with duckdb.connect(str(province.root.marts / "marts.duckdb"), read_only=True) as marts:
        spent = marts.sql(FUNDS).pl()
    assert spent.height == 11
    assert spent.null_count().sum_horizontal().item() == 0
    assert (spent["counties_counted"] == spent["counties_due"]).all()
    whole = with_polars(province, "mart_funds").filter(
        period="2017-12", level="province", indicator="fiscal_spent_yuan"
    )
    for column in ("value", "month_value", "change_prior_year"):
        assert spent[column].sum() == whole[column].item()


def test_all_readers_see_the_same(province: Province) -> None:
    for mart in load().marts:
        frames = [read(province, mart) for read in (with_duckdb, with_polars, with_pyarrow)]
        assert frames[0].equals(frames[1]), mart
        assert frames[1].equals(frames[2]), mart


def test_labels_and_units_travel_with_the_columns(province: Province) -> None:
    schema = pq.read_schema(province.manifest.paths(province.root, "mart_relocation")[0])
    field = schema.field("villages_completed")
    assert field.metadata[b"label_zh"].decode() == "完成村数"
    assert field.metadata[b"unit"] == b"village"
    with duckdb.connect(str(province.root.marts / "marts.duckdb"), read_only=True) as marts:
        comments = marts.execute(
            "SELECT comment FROM duckdb_columns()"
            " WHERE table_name = 'mart_relocation' AND column_name = 'villages_completed'"
        ).fetchall()
    assert comments == [("完成村数 / Villages completed / village",)]


def test_a_fact_leads_back_to_its_file_and_row(province: Province) -> None:
    facts = with_polars(province, "fact_indicator")
    fact = facts.filter(period="2017-12", county_code="140222", indicator="villages_completed").row(0, named=True)
    originals = list((province.root.archive / fact["submission"][:2]).glob(f"{fact['submission']}.*"))
    assert len(originals) == 1
    assert fact["sheet"] == "易地扶贫搬迁"
    assert fact["row"] == 2
    summary = with_polars(province, "mart_relocation").filter(period="2017-12", code="140222", source="summary")
    assert fact["value"] == summary["villages_completed"].item()
