"""Edits of a part's XML: those that say the same in another way or break the part's frame, and those that may change
what a cell says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from xml.etree import ElementTree as ET

Edit = Callable[[Random, bytes], bytes]
TAG = re.compile(rb"<[A-Za-z][^<>]*>")
ATTRIBUTE = re.compile(rb"\s([A-Za-z_][\w:.-]*)=\"([^\"<>]*)\"")
TEXT = re.compile(rb"(?<=>)[^<>&\s][^<>&]*(?=</)")
BETWEEN = re.compile(
    rb"(?<=</c>)(?=<c)|(?<=</row>)(?=<row)|(?<=</table:table-row>)(?=<table:table-row)|(?<=</si>)(?=<si)"
)
DECLARATION = re.compile(rb"^(?:\xef\xbb\xbf)?<\?xml[^>]*\?>\s*")
FRAME = rb"sheetData|sheets|sst|cellXfs|numFmts|styleSheet|Relationships|workbook|worksheet|spreadsheet|body"
BESIDE = (
    rb"sheetViews|cols|pageMargins|sheetFormatPr|mergeCells|bookViews|definedNames|calcPr|pageSetup|dimension|numFmts"
    rb"|cellStyles|cellStyleXfs|cellXfs|fonts|dataValidations|sheetProtection|sheetPr|workbookProtection|table-column"
)
REFERENCES = (b"r:id", b"Target", b"Id", b"Type")
ADDRESSES = re.compile(rb"(?<= r=\")[A-Z]+[0-9]+(?=\")")


def _one(pattern: re.Pattern[bytes], rng: Random, xml: bytes, change: Callable[[re.Match[bytes]], bytes]) -> bytes:
    """The XML with one of the pattern's matches changed."""
    found = list(pattern.finditer(xml))
    if not found:
        return xml
    match = rng.choice(found)
    return xml[: match.start()] + change(match) + xml[match.end() :]


def _tags(rng: Random, xml: bytes, change: Callable[[list[tuple[bytes, bytes]]], bytes]) -> bytes:
    """The XML with the attributes of about half its tags written anew."""

    def anew(match: re.Match[bytes]) -> bytes:
        tag = match[0]
        given = ATTRIBUTE.findall(tag)
        if not given or rng.random() < 0.5:
            return tag
        name = re.match(rb"<[^\s/>]+", tag)
        assert name
        return name[0] + change(given) + (b"/>" if tag.endswith(b"/>") else b">")

    return TAG.sub(anew, xml)


def reordered(rng: Random, xml: bytes) -> bytes:
    return _tags(rng, xml, lambda a: b"".join(b' %s="%s"' % p for p in rng.sample(a, len(a))))


def quotes(rng: Random, xml: bytes) -> bytes:
    return _tags(
        rng, xml, lambda a: b"".join(b" %s='%s'" % (n, v) if b"'" not in v else b' %s="%s"' % (n, v) for n, v in a)
    )


def spaced(rng: Random, xml: bytes) -> bytes:
    return _tags(rng, xml, lambda a: b"".join(b'\n  %s = "%s"' % p for p in a) + b" ")


def blanks_between(rng: Random, xml: bytes) -> bytes:
    return BETWEEN.sub(lambda _: rng.choice((b"", b"\n", b"\r\n\t ")), xml)


def comments_between(rng: Random, xml: bytes) -> bytes:
    return BETWEEN.sub(lambda _: rng.choice((b"", b"<!-- <c r='A1'> -->", b"<?x y?>")), xml, count=rng.randint(1, 9))


def closed_otherwise(_: Random, xml: bytes) -> bytes:
    return re.sub(rb"<([\w:]+)([^<>]*)/>", lambda m: b"<%s%s></%s>" % (m[1], m[2], m[1]), xml)


def _in_text(write: Callable[[Random, bytes], bytes]) -> Edit:
    return lambda rng, xml: _one(TEXT, rng, xml, lambda match: write(rng, match[0]))


def _cut(rng: Random, text: bytes) -> tuple[str, str]:
    said = text.decode()
    at = rng.randrange(len(said))
    return said[:at], said[at:]


def _reference(rng: Random, text: bytes) -> bytes:
    before, after = _cut(rng, text)
    return f"{before}&#{ord(after[0])};{after[1:]}".encode()


def _comment(rng: Random, text: bytes) -> bytes:
    return "<!-- 9 -->".join(_cut(rng, text)).encode()


def _section(rng: Random, text: bytes) -> bytes:
    before, after = _cut(rng, text)
    return f"{before}<![CDATA[{after}]]>".encode()


def encoded(encoding: str) -> Edit:
    """The part in another encoding, which its declaration names."""

    def edit(_: Random, xml: bytes) -> bytes:
        text = DECLARATION.sub(b"", xml).decode()
        return f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding)

    return edit


def marked(_: Random, xml: bytes) -> bytes:
    return b"\xef\xbb\xbf" + xml


def undeclared(_: Random, xml: bytes) -> bytes:
    return DECLARATION.sub(b"", xml)


def with_entity(rng: Random, xml: bytes) -> bytes:
    bare = _one(TEXT, rng, DECLARATION.sub(b"", xml), lambda m: b"&a;" + m[0])
    return (
        b'<!DOCTYPE a [<!ENTITY a "9">]>' + bare if rng.random() < 0.5 else b"<!DOCTYPE a>" + DECLARATION.sub(b"", xml)
    )


def rewritten(_: Random, xml: bytes) -> bytes:
    """As ElementTree writes it: other prefixes, other declaration."""
    return ET.tostring(ET.fromstring(xml), encoding="utf-8", xml_declaration=True)


def prefixed(_: Random, xml: bytes) -> bytes:
    """With a prefix where there was none."""
    if b" xmlns=" not in xml:
        return xml
    start = DECLARATION.match(xml)
    at = start.end() if start else 0
    return xml[:at] + re.sub(rb"<(/?)(?=[A-Za-z][\w]*[\s/>])", rb"<\1a-b.c:", xml[at:]).replace(
        b" xmlns=", b" xmlns:a-b.c=", 1
    )


def dimension_lies(rng: Random, xml: bytes) -> bytes:
    said = rng.choice((b"A1", b"A1:XFD1048576", b"C3:D4", b"A1:A1"))
    return re.sub(rb"(?<=<dimension ref=\")[^\"]*", said, xml)


def counts_lie(rng: Random, xml: bytes) -> bytes:
    return re.sub(rb"(?<=ount=\")\d+", str(rng.choice((0, 1, 99, 2**31, 2**63))).encode(), xml)


def dropped_beside(rng: Random, xml: bytes) -> bytes:
    """Without one element that holds no cells."""
    return _one(re.compile(rb"<(" + BESIDE + rb")\b[^>]*?(?:/>|>.*?</\1>)", re.DOTALL), rng, xml, lambda _: b"")


def frame_renamed(rng: Random, xml: bytes) -> bytes:
    names = re.findall(rb"<(?:\w+:)?(" + FRAME + rb")\b", xml)
    name = rng.choice(names or [b"none"])
    return re.sub(rb"(</?(?:\w+:)?)" + name + rb"\b", rb"\1" + name + b"x", xml)


def reference_broken(rng: Random, xml: bytes) -> bytes:
    name = rng.choice(REFERENCES)
    return _one(
        re.compile(rb"(?<=\s" + name + rb"=\")[^\"]*"),
        rng,
        xml,
        lambda m: rng.choice((b"", b"x", m[0] + b"9", b"../../../etc/passwd", b"http://127.0.0.1:9/x")),
    )


def cut(rng: Random, xml: bytes) -> bytes:
    return xml[: rng.randrange(len(xml))]


# --- what may change a cell ----------------------------------------------------------------------------------------


def byte_changed(rng: Random, xml: bytes) -> bytes:
    at = rng.randrange(len(xml))
    return xml[:at] + bytes((xml[at] ^ 1 << rng.randrange(8),)) + xml[at + 1 :]


def element_dropped(rng: Random, xml: bytes) -> bytes:
    return _one(re.compile(rb"<([\w:]+)\b[^<>]*(?:/>|>[^<]*</\1>)"), rng, xml, lambda _: b"")


def element_doubled(rng: Random, xml: bytes) -> bytes:
    return _one(re.compile(rb"<([\w:]+)\b[^<>]*(?:/>|>[^<]*</\1>)"), rng, xml, lambda m: m[0] * rng.choice((2, 3, 50)))


def element_renamed(rng: Random, xml: bytes) -> bytes:
    names = [t[0] for t in re.finditer(rb"(?<=<)[A-Za-z][\w:]*", xml)]
    old, new = rng.choice(names), rng.choice(names)
    return re.sub(rb"(</?)" + old + rb"\b", rb"\1" + new, xml, count=rng.choice((1, 2, 0)))


def attribute_changed(rng: Random, xml: bytes) -> bytes:
    values = (
        b"",
        b"-1",
        b"0",
        b"1",
        b"99999999999",
        b"XFD1048576",
        b"A0",
        b"s",
        b"e",
        b"b",
        b"n",
        b"str",
        b"d",
        b"\xe5\xa4\xa9",
        b"1e9",
        b"NaN",
    )
    return _one(re.compile(rb"(?<==\")[^\"<>]*(?=\")"), rng, xml, lambda _: rng.choice(values))


def attribute_dropped(rng: Random, xml: bytes) -> bytes:
    return _one(ATTRIBUTE, rng, xml, lambda _: b"")


def address_changed(rng: Random, xml: bytes) -> bytes:
    values = (b"A1", b"B7", b"XFD1", b"A1048576", b"ZZZ1", b"A0", b"a2", b"7", b"B")
    return _one(ADDRESSES, rng, xml, lambda _: rng.choice(values))


def text_changed(rng: Random, xml: bytes) -> bytes:
    values = (
        b"",
        b"-1",
        b"1e400",
        b"NaN",
        b"#REF!",
        b"=1+1",
        b"9" * 400,
        b"\xef\xbc\x91",
        b"2017-13-45",
        b"0",
        b"1 2",
        b"&lt;",
    )
    return _one(TEXT, rng, xml, lambda _: rng.choice(values))


SAME: dict[str, Edit] = {
    "attributes in another order": reordered, "other quotes": quotes, "blanks in tags": spaced,
    "blanks between elements": blanks_between, "comments between elements": comments_between,
    "elements closed otherwise": closed_otherwise, "a character reference in a text": _in_text(_reference),
    "a comment in a text": _in_text(_comment), "CDATA in a text": _in_text(_section), "in UTF-16": encoded("utf-16"),
    "in GB18030": encoded("gb18030"), "a byte order mark": marked, "no declaration": undeclared,
    "a document type": with_entity, "rewritten": rewritten, "prefixes": prefixed,
    "a dimension that lies": dimension_lies,
    "counts that lie": counts_lie, "an element beside dropped": dropped_beside, "a frame renamed": frame_renamed,
    "a reference broken": reference_broken, "XML cut": cut,
}  # fmt: skip
CHANGED: dict[str, Edit] = {
    "a bit of XML": byte_changed, "an element dropped": element_dropped, "an element repeated": element_doubled,
    "elements renamed": element_renamed, "an attribute changed": attribute_changed,
    "an attribute dropped": attribute_dropped, "an address changed": address_changed, "a text changed": text_changed,
}  # fmt: skip
