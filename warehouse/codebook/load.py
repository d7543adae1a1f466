"""Loading the codebook: read the CSV files, make the records, check them against each other.

Belongs here: checks that need more than one record. Does not belong here: the shape of a record (`model.py`).
"""

from __future__ import annotations

import csv
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from warehouse.codebook.display import Direction, Way
from warehouse.codebook.divisions import Change, Division, Group, check_succession, with_validity
from warehouse.codebook.entry_checks import known, unique
from warehouse.codebook.gates import SAYS, Gate
from warehouse.codebook.label_checks import check_about, check_codes, check_synonyms, check_words
from warehouse.codebook.mart_list import MODULES, all_marts, check_modules, columns_of
from warehouse.codebook.mart_records import Coverage, DatasetMart, Mart, MartColumn, Transform
from warehouse.codebook.model import (
    AboutHeader,
    Code,
    CodeFormat,
    Dataset,
    Floor,
    Indicator,
    Kind,
    Record,
    Scale,
    Synonym,
    Unit,
    Word,
)
from warehouse.codebook.outlier_bounds import LevelSize, Method, OutlierBound, check_outliers
from warehouse.codebook.publications import Document, Figure
from warehouse.codebook.reading_check import ReadingCheck
from warehouse.messages.errors import CodebookError

HERE = Path(__file__).parent
REQUIRED_WHERE = re.compile(r"where (\w+) > (\d+)")
# What tells the lines of a file apart, where it is not the first column alone.
ENTRY = {
    "indicators": ("dataset", "column"),
    "synonyms": ("dataset", "column"),
    "codes": ("dataset", "column", "code"),
    "code_formats": ("dataset", "column"),
    "floors": ("dataset", "column"),
    "directions": ("dataset", "column"),
    "level_sizes": ("dataset", "column"),
    "outlier_bounds": ("method", "about", "parameter"),
    "dataset_marts": ("dataset", "transform"),
    "marts": ("mart", "column"),
}
R = TypeVar("R", bound=Record)


@dataclass(frozen=True, eq=False)
class Codebook:
    """All definitions, checked. One instance a process (`load`), equal to itself alone: what it gives can be cached."""

    units: Mapping[str, Unit]
    scales: tuple[Scale, ...]
    divisions: tuple[Division, ...]
    groups: Mapping[str, Group]
    datasets: Mapping[str, Dataset]
    figures: tuple[Figure, ...]
    documents: Mapping[str, Document]
    checks: Mapping[str, ReadingCheck]
    words: Mapping[str, Word]
    about: Mapping[str, str]  # header to what it says: county_code, county_name, period, ...
    directions: Mapping[tuple[str, str], Way]  # by dataset and column, where the kind does not say it
    outlier_bounds: Mapping[tuple[str, str, str], float]  # by method, about and parameter
    level_sizes: Mapping[tuple[str, str], LevelSize]  # by dataset and column
    coverage: Mapping[str, Coverage]
    gates: tuple[Gate, ...]
    mart_list: Mapping[str, Mart]
    marts: Mapping[str, tuple[MartColumn, ...]]

    @property
    def province(self) -> str:
        """The code of the province whose divisions these are, as in 140000."""
        return f"{self.divisions[0].county_code[:2]}0000"

    def in_force(self, period: str) -> tuple[Division, ...]:
        """The divisions in force on the last day of a period, which owe its returns; by code."""
        return _in_force(self, self.edition(period))

    def members(self, group: str, period: str) -> tuple[Division, ...]:
        """The divisions in force on the last day of a period that belong to a group."""
        return _members(self, group, self.edition(period))

    def edition(self, period: str) -> str:
        """The month of the last change of any division up to a period: all periods of one edition have the same
        divisions in force. Blank before the first.
        """
        return self._editions[bisect_right(self._editions, period) - 1]

    @cached_property
    def _editions(self) -> tuple[str, ...]:
        days = {day for d in self.divisions for day in (d.in_force_from, d.in_force_until) if day}
        return ("", *sorted({day.isoformat()[:7] for day in days}))

    def mart_of(self, dataset: str, transform: Transform) -> Mart:
        """The mart that a dataset brings; only one of many rows a county brings a `detail`."""
        return next(m for m in self.mart_list.values() if (m.datasets, m.transform) == ((dataset,), transform))

    def outlier_bound(self, method: Method, indicator: Indicator, parameter: str) -> float:
        """A parameter of a method for an indicator: its own, else that of its kind, else that of all."""
        about = (f"{indicator.dataset}.{indicator.column}", indicator.kind, "*")
        return next(b for one in about if (b := self.outlier_bounds.get((method, one, parameter))) is not None)

    def level_size(self, dataset: str, column: str) -> LevelSize | None:
        """By what a column is divided before it is held against its peers; None where nothing says so."""
        return self.level_sizes.get((dataset, column), self.level_sizes.get((dataset, "*")))

    @property
    def partial_below(self) -> int:
        """The percentage of the counties due below which a roll-up is partial."""
        return self.coverage["partial_below"].percent

    def find(self, name: str) -> Dataset | None:
        """The dataset by its id or either label; None where none is called so."""
        return next((d for d in self.datasets.values() if name in (d.dataset, d.label_zh, d.label_en)), None)

    @cached_property
    def names(self) -> Mapping[str, frozenset[str]]:
        """The names that each county code has had."""
        codes = {d.county_code for d in self.divisions}
        return {code: frozenset(d.name_zh for d in self.divisions if d.county_code == code) for code in codes}

    @cached_property
    def spellings(self) -> Mapping[str, Scale]:
        """How units are spelt in headers, with their factors; a unit's own label (个, 次) needs no entry."""
        return {scale.spelling: scale for scale in self.scales}


@cache
def _in_force(book: Codebook, edition: str) -> tuple[Division, ...]:
    return tuple(d for d in book.divisions if d.in_force(edition))


@cache
def _members(book: Codebook, group: str, edition: str) -> tuple[Division, ...]:
    return tuple(d for d in _in_force(book, edition) if book.groups[group].holds(d))


def load_codebook(folder: Path, modules: Path = MODULES) -> Codebook:
    """The codebook in `folder`, checked, also against the marts' files in `modules`.

    Raises CodebookError naming file, entry and fault.
    """
    units = {u.unit: u for u in _records(folder, "units", Unit)}
    groups = {g.group: g for g in _records(folder, "groups", Group)}
    synonyms = [_record("synonyms", Synonym, row) for row in _rows(folder, "synonyms")]
    also = {key: tuple(s.synonym for s in group) for key, group in groupby(sorted(synonyms, key=_place), _place)}
    codes = [_record("codes", Code, row) for row in _rows(folder, "codes")]
    listed = {key: tuple(group) for key, group in groupby(sorted(codes, key=_place), _place)}
    code_formats = [_record("code_formats", CodeFormat, row) for row in _rows(folder, "code_formats")]
    written = {(one.dataset, one.column): one for one in code_formats}
    floors = [_record("floors", Floor, row) for row in _rows(folder, "floors")]
    least = {(one.dataset, one.column): one.floor for one in floors}
    indicators = [
        _record(
            "indicators",
            Indicator,
            row
            | {"unit": _unit(units, row), "synonyms": also.get(key := _of(row), ()), "listed": listed.get(key, ())}
            | {"code_format": written.get(key), "floor": least.get(key)},
        )
        for row in _rows(folder, "indicators")
    ]
    datasets = {
        row["dataset"]: _record("datasets", Dataset, row | {"indicators": _indicators_of(indicators, row["dataset"])})
        for row in _rows(folder, "datasets")
    }
    directions = [_record("directions", Direction, row) for row in _rows(folder, "directions")]
    bounds = [_record("outlier_bounds", OutlierBound, row) for row in _rows(folder, "outlier_bounds")]
    sizes = [_record("level_sizes", LevelSize, row) for row in _rows(folder, "level_sizes")]
    named = [_record("dataset_marts", DatasetMart, row) for row in _rows(folder, "dataset_marts")]
    mart_list = all_marts(datasets, {m.mart: m for m in _records(folder, "mart_list", Mart)}, named)
    check_modules(mart_list, modules)
    book = Codebook(
        units=units,
        scales=tuple(_records(folder, "scales", Scale)),
        divisions=_divisions(folder),
        groups=groups,
        datasets=datasets,
        figures=tuple(_records(folder, "figures", Figure)),
        directions={(one.dataset, one.column): one.direction for one in directions},
        outlier_bounds={(b.method, b.about, b.parameter): b.value for b in bounds},
        level_sizes={(one.dataset, one.column): one for one in sizes},
        documents={d.document: d for d in _records(folder, "documents", Document)},
        coverage={c.coverage: c for c in _records(folder, "coverage", Coverage)},
        gates=tuple(_record("gates", Gate, row) for row in _rows(folder, "gates")),
        mart_list=mart_list,
        marts=columns_of(mart_list, datasets, [_record("marts", MartColumn, row) for row in _rows(folder, "marts")]),
        checks={c.rule: c for c in _records(folder, "checks", ReadingCheck)},
        words={w.word: w for w in _records(folder, "words", Word)},
        about={a.header: a.column for a in _records(folder, "about", AboutHeader)},
    )
    unique("datasets.csv", (row["dataset"] for row in _rows(folder, "datasets")))
    _check(book, indicators)
    for name, about in (("code_formats", code_formats), ("floors", floors), ("directions", directions)):
        for one in about:
            known(f"{name}.csv, {one.column}, dataset", one.dataset, book.datasets)
            column = one.column.partition("=")[0]
            known(f"{name}.csv, {one.dataset}, column", column, book.datasets[one.dataset].columns)
    check_outliers(datasets, bounds, sizes)
    check_words(book.words)
    check_about(book.about)
    check_codes(codes, book.datasets)
    check_synonyms(synonyms, book.datasets, book.about, book.spellings.keys() | {u.label_zh for u in units.values()})
    return book


@cache
def load() -> Codebook:
    """The project's own codebook; read and checked once a process."""
    return load_codebook(HERE)


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _records(folder: Path, name: str, model: type[R]) -> list[R]:
    records = [_record(name, model, row) for row in _rows(folder, name)]
    key = next(iter(model.model_fields))
    unique(f"{name}.csv", (str(getattr(r, key)) for r in records))
    return records


def _divisions(folder: Path) -> tuple[Division, ...]:
    changes = _records(folder, "changes", Change)
    rows = _rows(folder, "divisions")
    unique("divisions.csv", (row["county_code"] for row in rows))
    codes = {row["county_code"] for row in rows}
    for change in changes:
        known("changes.csv, county_code", change.county_code, codes)
        for successor in change.successor_codes:
            known(f"changes.csv, {change.county_code}, successor_codes", successor, codes)
    divisions = tuple(_record("divisions", Division, with_validity(row, changes)) for row in rows)
    check_succession(divisions)
    return divisions


def _record(name: str, model: type[R], row: Mapping[str, Any]) -> R:
    try:
        return model.model_validate(row)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"]) or "entry"
        entry = ".".join(str(row[k]) for k in ENTRY.get(name, (next(iter(row)),)))
        raise CodebookError(f"{name}.csv, {entry}, {place}: {fault['msg']}") from error


def _unit(units: Mapping[str, Unit], row: Mapping[str, str]) -> Unit:
    if row["unit"] not in units:
        raise CodebookError(
            f"indicators.csv, {row['dataset']}.{row['column']}: unknown unit '{row['unit']}'; add it to units.csv"
        )
    return units[row["unit"]]


def _place(one: Synonym | Code) -> tuple[str, str]:
    return one.dataset, one.column


def _of(row: Mapping[str, str]) -> tuple[str, str]:
    return row["dataset"], row["column"]


def _indicators_of(indicators: Iterable[Indicator], dataset: str) -> tuple[Indicator, ...]:
    return tuple(i for i in indicators if i.dataset == dataset)


def _check(book: Codebook, indicators: Iterable[Indicator]) -> None:
    for scale in book.scales:
        known(f"scales.csv, {scale.spelling}, unit", scale.unit, book.units)
    for indicator in indicators:
        known(f"indicators.csv, {indicator.column}, dataset", indicator.dataset, book.datasets)
    for dataset in book.datasets.values():
        _check_dataset(book, dataset)
    for figure in book.figures:
        _check_figure(book, figure)
    for document in book.documents.values():
        known(f"documents.csv, {document.document}, dataset", document.dataset, book.datasets)
        columns = book.datasets[document.dataset].columns if document.dataset else ()
        known(f"documents.csv, {document.document}, indicator", document.indicator, columns)
    for gate in book.gates:
        _check_gate(book, gate)
    _check_marts(book)


def _check_gate(book: Codebook, gate: Gate) -> None:
    place = f"gates.csv, {gate.dataset or 'all'}"
    known(f"{place}, dataset", gate.dataset, book.datasets)
    columns = (
        book.datasets[gate.dataset].columns if gate.dataset else [c for d in book.datasets.values() for c in d.columns]
    )
    known(f"{place}, indicator", gate.indicator, columns)
    known(f"{place}, kind", gate.kind, get_args(Kind))
    known(f"{place}, unit", gate.unit, book.units)
    known(f"{place}, level", gate.level, ("prefecture", *book.groups))
    if gate is book.gates[0] and any(getattr(gate, name) is None for name in SAYS):
        raise CodebookError(f"gates.csv: the first line is for all figures, and says all of {', '.join(SAYS)}")


def _check_marts(book: Codebook) -> None:
    for mart in book.mart_list.values():
        for name in mart.datasets:
            known(f"mart_list.csv, {mart.mart}, datasets", name, ("*", *book.datasets))
        for key in mart.keys:
            known(f"mart_list.csv, {mart.mart}, keys", key, (c.column for c in book.marts[mart.mart]))


def _check_dataset(book: Codebook, dataset: Dataset) -> None:
    place = f"datasets.csv, {dataset.dataset}"
    if not dataset.indicators:
        raise CodebookError(f"{place}: has no indicators; add a line for each to indicators.csv")
    unique(f"indicators.csv, {dataset.dataset}", dataset.columns)
    unique(f"indicators.csv, {dataset.dataset}, label_zh", (i.label_zh for i in dataset.indicators))
    known(f"{place}, owed_by", dataset.owed_by, book.groups)
    for key in dataset.keys:
        known(f"{place}, keys", key, dataset.columns)
    for indicator in dataset.indicators:
        where = f"indicators.csv, {dataset.dataset}.{indicator.column}"
        _check_input_unit(book, indicator, where)
        _check_required(dataset, indicator, where)
        operands = [c for c in (indicator.roll_up.weight, indicator.roll_up.denominator) if c]
        for operand in operands:
            known(f"{where}, roll_up", operand, dataset.columns)
        if {"person", "person_time"} <= {dataset[o].unit.unit for o in operands}:
            raise CodebookError(f"{where}, roll_up: persons and person-times never meet")
        if indicator.roll_up.how == "derived" and len({dataset[o].roll_up for o in operands}) > 1:
            raise CodebookError(f"{where}, roll_up: {' and '.join(operands)} are not averaged alike")


def _check_required(dataset: Dataset, indicator: Indicator, where: str) -> None:
    if indicator.required in ("true", "false"):
        return
    match = REQUIRED_WHERE.fullmatch(indicator.required)
    if match is None:
        raise CodebookError(f"{where}, required: '{indicator.required}' is not true, false or like: where column > 0")
    known(f"{where}, required", match[1], dataset.columns)


def _check_input_unit(book: Codebook, indicator: Indicator, where: str) -> None:
    if indicator.input_unit is None:
        return
    known(f"{where}, input_unit", indicator.input_unit, book.spellings)
    if book.spellings[indicator.input_unit].unit != indicator.unit.unit:
        raise CodebookError(f"{where}: {indicator.input_unit} is not a unit of {indicator.unit.unit}")


def _check_figure(book: Codebook, figure: Figure) -> None:
    place = f"figures.csv, {figure.figure}"
    known(f"{place}, scope", figure.scope, book.groups)
    known(f"{place}, unit", figure.unit, book.units)
    if figure.aggregate == "members":
        return
    known(f"{place}, dataset", figure.dataset, book.datasets)
    dataset = book.datasets[figure.dataset]
    columns = (*dataset.columns, "county_code")
    for column in (figure.column, figure.by, figure.where.split("=")[0] if figure.where else None):
        known(f"{place}, column", column, columns)
    if figure.aggregate in ("sum", "share", "increase", "ratio"):
        for column in filter(None, (figure.column, figure.by)):
            how = dataset[column].roll_up.how
            if how != "sum" and (figure.aggregate, how) != ("increase", "weighted"):
                raise CodebookError(f"{place}: {column} is a {dataset[column].kind} and is never summed")
