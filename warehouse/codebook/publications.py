"""What the province published: figures, and documents that it issued.

Belongs here: the shape of one. Does not belong here: the definitions themselves (`figures.csv`, `documents.csv`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from warehouse.codebook.model import OptionalMonth, OptionalText, Record

Aggregate = Literal[
    "sum", "weighted", "growth", "growth_lead", "ratio", "share", "count", "distinct", "increase", "least",
    "greatest", "worst", "members",
]  # fmt: skip


class Figure(Record):
    """A published figure and how returns give it: an aggregate over `column` in the counties of `scope`."""

    figure: str
    programme: str
    label_zh: str
    label_en: str
    published: Decimal
    unit: str
    relation: Literal["eq", "ge", "le"]
    tolerance: Decimal
    period: str
    scope: str
    dataset: str
    aggregate: Aggregate
    column: OptionalText
    by: OptionalText
    where: OptionalText
    since: OptionalText
    note: str


class Document(Record):
    """A document that the province issued: when, as far as is known (a year or a month), and the indicator in which
    counties report on it, where one does.
    """

    document: str
    title_zh: str
    title_en: str
    kind: Literal["regulation", "opinions", "assessment"]
    kind_zh: str
    kind_en: str
    issued: OptionalMonth
    dataset: OptionalText
    indicator: OptionalText
    note: str
