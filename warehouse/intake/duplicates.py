"""A return that came twice in one night with different content: the later counts, and the county must confirm it.

Of a county that others merged into neither counts: it may be that each of them sent its part under the new code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import pairwise

import polars as pl

from warehouse.codebook import load
from warehouse.codebook.succession_text import merger_text
from warehouse.intake.layout.row_frames import PROVENANCE
from warehouse.intake.model.records import Receipt, ReturnHeader
from warehouse.intake.model.reporter import reading_finding
from warehouse.messages.finding import Finding


def disagreements(
    return_headers: Iterable[ReturnHeader], rows: Mapping[str, pl.DataFrame], receipts: Iterable[Receipt]
) -> Iterator[Finding]:
    """A finding on each return that the receipt before it, of the same moment, gives otherwise; it names both files.

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
            if earlier.receipt == later.receipt or not differs:
                continue
            files = f"{earlier.file}; {later.file}"
            if whole := merger_text(load(), later.county_code):
                yield from (_finding(head, "merger_party", files, " ".join(whole)) for head in (earlier, later))
            else:
                yield _finding(later, "sent_twice", files, later.file)


def _finding(head: ReturnHeader, rule: str, found: str, expected: str) -> Finding:
    return reading_finding(head, rule, found, expected, sheet=head.sheet, return_header=head)


def _own(frame: pl.DataFrame, return_header: ReturnHeader) -> pl.DataFrame:
    """The values of a return, in an order of their own."""
    own = frame.filter(
        receipt=return_header.receipt, county_code=return_header.county_code, period=return_header.period
    )
    return own.drop(*PROVENANCE).sort(pl.all())
