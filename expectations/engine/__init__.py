"""A Polars execution engine for Great Expectations.

Belongs here: metrics as Polars expressions, the engine that evaluates them, the data source that takes frames. Does
not belong here: anything of xianbao; the package is complete in itself, README included. Importing it makes
`context.data_sources.add_polars(name)` available.
"""

from expectations.engine.cached_configuration import CachedConfiguration
from expectations.engine.datasource import PolarsDataFrameAsset, PolarsDatasource
from expectations.engine.errors import NoSuchColumnError, NotSupportedOnPolarsError
from expectations.engine.execution import PolarsExecutionEngine
from expectations.engine.metric_request import MetricRequest
from expectations.engine.registering import add_aggregate, add_condition, register_core
from expectations.engine.type_expectations import ExpectColumnPolarsTypeToBe, ExpectColumnPolarsTypeToBeInList

register_core()

__all__ = [
    "CachedConfiguration",
    "ExpectColumnPolarsTypeToBe",
    "ExpectColumnPolarsTypeToBeInList",
    "MetricRequest",
    "NoSuchColumnError",
    "NotSupportedOnPolarsError",
    "PolarsDataFrameAsset",
    "PolarsDatasource",
    "PolarsExecutionEngine",
    "add_aggregate",
    "add_condition",
]
