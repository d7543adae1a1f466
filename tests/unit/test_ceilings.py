"""What no county can have more of: which numbers have a ceiling, what is said of one above it, and that no sum of
figures below their ceilings comes near what a mart can hold.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from expectations.language.rules import Rule
from expectations.suites import rules_for
from expectations.suites.every_dataset import CEILING
from tests.builders import BOOK, GUANGLING, TIANZHEN, YANGGAO, mart, night
from warehouse.codebook import Dataset, Indicator
from warehouse.snapshots.manifest import read_manifest
from warehouse.store.files import Root
from warehouse.synthetic import build_returns

PERIOD = "2017-12"
NUMBERS = [i for d in BOOK.datasets.values() for i in d.indicators if i.numeric and i.unit.dtype != "year"]
# No nation has so many counties, nor a form so many rows.
MANY = 10**6


def ceiling_of(dataset: Dataset) -> Rule | None:
    return next((rule for rule in rules_for(dataset, PERIOD) if rule.rule == CEILING), None)


def slipped(inbox: Path, dataset: str, unit: str, **values: str) -> None:
    """Returns of three counties with these cells under headers that say another unit; zero in all others."""
    form = BOOK.datasets[dataset]
    inbox.mkdir(exist_ok=True)
    for code in (YANGGAO, TIANZHEN, GUANGLING):
        heads = [f"{i.label_zh}({unit})" if i.column in values else i.header_zh for i in form.indicators]
        cells = [values.get(i.column, "0") for i in form.indicators]
        lines = (["区划代码", "报告期", *heads], [code, PERIOD, *cells])
        (inbox / f"{code}.csv").write_text("\n".join(map(",".join, lines)) + "\n", encoding="utf-8")


def findings(root: Root) -> list[dict[str, Any]]:
    return mart(root, "mart_findings").rows(named=True)


@pytest.mark.parametrize("indicator", NUMBERS, ids=lambda i: f"{i.dataset}.{i.column}")
def test_each_number_has_a_ceiling_or_is_a_share(indicator: Indicator) -> None:
    rule = ceiling_of(BOOK.datasets[indicator.dataset])
    checked = {check.columns: check.arguments for check in rule.checks} if rule else {}
    share = indicator.unit.unit == "percent" and not indicator.signed
    if share:
        assert (indicator.column,) not in checked, "0 to 100 is said already"
        return
    bounds = checked[indicator.column,]
    assert bounds["max_value"] == indicator.most
    assert bounds["min_value"] == (-(indicator.most or 0) if indicator.signed else None)


def test_what_an_indicator_says_of_itself_goes_before_what_its_unit_says() -> None:
    money = next(i for i in NUMBERS if i.unit.unit == "yuan" and i.kind != "ratio")
    average = next(i for i in NUMBERS if i.unit.unit == "yuan" and i.kind == "ratio")
    assert (money.most, average.most) == (10**11, 10**6)
    assert money.model_copy(update={"ceiling": 5}).most == 5


def test_no_sum_of_figures_below_their_ceilings_comes_near_what_a_type_holds() -> None:
    for indicator in NUMBERS:
        most = indicator.most or 100
        weight = BOOK.datasets[indicator.dataset][indicator.roll_up.weight].most if indicator.roll_up.weight else 1
        if isinstance(indicator.dtype, pl.Decimal):
            assert most * 10**indicator.decimals < 10**indicator.dtype.precision, "it can be stored"
            assert most * 10**indicator.decimals * (weight or 1) * MANY < 10**38
        else:
            assert most * MANY < 2**63


def test_nothing_of_the_synthetic_province_comes_near_its_ceiling() -> None:
    largest: dict[tuple[str, str], Any] = {}
    for one in build_returns(1):
        for row in one.rows:
            for column, value in row.items():
                if isinstance(value, bool | str | None) or not hasattr(value, "__abs__"):
                    continue
                key = (one.dataset, column)
                largest[key] = max(largest.get(key, 0), abs(value))
    assert largest
    for (dataset, column), value in largest.items():
        most = BOOK.datasets[dataset][column].most
        assert most is None or BOOK.datasets[dataset][column].unit.unit == "percent" or 10 * value < most, column


def test_a_slip_of_the_unit_is_quarantined_and_the_finding_says_what_was_meant(root: Root, inbox: Path) -> None:
    cells = {"fiscal_allocated_yuan": "90000000000", "central_allocated_yuan": "90000000000"}
    slipped(inbox, "funds", "亿元", **cells)
    summary = night(root, inbox)
    assert (summary.accepted, summary.quarantined) == (0, 3)
    of_one = [f for f in findings(root) if f["county_code"] == YANGGAO]
    assert [(f["rule"], f["indicator"]) for f in of_one] == [
        (CEILING, "fiscal_allocated_yuan"), (CEILING, "central_allocated_yuan"),
    ]  # fmt: skip
    zh, en = of_one[0]["message_zh"], of_one[0]["message_en"]
    assert "above what a county can have; check the unit: found" in en
    assert "= 900000000000000 万元, expected ≤ 10000000 万元; correct it" in en
    assert "again. Perhaps typed below 亿元 but meant in 元: then it is 9000000 万元." in en
    assert "应为 ≤ 10000000 万元。" in zh
    assert "。如表头为亿元而所填实为元,则应为 9000000 万元。" in zh
    assert read_manifest(root) is not None
    assert mart(root, "mart_funds")["value"].drop_nulls().is_empty()


def test_every_unit_that_may_have_been_meant_is_named(root: Root, inbox: Path) -> None:
    slipped(inbox, "funds", "亿元", fiscal_allocated_yuan="90000", central_allocated_yuan="90000")
    night(root, inbox)
    said = next(f["message_en"] for f in findings(root))
    assert "typed below 万元 but meant in 元: then it is 90000 万元" in said
    assert "typed below 亿元 but meant in 元: then it is 9 万元" in said
    assert "typed below 亿元 but meant in 万元: then it is 90000 万元" in said


def test_a_unit_without_larger_ones_has_no_slip_to_name(root: Root, inbox: Path) -> None:
    slipped(inbox, "relocation", "个", villages_planned="100001")
    night(root, inbox)
    (said, *_) = (f["message_en"] for f in findings(root) if f["rule"] == CEILING)
    assert "expected ≤ 100000 villages; correct it" in said


def test_what_is_at_the_ceiling_is_accepted(root: Root, inbox: Path) -> None:
    slipped(inbox, "funds", "亿元", fiscal_allocated_yuan="1000", central_allocated_yuan="1000")
    assert night(root, inbox).quarantined == 0
    province = mart(root, "mart_funds").filter(level="province", period=PERIOD, indicator="fiscal_allocated_yuan")
    assert province["value"].item() == 3 * 10**11
