"""The marts for BI tools from a few returns: what may be added up is, over time too, and what is partial says so."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.builders import BOOK, GUANGLING, TIANZHEN, YANGGAO
from tests.programmes import Given, in_memory, said
from warehouse import marts
from warehouse.codebook.load import HERE, load_codebook
from warehouse.marts.bi_county import carried
from warehouse.messages.errors import CodebookError

LENT = "finance.loan_amount_yuan"


def lent(county: str, period: str, to_date: int | None) -> Given:
    return said(county, period, {"loan_amount_yuan": to_date, "loan_balance_yuan": 7})


def added(*returns: Given, county: str = YANGGAO, key: str = LENT) -> dict[str, tuple[int | None, int | None]]:
    """Value and months of an indicator of a county, by period."""
    built = marts.build("bi_county", in_memory("finance", *returns)).collect()
    found = built.filter(county_code=county, indicator_key=key).select("period", "value", "months").rows()
    return {period: (None if value is None else int(value), months) for period, value, months in found}


def test_what_is_to_date_becomes_what_each_month_added() -> None:
    assert added(lent(YANGGAO, "2017-01", 10), lent(YANGGAO, "2017-02", 15), lent(YANGGAO, "2017-03", 15)) == {
        "2017-01": (10, 1), "2017-02": (5, 1), "2017-03": (0, 1),
    }  # fmt: skip


def test_a_year_begins_at_nothing() -> None:
    assert added(lent(YANGGAO, "2017-12", 100), lent(YANGGAO, "2018-01", 3)) == {
        "2017-12": (100, 12),
        "2018-01": (3, 1),
    }


def test_a_value_over_a_gap_says_how_many_months_it_is_of_and_the_year_still_adds_up() -> None:
    found = added(
        lent(YANGGAO, "2017-02", 10), lent(YANGGAO, "2017-05", 40), lent(YANGGAO, "2017-06", None),
        lent(YANGGAO, "2017-08", 70),
    )  # fmt: skip
    assert found == {"2017-02": (10, 2), "2017-05": (30, 3), "2017-06": (None, None), "2017-08": (30, 3)}


def test_a_county_that_is_missing_leaves_the_others_as_they_are() -> None:
    returns = (lent(YANGGAO, "2017-01", 10), lent(TIANZHEN, "2017-02", 6), lent(YANGGAO, "2017-03", 12))
    assert added(*returns) == {"2017-01": (10, 1), "2017-02": (None, None), "2017-03": (2, 2)}
    assert added(*returns, county=TIANZHEN)["2017-02"] == (6, 2)


def test_a_figure_that_falls_takes_back_what_it_had_added() -> None:
    assert added(lent(YANGGAO, "2017-01", 10), lent(YANGGAO, "2017-02", 4)) == {"2017-01": (10, 1), "2017-02": (-6, 1)}


def test_what_is_as_at_a_day_stays_as_it_is() -> None:
    returns = (lent(YANGGAO, "2017-01", 1), lent(YANGGAO, "2017-02", 2))
    assert added(*returns, key="finance.loan_balance_yuan") == {"2017-01": (7, None), "2017-02": (7, None)}


def test_only_what_adds_up_is_there_and_of_each_figure_one_source() -> None:
    found = carried(BOOK)
    keys = found["indicator_key"].to_list()
    assert not {"outcomes.poverty_headcount_ratio", "support.provincial_units", "support_units.posted_officials"} & {
        *keys
    }
    assert {"support.posted_officials", "relocation_villages.households", "outcomes.delisting_status=verified"} <= {
        *keys
    }
    assert not found["name_zh"].is_duplicated().any()


def test_a_figure_of_some_counties_above_the_county_is_partial_and_says_of_how_many() -> None:
    built = marts.build("bi_area", in_memory("finance", lent(YANGGAO, "2017-12", 10))).collect()
    rows = built.filter(indicator_key=LENT)
    (prefecture,) = rows.filter(area="140200").rows(named=True)
    assert (prefecture["value"], prefecture["partial"], prefecture["complete"]) == (Decimal(10), True, False)
    assert (prefecture["shown_zh"], prefecture["shown_en"]) == ("大同市(不完整 1/11)", "140200 大同市 (partial 1/11)")
    (own,) = rows.filter(area=YANGGAO).rows(named=True)
    assert (own["partial"], own["shown_zh"]) == (False, "大同市阳高县")
    (none,) = rows.filter(area=GUANGLING).rows(named=True)
    assert (none["value"], none["partial"], none["complete"]) == (None, False, False)


def test_a_value_is_shown_in_the_unit_that_charts_are_labelled_in() -> None:
    built = marts.build("bi_area", in_memory("finance", lent(YANGGAO, "2017-12", 250_000_000))).collect()
    (own,) = built.filter(area=YANGGAO, indicator_key=LENT).rows(named=True)
    assert (own["display_value"], own["display_unit_zh"]) == (Decimal("2.5"), "亿元")


def test_relocation_is_of_counties_and_of_the_summary_alone() -> None:
    sources = in_memory("relocation", said(YANGGAO, "2017-12", {"villages_planned": 3, "villages_completed": 2}))
    built = marts.build("bi_relocation", sources).collect()
    assert built["county_code"].n_unique() == built.height
    assert built.select("villages_planned", "villages_completed").sum().row(0) == (3, 2)
    assert built.filter("complete")["county_code"].to_list() == [YANGGAO]


@pytest.mark.parametrize("wrong", ["mart_else", "bi_area"])
def test_a_mart_is_made_of_marts_that_are_made_of_returns(tmp_path: Path, wrong: str) -> None:
    for file in HERE.glob("*.csv"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    lines = (HERE / "mart_list.csv").read_text(encoding="utf-8")
    changed = re.sub("(?<=period[|]county_code,)mart_relocation$", wrong, lines, flags=re.MULTILINE)
    (tmp_path / "mart_list.csv").write_text(changed, encoding="utf-8")
    with pytest.raises(CodebookError, match=f"mart_list.csv, bi_relocation, marts: {wrong} is no mart"):
        load_codebook(tmp_path)


def test_a_mart_of_marts_has_the_datasets_of_these() -> None:
    assert set(BOOK.mart_list["bi_area"].datasets) == set(BOOK.datasets)
    assert BOOK.mart_list["bi_relocation"].datasets == ("relocation", "relocation_villages")
    assert {name for name, mart in BOOK.mart_list.items() if mart.marts} == {"bi_area", "bi_county", "bi_relocation"}


def test_the_columns_of_an_indicator_are_those_of_its_dimension() -> None:
    built = marts.build("bi_area", in_memory("finance", lent(YANGGAO, "2017-12", 10))).collect()
    columns = ["indicator_key", "name_zh", "name_en", "kind", "unit"]
    known = marts.build("dim_indicator", in_memory("finance")).select(columns).collect()
    assert built.select(columns).unique().join(known, on=columns, how="anti").is_empty()


def test_a_county_that_continues_others_begins_with_what_they_gave() -> None:
    """长治市城区 and 郊区 became 潞州区 on 2018-11-23: their year is not counted twice."""
    returns = (
        lent("140402", "2018-09", 10), lent("140411", "2018-10", 20), lent("140403", "2018-11", 33),
        lent("140403", "2018-12", 40),
    )  # fmt: skip
    assert added(*returns, county="140403") == {"2018-11": (3, 1), "2018-12": (7, 1)}
    built = marts.build("bi_county", in_memory("finance", *returns)).collect()
    assert built.filter(indicator_key=LENT)["value"].sum() == 40


def test_a_party_to_a_split_gives_nothing_in_the_year_of_it_but_what_came_before() -> None:
    """新荣区 took a part of 南郊区 in the spring of 2018: what it lent since January is of another territory."""
    found = added(
        lent("140212", "2018-01", 10), lent("140212", "2018-06", 50), lent("140212", "2019-01", 4), county="140212"
    )
    assert found == {"2018-01": (10, 1), "2018-06": (None, None), "2019-01": (4, 1)}


def test_the_name_of_an_indicator_is_of_one_form_so_that_grouping_by_it_mixes_none() -> None:
    names = carried(BOOK)["indicator_key"].str.split(".").list.last()
    assert names.is_unique().all(), names.filter(names.is_duplicated()).unique().to_list()
