"""Results as users meet them: checkpoints, stored suites, Data Docs, queries, types by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import polars as pl
import pytest
from great_expectations.exceptions.exceptions import BuildBatchRequestError
from great_expectations.expectations.row_conditions import Column

from expectations.engine import ExpectColumnPolarsTypeToBe, ExpectColumnPolarsTypeToBeInList
from tests.engine.builders import definition, one, reason, suite
from tests.engine.oracle import failed

FRAME = pl.DataFrame({"a": [5, None, 1, 7], "b": ["x", "y", "y", "z"], "k": [10, 11, 12, 13]})
RULES = [
    gxe.ExpectColumnValuesToBeBetween(
        column="a", max_value=4, mostly=0.5, severity="warning", row_condition=Column("b").is_not_in(["z"])
    ),
    gxe.ExpectColumnValuesToBeUnique(column="b", severity="info"),
    gxe.ExpectCompoundColumnsToBeUnique(column_list=["a", "b"]),
    ExpectColumnPolarsTypeToBe(column="a", type_="Int64"),
]  # fmt: skip


def test_a_checkpoint_of_a_stored_project(tmp_path: Path) -> None:
    """Written by one context, read by another, run there, and shown in Data Docs."""
    written = gx.get_context(mode="file", project_root_dir=tmp_path)
    asset = written.data_sources.add_polars("frames").add_dataframe_asset("frame")
    checks = gx.ValidationDefinition(
        name="checks", data=asset.add_batch_definition_whole_dataframe("whole"), suite=written.suites.add(suite(*RULES))
    )
    written.validation_definitions.add(checks)
    written.checkpoints.add(gx.Checkpoint(name="nightly", validation_definitions=[checks], result_format="COMPLETE"))

    read = gx.get_context(mode="file", project_root_dir=tmp_path)
    result = read.checkpoints.get("nightly").run(batch_parameters={"dataframe": FRAME})
    (validation,) = result.run_results.values()
    assert sorted((one.expectation_config.severity.value, bool(one.success)) for one in validation.results) == [
        ("critical", True), ("critical", True), ("info", False), ("warning", True),
    ]  # fmt: skip
    assert json.loads(json.dumps(validation.to_json_dict()))["statistics"]["evaluated_expectations"] == len(RULES)
    read.build_data_docs()
    pages = [page.read_text(encoding="utf-8") for page in tmp_path.rglob("validations/**/*.html")]
    assert any("values must be unique" in page for page in pages)


def test_the_query_finds_the_rows() -> None:
    result = one(FRAME, gxe.ExpectColumnValuesToBeUnique(column="b"))
    found = eval(result.result["unexpected_index_query"], {"df": FRAME})
    assert found["k"].to_list() == [11, 12]


def test_no_query_where_none_is_wanted() -> None:
    request = {"result_format": "COMPLETE", "return_unexpected_index_query": False}
    assert "unexpected_index_query" not in one(FRAME, gxe.ExpectColumnValuesToBeUnique(column="b"), request).result


def test_long_lists_are_capped_and_indexes_are_not() -> None:
    frame = pl.DataFrame({"a": range(1000)})
    result = one(frame, gxe.ExpectColumnValuesToBeNull(column="a")).result
    assert (len(result["unexpected_list"]), len(result["unexpected_index_list"])) == (200, 1000)


def test_an_index_column_that_is_not_there() -> None:
    request = {"result_format": "COMPLETE", "unexpected_index_column_names": ["nowhere"]}
    result = one(FRAME, gxe.ExpectColumnValuesToBeUnique(column="b"), request)
    assert failed(result)
    assert "nowhere" in reason(result)


@pytest.mark.parametrize(
    ("dtype", "name"),
    [
        (pl.Int64(), "Int64"), (pl.String(), "String"), (pl.String(), "Utf8"), (pl.Decimal(38, 2), "Decimal(38,2)"),
        (pl.Decimal(38, 2), "Decimal"), (pl.Decimal(38, 2), "Decimal(precision=38, scale=2)"),
        (pl.Datetime("us", "UTC"), "Datetime(us, UTC)"), (pl.Datetime("us"), "Datetime"),
        (pl.List(pl.Int8), "List(Int8)"),
    ],
)  # fmt: skip
def test_types_by_name(dtype: pl.DataType, name: str) -> None:
    frame = pl.DataFrame(schema={"a": dtype})
    assert one(frame, ExpectColumnPolarsTypeToBe(column="a", type_=name)).success
    assert one(frame, ExpectColumnPolarsTypeToBeInList(column="a", type_list=["Binary", name])).success
    assert not one(frame, ExpectColumnPolarsTypeToBe(column="a", type_="Binary")).success


def test_a_type_that_is_none() -> None:
    assert "not the name of a Polars type" in reason(one(FRAME, ExpectColumnPolarsTypeToBe(column="a", type_="int64")))


@pytest.mark.parametrize("given", [{}, {"dataframe": [1]}, {"dataframe": FRAME.to_pandas()}, {"other": FRAME}])
def test_only_frames_are_taken(given: dict[str, Any]) -> None:
    with pytest.raises(BuildBatchRequestError, match="DataFrame or LazyFrame"):
        definition().get_batch(given)


def test_a_batch_shows_its_head() -> None:
    batch = definition().get_batch({"dataframe": FRAME.lazy()})
    assert batch.columns() == ["a", "b", "k"]
    assert "10" in str(batch.head(2))
