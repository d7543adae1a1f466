"""A member of an archive as a file, for as long as it is read: nothing keeps it beside the archive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from warehouse.intake.formats.file_labels import plain_suffix
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.formats.zip_archive import take_out
from warehouse.intake.model.records import ReceivedFile


@contextmanager
def at_hand(received: ReceivedFile, limits: Limits) -> Iterator[ReceivedFile]:
    """The same with a file that is its own; what is no member of an archive has one.

    Raises Unreadable where the archive does not give it any more.
    """
    if received.member is None:
        yield received
        return
    with TemporaryDirectory() as scratch:
        path = Path(scratch) / f"{received.receipt.submission}{plain_suffix(received.receipt.file)}"
        take_out(received.path, received.member, path, limits)
        yield replace(received, path=path, member=None)
