"""The list of unexpected rows is a list like any other: to users, to Great Expectations' copies and to JSON."""

from __future__ import annotations

import datetime as dt
import json
import pickle
from copy import deepcopy
from decimal import Decimal
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import polars as pl
import pytest
from great_expectations.util import convert_to_json_serializable

from expectations.engine.index_list import IndexList
from tests.engine.builders import COMPLETE, one, suite
from tests.engine.oracle import context

NAN = float("nan")
ROWS: list[Any] = [
    {"a": 1, "b": "x", "c": None, "d": True, "e": 1.5},
    {"a": dt.date(2017, 6, 1), "b": dt.datetime(2017, 6, 1, 8, tzinfo=dt.UTC), "c": Decimal("0.1"), "d": b"x"},
    {"a": NAN, "b": dt.time(8), "c": float("inf"), "d": "", "e": 2**80},
    7,
]  # fmt: skip
FRAME = pl.DataFrame(
    {
        "k": [1, 2, 3],
        "day": [dt.date(2017, 6, n) for n in (1, 2, 3)],
        "price": [0.5, NAN, None],
        "listed": [[1], [2], None],
    }
)


def request(*names: str) -> dict[str, Any]:
    return {"result_format": "COMPLETE", "unexpected_index_column_names": list(names)}


def test_it_is_a_list() -> None:
    made = IndexList(ROWS)
    assert isinstance(made, list)
    assert made == ROWS
    assert pickle.loads(pickle.dumps(IndexList(ROWS[:2]))) == ROWS[:2]
    assert made[:2] == ROWS[:2]


def test_its_json_is_that_of_a_list() -> None:
    """Once or several times over, and in what holds it."""
    made = convert_to_json_serializable({"rows": IndexList(ROWS)})
    assert json.dumps(made, indent=2) == json.dumps(convert_to_json_serializable({"rows": ROWS}), indent=2)
    assert json.dumps(convert_to_json_serializable(made)) == json.dumps(made)


def test_a_copy_is_another() -> None:
    made = IndexList([{"a": 1}, 2])
    copied = deepcopy({"rows": made})["rows"]
    converted = made.to_json_dict()
    for other in (copied, converted):
        other[0]["a"] = 9
        other.append(3)
    assert made == [{"a": 1}, 2]


@pytest.mark.parametrize("names", [(), ("k",), ("k", "day", "price"), ("k", "listed")])
def test_results_are_copied_in_full(names: tuple[str, ...]) -> None:
    """Also where an index column's values are lists: then it is a plain list, copied value by value."""
    result = one(FRAME, gxe.ExpectColumnValuesToBeNull(column="day"), request(*names) if names else COMPLETE)
    rows = result.result["unexpected_index_list"]
    copied = deepcopy(result).result["unexpected_index_list"]
    assert len(rows) == len(copied) == FRAME.height
    if names:
        copied[0]["k"] = None
    if "listed" in names:
        assert type(rows) is list
        copied[0]["listed"].append(9)
        assert rows[0]["listed"] == [1]
    assert rows[0] == (
        0 if not names else FRAME.select("day", *(name for name in names if name != "day")).row(0, named=True)
    )


def test_a_stored_result_has_the_same_rows() -> None:
    here = context()
    whole = here.data_sources.add_polars("p").add_dataframe_asset("f").add_batch_definition_whole_dataframe("w")
    kept = here.suites.add(suite(gxe.ExpectColumnValuesToBeNull(column="day")))
    checks = here.validation_definitions.add(gx.ValidationDefinition(name="checks", data=whole, suite=kept))
    point = gx.Checkpoint(name="point", validation_definitions=[checks], result_format=request("k", "price"))
    outcome = here.checkpoints.add(point).run(batch_parameters={"dataframe": FRAME})
    (key,) = outcome.run_results
    (stored,) = here.validation_results_store.get(key).results
    days = ["2017-06-01", "2017-06-02", "2017-06-03"]
    assert stored.result["unexpected_index_list"] == [
        {"day": day, "k": k, "price": price} for day, k, price in zip(days, [1, 2, 3], [0.5, None, None], strict=True)
    ]
    assert "2017-06-02" in outcome.describe()
