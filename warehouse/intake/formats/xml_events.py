"""The elements of an XML part as they start and end, in time that grows as the part does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import iterparse

# The parser looks at a tag that goes on beyond what it was given from the tag's start again: by 16 KiB at a time, as
# the library has it, a tag of 50 MB takes minutes.
GIVEN = 1 << 22


@dataclass(frozen=True)
class PartReader:
    """A part that gives more at a time than it is asked for."""

    part: IO[bytes]

    def read(self, _: int = -1) -> bytes:
        """The next bytes; none at the end."""
        return self.part.read(GIVEN)


def xml_events(part: IO[bytes]) -> Iterator[tuple[str, Element]]:
    """`start` and `end` with each element; raises what the parser makes of a document type, of entities and damage."""
    yield from iterparse(PartReader(part), ("start", "end"))
