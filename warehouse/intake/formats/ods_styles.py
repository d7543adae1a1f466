"""Which styles of an OpenDocument sheet (.ods) strike text out, raise or lower it."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from warehouse.intake.formats.cell_marks import RAISED, STRUCK, MarkKind
from warehouse.intake.formats.xml_events import xml_events

STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
A_STYLE = f"{STYLE}style"
CELL_FAMILY, TEXT_FAMILY = "table-cell", "text"
FAMILIES = (CELL_FAMILY, TEXT_FAMILY)
LINE = ("text-line-through-style", "text-line-through-type")
# What a part has where any of its styles marks text.
SIGNS = (b"line-through", b"text-position")
NOT_RAISED = ("0", "0%")


@dataclass
class TextStyles:
    """The styles seen so far by family and name: what each says itself of its text (None: that it is plain), and its
    parent. Styles stand before what has them.
    """

    said: dict[tuple[str, str], MarkKind | None] = field(default_factory=dict)
    parents: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, parts: zipfile.ZipFile) -> TextStyles:
        """Those that are common to all sheets; a part without signs of marks is not parsed."""
        styles = cls()
        if "styles.xml" in parts.namelist() and any(sign in parts.read("styles.xml") for sign in SIGNS):
            with parts.open("styles.xml") as xml:
                for event, element in xml_events(xml):
                    if event == "end":
                        styles.take(element)
        return styles

    def __bool__(self) -> bool:
        return any(self.said.values())

    def take(self, element: Element) -> None:
        """Notes a style; other elements are nothing to it."""
        family = element.get(f"{STYLE}family", "") if element.tag == A_STYLE else ""
        if family not in FAMILIES:
            return
        name = (family, element.get(f"{STYLE}name", ""))
        if parent := element.get(f"{STYLE}parent-style-name"):
            self.parents[name] = parent
        for properties in element.iterfind(f"{STYLE}text-properties"):
            if any(local(attribute) in (*LINE, "text-position") for attribute in map(str, properties.attrib)):
                self.said[name] = _kind(properties)

    def of_cell(self, name: str | None) -> MarkKind | None:
        """What a style of cells says of their text, itself or by its parents."""
        return self._resolved(CELL_FAMILY, name)

    def of_text(self, name: str | None) -> MarkKind | None:
        """The same of a style of text within a cell."""
        return self._resolved(TEXT_FAMILY, name)

    def _resolved(self, family: str, name: str | None) -> MarkKind | None:
        seen = set[str]()
        while name is not None and name not in seen:
            if (family, name) in self.said:
                return self.said[family, name]
            seen.add(name)
            name = self.parents.get((family, name))
        return None


def local(named: Element | str) -> str:
    """The name of an element or attribute without its namespace."""
    return (named if isinstance(named, str) else str(named.tag)).rsplit("}", 1)[-1]


def _kind(properties: Element) -> MarkKind | None:
    if any(properties.get(f"{STYLE}{line}", "none") != "none" for line in LINE):
        return STRUCK
    position = properties.get(f"{STYLE}text-position", "0").split()
    return RAISED if position and position[0] not in NOT_RAISED else None
