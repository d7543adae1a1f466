"""What stands behind one county's figure: the return, its cells as typed, the rules, notes, and who decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from warehouse.codebook import Dataset
from warehouse.intake.inspect import CELLS, Inspection
from warehouse.intake.layout.row_frames import Schema
from warehouse.lineage.contributions import Snapshot
from warehouse.lineage.figure_definition import FigureDefinition
from warehouse.lineage.reader import receipt_of
from warehouse.lineage.return_outcomes import return_outcomes
from warehouse.messages.errors import StoreError
from warehouse.messages.finding import Finding
from warehouse.store.ledger import NOTES, RECEIPTS, read_table

CELL: Schema = {
    "sheet": pl.String, "row": pl.Int64, "key": pl.String, "column": pl.String, "cell": pl.String, "text": pl.String,
    "value": pl.String, "header": pl.String, "factor": pl.Int64, "unit": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """The return that counts of a county x dataset x period, else the last one that came; `decision` None for none.

    `cells` (CELL): those that enter the figure, as typed in the original and as read, in the order of rows; `nil_cell`
    where the file says that there are none; `trouble` why its cells cannot be told. `rules`: one row per rule that the
    return was held to, as `mart_quality` counts it, with its reasons; `findings` what they found. `others`: the other
    returns of the same, with their standing.
    """

    period: str
    county_code: str
    decision: Mapping[str, Any] | None
    rows: int
    cells: pl.DataFrame
    nil_cell: str | None
    trouble: str | None
    rules: pl.DataFrame
    findings: tuple[Finding, ...]
    notes: pl.DataFrame
    others: pl.DataFrame


def evidence(snapshot: Snapshot, definition: FigureDefinition, period: str, code: str) -> Evidence:
    """Of a county's figure at a period; of a form with many rows the cells of those that give something to it."""
    dataset, columns, part = (
        definition.dataset,
        definition.formula.columns or definition.dataset.keys,
        definition.line.part,
    )
    decisions = snapshot.decisions(dataset.dataset, [period], [code]).filter(county_code=code)
    came = decisions.lazy().pipe(return_outcomes).sort(pl.col("standing") == "in_force", "receipt").collect()
    decision = came.row(-1, named=True) if came.height else None
    rows = _entering(snapshot, dataset, decision, part)
    shown, cells, trouble = _read_again(snapshot, decision)
    return Evidence(
        period=period,
        county_code=code,
        decision=decision,
        rows=rows.height,
        cells=_cells(dataset, shown, cells, rows, columns),
        nil_cell=_nil_cell(shown, dataset.dataset, code, period),
        trouble=trouble,
        rules=_rules(snapshot, dataset, period, code),
        findings=_findings(snapshot, decision),
        notes=_notes(snapshot, decision),
        others=came.head(-1) if came.height else came,
    )


def _entering(snapshot: Snapshot, dataset: Dataset, decision: Mapping[str, Any] | None, part: pl.Expr) -> pl.DataFrame:
    """The rows that a decision kept and that give something, with the columns of history; those of a nil return have
    no place in a sheet and are left out.
    """
    if decision is None or decision["verdict"] == "withdrawn":
        return pl.DataFrame(schema={"sheet": pl.String, "row": pl.Int64, **dataset.dtypes})
    rows = snapshot.store.rows(dataset, decision).filter(pl.col("row").is_not_null())
    return rows if dataset.one_row else rows.filter(part.cast(pl.Float64) != 0)


def _read_again(snapshot: Snapshot, decision: Mapping[str, Any] | None) -> tuple[Inspection, pl.DataFrame, str | None]:
    nothing = Inspection(), pl.DataFrame(schema=CELLS)
    if decision is None:
        return *nothing, None
    receipts = read_table(snapshot.engine, RECEIPTS, RECEIPTS.c.receipt == decision["receipt"])
    try:
        return *snapshot.store.read_again(receipt_of(receipts.row(0, named=True))), None
    except StoreError as error:
        return *nothing, str(error)


def _cells(
    dataset: Dataset, shown: Inspection, cells: pl.DataFrame, rows: pl.DataFrame, columns: Sequence[str]
) -> pl.DataFrame:
    """The cells (CELL) of these rows and columns, as typed and read today."""
    key = pl.concat_str(dataset.keys, separator=" ", ignore_nulls=True) if dataset.keys else pl.lit(None, pl.String)
    headers = pl.DataFrame(
        [(t.sheet, c.column, c.header, c.factor, c.unit) for t in shown.tables for c in t.columns
         if t.dataset == dataset.dataset],
        {"sheet": pl.String, "column": pl.String, "header": pl.String, "factor": pl.Int64, "unit": pl.String},
        orient="row",
    )  # fmt: skip
    own = rows.lazy().select("sheet", pl.col("row").cast(pl.Int64), key=key)
    order = {column: at for at, column in enumerate(columns)}
    return (
        cells.lazy()
        .filter(pl.col("dataset") == dataset.dataset, pl.col("column").is_in(columns))
        .join(own, on=["sheet", "row"], nulls_equal=True)
        .join(headers.lazy(), on=["sheet", "column"], how="left", nulls_equal=True)
        .sort("sheet", "row", pl.col("column").replace_strict(order, default=None, return_dtype=pl.Int64))
        .select(*CELL)
        .collect()
    )


def _nil_cell(shown: Inspection, dataset: str, code: str, period: str) -> str | None:
    own = (h for h in shown.return_headers if (h.dataset, h.county_code, h.period) == (dataset, code, period) and h.nil)
    return next(("!".join(filter(None, (head.sheet, head.cell))) for head in own), None)


def _rules(snapshot: Snapshot, dataset: Dataset, period: str, code: str) -> pl.DataFrame:
    """A row per rule, the gravest first, as published: counts of checks, and the reasons in two languages."""
    reasons = snapshot.mart("dim_rule").filter(pl.col("dataset") == dataset.dataset)
    return (
        snapshot.mart("mart_quality", period)
        .filter(pl.col("dataset") == dataset.dataset, pl.col("county_code") == code)
        .join(reasons.select("rule", "reason_zh", "reason_en"), on="rule", how="left", maintain_order="left")
        .drop("period", "dataset", "county_code")
        .collect()
    )


def _findings(snapshot: Snapshot, decision: Mapping[str, Any] | None) -> tuple[Finding, ...]:
    """What was published of the return, the gravest first."""
    if decision is None:
        return ()
    own = (pl.col(name) == decision[name] for name in ("submission", "file", "dataset", "county_code"))
    found = snapshot.mart("mart_findings", decision["period"]).filter(*own).collect()
    order = pl.Enum(["critical", "warning", "info"])
    rows = found.sort(pl.col("severity").cast(order), maintain_order=True).drop("waiver").rows(named=True)
    return tuple(Finding.model_validate(row | {"receipt": decision["receipt"]}) for row in rows)


def _notes(snapshot: Snapshot, decision: Mapping[str, Any] | None) -> pl.DataFrame:
    """The county's notes on the return; one row a note, however often it was judged."""
    if decision is None:
        return read_table(snapshot.engine, NOTES, NOTES.c.receipt.is_(None))
    names = ("receipt", "dataset", "county_code", "period")
    where = [*(NOTES.c[name] == decision[name] for name in names), NOTES.c.run <= snapshot.manifest.run]
    found = read_table(snapshot.engine, NOTES, *where).sort("run")
    return found.unique(["sheet", "row", "indicator", "rule"], keep="last", maintain_order=True)
