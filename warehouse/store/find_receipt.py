"""Which receipt somebody means: by its number, by the hash of its bytes, by the file's name."""

from __future__ import annotations

import re

import polars as pl
import sqlalchemy as sa

from warehouse.messages.errors import PermanentError
from warehouse.store.ledger import RECEIPTS, read_table

SHORTEST = 6
HEX = re.compile(rf"[0-9a-fA-F]{{{SHORTEST},64}}")
SHOWN = 10


def find_receipts(engine: sa.Engine, name: str) -> pl.DataFrame:
    """The receipts that `name` means, one of the ledger's rows each, oldest first: the last one is the one meant.

    `name` is a receipt's number, a SHA-256 or the first six or more digits of one, a file's name as it was received,
    or the end of one after a `/`. Raises PermanentError where it is nobody's, or of several different files.
    """
    if name.isdecimal() and name.isascii() and len(name) <= len(str(2**62)):
        found = read_table(engine, RECEIPTS, RECEIPTS.c.receipt == int(name))
        if not found.is_empty():
            return found
    named = read_table(engine, RECEIPTS, RECEIPTS.c.file == name)
    if named.is_empty():
        named = read_table(engine, RECEIPTS, RECEIPTS.c.file.endswith(f"/{name}", autoescape=True))
        _only_one(named, "file", f"{name} is the name of several files")
    if named.is_empty() and HEX.fullmatch(name):
        named = read_table(engine, RECEIPTS, RECEIPTS.c.submission.startswith(name.lower()))
        _only_one(named, "submission", f"{name} begins the hash of several files")
    if named.is_empty():
        raise PermanentError(
            f"nothing was received as {name!r}; give a receipt's number, a SHA-256 (its first {SHORTEST} digits will "
            "do) or a file's name as it was received"
        )
    return named.sort("receipt")


def _only_one(found: pl.DataFrame, column: str, what: str) -> None:
    """Raises PermanentError with the candidates where the receipts are of more than one file."""
    each = found.sort("receipt").unique(column, keep="last", maintain_order=True)
    if each.height > 1:
        lines = [f"  {receipt}  {sha[:12]}  {file}" for receipt, sha, file in _first(each).iter_rows()]
        if (more := each.height - SHOWN) > 0:
            lines.append(f"  ... and {more} more")
        raise PermanentError("\n".join([f"{what}; say which receipt:", *lines]))


def _first(receipts: pl.DataFrame) -> pl.DataFrame:
    return receipts.select("receipt", "submission", "file").head(SHOWN)
