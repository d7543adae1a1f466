"""What the synthetic province gives where no programme does: any column and any form that the codebook may define."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any

import polars as pl
import pytest

from tests.builders import BOOK
from tests.plain_province import is_required
from warehouse.codebook import Dataset, Indicator
from warehouse.codebook.model import Code
from warehouse.synthetic import PERIODS
from warehouse.synthetic.defaults import complete, default_rows
from warehouse.synthetic.random_draws import HUNDRED
from warehouse.synthetic.records import Row
from warehouse.synthetic.territory import Province, draw_province

FIELDS = ("column", "unit", "input_unit", "codes", "kind", "roll_up", "required", "signed")
SCHOOLS = """
pupils,person,万人,,stock,sum,true,
pupils_out,person,,,year_to_date,sum,true,
lessons,person_time,,,year_to_date,sum,true,
lamps,unit,,,cumulative,sum,true,
area_mu,mu,,,cumulative,sum,true,
spent_yuan,yuan,万元,,year_to_date,sum,true,
heat_kw,kilowatt,兆瓦,,stock,sum,false,
share_out,percent,,,ratio,weighted:pupils_out/pupils,where pupils > 0,
cost_yuan,yuan,,,ratio,weighted:pupils,where pupils > 0,
cost_before_yuan,yuan,,,ratio,weighted:pupils,where pupils > 0,
cost_growth,percent,,,ratio,derived:cost_yuan/cost_before_yuan,where pupils > 0,yes
satisfied,percent,,,ratio,none,true,
covered,percent,,,stock,none,true,
grade,code,,a|b|c,stock,count,true,
online,boolean,,,stock,count,true,
founded,year,,,stock,none,true,
opened_on,date,,,stock,count,true,
remark,text,,,stock,none,false,
"""
CLINICS = """
level,code,,x|y,key,none,true,
clinic,text,,,key,none,true,
doctors,person,,,stock,sum,true,
visits,person_time,,,year_to_date,sum,true,
"""
LISTS = """
kind,code,,x|y|z,key,none,true,
kept,boolean,,,key,none,true,
on,date,,,stock,none,false,
"""


def form(lines: str, *keys: str) -> Dataset:
    """A dataset that the codebook has not."""
    rows = [dict(zip(FIELDS, line.split(","), strict=True)) for line in lines.strip().splitlines()]

    def codes(row: dict[str, str]) -> list[Code]:
        """Those of the line."""
        named = filter(None, row.pop("codes").split("|"))
        return [
            Code(dataset="added", column=row["column"], code=code, label_zh=f"代码{code}", label_en=code)
            for code in named
        ]

    indicators = [
        Indicator.model_validate(
            {"listed": codes(row), **row, "dataset": "added", "label_zh": f"新增{row['column']}",
             "label_en": row["column"], "unit": BOOK.units[row["unit"]], "signed": row["signed"] == "yes"}
        )
        for row in rows
    ]  # fmt: skip
    about = {"label_zh": "新增", "label_en": "Added", "frequency": "monthly", "owed_by": "province", "due_days": 10}
    return Dataset.model_validate({**about, "dataset": "added", "nil": False, "keys": keys, "indicators": indicators})


SCHOOLING = form(SCHOOLS)
REGISTER, LIST = form(CLINICS, "level", "clinic"), form(LISTS, "kind", "kept")


@cache
def province(seed: int = 7) -> Province:
    return draw_province(seed)


def rows_of(dataset: Dataset, period: str, code: str, seed: int = 7) -> tuple[Row, ...]:
    made = province(seed)
    return default_rows(made, dataset, period, made.counties(period)[code])


def counties(period: str) -> Iterator[str]:
    yield from (d.county_code for d in BOOK.in_force(period))


@pytest.mark.parametrize("dataset", [SCHOOLING, REGISTER, LIST], ids=["one row", "many rows", "coded keys"])
@pytest.mark.parametrize("period", PERIODS)
def test_every_county_gives_values_of_the_type_that_is_kept(dataset: Dataset, period: str) -> None:
    for code in counties(period):
        rows = rows_of(dataset, period, code)
        assert rows
        assert [tuple(row) for row in rows] == [dataset.columns] * len(rows)
        frame = pl.DataFrame(rows, dataset.dtypes, orient="row", strict=True)
        assert frame.select(dataset.keys or pl.lit(1)).is_unique().all()
        for indicator in dataset.indicators:
            keep_the_definition(indicator, rows)


def keep_the_definition(indicator: Indicator, rows: tuple[Row, ...]) -> None:
    """What `every_dataset` asks of a column, in plain Python; and that a county can write the value in its unit."""
    for row in rows:
        value: Any = row[indicator.column]
        if value is None:
            assert not is_required(indicator.required, row)
            continue
        if indicator.codes:
            assert value in indicator.codes
        if indicator.unit.unit == "percent" and not indicator.signed:
            assert 0 <= value <= 100
        if indicator.numeric and not indicator.signed:
            assert value >= 0
        if indicator.unit.dtype == "money" and indicator.kind != "ratio":
            assert value % HUNDRED == 0


def test_shares_and_growth_are_computed_from_their_parts() -> None:
    for code in counties("2017-12"):
        (row,) = (found for found in rows_of(SCHOOLING, "2017-12", code))
        value: dict[str, Any] = dict(row)
        if not value["pupils"]:
            assert (value["share_out"], value["cost_yuan"], value["cost_growth"]) == (None, None, None)
            continue
        assert abs(100 * Decimal(value["pupils_out"]) / value["pupils"] - value["share_out"]) <= Decimal("0.05")
        assert value["pupils_out"] > 0
        growth = 100 * (value["cost_yuan"] / value["cost_before_yuan"] - 1)
        assert abs(growth - value["cost_growth"]) <= Decimal("0.05")


def series(dataset: Dataset, code: str, column: str) -> list[Any]:
    return [rows_of(dataset, period, code)[0][column] for period in PERIODS]


def test_what_adds_up_never_falls() -> None:
    for code in {*counties("2016-12")} & {*counties("2018-06")} - {"140212"}:
        for column in ("lamps", "area_mu"):
            values = series(SCHOOLING, code, column)
            assert all(before <= after for before, after in pairwise(values)), (code, column, values)
        for column in ("pupils_out", "lessons", "spent_yuan"):
            _, november, december, june = series(SCHOOLING, code, column)
            assert november <= december
            assert december == 0 or june < december, "a year begins anew"
        assert series(REGISTER, code, "visits")[1] <= series(REGISTER, code, "visits")[2]


def test_a_register_has_the_same_keys_in_every_period_and_codes_alone_are_not_repeated() -> None:
    keys = {
        period: [(row["level"], row["clinic"]) for row in rows_of(REGISTER, period, "140221")] for period in PERIODS
    }
    assert len({tuple(found) for found in keys.values()}) == 1
    assert {level for level, _ in keys["2017-12"]} == {"x", "y"}
    assert max(len(rows_of(LIST, "2018-06", code)) for code in counties("2018-06")) <= 6


def test_some_leave_blank_what_need_not_be_given_and_in_every_period() -> None:
    lasting = {*counties("2016-12")} & {*counties("2018-06")} - {"140212"}
    kept = [series(SCHOOLING, code, "heat_kw") for code in lasting]
    assert {values.count(None) for values in kept} == {0, len(PERIODS)}


def test_the_same_seed_gives_the_same_and_another_does_not() -> None:
    assert rows_of(SCHOOLING, "2017-12", "140221") == rows_of(SCHOOLING, "2017-12", "140221")
    assert rows_of(SCHOOLING, "2017-12", "140221") != rows_of(SCHOOLING, "2017-12", "140221", seed=8)
    assert rows_of(SCHOOLING, "2017-12", "140221") != rows_of(SCHOOLING, "2017-12", "140222")


def test_a_row_keeps_what_it_has_and_gets_what_it_lacks() -> None:
    made, code = province(), "140221"
    whole = rows_of(SCHOOLING, "2017-12", code)[0]
    assert complete(made, SCHOOLING, "2017-12", made.counties("2017-12")[code], whole) is whole
    found = complete(made, SCHOOLING, "2017-12", made.counties("2017-12")[code], {"pupils": 40, "grade": "a"})
    value: dict[str, Any] = dict(found)
    assert (value["pupils"], value["grade"], tuple(found)) == (40, "a", SCHOOLING.columns)
    assert 0 < value["pupils_out"] <= 40


def test_a_county_made_of_two_gives_what_both_did() -> None:
    made = province()
    both = [rows_of(SCHOOLING, "2017-12", code)[0]["pupils"] for code in ("140402", "140411")]
    together: Any = default_rows(made, SCHOOLING, "2017-12", [made.territories[c] for c in ("140402", "140411")])
    assert together[0]["pupils"] == sum(int(str(n)) for n in both)
