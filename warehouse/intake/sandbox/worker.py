"""A child process that reads submissions, started by `warehouse.intake.sandbox.reader_pool`.

It notes each file that it takes in hand, so that its parent knows which is to blame when it dies or hangs, and says a
line when a part is read. It ends with its standard input, as when the parent dies.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from time import perf_counter

from pydantic import BaseModel

from warehouse.codebook import load
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.layout.header import known_header
from warehouse.intake.model.records import ReceivedFile
from warehouse.intake.ownership.claims import county_within
from warehouse.intake.reading import read_part, save_reading
from warehouse.intake.sandbox.confinement import Sandbox, give_time
from warehouse.messages.disk_errors import disk_error

TURNS = 2  # a file is given its time at least once and at most twice; so is what follows on the last


class ReaderJob(BaseModel):
    """What to read, for how long (seconds, after which no other file is begun), and the folder for
    what comes of it.
    """

    received: list[ReceivedFile]
    limits: Limits
    folders: dict[str, str]
    folder: Path
    seconds: float

    @property
    def hand(self) -> Path:
        """The file that says which receipt is in hand: a number, 0 where all are read and converted together.

        A file, for a line a submission would wake the parent as often, which takes its time from the children.
        """
        return self.folder.with_suffix(".hand")

    def in_hand(self) -> int | None:
        """The receipt in hand; None where it is none of them."""
        return int.from_bytes(self.hand.read_bytes()) or None if self.hand.exists() else None


# What the child says, a word and what belongs to it a line: that it is ready; that it is done, with the seconds that
# each file took that it came to; that it failed, with the error; that the disk takes no more.
READY, DONE, FAILED, NO_DISK = "ready", "done", "failed", "no-disk"


def main(kept: Sandbox) -> None:
    """The child's part: reads some files for each line of standard input; what goes wrong is told, and ends it."""
    # What libraries print goes elsewhere than the lines to the parent: to its errors, and nowhere once it has begun.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    for dataset in load().datasets.values():
        # What all files share is worked out before the first one: names of counties and columns.
        county_within(dataset.label_zh)
        known_header(dataset.dataset, tuple(i.header_zh for i in dataset.indicators))
    # What Polars makes at its first work is not counted for a file.
    save_reading(read_part([], Limits(), {}), kept.own / "none")
    # What is there now lives on: collections need not look through it.
    gc.freeze()
    kept.set_limits()

    def say(word: str, more: str = "") -> None:
        out.write(f"{word} {more}\n")

    say(READY)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        part = ReaderJob.model_validate_json(line)
        part.folder.mkdir(parents=True, exist_ok=True)
        try:
            took: list[float] = []
            with part.hand.open("wb", buffering=0) as hand:
                save_reading(read_part(_in_hand(part, hand, took), part.limits, part.folders), part.folder)
        except Exception as error:  # noqa: BLE001  (the parent says it; this process has nothing more to lose)
            if disk := disk_error(error):
                # No file is to blame.
                say(NO_DISK, json.dumps(str(disk)))
            else:
                say(FAILED, json.dumps(traceback.format_exc()))
            return
        say(DONE, json.dumps(took))


def _in_hand(part: ReaderJob, hand: FileIO, took: list[float]) -> Iterator[ReceivedFile]:
    """The files one by one, each noted first, and what it took after it; nothing is in hand after the last."""
    begun = perf_counter()
    for one in part.received:
        if took and perf_counter() - begun > part.seconds:
            break
        _note(hand, one.receipt.receipt)
        give_time(TURNS * part.limits.seconds)
        start = perf_counter()
        yield one
        took.append(perf_counter() - start)
    _note(hand, 0)
    give_time(TURNS * part.limits.seconds)


def _note(hand: FileIO, receipt: int) -> None:
    os.pwrite(hand.fileno(), receipt.to_bytes(8), 0)
