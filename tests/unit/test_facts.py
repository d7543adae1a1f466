"""Facts of the datasets with many rows a county: every row in force, whole, and the way back to it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from tests.builders import BOOK, GUANGLING, TIANZHEN, YANGGAO, code_of, given, mart, night, row, send, sources, village
from warehouse.codebook import Dataset
from warehouse.marts.detail_fact import detail
from warehouse.store.files import Root

LEADS_BACK = ("return_status", "version", "submission", "sheet", "row", "period_end")
MANY = [d for d in BOOK.datasets.values() if not d.one_row]
DAY, LATER = date(2017, 5, 1), date(2017, 12, 31)
MEASURE = {"document": "文", "issued_on": DAY, "effective_on": DAY, "status": "in_force", "county_plan": True}
TYPES = {
    pl.String(): "text", pl.Int64(): "whole", pl.Boolean(): "boolean", pl.Date(): "date", pl.Decimal(18, 2): "decimal",
}  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Root:
    """Two registers, of which one is nil, one that is quarantined, a list of units and one of measures."""
    folder = tmp_path_factory.mktemp("facts")
    first = (village("02", DAY, LATER), village("01", DAY, DAY, DAY, reclaimed_area_mu=Decimal("1.25"), persons=9))
    units = (
        row("support_units", unit_name="乙", unit_level="central", funds_attracted_yuan=10_000),
        row("support_units", unit_name="甲", unit_level="central", posted_officials=2),
    )
    send(
        folder / "inbox",
        given(YANGGAO, "2017-12", "relocation_villages", *first),
        given(YANGGAO, "2017-12", "support_units", *units),
        given(TIANZHEN, "2017-12", "relocation_villages"),
        given(TIANZHEN, "2017-12", "policy", row("policy", measure="m02", **MEASURE)),
        given(GUANGLING, "2017-12", "relocation_villages", village("03", LATER, DAY)),
    )
    night(Root(folder / "root"), folder / "inbox")
    return Root(folder / "root")


@pytest.mark.parametrize("dataset", MANY, ids=lambda d: d.dataset)
def test_a_fact_has_the_columns_of_its_form_and_what_leads_back(dataset: Dataset) -> None:
    columns = BOOK.marts[BOOK.mart_of(dataset.dataset, "detail").mart]
    assert tuple(c.column for c in columns) == ("period", "county_code", *dataset.columns, *LEADS_BACK)
    own = columns[2 : -len(LEADS_BACK)]
    for column, indicator in zip(own, dataset.indicators, strict=True):
        unit = indicator.unit.unit if indicator.numeric else ""
        assert (column.dtype, column.unit) == (TYPES[indicator.dtype], unit)
        assert (column.label_zh, column.label_en) == (indicator.label_zh, indicator.label_en)


def test_villages_in_force_are_there_whole_and_those_quarantined_are_not(root: Root) -> None:
    found = mart(root, "fact_relocation_villages")
    assert found.select("county_code", "village_code", "row", "version", "return_status").rows() == [
        (YANGGAO, code_of(YANGGAO, "01"), 3, 1, "reported"), (YANGGAO, code_of(YANGGAO, "02"), 2, 1, "reported"),
    ]  # fmt: skip
    first = found.row(0, named=True)
    assert (first["persons"], first["demolished_on"], first["reclaimed_area_mu"]) == (9, DAY, Decimal("1.25"))
    assert found["reclaimed_area_mu"].to_list() == [Decimal("1.25"), None]


def test_units_and_measures_are_in_the_order_of_their_keys(root: Root) -> None:
    units = mart(root, "fact_support_units").select("unit_name", "posted_officials", "funds_attracted_yuan")
    assert units.rows() == [("乙", 0, 10_000), ("甲", 2, 0)]
    (measure,) = mart(root, "fact_policy").rows(named=True)
    assert {column: measure[column] for column in MEASURE} == MEASURE
    assert (measure["measure"], measure["return_status"]) == ("m02", "reported")


def test_a_fact_leads_back_to_the_bytes_it_came_with(root: Root) -> None:
    for dataset in MANY:
        for submission in mart(root, BOOK.mart_of(dataset.dataset, "detail").mart)["submission"].unique():
            assert list(root.archive.glob(f"{submission[:2]}/{submission}.xlsx"))


def test_the_facts_and_the_history_have_as_many_rows(root: Root) -> None:
    for dataset in MANY:
        in_force = sources(root).rows(dataset).select(pl.len()).collect().item()
        assert detail(sources(root), dataset.dataset).collect().height == in_force > 0
