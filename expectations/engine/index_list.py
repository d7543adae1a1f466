"""The list of unexpected rows, which is long: one that Great Expectations copies and writes down in no time."""

from __future__ import annotations

from typing import Any

from great_expectations.types import SerializableDictDot
from great_expectations.util import convert_to_json_serializable

AS_THEY_ARE = (int, str, bool, type(None))


class IndexList(list[Any], SerializableDictDot):
    """Row numbers, or flat dictionaries: a list like any other, but for how it is copied and made JSON.

    A checkpoint copies each result nine times and makes it JSON four times, value by value in Python. What is
    known of these values (dictionaries hold no others) makes that a fraction of the work, to the same end.
    """

    __slots__ = ()

    def __deepcopy__(self, memo: dict[int, Any]) -> IndexList:
        return IndexList([dict(row) if isinstance(row, dict) else row for row in self])

    def to_json_dict(self) -> Any:
        """The same with values that JSON has, a list; the name is Great Expectations'."""
        return IndexList([_row(row) if isinstance(row, dict) else _value(row) for row in self])


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value if type(value) in AS_THEY_ARE else _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:
    return value if type(value) in AS_THEY_ARE else convert_to_json_serializable(value)
