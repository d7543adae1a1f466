"""Changes: what became another figure when another return of a county came into force, and why."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from warehouse.codebook import Dataset
from warehouse.intake.layout.row_frames import Schema
from warehouse.marts.approved import with_reopening
from warehouse.marts.mart_versions import versions
from warehouse.marts.roll_up import DECIMAL
from warehouse.marts.sources import Sources
from warehouse.store.in_force import RETURN

CHANGE = (*RETURN, "run")
CELL = (*CHANGE, "nth", "indicator")
SIDES = ("before", "after")
COUNTED: Schema = {
    **dict.fromkeys(CHANGE, pl.String),
    **dict.fromkeys(("rows_added", "rows_removed", "rows_changed"), pl.Int64),
}
# Of a value that differs, whichever dataset it is of.
CELLS: Schema = {
    **dict.fromkeys(CHANGE, pl.String), "nth": pl.Int64, "indicator": pl.String, "before": DECIMAL, "after": DECIMAL,
    "unit": pl.String, "before_text": pl.String, "after_text": pl.String,
}  # fmt: skip


def build(sources: Sources) -> pl.LazyFrame:
    """One row per thing that changed, and none for what was sent again as it was (`mart_versions` has that).

    Where one return took another's place: one row per indicator of a one-row form whose value differs, and of a form of
    many rows one row, without `indicator`, with how many were added, removed and changed. Where a return was the first,
    or none was left: one row without `indicator`, for all is new, or gone. `before` and `after` are numbers in the
    indicator's unit, `before_text` and `after_text` what is no number.

    `period_status` is reopened of what changed after the period had been approved, on `approved_on`, and was opened
    again: a revision (`mart_revisions`).
    """
    columns = [c.column for c in sources.columns("mart_changes")]
    changes = versions(sources)
    replacing = pl.col("version_before").is_not_null() & pl.col("version_after").is_not_null()
    replaced = changes.filter(replacing)
    sided = [
        (dataset, [_sided(sources.rows_ever(dataset, periods), dataset, replaced, side) for side in SIDES])
        for dataset, periods in _accepted_again(sources)
    ]
    counted = [_rows_changed(d, before, after) for d, (before, after) in sided if not d.one_row]
    cells = [one for d, (before, after) in sided if d.one_row for one in _cells_changed(d, before, after)]
    by_form = pl.concat([pl.LazyFrame(schema=COUNTED), *counted]).join(changes, on=CHANGE)
    by_cell = pl.concat([pl.LazyFrame(schema=CELLS), *cells], how="diagonal").join(changes, on=CHANGE)
    return (
        pl.concat([changes.filter(~replacing), by_form, by_cell], how="diagonal")
        .sort("period", "dataset", "county_code", "run", "indicator", "nth", nulls_last=False)
        .pipe(with_reopening, sources.releases)
        .with_columns(
            period_status=pl.when(pl.col("approved_on").is_null())
            .then(pl.lit("provisional"))
            .otherwise(pl.lit("reopened"))
        )
        .select(columns)
    )


def _accepted_again(sources: Sources) -> Iterator[tuple[Dataset, list[str]]]:
    """The datasets, with the periods, of which a return was accepted more than once: no other rows are read."""
    again = sources.returns.filter(pl.col("version") > 1).select("dataset", "period").unique().sort("dataset", "period")
    periods = dict(again.group_by("dataset", maintain_order=True).agg("period").iter_rows())
    yield from ((d, periods[d.dataset]) for d in sources.book.datasets.values() if d.dataset in periods)


def _sided(rows: pl.LazyFrame, dataset: Dataset, replaced: pl.LazyFrame, side: str) -> pl.LazyFrame:
    """The rows of a dataset that were in force before or after each change, with the change that it was, and `nth`: of
    the rows that have the same keys, the first is 0. Keys are unique in a return unless somebody waived the rule.
    """
    nth = pl.int_range(pl.len(), dtype=pl.Int64).over(*CHANGE, *dataset.keys)
    stood = replaced.filter(pl.col("dataset") == dataset.dataset).select(
        *CHANGE, receipt=f"receipt_{side}", version=f"version_{side}"
    )
    place = ["county_code", "period", "receipt", "version"]
    return rows.join(stood, on=place).sort("sheet", "row", nulls_last=True).with_columns(nth=nth)


def _cells_changed(dataset: Dataset, before: pl.LazyFrame, after: pl.LazyFrame) -> Iterator[pl.LazyFrame]:
    """One row per change and indicator whose value is another: numbers first, then what is none."""
    numeric = {i.column: i.unit.unit for i in dataset.indicators if i.numeric}
    others = [i.column for i in dataset.indicators if not i.numeric]
    unit = pl.col("indicator").replace_strict(numeric, return_dtype=pl.String)
    yield _differing(before, after, list(numeric), DECIMAL, SIDES).with_columns(unit=unit)
    if others:
        yield _differing(before, after, others, pl.String(), ("before_text", "after_text"))


def _differing(
    before: pl.LazyFrame, after: pl.LazyFrame, columns: list[str], dtype: pl.DataType, names: tuple[str, ...]
) -> pl.LazyFrame:
    """One row per change x column whose value is not the same, blanks included: CELL and the two values."""
    sides = [
        rows.with_columns(pl.col(columns).cast(dtype)).unpivot(
            columns, index=[*CHANGE, "nth"], variable_name="indicator", value_name=name
        )
        for rows, name in zip((before, after), names, strict=True)
    ]
    joined = sides[0].join(sides[1], on=CELL, how="full", coalesce=True)
    return joined.filter(pl.col(names[0]).ne_missing(pl.col(names[1])))


def _rows_changed(dataset: Dataset, before: pl.LazyFrame, after: pl.LazyFrame) -> pl.LazyFrame:
    """One row per change of a form of many rows: how many were added, removed, changed; told apart by its keys. None
    where no row differs.
    """
    keys = [*CHANGE, *dataset.keys, "nth"]
    values = [column for column in dataset.columns if column not in dataset.keys]
    there = {side: rows.select(*keys, *values, here=True) for side, rows in zip(SIDES, (before, after), strict=True)}
    joined = there["before"].join(there["after"], on=keys, how="full", coalesce=True, suffix=":after", nulls_equal=True)
    old, new = pl.col("here").is_not_null(), pl.col("here:after").is_not_null()
    differs = pl.any_horizontal(pl.col(v).ne_missing(pl.col(f"{v}:after")) for v in values)
    counts = {"rows_added": new & ~old, "rows_removed": old & ~new, "rows_changed": old & new & differs}
    sums = (which.sum().cast(pl.Int64).alias(name) for name, which in counts.items())
    return joined.group_by(CHANGE).agg(sums).filter(pl.any_horizontal(pl.col(name) > 0 for name in counts))
