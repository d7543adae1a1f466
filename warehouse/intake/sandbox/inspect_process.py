"""A file shown by a child process with limits on memory and time: one that kills its reader must not kill more.

The child says that it is ready, takes one job from its standard input and leaves what it gave in the job's folder.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from pydantic import BaseModel

from warehouse.codebook import load
from warehouse.intake.formats.file_labels import harmless
from warehouse.intake.formats.preflight import Limits, OverLimitError
from warehouse.intake.inspect import CELLS, Inspection, inspect_submission
from warehouse.intake.model.records import ReceivedFile
from warehouse.intake.model.reporter import reading_finding
from warehouse.intake.sandbox.confinement import Sandbox, end, give_time

READ_TIMES = 3  # typed, as text, and its headers
SHOWN, TABLE = "shown.json", "cells.arrow"
TOO_MUCH = (
    "读取时占用过多内存或时间,或使读取程序中止的文件 a file that takes too much memory or time, or ends its reader"
)
WITHIN_LIMITS = "能在限定的内存和时间内读取的文件 a file that can be read within the limits of memory and time"


class InspectJob(BaseModel):
    """Which file to show, and the folder for what comes of it."""

    received: ReceivedFile
    limits: Limits
    folders: dict[str, str]
    folder: Path


def inspect_isolated(
    received: ReceivedFile, limits: Limits, folders: Mapping[str, str]
) -> tuple[Inspection, pl.DataFrame]:
    """What `warehouse.intake.inspect.show` says of the file; where its reader ends or takes too long, a finding.

    Raises TransientError where the child cannot be started.
    """
    with TemporaryDirectory(prefix="xianbao-") as scratch:
        job = InspectJob(received=received, limits=limits, folders=dict(folders), folder=Path(scratch))
        kept = Sandbox(received.path, job.folder, limits.memory_bytes)
        if _done(job, kept):
            shown = Inspection.model_validate_json((job.folder / SHOWN).read_bytes())
            return shown, pl.read_ipc((job.folder / TABLE).read_bytes())
        error = kept.last_error
    found = f"{TOO_MUCH} ({harmless(error)})" if error else TOO_MUCH
    finding = reading_finding(received.receipt, OverLimitError.rule, found, WITHIN_LIMITS)
    return Inspection(findings=(finding,)), pl.DataFrame(schema=CELLS)


def _done(job: InspectJob, kept: Sandbox) -> bool:
    """Whether a child did the job within its limits."""
    with kept.start(__name__) as child:
        # Starting takes as long as it takes; the limit is for the file.
        if child.stdout is None or not child.stdout.readline():
            raise kept.not_started()
        try:
            child.communicate(job.model_dump_json().encode(), timeout=READ_TIMES * job.limits.seconds)
        except subprocess.TimeoutExpired:
            end(child)
        return child.wait() == 0


def main(kept: Sandbox) -> None:
    """The child's part: says that it is ready, reads one job, leaves what is to be shown in the job's folder."""
    load()
    # What Polars makes at its first work is not counted for the file.
    pl.DataFrame(schema=CELLS).write_ipc(kept.own / TABLE)
    kept.set_limits()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    job = InspectJob.model_validate_json(sys.stdin.buffer.read())
    give_time(READ_TIMES * job.limits.seconds)
    shown, cells = inspect_submission(job.received, job.limits, job.folders)
    (job.folder / SHOWN).write_text(shown.model_dump_json(), encoding="utf-8")
    cells.write_ipc(job.folder / TABLE)
