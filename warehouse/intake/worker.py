"""A child process that reads submissions: `python -m warehouse.intake.worker`, started by `warehouse.intake.apart`.

It says a line on its standard output before each file that it takes in hand and one when a part is written, so that
its parent knows which file is to blame when it dies or hangs. It ends with its standard input, as when the parent dies.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

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


# What the child says, a word and what belongs to it a line: that it is ready; which receipt it takes in hand, none when
# it converts them all; that the part is done; that it failed, with the error.
READY, READING, DONE, FAILED = "ready", "reading", "done", "failed"


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
    # What is there now lives on: collections need not look through it.
    gc.freeze()
    limit_memory(int(sys.argv[1]))

    def say(word: str, more: str = "") -> None:
        out.write(f"{word} {more}\n")

    say(READY)
    for line in sys.stdin:
        part = Part.model_validate_json(line)

        try:
            save_reading(read_part(_in_hand(part.received, say), part.limits, part.folders), part.folder)
        except Exception:  # noqa: BLE001  (the parent says it; this process has nothing more to lose)
            say(FAILED, json.dumps(traceback.format_exc()))
            return
        say(DONE)


def _in_hand(received: list[Received], say: Callable[[str, str], None]) -> Iterator[Received]:
    for one in received:
        say(READING, str(one.receipt.receipt))
        yield one
    say(READING, "")


if __name__ == "__main__":
    main()
