"""Mutants of good files, each named by a seed: which original, which mutation, where.

A mutation is structural where a cell's own text or number, and its row and column, stay what they were: a container
edited, XML written otherwise, a file cut short, another encoding, line end or separator. Of such a mutant no value may
be read that differs from the original's without a finding. Of the others (a flipped bit of a .csv or .xls may be a
digit's) only that nothing crashes or hangs. A text cut short is among these: nothing in it says how long it was.
"""

from __future__ import annotations

import csv
import io
import struct
import warnings
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from tests.fuzz.mutants_xml import CHANGED, SAME, Edit
from tests.fuzz.originals import Original
from warehouse.intake.formats.delimited import _separator, decode

Mutate = Callable[[Random, bytes], bytes]
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be")
MARKS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
ENTRY = b"PK\x01\x02"


@dataclass(frozen=True)
class Mutation:
    """`structural`: see above. `kinds`: what it can be done to."""

    name: str
    kinds: tuple[str, ...]
    mutate: Mutate
    structural: bool


@dataclass(frozen=True)
class Mutant:
    """A mutated file and where it comes from."""

    seed: int
    original: Original
    mutation: Mutation
    data: bytes

    @property
    def same(self) -> bool:
        """Whether nothing came of the mutation."""
        return self.data == self.original.data


def mutant(seed: int, given: Sequence[Original]) -> Mutant:
    """The mutant of a seed: originals in turn, the rest drawn."""
    rng = Random(seed)
    original = given[seed % len(given)]
    mutation = rng.choice([m for m in MUTATIONS if original.kind in m.kinds])
    return Mutant(seed, original, mutation, mutation.mutate(rng, original.data))


# --- bytes ---------------------------------------------------------------------------------------------------------


def _truncated(rng: Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def _flipped(rng: Random, data: bytes, most: int | None = None) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 8))):
        changed[rng.randrange(most or len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _header_flipped(rng: Random, data: bytes) -> bytes:
    return _flipped(rng, data, 512)


def _deleted(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.choice((1, 2, 64, 512)) :]


def _inserted(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.randbytes(rng.choice((1, 2, 64, 512))) + data[at:]


def _garbage_behind(rng: Random, data: bytes) -> bytes:
    return data + rng.randbytes(rng.choice((1, 50, 70_000)))


def _garbage_before(rng: Random, data: bytes) -> bytes:
    return rng.choice((b"PK", b"\0", b"\xef\xbb\xbf")) + data


def _twice(_: Random, data: bytes) -> bytes:
    return data + data


# --- containers ----------------------------------------------------------------------------------------------------

Members = list[tuple[str, bytes]]


def members_of(data: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(data), metadata_encoding="gbk") as parts:
        return [(info.filename, parts.read(info)) for info in parts.infolist()]


def packed(members: Members, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(made, "w", method) as parts:
        warnings.simplefilter("ignore")
        for name, data in members:
            parts.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return made.getvalue()


def _remade(change: Callable[[Random, Members], Members]) -> Mutate:
    return lambda rng, data: packed(change(rng, members_of(data)))


def _dropped(rng: Random, members: Members) -> Members:
    at = rng.randrange(len(members))
    return members[:at] + members[at + 1 :]


def _doubled(rng: Random, members: Members) -> Members:
    name, data = rng.choice(members)
    twin = (
        rng.choice((name, name.upper(), name.replace("/", "\\"))),
        rng.choice((data, data[:-9], b"", _flipped(rng, data or b"x"))),
    )
    return [*members, twin] if rng.random() < 0.5 else [twin, *members]


def _renamed(rng: Random, members: Members) -> Members:
    at = rng.randrange(len(members))
    name, data = members[at]
    new = rng.choice((name.upper(), f"{name}x", f"/{name}", f"../{name}", name.replace("/", "\\"), "x"))
    return [*members[:at], (new, data), *members[at + 1 :]]


def _shuffled(rng: Random, members: Members) -> Members:
    return rng.sample(members, len(members))


def _recompressed(rng: Random, data: bytes) -> bytes:
    return packed(members_of(data), rng.choice(METHODS))


def _entry_lies(offset: int, form: str) -> Mutate:
    """An entry of the directory with another number at an offset."""

    def mutate(rng: Random, data: bytes) -> bytes:
        places = [at for at in range(len(data)) if data.startswith(ENTRY, at)]
        changed = bytearray(data)
        most = 256 ** struct.calcsize(form) - 1
        struct.pack_into(form, changed, rng.choice(places) + offset, rng.choice((0, 1, 20, 1000, most - 1, most)))
        return bytes(changed)

    return mutate


def _in_part(edit: Edit) -> Mutate:
    """An edit of one of the parts with XML, the sheets more often than others."""

    def mutate(rng: Random, data: bytes) -> bytes:
        members = members_of(data)
        places = [
            at for at, (name, _) in enumerate(members) if name.endswith((".xml", ".rels")) and "docProps" not in name
        ]
        sheets = [at for at in places if "sheet" in members[at][0] or "content" in members[at][0]]
        at = rng.choice(sheets if sheets and rng.random() < 0.6 else places)
        name, xml = members[at]
        members[at] = (name, edit(rng, xml))
        return packed(members)

    return mutate


# --- texts ---------------------------------------------------------------------------------------------------------


def _lines(data: bytes) -> tuple[list[list[str]], str]:
    text = decode(data)
    separator = _separator(text)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator)), separator


def _written(rows: list[list[str]], separator: str, end: str = "\r\n", quoting: int = csv.QUOTE_MINIMAL) -> str:
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)
    return made.getvalue()


def _encoded_anew(rng: Random, data: bytes) -> bytes:
    encoding = rng.choice(ENCODINGS)
    return (MARKS.get(encoding, b"") if rng.random() < 0.7 else b"") + decode(data).encode(encoding)


def _laid_out_anew(rng: Random, data: bytes) -> bytes:
    """Other separators, quotes and line ends."""
    rows, _ = _lines(data)
    end, quoting = rng.choice(("\n", "\r\n", "\r")), rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    return _written(rows, rng.choice(",;\t"), end, quoting).encode()


def _ends_anew(rng: Random, data: bytes) -> bytes:
    """Other ends of lines, and blank lines, about at random."""
    text = decode(data).replace("\r\n", "\n")
    return "".join(rng.choice(("\n", "\r\n", "\r", "\r\n\r\n")) if s == "\n" else s for s in text).encode()


def _mixed(rng: Random, data: bytes) -> bytes:
    """One field that has Chinese in another encoding than the others."""
    rows, separator = _lines(data)
    encodings = rng.sample(("utf-8", "gb18030"), 2)
    places = [(y, x) for y, row in enumerate(rows) for x, text in enumerate(row) if not text.isascii()]
    odd = rng.choice(places)
    made = [
        separator.encode().join(t.encode(encodings[(y, x) == odd]) for x, t in enumerate(row))
        for y, row in enumerate(rows)
    ]
    return b"\r\n".join([*made, b""])


def _nul(rng: Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + b"\0" + data[at:]


def _cut_in_line(rng: Random, data: bytes) -> bytes:
    """Cut within the last line, before its last field."""
    rows, separator = _lines(data)
    last = max(y for y, row in enumerate(rows) if len(row) > 1)
    return (
        _written(rows[:last], separator) + separator.join(rows[last][: rng.randrange(1, len(rows[last]) - 1)])
    ).encode()


def _quote_open(rng: Random, data: bytes) -> bytes:
    """A quote that is not closed, before a field."""
    text = decode(data)
    separator = _separator(text)
    places = [
        at + 1 for at, sign in enumerate(text) if sign in (separator, "\n") and text[at + 1 : at + 2] not in ('"', "")
    ]
    at = rng.choice(places)
    return (text[:at] + '"' + text[at:]).encode()


# --- all of them ---------------------------------------------------------------------------------------------------


def _of_frame(name: str, kinds: tuple[str, ...], mutate: Mutate) -> Mutation:
    return Mutation(name, kinds, mutate, structural=True)


def _of_content(name: str, kinds: tuple[str, ...], mutate: Mutate) -> Mutation:
    return Mutation(name, kinds, mutate, structural=False)


ZIPS, PACKAGES, BINARY, TEXTS = ("xlsx", "ods", "zip"), ("xlsx", "ods"), ("xls",), ("text",)
MUTATIONS = (
    _of_frame("cut short", (*ZIPS, *BINARY), _truncated),
    _of_frame("bits flipped", ZIPS, _flipped),
    _of_frame("bytes deleted", ZIPS, _deleted),
    _of_frame("bytes inserted", ZIPS, _inserted),
    _of_frame("garbage behind", (*ZIPS, *BINARY), _garbage_behind),
    _of_frame("garbage before", (*ZIPS, *BINARY), _garbage_before),
    _of_frame("twice in a row", (*ZIPS, *BINARY), _twice),
    _of_frame("a member dropped", PACKAGES, _remade(_dropped)),
    _of_frame("a member renamed", PACKAGES, _remade(_renamed)),
    _of_content("a member dropped", ("zip",), _remade(_dropped)),
    _of_content("a member renamed", ("zip",), _remade(_renamed)),
    _of_frame("a member twice", PACKAGES, _remade(_doubled)),
    _of_content("a member twice", ("zip",), _remade(_doubled)),
    _of_frame("members in another order", ZIPS, _remade(_shuffled)),
    _of_frame("compressed otherwise", ZIPS, _recompressed),
    _of_frame("flags that lie", ZIPS, _entry_lies(8, "<H")),
    _of_frame("a method that lies", ZIPS, _entry_lies(10, "<H")),
    _of_frame("a check sum that lies", ZIPS, _entry_lies(16, "<I")),
    _of_frame("a packed size that lies", ZIPS, _entry_lies(20, "<I")),
    _of_frame("a size that lies", ZIPS, _entry_lies(24, "<I")),
    _of_frame("a place that lies", ZIPS, _entry_lies(42, "<I")),
    *(_of_frame(f"XML: {name}", PACKAGES, _in_part(edit)) for name, edit in SAME.items()),
    *(_of_content(f"XML: {name}", PACKAGES, _in_part(edit)) for name, edit in CHANGED.items()),
    _of_frame("bits of the header flipped", BINARY, _header_flipped),
    _of_content("bits flipped", (*BINARY, *TEXTS), _flipped),
    _of_content("bytes deleted", (*BINARY, *TEXTS), _deleted),
    _of_content("bytes inserted", (*BINARY, *TEXTS), _inserted),
    _of_content("cut short", TEXTS, _truncated),
    _of_frame("cut within a line", TEXTS, _cut_in_line),
    _of_frame("another encoding", TEXTS, _encoded_anew),
    _of_frame("other separators", TEXTS, _laid_out_anew),
    _of_frame("other line ends", TEXTS, _ends_anew),
    _of_frame("two encodings", TEXTS, _mixed),
    _of_frame("a NUL byte", TEXTS, _nul),
    _of_frame("a quote left open", TEXTS, _quote_open),
)
