"""The rows that are not as expected: fetched for failing conditions only, all in one `collect_all`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from great_expectations.constants import MAX_RESULT_RECORDS
from great_expectations.validator.metric_configuration import MetricConfiguration
from polars import selectors

from expectations.engine.batch_data import PolarsBatchData
from expectations.engine.index_list import IndexList
from expectations.engine.names import named

ROW = "__row__"
DURATIONS = selectors.duration()  # as text: JSON has none, and one would end the whole validation


def row_name(schema: pl.Schema) -> str:
    """What row numbers are called beside these columns, none of which is called so."""
    name = ROW
    while name in schema:
        name += "_"
    return name


@dataclass(frozen=True)
class EvaluatedCondition:
    """A condition over a domain: how many rows fail stands under `count` in the first pass.

    `masked`: all rows may be judged together, and those outside the domain be left out afterwards.
    """

    columns: tuple[str, ...]
    domain: pl.Expr | None
    expected: pl.Expr
    masked: bool
    count: str

    def unexpected(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The rows of the domain that are not as expected, in the frame's order."""
        if self.domain is None:
            return frame.filter(~self.expected)
        if self.masked:
            return frame.filter(self.domain & ~self.expected)
        return frame.filter(self.domain).filter(~self.expected)


@dataclass(frozen=True)
class RowsRequest:
    """Something about the unexpected rows that a metric asks for, in the shape its result format asks for."""

    metric: MetricConfiguration
    suffix: str
    judged: EvaluatedCondition
    row: str  # what row numbers are called: `row_name`

    @property
    def format(self) -> Mapping[str, Any]:
        """The result format that was asked for; empty where none was."""
        return self.metric.metric_value_kwargs.get("result_format") or {}

    @property
    def complete(self) -> bool:
        """Whether all of it is asked for, without a cap."""
        return bool(self.format.get("result_format") == "COMPLETE")

    @property
    def partly(self) -> int:
        """How many values or rows at most."""
        count = MAX_RESULT_RECORDS if self.complete else self.format.get("partial_unexpected_count", 20)
        return min(count, MAX_RESULT_RECORDS)

    @property
    def index_columns(self) -> list[str]:
        """The columns that tell unexpected rows apart; none where it was not asked for."""
        return list(self.format.get("unexpected_index_column_names") or [])

    @property
    def needed(self) -> list[str]:
        """The columns to fetch: none where only the count is wanted."""
        if self.suffix == "unexpected_values":
            return list(self.judged.columns) if self.partly else []
        if self.suffix == "unexpected_index_query" and self.format.get("return_unexpected_index_query") is False:
            return []
        if self.suffix == "unexpected_index_list" and self.index_columns:
            return [*self.index_columns, *self.judged.columns]
        return [self.row]

    @property
    def unbounded(self) -> bool:
        """Whether all unexpected rows are needed, not only the first."""
        return self.suffix == "unexpected_index_query" or (self.complete and self.suffix == "unexpected_index_list")


def nothing(wanted: RowsRequest, schema: pl.Schema) -> Any:
    """The answer where no row is unexpected."""
    if wanted.suffix == "unexpected_rows":
        return pl.DataFrame(schema=schema).to_pandas()
    if wanted.suffix == "unexpected_index_query":
        return query_of([]) if wanted.needed else None
    return []


def fetch(batch: PolarsBatchData, wanted: list[RowsRequest], read: set[str]) -> list[Any]:
    """The answers, in the order of what is wanted; each condition's rows are fetched once, all together."""
    groups: defaultdict[str, list[RowsRequest]] = defaultdict(list)
    for one in wanted:
        groups[one.judged.count].append(one)
    found = pl.collect_all([_plan(batch, group, read) for group in groups.values()])
    frames = dict(zip(groups, found, strict=True))
    return [_answer(one, frames[one.judged.count]) for one in wanted]


def _plan(batch: PolarsBatchData, group: list[RowsRequest], read: set[str]) -> pl.LazyFrame:
    """The unexpected rows of one condition, with no more columns and rows than the group needs."""
    names = dict.fromkeys(name for one in group for name in one.needed)
    if any(one.suffix == "unexpected_rows" for one in group):
        names |= dict.fromkeys(batch.schema)
    frame = batch.read(read)
    row = group[0].row
    if row in names:
        frame = frame.with_row_index(row)
    found = group[0].judged.unexpected(frame).select(map(named, names)).with_columns(DURATIONS.dt.to_string("iso"))
    return found if any(one.unbounded for one in group) else found.head(max(one.partly for one in group))


def _answer(wanted: RowsRequest, found: pl.DataFrame) -> Any:
    if wanted.suffix == "unexpected_values":
        return _values(wanted, found.head(wanted.partly))
    if wanted.suffix == "unexpected_rows":
        shown = found.head(wanted.partly)
        return shown.drop(wanted.row).to_pandas().set_axis(shown[wanted.row].to_list(), axis="index")
    if wanted.suffix == "unexpected_index_list":
        return _index_list(wanted, found)
    return query_of(found[wanted.row].to_list()) if wanted.needed else None


def _values(wanted: RowsRequest, found: pl.DataFrame) -> list[Any]:
    columns = wanted.judged.columns
    if "column" in wanted.metric.metric_domain_kwargs:
        return found[columns[0]].to_list()
    chosen = found.select(map(named, columns))
    return chosen.rows() if "column_A" in wanted.metric.metric_domain_kwargs else chosen.to_dicts()


def _index_list(wanted: RowsRequest, found: pl.DataFrame) -> list[Any]:
    """Row numbers; or, where index columns are named, their values with the unexpected ones beside them."""
    names = wanted.index_columns
    if names and wanted.format.get("exclude_unexpected_values"):
        return [found.select(map(named, names)).to_dict(as_series=False)]
    shown = found if wanted.complete else found.head(wanted.format.get("partial_unexpected_count", 20))
    if not names:
        return IndexList(shown[wanted.row])
    chosen = shown.select(map(named, dict.fromkeys([*wanted.judged.columns, *names])))
    return chosen.to_dicts() if any(map(_can_change, chosen.dtypes)) else IndexList(chosen.iter_rows(named=True))


def _can_change(dtype: pl.DataType) -> bool:
    """Whether Python's values of the type can be changed in place: lists, dictionaries, objects."""
    return dtype.is_nested() or dtype == pl.Object


def query_of(rows: list[int]) -> str:
    """Code that picks rows by their number out of the frame `df`."""
    return f"df[{rows}]"
