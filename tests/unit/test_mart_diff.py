"""What differs between two states of a frame where values are missing: a null is a value that differs from any other,
and the same as itself, in keys as in cells.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from tests.builders import BOOK, TIANZHEN, YANGGAO
from warehouse.lineage.cell_changes import CELL, changed_cells, kept_cells, read_otherwise, rows_without, with_cells
from warehouse.lineage.mart_diff import CAUSES, DIFFERENCES, ORIGIN, differences, whys_of
from warehouse.store.journal_records import ReturnDecision
from warehouse.store.replay import returns_that_differ, strays_that_differ

EVERYWHERE = pl.LazyFrame({"why": ["because"]})
Line = tuple[str | None, str | None, int | None]
Told = tuple[str, str, str | None, str | None, str | None]


def lines(*rows: Line) -> pl.LazyFrame:
    return pl.LazyFrame(list(rows), {"period": pl.String, "code": pl.String, "value": pl.Int64}, orient="row")


def told(before: pl.LazyFrame, after: pl.LazyFrame, *keys: str) -> list[Told]:
    found = differences(before, after, keys, EVERYWHERE).collect()
    assert set(found["why"]) <= {"because"}
    return found.drop("why").rows()


# --- nulls in keys -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [("a", None), (None, "b"), (None, None)])
def test_rows_whose_keys_are_blank_are_compared_with_each_other(key: tuple[str | None, str | None]) -> None:
    one, same, other = lines((*key, 1)), lines((*key, 1)), lines((*key, 2))
    said = " ".join(part for part in key if part)
    assert told(one, same, "period", "code") == []
    assert told(one, other, "period", "code") == [("changed", said, "value", "1", "2")]


def test_a_blank_key_is_not_the_key_that_another_row_has() -> None:
    assert told(lines((None, "a", 1)), lines(("x", "a", 1)), "period", "code") == [
        ("removed", "a", None, None, None), ("added", "x a", None, None, None),
    ]  # fmt: skip


def test_rows_of_blank_keys_that_come_twice_are_told_apart_by_their_order() -> None:
    before = lines((None, "a", 1), (None, "a", 2), (None, "a", 3))
    assert told(before, lines((None, "a", 1), (None, "a", 9)), "period", "code") == [
        ("removed", "a", None, None, None), ("changed", "a", "value", "2", "9"),
    ]  # fmt: skip


def test_a_whole_row_of_blanks_is_the_same_row() -> None:
    assert told(lines((None, None, None)), lines((None, None, None))) == []
    assert told(lines((None, None, None)), lines((None, None, 1))) == [
        ("removed", "", None, None, None), ("added", "1", None, None, None),
    ]  # fmt: skip


# --- nulls in cells ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "differs"),
    [(None, None, False), (None, 0, True), (0, None, True), (0, 0, False), (1, 2, True), (None, 1, True)],
)
def test_a_value_that_came_or_went_is_a_change(before: int | None, after: int | None, differs: bool) -> None:  # noqa: FBT001
    found = told(lines(("p", "a", before)), lines(("p", "a", after)), "period", "code")
    said = [None if value is None else str(value) for value in (before, after)]
    assert found == ([("changed", "p a", "value", *said)] if differs else [])


def test_nothing_against_nothing_is_no_difference_and_has_its_columns() -> None:
    found = differences(lines(), lines(), ["period"], EVERYWHERE).collect()
    assert found.is_empty()
    assert found.columns == ["change", "key", "column", "before", "after", "why"]
    assert set(found.columns) | {"mart"} == set(DIFFERENCES)


def test_everything_against_nothing_is_removed_and_the_other_way_round_added() -> None:
    some = lines(("p", "a", 1), ("p", "b", None))
    assert [one[:2] for one in told(some, lines(), "period", "code")] == [("removed", "p a"), ("removed", "p b")]
    assert [one[:2] for one in told(lines(), some, "period", "code")] == [("added", "p a"), ("added", "p b")]


def test_differences_stand_in_the_order_of_keys_and_columns() -> None:
    kinds = {"code": pl.String, "z": pl.Int64, "y": pl.Int64, "x": pl.Int64}
    one = pl.LazyFrame([("b", 1, 2, 3), ("a", 1, 2, 3)], kinds, orient="row")
    two = pl.LazyFrame([("a", 9, 2, None), ("b", 9, 8, 3)], kinds, orient="row")
    assert told(one, two, "code") == [
        ("changed", "a", "z", "1", "9"), ("changed", "a", "x", "3", None),
        ("changed", "b", "z", "1", "9"), ("changed", "b", "y", "2", "8"),
    ]  # fmt: skip


@pytest.mark.parametrize("origin", ORIGIN)
def test_where_a_value_comes_from_is_no_difference_and_all_else_is(origin: str) -> None:
    one = pl.LazyFrame({"code": ["a"], origin: [1], "reason": ["x"]})
    two = pl.LazyFrame({"code": ["a"], origin: [2], "reason": ["y"]})
    assert told(one, two, "code") == [("changed", "a", "reason", "x", "y")]
    assert [one[0] for one in told(one, two, "code", origin)] == ["removed", "added"], "but as a key it counts"


def test_decimals_and_flags_are_told_as_exact_texts() -> None:
    kinds = {"code": pl.String, "share": pl.Decimal(38, 6), "good": pl.Boolean}
    one = pl.LazyFrame([("a", Decimal("33.333333"), True)], kinds, orient="row")
    two = pl.LazyFrame([("a", Decimal("33.333334"), False)], kinds, orient="row")
    assert told(one, two, "code") == [
        ("changed", "a", "share", "33.333333", "33.333334"), ("changed", "a", "good", "true", "false"),
    ]  # fmt: skip


def test_a_row_has_the_reason_of_its_place_and_one_without_a_reason_stays() -> None:
    reasons = pl.LazyFrame({"period": ["p", "q"], "why": ["waived", "rejudged"]})
    before, after = lines(("p", "a", 1), ("q", "a", 1), ("r", "a", 1)), lines(("p", "a", 2), ("r", "a", 2))
    found = differences(before, after, ["period", "code"], reasons).collect()
    assert found.select("change", "key", "why").rows() == [
        ("changed", "p a", "waived"), ("removed", "q a", "rejudged"), ("changed", "r a", None),
    ]  # fmt: skip


def test_a_reason_is_found_by_all_of_its_place() -> None:
    reasons = pl.LazyFrame({"period": ["p", "p"], "code": ["a", "b"], "why": ["waived", "rejudged"]})
    found = differences(lines(("p", "a", 1), ("p", "b", 1)), lines(), ["period", "code"], reasons).collect()
    assert found.select("key", "why").rows() == [("p a", "waived"), ("p b", "rejudged")]


# --- why -----------------------------------------------------------------------------------------------------------


def caused(*rows: tuple[str, str, str | None, str]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), CAUSES, orient="row")


def whys(mart: str, columns: list[str], *rows: tuple[str, str, str | None, str]) -> dict[tuple[Any, ...], str]:
    found = whys_of(BOOK, BOOK.mart_list[mart], columns, caused(*rows)).collect()
    *place, why = found.columns
    assert why == "why"
    return {tuple(row[name] for name in place): row["why"] for row in found.sort(place).iter_rows(named=True)}


def test_a_row_is_found_by_the_place_that_it_has() -> None:
    decided = ("finance", "2017-12", YANGGAO, "resubmission")
    columns = ["period", "dataset", "county_code", "value"]
    assert whys("fact_indicator", columns, decided) == {("2017-12", "finance", YANGGAO): "resubmission"}
    assert whys("fact_indicator", ["period", "value"], decided) == {("2017-12",): "resubmission"}


def test_several_reasons_of_a_place_are_said_once_each_in_order() -> None:
    one = ("finance", "2017-12", YANGGAO)
    found = whys("fact_indicator", ["period"], (*one, "waived"), (*one, "rejudged"), (*one, "waived"))
    assert found == {("2017-12",): "rejudged;waived"}


def test_what_was_decided_of_another_dataset_is_no_reason() -> None:
    decided = [("funds", "2017-12", YANGGAO, "resubmission"), ("finance", "2017-12", TIANZHEN, "waived")]
    assert whys("mart_finance", ["period", "county_code"], *decided)["2017-12", TIANZHEN] == "waived"
    assert ("2017-12", YANGGAO) not in whys("mart_finance", ["period", "county_code"], *decided)


def test_a_mart_that_compares_has_the_reason_in_later_periods_too_and_no_other_mart_has() -> None:
    decided = ("finance", "2017-12", YANGGAO, "resubmission")
    later = {("2017-12",), ("2018-01",), ("2018-12",)}
    assert set(whys("mart_finance", ["period"], decided)) == later
    assert set(whys("fact_indicator", ["period"], decided)) == {("2017-12",)}


def test_a_county_is_a_reason_at_every_level_that_it_counts_in() -> None:
    found = whys("mart_finance", ["period", "level", "code"], ("finance", "2017-12", YANGGAO, "resubmission"))
    places = {place[1:] for place in found if place[0] == "2017-12"}
    assert {("county", YANGGAO), ("prefecture", "140200"), ("province", "140000")} <= places
    assert not any(code == TIANZHEN for _, code in places)


def test_without_a_place_all_reasons_are_said() -> None:
    columns = ["figure", "value"]
    decided = [("finance", "2017-12", YANGGAO, "waived"), ("finance", "2018-06", TIANZHEN, "rejudged")]
    (why,) = whys("mart_scorecard", columns, *decided).values()
    assert why == "rejudged;waived"


def test_no_cause_is_no_reason() -> None:
    assert whys("mart_finance", ["period", "level", "code"]) == {}


# --- versions of a return ------------------------------------------------------------------------------------------

VILLAGES = BOOK.datasets["relocation_villages"]
PLACE = {"sheet": pl.String(), "row": pl.Int64()}


def villages(*given: tuple[str | None, int | None, str | None, int | None]) -> pl.LazyFrame:
    """Sheet, row, code and households of villages."""
    rows = [{"sheet": s, "row": r, "village_code": code, "households": n} for s, r, code, n in given]
    blank = dict.fromkeys(VILLAGES.columns)
    return pl.LazyFrame([blank | row for row in rows], {**PLACE, **VILLAGES.dtypes})


def cells(before: pl.LazyFrame, after: pl.LazyFrame) -> list[tuple[Any, ...]]:
    found = changed_cells(before, after, VILLAGES).collect()
    return found.select("village_code", "column", "before", "after").rows()


@pytest.mark.parametrize("code", ["1", None])
@pytest.mark.parametrize(("before", "after"), [(None, None), (None, 1), (1, None), (1, 1), (1, 2), (0, None)])
def test_a_cell_of_a_village_with_or_without_a_code(code: str | None, before: int | None, after: int | None) -> None:
    found = cells(villages(("a", 2, code, before)), villages(("b", 7, code, after)))
    said = [None if value is None else str(value) for value in (before, after)]
    assert found == ([] if before == after else [(code, "households", *said)])


def test_a_row_without_a_code_is_found_in_the_other_by_that() -> None:
    blank, named = villages(("a", 2, None, 1)), villages(("a", 2, "1", 1))
    assert rows_without(blank, blank, VILLAGES).collect().is_empty()
    assert rows_without(blank, named, VILLAGES).collect()["row"].to_list() == [2]
    assert rows_without(named, blank, VILLAGES).collect()["village_code"].to_list() == ["1"]


def test_a_cell_of_a_text_file_has_its_address_though_it_has_no_sheet() -> None:
    changes = changed_cells(villages((None, 2, "1", 1)), villages((None, 3, "1", 2)), VILLAGES)
    layout = pl.LazyFrame(
        [(None, "households", "D")], {"sheet": pl.String, "column": pl.String, "letters": pl.String}, orient="row"
    )
    placed = with_cells(changes, layout, layout).collect()
    assert placed.select("before_cell", "after_cell").rows() == [("D2", "D3")]


def test_a_cell_of_a_nil_return_has_no_address() -> None:
    changes = changed_cells(villages(("封面", None, "1", 1)), villages(("表", 3, "1", 2)), VILLAGES)
    layout = pl.LazyFrame(
        [("表", "households", "D")], {"sheet": pl.String, "column": pl.String, "letters": pl.String}, orient="row"
    )
    assert with_cells(changes, layout, layout).collect().select("before_cell", "after_cell").rows() == [(None, "D3")]


def kept(*given: tuple[str | None, int, str, str | None]) -> pl.LazyFrame:
    """Sheet, row, column and value of cells as they are kept."""
    schema = dict.fromkeys(CELL, pl.String()) | {"row": pl.Int64(), "value": pl.String()}
    rows = [("finance", YANGGAO, "2017-12", sheet, row, column, value) for sheet, row, column, value in given]
    return pl.LazyFrame(rows, schema, orient="row")


@pytest.mark.parametrize("sheet", [None, "表"])
@pytest.mark.parametrize(("then", "now"), [("1", "2"), (None, "2"), ("1", None)])
def test_a_cell_that_is_read_otherwise_with_or_without_a_sheet(
    sheet: str | None, then: str | None, now: str | None
) -> None:
    found = read_otherwise(kept((sheet, 2, "x", then)), kept((sheet, 2, "x", now))).collect()
    assert found.select("sheet", "row", "column", "then", "now").rows() == [(sheet, 2, "x", then, now)]
    assert read_otherwise(kept((sheet, 2, "x", then)), kept((sheet, 2, "x", then))).collect().is_empty()


def test_a_blank_cell_and_one_that_is_not_there_are_the_same() -> None:
    assert read_otherwise(kept((None, 2, "x", None)), kept()).collect().is_empty()
    assert read_otherwise(kept(), kept(("表", 2, "x", None))).collect().is_empty()


def test_cells_that_are_kept_are_those_of_rows_that_stand_somewhere() -> None:
    place = {"county_code": YANGGAO, "period": "2017-12"}
    rows = villages(("a", 2, "1", 5), (None, 3, "2", None), ("封面", None, "3", 1)).with_columns(
        pl.lit(value).alias(name) for name, value in place.items()
    )
    found = kept_cells(rows, VILLAGES).filter(pl.col("column") == "households").collect()
    assert found.select("sheet", "row", "value").rows() == [("a", 2, "5"), (None, 3, None)]
    assert found.columns == [*CELL, "value"]


# --- rows that were written again ----------------------------------------------------------------------------------

OWN = {"receipt": pl.Int64, "county_code": pl.String, "return_status": pl.String, "value": pl.Int64}


def written(*rows: tuple[int, str | None, str | None, int | None]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), OWN, orient="row")


def of(receipt: int, rows: int = 1) -> ReturnDecision:
    return ReturnDecision(
        receipt=receipt, submission="s", file="f", dataset="finance", county_code=YANGGAO, period="2017-12",
        status="reported", nil=False, rows=rows, verdict="accepted", version=1, failed={}, not_evaluated={},
    )  # fmt: skip


def differ(then: pl.DataFrame | None, now: pl.DataFrame | None, *decisions: ReturnDecision) -> list[int]:
    return [one.receipt for one in returns_that_differ(then, now, decisions)]


@pytest.mark.parametrize(
    ("then", "now", "other"), [(None, None, False), (None, 1, True), (1, None, True), (1, 1, False)]
)
def test_a_return_with_a_blank_differs_from_one_with_a_value(then: int | None, now: int | None, other: bool) -> None:  # noqa: FBT001
    before, after = written((1, YANGGAO, "reported", then)), written((1, YANGGAO, "reported", now))
    assert differ(before, after, of(1)) == ([1] if other else [])


def test_each_return_is_compared_by_its_own_rows_in_their_order() -> None:
    before = written((1, YANGGAO, "reported", 1), (1, YANGGAO, "reported", 2), (2, YANGGAO, "reported", 3))
    after = written((1, YANGGAO, "reported", 2), (1, YANGGAO, "reported", 1), (2, YANGGAO, "reported", 3))
    assert differ(before, after, of(1), of(2)) == [1]
    assert differ(before, before, of(1), of(2)) == []


def test_a_column_that_only_one_has_is_not_compared() -> None:
    before = written((1, YANGGAO, "reported", 1))
    assert differ(before, before.with_columns(new=pl.lit(1)), of(1)) == []
    assert differ(before.with_columns(old=pl.lit(1)), before, of(1)) == []


def test_without_the_rows_of_then_the_number_of_rows_tells() -> None:
    now = written((1, YANGGAO, "reported", 1), (2, YANGGAO, "reported", 1))
    assert differ(None, now, of(1), of(2, rows=2)) == [2]
    assert differ(None, None, of(1), of(2)) == [1, 2]
    assert differ(None, now, of(1), of(2)) == [1, 2], "where none tells, it may be any"


def test_a_return_that_is_gone_now_differs() -> None:
    assert differ(written((1, YANGGAO, "reported", 1)), None, of(1)) == [1]
    assert differ(written((1, YANGGAO, "reported", 1)), written(), of(1)) == [1]


def test_rows_of_no_return_are_compared_by_receipt() -> None:
    before = written((1, None, None, 1), (2, None, None, None), (3, YANGGAO, "reported", 1))
    after = written((1, None, None, 1), (2, None, None, 5), (3, YANGGAO, "reported", 9))
    assert strays_that_differ(before, after) == [2]
    assert strays_that_differ(before, before) == []
    assert strays_that_differ(before, before.filter(pl.col("receipt") != 1)) == [1]
    assert strays_that_differ(None, before) == []
    assert strays_that_differ(before, None) == []
