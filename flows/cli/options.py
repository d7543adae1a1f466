"""What the commands share: exit codes, options, and how they speak to machines."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from pydantic import BaseModel

from flows.cli.screen import Screen, go_on_unread
from warehouse.messages.disk_errors import check_disk
from warehouse.messages.errors import DiskError
from warehouse.messages.json_text import to_json
from warehouse.store.files import Root

GOOD, FAULTS = 0, 1
EPILOG = (
    "Exit codes: 0 all good; 1 something was quarantined, held, unreadable or failed; 2 wrong usage; "
    "130, 143 interrupted."
)
RECEIPT_HELP = "A receipt's number, a SHA-256 or its first six digits, or a file's name as received."
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of tables.")]
At = Annotated[datetime | None, typer.Option(help="When the files were received (UTC); default: now.")]


Done = TypeVar("Done", bound=BaseModel)


def check_space(root: Root) -> None:
    """Raises DiskError where the root's disk is read-only or too full to begin. What a run that broke off left there is
    removed first, where that is what fills it: no other run is hindered by it.
    """
    try:
        check_disk(root.path)
    except DiskError:
        from warehouse.maintenance.recover import free_space

        if not free_space(root):
            raise
        check_disk(root.path)


def print_json(value: Any) -> None:
    """Writes a value to standard output for machines, of which one may have stopped to listen."""
    try:
        sys.stdout.write(to_json(value) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        go_on_unread(sys.stdout)


def end(done: Done, show: Callable[[Done, Screen], None], *, as_json: bool, good: bool = True) -> NoReturn:
    """Says what a command came to, to a person or a machine, and exits with 1 where it is not good."""
    print_json(done.model_dump()) if as_json else show(done, Screen())
    raise typer.Exit(GOOD if good else FAULTS)
