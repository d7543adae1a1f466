"""The inbox: what has newly arrived, what is still under way and waits, what is never opened.

The inbox belongs to those who send: nothing in it is ever changed, locked or removed.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.intake.formats.file_labels import distinct, is_litter, label_of, name_bytes_of
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.model.records import UNREAD
from warehouse.messages.disk_errors import system_error
from warehouse.messages.errors import TransientError
from warehouse.messages.log import log
from warehouse.store.archive import Stamp, hash_file

# What editors and copying programs leave while a file is open or under way.
PASSING = ("~$", ".")
PASSING_SUFFIXES = (".tmp", ".part", ".partial", ".filepart", ".crdownload")
RECENT_SECONDS = 60
HOUR = 3600
# What is no matter of the file that it is met at.
OF_THE_PROCESS = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}


@dataclass(frozen=True)
class SettleTimes:
    """How long a file is looked at before it is taken for whole: seconds between two looks at one that was written
    lately (0: one look), and hours until a lock file is taken for left behind.
    """

    settle_seconds: float = 1.0
    lock_hours: float = 24


@dataclass(frozen=True)
class Arrival:
    """A file that is to be received, as it was when it was looked at last; `name_bytes` as in a receipt."""

    path: Path
    stamp: Stamp
    name_bytes: str | None = None


@dataclass
class Arrivals:
    """The new files by label, sorted; labels of those that wait for the next run, and of links and special files."""

    files: dict[str, Arrival] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def take_out(self, names: Iterable[str]) -> dict[str, Arrival]:
        """Removes files, by name, from those to be taken in; these, as far as they were there."""
        return {name: self.files.pop(name) for name in names if name in self.files}

    def wait(self, label: str, why_zh: str, why_en: str) -> None:
        """Leaves a file for the next run, and says so."""
        self.files.pop(label, None)
        self.waiting.append(label)
        log.warning("%s %s,留待下次处理; it %s and waits for the next run", label, why_zh, why_en)

    def wait_unread(self, label: str, error: OSError) -> None:
        """Leaves what cannot be read for the next run, unless nothing else could be read either: raises that."""
        if error.errno in OF_THE_PROCESS:
            raise error
        self.wait(label, "现在无法读取", f"cannot be read now ({error.strerror or error})")


def new_files(
    inbox: Path,
    known: Mapping[str, str],
    patience: SettleTimes,
    limits: Limits | None = None,
    marker: str | None = None,
) -> Arrivals:
    """The files of the inbox that last came with other bytes (`known`, by label) or never; not its marker.

    Links and special files are neither followed nor opened. What is open in an editor or still being written waits. Of
    a file over the limit only the size is looked at. Raises as `check_inbox` does, also where the inbox went meanwhile.
    """
    check_inbox(inbox, marker)
    arrivals, most = Arrivals(), (limits or Limits()).file_bytes
    own = marker and inbox / marker
    for label, path in _labelled(inbox, arrivals):
        if path == own:
            continue
        try:
            arrival = _look(path, name_bytes_of(path.relative_to(inbox), label))
        except FileNotFoundError:
            continue
        except OSError as error:
            arrivals.wait_unread(label, error)
            continue
        if arrival is None:
            arrivals.skipped.append(label)
            log.warning("%s 是链接或特殊文件,已跳过; it is a link or a special file and is passed over", label)
        elif _changed(label, arrival, known, arrivals, most) and not _locked(label, arrival, patience, arrivals):
            arrivals.files[label] = arrival
    _settle(patience, arrivals)
    check_inbox(inbox, marker)
    arrivals.files = dict(sorted(arrivals.files.items()))
    return arrivals


def check_inbox(inbox: Path, marker: str | None = None) -> None:
    """Raises TransientError, which says what to do, where the inbox is no folder, cannot be listed and entered, or
    lacks its marker: a night would say that nothing is new, every night. `marker` is the name of a file in it.

    An empty folder in which nothing is mounted any more can be listed as well as the inbox; it lacks the marker.
    """
    try:
        with os.scandir(inbox) as found:
            any(found)
        (inbox / "..").stat()  # by way of it: that takes leave to enter
    except OSError as error:
        raise system_error(error) or TransientError(
            f"收件箱 {inbox} 不存在或不可用,请挂载或建立该文件夹,或更正 XIANBAO_INBOX,再重新运行;"
            f" the inbox {inbox} is missing or no folder ({error.strerror}): mount or make it, or correct"
            " XIANBAO_INBOX, and run again"
        ) from error
    if marker and not os.path.lexists(inbox / marker):
        raise TransientError(
            f"收件箱 {inbox} 中没有标志文件 {marker},可能未挂载,请挂载后再重新运行;若该文件夹确为收件箱,请建立该文件;"
            f" the inbox {inbox} lacks its marker {marker}: probably nothing is mounted there; mount it and run again,"
            " or make the file, if this folder is the inbox"
        )


def arrived(path: Path, name_bytes: str | None = None) -> Arrival:
    """A file that somebody names, as it is now; what a link points to is that file."""
    file = path.resolve()
    return Arrival(file, Stamp.of(file.stat()), name_bytes)


def _labelled(inbox: Path, arrivals: Arrivals) -> Iterator[tuple[str, Path]]:
    """All that lies in the inbox but folders, litter and what is passing, by label; no two have the same."""
    labels: dict[str, int] = {}
    for path in sorted(_walk(inbox, arrivals), key=os.fsencode):
        yield distinct(label_of(path.relative_to(inbox)), labels), path


def _walk(inbox: Path, arrivals: Arrivals) -> Iterator[Path]:
    """Links to folders are not followed; a folder below the inbox that cannot be read waits, and is named."""
    pending = [inbox]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as found:
                entries = [(Path(entry.path), _is_folder(entry)) for entry in found]
        except FileNotFoundError:
            continue
        except OSError as error:
            if folder == inbox:
                raise
            arrivals.wait_unread(f"{label_of(folder.relative_to(inbox))}/", error)
            continue
        for path, is_folder in entries:
            if path.name.startswith(PASSING) or is_litter(path.name):
                continue
            if is_folder:
                pending.append(path)
            elif not path.name.lower().endswith(PASSING_SUFFIXES):
                yield path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder; what cannot be looked at is none, and is looked at again as a file."""
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _look(path: Path, name_bytes: str | None) -> Arrival | None:
    """The file as it is now; None for what is no regular file."""
    state = path.stat(follow_symlinks=False)
    return Arrival(path, Stamp.of(state), name_bytes) if stat.S_ISREG(state.st_mode) else None


def _changed(label: str, arrival: Arrival, known: Mapping[str, str], arrivals: Arrivals, most: int) -> bool:
    """Whether the file's bytes are others than before; one that cannot be read now waits, and is named."""
    # Before receipts had the bytes of names, the label was all there was.
    before = known.get(arrival.name_bytes or label, known.get(label))
    if (size := arrival.stamp.size) > most:
        return before != f"{UNREAD}{size}"
    try:
        return hash_file(arrival.path) != before
    except OSError as error:
        arrivals.wait_unread(label, error)
        return False


def _locked(label: str, arrival: Arrival, patience: SettleTimes, arrivals: Arrivals) -> bool:
    """Whether a lock file says that somebody has the file open; such a file waits, unless the lock is an old one."""
    lock = _lock_of(arrival.path)
    if lock is None:
        return False
    try:
        hours = (time.time() - lock.stat(follow_symlinks=False).st_mtime) / HOUR
    except FileNotFoundError:
        return False
    except OSError as error:
        arrivals.wait_unread(label, error)
        return True
    if hours > patience.lock_hours:
        log.warning(
            "%s 旁的锁文件已留了 %.0f 小时,照常处理; the lock file beside it was left behind %.0f hours ago,"
            " the file is taken in",
            label, hours, hours,
        )  # fmt: skip
        return False
    arrivals.wait(label, f"正被打开({label_of(Path(lock.name))})", f"is open, as {label_of(Path(lock.name))} says,")
    return True


def _lock_of(path: Path) -> Path | None:
    """The lock file beside a file: `~$name` or, for a longer name, without its first two characters (Excel, WPS);
    `.~lock.name#` (LibreOffice).
    """
    name, shortened = path.name, path.name[2:]
    locks = [f"~${name}", f".~lock.{name}#"]
    if Path(shortened).stem and not os.path.lexists(path.with_name(shortened)):
        locks.append(f"~${shortened}")
    return next((path.with_name(lock) for lock in locks if os.path.lexists(path.with_name(lock))), None)


def _settle(patience: SettleTimes, arrivals: Arrivals) -> None:
    """Looks again at what was written lately, after one pause for all; what has changed meanwhile waits.

    A time in the future is another machine's clock, and counts as lately.
    """
    since = (time.time() - RECENT_SECONDS) * 1e9
    recent = {label: a for label, a in arrivals.files.items() if a.stamp.mtime_ns > since}
    if not recent or not patience.settle_seconds:
        return
    time.sleep(patience.settle_seconds)
    for label, arrival in recent.items():
        try:
            same = _look(arrival.path, arrival.name_bytes) == arrival
        except OSError:
            same = False
        if not same:
            arrivals.wait(label, "还在写入", "is still being written")
