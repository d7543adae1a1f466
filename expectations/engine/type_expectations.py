"""Type expectations in Polars' names: the core ones branch on the engines that Great Expectations knows."""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.compatibility import pydantic
from great_expectations.execution_engine import ExecutionEngine
from great_expectations.expectations.expectation import ColumnAggregateExpectation

from expectations.engine.cached_configuration import CachedConfiguration
from expectations.engine.type_names import is_named

METRIC = "column.polars_type"


class ExpectColumnPolarsTypeToBe(CachedConfiguration, ColumnAggregateExpectation):
    """Expect the column {column} to be of the Polars type {type_}.

    A name such as `Int64`, `Decimal(38,2)`, or of a family, `Decimal`. Nulls have no part in it.
    """

    type_: str = pydantic.Field(min_length=1)

    metric_dependencies: ClassVar[tuple[str, ...]] = (METRIC,)
    success_keys: ClassVar[tuple[str, ...]] = ("type_",)
    args_keys: ClassVar[tuple[str, ...]] = ("column", "type_")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002 - the same whatever the result format
        execution_engine: ExecutionEngine[Any] | None = None,  # noqa: ARG002 - only one has the metric
    ) -> dict[str, Any]:
        return _judge(metrics, [self.type_])


class ExpectColumnPolarsTypeToBeInList(CachedConfiguration, ColumnAggregateExpectation):
    """Expect the column {column} to be of one of the Polars types {type_list}; names as for the one type."""

    type_list: list[str] = pydantic.Field(min_items=1)

    metric_dependencies: ClassVar[tuple[str, ...]] = (METRIC,)
    success_keys: ClassVar[tuple[str, ...]] = ("type_list",)
    args_keys: ClassVar[tuple[str, ...]] = ("column", "type_list")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002 - the same whatever the result format
        execution_engine: ExecutionEngine[Any] | None = None,  # noqa: ARG002 - only one has the metric
    ) -> dict[str, Any]:
        return _judge(metrics, self.type_list)


def _judge(metrics: dict[str, Any], names: list[str]) -> dict[str, Any]:
    dtype = metrics[METRIC]
    return {
        "success": any([is_named(dtype, name) for name in names]),  # noqa: C419 - every name is to be checked
        "result": {"observed_value": str(dtype)},
    }
