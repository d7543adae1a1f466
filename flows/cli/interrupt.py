"""Ctrl-C and SIGTERM, at any moment: one sentence, exit 130 or 143, no child left.

What was under way is given up as if the process had been killed, which the store is made for. The main thread unwinds,
so that the lock is freed and Prefect told; what a library says of that goes nowhere. A thread of its own, which the
system wakes whatever the main thread does, sees to the end: when all is unwound, after a grace, or at a second signal.
Imported before all else, so that nothing that takes time to import is uncovered.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from select import select
from types import FrameType

SENTENCE = "xianbao: 已中断,未完成的部分由下次运行完成; interrupted: the next run finishes what is left\n"
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_SECONDS = 2.0
OUT, ERR = 1, 2
UNWOUND = 0  # no signal has this number
# To the beginning of the line, the line blank, the cursor shown: a spinner may have been drawn.
TIDY = b"\r\x1b[2K\x1b[?25h"


class Interruption:
    """A signal that ends this process, from its arrival until nothing is left of what was started."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.finished = False
        self.lock = threading.RLock()
        self.sentence = SENTENCE.encode(sys.stderr.encoding, "backslashreplace")
        self.told, self.tell = os.pipe()
        os.set_blocking(self.tell, False)

    def run(self, command: Callable[[], None]) -> None:
        """Runs the command, in the main thread. Signals that are ignored, as of what `nohup` or a script started in
        the background, stay so.
        """
        signal.set_wakeup_fd(self.tell, warn_on_full_buffer=False)
        for number in ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._unwind)
        threading.Thread(target=self._see_to_the_end, name="interruption", daemon=True).start()
        try:
            command()
        finally:
            self.finished = True
            if self.number is not None:
                self._wait_for_the_end()

    def _unwind(self, number: int, _frame: FrameType | None) -> None:
        self._say(number)
        if self.finished:
            self._wait_for_the_end()
        raise KeyboardInterrupt

    def _say(self, number: int) -> None:
        """Says the sentence, once, on a line of its own; nothing is said after it."""
        with self.lock:
            if self.number is not None:
                return
            self.number = number
            before = os.dup(OUT), os.dup(ERR)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            for stream, terminal in zip((OUT, ERR), before, strict=True):
                os.dup2(nowhere, stream)
                if os.isatty(terminal) and os.environ.get("TERM", "dumb") != "dumb":
                    _write(terminal, TIDY)
            _write(before[1], self.sentence)

    def _wait_for_the_end(self) -> None:
        os.write(self.tell, bytes([UNWOUND]))
        threading.Event().wait()

    def _see_to_the_end(self) -> None:
        number = self._next(None)
        try:
            self._say(number)
            self._next(GRACE_SECONDS)
            end_children(os.getpid())
        finally:
            os._exit(128 + number)

    def _next(self, seconds: float | None) -> int:
        """The signal that came, UNWOUND where the main thread is through, or no more came in so many seconds."""
        while select([self.told], [], [], seconds)[0]:
            # Others than these, as a timer's, are somebody else's.
            if (number := os.read(self.told, 1)[0]) in (UNWOUND, *ENDING):
                return number
        return UNWOUND


def _write(stream: int, data: bytes) -> None:
    # Nobody may be there to read it.
    with suppress(OSError):
        os.write(stream, data)


def end_children(parent: int) -> None:
    """Ends all that a process started, and what these did, at once; those that lead a group, with all in it."""
    for child in _children(parent):
        end_children(child)
        # It may have ended by itself.
        with suppress(ProcessLookupError):
            (os.killpg if os.getpgid(child) == child else os.kill)(child, signal.SIGKILL)


def _children(parent: int) -> Iterator[int]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            _, its_parent, *_ = stat.read_bytes().rpartition(b") ")[2].split()
            if int(its_parent) == parent:
                yield int(stat.parent.name)
