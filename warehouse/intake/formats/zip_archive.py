"""A zip archive of submissions: which of its members are submissions of their own, and why the others are not.

Nothing an archive says of itself is trusted: names become labels and never paths, sizes are counted while reading,
and what is unpacked goes through one scratch file at a time. Receiving takes the members (`members_of`), reading says
what was refused (`zip_findings`); both walk the archive the same way, so they agree.
"""

from __future__ import annotations

import errno
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from mmap import ACCESS_READ, mmap
from pathlib import Path
from tempfile import TemporaryDirectory

from warehouse.intake.formats.file_labels import decoded, distinct, harmless, is_litter
from warehouse.intake.formats.preflight import Limits, OverLimitError, UnreadableError
from warehouse.intake.formats.registry import ARCHIVE, FORMATS, REFUSED

SUFFIX = ARCHIVE.suffixes[0]
# What only a workbook or another document has: such a zip is one file, good or not, and no archive of files.
PACKAGE = {"[content_types].xml", "mimetype", "meta-inf/manifest.xml"}.union(
    *(kind.parts for kind in (*FORMATS.values(), *REFUSED) if kind.magic == ARCHIVE.magic)
)
FIRST_NAME, FIRST_PARTS = 30, (b"[content_types].xml", b"mimetype")
ENTRY = re.compile(rb"PK\x01\x02")
# Members that are archives themselves have entries too, which count here.
ENTRIES_PER_MEMBER = 20
PLAIN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
UTF_8, ENCRYPTED = 0x800, 0x1 | 0x40 | 0x2000
DRIVE = re.compile(r"[A-Za-z]:")
UP = re.compile(r" *\.\.[. ]*")
CHUNK = 1 << 20
MOST_REFUSED = 100
# An archive of less may unpack to any number of times its size: texts of many equal lines do.
SMALL = 10_000_000
# What zipfile makes of damage; a RuntimeError of encryption and compression that it does not know.
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, struct.error, OverflowError)

A_ZIP = "完整、未加密的 zip 压缩包 a whole, unencrypted zip archive"
SUBMISSIONS = "工作簿或 CSV 文件 a workbook or a CSV file"
INSIDE = "压缩包内的相对路径 a name inside the archive"
NO_PASSWORD = "没有密码的文件 a file without a password"  # noqa: S105  (words, not one)


@dataclass(frozen=True)
class Member:
    """A submission out of an archive: the name it is known under there, its place among the entries, and a scratch file
    with its bytes, which is written anew for the next member.
    """

    label: str
    place: int
    path: Path


@dataclass(frozen=True)
class RefusedMember:
    """A member that is not taken in: what it is and what was wanted, both in zh and en."""

    found: str
    expected: str


def is_archive(path: Path, limits: Limits) -> bool:
    """Whether the file is an archive of files: a zip that is no workbook or other document, or called .zip and none
    at all (damaged, or too large to be looked into). What is called otherwise is none: a workbook may be damaged so
    that it looks like one.
    """
    named = path.suffix.lower() == SUFFIX
    if not named and path.suffix:
        return False
    with path.open("rb") as file:
        return_header = file.read(FIRST_NAME + 64)
    # Most workbooks say so in the first of their parts, without a look at all of them.
    if not named and (
        not return_header.startswith(ARCHIVE.magic) or return_header[FIRST_NAME:].lower().startswith(FIRST_PARTS)
    ):
        return False
    try:
        with _opened(path, limits) as archive:
            return not any(_name(info).replace("\\", "/").lower() in PACKAGE for info in archive.infolist())
    except UnreadableError:
        return named


def members_of(path: Path, limits: Limits, scratch: Path) -> Iterator[Member]:
    """The submissions out of a file, if it is an archive: one after the other, as `Member` says.

    What is wrong with it is said on reading (`zip_findings`).
    """
    if not is_archive(path, limits):
        return
    scratch.mkdir(parents=True, exist_ok=True)
    with suppress(UnreadableError):
        yield from (member for member in unpack(path, limits, scratch) if isinstance(member, Member))


def take_out(path: Path, place: int, target: Path, limits: Limits) -> None:
    """Writes the member at a place of an archive, that was a `Member`. Raises Unreadable where it is none now."""
    archive = _kept_open(path)
    if damage := _copy(archive, archive.infolist()[place], target, limits):
        raise UnreadableError(f"{target.name}: {damage}", A_ZIP)


def unpacked_size(path: Path, place: int) -> int:
    """How many bytes that member has, as the archive says."""
    return _kept_open(path).infolist()[place].file_size


@lru_cache(maxsize=1)
def _kept_open(path: Path) -> zipfile.ZipFile:
    """An original that has been looked at: its members are read one after the other, its directory once."""
    return zipfile.ZipFile(path)


def zip_findings(path: Path, limits: Limits) -> list[tuple[str, str]]:
    """What was refused of an archive, as found and expected; raises Unreadable where nothing can be taken from it."""
    with TemporaryDirectory(prefix="xianbao-") as scratch:
        refused = [(m.found, m.expected) for m in unpack(path, limits, Path(scratch)) if isinstance(m, RefusedMember)]
    if more := refused[MOST_REFUSED:]:
        return [*refused[:MOST_REFUSED], (f"另有 {len(more)} 个文件 {len(more)} more members", SUBMISSIONS)]
    return refused


def unpack(path: Path, limits: Limits, scratch: Path) -> Iterator[Member | RefusedMember]:
    """The members one after the other, in the archive's order, litter left out; `scratch` is a folder for the bytes.

    Raises Unreadable, before the first one, for an archive that is damaged or unpacks to too much; after the last,
    where there was none.
    """
    with _opened(path, limits) as archive:
        infos = archive.infolist()
        if len(infos) > limits.members:
            raise OverLimitError(f"{len(infos)} 个文件 files in the archive", f"至多 at most {limits.members}")
        if (total := sum(info.file_size for info in infos)) > limits.unpacked_bytes:
            raise OverLimitError(
                f"解压后 unpacked {total} 字节 bytes", f"至多 at most {limits.unpacked_bytes} 字节 bytes"
            )
        # What a few kilobytes cost is bounded by them.
        most = max(SMALL, limits.archive_growth * path.stat().st_size)
        if total > most:
            raise OverLimitError(
                f"解压后为压缩包的 unpacks to {total / path.stat().st_size:.0f} 倍 times its size",
                f"至多 at most {limits.archive_growth:g} 倍 times, 或 or {SMALL} 字节 bytes",
            )
        labels: dict[str, int] = {}
        empty = True
        for place in range(len(infos)):
            found = _member(archive, place, labels, limits, scratch)
            if found is not None:
                empty = False
                yield found
    if empty:
        raise UnreadableError("空的压缩包 an empty archive", f"压缩包内有 an archive with {SUBMISSIONS}")


def _member(
    archive: zipfile.ZipFile, place: int, labels: dict[str, int], limits: Limits, scratch: Path
) -> Member | RefusedMember | None:
    """One member, its bytes in the scratch folder; None for a folder and for litter. Its label is put with `labels`."""
    info = archive.infolist()[place]
    name = _name(info)
    if outside := _outside(name):
        return outside
    parts = [part for part in name.replace("\\", "/").split("/") if part.strip(" .")]
    if _is_folder(info, name) or any(map(is_litter, parts)):
        return None
    label = distinct(harmless("/".join(parts)) or "无名 no name", labels)
    if refused := _not_taken(info, label, limits):
        return refused
    target = scratch / f"member{SUFFIX if label.lower().endswith(SUFFIX) else ''}"
    if damage := _copy(archive, info, target, limits):
        return RefusedMember(f"{label}: {damage}", f"完好的文件 a whole file, {SUBMISSIONS}")
    if is_archive(target, limits):
        return RefusedMember(f"{label}: 压缩包中的压缩包 an archive inside the archive", SUBMISSIONS)
    return Member(label, place, target)


def _outside(name: str) -> RefusedMember | None:
    """Refuses a name that would lead out of the archive's own folder."""
    parts = name.replace("\\", "/").split("/")
    if parts[0] == "" or DRIVE.match(name):
        return RefusedMember(f"{harmless(name) or '空白 blank'}: 绝对路径 an absolute name", INSIDE)
    if any(UP.fullmatch(part) for part in parts):
        return RefusedMember(f"{harmless(name)}: 指向上级文件夹 a name with ..", INSIDE)
    return None


def _not_taken(info: zipfile.ZipInfo, label: str, limits: Limits) -> RefusedMember | None:
    """Refuses what the archive itself says is no plain file, or is too large."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return RefusedMember(f"{label}: 符号链接 a symbolic link", SUBMISSIONS)
    if kind not in (0, stat.S_IFREG):
        return RefusedMember(f"{label}: 不是普通文件 not a regular file", SUBMISSIONS)
    if info.flag_bits & ENCRYPTED:
        return RefusedMember(f"{label}: 加密的文件 an encrypted file", NO_PASSWORD)
    if info.compress_type not in PLAIN_METHODS:
        return RefusedMember(
            f"{label}: 压缩方法 compression method {info.compress_type}", "普通的 zip 压缩 ordinary zip compression"
        )
    if info.file_size > limits.file_bytes:
        return RefusedMember(f"{label}: {info.file_size} 字节 bytes", f"至多 at most {limits.file_bytes} 字节 bytes")
    return None


def _is_folder(info: zipfile.ZipInfo, name: str) -> bool:
    """Whether the member stands for a folder; one that has bytes does not."""
    marked = name.endswith(("/", "\\")) or stat.S_ISDIR(info.external_attr >> 16)
    return marked and info.file_size == 0


def _name(info: zipfile.ZipInfo) -> str:
    """The member's name, all of it: zipfile cuts it at a NUL, and takes bytes for cp437 that are not marked UTF-8."""
    if info.flag_bits & UTF_8:
        return info.orig_filename
    return decoded(info.orig_filename.encode("cp437"))


def _copy(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, limits: Limits) -> str | None:
    """Writes the member's bytes to the scratch file; what is wrong with them, None where all is right."""
    with target.open("wb") as file:
        chunks = _chunks(archive, info)
        while True:
            try:
                chunk = next(chunks, b"")
            except DAMAGE:
                return "损坏 damaged"
            if not chunk:
                break
            file.write(chunk)
            if file.tell() > limits.file_bytes:
                return f"超过 more than {limits.file_bytes} 字节 bytes"
    return None


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member's bytes; the check sum is compared at their end. An impossible place is damage, no system error."""
    try:
        with archive.open(info) as part:
            while chunk := part.read(CHUNK):
                yield chunk
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):
            raise
        raise zipfile.BadZipFile(str(error)) from error


@contextmanager
def _opened(path: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """The archive, its directory read; raises Unreadable where that cannot or must not be."""
    if (size := path.stat().st_size) > limits.file_bytes:
        raise OverLimitError(f"{size} 字节 bytes", f"至多 at most {limits.file_bytes} 字节 bytes")
    if size == 0:
        raise UnreadableError("空文件 an empty file", A_ZIP)
    # The directory becomes objects of half a kilobyte for 46 bytes: as many as there are marks of entries.
    most = ENTRIES_PER_MEMBER * limits.members
    if (marks := _marks(path)) > most:
        raise OverLimitError(f"{marks} 个文件 files in the archive", f"至多 at most {limits.members}")
    try:
        archive = zipfile.ZipFile(path)
    except (*DAMAGE, OSError) as error:
        raise UnreadableError(f"损坏的压缩包 a damaged archive ({harmless(str(error))})", A_ZIP) from error
    with archive:
        yield archive


def _marks(path: Path) -> int:
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        return sum(1 for _ in ENTRY.finditer(data))
