"""What enters a figure, county by county: what was due, what became of it, what it gives, where that stands.

The frames are pure; `Snapshot` says what was decided and kept when a snapshot was published.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
import sqlalchemy as sa

from warehouse.codebook import Codebook, Dataset
from warehouse.lineage.reader import LineageReader, collected
from warehouse.marts.measures import Measure
from warehouse.marts.programme import sums_of
from warehouse.messages.errors import PermanentError
from warehouse.snapshots.manifest import Manifest, read_manifest
from warehouse.store import journal, ledger
from warehouse.store.history import scan_rows
from warehouse.store.in_force import latest_or_in_force, rows_in_force
from warehouse.store.journal_records import ACCEPTED
from warehouse.store.ledger import RECEIPTS, RETURNS, read_table

PLACE = ("period", "county_code")
OF_THE_RETURN = (
    "receipt", "file", "verdict", "version", "status", "nil", "rows", "known_from", "received_at", "reason", "by",
)  # fmt: skip
# More codes than that in one question are more than some databases take; then all of the period are read.
MOST_CODES = 500


@dataclass(frozen=True)
class Snapshot:
    """A published snapshot and the store as it was then: of runs up to the manifest's last one, or up to `until`."""

    store: LineageReader
    manifest: Manifest
    engine: sa.Engine
    until: str | None = None

    @classmethod
    def last(cls, store: LineageReader) -> Snapshot:
        """The one published last; raises PermanentError where there is none."""
        engine = store.ledger()
        manifest = read_manifest(store.root)
        if manifest is None:
            raise PermanentError(f"nothing is published yet in {store.root.path}; the next xianbao run publishes")
        return cls(store, manifest, engine)

    def behind_row(self, published: Mapping[str, Any]) -> Snapshot:
        """The store as a row of a mart has it: of a figure that is held, as it was known when that was published; of
        one that was not published then, as before anything was.
        """
        if not published.get("held"):
            return self
        return replace(self, until="" if published.get("value", "") is None else published["held_since"] or "")

    @property
    def behind(self) -> bool:
        """Whether something was decided that it does not have yet."""
        return ledger.deciding(self.engine, self.store.root)[-1] != self.manifest.run

    def mart(self, name: str, period: str | None = None) -> pl.LazyFrame:
        """A mart as published; of a period, only the files that can have rows of it."""
        paths = self.manifest.paths(self.store.root, name)
        if not paths:
            raise PermanentError(
                f"snapshot {self.manifest.version} has no {name}; an earlier version of this program published it, and "
                "the next xianbao run that publishes anew has it"
            )
        if period is None:
            return pl.scan_parquet(paths, hive_partitioning=False, glob=False)
        own = [path for path in paths if path.parent.name == f"period={period}"]
        return pl.scan_parquet(own or paths, hive_partitioning=False, glob=False).filter(pl.col("period") == period)

    def closed_periods(self) -> dict[str, tuple[int, int]]:
        """The periods that were not open, with how many returns of how many that are due came: there is no figure of
        them above the county, and nothing is compared with them.
        """
        counts = self.mart("dim_period").filter(~pl.col("period_open")).select("period", "received", "due").collect()
        return {period: (received, due) for period, received, due in counts.iter_rows()}

    def decisions(self, dataset: str, periods: Collection[str], counties: Collection[str]) -> pl.DataFrame:
        """All decisions on returns of a dataset for these periods, of these counties at least: the ledger's rows, with
        the time at which the file came (`received_at`), which may be long before it was decided on (`known_from`).
        """
        until = self.manifest.run if self.until is None else self.until
        where = [RETURNS.c.dataset == dataset, RETURNS.c.period.in_(periods), RETURNS.c.run <= until]
        if len(counties) <= MOST_CODES:
            where.append(RETURNS.c.county_code.in_(counties))
        came = RECEIPTS.c.receipt.in_(sa.select(RETURNS.c.receipt).where(*where))
        receipts = read_table(self.engine, RECEIPTS, came, columns=("receipt", "received_at"))
        return read_table(self.engine, RETURNS, *where).join(receipts, on="receipt", how="left", maintain_order="left")

    def rows(self, dataset: Dataset, decisions: pl.DataFrame) -> pl.LazyFrame:
        """The rows of the returns in force among these decisions, with the columns of history."""
        periods = decisions["period"].unique().sort()

        def counting() -> pl.LazyFrame:
            rows = scan_rows(self.store.root.history, dataset, journal.runs(self.store.root), periods)
            return rows.pipe(rows_in_force, decisions.lazy(), dataset.dataset)

        return collected(counting).lazy()


def due(book: Codebook, dataset: Dataset, places: Iterable[tuple[str, Collection[str]]]) -> pl.DataFrame:
    """One row per period x county that owes the dataset, of (period, counties): with name_zh, in the order given."""
    rows = [
        (period, division.county_code, division.name_zh)
        for period, counties in places
        if dataset.due(period)
        for division in book.members(dataset.owed_by, period)
        if division.county_code in set(counties)
    ]
    return pl.DataFrame(rows, dict.fromkeys((*PLACE, "name_zh"), pl.String), orient="row")


def with_outcome(owed: pl.LazyFrame, decisions: pl.LazyFrame) -> pl.LazyFrame:
    """`owed` with the return that counts, else the last one that came (OF_THE_RETURN), and its `state`.

    counted, quarantined, withdrawn, or missing where none came. Grain and order unchanged.
    """
    state = (
        pl.when(pl.col("verdict").is_in(ACCEPTED))
        .then(pl.lit("counted"))
        .otherwise(pl.col("verdict").fill_null("missing"))
    )
    came = decisions.pipe(latest_or_in_force).select(*PLACE, *OF_THE_RETURN, "run", "submission")
    return owed.join(came, on=PLACE, how="left", maintain_order="left").with_columns(state=state)


def with_sums(states: pl.LazyFrame, rows: pl.LazyFrame, dataset: Dataset, line: Measure) -> pl.LazyFrame:
    """`states` with what each gives to a line (`sums_of`) and where: sheet, first and last row.

    Null for what does not count; a return that counts and gives nothing to the line has the state `nil`, `exempt` where
    the line does not apply to the county, else `blank`.
    """
    in_force = pl.col("state") == "counted"
    coverage = states.select(
        *PLACE, "status", counted=in_force, nil=in_force & pl.col("nil"), quarantined=pl.col("state") == "quarantined"
    )
    sums = sums_of(rows, coverage, dataset, [line]).drop("status")
    stands = rows.group_by(PLACE).agg(
        sheet=pl.col("sheet").first(), first_row=pl.col("row").min(), last_row=pl.col("row").max()
    )
    without = in_force & pl.col(f"{line.name}:part").is_null()
    nil = pl.col("nil") if line.nil else pl.lit(value=False)
    exempt = pl.lit(value=False) if line.applies is None else pl.col(f"{line.name}:exempt")
    state = pl.when(without & nil).then(pl.lit("nil")).when(without & exempt).then(pl.lit("exempt"))
    return (
        states.join(sums, on=PLACE, how="left", maintain_order="left")
        .join(stands, on=PLACE, how="left", maintain_order="left")
        .with_columns(state=state.when(without).then(pl.lit("blank")).otherwise("state"))
    )


def contributions(
    snapshot: Snapshot, book: Codebook, dataset: Dataset, line: Measure, places: Iterable[tuple[str, Collection[str]]]
) -> pl.DataFrame:
    """One row per period x county of `places` that owes the dataset: `with_standing`, `with_sums`."""
    places = list(places)
    owed = due(book, dataset, places)
    counties = {code for _, codes in places for code in codes}
    decisions = snapshot.decisions(dataset.dataset, sorted({period for period, _ in places}), counties)
    rows = snapshot.rows(dataset, decisions)
    return owed.lazy().pipe(with_outcome, decisions.lazy()).pipe(with_sums, rows, dataset, line).collect()
