"""From the metrics of a suite to their values: one lazy pass for all numbers, one fetch for failing rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl
from great_expectations.validator.metric_configuration import MetricConfiguration, MetricConfigurationID

from expectations.engine.aggregates import Aggregate
from expectations.engine.batch_data import PolarsBatchData
from expectations.engine.catalogue import COUNTS, Part, expected, find
from expectations.engine.domain import both, columns_asked, present
from expectations.engine.errors import NoSuchColumnError, NotSupportedOnPolarsError
from expectations.engine.first_pass import FAILURES, FirstPass
from expectations.engine.metric_request import MetricRequest
from expectations.engine.row_conditions import columns_of, condition_of, row_filter
from expectations.engine.rows import EvaluatedCondition, RowsRequest, fetch, nothing, row_name

COUNT = Aggregate(lambda _: pl.len(), lambda value, _: int(value or 0))
NOTHING_ASKED = MetricRequest((), {}, pl.Schema())


@dataclass(frozen=True)
class Domain:
    """The columns of a metric, and its row condition as an expression."""

    columns: tuple[str, ...]
    where: pl.Expr | None


@dataclass(frozen=True)
class Number:
    """A metric whose value is made of one number of the first pass, the one under `key`."""

    metric: MetricConfiguration
    key: str
    aggregate: Aggregate
    request: MetricRequest


class Resolution:
    """Answers the metrics of one call. `values` and `errors` hold, by metric id, what came of each."""

    def __init__(self, batch: PolarsBatchData) -> None:
        self.values: dict[MetricConfigurationID, Any] = {}
        self.errors: dict[MetricConfigurationID, BaseException] = {}
        self._batch = batch
        self._pass = FirstPass(batch)
        self._domains: dict[Hashable, Domain] = {}
        self._judged: dict[Hashable, EvaluatedCondition] = {}
        self._numbers: list[Number] = []
        self._wanted: list[RowsRequest] = []

    def run(self, metrics: Iterable[MetricConfiguration]) -> None:
        """Answers them all. Raises nothing for a metric that cannot be answered: its error is among `errors`."""
        for metric in metrics:
            try:
                self._place(metric)
            except FAILURES as error:
                self.errors[metric.id] = error
        numbers, errors = self._pass.collect()
        for number in self._numbers:
            self._finish(number, numbers, errors)
        self._fetch(numbers, errors)

    def _place(self, metric: MetricConfiguration) -> None:
        found = find(metric.metric_name)
        domain = self._domain(metric)
        if isinstance(found, Part):
            self._place_part(metric, found, domain)
        elif isinstance(found, Aggregate):
            request = MetricRequest(domain.columns, metric.metric_value_kwargs, self._batch.schema, domain.where)
            identity = (metric.metric_name, metric.metric_domain_kwargs_id, _canonical(metric))
            self._number(metric, identity, found.compile(request), found, request)
        else:
            request = MetricRequest(domain.columns, metric.metric_value_kwargs, self._batch.schema)
            self.values[metric.id] = found(request, self._batch)

    def _place_part(self, metric: MetricConfiguration, part: Part, domain: Domain) -> None:
        judged = self._judge(metric, part, domain)
        if part.suffix not in COUNTS:
            wanted = RowsRequest(metric, part.suffix, judged, row_name(self._batch.schema))
            if missing := [name for name in wanted.index_columns if name not in self._batch.schema]:
                raise NoSuchColumnError(missing)
            self._wanted.append(wanted)
        elif part.suffix == "unexpected_count":
            self._numbers.append(Number(metric, judged.count, COUNT, NOTHING_ASKED))
        else:
            counted = pl.len() if judged.domain is None else judged.domain.sum()
            self._number(metric, (part.suffix, metric.metric_domain_kwargs_id), counted, COUNT, NOTHING_ASKED)

    def _number(
        self,
        metric: MetricConfiguration,
        identity: Hashable,
        expression: pl.Expr,
        how: Aggregate,
        request: MetricRequest,
    ) -> None:
        self._numbers.append(Number(metric, self._pass.put(identity, expression), how, request))

    def _domain(self, metric: MetricConfiguration) -> Domain:
        identity = metric.metric_domain_kwargs_id
        if identity not in self._domains:
            self._domains[identity] = self._make_domain(metric)
        return self._domains[identity]

    def _make_domain(self, metric: MetricConfiguration) -> Domain:
        kwargs, schema = metric.metric_domain_kwargs, self._batch.schema
        if kwargs.get("table"):
            raise NotSupportedOnPolarsError(metric.metric_name, "a batch is one table, there is no other by name")
        columns, condition = columns_asked(kwargs), condition_of(kwargs.get("row_condition"))
        if missing := [name for name in columns if name not in schema]:
            raise NoSuchColumnError(missing)
        where = None if condition is None else row_filter(condition, schema)
        self._pass.columns.update(columns, () if condition is None else columns_of(condition))
        return Domain(columns, where)

    def _judge(self, metric: MetricConfiguration, part: Part, domain: Domain) -> EvaluatedCondition:
        identity = (part.base, metric.metric_domain_kwargs_id, _canonical(metric))
        if identity not in self._judged:
            self._judged[identity] = self._compile(metric, part, domain, identity)
        return self._judged[identity]

    def _compile(
        self, metric: MetricConfiguration, part: Part, domain: Domain, identity: Hashable
    ) -> EvaluatedCondition:
        condition, schema, values = part.condition, self._batch.schema, metric.metric_value_kwargs
        left = None if condition.sees_missing else present(metric.metric_domain_kwargs, domain.columns)
        rows = both(domain.where, left)
        judged = expected(condition, MetricRequest(domain.columns, values, schema))
        masked = condition.alone or (condition.blind_to_left_out and domain.where is None)
        if masked or rows is None:
            failing = ~judged if rows is None else rows & ~judged
        else:
            failing = ~expected(condition, MetricRequest(domain.columns, values, schema, rows))
        key = self._pass.put(identity, failing.sum())
        return EvaluatedCondition(domain.columns, rows, judged, masked, key)

    def _finish(self, number: Number, numbers: dict[str, Any], errors: dict[str, BaseException]) -> None:
        if number.key in errors:
            self.errors[number.metric.id] = errors[number.key]
            return
        try:
            value = number.aggregate.finish(numbers[number.key], number.request)
            if dt.timedelta in map(type, value if isinstance(value, list | set) else [value]):
                raise NotSupportedOnPolarsError(
                    number.metric.metric_name, "a Duration, which no result can hold in JSON"
                )
            self.values[number.metric.id] = value
        except FAILURES as error:
            self.errors[number.metric.id] = error

    def _fetch(self, numbers: dict[str, Any], errors: dict[str, BaseException]) -> None:
        failing = []
        for wanted in self._wanted:
            if wanted.judged.count in errors:
                self.errors[wanted.metric.id] = errors[wanted.judged.count]
            elif numbers[wanted.judged.count] and (wanted.needed or wanted.suffix == "unexpected_rows"):
                failing.append(wanted)
            else:
                self.values[wanted.metric.id] = nothing(wanted, self._batch.schema)
        if failing:
            self._answer(failing)

    def _answer(self, failing: list[RowsRequest]) -> None:
        """Fetches rows for all together; if that fails, for each by itself, to know which it is."""
        try:
            answers = fetch(self._batch, failing, self._pass.columns)
        except FAILURES as error:
            if len(failing) == 1:
                self.errors[failing[0].metric.id] = error
            else:
                for one in failing:
                    self._answer([one])
            return
        self.values |= {wanted.metric.id: answer for wanted, answer in zip(failing, answers, strict=True)}


def _canonical(metric: MetricConfiguration) -> str:
    """The metric's values in writing, but for the result format: metrics that share them share an expression."""
    return repr([(name, value) for name, value in metric.metric_value_kwargs.items() if name != "result_format"])
