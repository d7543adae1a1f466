"""What the definition of a mart is: what it is made of, and its columns."""

from __future__ import annotations

from typing import Annotated, Literal

import polars as pl
from pydantic import Field, StringConstraints

from warehouse.codebook.model import Flag, Record, Words

Transform = Literal["programme", "detail"]
MartName = Annotated[str, StringConstraints(pattern=r"^(bi|dim|fact|mart)_[a-z0-9_]+$")]
MartType = Literal["text", "whole", "decimal", "boolean", "date"]


class Mart(Record):
    """A mart: its labels, and what of the store it is made of; nothing else of it is given to whoever builds it.

    `datasets` are those whose returns it is made of, `*` all of them. `periods` says of which periods they are:
    `own`: it has a file a period, made of that period; `compared`: and of the earlier ones that it is compared with;
    `year`: and of the earlier ones of its year; `found`: its own or none, as findings have it; `figures`: those of the
    published figures; `runs`: none, but what every run came to and the rules that it applied; `none`: it follows from
    the codebook alone. The last three are a single file. `keys` tell its rows apart; findings have none: what differs
    is another finding. `marts` are the marts that it is made of instead of returns, whose datasets are its own;
    `programme` names all of these. `transform` makes a mart that a dataset brings; None where it has a file of its own
    in `warehouse/marts`.
    """

    mart: MartName
    label_zh: str
    label_en: str
    datasets: Words
    periods: Literal["own", "compared", "year", "found", "figures", "runs", "none"]
    keys: Words
    marts: Words
    transform: Transform | None = None

    @property
    def split(self) -> bool:
        """Whether it has a file a period."""
        return self.periods in ("own", "compared", "year", "found")


class DatasetMart(Record):
    """The name and labels of a mart that a dataset brings, where they are not the dataset's own."""

    dataset: str
    transform: Transform
    mart: MartName
    label_zh: str
    label_en: str


class Coverage(Record):
    """How much of what is due, in percent, a roll-up is of at least; below it, it is called partial."""

    coverage: Literal["partial_below"]
    percent: Annotated[int, Field(gt=0, le=100)]
    label_zh: str
    label_en: str


class MartColumn(Record):
    """A column of a mart: its name, type, unit, whether it may be null, and labels are a contract with those who read
    the marts (`snapshots/contract.py`). Under the name of a transform it is one of every mart that the transform makes.
    """

    mart: str
    column: str
    dtype: MartType
    unit: str
    null: Flag
    label_zh: str
    label_en: str

    @property
    def polars(self) -> pl.DataType:
        """The type in a frame; decimals have six digits after the point."""
        return {
            "text": pl.String(),
            "whole": pl.Int64(),
            "decimal": pl.Decimal(38, 6),
            "boolean": pl.Boolean(),
            "date": pl.Date(),
        }[self.dtype]
