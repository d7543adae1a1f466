"""What marts may not do: sum what is never summed, differ from their contract."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from tests.builders import BOOK, sources, url
from warehouse import marts
from warehouse.codebook.mart_records import MartColumn
from warehouse.marts.roll_up import percentage, total
from warehouse.marts.sources import Sources, period_end
from warehouse.messages.errors import CodebookError
from warehouse.store import ledger
from warehouse.store.files import Root

INDICATORS = [i for d in BOOK.datasets.values() for i in d.indicators]


@pytest.fixture
def empty(root: Root) -> Sources:
    """The sources of a root in which nothing has run."""
    root.path.mkdir()
    ledger.open_ledger(url(root))
    return sources(root)


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda i: f"{i.dataset}.{i.column}")
def test_only_what_sums_is_summed(indicator) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    if indicator.roll_up.how == "sum":
        assert indicator.kind in {"stock", "cumulative", "year_to_date"}
        total(indicator)
    else:
        with pytest.raises(CodebookError, match=f"{indicator.dataset}.{indicator.column} .*never summed"):
            total(indicator)


def test_a_sum_of_nothing_is_unknown_and_of_some_is_of_those() -> None:
    indicator = BOOK.datasets["relocation"]["villages_planned"]
    frame = pl.DataFrame({"g": ["a", "a", "b"], "villages_planned": [None, 3, None]})
    found = frame.group_by("g", maintain_order=True).agg(total(indicator).alias("n"))
    assert found.rows() == [("a", 3), ("b", None)]


def test_a_share_of_nothing_is_unknown_and_others_have_six_digits() -> None:
    frame = pl.DataFrame({"part": [1, 0, None], "whole": [3, 0, 3]})
    assert frame.select(percentage(pl.col("part"), pl.col("whole"))).to_series().to_list() == [
        Decimal("33.333333"), None, None,
    ]  # fmt: skip


@pytest.mark.parametrize("name", BOOK.mart_list)
def test_a_mart_keeps_its_contract_though_nothing_has_run(empty: Sources, name: str) -> None:
    built = marts.build(name, empty).collect()
    assert dict(built.schema) == {c.column: c.polars for c in BOOK.marts[name]}


def test_every_mart_that_has_periods_has_the_day_that_each_ends_on() -> None:
    columns = {name: {c.column: c for c in of} for name, of in BOOK.marts.items()}
    assert {n for n, c in columns.items() if "period" in c} == {n for n, c in columns.items() if "period_end" in c}
    assert all(c["period_end"].null == c["period"].null for c in columns.values() if "period" in c)


@pytest.mark.parametrize(
    ("period", "ends_on"),
    [("2016-02", date(2016, 2, 29)), ("2017-12", date(2017, 12, 31)), ("9999-12", date(9999, 12, 31)), (None, None)],
)
def test_a_period_ends_with_its_month(period: str | None, ends_on: date | None) -> None:
    frame = pl.DataFrame({"period": [period]}, {"period": pl.String})
    assert frame.select(period_end()).item() == ends_on


def other(name: str, columns: tuple[MartColumn, ...], sources: Sources) -> Sources:
    """The sources with another contract for one mart."""
    return replace(sources, book=replace(sources.book, marts={**sources.book.marts, name: columns}))


def test_a_mart_that_gives_other_columns_is_an_error(empty: Sources) -> None:
    columns = BOOK.marts["mart_relocation"]
    for wrong in (columns[:-1], (*columns[1:], columns[0]), ()):
        with pytest.raises(CodebookError, match=r"marts\.csv, mart_relocation: has"):
            marts.build("mart_relocation", other("mart_relocation", wrong, empty))


def test_a_mart_that_gives_another_type_is_an_error(empty: Sources) -> None:
    columns = tuple(
        c.model_copy(update={"dtype": "text"}) if c.column == "villages_planned" else c
        for c in BOOK.marts["mart_relocation"]
    )
    with pytest.raises(CodebookError, match=r"mart_relocation\.villages_planned: is text"):
        marts.build("mart_relocation", other("mart_relocation", columns, empty))
