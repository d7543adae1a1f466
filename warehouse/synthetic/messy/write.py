"""Writing the messy province: every letter into its period's folder, and the key beside.

Belongs here: files. Does not belong here: what is in them (`plan.py`, `letter.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from warehouse.messages.errors import PermanentError
from warehouse.synthetic.messy.key import KeyRow, write_key
from warehouse.synthetic.messy.letter import write_letter
from warehouse.synthetic.messy.plan import plan_letters
from warehouse.synthetic.records import Return

KEY_SUFFIX = ".messy.csv"


def write_messy(out: Path, returns: Sequence[Return], seed: int) -> tuple[int, Path]:
    """Writes clean returns as clerks would send them, with the key beside `out`; number of files, the key's path."""
    rows: list[KeyRow] = []
    written: set[str] = set()
    for letter in plan_letters(returns, seed):
        if letter.name in written:
            raise PermanentError(f"two clerks call their file {letter.name}; mend the names in sample/messy")
        path = out / letter.name
        path.parent.mkdir(parents=True, exist_ok=True)
        content, lines = write_letter(letter)
        path.write_bytes(content)
        written.add(letter.name)
        rows += lines
    key = out.parent / f"{out.name}{KEY_SUFFIX}"
    write_key(key, rows)
    return len(written), key
