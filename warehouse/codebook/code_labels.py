"""What every code that stands in a mart is called in Chinese and English: from units, groups, datasets, codes, terms.

Belongs here: which vocabulary a column of the marts has. Does not belong here: the labels (`units.csv`, `groups.csv`,
`datasets.csv`, `codes.csv`, `terms.csv`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from warehouse.codebook.divisions import Group
from warehouse.codebook.load import Codebook
from warehouse.codebook.model import Dataset, Unit
from warehouse.codebook.terms import terms
from warehouse.messages.errors import CodebookError

# Columns whose codes are not those of the terms of their own name alone.
VOCABULARIES = {
    "in_force_from_precision": ("precision",),
    "in_force_until_precision": ("precision",),
    "kind": ("kind", "division", "flow"),
    "level": ("level", "group"),
    "owed_by": ("group",),
    "programme": ("dataset", "programme"),
    "return_status": ("status",),
    "scope": ("group",),
    "status_after": ("status",),
    "status_before": ("status",),
    "unit": ("unit", "no_unit"),
}
Labels = tuple[str, str]


@dataclass(frozen=True)
class NamedCode:
    """A code of a column of the marts, with its labels and its place among those of the column, from 1."""

    column_name: str
    code: str
    label_zh: str
    label_en: str
    sort_order: int


def code_labels(book: Codebook) -> tuple[NamedCode, ...]:
    """One a column x code that can stand in a mart, by column and in the order of the definitions.

    Codes of a form are there under their indicator, which is a column of the form's fact or what `mart_changes` names.
    Raises CodebookError for a code of a column that is called two things.
    """
    columns = {c.column for columns in book.marts.values() for c in columns if c.dtype == "text"}
    listed = {i.column for dataset in book.datasets.values() for i in dataset.indicators if i.listed}
    return tuple(one for column in sorted(columns | listed) for one in _of_column(book, column))


def _of_column(book: Codebook, column: str) -> Iterator[NamedCode]:
    labels: dict[str, Labels] = {}
    for code, called in _called(book, column):
        if labels.setdefault(code, called) != called:
            raise CodebookError(
                f"terms.csv, {column}, {code}: is called {' '.join(labels[code])} and {' '.join(called)}; a column's "
                "code has one label"
            )
    for place, (code, (label_zh, label_en)) in zip(count(1), labels.items(), strict=False):
        yield NamedCode(column, code, label_zh, label_en, place)


def _called(book: Codebook, column: str) -> Iterator[tuple[str, Labels]]:
    for name in VOCABULARIES.get(column, (column,)):
        yield from _vocabulary(book, name)
    for dataset in book.datasets.values():
        for indicator in dataset.indicators:
            if indicator.column == column:
                yield from ((one.code, (one.label_zh, one.label_en)) for one in indicator.listed)


def _vocabulary(book: Codebook, name: str) -> Iterator[tuple[str, Labels]]:
    tables: Mapping[str, Mapping[str, Unit | Group | Dataset]] = {
        "unit": book.units,
        "group": book.groups,
        "dataset": book.datasets,
    }
    for code, one in tables.get(name, {}).items():
        if one.label_zh:
            yield code, (one.label_zh, one.label_en)
    yield from ((t.term, (t.label_zh, t.label_en)) for t in terms().values() if t.kind == name)
