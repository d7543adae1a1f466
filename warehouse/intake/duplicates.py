"""A return that came twice in one night with different content: the later counts, and the county must confirm it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import pairwise

import polars as pl

from warehouse.intake.layout.row_frames import PROVENANCE
from warehouse.intake.model.records import Receipt, ReturnHeader
from warehouse.intake.model.reporter import reading_finding
from warehouse.messages.finding import Finding


def disagreements(
    return_headers: Iterable[ReturnHeader], rows: Mapping[str, pl.DataFrame], receipts: Iterable[Receipt]
) -> Iterator[Finding]:
    """A query on each return that the receipt before it, of the same moment, gives otherwise; it names both files.

    Files that say the same need none, however often they came. `rows` by dataset, typed.
    """
    moments = {receipt.receipt: receipt.received_at for receipt in receipts}
    came: dict[tuple[str, str, str, datetime], list[ReturnHeader]] = defaultdict(list)
    for return_header in return_headers:
        came[
            return_header.dataset, return_header.county_code, return_header.period, moments[return_header.receipt]
        ].append(return_header)
    for same in (return_headers for return_headers in came.values() if len(return_headers) > 1):
        for earlier, later in pairwise(same):
            frame = rows[later.dataset]
            differs = earlier.nil != later.nil or not _own(frame, earlier).equals(_own(frame, later))
            if earlier.receipt != later.receipt and differs:
                yield reading_finding(
                    later,
                    "sent_twice",
                    f"{earlier.file}; {later.file}",
                    later.file,
                    sheet=later.sheet,
                    return_header=later,
                )


def _own(frame: pl.DataFrame, return_header: ReturnHeader) -> pl.DataFrame:
    """The values of a return, in an order of their own."""
    own = frame.filter(
        receipt=return_header.receipt, county_code=return_header.county_code, period=return_header.period
    )
    return own.drop(*PROVENANCE).sort(pl.all())
