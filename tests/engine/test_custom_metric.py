"""A metric of one's own, registered with Great Expectations for pandas only, on Polars by one call."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import great_expectations.expectations as gxe
import pandas as pd
import polars as pl
import pytest
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnAggregateExpectation, MulticolumnMapExpectation
from great_expectations.expectations.metrics import ColumnAggregateMetricProvider
from great_expectations.expectations.metrics.column_aggregate_metric_provider import column_aggregate_value
from great_expectations.expectations.metrics.map_metric_provider import MulticolumnMapMetricProvider
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
    multicolumn_condition_partial,
)
from great_expectations.expectations.row_conditions import Column

from expectations.engine import MetricRequest, add_aggregate, add_condition
from tests.engine.builders import one
from tests.engine.oracle import Both

SUM_AT_MOST = "multicolumn_values.test_sum_at_most"
RANGE = "column.test_range"


class SumAtMost(MulticolumnMapMetricProvider):
    condition_metric_name = SUM_AT_MOST
    condition_domain_keys = ("batch_id", "table", "column_list", "row_condition", "condition_parser", "ignore_row_if")
    condition_value_keys = ("limit",)

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list: pd.DataFrame, limit: int, **_: Any) -> pd.Series:  # noqa: N805 - a class method
        return column_list.sum(axis=1) <= limit


class ExpectTestSumAtMost(MulticolumnMapExpectation):
    """Expect a sum to be at most the limit."""

    limit: int
    ignore_row_if: Literal["all_values_are_missing", "any_value_is_missing", "never"] = "any_value_is_missing"
    map_metric: ClassVar[str] = SUM_AT_MOST
    success_keys: ClassVar[tuple[str, ...]] = ("limit", "mostly")


class Range(ColumnAggregateMetricProvider):
    metric_name = RANGE

    @column_aggregate_value(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, **_: Any) -> Any:  # noqa: N805 - a class method
        return column.max() - column.min()


class ExpectTestRange(ColumnAggregateExpectation):
    """Expect the range to be at most so much."""

    max_value: float
    metric_dependencies: ClassVar[tuple[str, ...]] = (RANGE,)
    success_keys: ClassVar[tuple[str, ...]] = ("min_value", "max_value")

    def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
        return self._validate_metric_value_between(RANGE, metrics, runtime_configuration, execution_engine)


def at_most(request: MetricRequest) -> pl.Expr:
    return pl.sum_horizontal(request.columns, ignore_nulls=False) <= request.values["limit"]  # noqa: PD011 - no pandas object


add_condition(SUM_AT_MOST, at_most)
add_aggregate(RANGE, lambda request: request.column().max() - request.column().min())

FRAME = pl.DataFrame({"a": [1, 2, None, 4, 9], "b": [1, 1, 1, 3, None], "k": [10, 11, 12, 13, 14]})


@pytest.mark.parametrize("mode", ["all_values_are_missing", "any_value_is_missing"])
@pytest.mark.parametrize("condition", [None, Column("k") > 10])
def test_it_answers_as_pandas_does(both: Both, mode: str, condition: Any) -> None:
    frame = FRAME.drop_nulls() if mode == "all_values_are_missing" else FRAME
    request = [
        ExpectTestSumAtMost(
            column_list=["a", "b"], limit=limit, ignore_row_if=mode, row_condition=condition, mostly=0.5
        )
        for limit in (1, 3, 7)
    ]
    complete = {"result_format": "COMPLETE", "unexpected_index_column_names": ["k"]}
    assert both.differences(frame, request, complete) == []
    assert both.differences(FRAME, [ExpectTestRange(column="a", max_value=4, row_condition=condition)], complete) == []


def test_no_answer_is_not_unexpected() -> None:
    request = ExpectTestSumAtMost(column_list=["a", "b"], limit=1, ignore_row_if="never")
    assert one(FRAME, request).result["unexpected_index_list"] == [0, 1, 3]


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(LookupError, match=r"multicolumn_values\.nobody"):
        add_condition("multicolumn_values.nobody", at_most)
    with pytest.raises(LookupError, match=r"column\.nobody"):
        add_aggregate("column.nobody", lambda request: request.column().max())


def test_what_core_has_stays() -> None:
    assert one(FRAME, gxe.ExpectColumnMaxToBeBetween(column="a", max_value=9)).success
