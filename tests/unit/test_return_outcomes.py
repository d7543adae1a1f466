"""What became of returns and cells, for whoever has a submission explained: pure tables."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from polars.testing import assert_frame_equal

from tests.builders import (
    BOOK,
    YANGGAO,
    row,
)
from warehouse.lineage.cell_changes import CELL, kept_cells, read_otherwise
from warehouse.lineage.return_outcomes import kept, return_outcomes

DECISION: Mapping[str, pl.DataType] = {
    "run": pl.String(), "receipt": pl.Int64(), "file": pl.String(), "dataset": pl.String(), "county_code": pl.String(),
    "period": pl.String(), "verdict": pl.String(),
}  # fmt: skip


def decisions(*rows: tuple[str, int, str]) -> pl.LazyFrame:
    whole = [
        (run, receipt, f"{receipt}.xlsx", "finance", YANGGAO, "2017-12", verdict) for run, receipt, verdict in rows
    ]
    return pl.LazyFrame(whole, DECISION, orient="row")


def test_what_counts_and_what_it_has_taken_the_place_of() -> None:
    told = decisions(("1", 1, "accepted"), ("2", 2, "accepted_with_queries"), ("3", 3, "quarantined")).pipe(
        return_outcomes
    )
    expected = pl.DataFrame(
        {
            "receipt": [1, 2, 3],
            "counting": [2, 2, 2],
            "counting_file": ["2.xlsx"] * 3,
            "standing": ["superseded", "in_force", "quarantined"],
        }
    )
    assert_frame_equal(told.select(expected.columns).sort("receipt").collect(), expected)


def test_what_is_withdrawn_counts_no_more_and_its_rows_are_those_of_when_it_was_accepted() -> None:
    given = decisions(("1", 1, "accepted"), ("2", 1, "withdrawn"))
    assert given.pipe(return_outcomes).select("standing", "counting").collect().rows() == [("withdrawn", None)]
    assert given.pipe(kept).select("run", "verdict").collect().rows() == [("1", "accepted")]


def test_what_is_read_otherwise_now_cell_by_cell() -> None:
    schema = dict.fromkeys(CELL, pl.String()) | {"row": pl.Int64(), "value": pl.String()}
    cells = [
        ("finance", YANGGAO, "2017-12", "a", 2, name, value) for name, value in (("x", "1"), ("y", None), ("z", "3"))
    ]
    then = pl.LazyFrame(cells, schema, orient="row")
    now = then.with_columns(value=pl.when(pl.col("column") == "z").then(pl.lit("4")).otherwise("value"))
    now = now.filter(pl.col("column") != "y")
    changed = read_otherwise(then, now).select("column", "then", "now").collect()
    assert_frame_equal(changed, pl.DataFrame({"column": ["z"], "then": ["3"], "now": ["4"]}))


def test_rows_of_a_nil_return_stand_in_no_cell() -> None:
    place = {"county_code": YANGGAO, "period": "2017-12", "sheet": "封面", "row": None}
    rows = pl.LazyFrame([place | row("relocation")], {**dict.fromkeys(place, pl.String()), "row": pl.Int64(),
                        **BOOK.datasets["relocation"].dtypes})  # fmt: skip
    assert kept_cells(rows, BOOK.datasets["relocation"]).collect().is_empty()
