"""The run log: a line an operation that ended, whatever it came to. For those who look after the system: no figure is
read from it, it is no part of a rebuild, and what is lost of it costs no return.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from warehouse.messages.log import log
from warehouse.reports.run_summary import Summary
from warehouse.store.files import Root, found, make_folder, naming, sync

# What names files or quotes findings stays where `forget` reaches it: in the reports.
NAMES_FILES = dict.fromkeys(("late", "groups", "priorities", "lapsed", "recovered"), True)
State = Literal["completed", "skipped", "failed", "interrupted"]


class RunLogEntry(BaseModel):
    """An operation that ended: when (UTC), how, with which sentence; `skipped` is one that began too late to be wanted.

    `prefect_run` and `prefect_name` are the id and the name of the flow run, None where it was none. `summary` is the
    run in numbers, with its number in the journal and the snapshot it published, without names of files; None where
    the operation is no run, or did not get so far.
    """

    model_config = ConfigDict(frozen=True)

    flow: str
    started_at: datetime
    ended_at: datetime
    state: State
    message: str = ""
    prefect_run: str | None = None
    prefect_name: str | None = None
    summary: Summary | None = None


@dataclass
class Operation:
    """An operation under way: what its line in the run log is to say besides times; not `good`, it failed."""

    good: bool = True
    skipped: bool = False
    message: str = ""
    summary: Summary | None = None
    prefect_run: str | None = None
    prefect_name: str | None = None


@contextmanager
def recorded(root: Root, flow: str) -> Iterator[Operation]:
    """What is done within is an operation of its own; its line is written when it ends, also by an error or a signal.

    A run log that cannot be written is a warning: it fails nothing.
    """
    operation, started_at = Operation(), datetime.now(UTC)
    state: State = "interrupted"
    try:
        yield operation
        done: State = "skipped" if operation.skipped else "completed"
        state = done if operation.good else "failed"
    except Exception as error:
        state, operation.message = "failed", str(error)
        raise
    finally:
        entry = RunLogEntry(
            flow=flow,
            started_at=started_at,
            ended_at=datetime.now(UTC),
            state=state,
            message=operation.message,
            prefect_run=operation.prefect_run,
            prefect_name=operation.prefect_name,
            summary=operation.summary,
        )
        try:
            append(root, entry)
        except OSError as error:
            log.warning("运行记录无法写入: the run log cannot be written: %s", error)


def append(root: Root, entry: RunLogEntry) -> None:
    """Writes the entry, on a line of its own also where a crash cut the last one short. Raises OSError."""
    make_folder(root.run_log)
    path = root.run_log / f"{entry.ended_at:%Y-%m}.jsonl"
    with naming(path), path.open("ab+", buffering=0) as file:
        cut = file.tell() and os.pread(file.fileno(), 1, file.tell() - 1) != b"\n"
        file.write(
            b"\n" * cut
            + entry.model_dump_json(
                exclude={"summary": {**NAMES_FILES, "before": NAMES_FILES}}, exclude_defaults=True
            ).encode()
            + b"\n"
        )
        sync(file.fileno())


def read(root: Root) -> Iterator[RunLogEntry]:
    """The entries, the one that ended last first; a line that a crash cut short is passed over with a warning."""
    for path in reversed([*found(root.run_log, "*.jsonl")]):
        for line in reversed(path.read_bytes().splitlines()):
            try:
                yield RunLogEntry.model_validate_json(line)
            except ValidationError:
                log.warning("%s: 有一行不完整,已跳过; a line is not whole and is passed over", path)


def last_completed(root: Root, flow: str) -> RunLogEntry | None:
    """The last entry of a flow that completed; None where there is none."""
    return next((one for one in read(root) if one.flow == flow and one.state == "completed"), None)
