"""Which row of a batch a finding is about. Does not belong here: what is wrong with it (`rule_findings.py`)."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from expectations.validation.batch import Batch
from warehouse.messages.finding import Finding

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def rows_of(batch: Batch, findings: Sequence[Finding]) -> list[int | None]:
    """The `row_id` of each finding's row: by its cell or, in a form of one row, by its county. None of what is about
    all rows of a return, or a row that is not there.
    """
    receipts = pl.Series(sorted({f.receipt for f in findings}), dtype=pl.Int64)
    numbers = pl.Series(sorted({n for f in findings if (n := _row_number(f)) is not None}), dtype=pl.Int64)
    near = batch.rows.filter(pl.col("receipt").is_in(receipts.implode()))
    near = near.select("row_id", "receipt", "sheet", "row", "county_code")
    below = near.filter(pl.col("row").is_in(numbers.implode()))
    by_row = {(receipt, sheet, row): row_id for row_id, receipt, sheet, row, _ in below.iter_rows()}
    # Where the cells of a column do not stand below one another, a sheet is one row and its cells have its letters.
    only = near.unique(["receipt", "sheet"], keep="none")
    alone = {(receipt, sheet): row_id for row_id, receipt, sheet, _, _ in only.iter_rows()}
    own = near.filter(batch.dataset.one_row).unique(["receipt", "county_code"], keep="first")
    by_county = {(receipt, county): row_id for row_id, receipt, _, _, county in own.iter_rows()}
    rows = []
    for finding in findings:
        at = (finding.receipt, finding.sheet)
        by_cell = by_row.get((*at, _row_number(finding)), alone.get(at)) if finding.cell else None
        rows.append(by_county.get((finding.receipt, finding.county_code)) if by_cell is None else by_cell)
    return rows


def _row_number(finding: Finding) -> int | None:
    digits = (finding.cell or "").lstrip(LETTERS)
    return int(digits) if digits else None
