"""Input templates: what is asked for, what may be typed where, and that a filled one is read without any guessing."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner

from expectations.analysis.input_limits import form_of
from flows.cli import template
from flows.cli.main import app
from tests.builders import BOOK, TIANZHEN, read_file, read_files
from tests.templates import fill, province
from warehouse.intake.template import cells, select_template, template_name, write_template
from warehouse.intake.template.cover import FIRST_ROW, HOW_TO
from warehouse.intake.template.sheets import Grid, prefilled
from warehouse.messages.errors import PermanentError
from warehouse.synthetic import PERIODS

JUNE = "2018-06"
CHENGQU, KUANGQU, PINGCHENG = "140202", "140203", "140213"


def made(county: str = TIANZHEN, period: str = JUNE, datasets: Sequence[str] = ()) -> bytes:
    wanted = select_template(BOOK, county, period, datasets)
    return write_template(wanted, [form_of(BOOK, wanted, dataset) for dataset in wanted.datasets])


@cache
def opened() -> Workbook:
    """The whole set of a deep-poverty county, to be looked at."""
    return openpyxl.load_workbook(io.BytesIO(made()))


def sheet(dataset: str) -> Worksheet:
    page = opened()[BOOK.datasets[dataset].label_zh]
    assert isinstance(page, Worksheet)
    return page


# --- what is asked for ---------------------------------------------------------------------------------------------


def test_the_whole_set_is_what_the_county_owes_in_the_period() -> None:
    assert len(select_template(BOOK, TIANZHEN, JUNE).datasets) == len(BOOK.datasets)
    november = [d.dataset for d in select_template(BOOK, TIANZHEN, "2017-11").datasets]
    assert november == [d.dataset for d in BOOK.datasets.values() if d.frequency == "monthly"]
    city = [d.dataset for d in select_template(BOOK, "140105", JUNE).datasets]
    assert not {"support", "support_units", "policy", "motivation"} & {*city}


def test_datasets_are_named_by_id_or_label_and_stand_in_the_codebooks_order() -> None:
    assert [d.dataset for d in select_template(BOOK, TIANZHEN, JUNE, ["funds", "金融扶贫"]).datasets] == [
        "finance",
        "funds",
    ]


@pytest.mark.parametrize("name", ["天镇县", "天镇", "大同市天镇县"])
def test_a_county_may_be_named(name: str) -> None:
    assert select_template(BOOK, name, JUNE).division.county_code == TIANZHEN


@pytest.mark.parametrize(
    ("county", "period", "datasets", "says"),
    [
        (
            KUANGQU,
            "2019-06",
            [],
            "140203 大同市矿区 is not in force at the end of 2019-06.*merged into 140214 大同市云冈区 in 2018",
        ),
        (PINGCHENG, "2017-12", [], "140213 大同市平城区 came into being in 2018-04.*140202 大同市城区"),
        ("城区", "2017-12", [], "more than one county: .*140202 大同市城区.*give the code"),
        ("999999", JUNE, [], "no county is called '999999'"),
        (TIANZHEN, "2018-13", [], "no period; give a year and month like 2018-06"),
        (TIANZHEN, "2018-06-30", [], "no period"),
        (TIANZHEN, JUNE, ["money"], "money is no dataset; there are relocation_villages, "),
        (
            TIANZHEN,
            "2018-05",
            ["finance", "outcomes"],
            "outcomes 脱贫成效 is not due of 140222 .* in 2018-05; due are ",
        ),
        ("140105", JUNE, ["policy"], "policy 超常举措 is not due of 140105"),
    ],
)
def test_what_cannot_be_asked_for_says_what_to_do(county: str, period: str, datasets: list[str], says: str) -> None:
    with pytest.raises(PermanentError, match=says):
        select_template(BOOK, county, period, datasets)


def test_a_period_in_which_nothing_is_due() -> None:
    quarterly = {k: d for k, d in BOOK.datasets.items() if d.frequency == "quarterly"}
    with pytest.raises(PermanentError, match="owes nothing in 2018-05; quarterly datasets are due of months 3, 6, 9"):
        select_template(replace(BOOK, datasets=quarterly), TIANZHEN, "2018-05")


def test_the_last_day_is_counted_from_the_periods_end() -> None:
    wanted = select_template(BOOK, TIANZHEN, "2020-02")
    assert wanted.due_on(BOOK.datasets["finance"]) == date(2020, 3, 10)


# --- filled and read -----------------------------------------------------------------------------------------------


CASES = [(TIANZHEN, period) for period in PERIODS] + [
    ("140105", "2018-06"),  # a city: fewer datasets, no villages
    (CHENGQU, "2017-12"),  # in force until 2018
    (PINGCHENG, "2018-06"),  # in force from then on
    ("140925", "2016-12"),  # a deep-poverty county
]


@pytest.mark.parametrize(("code", "period"), CASES)
def test_a_filled_template_is_read_as_it_was_filled(code: str, period: str, tmp_path: Path) -> None:
    wanted = select_template(BOOK, code, period)
    given = [r for r in province() if (r.county_code, r.period) == (code, period)]
    assert {r.dataset for r in given} == {d.dataset for d in wanted.datasets}
    book = openpyxl.load_workbook(io.BytesIO(made(code, period)))
    read = read_files(fill(book, wanted, given, tmp_path / template_name(wanted)))
    assert read.findings == []
    assert {h.dataset: (h.status, h.nil) for h in read.return_headers} == {r.dataset: (r.status, r.nil) for r in given}
    for found in given:
        if not found.nil:
            rows = read.rows[found.dataset].select(BOOK.datasets[found.dataset].columns)
            assert rows.to_dicts() == list(found.rows), found.dataset


def test_some_case_has_a_nil_return_of_each_dataset_that_may_be_nil() -> None:
    nil = {r.dataset for r in province() if r.nil and (r.county_code, r.period) in CASES}
    assert nil >= {"relocation", "relocation_villages", "policy"}


def test_an_empty_template_is_not_taken_for_figures(tmp_path: Path) -> None:
    path = tmp_path / "140222_天镇县_2018-06.xlsx"
    path.write_bytes(made())
    read = read_file(path)
    empty = {f.dataset for f in read.findings if f.rule == "empty_return"}
    beforehand = {d.dataset for d in BOOK.datasets.values() if d.keys and prefilled(d)}
    assert "policy" in beforehand  # its codes stand there
    assert empty == BOOK.datasets.keys() - beforehand


def test_the_how_to_sheet_is_no_return_and_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "140222_天镇县_2018-06.xlsx"
    path.write_bytes(made())
    assert [f for f in read_file(path).findings if f.sheet == HOW_TO] == []


# --- the workbook --------------------------------------------------------------------------------------------------


def test_the_same_request_gives_the_same_bytes() -> None:
    assert made(datasets=["finance", "policy"]) == made(datasets=["finance", "policy"])


def test_sheets_in_order() -> None:
    labels = [d.label_zh for d in BOOK.datasets.values()]
    assert opened().sheetnames == ["封面", "填表须知", *labels, "填报说明"]


def test_only_what_is_to_be_typed_is_unlocked_and_no_password_is_needed() -> None:
    for page in opened().worksheets:
        assert page.protection.sheet
        assert page.protection.password is None
    for dataset in BOOK.datasets.values():
        page, grid = sheet(dataset.dataset), Grid(dataset)
        unlocked = [(c.row, c.column) for row in page.iter_rows() for c in row if not c.protection.locked]
        wide = len(dataset.columns)
        assert unlocked == [(r, c) for r in range(2, grid.rows + 2) for c in range(1, wide + 1)]
    assert not [c for row in opened()[HOW_TO].iter_rows() for c in row if not c.protection.locked]


def test_on_the_cover_nil_can_be_chosen_only_where_it_is_allowed() -> None:
    cover = opened()["封面"]
    assert isinstance(cover, Worksheet)
    choices = {str(v.sqref): v.formula1 for v in cover.data_validations.dataValidation}
    for row, dataset in enumerate(BOOK.datasets.values(), start=FIRST_ROW + 1):
        assert choices.get(f"C{row}") == ('"有,无"' if dataset.nil else None)
        assert cover.cell(row, 3).protection.locked != dataset.nil
        assert choices[f"D{row}"] == '"报送,预计"'


def validations(dataset: str) -> dict[str, Any]:
    """The validation of each column's cells below the header."""
    found = {str(v.sqref).split(":")[0]: v for v in sheet(dataset).data_validations.dataValidation}
    columns = BOOK.datasets[dataset].columns
    return {c: found[Grid(BOOK.datasets[dataset]).places[c].cell.replace("$", "")] for c in columns}


@pytest.mark.parametrize(
    ("dataset", "column", "kind", "first", "second"),
    [
        ("finance", "loan_households", "whole", "0", None),
        ("finance", "loan_amount_yuan", "custom", "AND(ISNUMBER(B2),ROUND(B2,4)=B2,B2>=0)", None),
        ("ecology", "payments_yuan", "custom", "AND(ISNUMBER(G2),ROUND(G2,4)=G2,G2>=0)", None),
        ("outcomes", "poverty_headcount_ratio", "custom", "AND(ISNUMBER(G2),ROUND(G2,4)=G2,G2>=0,G2<=100)", None),
        ("outcomes", "income_business", "custom", "AND(ISNUMBER(N2),ROUND(N2,2)=N2)", None),
        ("outcomes", "delisting_status", "list", '"未摘帽,预计摘帽,已摘帽"', None),
        ("outcomes", "delisting_year", "whole", "1949", "2099"),
        ("relocation_villages", "started_on", "date", "18172", "73050"),
        ("policy", "county_plan", "list", '"是,否"', None),
    ],
)
def test_what_may_be_typed(dataset: str, column: str, kind: str, first: str, second: str | None) -> None:
    found = validations(dataset)[column]
    assert (found.type, found.formula1, found.formula2) == (kind, first, second)


def test_every_column_has_a_message_within_what_spreadsheets_show() -> None:
    for dataset in BOOK.datasets.values():
        for column, found in validations(dataset.dataset).items():
            assert len(found.prompt) <= cells.MESSAGE_SIGNS
            assert len(found.promptTitle) <= cells.TITLE_SIGNS
            assert dataset[column].label_en in found.prompt
            assert "必填" in found.prompt or "选填" in found.prompt


def test_a_message_says_label_unit_whether_required_and_the_rules() -> None:
    found = validations("finance")["overdue_balance_yuan"]
    assert found.promptTitle == "逾期余额"
    assert found.prompt.splitlines() == [
        "Loans overdue (in 万元: 10,000 yuan)",
        "必填 Required",
        "数字,不小于 0,最多 4 位小数 Number, at least 0, 4 decimals at most",
        "· 逾期余额 ≤ 贷款余额",
        "  what is overdue is part of what is outstanding",
    ]


def colours(dataset: str) -> list[tuple[str, str]]:
    """Ranges and formulas that colour them, in the order in which they count."""
    found = sheet(dataset).conditional_formatting
    rules = [(rule.priority, str(area.sqref), rule.formula[0]) for area in found for rule in area.rules]
    return [(area, formula) for _, area, formula in sorted(rules)]


def last(dataset: str) -> str:
    """The letters of the form's last column."""
    return str(get_column_letter(len(BOOK.datasets[dataset].columns)))


def test_limits_stand_in_the_sheet_in_its_own_cells() -> None:
    assert (
        "A2 B2",
        "IF(COUNT($D2,$C2,$B2,$A2)=4,ROUND($B2-$A2,6)>0,FALSE)",
    ) in [(" ".join(sorted(area.split())), formula) for area, formula in colours("relocation")]
    assert (
        "A2:A201",
        'IF($A2<>"",SUMPRODUCT(--($A$2:$A$201=$A2))>1,FALSE)',
    ) in colours("relocation_villages")


def test_a_sheet_that_the_cover_calls_nil_is_grey_and_what_stands_in_it_red() -> None:
    first, second = colours("policy")[:2]
    # The measures in its first column are filled in beforehand and may stay.
    assert first == (f"B2:{last('policy')}11", 'AND(filled_policy="无",B2<>"")')
    assert second == (f"A2:{last('policy')}11", 'filled_policy="无"')
    place = list(BOOK.datasets).index("policy")
    assert opened().defined_names["filled_policy"].attr_text == f"'封面'!$C${FIRST_ROW + place + 1}"


def test_what_is_required_is_coloured_until_it_is_filled() -> None:
    begun = f"OR(ROW()=2,COUNTA($A2:${last('outcomes')}2)>0)"
    form = BOOK.datasets["outcomes"]
    required = [f"{get_column_letter(n)}2" for n, i in enumerate(form.indicators, start=1) if i.required != "false"]
    assert [area for area, _ in colours("outcomes")][-len(required) :] == required
    assert ("R2", f'AND($R2="",{begun})') in colours("outcomes")
    assert ("K2", f'AND($K2="",{begun},N($A2)>0)') in colours("outcomes")


def test_measures_stand_there_beforehand() -> None:
    measures = [one.label_zh for one in BOOK.datasets["policy"]["measure"].listed]
    assert [row[0].value for row in sheet("policy").iter_rows(min_row=2)] == measures


def test_no_cell_has_a_formula() -> None:
    for page in opened().worksheets:
        assert not [c.coordinate for row in page.iter_rows() for c in row if c.data_type == "f"]


def test_the_how_to_tells_every_rule_in_both_languages() -> None:
    told = [cell.value for row in opened()[HOW_TO].iter_rows() for cell in row if cell.value]
    wanted = select_template(BOOK, TIANZHEN, JUNE)
    for dataset in wanted.datasets:
        for rule in form_of(BOOK, wanted, dataset).told:
            assert rule.rule in told
            assert any(rule.reason_zh in text for text in told)
            assert rule.reason_en in told


# --- the command ---------------------------------------------------------------------------------------------------


def test_the_command_writes_once_and_never_over_a_filled_file(tmp_path: Path) -> None:
    written = template.write("天镇县", JUNE, ["finance"], tmp_path / "new")
    assert written.file == tmp_path / "new" / "140222_天镇县_2018-06.xlsx"
    assert written.datasets == ("finance",)
    assert template.write(TIANZHEN, JUNE, ["finance"], tmp_path / "new") == written
    written.file.write_bytes(b"filled")
    with pytest.raises(PermanentError, match="another file; move it away"):
        template.write(TIANZHEN, JUNE, ["finance"], tmp_path / "new")
    assert template.write(TIANZHEN, JUNE, ["finance"], tmp_path / "june.xlsx").file == tmp_path / "june.xlsx"


def test_the_command_line_writes_it(tmp_path: Path) -> None:
    asked_for = ["template", "--county", TIANZHEN, "--period", JUNE, "--dataset", "finance", "--dataset", "funds"]
    done = CliRunner().invoke(app, [*asked_for, "--out", str(tmp_path), "--json"])
    said = json.loads(done.stdout)
    assert (done.exit_code, said["datasets"], Path(said["file"]).exists()) == (0, ["finance", "funds"], True)
