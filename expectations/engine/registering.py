"""Makes the engine's metrics known to Great Expectations' registry, which goes by the engine's class name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import polars as pl
from great_expectations.execution_engine import ExecutionEngine
from great_expectations.expectations import registry
from great_expectations.expectations.metrics.metric_provider import MetricProvider
from great_expectations.validator.metric_configuration import MetricConfiguration

from expectations.engine import catalogue
from expectations.engine.aggregates import Aggregate, as_given
from expectations.engine.conditions import Condition
from expectations.engine.errors import NotSupportedOnPolarsError
from expectations.engine.execution import PolarsExecutionEngine
from expectations.engine.metric_request import MetricRequest
from expectations.engine.unsupported import UNSUPPORTED

COLUMN_DOMAIN = ("batch_id", "table", "column", "row_condition", "condition_parser")


class PolarsMetric(MetricProvider):
    """A metric without dependencies: thus the metrics of a suite arrive in one call."""

    @classmethod
    def get_evaluation_dependencies(
        cls,
        metric: MetricConfiguration,  # noqa: ARG003 - none depends on another, whatever is asked
        configuration: Any = None,  # noqa: ARG003
        execution_engine: ExecutionEngine[pl.Expr] | None = None,  # noqa: ARG003
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG003
    ) -> dict[str, MetricConfiguration]:
        """None: a metric is resolved from the batch alone."""
        return {}


class RefusedMetric(MetricProvider):
    """A metric that Great Expectations knows and this engine does not answer."""

    @classmethod
    def get_evaluation_dependencies(
        cls,
        metric: MetricConfiguration,
        configuration: Any = None,  # noqa: ARG003 - refused, whatever is asked
        execution_engine: ExecutionEngine[pl.Expr] | None = None,  # noqa: ARG003
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG003
    ) -> dict[str, MetricConfiguration]:
        """Raises NotSupportedOnPolarsError, whatever is asked."""
        raise NotSupportedOnPolarsError(metric.metric_name, UNSUPPORTED[metric.metric_name])


def add_condition(metric_name: str, compile: Callable[[MetricRequest], pl.Expr]) -> None:  # noqa: A002 - what it does
    """Has the engine answer a map metric that is registered with Great Expectations for some engine.

    `compile` gives, for what is asked, an expression that is true where a row is as expected and null where there is
    no answer: such a row counts as not unexpected. Each row must be judged by itself. Whether it is about a column, a
    pair or many follows from the metric's domain. Raises LookupError for a metric that nobody has registered.
    """
    catalogue.conditions[metric_name] = Condition(compile)
    _register_all(catalogue.metric_names(metric_name), required=f"{metric_name}.unexpected_count")


def add_aggregate(
    metric_name: str,
    compile: Callable[[MetricRequest], pl.Expr],  # noqa: A002 - what it does
    finish: Callable[[Any, MetricRequest], Any] = as_given,
) -> None:
    """Has the engine answer an aggregate that is registered with Great Expectations for some engine.

    `compile` gives an expression of one row, made of `request.column()`, which is restricted to the metric's row
    condition; `finish` makes the metric's value of the expression's. Raises LookupError for an unknown metric.
    """
    catalogue.aggregates[metric_name] = Aggregate(compile, finish)
    _register_all([metric_name], required=metric_name)


def register_core() -> None:
    """Registers all that the catalogue has, and the refusal of what it has not."""
    registry.register_core_metrics()
    registry.register_core_expectations()
    for base in catalogue.conditions:
        _register_all(catalogue.metric_names(base), required=f"{base}.unexpected_count")
    for name in (*catalogue.aggregates, *catalogue.direct):
        _register(name, PolarsMetric)
    registry.register_metric("column.polars_type", COLUMN_DOMAIN, (), PolarsExecutionEngine, PolarsMetric, _unused)
    for name in UNSUPPORTED:
        _register(name, RefusedMetric)


def _register_all(names: list[str], required: str) -> None:
    if required not in registry._registered_metrics:  # noqa: SLF001 - the registry offers no look-up by name alone
        raise LookupError(f"{required} is not registered with Great Expectations; define its metric provider first")
    catalogue.find.cache_clear()
    for name in names:
        _register(name, PolarsMetric)


def _register(name: str, provider: type[MetricProvider]) -> None:
    known = registry._registered_metrics.get(name)  # noqa: SLF001 - as above
    if known is None:
        return
    keys = {"domain_keys": known["metric_domain_keys"], "value_keys": known["metric_value_keys"]}
    made = type(provider.__name__, (provider,), keys | {"default_kwarg_values": known["default_kwarg_values"]})
    known["providers"][PolarsExecutionEngine.__name__] = (made, _unused)


def _unused(**_: Any) -> NoReturn:
    raise AssertionError("PolarsExecutionEngine.resolve_metrics answers metrics itself")
