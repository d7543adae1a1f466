"""What explaining reads from, and how: the root, its ledger, the settings of reading. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import sqlalchemy as sa

from warehouse.codebook import Dataset
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.inspect import Inspection
from warehouse.intake.model.records import Receipt, ReceivedFile
from warehouse.intake.sandbox.inspect_process import inspect_isolated
from warehouse.messages.errors import PermanentError, StoreError
from warehouse.store import journal, ledger
from warehouse.store.archive import original, original_of
from warehouse.store.files import Root
from warehouse.store.forget import forgotten_of
from warehouse.store.history import scan_run
from warehouse.store.journal_records import ACCEPTED

FORGOTTEN = (
    "已由 {by} 于 {known_from:%Y-%m-%d %H:%M} 永久删除(批次 {run}):{reason}; "
    "it was forgotten at {known_from:%Y-%m-%d %H:%M} UTC by {by} (run {run}): {reason}"
)


@dataclass(frozen=True)
class LineageReader:
    """A root with its ledger, the limits of reading, and which folder of the inbox is whose."""

    root: Root
    ledger_url: str
    limits: Limits = field(default_factory=Limits)
    folders: Mapping[str, str] = field(default_factory=dict)

    def ledger(self) -> sa.Engine:
        """The ledger; raises PermanentError where nothing has been received yet."""
        if not journal.runs(self.root):
            raise PermanentError(f"nothing has been received yet in {self.root.path}")
        return ledger.open_ledger(self.ledger_url)

    def original(self, receipt: Receipt) -> ReceivedFile:
        """The archived original; raises StoreError where it was forgotten, is gone, or no longer what was received.

        Where nothing was kept, for it was too large, it is the place where it would be.
        """
        if receipt.unread_bytes is not None:
            return original_of(self.root, receipt)
        if (gone := forgotten_of(self.ledger(), receipt.receipt)) is not None:
            raise StoreError(FORGOTTEN.format(**gone))
        return original(self.root, receipt)

    def read_again(self, receipt: Receipt) -> tuple[Inspection, pl.DataFrame]:
        """What its original says today, in a process of its own; raises StoreError as `original` does."""
        return inspect_isolated(self.original(receipt), self.limits, self.folders)

    def rows(self, dataset: Dataset, decision: Mapping[str, Any]) -> pl.DataFrame:
        """The rows that a decision of the ledger on one return kept, with the columns of history."""
        folder = self.root.history if decision["verdict"] in ACCEPTED else self.root.quarantine
        own = {name: decision[name] for name in ("receipt", "county_code")}

        def kept() -> pl.LazyFrame:
            runs = journal.runs(self.root)
            return scan_run(folder, dataset, runs, decision["run"], decision["period"]).filter(**own)

        return collected(kept)


def collected(rows: Callable[[], pl.LazyFrame]) -> pl.DataFrame:
    """What is found by looking for files of rows and reading them, which no lock keeps in their place meanwhile."""
    try:
        return rows().collect()
    except FileNotFoundError:
        # A compaction has put the rows elsewhere: looking again finds them.
        return rows().collect()


def receipt_of(row: Mapping[str, Any]) -> Receipt:
    """The receipt that a row of the ledger is of."""
    return Receipt.model_validate({name: row[name] for name in Receipt.model_fields})
