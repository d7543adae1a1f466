"""Headers as clerks type them: where they stand, what each column is, in which unit; and what is never guessed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import BOOK
from warehouse.intake.formats.table import Merged, Row, Table
from warehouse.intake.layout.dataset_match import dataset_named, dataset_of_headers
from warehouse.intake.layout.header import Header, find_header

FINANCE = BOOK.datasets["finance"]
FUNDS = BOOK.datasets["funds"]
PROJECTS = BOOK.datasets["projects"]
OWN = [i.header_zh for i in FINANCE.indicators]
NUMBERS: Row = ["1", "0.1", "0.1", "0", "0", "0", "0", "0"]


def table(*rows: list[Any], merged: tuple[Merged, ...] = (), sheet: str | None = "表") -> Table:
    width = max(map(len, rows))
    return Table(sheet, [row + [None] * (width - len(row)) for row in rows], merged=merged)


def header(found: Header | None) -> Header:
    assert found is not None
    return found


def columns(found: Header | None) -> dict[int, tuple[str, int]]:
    return {c.index: (c.column, c.factor) for c in header(found).columns}


def rules(found: Header | None) -> list[tuple[str, int]]:
    return [(fault.rule, fault.column) for fault in header(found).faults]


def test_the_templates_own_header() -> None:
    found = header(find_header(table(OWN, NUMBERS), FINANCE))
    assert (found.top, found.first, found.faults) == (0, 1, ())
    assert [c.column for c in found.columns] == list(FINANCE.columns)


def test_titles_above_and_blank_rows_between() -> None:
    found = header(find_header(table(["天镇县金融扶贫情况统计表"], [], ["2017年12月"], OWN, NUMBERS), FINANCE))
    assert (found.top, found.first, found.faults) == (3, 4, ())


def test_a_title_merged_over_all_columns_is_no_group() -> None:
    found = header(find_header(table(["金融扶贫统计表"], OWN, NUMBERS, merged=((0, 0, 0, 7),)), FINANCE))
    assert (found.top, found.first) == (1, 2)


@pytest.mark.parametrize(
    ("line", "factor"),
    [("单位:万元", 10_000), ("单位：亿元", 100_000_000), ("(计量单位: 万元、户)", 10_000), ("金额单位:元", 1)],
)
def test_a_line_of_units_counts_where_the_header_says_none(line: str, factor: int) -> None:
    labels = [i.label_zh for i in FINANCE.indicators]
    found = find_header(table([None, line], labels, NUMBERS), FINANCE)
    assert rules(found) == []
    assert columns(found)[1] == ("loan_amount_yuan", factor)
    assert columns(found)[0] == ("loan_households", 1)


def test_the_headers_own_unit_goes_before_the_line() -> None:
    found = find_header(table(["单位:万元"], ["小额信贷投放(亿元)", "贷款余额"], ["1", "1"]), FINANCE)
    assert columns(found) == {0: ("loan_amount_yuan", 100_000_000), 1: ("loan_balance_yuan", 10_000)}


@pytest.mark.parametrize("line", ["填报单位:天镇县扶贫办", "单位:天镇县", "单位:万元、亿元"])
def test_a_line_that_says_no_unit_or_two_says_nothing(line: str) -> None:
    found = find_header(table([line], ["小额信贷投放", "贷款余额"], ["1", "1"]), FINANCE)
    assert rules(found) == [("unit_missing", 0), ("unit_missing", 1)] or found is None


def test_money_without_any_unit_is_never_guessed() -> None:
    found = find_header(table(["小额信贷户数", "小额信贷投放"], ["1", "1"]), FINANCE)
    assert rules(found) == [("unit_missing", 1)]
    assert columns(found) == {0: ("loan_households", 1)}


GROUPS = ["退耕还林(亩)", None, "造林绿化(亩)", None, "危房改造(户)", None]
LEAVES = ["任务", "完成", "任务", "完成", "任务", "开工"]
IN_GROUPS = {
    0: ("cropland_to_forest_planned_mu", 1), 1: ("cropland_to_forest_done_mu", 1), 2: ("afforestation_planned_mu", 1),
    3: ("afforestation_done_mu", 1), 4: ("housing_planned_households", 1), 5: ("housing_started_households", 1),
}  # fmt: skip
SPANS: tuple[Merged, ...] = ((0, 0, 0, 1), (0, 0, 2, 3), (0, 0, 4, 5))


def test_a_group_over_leaves_in_merged_cells() -> None:
    found = find_header(table(GROUPS, LEAVES, ["1"] * 6, merged=SPANS), PROJECTS)
    assert columns(found) == IN_GROUPS
    assert (header(found).first, rules(found)) == (2, [])


def test_in_a_text_file_a_group_reaches_to_the_next_one() -> None:
    assert columns(find_header(table(GROUPS, LEAVES, ["1"] * 6, sheet=None), PROJECTS)) == IN_GROUPS


def test_in_a_workbook_an_unmerged_group_is_its_own_columns_alone() -> None:
    found = find_header(table(GROUPS, LEAVES, ["1"] * 6), PROJECTS)
    assert ("unknown_header", 1) in rules(found)


def test_a_label_merged_downwards_beside_groups() -> None:
    rows = (["县名", "退耕还林(亩)", None], [None, "任务", "完成"], ["天镇县", "1", "1"])
    found = find_header(table(*rows, merged=((0, 1, 0, 0), (0, 0, 1, 2))), PROJECTS)
    assert columns(found) == {
        0: ("county_name", 1), 1: ("cropland_to_forest_planned_mu", 1), 2: ("cropland_to_forest_done_mu", 1),
    }  # fmt: skip


def test_three_rows_the_last_of_units() -> None:
    rows = (
        ["贷款", None, None],
        ["小额信贷户数", "小额信贷投放", "贷款余额"],
        ["户", "(万元)", "亿元"],
        ["1", "1", "1"],
    )
    found = find_header(table(*rows, merged=((0, 0, 0, 2),)), FINANCE)
    assert header(found).first == 3
    assert columns(found) == {
        0: ("loan_households", 1), 1: ("loan_amount_yuan", 10_000), 2: ("loan_balance_yuan", 100_000_000),
    }  # fmt: skip


def test_two_units_for_one_column_are_not_chosen_between() -> None:
    found = find_header(table(["小额信贷投放(万元)", "小额信贷户数"], ["亿元", "户"], ["1", "1"]), FINANCE)
    assert rules(found) == [("unknown_unit", 0)]


@pytest.mark.parametrize("name", BOOK.datasets["relocation"]["villages_completed"].names)
def test_any_name_of_an_indicator_will_do(name: str) -> None:
    found = find_header(table([f" {name} ", "搬迁村数"], ["1", "1"]), BOOK.datasets["relocation"])
    assert columns(found)[0] == ("villages_completed", 1)


def test_what_fits_nothing_and_what_fits_twice_are_faults() -> None:
    found = find_header(table(["小额信贷户数", "贷款户数", "领导批示"], ["1", "1", "好"]), FINANCE)
    assert {rule for rule, _ in rules(found)} <= {"header_twice", "unknown_header"}
    assert ("unknown_header", 2) in rules(found)
    assert len(header(found).columns) + len(header(found).faults) == 3


def test_a_table_of_nothing_known_has_no_header() -> None:
    assert find_header(table(["甲", "乙"], ["1", "2"]), FINANCE) is None
    assert find_header(Table("表", []), FINANCE) is None


@pytest.mark.parametrize(
    ("name", "dataset"),
    [
        ("金融扶贫", "finance"), ("表3 金融扶贫情况", "finance"), ("140222_2017-12_finance", "finance"),
        ("Supporting units", "support_units"), ("Support", "support"), ("搬迁自然村名册(12月)", "relocation_villages"),
        ("Sheet1", None), (None, None),
    ],
)  # fmt: skip
def test_a_name_says_which_dataset(name: str | None, dataset: str | None) -> None:
    found = dataset_named(name)
    assert (found.dataset if found else None) == dataset


@pytest.mark.parametrize("dataset", sorted(BOOK.datasets))
def test_headers_alone_say_which_dataset(dataset: str) -> None:
    form = BOOK.datasets[dataset]
    found = dataset_of_headers(table(["标题"], [i.header_zh for i in form.indicators], ["1"] * len(form.indicators)))
    assert found is form


def test_headers_that_fit_two_datasets_alike_say_none() -> None:
    assert dataset_of_headers(table(["挂职干部", "实施项目"], ["1", "1"])) is None


@pytest.mark.parametrize("group", ["当月新增", "计划数", "目标", "占比"])
def test_a_group_that_makes_something_else_of_a_figure_is_not_passed_over(group: str) -> None:
    found = find_header(table([group, *[None] * 7], OWN, NUMBERS, merged=((0, 0, 0, 7),)), FINANCE)
    # Without any column that is understood it has no header at all: unknown_header for the whole of it.
    assert found is None or {rule for rule, _ in rules(found)} == {"unknown_header"}


def test_a_title_of_many_words_may_speak_of_plans() -> None:
    title = "2018年金融扶贫计划完成情况统计表"
    found = find_header(table([title, *[None] * 7], OWN, NUMBERS, merged=((0, 0, 0, 7),)), FINANCE)
    assert rules(found) == []


def test_two_lines_of_units_that_disagree_say_nothing() -> None:
    labels = [i.label_zh for i in FINANCE.indicators]
    found = find_header(table(["单位:万元、户"], ["单位:元"], labels, NUMBERS), FINANCE)
    assert {rule for rule, _ in rules(found)} == {"unit_missing"}


# --- units and marks as clerks write them --------------------------------------------------------------------------

PLAIN = [i.label_zh for i in FINANCE.indicators]
WANTED = {at: (i.column, 10_000 if i.unit.dtype == "money" else 1) for at, i in enumerate(FINANCE.indicators)}
UNITS = ["户" if i.unit.dtype == "count" else "万元" for i in FINANCE.indicators]


@pytest.mark.parametrize(
    "line",
    [
        "填报单位:天镇县扶贫办 2017年12月 单位:万元",
        "填报单位：天镇县扶贫办2017年12月单位：万元",
        "单 位:万 元",
        "金融扶贫统计表(单位:户、万元)",
        "金融扶贫统计表（万元）",
        "2017年12月金融扶贫统计表【单位：人民币万元】",
        "金额单位:户/万元 填表人:张三",
        "(户、万元)",
        "计量单位 万元",
        "单位：万元人民币",
        "单位:万元;户",
    ],
)
def test_a_unit_stands_anywhere_in_a_line_or_a_title_above(line: str) -> None:
    found = find_header(table([line], PLAIN, NUMBERS), FINANCE)
    assert (rules(found), columns(found)) == ([], WANTED)


@pytest.mark.parametrize("line", ["填报单位:人大办公室", "帮扶单位:元氏县", "单位负责人:万元", "单位:天镇县(户籍)"])
def test_an_office_is_no_unit(line: str) -> None:
    found = find_header(table([line], PLAIN, NUMBERS), FINANCE)
    assert {rule for rule, _ in rules(found)} == {"unit_missing"}


@pytest.mark.parametrize(
    "typed",
    [
        "{0}(单位:{1})", "{0}【{1}】", "{0}[{1}]", "{0}〔{1}〕", "{0},{1}", "{0}，{1}", "{0}/{1}", "{0}：{1}",
        "{0}-{1}", "{0}(人民币{1})", "{0}(以{1}计)", "{0}(计量单位：{1})", "{0}({1})①", "{0}①({1})", "{0}({1})1",
        "{0}({1})(注1)", "*{0}({1})", "※{0}({1})", "{0}({1})*", "★ {0}({1})", "{0}({1})²",
    ],
)  # fmt: skip
def test_a_unit_stands_in_any_brackets_or_behind_a_sign_and_marks_are_no_part_of_a_name(typed: str) -> None:
    given = [typed.format(label, unit) for label, unit in zip(PLAIN, UNITS, strict=True)]
    found = find_header(table(given, NUMBERS), FINANCE)
    assert (rules(found), columns(found)) == ([], WANTED)


@pytest.mark.parametrize("number", ["{}、", "{}.", "({})", "（{}）", "{})", "{}:"])
def test_the_number_of_a_header_is_no_part_of_its_name(number: str) -> None:
    own = enumerate(zip(PLAIN, UNITS, strict=True), start=1)
    given = [f"{number.format(at)}{label}({unit})" for at, (label, unit) in own]
    assert columns(find_header(table(given, NUMBERS), FINANCE)) == WANTED


def test_what_the_form_has_in_brackets_may_stand_behind_a_stroke() -> None:
    found = find_header(table(["兑现资金/万元", "带动增收人数/去重/人"], ["1", "1"]), BOOK.datasets["ecology"])
    assert columns(found) == {0: ("payments_yuan", 10_000), 1: ("persons_with_gains", 1)}


@pytest.mark.parametrize("label", ["计量单位", "单位", "计量 单位"])
def test_a_row_of_units_may_begin_with_what_it_is_called(label: str) -> None:
    found = find_header(table(["县(市、区)", *PLAIN], [label, *UNITS], ["天镇县", *NUMBERS]), FINANCE)
    assert rules(found) == []
    assert columns(found) == {0: ("county_name", 1)} | {at + 1: one for at, one in WANTED.items()}
    assert found is not None
    assert found.first == 2


def test_a_unit_may_stand_right_behind_the_name_of_an_amount() -> None:
    assert columns(find_header(table(["贷款余额万元", "小额信贷投放元"], ["1", "1"]), FINANCE)) == {
        0: ("loan_balance_yuan", 10_000), 1: ("loan_amount_yuan", 1),
    }  # fmt: skip


def test_kilowatts_by_their_sign() -> None:
    found = find_header(table(["光伏并网规模(kW)", "光伏三年规划规模(MW)"], ["1", "1"]), BOOK.datasets["industry"])
    assert columns(found) == {0: ("photovoltaic_installed_kw", 1), 1: ("photovoltaic_planned_kw", 1000)}


@pytest.mark.parametrize(("header", "rule"), [("贷款余额", "unit_missing"), ("贷款余额(箱)", "unknown_unit")])
def test_no_unit_and_a_unit_that_does_not_fit_are_two_findings(header: str, rule: str) -> None:
    assert rules(find_header(table(["小额信贷户数(户)", header], ["1", "1"]), FINANCE)) == [(rule, 1)]


@pytest.mark.parametrize("merged", [(0, 1, 60, 62), (5, 9, 1, 1), (0, 3, 70, 70)])
def test_a_range_that_a_damaged_file_lets_begin_outside_says_nothing(merged: Merged) -> None:
    found = header(find_header(table(OWN, NUMBERS, merged=(merged,)), FINANCE))
    assert [c.column for c in found.columns] == list(FINANCE.columns)
