"""The codebook: what it holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tests.builders import BOOK
from warehouse.codebook import load_codebook, plain_name
from warehouse.codebook.load import HERE
from warehouse.codebook.mart_list import MODULES
from warehouse.messages.errors import CodebookError

LINES = {path.stem: path.read_text(encoding="utf-8").splitlines(keepends=True) for path in HERE.glob("*.csv")}
REFERENCE_GROUPS = {
    "province": 119, "poverty_counties": 58, "national_list": 36, "national_key": 35, "deep_poverty": 10,
}  # fmt: skip


def test_counts_agree_with_the_reference() -> None:
    assert len(BOOK.divisions) == 128
    assert [*BOOK.datasets] == [found.split(",")[0] for found in LINES["datasets"][1:]]
    assert sum(len(d.indicators) for d in BOOK.datasets.values()) == len(LINES["indicators"][1:])
    assert len(BOOK.figures) == 59


@pytest.mark.parametrize(
    ("period", "counties"),
    [("2017-12", 119), ("2018-03", 119), ("2018-04", 118), ("2018-06", 118), ("2018-10", 118), ("2018-11", 117),
     ("2020-12", 117)],
)  # fmt: skip
def test_so_many_counties_are_in_force_at_the_end_of_a_period(period: str, counties: int) -> None:
    assert len(BOOK.in_force(period)) == counties
    members = {name: len(BOOK.members(name, period)) for name in BOOK.groups}
    assert members == {**REFERENCE_GROUPS, "province": counties}


def test_codes_are_in_force_from_a_day_until_another_and_names_repeat() -> None:
    by_code = {d.county_code: d for d in BOOK.divisions}
    gone, new = by_code["140402"], by_code["140403"]
    assert (gone.in_force_until, gone.in_force_until_precision, gone.succession) == (
        date(2018, 11, 23),
        "day",
        "merged",
    )
    assert (new.in_force_from, new.in_force_from_source) == (gone.in_force_until, gone.in_force_until_source)
    assert [gone.in_force(p) for p in ("2018-03", "2018-10", "2018-11", "2019-01")] == [True, True, False, False]
    assert (gone.in_force_from, gone.in_force_from_precision) == (date(1983, 1, 1), "year")
    assert [d.name_zh for d in BOOK.in_force("2017-12")].count("城区") == 4


def test_a_code_may_end_within_a_month_of_which_the_day_is_not_known() -> None:
    by_code = {d.county_code: d for d in BOOK.divisions}
    assert [by_code["140202"].ends_within(p) for p in ("2018-03", "2018-04", "2018-05")] == [False, True, False]
    assert not any(by_code["140402"].ends_within(p) for p in ("2018-10", "2018-11", "2018-12"))


@pytest.mark.parametrize("kind", ["renamed", "merged", "split"])
def test_what_became_of_a_code_follows_from_who_continues_it(kind: str) -> None:
    of_kind = {d.county_code for d in BOOK.divisions if d.succession == kind}
    assert (
        of_kind
        == {
            "renamed": {"140227", "140421", "140424", "140481", "140624", "140726"},
            "merged": {"140203", "140402", "140411"},
            "split": {"140202", "140211"},
        }[kind]
    )


def test_frequencies_end_with_their_months() -> None:
    months = {name: BOOK.datasets[name].frequency.months for name in ("funds", "support", "outcomes")}
    assert months == {"funds": tuple(range(1, 13)), "support": (3, 6, 9, 12), "outcomes": (6, 12)}


def test_a_form_is_due_of_no_period_before_its_programme_began() -> None:
    upskilling = BOOK.datasets["upskilling"]
    assert [p for p in ("2016-12", "2017-12", "2018-03", "2018-05", "2018-06", "2019-12") if upskilling.due(p)] == [
        "2018-03", "2018-06", "2019-12",
    ]  # fmt: skip


def test_each_of_the_three_measures_of_assessment_has_an_indicator_of_its_own() -> None:
    about = [(d.dataset, d.indicator) for d in BOOK.documents.values() if d.kind == "assessment"]
    assert len(set(about)) == 3
    assert {BOOK.datasets[name or ""][column or ""].unit.unit for name, column in about} == {"assessment"}


def test_stored_types_follow_unit_and_kind() -> None:
    outcomes, relocation = BOOK.datasets["outcomes"], BOOK.datasets["relocation"]
    assert outcomes["poor_persons_closing"].dtype == pl.Int64()
    assert outcomes["income_per_capita"].dtype == pl.Decimal(18, 2)
    assert outcomes["poverty_headcount_ratio"].dtype == pl.Decimal(18, 4)
    assert relocation["funds_paid_yuan"].dtype == pl.Int64()
    assert relocation["funds_paid_yuan"].header_zh == "搬迁资金支付(万元)"


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """Files of the names that the marts' have, and what else lies there."""
    folder = tmp_path / "marts"
    folder.mkdir()
    for name in (*(mart.mart for mart in BOOK.mart_list.values() if mart.transform is None), "__init__", "sources"):
        (folder / f"{name}.py").touch()
    return folder


def test_every_mart_has_a_file_or_a_dataset_that_brings_it(modules: Path) -> None:
    assert load_codebook(HERE, modules).mart_list == BOOK.mart_list
    assert {path.stem for path in MODULES.glob("mart_*.py")} == {path.stem for path in modules.glob("mart_*.py")}


def test_a_mart_without_its_file_is_an_error(modules: Path) -> None:
    (modules / "mart_quality.py").unlink()
    with pytest.raises(CodebookError, match=r"mart_list\.csv, mart_quality: there is no .*mart_quality\.py"):
        load_codebook(HERE, modules)


@pytest.mark.parametrize(
    ("name", "said"),
    {
        "mart_else": "is not in mart_list.csv",
        "mart_finance": "the dataset finance brings this mart",
        "dim_else": "is not",
    }.items(),
)
def test_a_file_of_a_mart_that_is_not_listed_is_an_error(modules: Path, name: str, said: str) -> None:
    (modules / f"{name}.py").touch()
    with pytest.raises(CodebookError, match=f"warehouse/marts/{name}.py: {said}"):
        load_codebook(HERE, modules)


def test_a_dataset_brings_its_marts_under_its_own_name_and_labels() -> None:
    names = {m.mart: (m.datasets, m.label_zh, m.label_en) for m in BOOK.mart_list.values() if m.datasets == ("policy",)}
    assert names == {
        "mart_policy": (("policy",), "超常举措", "Policy measures"),
        "fact_policy": (("policy",), "超常举措明细", "Policy measures as reported"),
    }
    assert BOOK.mart_of("relocation", "programme").mart == "mart_relocation_programme"


def test_every_synonym_is_an_indicators_and_a_name_fits_one_indicator_of_its_dataset() -> None:
    assert sum(len(i.synonyms) for d in BOOK.datasets.values() for i in d.indicators) == len(LINES["synonyms"][1:])
    for dataset in BOOK.datasets.values():
        names = [plain_name(name) for indicator in dataset.indicators for name in indicator.names]
        assert len(names) == len(set(names))
    completed = BOOK.datasets["relocation"]["villages_completed"]
    assert completed.names == (
        "完成村数", "Villages completed", "villages_completed", "已完成", "搬迁完成", "已完成村数", "整村搬迁完成",
    )  # fmt: skip


def test_words_that_are_no_value_have_a_meaning() -> None:
    blank = {word for word, entry in BOOK.words.items() if entry.blank}
    assert blank >= {"—", "-", "/", "无", "没有", "不详", "暂无", "缺", "未统计", "空"}
    assert {BOOK.words[word].meaning for word in ("合计", "小计", "填表人", "—", "无", "不详")} == {
        "total", "subtotal", "footer", "not_applicable", "none", "unknown",
    }  # fmt: skip
    assert not BOOK.words["合计"].blank
    assert "0" not in BOOK.words


def test_headers_beside_the_indicators_say_what_they_are() -> None:
    headers = ("区划代码", "县(市、区)", "市", "报告期", "报送状态", "备注", "序号")
    assert [BOOK.about[header] for header in headers] == [
        "county_code", "county_name", "prefecture_name", "period", "return_status", "note", "serial",
    ]  # fmt: skip


def test_plain_names_have_no_blanks_and_no_full_width_signs() -> None:
    assert plain_name(" 增收人数 （去重）\u3000") == "增收人数(去重)"
