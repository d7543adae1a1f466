"""The charts of the starter dashboard, where they stand on it, and the filter of the period that it opens with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

DASHBOARD = "县报 County returns"
Asset = dict[str, Any]


class VirtualDataset(NamedTuple):
    """A dataset that is a query: its name, label, SQL, and its columns beyond `bi_area`'s, with label and type."""

    name: str
    label: str
    sql: str
    columns: Mapping[str, tuple[str, str]]


TILES = VirtualDataset(
    "bi_tiles",
    "各县指标与方格图位置 Indicators of counties with their tiles",
    "SELECT fact.*, area.prefecture_zh, area.tile_x, lpad(area.tile_y::VARCHAR, 2, '0') || ' ' || area.prefecture_zh"
    " AS tile_row, area.deep_poverty FROM bi_area AS fact JOIN dim_area AS area ON fact.area = area.area"
    " WHERE fact.level = 'county'",
    {
        "prefecture_zh": ("市 Prefecture", "VARCHAR"),
        "tile_x": ("方格图列 Tile column", "BIGINT"),
        "tile_row": ("方格图行 Tile row", "VARCHAR"),
        "deep_poverty": ("深度贫困县 Deep-poverty county", "BOOLEAN"),
    },
)


@dataclass(frozen=True)
class Chart:
    """A chart: its title in zh and en, kind, dataset, and what it asks for; `width` of the twelve columns of its row.

    `columns` are shown as they are where there is no metric, else grouped by. `of_all_periods` is not narrowed by the
    dashboard's filter.
    """

    name: str
    title: str
    kind: str
    dataset: str
    width: int
    row: int
    metrics: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    of_all_periods: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


def _headline(name: str, title: str, indicator_key: str, row: int = 0) -> Chart:
    """One figure of the province, as `bi_area` has it: what is of a year, to date."""
    where = {"level": "province", "indicator_key": indicator_key}
    return Chart(name, title, "big_number_total", "bi_area", 3, row, ("shown_value",), where=where, options=FIGURE)


FIGURE = {"y_axis_format": ",.2~f", "header_font_size": 0.4}
BARS = {
    "orientation": "vertical",
    "show_legend": True,
    "rich_tooltip": True,
    "y_axis_format": ",.1f",
    "row_limit": 1000,
}
ROWS = {"row_limit": 1000, "show_cell_bars": False, "server_page_length": 20}
CHARTS = (
    Chart(
        "villages_completed", "搬迁完成村数 Villages relocated", "big_number_total", "bi_relocation", 3, 0,
        ("villages_completed",), options=FIGURE,
    ),
    _headline("loans", "小额信贷投放,年初至今(亿元) Microcredit lent, year to date", "finance.loan_amount_yuan"),
    _headline("exited", "脱贫人口,年初至今(万人) Persons lifted out, year to date", "outcomes.poor_persons_exited"),
    _headline("headcount", "贫困发生率(%) Poverty headcount ratio", "outcomes.poverty_headcount_ratio"),
    Chart(
        "villages_by_prefecture", "各市搬迁进度(%) Relocation by prefecture", "echarts_timeseries_bar",
        "bi_relocation", 6, 1, ("started_rate", "completed_rate", "demolished_rate"), ("prefecture_zh",),
        options=BARS,
    ),
    Chart(
        "loans_added", "小额信贷各期新增(亿元),按所含月数 Microcredit added by each period, by the months in it",
        "echarts_timeseries_bar", "bi_county", 6, 1, ("finance_loan_amount_yuan",), ("period_end", "months"),
        where={"indicator_key": "finance.loan_amount_yuan"}, of_all_periods=True,
        options=BARS | {"stack": "Stack", "time_grain_sqla": "P1M", "x_axis_time_format": "%Y-%m"},
    ),
    Chart(
        "headcount_tiles", "各县贫困发生率(%):每行一市,示意 Poverty headcount by county: a row a prefecture, no map",
        "heatmap_v2", "bi_tiles", 12, 2, ("shown_value",), ("tile_x", "tile_row"),
        {"indicator_key": "outcomes.poverty_headcount_ratio"},
        options={
            "linear_color_scheme": "superset_seq_2", "show_values": True, "show_legend": True,
            "normalize_across": "heatmap", "y_axis_format": ",.1f",
            "sort_x_axis": "alpha_asc", "sort_y_axis": "alpha_desc", "show_percentage": False,
        },
    ),
    Chart(
        "counties", "各县数值 Figures of counties", "table", "bi_tiles", 12, 3,
        columns=("prefecture_zh", "shown_zh", "name_zh", "display_value", "display_unit_zh", "status", "complete"),
        where={"dataset": "finance"}, options=ROWS,
    ),
    Chart(
        "scorecard", "计分卡:公布数与计算值 Scorecard", "table", "mart_scorecard", 12, 4,
        columns=("label_zh", "label_en", "period", "value", "published", "difference", "unit", "state"),
        of_all_periods=True, options=ROWS,
    ),
    Chart(
        "periods", "各期齐全程度 How complete each period is", "table", "dim_period", 12, 5,
        columns=("label_zh", "label_en", "due", "received", "accepted", "quarantined", "missing", "complete"),
        of_all_periods=True, options=ROWS,
    ),
)  # fmt: skip


def charts_of(chart: Chart) -> Asset:
    """A chart as a bundle has it: what its form says, and the same as a query, for who asks without a browser."""
    return {
        "slice_name": chart.title,
        "viz_type": chart.kind,
        "params": _form(chart),
        "query_context": json.dumps(_query_context(chart), ensure_ascii=False),
    }


def _form(chart: Chart) -> Asset:
    form: Asset = {"viz_type": chart.kind, "adhoc_filters": [_adhoc(*item) for item in chart.where.items()]}
    match chart.kind:
        case "big_number_total":
            form |= {"metric": chart.metrics[0]}
        case "table":
            form |= {
                "query_mode": "raw",
                "all_columns": list(chart.columns),
                "order_by_cols": [],
                "table_timestamp_format": "%Y-%m-%d",
            }
        case "heatmap_v2":
            form |= {"x_axis": chart.columns[0], "groupby": chart.columns[1], "metric": chart.metrics[0]}
        case _:
            x_axis, *groups = chart.columns
            form |= {"x_axis": x_axis, "groupby": groups, "metrics": list(chart.metrics)}
    return form | dict(chart.options)


def _adhoc(column: str, value: str) -> Asset:
    return {
        "clause": "WHERE", "expressionType": "SIMPLE", "subject": column, "operator": "==", "operatorId": "EQUALS",
        "comparator": value, "filterOptionName": f"filter_{column}",
    }  # fmt: skip


def _query_context(chart: Chart) -> Asset:
    query: Asset = {
        "columns": list(chart.columns),
        "filters": [{"col": column, "op": "==", "val": value} for column, value in chart.where.items()],
        "row_limit": 10_000,
    }
    if chart.metrics:
        query |= {"metrics": list(chart.metrics)}
    return {
        "datasource": {"id": 0, "type": "table"},
        "queries": [query],
        "result_format": "json",
        "result_type": "full",
    }


def dashboard_of(charts: Mapping[str, str], periods: str, period: str | None) -> Asset:
    """The dashboard over charts (UUIDs by name), with a filter of the period by the dataset `periods`."""
    numbers = {chart.name: number for number, chart in enumerate(CHARTS, start=1)}
    return {
        "dashboard_title": DASHBOARD,
        "position": _position(numbers, charts),
        "metadata": {
            "native_filter_configuration": [_filter(numbers, periods, period)],
            "cross_filters_enabled": False,
            "color_scheme": "supersetColors",
        },
        "published": True,
    }


def _position(numbers: Mapping[str, int], charts: Mapping[str, str]) -> Asset:
    rows = sorted({chart.row for chart in CHARTS})
    position: Asset = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "parents": ["ROOT_ID"], "children": [f"ROW-{n}" for n in rows]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": DASHBOARD}},
    }
    for row in rows:
        own = [chart for chart in CHARTS if chart.row == row]
        position[f"ROW-{row}"] = {
            "type": "ROW", "id": f"ROW-{row}", "parents": ["ROOT_ID", "GRID_ID"],
            "children": [f"CHART-{chart.name}" for chart in own], "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }  # fmt: skip
        for chart in own:
            position[f"CHART-{chart.name}"] = {
                "type": "CHART", "id": f"CHART-{chart.name}", "children": [],
                "parents": ["ROOT_ID", "GRID_ID", f"ROW-{row}"],
                "meta": {
                    "chartId": numbers[chart.name], "uuid": charts[chart.name], "sliceName": chart.title,
                    "width": chart.width, "height": HEIGHTS.get(chart.kind, 60),
                },
            }  # fmt: skip
    return position


HEIGHTS = {"big_number_total": 26, "heatmap_v2": 80}


def _filter(numbers: Mapping[str, int], periods: str, period: str | None) -> Asset:
    chosen: Asset = {"extraFormData": {}, "filterState": {}}
    if period:
        only = {"col": "period", "op": "IN", "val": [period]}
        chosen = {"extraFormData": {"filters": [only]}, "filterState": {"value": [period], "label": period}}
    inside = {chart.name: numbers[chart.name] for chart in CHARTS if not chart.of_all_periods}
    return {
        "id": "NATIVE_FILTER-period", "type": "NATIVE_FILTER", "name": "报告期 Period", "description": "",
        "filterType": "filter_select",
        "targets": [{"datasetUuid": periods, "column": {"name": "period"}}],
        "controlValues": {"multiSelect": False, "enableEmptyFilter": True, "sortAscending": False},
        "defaultDataMask": chosen,
        "cascadeParentIds": [],
        "scope": {
            "rootPath": ["ROOT_ID"],
            "excluded": [number for name, number in numbers.items() if name not in inside],
        },
        "chartsInScope": sorted(inside.values()),
    }  # fmt: skip
