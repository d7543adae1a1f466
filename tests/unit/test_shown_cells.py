"""Nothing is read as what it does not show: struck out and raised text, units and scales of number formats, hidden and
merged cells, shifted lines, groups of other figures, codes and dittos. In each format that can have it.
"""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.builders import GUANGLING, YANGGAO, code_of, read_files, village
from tests.builders import row as row_of
from tests.builders import sheet as sheet_of
from tests.shown_cells import FINANCE, LOWER, PLAIN, RAISE, STRIKE, Runs, every_format, money, read, said, write_xlsx

# --- runs and fonts ------------------------------------------------------------------------------------------------


@every_format
@pytest.mark.parametrize(
    ("runs", "rule"),
    [
        ([("620", PLAIN), ("1", RAISE)], "raised_text"),
        ([("620", PLAIN), ("2", LOWER)], "raised_text"),
        ([("176", STRIKE), ("196", PLAIN)], "struck_out"),
        ([("196", PLAIN), ("176", STRIKE)], "struck_out"),
        ([("6", STRIKE)], "struck_out"),
        ([("62", RAISE)], "raised_text"),
    ],
)
def test_a_figure_with_text_struck_out_or_raised_is_no_figure(
    tmp_path: Path, suffix: str, runs: Runs, rule: str
) -> None:
    assert said(money(tmp_path, suffix, runs, 0)) == [(rule, "critical", "A2")]


@every_format
def test_text_in_several_plain_runs_is_one_text(tmp_path: Path, suffix: str) -> None:
    reading = money(tmp_path, suffix, [("6", PLAIN), ("2", PLAIN)], 0)
    assert (said(reading), reading.rows["finance"]["loan_households"].to_list()) == ([], [62])


@every_format
def test_a_row_struck_out_is_a_query_and_counts(tmp_path: Path, suffix: str) -> None:
    header, first, second = sheet_of(
        "relocation_villages", *map(village, (code_of(YANGGAO, "1"), code_of(YANGGAO, "2")))
    )
    struck = [[(str(v), STRIKE)] if v is not None else None for v in second]
    reading = read(tmp_path, suffix, "relocation_villages", [list(header), list(first), struck])
    assert said(reading) == [("struck_row", "warning", "A3")]
    assert reading.rows["relocation_villages"].height == 2


@every_format
def test_what_is_struck_out_above_and_in_a_header_is_said(tmp_path: Path, suffix: str) -> None:
    title = [[("2017年11月", STRIKE), ("金融扶贫统计表", PLAIN)]]
    header: list[Any] = [*FINANCE[:-1], [(FINANCE[-1], STRIKE)]]
    reading = read(tmp_path, suffix, "finance", [title, header, [1, 5, 5, 0, 7, 0, 0, 0]])
    assert said(reading) == [("struck_out", "critical", "A1"), ("struck_out", "critical", "H2")]


def test_inline_texts_have_runs_too(tmp_path: Path) -> None:
    money(tmp_path, "xlsx", 0)
    source, path = tmp_path / "140221_2017-12.xlsx", tmp_path / "140221_2017-12_again.xlsx"
    raised = b'<r><rPr><vertAlign val="superscript"/></rPr><t>1</t></r>'
    run = b'<c r="A2" t="inlineStr"><is><r><t>620</t></r>' + raised + b"</is></c>"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for part in old.namelist():
            new.writestr(part, old.read(part).replace(b'<c r="A2"><v>1</v></c>', run))
    source.unlink()
    assert said(read_files(path)) == [("raised_text", "critical", "A2")]


# --- number formats ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["xlsx", "xls"])
@pytest.mark.parametrize(
    ("number", "code", "yuan"),
    [
        (10_452_400, '0!.0,"万元"', 10_452_400),
        (10_452_400, '0\\.0,"万元"', 10_452_400),
        (10_452_400, '0"."0000"万元"', 10_452_400),
        (10_452_400, '0.00,,"百万"', "not_a_number"),
        (10_637_300, '0.00,,"万元"\n%', 10_637_300),
        (73, '#,##0"万元"', 730_000),
        (73, '#,##0"(万元)"', 730_000),
        (73, '[红色][$¥-804]#,##0.00_ "元"', 73),
        (5.25, '0.00"亿元"', 525_000_000),
        (73, '#,##0"户"', "not_a_number"),
        (73, '"约"0', "not_a_number"),
        (123_400, '[>=100000000]0!.00,,"亿元";[>=10000]0!.0,"万元";0"元"', 123_400),
        (1234, '[>=10000]0!.0,"万元";0"元"', 1_234),
        (10_452_400, "0!.0,", "shown_otherwise"),
        (10_452_400, "0.00,,", "shown_otherwise"),
        (12_345, "0.0,", "shown_otherwise"),
        (12_345, ";;;", "shown_otherwise"),
        (12_345, '0"-"000', "shown_otherwise"),
        (12_345, '_ * #,##0.00_ ;_ * \\-#,##0.00_ ;_ * "-"??_ ;_ @_ ', 123_450_000),
        (12_345, '"¥"#,##0;"¥"\\-#,##0', 123_450_000),
        (12_345, "0.00_);[Red](0.00)", 123_450_000),
        (12_345, "@", 123_450_000),
    ],
)  # fmt: skip
def test_a_number_is_what_its_format_shows(tmp_path: Path, suffix: str, number: float, code: str, yuan: Any) -> None:
    reading = money(tmp_path, suffix, (number, code))
    if isinstance(yuan, str):
        assert said(reading) == [(yuan, "critical", "E2")]
    else:
        assert said(reading) == []
        assert reading.rows["finance"]["loan_balance_yuan"].to_list() == [yuan]


@pytest.mark.parametrize(
    ("shown", "yuan"),
    [
        ("10452400", 104_524_000_000), ("10,452,400.00", 104_524_000_000), ("¥10,452,400", 104_524_000_000),
        ("1045.2万元", 10_452_400), ("10452400元", 10_452_400), ("1045.2", "shown_otherwise"),
        ("10.45", "shown_otherwise"), ("10452400户", "not_a_number"),
    ],
)  # fmt: skip
def test_a_number_of_an_open_document_is_what_stands_in_its_cell(tmp_path: Path, shown: str, yuan: Any) -> None:
    reading = money(tmp_path, "ods", (10_452_400, shown))
    if isinstance(yuan, str):
        assert said(reading) == [(yuan, "critical", "E2")]
    else:
        assert (said(reading), reading.rows["finance"]["loan_balance_yuan"].to_list()) == ([], [yuan])


@pytest.mark.parametrize("code", ["0;0", "0.00;0.00"])
def test_a_negative_number_shown_without_its_sign_is_said_and_a_red_one_is_not(tmp_path: Path, code: str) -> None:
    assert [rule for rule, *_ in said(money(tmp_path, "xlsx", (-3, code)))] == ["shown_otherwise"]
    assert said(money(tmp_path, "xlsx", (-3, code.replace(";", ";[Red]")))) == []


@pytest.mark.parametrize("suffix", ["xlsx", "xls"])
@pytest.mark.parametrize(
    ("code", "day"),
    [('yyyy"年"m"月"', None), ("mmm-yy", None), ('m"月"d"日"', None), ("yyyy-mm-dd", date(2017, 3, 1))],
)
def test_a_day_shown_without_its_day_or_year_is_no_day(
    tmp_path: Path, suffix: str, code: str, day: date | None
) -> None:
    header, row = map(list, sheet_of("relocation_villages", village(code_of(YANGGAO, "1"))))
    row[header.index("启动日期")] = (date(2017, 3, 1), code)
    reading = read(tmp_path, suffix, "relocation_villages", [header, row])
    assert [f.rule for f in reading.findings] == ([] if day else ["not_a_date"])
    assert reading.rows["relocation_villages"]["started_on"].to_list() == [day]


# --- hidden, merged, shifted ---------------------------------------------------------------------------------------


@every_format
def test_a_hidden_column_is_read_and_said(tmp_path: Path, suffix: str) -> None:
    reading = money(tmp_path, suffix, 7, hidden=[4])
    assert said(reading) == [("hidden_columns", "info", "E1")]
    assert reading.rows["finance"]["loan_balance_yuan"].to_list() == [70_000]


def test_a_figure_below_a_merged_cell_is_said(tmp_path: Path) -> None:
    header, *rows = sheet_of("relocation_villages", *(village(code_of(YANGGAO, n), persons=9) for n in "123"))
    path = tmp_path / "140221_2017-12_搬迁自然村名册.xlsx"
    write_xlsx(path, "搬迁自然村名册", [list(header), *map(list, rows)])
    merged = path.with_name(f"again_{path.name}")
    cells = b'<mergeCells count="2"><mergeCell ref="C2:C4"/><mergeCell ref="E2:E3"/></mergeCells>'
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(merged, "w") as new:
        for part in old.namelist():
            new.writestr(part, old.read(part).replace(b"</sheetData>", b"</sheetData>" + cells))
    assert said(read_files(merged)) == [("merged_over", "critical", "E3")]


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ("140221,2017-12,1,5,5,0,7,0,0,0", []),
        ("140221,2017-12,1,1,705.5,5,0,7,0,0,0", ["surplus_fields"]),
        ("140221,2017-12,1,5,5,0,7,0,0,0,", ["surplus_fields"]),
        ('140221, "2017-12", "1", "5", "5", "0", "7", "0", "0", "0"', []),
    ],
)
def test_a_line_with_more_fields_than_the_header_is_shifted(tmp_path: Path, line: str, rules: list[str]) -> None:
    path = tmp_path / "金融扶贫.csv"
    path.write_text(",".join(["区划代码", "报告期", *FINANCE]) + f"\n{line}\n", encoding="utf-8")
    reading = read_files(path)
    assert [f.rule for f in reading.findings] == rules
    assert reading.rows["finance"]["loan_households"].to_list() == [1]


def test_blank_fields_at_the_end_of_every_line_are_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "金融扶贫.csv"
    path.write_text(
        ",".join(["区划代码", "报告期", *FINANCE]) + ",,\n140221,2017-12,1,5,5,0,7,0,0,0,,\n", encoding="utf-8"
    )
    assert read_files(path).findings == []


# --- groups of a header --------------------------------------------------------------------------------------------


def grouped(tmp_path: Path, *groups: str | None) -> list[tuple[str, str, str | None]]:
    rows: list[list[Any]] = [list(groups), FINANCE, [1, 5, 5, 0, 7, 0, 0, 0]]
    return said(read(tmp_path, "xlsx", "finance", rows))


@pytest.mark.parametrize("group", ["2016年底", "2016年", "非贫困户", "一般农户", "年初数", "低保户", "2017年11月"])
@pytest.mark.parametrize("others", ["2017年12月", None, "建档立卡贫困户"])
def test_a_group_that_nobody_knows_makes_another_column(tmp_path: Path, group: str, others: str | None) -> None:
    assert grouped(tmp_path, *[others] * 4, group, *[others] * 3) == [("unknown_header", "critical", "E2")]


@pytest.mark.parametrize(
    "group",
    [
        "2017年12月",
        "2017年",
        "2017年底",
        "截至2017年12月底",
        "本期",
        "本年累计",
        "建档立卡贫困户",
        "小额信贷",
        "贷款情况",
    ],
)
def test_a_group_that_says_nothing_else_is_no_matter(tmp_path: Path, group: str) -> None:
    assert grouped(tmp_path, *[group] * 8) == []
    assert grouped(tmp_path, None, *[group] * 4) == []


def test_a_group_over_one_column_of_a_text_file_is_no_title(tmp_path: Path) -> None:
    path = tmp_path / "金融扶贫.csv"
    lines = [",,,,,,2016年底,,,", ",".join(["区划代码", "报告期", *FINANCE]), "140221,2017-12,1,5,5,0,7,0,0,0"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert said(read_files(path)) == [("unknown_header", "critical", "G2")]


def test_a_group_over_the_last_columns_is_a_group(tmp_path: Path) -> None:
    assert grouped(tmp_path, *[None] * 7, "非贫困户") == [("unknown_header", "critical", "H2")]
    assert grouped(tmp_path, *[None] * 7, "万元") == []


@pytest.mark.parametrize(
    "line",
    [
        ["阳高县扶贫办", None, None, None, "2018年1月"],
        ["填报单位:阳高县", None, None, None, "2018年1月", None, None, "单位:万元"],
        [None, None, None, "阳高县金融扶贫情况统计表"],
        [None, None, None, None, None, None, None, "附件3"],
        [None, None, None, None, None, None, None, "2018年1月"],
    ],
)
def test_a_line_above_a_header_is_no_group(tmp_path: Path, line: list[str | None]) -> None:
    assert grouped(tmp_path, *line) == []


# --- codes and dittos ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "rules"),
    [
        ("140221201203", []), ("１４０２２１２０１２０３", []), (" 140221201203 ", []), (140_221_201_203, []),
        ("1.40222E+11", ["not_a_code"]), ("待补", ["no_value_word"]), ("110108201203", ["not_a_code"]),
        ("140222201203", ["not_a_code"]), ("140221", ["not_a_code"]), ("14022120120", ["not_a_code"]),
        ("140221 201203", ["not_a_code"]), ("不详", ["not_a_code"]), ("同上", ["no_value_word"]),
    ],
)  # fmt: skip
def test_a_village_code_has_twelve_digits_that_begin_with_its_countys(
    tmp_path: Path, code: object, rules: list[str]
) -> None:
    header, row = map(list, sheet_of("relocation_villages", village("1")))
    row[0] = code
    assert [f.rule for f in read(tmp_path, "xlsx", "relocation_villages", [header, row]).findings] == rules


def test_a_village_keeps_the_code_that_it_had_under_its_countys_former_code(tmp_path: Path) -> None:
    header, row = map(list, sheet_of("relocation_villages", village("140227201203")))
    path = tmp_path / "140215_2018-06.xlsx"
    write_xlsx(path, "搬迁自然村名册", [header, row])
    assert read_files(path).findings == []
    write_xlsx(path, "搬迁自然村名册", [header, [code_of(GUANGLING, "1"), *row[1:]]])
    assert [f.rule for f in read_files(path).findings] == ["not_a_code"]


@pytest.mark.parametrize("word", ["同上", "同 上", "〃", "″", '"', "同左", "同上。", "ditto", "待补"])
@pytest.mark.parametrize("column", ["乡镇", "自然村名称", "户数(户)", "启动日期"])
def test_a_ditto_is_no_value_in_any_column(tmp_path: Path, word: str, column: str) -> None:
    header, row = map(list, sheet_of("relocation_villages", village(code_of(YANGGAO, "1"))))
    row[header.index(column)] = word
    reading = read(tmp_path, "xlsx", "relocation_villages", [header, row])
    assert [f.rule for f in reading.findings] == ["no_value_word"]


@pytest.mark.parametrize("word", ["—", "无", "不详"])
def test_a_word_for_nothing_is_no_name(tmp_path: Path, word: str) -> None:
    header, row = map(list, sheet_of("relocation_villages", village(code_of(YANGGAO, "1"))))
    row[header.index("自然村名称")] = word
    reading = read(tmp_path, "xlsx", "relocation_villages", [header, row])
    assert [f.rule for f in reading.findings] == ["no_value_word"]


def test_a_village_may_be_called_as_it_likes(tmp_path: Path) -> None:
    header, row = map(list, sheet_of("relocation_villages", village(code_of(YANGGAO, "1"))))
    row[header.index("自然村名称")] = "同上庄"
    assert read(tmp_path, "xlsx", "relocation_villages", [header, row]).findings == []


# --- shares --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "rules"),
    [("0.9747", ["share_for_percent"]), ("97.47", []), ("97.47%", []), ((0.9747, "0.00%"), []), ("0", []), (None, [])],
)
def test_a_share_typed_for_a_percentage_is_a_query(tmp_path: Path, cell: Any, rules: list[str]) -> None:
    header, row = map(list, sheet_of("outcomes", row_of("outcomes", delisting_status="none")))
    row[header.index("群众满意度(%)")] = cell
    reading = read(tmp_path, "xlsx", "outcomes", [header, row])
    assert [f.rule for f in reading.findings] == rules
    assert {f.severity for f in reading.findings} <= {"warning"}
