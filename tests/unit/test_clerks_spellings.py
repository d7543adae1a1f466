"""A county's return of microcredit in the many ways in which clerks write headers, units, periods, notes and forms.

Each is read to the same figures, or has a finding: which is which a person sees at once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.builders import BOOK, YANGGAO, Cells, read_files, write_book
from warehouse.codebook import Indicator
from warehouse.intake.reading import Reading

FORM = BOOK.datasets["finance"]
NAME = "阳高县_2017-12.xlsx"
HEADERS = [i.header_zh for i in FORM.indicators]
BARE = [i.label_zh for i in FORM.indicators]
VALUES = [765, 3646.86, 1798.9, 1847.96, 4806.15, 63.45, 248.09, 237.72]
IN_YUAN = [765, *(round(value * 10_000) for value in VALUES[1:])]
CSV = ",".join(map(str, VALUES))


def unit(indicator: Indicator) -> str:
    return indicator.input_unit or indicator.unit.label_zh


VERTICAL = [
    [i.label_zh, unit(i), f"{at:02}", value]
    for at, (i, value) in enumerate(zip(FORM.indicators, VALUES, strict=True), start=1)
]


def page(folder: Path, rows: Cells, name: str = NAME) -> Reading:
    return read_files(write_book(folder / name, {"金融扶贫": rows}))


def text(folder: Path, content: str) -> Reading:
    path = folder / "阳高县_2017-12_金融扶贫.csv"
    path.write_text(content, encoding="utf-8")
    return read_files(path)


def is_right(reading: Reading) -> bool:
    rows = reading.rows["finance"]
    where = [(h.county_code, h.period, h.dataset) for h in reading.return_headers]
    return (
        not [f for f in reading.findings if f.severity == "critical"]
        and where == [(YANGGAO, "2017-12", "finance")]
        and rows.select(FORM.columns).rows() == [tuple(IN_YUAN)]
    )


WRITTEN: dict[str, Callable[[int, Indicator], str]] = {
    "单位 in brackets": lambda _, i: f"{i.label_zh}(单位:{unit(i)})",
    "单位 behind a blank": lambda _, i: f"{i.label_zh} 单位：{unit(i)}",
    "square": lambda _, i: f"{i.label_zh}[{unit(i)}]",
    "dashes": lambda _, i: f"{i.label_zh}——{unit(i)}",
    "a blank within": lambda _, i: f"{i.label_zh}({' '.join(unit(i))})",
    "a new line": lambda _, i: f"{i.label_zh}\n({unit(i)})",
    "a comma": lambda _, i: f"{i.label_zh}，{unit(i)}",
    "a number and a point": lambda at, i: f"{at}.{i.label_zh}({unit(i)})",
    "a number in brackets": lambda at, i: f"（{at}）{i.label_zh}（{unit(i)}）",
    "a sign of a note before": lambda at, i: f"{'①②③④⑤⑥⑦⑧'[at - 1]}{i.label_zh}({unit(i)})",
    "注1": lambda _, i: f"{i.label_zh}({unit(i)})注1",
    "必填": lambda _, i: f"{i.label_zh}({unit(i)})(必填)",
    "a star behind": lambda _, i: f"{i.label_zh}({unit(i)})*",
    "the unit first": lambda _, i: f"({unit(i)}){i.label_zh}",
    "a colon": lambda _, i: f"{i.label_zh}({unit(i)}):",
    "以万元计": lambda _, i: f"{i.label_zh}(以{unit(i)}计)",
    "a stroke": lambda _, i: f"{i.label_zh}/{unit(i)}",
    "other brackets": lambda _, i: f"{i.label_zh}〔{unit(i)}〕",
}


@pytest.mark.parametrize("how", WRITTEN)
def test_headers(tmp_path: Path, how: str) -> None:
    headers = [WRITTEN[how](at, i) for at, i in enumerate(FORM.indicators, start=1)]
    assert is_right(page(tmp_path, [headers, VALUES]))


@pytest.mark.parametrize(
    "line",
    [
        ["单位:户、万元"], ["(单位:户,万元)"], ["金额单位:万元"], [*[None] * 7, "单位:万元"], ["计量单位:户、万元"],
        ["单位:人民币万元"], ["填报单位:阳高县扶贫办", None, None, "2017年12月", None, None, None, "单位:万元"],
        ["金额:万元"], ["单位 万元"], ["货币单位:万元"], ["注:金额单位均为万元"], ["阳高县金融扶贫统计表(单位:万元)"],
        ["阳高县金融扶贫统计表 单位:万元"], ["计算单位:万元,户"],
    ],
)  # fmt: skip
def test_units_in_a_line_above(tmp_path: Path, line: list[str | None]) -> None:
    assert is_right(page(tmp_path, [line, BARE, VALUES]))


@pytest.mark.parametrize(
    "numbers",
    [
        [f"({n})" for n in range(1, 9)], [*"①②③④⑤⑥⑦⑧"], [*"12345678"], ["甲", 1, 2, 3, 4, 5, 6, 7], [*"ABCDEFGH"],
        ["1", "2=3+4", 3, 4, 5, 6, 7, 8], [f"第{n}列" for n in range(1, 9)], [f"{n}栏" for n in range(1, 9)],
    ],
)  # fmt: skip
def test_lines_that_number_the_columns(tmp_path: Path, numbers: list[Any]) -> None:
    assert is_right(page(tmp_path, [HEADERS, numbers, VALUES]))


@pytest.mark.parametrize(
    "line",
    [
        ["填报:张三", None, "审核:李四"], ["主管:王五"], ["联系人:赵六 电话:0352-1234567"], ["单位(公章):"],
        ["分管领导签字:"],
        ["填报时间", "2018.1.5"], ["备注:以上数据含上年结转。"], ["说明", "本表由扶贫办填写"], ["制表人", None, "张三"],
        ["数据来源:人行县支行"], ["(盖章)"], ["经办人(签名):张三 复核:李四"], ["第1页 共1页"],
        ["打印时间:2018-01-05 10:22:33"], ["以上"], ["审核公式:1=2+3"], ["注1:余额为期末数"], ["①含上年结转"],
        ["a.含结转"],
    ],
)  # fmt: skip
def test_lines_below(tmp_path: Path, line: list[str | None]) -> None:
    assert is_right(page(tmp_path, [HEADERS, VALUES, [], line]))


@pytest.mark.parametrize(
    "said",
    [
        "2017年第四季度", "2017年全年", "二〇一七年度", "2017年1至12月", "截至2017年12月底", "2017年12月份",
        "2017-12月",
        "2017年1~12月", "2017年年报", "2017年终", "2017年10—12月", "二〇一七年十二月份", "2017 年 12 月", "201712期",
        "2017年12月31日止", "2017年度(1-12月)",
    ],
)  # fmt: skip
def test_periods(tmp_path: Path, said: str) -> None:
    assert is_right(page(tmp_path, [["阳高县金融扶贫统计表"], ["报告期", said], HEADERS, VALUES], "阳高县.xlsx"))


@pytest.mark.parametrize(
    "title",
    [
        "阳高县2017年12月金融扶贫统计表", "2017年度阳高县金融扶贫情况表", "金融扶贫统计表(2017年1-12月)",
        "阳高县金融扶贫月报(2017年12月)", "2017年四季度金融扶贫统计表", "截至2017年12月31日阳高县金融扶贫情况统计表",
    ],
)  # fmt: skip
def test_periods_in_titles(tmp_path: Path, title: str) -> None:
    assert is_right(page(tmp_path, [[title], HEADERS, VALUES], "阳高县.xlsx"))


@pytest.mark.parametrize(
    "header",
    [
        ["指标名称", "计量单位", "代码", said]
        for said in (
            "本年累计", "1-12月累计", "全年累计", "2017年12月", "2017年", "期末余额", "甲", "本月止累计", "报告期",
            "金额", "完成情况",
        )
    ]
    + [["指标", "单位", "序号", "数值"], ["名称", "单位", "代码", "累计"],
    ["指  标  名  称", "计量\n单位", "代码", "本年\n累计"]],
)  # fmt: skip
def test_vertical_forms(tmp_path: Path, header: list[str]) -> None:
    assert is_right(page(tmp_path, [["阳高县金融扶贫统计表"], header, *VERTICAL]))


@pytest.mark.parametrize("said", ["2016年12月", "2016年", "2018年1月", "上年同期", "上年数", "比上年增减", "同期"])
def test_vertical_forms_of_another_period_are_not_read_as_this_one(tmp_path: Path, said: str) -> None:
    assert not is_right(page(tmp_path, [["指标名称", "计量单位", "代码", said], *VERTICAL]))


@pytest.mark.parametrize(
    "group",
    [
        "2016年末", "2016年12月底", "上年末", "低收入户", "边缘户", "任务数", "其中:建档立卡", "城镇", "非建档立卡户",
        "上年结转",
        "同比增长", "一般户", "脱贫户", "预脱贫户", "2018年", "11月末", "2018年6月", "年末比年初", "省外", "外省",
        "增加额", "企业",
        "男", "其中女性", "日均",
    ],
)  # fmt: skip
def test_groups_that_make_another_figure(tmp_path: Path, group: str) -> None:
    reading = page(tmp_path, [[None, None, None, None, group], HEADERS, VALUES])
    assert [(f.rule, f.cell) for f in reading.findings] == [("unknown_header", "E2")]


@pytest.mark.parametrize(
    "group",
    [
        "2017年末", "2017年12月底", "期末数", "累计完成", "贷款", "小额信贷", "金融扶贫", "建档立卡贫困户",
        "一、贷款情况", "本年度",
        "(万元)", "金额单位:万元", "2017年", "截至2017年12月31日", "实际完成",
    ],
)  # fmt: skip
def test_groups_that_say_nothing_else(tmp_path: Path, group: str) -> None:
    assert is_right(page(tmp_path, [[None, None, None, None, group], HEADERS, VALUES]))


@pytest.mark.parametrize(
    "line",
    [
        f"140221.0,2017-12,{CSV}", f"140 221,2017-12,{CSV}", f'="140221",="2017-12",{CSV}', f"'140221,'2017-12,{CSV}",
        f"１４０２２１,２０１７-１２,{CSV}",
        '140221,2017-12,765,"3,646.86","1,798.9","1,847.96","4,806.15",63.45,248.09,237.72',
        "140221,2017-12,765,¥3646.86,￥1798.9,¥1847.96,¥4806.15,63.45,248.09,237.72",
        "140221,2017-12,765户,3646.86万元,1798.9,1847.96,4806.15,63.45,248.09,237.72",
    ],
)  # fmt: skip
def test_lines_of_text_files(tmp_path: Path, line: str) -> None:
    assert is_right(text(tmp_path, f"区划代码,报告期,{','.join(HEADERS)}\n{line}\n"))


def test_a_web_page_in_a_single_file_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(b"MIME-Version: 1.0\nContent-Type: multipart/related\n")
    (finding,) = read_files(tmp_path / "a.xls").findings
    assert (finding.rule, "单个文件网页" in finding.found) == ("unreadable_file", True)


def formatted(folder: Path, change: Callable[[Any, Any], None]) -> list[tuple[str, str | None]]:
    path = folder / NAME
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("金融扶贫")
        sheet.write_row(0, 0, HEADERS)
        sheet.write_row(1, 0, VALUES)
        change(book, sheet)
    return [(f.rule, f.cell) for f in read_files(path).findings]


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("0.00", None), ("#,##0.00", None), ('"¥"#,##0.00', None), ("[$¥-804]#,##0.00", None), ('General"万元"', None),
        ('_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ', None), ("0!.0,", "shown_otherwise"), ("0.00,",
        "shown_otherwise"),
        (";;;", "shown_otherwise"), ('0.00"%"', "not_a_number"), ("0.00%", "not_a_number"), ('"约"0.00',
        "not_a_number"),
        ('0.00,,"百万元"', "not_a_number"), ("yyyy-mm-dd", "not_a_number"),
    ],
)  # fmt: skip
def test_number_formats_below_wan(tmp_path: Path, code: str, rule: str | None) -> None:
    found = formatted(tmp_path, lambda book, sheet: sheet.write(1, 4, 4806.15, book.add_format({"num_format": code})))
    assert found == ([(rule, "E2")] if rule else [])


def test_a_column_or_a_row_without_size_is_hidden(tmp_path: Path) -> None:
    assert formatted(tmp_path, lambda _, sheet: sheet.set_column(4, 4, 0)) == [("hidden_columns", "E1")]
    assert formatted(tmp_path, lambda _, sheet: sheet.set_row(1, 0)) == [("hidden_rows", "A2")]
