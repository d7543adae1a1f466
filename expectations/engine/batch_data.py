"""A batch: a frame, its schema, and what is known of its NaN."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from great_expectations.core.batch import BatchData
from great_expectations.execution_engine import ExecutionEngine

from expectations.engine.names import named


class PolarsBatchData(BatchData):
    """A DataFrame or LazyFrame to validate. Nothing is read of a LazyFrame here but its schema."""

    def __init__(self, execution_engine: ExecutionEngine[pl.Expr], frame: pl.DataFrame | pl.LazyFrame) -> None:
        super().__init__(execution_engine=execution_engine)
        self.frame = frame
        self.schema = frame.collect_schema()
        self._has_nan: dict[str, bool] = {}

    def read(self, columns: Iterable[str]) -> pl.LazyFrame:
        """The frame, lazy, in which the NaN of these columns are null.

        A DataFrame is looked at for NaN first, so that columns without any are not copied.
        """
        floats = [name for name in columns if name in self.schema and self.schema[name].is_float()]
        with_nan = [name for name in floats if self._may_have_nan(name)]
        lazy = self.frame.lazy()
        return lazy.with_columns(named(name).fill_nan(None) for name in with_nan) if with_nan else lazy

    def _may_have_nan(self, name: str) -> bool:
        if isinstance(self.frame, pl.LazyFrame):
            return True
        if name not in self._has_nan:
            # Under a name of its own: Polars looks for a Series by its name too.
            self._has_nan[name] = bool(self.frame.get_column(name).alias("values").is_nan().any())
        return self._has_nan[name]
