"""What a process that reads submissions is left with: an original or the folder of all, a folder of its own.

It is started apart from everything round it: no module is found in the working directory, nothing of the environment
comes along. Before it loads a library, and so has threads, Landlock takes from it what it does not need; before it
sees a byte of a submission, limits bound what it takes. What the kernel has not is done without, and said once. There
is no seccomp filter: none of the libraries we use makes one, and a table of calls a processor is not ours to keep.
"""

from __future__ import annotations

import mimetypes
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from math import ceil
from pathlib import Path

from warehouse.intake.formats.file_labels import harmless
from warehouse.intake.sandbox.landlock import READ, READ_FILE, WRITE, forbid_new_privileges, landlock_version, restrict
from warehouse.messages.errors import TransientError
from warehouse.messages.log import log

PACKAGE = Path(__file__).resolve().parents[2]
WORKING, DATA_PAGES = Path("/proc/self/statm"), 5
# Of the system: what libraries load, and read as they are loaded; how many processors, how much memory there is.
SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache", "/etc/localtime", "/etc/ssl",
    "/dev/urandom", "/proc/meminfo", "/proc/stat", "/proc/sys/vm", "/sys/devices/system/cpu",
    "/sys/kernel/mm/transparent_hugepage", str(WORKING), *mimetypes.knownfiles,
)  # fmt: skip
# Where the program is stands in the arguments: it is in nothing else that the process is started with.
BEGIN = "import sys; sys.argv[1] in sys.path or sys.path.insert(0, sys.argv[1]); from {} import begin; begin()"
# The children are the threads: one of a library's own each would wait for the other's.
ENVIRONMENT = {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
OPEN_FILES = 64
# Beyond what the user has: Polars starts a thread where another waits, and the system counts all of the user's.
TASKS = 256


@dataclass(frozen=True)
class Sandbox:
    """What a reader keeps: an original or the folder of all to read, a folder of its own to write, bytes of memory
    beyond what it needs itself, so many processes and threads (beyond those of the user, until it is started).
    """

    originals: Path
    own: Path
    memory_bytes: int
    tasks: int = TASKS

    @property
    def errors(self) -> Path:
        """Where its standard error goes."""
        return self.own / "errors"

    @property
    def last_error(self) -> str:
        """The last line of it; blank where there is none."""
        return self.errors.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]

    def start(self, module: str) -> subprocess.Popen[bytes]:
        """A process that begins with the `main` of a module so confined, with pipes to it and from it."""
        say_what_is_missing()
        self.own.mkdir(parents=True, exist_ok=True)
        words = (
            PACKAGE.parent,
            module,
            self.originals.resolve(),
            self.own.resolve(),
            self.memory_bytes,
            _own_tasks() + self.tasks,
        )
        with self.errors.open("wb") as errors:
            return subprocess.Popen(  # noqa: S603  (this interpreter, our own module)
                [sys.executable, "-I", "-X", "utf8", "-c", BEGIN.format(__name__), *map(str, words)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                bufsize=0,
                cwd=self.own,
                env=ENVIRONMENT,
                start_new_session=True,
            )

    def not_started(self) -> TransientError:
        """That the process did not begin, with what it said of it."""
        said = f" ({harmless(self.last_error)})" if self.last_error else ""
        return TransientError(f"a process that reads submissions could not be started{said}; try again later")

    def close_doors(self) -> None:
        """Takes from this process all files but those it keeps; while it has no threads, which would keep theirs."""
        forbid_new_privileges()
        if landlock_version():
            restrict(
                {
                    **dict.fromkeys(self._program(), READ),
                    self.originals: READ_FILE,
                    self.own: WRITE,
                    Path(os.devnull): WRITE,
                }
            )

    def _program(self) -> Iterator[Path]:
        """Where modules are found; no folder that the root lies in, as that of a project may be."""
        for place in map(Path, (*sys.path, *SYSTEM)):
            if not self.originals.is_relative_to(place.resolve()) and not self.own.is_relative_to(place.resolve()):
                yield place
        yield PACKAGE

    def set_limits(self) -> None:
        """Bounds what this process may hold, write and open from here on; the system then refuses it more.

        Processes and threads are bounded together, and for all of a user; the system does not count those of root.
        """
        pages = int(WORKING.read_text(encoding="ascii").split()[DATA_PAGES])
        limit(resource.RLIMIT_DATA, pages * resource.getpagesize() + self.memory_bytes)
        # A reader that aborts leaves no image of itself behind.
        limit(resource.RLIMIT_CORE, 0)
        limit(resource.RLIMIT_NOFILE, OPEN_FILES)
        limit(resource.RLIMIT_NPROC, self.tasks)
        # What is written is no more than what may be held. Python would say that the disk is full; the process ends.
        limit(resource.RLIMIT_FSIZE, self.memory_bytes)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


def _own_tasks() -> int:
    """How many processes and threads this user has."""
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found += sum(1 for _ in (process / "task").iterdir()) if process.stat().st_uid == os.getuid() else 0
        except OSError:  # it has ended
            continue
    return found


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process that `Sandbox.start` started, and all that it started itself; it is waited for."""
    # Once it was waited for, its number may be another's.
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def limit(kind: int, most: int) -> None:
    """Sets a limit of this process, for good; one that is lower already stays."""
    hard = resource.getrlimit(kind)[1]
    bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (bound, bound))


def give_time(seconds: float) -> None:
    """Ends this process when it has computed for so many seconds more, whoever has forgotten it."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (ceil(time.process_time() + seconds), hard))


@cache
def say_what_is_missing() -> None:
    """Logs, once a process, that the kernel has no Landlock."""
    if not landlock_version():
        log.warning(
            "内核没有 Landlock,读取进程只受资源限制; the kernel has no Landlock: processes that read submissions are"
            " bounded by limits alone; see: xianbao doctor"
        )


def begin() -> None:
    """The beginning of a process that reads: it closes its doors, then loads its module and does what that says."""
    module, originals, own, memory_bytes, tasks = sys.argv[2:]
    kept = Sandbox(Path(originals), Path(own), int(memory_bytes), int(tasks))
    kept.close_doors()
    import_module(module).main(kept)
