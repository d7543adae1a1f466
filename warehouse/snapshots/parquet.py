"""A mart's frame as a Parquet file, with labels and units in its fields. Does not belong here: where it is put."""

from __future__ import annotations

import io

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.codebook.mart_records import MartColumn
from warehouse.messages.errors import CodebookError

ROW_GROUP = 100_000
ARROW = {
    "text": pa.string(), "whole": pa.int64(), "decimal": pa.decimal128(38, 6), "boolean": pa.bool_(),
    "date": pa.date32(),
}  # fmt: skip


def to_parquet(frame: pl.DataFrame, columns: tuple[MartColumn, ...]) -> bytes:
    """The frame as Parquet, with labels and unit of each column in its field's metadata; same rows, same bytes.

    Raises CodebookError for a null where the contract says that there is none.
    """
    _check_nulls(frame, columns)
    schema = pa.schema(
        pa.field(
            c.column,
            ARROW[c.dtype],
            nullable=c.null,
            metadata={"label_zh": c.label_zh, "label_en": c.label_en, "unit": c.unit},
        )
        for c in columns
    )
    sink = io.BytesIO()
    pq.write_table(frame.to_arrow().cast(schema), sink, compression="zstd", row_group_size=ROW_GROUP)
    return sink.getvalue()


def _check_nulls(frame: pl.DataFrame, columns: tuple[MartColumn, ...]) -> None:
    for column in columns:
        if not column.null and (blank := frame[column.column].null_count()):
            raise CodebookError(
                f"marts.csv, {column.mart}.{column.column}: is never null, the mart gives {blank} of {frame.height}"
                " rows without a value; mend the mart, or let it be null and raise the contract's version"
            )
