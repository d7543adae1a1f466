"""The marts: those with a file of their own in `warehouse/marts`, and those that each dataset brings.

A dataset brings the mart of its indicators at every level (`programme`) and, where a county has many rows of it, the
fact of its rows as reported (`detail`). They are called as the dataset is, where `dataset_marts.csv` has no other name;
the columns that all of them share stand in `marts.csv` under the name of the transform. Does not belong here: what a
transform does (`warehouse.marts`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import get_args

import polars as pl

from warehouse.codebook.mart_records import DatasetMart, Mart, MartColumn, MartType, Transform
from warehouse.codebook.model import Dataset
from warehouse.messages.errors import CodebookError

MODULES = Path(__file__).parents[1] / "marts"
PREFIXES = ("bi_", "dim_", "fact_", "mart_")
# A fact's columns before the form's own; those that lead back to the row come after them.
WHOSE = ("period", "county_code")
TYPES: Mapping[type[pl.DataType], MartType] = {
    pl.String: "text", pl.Int64: "whole", pl.Decimal: "decimal", pl.Boolean: "boolean", pl.Date: "date",
}  # fmt: skip
Columns = tuple[MartColumn, ...]


def all_marts(
    datasets: Mapping[str, Dataset], own: Mapping[str, Mart], named: Iterable[DatasetMart]
) -> dict[str, Mart]:
    """Every mart by its name, in the order of the names; those made of marts with the datasets of these.

    Raises CodebookError for two marts of one name, for a name of what no dataset brings, and for one that is made of a
    mart that there is not, or that is itself made of marts.
    """
    brought = {(one.dataset, one.transform): one for dataset in datasets.values() for one in _brought(dataset)}
    for one in named:
        if (one.dataset, one.transform) not in brought:
            raise CodebookError(
                f"dataset_marts.csv, {one.dataset}.{one.transform}: no dataset brings this mart; take the line out"
            )
        brought[one.dataset, one.transform] = one
    marts = dict(own)
    for one in brought.values():
        if one.mart in marts:
            raise CodebookError(
                f"datasets.csv, {one.dataset}: brings {one.mart}, a name that mart_list.csv or another dataset has "
                "too; give it another in dataset_marts.csv"
            )
        marts[one.mart] = _mart(one, datasets[one.dataset])
    return {name: _made_of(marts, marts[name]) for name in sorted(marts)}


def _made_of(marts: Mapping[str, Mart], mart: Mart) -> Mart:
    if not mart.marts:
        return mart
    brought = {"programme": sorted(name for name, one in marts.items() if one.transform == "programme")}
    names = tuple(name for given in mart.marts for name in brought.get(given, [given]))
    for name in names:
        if name not in marts or marts[name].marts:
            raise CodebookError(f"mart_list.csv, {mart.mart}, marts: {name} is no mart that is made of returns")
    datasets = tuple(dict.fromkeys(dataset for name in names for dataset in marts[name].datasets))
    return mart.model_copy(update={"marts": names, "datasets": datasets})


def _brought(dataset: Dataset) -> Iterator[DatasetMart]:
    """What a dataset's marts are called by themselves."""
    name, zh, en = dataset.dataset, dataset.label_zh, dataset.label_en
    yield DatasetMart(dataset=name, transform="programme", mart=f"mart_{name}", label_zh=zh, label_en=en)
    if not dataset.one_row:
        labels = {"label_zh": f"{zh}明细", "label_en": f"{en} as reported"}
        yield DatasetMart(dataset=name, transform="detail", mart=f"fact_{name}", **labels)


def _mart(one: DatasetMart, dataset: Dataset) -> Mart:
    detail = one.transform == "detail"
    return Mart(
        mart=one.mart,
        label_zh=one.label_zh,
        label_en=one.label_en,
        datasets=(dataset.dataset,),
        periods="own" if detail else "compared",
        keys=(*WHOSE, *dataset.keys) if detail else ("period", "level", "code", "indicator"),
        marts=(),
        transform=one.transform,
    )


def columns_of(
    marts: Mapping[str, Mart], datasets: Mapping[str, Dataset], columns: Iterable[MartColumn]
) -> dict[str, Columns]:
    """The columns of each mart, in their order: the lines of `marts.csv`, and for a fact those of its form.

    Raises CodebookError for columns of no mart, for a mart without columns, and for two columns of one name.
    """
    lines: dict[str, Columns] = {}
    for column in columns:
        lines[column.mart] = (*lines.get(column.mart, ()), column)
    wanted = {*get_args(Transform), *(name for name, mart in marts.items() if mart.transform is None)}
    for name in sorted(lines.keys() - wanted):
        why = "follow from its dataset" if name in marts else "are of no mart in mart_list.csv"
        raise CodebookError(f"marts.csv, {name}: these columns {why}; take the lines out")
    for name in sorted(wanted - lines.keys()):
        raise CodebookError(f"marts.csv, {name}: has no columns; add a line for each")
    for name, own in lines.items():
        if twice := [column for column, times in Counter(c.column for c in own).items() if times > 1]:
            raise CodebookError(f"marts.csv, {name}: {', '.join(twice)} stands there more than once; names are unique")
    taken = {c.column for c in lines["detail"]}
    for indicator in (i for dataset in datasets.values() for i in dataset.indicators if i.column in taken):
        raise CodebookError(
            f"indicators.csv, {indicator.dataset}.{indicator.column}: what tells whose and where from a row is has "
            "this name; give it another"
        )
    return {name: _columns(mart, datasets, lines) for name, mart in marts.items()}


def _columns(mart: Mart, datasets: Mapping[str, Dataset], lines: Mapping[str, Columns]) -> Columns:
    if mart.transform is None:
        return lines[mart.mart]
    shared = tuple(c.model_copy(update={"mart": mart.mart}) for c in lines[mart.transform])
    if mart.transform == "programme":
        return shared
    first = tuple(c for c in shared if c.column in WHOSE)
    return (*first, *_of_form(mart.mart, datasets[mart.datasets[0]]), *(c for c in shared if c not in first))


def _of_form(mart: str, dataset: Dataset) -> Iterator[MartColumn]:
    """A form's columns in a fact; any may be blank, for what is in force may lack what no rule is critical about."""
    for i in dataset.indicators:
        yield MartColumn(
            mart=mart,
            column=i.column,
            dtype=TYPES[type(i.dtype)],
            unit=i.unit.unit if i.numeric else "",
            null=True,
            label_zh=i.label_zh,
            label_en=i.label_en,
        )


def check_modules(marts: Mapping[str, Mart], folder: Path) -> None:
    """Raises CodebookError where a mart has no file in `folder`, or a file there is of no mart in `mart_list.csv`."""
    own = {name for name, mart in marts.items() if mart.transform is None}
    files = {path.stem for path in folder.glob("*.py") if path.name.startswith(PREFIXES)}
    for name in sorted(own - files):
        raise CodebookError(
            f"mart_list.csv, {name}: there is no warehouse/marts/{name}.py; add it or take the line out"
        )
    for name in sorted(files - own):
        if name in marts:
            raise CodebookError(
                f"warehouse/marts/{name}.py: the dataset {marts[name].datasets[0]} brings this mart itself"
            )
        raise CodebookError(f"warehouse/marts/{name}.py: is not in mart_list.csv; add its line or take the file out")
