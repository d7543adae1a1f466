"""The habits, as data: what a clerk does otherwise than the template, and whether it can be read.

Belongs here: each habit's name, choices and outcome. Does not belong here: who has which (`plan.py`), what a bundle
holds (`bundles.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from warehouse.synthetic.messy.style import Style

Need = Literal["", "register", "policy", "outcomes", "unique", "short", "ambiguous", "blank", "renamed"]
AVERAGE = ("projects", "industry")  # nothing else is compared with these
MONEY = ("health", "ecology")
CODES = ("serial", "county_code", "county_name", "period", "note")


@dataclass(frozen=True)
class Habit:
    """A habit and how it is to come out.

    `needs` is what a county must have for it. `part` is how many of a county's returns go into files written so; the
    others go into a workbook as the template has it. A refused habit spoils one return of `spoils`, by `damage`; with
    `apart` that return has a file of its own, which is refused whole.
    """

    habit: str
    label_zh: str
    label_en: str
    style: Style
    needs: Need = ""
    part: int = 99
    outcome: Literal["read", "refused"] = "read"
    rule: str = ""
    damage: str = ""
    spoils: tuple[str, ...] = ()
    apart: bool = False


PLAIN = Habit("plain", "按模板填报", "as the template has it", Style(format="xlsx"))
S = Style
FORMATS = (
    Habit("xls", "旧版 .xls", "the old .xls", S(format="xls")),
    Habit("ods", "开放文档 .ods", "OpenDocument .ods", S(format="ods")),
    Habit("csv_utf8", "CSV(UTF-8)", "CSV in UTF-8", S(format="csv", place="columns", leading=CODES), part=3),
    Habit("csv_bom", "CSV(UTF-8 带 BOM)", "CSV in UTF-8 with a byte order mark",
          S(format="csv", encoding="utf-8-sig", place="columns", leading=CODES), part=3),
    Habit("csv_gb18030", "CSV(GB18030)", "CSV in GB18030",
          S(format="csv", encoding="gb18030", place="file_name", heads="title"), part=3),
    Habit("csv_utf16", "CSV(UTF-16)", "CSV in UTF-16",
          S(format="csv", encoding="utf-16", place="columns", leading=CODES), part=3),
    Habit("tsv", "制表符分隔", "tabs between", S(format="csv", suffix=".tsv", separator="\t", place="columns",
                                            leading=CODES), part=3),
    Habit("txt_utf16_tabs", "Excel 的“Unicode 文本”", "Excel's Unicode text",
          S(format="csv", suffix=".txt", encoding="utf-16", separator="\t", place="file_name", heads="title"), part=3),
    Habit("csv_semicolons", "分号分隔", "semicolons between",
          S(format="csv", separator=";", place="columns", leading=CODES), part=3),
    Habit("csv_groups", "CSV 两行表头", "CSV with a header of two rows",
          S(format="csv", encoding="gb18030", place="columns", leading=CODES, heads="groups"), part=3),
    Habit("zip_gbk", "压缩包:CSV 文件名为 GBK", "a zip of CSV files with names in GBK",
          S(format="csv", encoding="gb18030", place="file_name", heads="title", zipped="tables"), needs="unique",
          part=6),
    Habit("csv_strokes", "竖线分隔", "strokes between",
          S(format="csv", separator="|", place="columns", leading=CODES), part=3),
    Habit("csv_kept_texts", '代码写成 ="140222"', 'texts kept as ="140222"',
          S(format="csv", place="columns", leading=CODES, kept_as_text=True), part=3),
    Habit("tabs_as_xls", "制表符文本存成 .xls", "text with tabs called .xls",
          S(format="csv", suffix=".xls", encoding="gb18030", separator="\t", place="columns", leading=CODES), part=3),
    Habit("html_as_xls", "网页存成 .xls", "a web page called .xls",
          S(format="html", suffix=".xls", encoding="gb18030", place="columns", leading=CODES), part=3),
    Habit("xml_as_xls", "XML 表格存成 .xls", "the XML of Excel 2003 called .xls", S(format="xml", suffix=".xls")),
    Habit("zip_workbooks", "压缩包:多个工作簿", "a zip of workbooks", S(format="xlsx", zipped="workbooks")),
)  # fmt: skip
HEADERS = (
    Habit("title_unit_line", "标题和单位行", "a title and a line of units", S(heads="title")),
    Habit("two_rows", "两行合并表头", "two header rows with merged cells", S(heads="groups")),
    Habit("units_in_groups", "单位写在上层表头", "units behind the upper header", S(heads="group_units")),
    Habit("unit_row", "单位单独一行", "a row of units", S(heads="unit_row")),
    Habit("three_rows", "三行表头", "three header rows", S(heads="three_rows")),
    Habit("footer", "表下注和签字", "notes and signatures below", S(footer=True)),
    Habit("notes", "编号和星号说明", "numbered and starred notes below", S(footer=True, notes=True)),
    Habit("office_line", "单位、期别、金额单位写在一行", "office, period and unit in one line",
          S(heads="office_line", place="file_name"), needs="unique"),
    Habit("column_numbers", "栏号行 (1)(2)(3)", "a row that numbers the columns", S(heads="column_numbers")),
    Habit("numbered_headers", "表头编号 1、", "numbered headers", S(heads="numbered")),
    Habit("starred_headers", "表头加星号", "headers with a star", S(heads="starred")),
    Habit("footnoted_headers", "表头带注号 ①", "headers with the mark of a note", S(heads="footnoted")),
    Habit("unit_brackets", "单位写在【】里", "units in 【】", S(heads="brackets")),
    Habit("unit_stroke", "单位写在斜线后", "units behind a stroke", S(heads="stroke")),
    Habit("vertical", "竖表:一行一个指标", "the vertical form, an indicator a row", S(layout="vertical")),
    Habit("totals", "小计和合计行", "rows of totals", S(totals=True, leading=("serial", "county_name")),
          needs="register"),
    Habit("hidden_rows", "隐藏行", "hidden rows", S(hidden=True), needs="register"),
    Habit("order", "列的顺序不同", "columns in another order", S(shuffled=True)),
    Habit("synonyms", "指标另有叫法", "other names for indicators", S(names="synonym")),
    Habit("english", "英文表头", "English headers", S(names="label_en", sheets="label_en", booleans=("Y", "N"))),
    Habit("column_ids", "列名作表头", "column ids as headers", S(names="column", sheets="column")),
    Habit("sheet_numbers", "工作表名为 Sheet1", "sheets named Sheet1", S(sheets="numbered")),
    Habit("sheet_titles", "工作表名加序号", "sheets named with numbers and more", S(sheets="title")),
    Habit("gaps", "空行", "blank lines between", S(gaps=True)),
    Habit("serial", "序号列", "a column of serial numbers", S(leading=("serial",))),
    Habit("report", "标题、三行表头、合计、签字", "title, three header rows, totals and signatures at once",
          S(format="xls", heads="three_rows", totals=True, footer=True, leading=("serial", "county_name"))),
)  # fmt: skip
CELLS = (
    Habit("numbers_as_text", "数字存为文本", "numbers as text", S(numbers="text")),
    Habit("blanks_around", "数字前后有空格", "blanks around numbers", S(numbers="spaced")),
    Habit("full_width", "全角数字", "full-width digits", S(numbers="full_width", percents="full_width")),
    Habit("thousands", "千分位", "thousands separators", S(numbers="thousands")),
    Habit("wan", "以万为单位写在格内", "1.2万 below a header in the base unit", S(numbers="wan")),
    Habit("full_unit", "金额带单位", "amounts with their unit", S(numbers="full_unit")),
    Habit("trailing_units", "数字后带单位", "units behind numbers", S(numbers="trailing")),
    Habit("bracketed_units", "数字后括号带单位", "units in brackets behind numbers", S(numbers="bracketed")),
    Habit("unseen_signs", "数字带看不见的字符", "signs that nobody sees round numbers", S(numbers="unseen")),
    Habit("calculated_ratios", "公式算出的百分数有多余小数", "percentages with the digits of a result",
          S(percents="calculated"), needs="outcomes"),
    Habit("code_labels", "代码写中文", "codes in Chinese", S(codes_as_labels=True), needs="policy"),
    Habit("percent_text", "百分数带 %", "percentages with their sign", S(percents="text"), needs="outcomes"),
    Habit("percent_full_width", "百分数带全角 ％", "percentages with a full-width sign", S(percents="full_width"),
          needs="outcomes"),
    Habit("percent_format", "百分比格式", "cells formatted as percentages", S(format="xlsx", percents="format"),
          needs="outcomes"),
    Habit("percent_format_xls", "百分比格式(.xls)", "cells formatted as percentages in .xls",
          S(format="xls", percents="format"), needs="outcomes"),
    Habit("codes_as_numbers", "代码存为数字", "codes as numbers", S(codes_as_numbers=True), needs="register"),
    Habit("days_dotted", "日期 2017.12.31", "days like 2017.12.31", S(days="dotted"), needs="register"),
    Habit("days_slashed", "日期 2017/12/31", "days like 2017/12/31", S(days="slashed"), needs="register"),
    Habit("days_chinese", "日期 2017年12月31日", "days like 2017年12月31日", S(days="chinese"), needs="register"),
    Habit("days_hao", "日期 2017年12月31号", "days like 2017年12月31号", S(days="hao"), needs="register"),
    Habit("days_compact", "日期 20171231", "days like 20171231", S(days="compact"), needs="register"),
    Habit("days_short", "日期 2017-1-5", "days with single digits", S(days="short"), needs="register"),
    Habit("days_serial", "日期为序列号", "days as serial numbers", S(days="serial", format="xlsx"), needs="register"),
    Habit("epoch_1904", "1904 日期系统", "days counted from 1904", S(epoch_1904=True, format="xlsx"),
          needs="register"),
    Habit("epoch_1904_xls", "1904 日期系统(.xls)", "days counted from 1904 in .xls",
          S(epoch_1904=True, format="xls", days="serial"), needs="register"),
    Habit("dashes", "空值写 —", "dashes for blanks", S(blanks=("—", "——", "-", "/")), needs="blank"),
    Habit("none_words", "空值写 无", "无 for blanks", S(blanks=("无", "没有")), needs="blank"),
    Habit("unknown_words", "空值写 不详", "不详 for blanks", S(blanks=("不详", "暂无", "未统计", "缺")), needs="blank"),
    Habit("formulas", "公式(有缓存值)", "formulas with their values", S(numbers="formula", format="xlsx")),
    Habit("ticks", "√ 和 ×", "ticks and crosses", S(booleans=("√", "×")), needs="policy"),
)  # fmt: skip
PLACES = (
    Habit("place_in_columns", "县和期写在列中", "county and period in columns",
          S(place="columns", leading=("county_code", "county_name", "period"))),
    Habit("place_in_file_name", "县和期只在文件名", "county and period in the file's name only",
          S(place="file_name"), needs="unique"),
    Habit("place_in_sheet_name", "县和期只在工作表名", "county and period in the sheets' names only",
          S(place="sheet_name"), needs="unique"),
    Habit("name_without_code", "只写县名", "the county's name without its code", S(place="cover_name"),
          needs="unique"),
    Habit("short_name", "县名不带“县”字", "天镇 for 天镇县", S(place="cover_short"), needs="short"),
    Habit("name_with_prefecture", "市名加县名", "the prefecture's and the county's name",
          S(place="cover_prefecture")),
    Habit("month_chinese", "报告期 2017年12月", "a period like 2017年12月", S(month="chinese")),
    Habit("month_signs", "报告期 二○一七年十二月", "a period in Chinese numerals", S(month="signs")),
    Habit("month_dotted", "报告期 2017.12.31", "a period like 2017.12.31", S(month="dotted")),
    Habit("month_slashed", "报告期 2017/12", "a period like 2017/12", S(month="slashed")),
    Habit("month_compact", "报告期 201712", "a period like 201712", S(month="compact")),
    Habit("month_cell", "报告期为日期格", "a period as a day", S(month="cell")),
    Habit("month_words", "报告期 2017年1-12月、上半年", "a period in words", S(month="words")),
)  # fmt: skip
BUNDLED = (
    Habit("bundle", "市级汇总:一行一县", "a prefecture's workbook, a row a county",
          S(layout="bundle", leading=("serial", "county_code", "county_name"), totals=True)),
    Habit("bundle_names", "市级汇总:只有县名", "a prefecture's workbook with names only",
          S(layout="bundle", leading=("county_name",), totals=True, heads="title", format="xls")),
    Habit("bundle_sheets", "市级汇总:一县一表", "a prefecture's workbook, a sheet a county",
          S(layout="sheet_a_county", place="sheet_name", heads="title")),
    Habit("bundle_csv", "市级汇总 CSV", "a prefecture's CSV, a row a county",
          S(format="csv", encoding="gb18030", layout="bundle", place="columns", leading=CODES)),
    Habit("bundle_zip", "全市压缩包", "a prefecture's zip of workbooks", S(format="xlsx", zipped="workbooks")),
    Habit("periods_in_one", "一表多期", "several periods in one sheet",
          S(layout="periods", place="columns", leading=("county_code", "county_name", "period"))),
)  # fmt: skip


XLSX = S(format="xlsx")


def _refused(  # noqa: PLR0913, PLR0917  (a line of a table)
    habit: str,
    zh: str,
    en: str,
    rule: str,
    spoils: tuple[str, ...] = AVERAGE,
    style: Style = XLSX,
    needs: Need = "",
) -> Habit:
    return Habit(habit, zh, en, style, needs=needs, outcome="refused", rule=rule, damage=habit, spoils=spoils)


def _apart(  # noqa: PLR0913, PLR0917  (a line of a table)
    habit: str,
    zh: str,
    en: str,
    rule: str,
    style: Style = XLSX,
    needs: Need = "",
    part: int = 1,
) -> Habit:
    return Habit(habit, zh, en, style, needs, part, "refused", rule, spoils=AVERAGE, apart=True)


REFUSED = (
    _apart("et_file", "WPS 的 .et", "a .et of WPS", "unreadable_file", S(format="xls", suffix=".et")),
    _apart("encrypted_xls", "加密的 .xls", "an encrypted .xls", "protected_file", S(format="xls", encrypted=True)),
    _apart("name_alone", "只写“城区”", "城区 alone, of which there are several", "county_unclear",
           S(place="cover_name"), "ambiguous", 2),
    _apart("code_not_in_force", "当期无效的代码", "a code not in force in the period", "known_county", needs="renamed"),
    _apart("code_name_disagree", "代码与县名不符", "code and name of two counties", "county_disagrees"),
    _apart("file_name_county", "文件名是别的县", "another county in the file's name", "county_disagrees"),
    _apart("file_name_period", "文件名是别的期", "another period in the file's name", "period_disagrees"),
    _refused("error_cell", "错误值 #REF!", "an error in a cell", "error_cell"),
    _refused("error_cell_xls", "错误值 #REF!(.xls)", "an error in a cell of an .xls", "error_cell",
             style=S(format="xls")),
    _refused("formula_without_value", "公式没有缓存值", "a formula without its value", "formula_cell"),
    _refused("unknown_column", "多出一列", "a column that fits nothing", "unknown_header"),
    _refused("column_twice", "同一指标两列", "two columns of one indicator", "header_twice"),
    _refused("words_for_numbers", "约数", "words beside a number", "not_a_number"),
    _refused("money_without_unit", "金额没有单位", "money without a unit", "unit_missing", MONEY),
    _refused("digits_lost", "不足一元的零头", "less than a yuan", "digits_lost", MONEY),
    _refused("wan_below_wan", "万元栏内又写万", "1.2万 below a header in 万元", "unit_unclear", MONEY),
    _refused("raised_sign", "数字后有上标", "a raised sign behind a number", "raised_text"),
    _refused("struck_out_text", "划掉的旧数后面写新数", "an old figure struck out before the new one", "struck_out"),
    _refused("scaled_format", "格式缩小了显示的数", "a number format that moves the digits", "shown_otherwise"),
    _refused("ditto_word", "写“同上”", "同上 for a text", "no_value_word", ("policy",), needs="policy"),
    _refused("month_for_day", "日期只有月", "a month for a day", "not_a_date", ("policy",), needs="policy"),
)  # fmt: skip
HABITS = (PLAIN, *FORMATS, *HEADERS, *CELLS, *PLACES, *BUNDLED, *REFUSED)
