"""A return that came twice in one night with different content: the later counts, and the county must confirm it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import pairwise

import polars as pl

from warehouse.findings import Finding
from warehouse.intake.records import Receipt, ReturnHead
from warehouse.intake.report import reading_finding
from warehouse.intake.rows import PROVENANCE


def disagreements(
    heads: Iterable[ReturnHead], rows: Mapping[str, pl.DataFrame], receipts: Iterable[Receipt]
) -> Iterator[Finding]:
    """A query on each return that the receipt before it, of the same moment, gives otherwise; it names both files.

    Files that say the same need none, however often they came. `rows` by dataset, typed.
    """
    moments = {receipt.receipt: receipt.received_at for receipt in receipts}
    came: dict[tuple[str, str, str, datetime], list[ReturnHead]] = defaultdict(list)
    for head in heads:
        came[head.dataset, head.county_code, head.period, moments[head.receipt]].append(head)
    for same in (heads for heads in came.values() if len(heads) > 1):
        for earlier, later in pairwise(same):
            frame = rows[later.dataset]
            differs = earlier.nil != later.nil or not _own(frame, earlier).equals(_own(frame, later))
            if earlier.receipt != later.receipt and differs:
                yield reading_finding(
                    later, "sent_twice", f"{earlier.file}; {later.file}", later.file, sheet=later.sheet, head=later
                )


def _own(frame: pl.DataFrame, head: ReturnHead) -> pl.DataFrame:
    """The values of a return, in an order of their own."""
    own = frame.filter(receipt=head.receipt, county_code=head.county_code, period=head.period)
    return own.drop(*PROVENANCE).sort(pl.all())
