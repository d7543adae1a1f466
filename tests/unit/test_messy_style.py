"""How the messy province writes cells, headers and names: each style as a clerk does it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from warehouse.codebook import load, plain_name
from warehouse.synthetic import Value
from warehouse.synthetic.messy.cells import month_cell, value_cell
from warehouse.synthetic.messy.grid import Cell
from warehouse.synthetic.messy.header import column_headers, header_rows
from warehouse.synthetic.messy.names import file_stem, short_name, written_name
from warehouse.synthetic.messy.style import Style

BOOK = load()

FUNDS = BOOK.datasets["funds"]["fiscal_spent_yuan"]
RATE = BOOK.datasets["outcomes"]["poverty_headcount_ratio"]
HOUSEHOLDS = BOOK.datasets["finance"]["loan_households"]
DAY = BOOK.datasets["relocation_villages"]["started_on"]


@pytest.mark.parametrize(
    ("style", "indicator", "value", "cell"),
    [
        (Style(), FUNDS, 838_200, Cell(Decimal("83.82"))),
        (Style(numbers="text"), FUNDS, 838_200, Cell("83.82")),
        (Style(numbers="spaced"), HOUSEHOLDS, 12, Cell("\u00a012 ")),
        (Style(numbers="full_width"), FUNDS, 838_200, Cell("８３．８２")),
        (Style(numbers="thousands"), HOUSEHOLDS, 1_234_567, Cell("1,234,567")),
        (Style(numbers="wan"), HOUSEHOLDS, 12_000, Cell("1.2万")),
        (Style(numbers="wan"), HOUSEHOLDS, 800, Cell(Decimal(800))),
        (Style(numbers="wan"), FUNDS, 838_200, Cell("83.82万")),
        (Style(numbers="full_unit"), FUNDS, 8_382_000_000, Cell("83.82亿元")),
        (Style(numbers="full_unit"), FUNDS, 838_200, Cell("83.82万元")),
        (Style(numbers="full_unit"), HOUSEHOLDS, 12, Cell(Decimal(12))),
        (Style(numbers="trailing"), HOUSEHOLDS, 1_200, Cell("1200户")),
        (Style(numbers="formula"), HOUSEHOLDS, 10, Cell(Decimal(10), formula="=3+7")),
        (Style(percents="text"), RATE, Decimal("10.7"), Cell("10.7%")),
        (Style(percents="full_width"), RATE, Decimal("10.7"), Cell("１０．７％")),
        (Style(percents="format"), RATE, Decimal("10.7"), Cell(Decimal("0.107"), "percent")),
        (Style(days="dotted"), DAY, date(2017, 12, 5), Cell("2017.12.05")),
        (Style(days="slashed"), DAY, date(2017, 12, 5), Cell("2017/12/5")),
        (Style(days="chinese"), DAY, date(2017, 12, 5), Cell("2017年12月5日")),
        (Style(days="compact"), DAY, date(2017, 12, 5), Cell("20171205")),
        (Style(days="serial"), DAY, date(2017, 12, 31), Cell(43100)),
        (Style(days="serial", epoch_1904=True), DAY, date(2017, 12, 31), Cell(41638)),
        (Style(blanks=("—", "/")), DAY, None, Cell("/")),
        (Style(blanks=("—", "/")), FUNDS, None, Cell()),
        (Style(booleans=("√", "×")), BOOK.datasets["policy"]["county_plan"], False, Cell("×")),
    ],
)
def test_values_are_written_as_the_clerk_does(style: Style, indicator: object, value: Value, cell: Cell) -> None:
    assert value_cell(indicator, value, style, 1) == cell  # type: ignore[arg-type]


def test_periods_are_written_as_the_clerk_does() -> None:
    spelt = [month_cell("2017-12", s).value for s in ("chinese", "dotted", "slashed", "compact", "cell", "words")]  # type: ignore[arg-type]
    assert spelt == ["2017年12月", "2017.12.31", "2017/12", "201712", date(2017, 12, 31), "2017年第四季度"]


def joined(rows: list[list[str]]) -> Iterator[str]:
    """Each column's header with its group, which is carried on to the right."""
    group = ""
    for top, below in zip(*rows, strict=True):
        group = top or group
        yield (group if below and group != top else top) + below


@pytest.mark.parametrize("dataset", BOOK.datasets)
def test_group_and_leaf_together_are_a_name_and_the_leaf_alone_is_none_of_another(dataset: str) -> None:
    definition = BOOK.datasets[dataset]
    return_headers = column_headers(definition, (), definition.columns, Style(heads="groups"))
    for head, indicator in zip(return_headers, definition.indicators, strict=True):
        assert plain_name(head.group + head.leaf) in map(plain_name, indicator.names)
        others = {plain_name(n) for i in definition.indicators if i is not indicator for n in i.names}
        assert head.leaf not in others


def test_two_and_three_header_rows_of_projects() -> None:
    projects = BOOK.datasets["projects"]
    style = Style(heads="three_rows")
    rows, merged = header_rows(column_headers(projects, ("county_name",), projects.columns, style), style)
    assert rows[0][:4] == ["县(市、区)", "退耕还林", "", "造林绿化"]
    assert rows[1][:4] == ["", "任务", "完成", "任务"]
    assert rows[2][:4] == ["", "亩", "亩", "亩"]
    assert merged[:2] == [(0, 0, 2, 0), (0, 1, 0, 2)]
    style = Style(heads="group_units")
    rows, _ = header_rows(column_headers(projects, (), projects.columns, style), style)
    assert rows[0][0] == "退耕还林(亩)"
    assert list(joined(rows))[-1] == "危房改造(户)验收"


@pytest.mark.parametrize("names", ["synonym", "label_en", "column"])
def test_other_names_are_names_of_the_indicators(names: str) -> None:
    for dataset in BOOK.datasets.values():
        return_headers = column_headers(dataset, (), dataset.columns, Style(names=names))  # type: ignore[arg-type]
        assert [head.leaf in i.names for head, i in zip(return_headers, dataset.indicators, strict=True)].count(
            False
        ) == 0


def test_counties_are_called_what_tells_them_apart() -> None:
    by_code = {d.county_code: d for d in BOOK.divisions}
    assert written_name(by_code["140202"]) == "大同市城区"
    assert written_name(by_code["140222"]) == "天镇县"
    assert short_name(by_code["140222"], "2017-12") == "天镇"
    assert [short_name(by_code[code], "2017-12") for code in ("140227", "140828", "140826")] == [None] * 3
    assert file_stem(by_code["140222"], "2017-12", Style(place="cover_short"), 0) == "天镇2017年12月脱贫攻坚报表"
    assert "天镇" not in file_stem(by_code["140222"], "2017-12", Style(place="sheet_name"), 3)
