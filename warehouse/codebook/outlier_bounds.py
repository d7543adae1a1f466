"""How far from its past and its peers a number may lie before it is asked about: data, with how it was found.

Belongs here: the records and what is asked of them. Does not belong here: the arithmetic of the bounds
(`expectations.companions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal, get_args

from pydantic import Field

from warehouse.codebook.entry_checks import known, unique
from warehouse.codebook.model import Dataset, Kind, OptionalText, Record
from warehouse.messages.errors import CodebookError

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


def check_outliers(datasets: Mapping[str, Dataset], bounds: Sequence[OutlierBound], sizes: Iterable[LevelSize]) -> None:
    """Raises CodebookError for a bound or size of nothing, one that is there twice, or a parameter that none has."""
    unique("outlier_bounds.csv", (f"{b.method} {b.about} {b.parameter}" for b in bounds))
    unique("level_sizes.csv", (f"{one.dataset}.{one.column}" for one in sizes))
    for bound in bounds:
        known(f"outlier_bounds.csv, {bound.method}, parameter", bound.parameter, PARAMETERS[bound.method])
        columns = (f"{d.dataset}.{column}" for d in datasets.values() for column in d.columns)
        known(f"outlier_bounds.csv, {bound.method}, about", bound.about, ("*", *get_args(Kind), *columns))
    for method, parameters in PARAMETERS.items():
        for parameter in parameters:
            given = (b.parameter for b in bounds if (b.method, b.about) == (method, "*"))
            known(f"outlier_bounds.csv, {method}, *, parameter", parameter, given)
    for one in sizes:
        place = f"level_sizes.csv, {one.dataset}.{one.column}"
        known(f"{place}, dataset", one.dataset, datasets)
        known(f"{place}, column", one.column, ("*", *datasets[one.dataset].columns))
        known(f"{place}, size_dataset", one.size_dataset, datasets)
        known(f"{place}, size", one.size, datasets[one.size_dataset or one.dataset].columns)
        if one.size and not datasets[one.size_dataset or one.dataset][one.size].numeric:
            raise CodebookError(f"{place}, size: {one.size} is no number to divide by")
