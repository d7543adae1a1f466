"""A child process that reads submissions: `python -m warehouse.intake.worker`, started by `warehouse.intake.apart`.

It says a line on its standard output before each file that it takes in hand and one when a part is written, so that
its parent knows which file is to blame when it dies or hangs. It ends with its standard input, as when the parent dies.
"""

from __future__ import annotations

import os
import resource
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from warehouse.codebook import load
from warehouse.intake.preflight import Limits
from warehouse.intake.reading import read_part, save_reading
from warehouse.intake.records import Received

WORKING = Path("/proc/self/statm")
DATA_PAGES = 5


class Part(BaseModel):
    """What to read, and the folder for what comes of it."""

    received: list[Received]
    limits: Limits
    folders: dict[str, str]
    folder: Path


class Said(BaseModel):
    """A line of the child: that it is ready, which receipt it takes in hand (None: it converts them all), that the part
    is done, or that it failed, with the error.
    """

    at: Literal["ready", "reading", "done", "failed"]
    receipt: int | None = None
    error: str | None = None


def limit_memory(limit: int) -> None:
    """Bounds what the process may allocate beyond what it has now; the system then refuses it more."""
    pages = int(WORKING.read_text(encoding="ascii").split()[DATA_PAGES])
    most = pages * resource.getpagesize() + limit
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    # A reader that aborts leaves no image of itself behind.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    # What libraries print goes elsewhere than the lines to the parent.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    load()
    limit_memory(int(sys.argv[1]))

    def say(said: Said) -> None:
        out.write(said.model_dump_json() + "\n")

    say(Said(at="ready"))
    for line in sys.stdin:
        part = Part.model_validate_json(line)

        try:
            save_reading(read_part(_in_hand(part.received, say), part.limits, part.folders), part.folder)
        except Exception:  # noqa: BLE001  (the parent says it; this process has nothing more to lose)
            say(Said(at="failed", error=traceback.format_exc()))
            return
        say(Said(at="done"))


def _in_hand(received: list[Received], say: Callable[[Said], None]) -> Iterator[Received]:
    for one in received:
        say(Said(at="reading", receipt=one.receipt.receipt))
        yield one
    say(Said(at="reading"))


if __name__ == "__main__":
    main()
