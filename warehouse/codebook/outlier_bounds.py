"""How far from its past and its peers a number may lie before it is asked about: data, with how it was found.

Belongs here: the records. Does not belong here: the arithmetic of the bounds (`expectations.companions`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from warehouse.codebook.model import OptionalText, Record

Method = Literal["growth", "level"]
# Of growth, A and C of Hidiroglou and Berthelot come first: U is 0, for chance has room of its own (`noise`).
PARAMETERS: dict[Method, tuple[str, ...]] = {
    "growth": ("floor", "multiple", "least", "deciles", "most", "wider", "noise"),
    "level": ("multiple", "multiple_with_past", "least", "noise", "zeros"),
}


class OutlierBound(Record):
    """One parameter of a method for one indicator (`dataset.column`), for those of one kind, or (`*`) for all others;
    `how` says how it was found.
    """

    method: Method
    about: str
    parameter: str
    value: Annotated[float, Field(ge=0)]
    how: Annotated[str, Field(min_length=1)]


class LevelSize(Record):
    """By what a column is divided before it is held against the peers': another column of its form, or of the county's
    last return of another form (`size_dataset`); by nothing where `size` is blank. `*` is every column of the dataset
    without a line of its own; a dataset without a line is divided by nothing.
    """

    dataset: str
    column: str
    size_dataset: OptionalText
    size: OptionalText
