"""The execution engine: what Great Expectations calls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
from great_expectations.core.batch import BatchMarkers
from great_expectations.core.batch_spec import RuntimeDataBatchSpec
from great_expectations.exceptions import MetricResolutionError, ValidationError
from great_expectations.execution_engine import ExecutionEngine
from great_expectations.expectations.row_conditions import (
    AndCondition,
    ComparisonCondition,
    Condition,
    NullityCondition,
    OrCondition,
)
from great_expectations.validator.metric_configuration import MetricConfiguration, MetricConfigurationID

from expectations.engine.batch_data import PolarsBatchData
from expectations.engine.domain import columns_asked
from expectations.engine.resolution import Resolution
from expectations.engine.row_conditions import condition_of, row_filter


class PolarsExecutionEngine(ExecutionEngine[pl.Expr]):
    """Answers metrics over one Polars frame: all of a suite in one lazy pass, and failing rows in one more.

    Each batch has an engine of its own, so validations in several threads never meet.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._values: dict[MetricConfigurationID, Any] = {}
        self._errors: dict[MetricConfigurationID, BaseException] = {}

    def get_batch_data_and_markers(self, batch_spec: RuntimeDataBatchSpec) -> tuple[PolarsBatchData, BatchMarkers]:
        """The batch, and when it was loaded; the frame itself is taken out of the spec, which goes into results."""
        frame = batch_spec.batch_data
        batch_spec.batch_data = "PolarsDataFrame"
        loaded = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        return PolarsBatchData(self, frame), BatchMarkers({"ge_load_time": loaded})

    def get_domain_records(self, domain_kwargs: Mapping[str, Any]) -> pl.LazyFrame:
        """The rows of a domain, lazily: those of its row condition; raises ValidationError without a batch."""
        batch = self._batch(domain_kwargs)
        condition = condition_of(domain_kwargs.get("row_condition"))
        frame = batch.read(batch.schema)
        return frame if condition is None else frame.filter(row_filter(condition, batch.schema))

    def resolve_metrics(
        self,
        metrics_to_resolve: Iterable[MetricConfiguration],
        metrics: dict[MetricConfigurationID, Any] | None = None,  # noqa: ARG002 - no metric of ours depends on another
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002 - nothing of it concerns metrics
    ) -> dict[MetricConfigurationID, Any]:
        """The values of all metrics by id.

        Raises MetricResolutionError for those that cannot be answered, one reason at a time. Great Expectations then
        asks again for the whole suite, three times for each reason: what is settled is kept for it until all is well.
        """
        request = list(metrics_to_resolve)
        fresh = [one for one in request if one.id not in self._values and one.id not in self._errors]
        if fresh:
            resolution = Resolution(self._batch(fresh[0].metric_domain_kwargs))
            resolution.run(fresh)
            self._values |= resolution.values
            self._errors |= resolution.errors
        self._raise_for(request)
        answers = {one.id: self._values[one.id] for one in request}
        self._values, self._errors = {}, {}
        return answers

    def _raise_for(self, request: list[MetricConfiguration]) -> None:
        failed = [one for one in request if one.id in self._errors]
        if failed:
            error = self._errors[failed[0].id]
            alike = [one for one in failed if str(self._errors[one.id]) == str(error)]
            raise MetricResolutionError(message=f"{error} ({self._told(alike)})", failed_metrics=alike) from error

    def _told(self, metrics: list[MetricConfiguration]) -> str:
        """What was asked of which columns, and their types."""
        schema = self._batch({}).schema
        asked = {name: schema.get(name) for one in metrics for name in columns_asked(one.metric_domain_kwargs)}
        names = dict.fromkeys(one.metric_name.partition(".unexpected_")[0] for one in metrics)
        return ", ".join([*names, *(f'"{name}" of type {dtype}' for name, dtype in asked.items() if dtype)])

    def _batch(self, domain_kwargs: Mapping[str, Any]) -> PolarsBatchData:
        manager = self.batch_manager
        batch = manager.batch_data_cache.get(domain_kwargs.get("batch_id", "")) or manager.active_batch_data
        if not isinstance(batch, PolarsBatchData):
            raise ValidationError("No batch is specified, but could not identify a loaded batch.")
        return batch

    def _comparison_condition_to_filter_clause(self, condition: ComparisonCondition) -> pl.Expr:
        return self._clause(condition)

    def _nullity_condition_to_filter_clause(self, condition: NullityCondition) -> pl.Expr:
        return self._clause(condition)

    def _and_condition_to_filter_clause(self, condition: AndCondition) -> pl.Expr:
        return self._clause(condition)

    def _or_condition_to_filter_clause(self, condition: OrCondition) -> pl.Expr:
        return self._clause(condition)

    def _clause(self, condition: Condition) -> pl.Expr:
        return row_filter(condition, self._batch({}).schema)
