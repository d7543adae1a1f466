"""What the commands share: exit codes, options, and how they speak to machines."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Annotated, Any

import typer

GOOD, FAULTS = 0, 1
EPILOG = "Exit codes: 0 all good; 1 something was quarantined, unreadable or failed; 2 wrong usage."
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of tables.")]
At = Annotated[datetime | None, typer.Option(help="When the files were received (UTC); default: now.")]


def print_json(value: Any) -> None:
    """Writes a value to standard output for machines; what JSON does not know becomes text."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n")
