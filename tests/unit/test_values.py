"""Text to typed values: exact, in the base unit, and a fault for what does not convert."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from tests.builders import BOOK
from warehouse.intake.formats.table import EPOCH_1900, EPOCH_1904
from warehouse.intake.layout.row_frames import PROVENANCE
from warehouse.intake.values import FAULT_SCHEMA, converted

WAN, YI = 10_000, 100_000_000


def convert(
    dataset: str, column: str, text: str | None, factor: int = 1, epoch: date | None = None
) -> tuple[Any, str | None]:
    """The value of a text in a column, and the rule of its fault."""
    form = BOOK.datasets[dataset]
    place = (1, "ab", "表", 2, "140221", "2017-12")
    raw = pl.DataFrame([(*place, text)], {**PROVENANCE, column: pl.String()}, orient="row")
    done, found = converted(raw, form, {column: factor}, epoch)
    assert dict(done.schema) == {**PROVENANCE, **form.dtypes}
    return done[column].item(), found["rule"].item() if found.height else None


def money(text: str | None, factor: int = 1) -> tuple[Any, str | None]:
    return convert("finance", "loan_amount_yuan", text, factor)


@pytest.mark.parametrize(
    ("text", "factor", "yuan"),
    [
        ("8382.0001", WAN, 83_820_001),
        ("0.0001", WAN, 1),
        ("4.35", YI, 435_000_000),
        ("1.00000001", YI, 100_000_001),
        ("2,487", 1, 2487),
        ("1,234,567.0001", WAN, 12_345_670_001),
        ("-12", 1, -12),
        ("+12", 1, 12),
        ("\u221212", 1, -12),
        ("\u2013 12", 1, -12),
        ("\u22120.5万元", WAN, -5_000),
        ("0", WAN, 0),
        ("12.", 1, 12),
        ("12.000", 1, 12),
        ("00123", 1, 123),
        ("999999999999999", 1, 999_999_999_999_999),
    ],
)
def test_amounts_are_exact_in_yuan(text: str, factor: int, yuan: int) -> None:
    assert money(text, factor) == (yuan, None)


@pytest.mark.parametrize(
    ("text", "factor", "yuan"),
    [
        ("83.82亿元", 1, 8_382_000_000),
        ("83.82亿元", WAN, 8_382_000_000),
        ("83.82 亿 元", YI, 8_382_000_000),
        ("1.2万元", WAN, 12_000),
        ("12000元", WAN, 12_000),
        ("1元", YI, 1),
        ("1.2万", 1, 12_000),
        ("-0.5亿", 1, -50_000_000),
        ("\uff11\uff12\uff13", 1, 123),
        ("\uff11\uff0c\uff12\uff13\uff14\uff0e\uff15", WAN, 12_345_000),
        ("１２３．５万元", WAN, 1_235_000),
        ("\u00a0 12 \u3000", 1, 12),
    ],
)
def test_a_unit_in_the_cell_counts_and_full_width_signs_are_plain(text: str, factor: int, yuan: int) -> None:
    assert money(text, factor) == (yuan, None)


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("poverty_headcount_ratio", "10.7%", Decimal("10.7")),
        ("poverty_headcount_ratio", "10.7\uff05", Decimal("10.7")),
        ("poor_persons_closing", "884人", 884),
        ("poor_persons_closing", "1.2万人", 12_000),
        ("poor_persons_closing", "1.2万", 12_000),
        ("poor_villages_opening", "884个", 884),
        ("delisting_year", "2017年", 2017),
    ],
)
def test_units_behind_a_number(column: str, text: str, value: Any) -> None:
    assert convert("outcomes", column, text) == (value, None)


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("14297.12(万元)", 142_971_200),
        ("14297.12（万元）", 142_971_200),
        ("14297.12【万元】", 142_971_200),
        ("14,297.12 (人民币万元)", 142_971_200),
        ("1.5人民币亿元", 150_000_000),
        ("12(元)", 12),
    ],
)
def test_the_unit_behind_a_number_may_stand_in_brackets(text: str, yuan: int) -> None:
    assert money(text, WAN) == (yuan, None)


@pytest.mark.parametrize("text", ["12(其中)", "12(1)", "12(户)", "12()", "12(万元)(预计)"])
def test_other_words_in_brackets_are_no_unit(text: str) -> None:
    assert money(text, WAN) == (None, "not_a_number")


@pytest.mark.parametrize(("column", "text"), [("poverty_headcount_ratio", "1.2万"), ("poor_persons_closing", "10.7%")])
def test_a_unit_that_does_not_fit_the_indicator(column: str, text: str) -> None:
    assert convert("outcomes", column, text) == (None, "not_a_number")


@pytest.mark.parametrize("text", [None, "—", "-", "/", "／", "无", "不详", " 无 "])
def test_a_blank_and_words_that_stand_for_one_are_null_without_a_fault(text: str | None) -> None:
    assert money(text) == (None, None)
    assert convert("relocation_villages", "started_on", text) == (None, None)


def test_words_for_a_blank_stay_in_texts() -> None:
    assert convert("policy", "document", "无") == ("无", None)


def test_a_blank_is_null_without_a_fault() -> None:
    assert money(None) == (None, None)


@pytest.mark.parametrize(("text", "rule"), [("#REF!", "error_cell"), ("=HYPERLINK(1)", "formula_cell")])
def test_no_error_and_no_formula_is_taken_for_a_text(text: str, rule: str) -> None:
    assert convert("policy", "document", text) == (None, rule)


@pytest.mark.parametrize(
    ("text", "factor", "rule"),
    [
        ("8382.00001", WAN, "digits_lost"),
        ("0.5", 1, "digits_lost"),
        ("1234567890123456", 1, "digits_lost"),
        ("999999999999999", YI, "digits_lost"),
        ("1.0000000000001", YI, "digits_lost"),
        ("9" * 400, 1, "digits_lost"),
        ("9" * 400 + "." + "9" * 400, WAN, "digits_lost"),
        ("约100", 1, "not_a_number"),
        ("100万", WAN, "unit_unclear"),
        ("1.2亿", WAN, "unit_unclear"),
        ("100万人", 1, "not_a_number"),
        ("12 箱", 1, "not_a_number"),
        ("0.00005万元", 1, "digits_lost"),
        ("1元", YI * 1_000_000, "digits_lost"),
        ("(1,234)", 1, "not_a_number"),
        ("一百", 1, "not_a_number"),
        ("1e5", 1, "not_a_number"),
        ("NaN", 1, "not_a_number"),
        ("Infinity", 1, "not_a_number"),
        ("+", 1, "not_a_number"),
        ("是", 1, "not_a_number"),
        ("2017-12-31", 1, "not_a_number"),
        ("1,23", 1, "not_a_number"),
        ("#REF!", WAN, "error_cell"),
        ("=B2+B3", WAN, "formula_cell"),
        ("#DIV/0!", 1, "error_cell"),
    ],
)
def test_what_is_no_exact_amount_is_a_fault_and_null(text: str, factor: int, rule: str) -> None:
    assert money(text, factor) == (None, rule)


@pytest.mark.parametrize(
    ("dataset", "column", "text", "value"),
    [
        ("outcomes", "poverty_headcount_ratio", "10.6751", "10.6751"),
        ("outcomes", "poverty_headcount_ratio", "1.24566128165657%", "1.2457"),
        ("outcomes", "poverty_headcount_ratio", "0.00123456789012345", "0.0012"),
        ("outcomes", "poverty_headcount_ratio", "1.00005", "1.0001"),
        ("outcomes", "poverty_headcount_ratio", "1.000049999999999999", "1"),
        ("outcomes", "income_growth", "-11.73635", "-11.7364"),
        ("outcomes", "income_per_capita", "7330.25", "7330.25"),
        ("outcomes", "income_per_capita", "7330.255", "7330.26"),
        ("projects", "cropland_to_forest_done_mu", "22274.20333", "22274.2"),
        ("projects", "cropland_to_forest_done_mu", "2.227420333万亩", "22274.2"),
        ("projects", "cropland_to_forest_done_mu", "22274.20333333333333亩", "22274.2"),
    ],
)
def test_what_is_measured_or_calculated_is_rounded_half_up_as_a_spreadsheet_does(
    dataset: str, column: str, text: str, value: str
) -> None:
    assert convert(dataset, column, text) == (Decimal(value), None)


@pytest.mark.parametrize("text", ["10.6.5", "10.6500000000000x", "1" * 16 + ".5"])
def test_what_is_no_number_is_not_rounded_to_one(text: str) -> None:
    assert convert("outcomes", "poverty_headcount_ratio", text)[0] is None


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("2017-12-31", date(2017, 12, 31), None),
        ("2017.12.31", date(2017, 12, 31), None),
        ("2017/1/5", date(2017, 1, 5), None),
        ("2017年1月5日", date(2017, 1, 5), None),
        ("２０１７年12月31日", date(2017, 12, 31), None),
        ("20171231", date(2017, 12, 31), None),
        ("2017112", None, "not_a_date"),
        ("17.12.31", None, "not_a_date"),
        ("2017.13.01", None, "not_a_date"),
        ("20171301", None, "not_a_date"),
        ("2017-02-30", None, "not_a_date"),
        ("2017年12月", None, "not_a_date"),
        ("2017-12-31 10:30:00", date(2017, 12, 31), None),
        ("43100", None, "not_a_date"),
        (None, None, None),
    ],
)
def test_dates(text: str | None, value: date | None, rule: str | None) -> None:
    assert convert("relocation_villages", "started_on", text) == (value, rule)


def test_serial_numbers_of_spreadsheets_count_from_their_epoch() -> None:
    day = ("relocation_villages", "started_on")
    assert convert(*day, "43100", epoch=EPOCH_1900) == (date(2017, 12, 31), None)
    assert convert(*day, "41638", epoch=EPOCH_1904) == (date(2017, 12, 31), None)
    assert convert(*day, "20", epoch=EPOCH_1900) == (None, "not_a_date")


FLAG = next((d.dataset, i.column) for d in BOOK.datasets.values() for i in d.indicators if i.unit.dtype == "boolean")


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [("是", True, None), ("否", False, None), ("1", True, None), ("0", False, None), ("true", True, None),
     ("√", True, None), ("×", False, None), ("Ｙ", True, None), ("有", True, None), ("无", False, None),
     ("有的", None, "not_in_list"), (None, None, None)],
)  # fmt: skip
def test_yes_or_no(text: str | None, value: bool | None, rule: str | None) -> None:  # noqa: FBT001
    assert convert(*FLAG, text) == (value, rule)


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("provisional", "provisional", None),
        ("Provisional", "provisional", None),
        ("预计摘帽", "provisional", None),
        ("拟 摘帽", "provisional", None),
        ("预计", None, "not_in_list"),
        (None, None, None),
    ],
)
def test_codes_are_of_their_list(text: str | None, value: str | None, rule: str | None) -> None:
    assert convert("outcomes", "delisting_status", text) == (value, rule)


def test_texts_stay_as_they_are() -> None:
    assert convert("relocation_villages", "village_name", "00123") == ("00123", None)


def test_an_indicator_that_the_sheet_lacks_is_null_and_no_fault() -> None:
    form = BOOK.datasets["finance"]
    raw = pl.DataFrame(schema=dict(PROVENANCE))
    done, found = converted(raw, form, {}, None)
    assert dict(done.schema) == {**PROVENANCE, **form.dtypes}
    assert dict(found.schema) == FAULT_SCHEMA


def test_a_fault_says_where_it_stands() -> None:
    form = BOOK.datasets["finance"]
    place = (7, "ab", "金融扶贫", 5, "140221", "2017-12")
    raw = pl.DataFrame([(*place, "x")], {**PROVENANCE, "loan_balance_yuan": pl.String()}, orient="row")
    factors = {"loan_balance_yuan": WAN}
    (found,) = converted(raw, form, factors, None)[1].rows(named=True)
    assert found == {
        "receipt": 7, "sheet": "金融扶贫", "row": 5, "county_code": "140221", "period": "2017-12",
        "column": "loan_balance_yuan", "rule": "not_a_number", "found": "x",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2017-07-08 08:30:00", date(2017, 7, 8)),
        ("2017/7/8 8:30", date(2017, 7, 8)),
        ("2017-07-08 23:59:59.999", date(2017, 7, 8)),
        ("2017年7月21号", date(2017, 7, 21)),
        ("二○一七年七月二十一日", date(2017, 7, 21)),
        ("二〇一七年十二月三十一日", date(2017, 12, 31)),
        ("二零一七年十月十号", date(2017, 10, 10)),
    ],
)
def test_a_day_may_have_a_time_be_called_hao_or_stand_in_chinese_numerals(text: str, day: date) -> None:
    assert convert("policy", "issued_on", text) == (day, None)


@pytest.mark.parametrize(
    "text", ["2017年7月", "2017-07-08 24:30", "二〇一七年七月", "二〇一七年十三月一日", "七月八日"]
)
def test_what_is_no_day_is_not_made_one(text: str) -> None:
    assert convert("policy", "issued_on", text) == (None, "not_a_date")


@pytest.mark.parametrize(
    ("text", "year"), [("2017-01-01", 2017), ("2017年", 2017), ("2017年度", 2017), ("2017-03-01", None)]
)
def test_a_year_may_be_kept_as_its_first_day(text: str, year: int | None) -> None:
    assert convert("outcomes", "delisting_year", text)[0] == year


@pytest.mark.parametrize(
    ("dataset", "column", "text", "code"),
    [
        ("support_units", "unit_level", "省直", "provincial"),
        ("support_units", "unit_level", "企 业", "enterprise"),
        ("support_units", "unit_level", "provincial", "provincial"),
        ("outcomes", "delisting_status", "未摘帽", "none"),
        ("policy", "status", "施行中", "in_force"),
    ],
)
def test_a_code_may_be_said_in_a_word(dataset: str, column: str, text: str, code: str) -> None:
    assert convert(dataset, column, text) == (code, None)


def test_a_word_that_is_no_code_is_not_in_the_list() -> None:
    assert convert("support_units", "unit_level", "市直") == (None, "not_in_list")
