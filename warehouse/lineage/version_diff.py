"""Two versions of one return compared: which values changed, which rows came and went, in which cells they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from warehouse.codebook import Dataset, load
from warehouse.intake.inspect import Inspection
from warehouse.lineage.cell_changes import changed_cells, rows_without, with_cells
from warehouse.lineage.reader import LineageReader, receipt_of
from warehouse.lineage.return_outcomes import kept, return_outcomes
from warehouse.lineage.selection import check_period, county_code, dataset_of
from warehouse.messages.errors import PermanentError, StoreError
from warehouse.store.journal_records import ACCEPTED
from warehouse.store.ledger import RECEIPTS, RETURNS, read_table

CHOICE = re.compile(r"(?P<receipt>[0-9]{1,18})|[vV](?P<version>[0-9]{1,18})")


@dataclass(frozen=True)
class Version:
    """One of the two: the decision of the ledger that kept it, its receipt's standing now, its rows and their layout.

    `nil_cell` is where the file says that there are none; `trouble` why its cells cannot be told.
    """

    decision: Mapping[str, Any]
    standing: str
    received_at: datetime
    rows: pl.DataFrame
    layout: pl.DataFrame
    nil_cell: str | None
    trouble: str | None


@dataclass(frozen=True)
class VersionDiff:
    """What changed from `before` to `after`.

    `cells`: one row per changed value (`changed_cells`, `with_cells`); `added` and `removed`: the rows that only one
    has, as texts. `later`: what came after both of them, such as a quarantined resubmission, with its standing.
    """

    dataset: Dataset
    county_code: str
    period: str
    before: Version
    after: Version
    cells: pl.DataFrame
    added: pl.DataFrame
    removed: pl.DataFrame
    later: pl.DataFrame

    @property
    def same(self) -> bool:
        """Whether no value differs."""
        return self.cells.is_empty() and self.added.is_empty() and self.removed.is_empty()


def compare(store: LineageReader, county: str, period: str, dataset: str, chosen: Sequence[str] = ()) -> VersionDiff:
    """The two versions of a return that are `chosen` (receipts, like 12, or versions, like v2), the earlier one first.

    By default the one in force and the accepted one before it, else the last two received, whatever their verdict.
    Raises PermanentError, saying what there is, for a return or a version that there is not.
    """
    form, code = dataset_of(load(), dataset), county_code(load(), county)
    check_period(period)
    engine = store.ledger()
    own = (RETURNS.c.dataset == form.dataset, RETURNS.c.county_code == code, RETURNS.c.period == period)
    decisions = read_table(engine, RETURNS, *own)
    state = decisions.lazy().pipe(return_outcomes).sort("receipt").collect()
    pair = _pair(decisions, chosen, f"{form.label_zh} {form.dataset} {code} {period}")
    receipts = read_table(engine, RECEIPTS, RECEIPTS.c.receipt.in_([one["receipt"] for one in pair]))
    before, after = (_version(store, form, one, state, receipts) for one in pair)
    left, right = before.rows.lazy(), after.rows.lazy()
    places = before.layout.lazy(), after.layout.lazy()
    return VersionDiff(
        dataset=form,
        county_code=code,
        period=period,
        before=before,
        after=after,
        cells=changed_cells(left, right, form).pipe(with_cells, *places).collect(),
        added=rows_without(right, left, form).collect(),
        removed=rows_without(left, right, form).collect(),
        later=state.filter(pl.col("receipt") > max(one["receipt"] for one in pair)),
    )


def _pair(decisions: pl.DataFrame, chosen: Sequence[str], what: str) -> list[dict[str, Any]]:
    """The decisions to compare, each of which kept rows."""
    last = decisions.lazy().pipe(kept).sort("receipt").collect()
    if last.is_empty():
        raise PermanentError(f"no return was received: {what}")
    if chosen:
        return [_one(decisions, last, name, what) for name in chosen]
    accepted = last.filter(pl.col("verdict").is_in(ACCEPTED))
    pair = (accepted if accepted.height > 1 else last).tail(2).rows(named=True)
    if len(pair) == 1:
        raise PermanentError(f"only one was received, nothing to compare it with: {what}, {_label(pair[0])}")
    return pair


def _one(decisions: pl.DataFrame, last: pl.DataFrame, name: str, what: str) -> dict[str, Any]:
    """The version that a receipt's number or v and its own number means."""
    match = CHOICE.fullmatch(name)
    if match:
        of_version = match["version"]
        frame, column = (decisions, "version") if of_version else (last, "receipt")
        for row in frame.filter(pl.col(column) == int(of_version or match["receipt"])).iter_rows(named=True):
            return row
    there = "; ".join(_label(row) for row in last.iter_rows(named=True))
    raise PermanentError(f"{name} is no receipt or version of {what}; there are: {there}")


def _label(decision: Mapping[str, Any]) -> str:
    version = f"v{decision['version']}" if decision["version"] else decision["verdict"]
    return f"receipt {decision['receipt']} ({version}, {decision['file']})"


def _version(
    store: LineageReader, form: Dataset, decision: Mapping[str, Any], state: pl.DataFrame, receipts: pl.DataFrame
) -> Version:
    receipt = receipt_of(receipts.row(by_predicate=pl.col("receipt") == decision["receipt"], named=True))
    try:
        shown, trouble = store.read_again(receipt)[0], None
    except StoreError as error:
        shown, trouble = Inspection(), str(error)
    key = (form.dataset, decision["county_code"], decision["period"])
    return_headers = [h for h in shown.return_headers if (h.dataset, h.county_code, h.period) == key]
    return Version(
        decision=decision,
        standing=state.row(by_predicate=pl.col("receipt") == receipt.receipt, named=True)["standing"],
        received_at=receipt.received_at,
        rows=store.rows(form, decision),
        layout=shown.layout.filter(pl.col("dataset") == form.dataset),
        nil_cell=next((f"{h.sheet}!{h.cell}" for h in return_headers if h.nil), None),
        trouble=trouble,
    )
