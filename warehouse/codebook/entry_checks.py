"""What is asked of entries of many files: that none stands there twice, that each names what there is.

Does not belong here: checks of one kind of entry.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from warehouse.messages.errors import CodebookError


def unique(place: str, values: Iterable[str]) -> None:
    """Raises CodebookError where a value stands there more than once."""
    twice = [value for value, times in Counter(values).items() if times > 1]
    if twice:
        raise CodebookError(f"{place}: {', '.join(twice)} stands there more than once; names are unique")


def known(place: str, value: str | None, among: Iterable[str]) -> None:
    """Raises CodebookError for a value that is none of those that there are; a blank is none."""
    if value is not None and value not in set(among):
        raise CodebookError(f"{place}: unknown '{value}'")
