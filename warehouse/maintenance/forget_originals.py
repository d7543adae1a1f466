"""What is forgotten is removed: the original, what reports quote of it. Broken off, the next run does the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from warehouse.intake.model.records import Receipt
from warehouse.reports.report_digests import SUMS
from warehouse.reports.run_summary import FINDINGS, LAST, write_findings
from warehouse.store import journal, ledger
from warehouse.store.files import Root, remove_tree, sync_folder
from warehouse.store.forget import forgotten_originals


def remove_forgotten(root: Root, engine: sa.Engine) -> list[Path]:
    """Removes the originals of what was forgotten, after writing the reports anew that may quote it; those of both that
    were there. The lock on the root must be held.
    """
    gone = {*ledger.read_table(engine, ledger.FORGOTTEN)["receipt"]}
    if not gone:
        return []
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:  # what SQLite has overwritten beside the database, it has not yet in it
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    reports = [*_rewritten(root, engine, gone)]
    receipts = sa.select(ledger.FORGOTTEN.c.receipt)
    bytes_of = sa.select(ledger.RECEIPTS.c.submission).where(ledger.RECEIPTS.c.receipt.in_(receipts))
    same = ledger.read_table(engine, ledger.RECEIPTS, ledger.RECEIPTS.c.submission.in_(bytes_of))
    known = [Receipt.model_validate(row) for row in same.select(*Receipt.model_fields).iter_rows(named=True)]
    return [*reports, *_unlinked(forgotten_originals(root, known, gone))]


def remove_forgotten_from_backup(backup: Root) -> list[Path]:
    """Removes the originals that the journal of a backup says are forgotten; those that were there."""
    gone = journal.forgotten(backup)
    if not gone:
        return []
    entries = (journal.read_entry(backup, run) for run in journal.runs(backup))
    return _unlinked(forgotten_originals(backup, [one.receipt for e in entries for one in e.receipts], gone))


def _unlinked(paths: list[Path]) -> list[Path]:
    for path in paths:
        path.unlink()
        sync_folder(path.parent)
    return paths


def _rewritten(root: Root, engine: sa.Engine, gone: Collection[int]) -> Iterator[Path]:
    """Writes the findings of each run that received or decided on such receipts anew without theirs, and its pages not:
    what of a page is of one receipt, it does not say.
    """
    tables = (ledger.RECEIPTS, ledger.RETURNS)
    with engine.connect() as connection:
        runs = {r for t in tables for r in connection.scalars(sa.select(t.c.run).where(t.c.receipt.in_(gone)))}
    for folder in (root.reports / run for run in sorted(runs)):
        if folder.is_dir() and _may_quote(folder, gone):
            # Without its hashes, a report that was not written to its end is known as such.
            (folder / SUMS).unlink(missing_ok=True)
            remove_tree(folder)
            write_findings(journal.read_entry(root, folder.name), folder, gone)
            yield folder


def _may_quote(folder: Path, gone: Collection[int]) -> bool:
    """Whether a report has findings of these receipts, or anything but findings."""
    if {path.name for path in folder.iterdir()} != {FINDINGS, LAST, SUMS}:
        return True
    try:
        found = pl.read_csv(folder / FINDINGS, columns=["receipt"], infer_schema=False)["receipt"]
    except pl.exceptions.PolarsError:
        return True  # damaged: what it quotes cannot be told
    return not {*map(str, gone)}.isdisjoint(found)
