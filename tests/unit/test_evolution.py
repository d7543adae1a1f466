"""Forms that change: an indicator comes, an indicator goes; what was kept before still reads, counts and rebuilds."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.builders import (
    BOOK,
    RECEIVED,
    TIANZHEN,
    YANGGAO,
    cover,
    finance,
    lent,
    loans,
    mart,
    night,
    row,
    said,
    send,
    sheet,
    sources,
    write_book,
)
from tests.small_store import named_anew
from warehouse.codebook import Dataset
from warehouse.codebook.model import Indicator
from warehouse.intake.formats.preflight import Limits
from warehouse.maintenance import rebuild as rebuilding
from warehouse.maintenance.rebuild import Rebuild, rebuild
from warehouse.store.archive import hash_file
from warehouse.store.files import Root
from warehouse.store.history import known_from, scan_rows, schema, write_rows

FORM = BOOK.datasets["finance"]
NEW = FORM.indicators[-1].column


def of(dataset: Dataset, indicators: tuple[Indicator, ...]) -> Dataset:
    """The form with these indicators."""
    same = {name: getattr(dataset, name) for name in Dataset.model_fields}
    return Dataset.model_construct(**{**same, "indicators": indicators})


def without(dataset: Dataset, *columns: str) -> Dataset:
    """The form as it was before these indicators came, or after they went."""
    return of(dataset, tuple(i for i in dataset.indicators if i.column not in columns))


def rows(dataset: Dataset, amount: int, receipt: int) -> pl.DataFrame:
    """A row as this form keeps it."""
    given = {"receipt": receipt, "submission": "ab", "sheet": "表", "row": 2, "county_code": YANGGAO, "version": 1}
    values = {name: value for name, value in finance(amount, **{NEW: 5}).items() if name in dataset.columns}
    plain = {name: kind for name, kind in schema(dataset).items() if name != "known_from"}
    frame = pl.DataFrame([{**given, "period": "2017-12", "return_status": "reported", **values}], plain)
    return frame.with_columns(known_from=known_from(RECEIVED))


BEFORE, AFTER = without(FORM, NEW), without(FORM, "loan_households")


def test_an_indicator_that_came_later_is_blank_before(root: Root) -> None:
    write_rows(root.history, BEFORE, "2017-12", "000001", rows(BEFORE, 1000, 1))
    write_rows(root.history, FORM, "2018-06", "000002", rows(FORM, 2000, 2))
    for runs, values in ((["000001", "000002"], [(1000, None), (2000, 5)]), (["000001"], [(1000, None)])):
        found = scan_rows(root.history, FORM, runs)
        assert dict(found.collect_schema()) == dict(pl.DataFrame(schema=schema(FORM)).schema)
        assert found.select("loan_amount_yuan", NEW).sort("loan_amount_yuan").collect().rows() == values


def test_an_indicator_that_was_retired_is_left_in_the_files_and_not_read(root: Root) -> None:
    old = write_rows(root.history, FORM, "2017-12", "000001", rows(FORM, 1000, 1))
    write_rows(root.history, AFTER, "2018-06", "000002", rows(AFTER, 2000, 2))
    found = scan_rows(root.history, AFTER, ["000001", "000002"])
    assert found.collect_schema().names() == list(schema(AFTER))
    assert found.select("loan_amount_yuan").collect().to_series().sort().to_list() == [1000, 2000]
    assert old
    assert "loan_households" in pl.read_parquet_schema(old)


def test_one_comes_while_another_goes_and_the_order_is_todays(root: Root) -> None:
    write_rows(root.history, BEFORE, "2017-12", "000001", rows(BEFORE, 1000, 1))
    write_rows(root.history, AFTER, "2018-06", "000002", rows(AFTER, 2000, 2))
    turned = of(AFTER, AFTER.indicators[::-1])
    found = scan_rows(root.history, turned, ["000001", "000002"]).sort("receipt").collect()
    assert found.columns == list(schema(turned))
    assert found.select(NEW, "loan_amount_yuan").rows() == [(None, 1000), (5, 2000)]


@pytest.fixture
def old_form(root: Root, inbox: Path) -> Root:
    """A night of a time when the form had a column that it has no more, and lacked one that it has today."""
    night(root, send(inbox / "1", loans(finance(1000)), loans(finance(2000), county=TIANZHEN)).parent)
    (path,) = root.history.rglob("*.parquet")
    then = pl.read_parquet(path, hive_partitioning=False).drop(NEW).with_columns(retired=pl.lit(9, pl.Int64))
    then.write_parquet(path)
    named_anew(root, "000001", path)
    return root


def test_nights_after_the_change_go_on_from_what_was_kept_before(old_form: Root, inbox: Path) -> None:
    night(old_form, send(inbox / "2", loans(finance(3000))).parent)
    assert lent(old_form) == {YANGGAO: 3000, TIANZHEN: 2000}
    assert said(old_form) == [("accepted", 1), ("accepted", 1), ("accepted", 2)]
    assert sources(old_form).rows(FORM).collect().columns == list(schema(FORM))
    assert mart(old_form, "fact_indicator").filter(indicator="retired").is_empty()


def test_rebuilt_rows_have_the_columns_of_today_and_it_is_said_that_the_figures_are_the_same(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(root, send(inbox / "1", loans(finance(1000)), loans(finance(2000), county=TIANZHEN)).parent)
    (path,) = root.history.rglob("*.parquet")
    name = path.relative_to(root.path).as_posix()
    pl.read_parquet(path, hive_partitioning=False).drop(NEW).write_parquet(path)
    then = hash_file(path)
    monkeypatch.setattr(rebuilding, "_expected", lambda *_: {name: then})
    done = rebuild(Rebuild.into(root, root.path.with_name("rebuilt"), Limits(), {}))
    (difference,) = (one for one in done.differences if one.path == name)
    assert (difference.expected, difference.kept, difference.returns) == (then, True, ())


# The forms as they were before they asked for all that the article says: so many columns.
FIRST_ASKED = {"frontline": 10, "accountability": 12}


@pytest.mark.usefixtures("few_marts")
def test_a_template_of_before_more_was_asked_is_accepted_without_a_word(root: Root, inbox: Path) -> None:
    """What came later is blank; the form that came later is missing."""
    before = {name: [cells[:asked] for cells in sheet(name, row(name))] for name, asked in FIRST_ASKED.items()}
    labels = {name: BOOK.datasets[name].label_zh for name in before}
    listed = [(label, name, "有", "报送") for name, label in labels.items()]
    pages = {labels[name]: cells for name, cells in before.items()}
    write_book(inbox / "a.xlsx", {"封面": cover(listed, period="2018-06"), **pages})
    night(root, inbox)
    assert said(root) == [("accepted", 1), ("accepted", 1)]
    assert mart(root, "mart_findings").is_empty()
    facts = mart(root, "fact_indicator").group_by("dataset").agg(pl.col("indicator"))
    assert {name: set(columns) for name, columns in facts.iter_rows()} == {
        name: {i.column for i in BOOK.datasets[name].indicators[:asked] if i.required == "true"}
        for name, asked in FIRST_ASKED.items()
    }
    missing = mart(root, "mart_completeness").filter(county_code=YANGGAO, dataset="upskilling")
    assert missing.select("due", "received").row(0) == (True, False)
