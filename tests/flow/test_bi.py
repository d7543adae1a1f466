"""The layer for BI tools on a whole province: SQL as people write it who know nothing of levels, sources and kinds."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from tests.flow.conftest import Province
from warehouse.codebook import Figure, load
from warehouse.codebook.display import display_unit
from warehouse.snapshots.semantic_model import measure_name
from warehouse.snapshots.superset import metrics_of
from warehouse.snapshots.superset_charts import TILES

BOOK = load()
SUMS = [f for f in BOOK.figures if f.aggregate == "sum" and not f.where and f.scope == "province"]
RATIOS = [
    f
    for f in BOOK.figures
    if f.aggregate == "weighted" or (f.aggregate == "ratio" and f.figure in BOOK.datasets[f.dataset].columns)
]
SHARES = [f for f in BOOK.figures if f.aggregate == "share"]
# Which column of which mart is a key of which dimension; what has a dataset and an indicator joins by both.
KEYS = {
    ("period",): "dim_period", ("area",): "dim_area", ("county_code",): "dim_area.area", ("level", "code"): "dim_area",
    ("indicator_key",): "dim_indicator", ("dataset", "indicator"): "dim_indicator", ("dataset",): "dim_dataset",
}  # fmt: skip


@pytest.fixture(scope="module")
def connection(province: Province) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(province.root.marts / "marts.duckdb"), read_only=True) as opened:
        yield opened


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    ((value,),) = connection.execute(sql).fetchall()
    return value


def scorecard(connection: duckdb.DuckDBPyConnection, figure: Figure) -> Decimal:
    found = one(connection, f"SELECT value FROM mart_scorecard WHERE figure = '{figure.figure}'")
    assert isinstance(found, Decimal)
    return found


def when(figure: Figure) -> str:
    """The time that a person picks: the year of what each month added to, else the period."""
    kind = BOOK.datasets[figure.dataset][figure.column or ""].kind
    year = f"year(period_end) = {figure.period[:4]} AND period <= '{figure.period}'"
    return year if kind == "year_to_date" else f"period = '{figure.period}'"


@pytest.mark.parametrize("figure", SUMS, ids=lambda f: f.figure)
def test_a_naive_sum_over_counties_is_the_figure_of_the_scorecard(
    connection: duckdb.DuckDBPyConnection, figure: Figure
) -> None:
    for name in ("indicator_key", "name_zh", "name_en"):
        sums = dict(
            connection.execute(
                f"SELECT {name}, SUM(value) FROM bi_county WHERE {when(figure)} GROUP BY {name}"
            ).fetchall()
        )
        key = f"{figure.dataset}.{figure.column}"
        label = one(connection, f"SELECT {name} FROM dim_indicator WHERE indicator_key = '{key}'")
        assert sums[label] == scorecard(connection, figure)


@pytest.mark.parametrize("figure", SHARES, ids=lambda f: f.figure)
def test_a_share_is_that_of_two_naive_sums(connection: duckdb.DuckDBPyConnection, figure: Figure) -> None:
    sums = connection.execute(
        "SELECT SUM(value) FILTER (deep_poverty), SUM(value) FROM bi_county"
        f" WHERE {when(figure)} AND indicator_key = '{figure.dataset}.{figure.column}'"
    ).fetchall()
    ((inside, whole),) = sums
    assert float(100 * inside / whole) == pytest.approx(float(scorecard(connection, figure)), abs=1e-6)


def test_villages_are_884_whoever_adds_them_up(connection: duckdb.DuckDBPyConnection) -> None:
    """In mart_relocation the same words give every village twice at six levels: 8,986."""
    assert one(connection, "SELECT SUM(villages_completed) FROM bi_relocation WHERE period = '2017-12'") == 884
    naive = "SELECT SUM(villages_completed) FROM mart_relocation WHERE period = '2017-12' AND level = 'province'"
    assert one(connection, naive) == 2 * 884
    by_name = connection.execute(
        "SELECT area_zh, SUM(villages_completed) FROM bi_relocation WHERE period = '2017-12' GROUP BY area_zh"
    ).fetchall()
    assert len(by_name) == 119


@pytest.mark.parametrize(
    ("column", "figure"),
    [
        ("villages_planned", "relocation_villages_planned"),
        ("villages_started", "relocation_villages_started"),
        ("villages_completed", "relocation_villages_completed"),
        ("villages_demolished", "relocation_villages_demolished"),
    ],
)
def test_the_columns_of_relocation_add_up_to_the_scorecard(
    connection: duckdb.DuckDBPyConnection, column: str, figure: str
) -> None:
    wanted = one(connection, f"SELECT value FROM mart_scorecard WHERE figure = '{figure}'")
    assert one(connection, f"SELECT SUM({column}) FROM bi_relocation WHERE period = '2017-12'") == wanted


@pytest.mark.parametrize("figure", [*SUMS, *RATIOS], ids=lambda f: f.figure)
def test_one_row_of_every_area_is_the_figure_of_the_scorecard(
    connection: duckdb.DuckDBPyConnection, figure: Figure
) -> None:
    name = figure.figure if figure.aggregate == "ratio" else figure.column
    found = connection.execute(
        "SELECT name_zh, SUM(value) FROM bi_area WHERE period = $period AND level = $scope AND indicator_key = $key"
        " GROUP BY name_zh",
        {"period": figure.period, "scope": figure.scope, "key": f"{figure.dataset}.{name}"},
    ).fetchall()
    assert [value for _, value in found] == [scorecard(connection, figure)]


def test_what_each_period_added_makes_the_year_whatever_the_periods(connection: duckdb.DuckDBPyConnection) -> None:
    gaps = connection.execute(
        "SELECT period, months FROM bi_county WHERE indicator_key = 'finance.loan_amount_yuan' GROUP BY ALL"
        " ORDER BY period"
    ).fetchall()
    assert gaps == [("2016-12", 12), ("2017-11", 11), ("2017-12", 1), ("2018-06", 6)]
    assert one(
        connection,
        "SELECT count(*) FROM (SELECT SUM(value) AS added, area, indicator_key, year(period_end) AS year"
        " FROM bi_county WHERE kind = 'year_to_date' GROUP BY ALL) AS summed JOIN"
        " (SELECT area, indicator_key, year(period_end) AS year, arg_max(value, period) AS to_date FROM bi_area"
        " GROUP BY ALL) AS last USING (area, indicator_key, year) WHERE added IS DISTINCT FROM to_date",
    ) == 0  # fmt: skip


COLUMNS = {mart: {c.column for c in columns} for mart, columns in BOOK.marts.items() if not mart.startswith("dim_")}
JOINS = [(mart, key, dim) for mart, of in COLUMNS.items() for key, dim in KEYS.items() if of.issuperset(key)]


@pytest.mark.parametrize(
    ("mart", "key", "dim"), JOINS, ids=lambda part: part if isinstance(part, str) else "+".join(part)
)
def test_every_key_joins_its_dimension_without_orphans_or_fan_out(
    connection: duckdb.DuckDBPyConnection, mart: str, key: tuple[str, ...], dim: str
) -> None:
    name, _, column = dim.partition(".")
    other = {"code": "area"} if name == "dim_area" else {}
    on = " AND ".join(f"fact.{c} = dim.{column or other.get(c, c)}" for c in key)
    given = " AND ".join(f"fact.{c} IS NOT NULL" for c in key)
    rows = one(connection, f"SELECT count(*) FROM {mart} AS fact WHERE {given}")
    assert one(connection, f"SELECT count(*) FROM {mart} AS fact JOIN {name} AS dim ON {on}") == rows


def metrics(mart: str) -> dict[str, str]:
    return {metric.name: metric.sql for metric in metrics_of(BOOK, mart)}


@pytest.mark.parametrize("figure", SUMS, ids=lambda f: f.figure)
def test_a_metric_of_the_bundle_is_the_figure_of_the_scorecard(
    connection: duckdb.DuckDBPyConnection, figure: Figure
) -> None:
    indicator = BOOK.datasets[figure.dataset][figure.column or ""]
    sql = metrics("bi_county")[measure_name(f"{figure.dataset}.{figure.column}")]
    found = one(connection, f"SELECT {sql} FROM bi_county WHERE {when(figure)}")
    assert found * display_unit(BOOK.scales, indicator).factor == pytest.approx(float(scorecard(connection, figure)))


def test_a_metric_gives_nothing_rather_than_a_sum_over_periods_or_areas(connection: duckdb.DuckDBPyConnection) -> None:
    assert one(connection, f"SELECT {metrics('bi_county')['finance_loan_balance_yuan']} FROM bi_county") is None
    assert one(connection, f"SELECT {metrics('bi_relocation')['villages_completed']} FROM bi_relocation") is None
    assert one(connection, f"SELECT {metrics('bi_area')['base_value']} FROM bi_area WHERE period = '2017-12'") is None


@pytest.mark.parametrize("mart", ["bi_county", "bi_area", "bi_relocation"])
def test_every_metric_runs(connection: duckdb.DuckDBPyConnection, mart: str) -> None:
    asked = ", ".join(metrics(mart).values())
    assert connection.execute(f"SELECT {asked} FROM {mart} WHERE period = '2017-12'").fetchall()


def test_the_tiles_are_of_counties_that_are_each_in_one_place(connection: duckdb.DuckDBPyConnection) -> None:
    found = connection.execute(
        f"SELECT count(DISTINCT (tile_x, tile_row)), count(*) FROM ({TILES.sql}) WHERE period = '2017-12'"
        " AND indicator_key = 'outcomes.poverty_headcount_ratio'"
    ).fetchall()
    assert found == [(119, 119)]


def test_every_figure_of_a_clean_province_is_complete_and_what_few_fill_in_says_so(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert one(connection, "SELECT count(*) FROM bi_area WHERE NOT complete") == 0
    assert one(connection, "SELECT count(*) FROM bi_area WHERE partial <> (shown_zh LIKE '%不完整%')") == 0
