"""The marts for BI tools as a bundle that Superset imports: a database, datasets with metrics, charts, a dashboard.

Metrics carry their filters: one is of one indicator, in its display unit, and gives nothing rather than a wrong figure
(what is as at a day, over several periods; what lies in one another, over several areas). Identifiers follow from
names, so that who imports anew replaces. Does not belong here: what charts there are (`superset_charts.py`).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

import yaml
from pydantic import BaseModel, ConfigDict

from warehouse.codebook import Codebook, load
from warehouse.marts.bi_county import carried
from warehouse.marts.dim_indicator import indicators
from warehouse.messages.errors import PermanentError
from warehouse.snapshots.manifest import read_manifest
from warehouse.snapshots.semantic_model import TIME, measure_name, semantic_model
from warehouse.snapshots.superset_charts import CHARTS, DASHBOARD, TILES, Chart, charts_of, dashboard_of
from warehouse.store.files import Root

DATABASE = "xianbao"
VERSION = "1.0.0"
# A zip has times; this one is of no day, so that the same marts give the same bytes.
NO_DAY = (1980, 1, 1, 0, 0, 0)
ONE_PERIOD = "CASE WHEN COUNT(DISTINCT period) = 1 THEN {} END"
TYPES = {"text": "VARCHAR", "whole": "BIGINT", "decimal": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}
DATASETS = ("bi_area", "bi_county", "bi_relocation", "dim_period", "mart_scorecard")
Asset = dict[str, Any]


class Metric(NamedTuple):
    """A metric of a dataset: its name, its labels in zh and en together, its SQL, and how it comes about."""

    name: str
    label: str
    sql: str
    about: str = ""


class WrittenFile(BaseModel):
    """What was written where, of which snapshot (None: of none), and the period that it opens with."""

    model_config = ConfigDict(frozen=True)

    out: str
    version: str | None = None
    period: str | None = None


def write_bundle(root: Root, out: Path, period: str | None = None) -> WrittenFile:
    """Writes the bundle for the last snapshot's `marts.duckdb`, to open with a period (None: the last that is open).

    Raises PermanentError where nothing is published or the period is none of the snapshot's.
    """
    manifest = read_manifest(root)
    if manifest is None:
        raise PermanentError(f"nothing is published in {root.path} yet; say xianbao run")
    periods = manifest.scan(root, "dim_period").filter("period_open").collect()["period"].sort().to_list()
    if period and period not in periods:
        raise PermanentError(f"{period} is none of the periods that are open: {', '.join(periods)}")
    chosen = period or max(periods, default=None)
    out.write_bytes(bundle(load(), root.marts.absolute() / "marts.duckdb", chosen))
    return WrittenFile(out=str(out), version=manifest.version, period=chosen)


def write_semantic_model(out: Path) -> WrittenFile:
    """Writes the semantic model, which follows from the codebook alone."""
    out.write_text(semantic_model(load()), encoding="utf-8")
    return WrittenFile(out=str(out))


def bundle(book: Codebook, database: Path, period: str | None) -> bytes:
    """The zip file of the bundle, for marts in this database; its dashboard opens with a period (None: with all)."""
    files = dict(assets(book, database, period))
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, asset in files.items():
            text = yaml.safe_dump(asset, allow_unicode=True, sort_keys=False, width=120)
            packed.writestr(zipfile.ZipInfo(f"{DATABASE}/{name}", NO_DAY), text)
    return data.getvalue()


def assets(book: Codebook, database: Path, period: str | None) -> Iterator[tuple[str, Asset]]:
    """Each file of the bundle by its name, with what it says."""
    yield "metadata.yaml", {"version": VERSION, "type": "Dashboard"}
    yield f"databases/{DATABASE}.yaml", _database(database)
    for mart in DATASETS:
        label = f"{book.mart_list[mart].label_zh} {book.mart_list[mart].label_en}"
        yield f"datasets/{DATABASE}/{mart}.yaml", _dataset(mart, label, _columns(book, mart), metrics_of(book, mart))
    more = (_column(name, label, dtype) for name, (label, dtype) in TILES.columns.items())
    tiles = [*_columns(book, "bi_area"), *more]
    yield (
        f"datasets/{DATABASE}/{TILES.name}.yaml",
        _dataset(TILES.name, TILES.label, tiles, metrics_of(book, "bi_area"), TILES.sql),
    )
    for chart in CHARTS:
        yield f"charts/{chart.name}.yaml", _chart(chart)
    yield f"dashboards/{DATABASE}.yaml", _dashboard(period)


def identifier(kind: str, name: str) -> str:
    """The UUID of a part of the bundle, the same in every bundle."""
    return str(uuid5(uuid5(NAMESPACE_URL, "https://xianbao.invalid/superset"), f"{kind}/{name}"))


def metrics_of(book: Codebook, mart: str) -> list[Metric]:
    """The metrics of a mart; none where it is shown as it is."""
    match mart:
        case "bi_county":
            return list(_of_counties(book))
        case "bi_area":
            only = "CASE WHEN COUNT(*) = 1 THEN CAST(MAX({}) AS DOUBLE) END"
            return [
                Metric("shown_value", "数值(显示单位) Value in the display unit", only.format("display_value")),
                Metric("base_value", "数值(基本单位) Value in the base unit", only.format("value")),
            ]
        case "bi_relocation":
            return list(_of_villages(book))
        case _:
            return []


def _of_counties(book: Codebook) -> Iterator[Metric]:
    about = carried(book).join(indicators(book).drop("name_zh", "name_en", "kind", "unit"), on="indicator_key")
    for row in about.iter_rows(named=True):
        total = f"SUM(value) FILTER (WHERE indicator_key = '{row['indicator_key']}') / {row['display_factor']}.0"
        label = f"{row['name_zh']}({row['display_unit_zh']}) {row['name_en']} ({row['display_unit_en']})"
        sql = total if row["additive_over_time"] else ONE_PERIOD.format(total)
        yield Metric(measure_name(row["indicator_key"]), label, sql, f"{row['definition_zh']} {row['definition_en']}")


def _of_villages(book: Codebook) -> Iterator[Metric]:
    columns = {c.column: c for c in book.marts["bi_relocation"] if c.unit == "village"}
    for name, column in columns.items():
        yield Metric(name, f"{column.label_zh} {column.label_en}", ONE_PERIOD.format(f"SUM({name})"))
    rates = {c.column: c for c in book.marts["mart_relocation"] if c.unit == "percent"}
    for name, column in rates.items():
        part = f"villages_{name.removesuffix('_rate')}"
        share = f"100.0 * SUM({part}) / NULLIF(SUM(villages_planned), 0)"
        yield Metric(name, f"{column.label_zh}(%) {column.label_en} (%)", ONE_PERIOD.format(share))


def _database(database: Path) -> Asset:
    return {
        "database_name": DATABASE,
        "sqlalchemy_uri": f"duckdb:///{database}?access_mode=read_only",
        "expose_in_sqllab": True,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "extra": {},
        "uuid": identifier("database", DATABASE),
        "version": VERSION,
    }


def _columns(book: Codebook, mart: str) -> list[Asset]:
    return [_column(c.column, f"{c.label_zh} {c.label_en}", TYPES[c.dtype]) for c in book.marts[mart]]


def _column(name: str, label: str, dtype: str) -> Asset:
    about = {"column_name": name, "verbose_name": label, "is_dttm": dtype == "DATE", "type": dtype}
    return about | {"groupby": True, "filterable": True}


def _dataset(name: str, label: str, columns: list[Asset], metrics: Iterable[Metric], sql: str | None = None) -> Asset:
    dated = any(column["column_name"] == TIME for column in columns)
    return {
        "table_name": name,
        "main_dttm_col": TIME if dated else None,
        "description": label,
        "schema": "main",
        "sql": sql,
        "uuid": identifier("dataset", name),
        "metrics": [
            {"metric_name": m.name, "verbose_name": m.label, "expression": m.sql, "description": m.about}
            for m in metrics
        ],
        "columns": columns,
        "version": VERSION,
        "database_uuid": identifier("database", DATABASE),
    }


def _chart(chart: Chart) -> Asset:
    dataset = identifier("dataset", chart.dataset)
    return charts_of(chart) | {"uuid": identifier("chart", chart.name), "version": VERSION, "dataset_uuid": dataset}


def _dashboard(period: str | None) -> Asset:
    charts = {chart.name: identifier("chart", chart.name) for chart in CHARTS}
    return dashboard_of(charts, identifier("dataset", "dim_period"), period) | {
        "slug": DATABASE,
        "uuid": identifier("dashboard", DASHBOARD),
        "version": VERSION,
    }
