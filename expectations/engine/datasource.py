"""`context.data_sources.add_polars(name)`: a data source whose assets are given a frame at validation time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import polars as pl
from great_expectations.compatibility import pydantic
from great_expectations.core.batch import LegacyBatchDefinition
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.core.batch_spec import RuntimeDataBatchSpec
from great_expectations.core.id_dict import IDDict
from great_expectations.datasource.fluent import BatchParameters, BatchRequest
from great_expectations.datasource.fluent.batch_identifier_util import make_batch_identifier
from great_expectations.datasource.fluent.interfaces import Batch, DataAsset, Datasource
from great_expectations.exceptions.exceptions import BuildBatchRequestError, InvalidBatchRequestError

from expectations.engine.execution import PolarsExecutionEngine

FRAME = "dataframe"


class PolarsDataFrameAsset(DataAsset[Any, Any]):
    """An asset that holds no data: batch parameters are `{"dataframe": DataFrame or LazyFrame}`."""

    type: Literal["polars_dataframe"] = "polars_dataframe"

    class Config:
        extra = pydantic.Extra.forbid

    def test_connection(self) -> None:
        """Nothing: there is nothing to connect to."""

    def get_batch_parameters_keys(self, partitioner: Any = None) -> tuple[str, ...]:  # noqa: ARG002 - none is supported
        """The one parameter of a batch: the frame."""
        return (FRAME,)

    def get_batch_identifiers_list(self, batch_request: BatchRequest[Any]) -> list[dict[str, Any]]:
        """One batch a request, identified by its options."""
        return [IDDict(batch_request.options)]

    def build_batch_request(
        self, options: BatchParameters | None = None, batch_slice: Any = None, partitioner: Any = None
    ) -> BatchRequest[Any]:
        """A request for the frame in `options`; raises BuildBatchRequestError for anything else."""
        if batch_slice is not None or partitioner is not None:
            raise BuildBatchRequestError(message="a frame has neither slices nor partitions")
        if not _is_frame(options):
            raise BuildBatchRequestError(message=f"options must be {{'{FRAME}': a Polars DataFrame or LazyFrame}}")
        return BatchRequest(datasource_name=self.datasource.name, data_asset_name=self.name, options=options)

    def add_batch_definition_whole_dataframe(self, name: str) -> BatchDefinition[Any]:
        """A batch definition that takes the frame it is given as it is."""
        return self.add_batch_definition(name=name, partitioner=None)

    def get_batch(self, batch_request: BatchRequest[Any]) -> Batch:
        """The batch, with an engine of its own; raises InvalidBatchRequestError for a request of another asset."""
        self._validate_batch_request(batch_request)
        spec = RuntimeDataBatchSpec(batch_data=batch_request.options[FRAME])
        data, markers = PolarsExecutionEngine().get_batch_data_and_markers(spec)
        return Batch(
            datasource=self.datasource,
            data_asset=self,
            batch_request=batch_request,
            data=data,
            metadata=self._get_batch_metadata_from_batch_request(batch_request, ignore_options=(FRAME,)),
            batch_markers=markers,
            batch_spec=spec,
            batch_definition=LegacyBatchDefinition(
                datasource_name=self.datasource.name,
                data_connector_name="fluent",
                data_asset_name=self.name,
                batch_identifiers=make_batch_identifier(batch_request.options),
                batch_spec_passthrough=None,
            ),
        )

    def _validate_batch_request(self, batch_request: BatchRequest[Any]) -> None:
        request = (batch_request.datasource_name, batch_request.data_asset_name)
        if request != (self.datasource.name, self.name) or not _is_frame(batch_request.options):
            raise InvalidBatchRequestError(f"not a request for {self.datasource.name}, {self.name}: {request}")


class PolarsDatasource(Datasource[PolarsDataFrameAsset, PolarsExecutionEngine]):
    """A data source of Polars frames."""

    asset_types: ClassVar[Sequence[type[DataAsset[Any, Any]]]] = [PolarsDataFrameAsset]

    type: Literal["polars"] = "polars"
    assets: list[PolarsDataFrameAsset] = pydantic.Field(default_factory=list)

    @property
    def execution_engine_type(self) -> Any:
        """The engine that validates what comes from here."""
        return PolarsExecutionEngine

    def test_connection(self, test_assets: bool = True) -> None:  # noqa: FBT001, FBT002 - as its base has it
        """Nothing: there is nothing to connect to."""

    def add_dataframe_asset(self, name: str, batch_metadata: dict[str, Any] | None = None) -> PolarsDataFrameAsset:
        """A new asset; raises ValueError where there is one of that name."""
        asset: PolarsDataFrameAsset = self._add_asset(
            PolarsDataFrameAsset(name=name, batch_metadata=batch_metadata or {})
        )
        return asset


def _is_frame(options: Any) -> bool:
    return bool(options) and set(options) == {FRAME} and isinstance(options[FRAME], pl.DataFrame | pl.LazyFrame)
