"""The dimensions of the star schema: one row a key, names that are unique, and no fact that is made up."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.builders import BOOK
from warehouse import marts
from warehouse.codebook.display import display_unit
from warehouse.codebook.load import load_codebook
from warehouse.marts.measures import measures_of
from warehouse.marts.sources import Sources, levels_of
from warehouse.messages.errors import CodebookError
from warehouse.store import ledger

PERIODS = ("2017-12", "2018-06")
SOURCES = Sources(
    BOOK, Path("/nonexistent"), lambda table: pl.DataFrame(schema=ledger.schema(table)), (), wanted=PERIODS
)


@pytest.fixture(scope="module")
def indicators() -> pl.DataFrame:
    return marts.build("dim_indicator", SOURCES).collect()


@pytest.fixture(scope="module")
def areas() -> pl.DataFrame:
    return marts.build("dim_area", SOURCES).collect()


def about(frame: pl.DataFrame, **key: str) -> dict[str, object]:
    (row,) = frame.filter(**key).rows(named=True)
    return row


def test_keys_and_names_are_unique(indicators: pl.DataFrame, areas: pl.DataFrame) -> None:
    for column in ("indicator_key", "name_zh", "name_en"):
        assert not indicators[column].is_duplicated().any(), column
    for column in ("area", "area_zh", "area_en"):
        assert not areas[column].is_duplicated().any(), column


@pytest.mark.parametrize("name", BOOK.datasets)
def test_every_line_of_a_mart_is_an_indicator(indicators: pl.DataFrame, name: str) -> None:
    own = indicators.filter(pl.col("measure"), dataset=name)["indicator"].to_list()
    assert own == [line.name for line in measures_of(BOOK.datasets[name])]
    assert set(BOOK.datasets[name].columns) <= set(indicators.filter(dataset=name)["indicator"])


@pytest.mark.parametrize("period", PERIODS)
def test_every_area_of_a_mart_is_an_area(areas: pl.DataFrame, period: str) -> None:
    there = levels_of(BOOK, period).select("level", area="code").unique()
    assert there.join(areas, on=["area", "level"], how="anti").is_empty()


def test_the_four_city_districts_have_names_of_their_own(areas: pl.DataFrame) -> None:
    found = areas.filter(name_zh="城区")["area_zh"].to_list()
    assert found == ["大同市城区", "阳泉市城区", "长治市城区", "晋城市城区"]


def test_every_parent_is_an_area_and_the_province_has_none(areas: pl.DataFrame) -> None:
    assert areas.filter(pl.col("parent").is_null())["area"].to_list() == ["140000"]
    assert set(areas["parent"].drop_nulls()) <= set(areas["area"])


def test_a_county_is_in_force_from_a_day_until_another(areas: pl.DataFrame) -> None:
    gone = about(areas, area="140202")
    assert (gone["valid_from"], gone["valid_until"]) == (gone["valid_from"], about(areas, area="140213")["valid_from"])
    assert about(areas, area="140000")["valid_until"] is None


def test_no_two_counties_share_a_tile_and_a_row_is_a_prefecture(areas: pl.DataFrame) -> None:
    counties = areas.filter(level="county")
    assert not counties.select("tile_x", "tile_y").is_duplicated().any()
    assert counties.group_by("prefecture_code").agg(pl.col("tile_y").n_unique())["tile_y"].unique().to_list() == [1]


def test_only_what_the_codebook_adds_up_is_additive(indicators: pl.DataFrame) -> None:
    additive = indicators.filter("additive_over_areas")
    assert set(additive["roll_up"]) == {"sum", "count", "count_counties"}
    assert set(indicators.filter("additive_over_time")["kind"]) == {"year_to_date"}
    assert indicators.filter("additive_over_time", ~pl.col("additive_over_areas")).is_empty()


def test_a_unit_is_shown_as_a_province_reads_it() -> None:
    finance, outcomes = BOOK.datasets["finance"], BOOK.datasets["outcomes"]
    assert display_unit(BOOK.scales, finance["loan_amount_yuan"]) == ("亿元", "100,000,000 yuan", 100_000_000)
    assert display_unit(BOOK.scales, outcomes["income_per_capita"]) == ("元", "yuan", 1)
    assert display_unit(BOOK.scales, outcomes["poor_villages_exited"]) == ("个", "villages", 1)


@pytest.mark.parametrize(
    ("key", "way"),
    [
        ("outcomes.poor_persons_exited", "more"),
        ("outcomes.poor_persons_closing", "less"),
        ("outcomes.rural_population", "neither"),
        ("outcomes.delisting_status=verified", "more"),
        ("outcomes.delisting_status=none", "neither"),
    ],
)
def test_which_way_is_better_follows_from_the_kind_or_from_a_person(
    indicators: pl.DataFrame, key: str, way: str
) -> None:
    assert about(indicators, indicator_key=key)["direction"] == way


def test_a_definition_says_how_the_figure_comes_about(indicators: pl.DataFrame) -> None:
    row = about(indicators, indicator_key="outcomes.poverty_headcount_ratio")
    assert row["formula"] == "poverty_headcount_ratio = 100 x sum(poor_persons_closing) / sum(rural_population)"
    assert "合计(期末贫困人口) / 合计(农村户籍人口)" in str(row["definition_zh"])
    assert "of counties only" in str(about(indicators, indicator_key="support.provincial_units")["definition_en"])
    assert indicators.filter(pl.col("measure") != pl.col("formula").is_not_null()).is_empty()


def test_a_direction_of_what_is_no_indicator_is_refused(tmp_path: Path) -> None:
    for file in Path(load_codebook.__code__.co_filename).parent.glob("*.csv"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with (tmp_path / "directions.csv").open("a", encoding="utf-8") as lines:
        lines.write("finance,loans,more\n")
    with pytest.raises(CodebookError, match=r"directions\.csv, finance, column: unknown 'loans'"):
        load_codebook(tmp_path)


def test_the_labels_of_a_period_are_those_of_its_month() -> None:
    found = marts.build("dim_period", SOURCES).collect()
    assert found.select("period", "label_zh", "label_en").rows() == [
        ("2017-12", "2017年12月", "Dec 2017"), ("2018-06", "2018年6月", "Jun 2018"),
    ]  # fmt: skip
