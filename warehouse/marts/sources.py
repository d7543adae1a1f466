"""What marts are made of: what the store knew of some periods, and the tables that follow from the codebook alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache, cached_property
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from warehouse.codebook import Codebook, Dataset
from warehouse.codebook.mart_records import MartColumn
from warehouse.messages.errors import CodebookError
from warehouse.store import ledger
from warehouse.store.approvals import last_releases
from warehouse.store.history import scan_rows
from warehouse.store.holds import FIGURE
from warehouse.store.in_force import latest_or_in_force, rows_of
from warehouse.store.journal_records import ACCEPTED

Written = Callable[[str, str], Path]
Select = Callable[[pl.LazyFrame], pl.LazyFrame]
LEVELS = {"period": pl.String, "county_code": pl.String, "level": pl.String, "code": pl.String, "name_zh": pl.String}
DUE_KEYS = ["period", "dataset", "county_code"]
# What every mart that has periods is given beside them, by `marts.build`.
PERIOD_END = "period_end"
HELD = dict.fromkeys((*FIGURE, "since"), pl.String)
NOTHING_HELD = pl.DataFrame(schema=HELD)
NOTHING_RELEASED = pl.DataFrame(schema=ledger.schema(ledger.RELEASES))
DUE = {"period": pl.String, "dataset": pl.String, "county_code": pl.String, "due_on": pl.Date}


@dataclass(frozen=True)
class Sources:
    """What a mart, or the part of it at hand, is made of; `as_known.py` gives it, tests make it by hand.

    `read` gives a table of the ledger, `runs` are those whose rows of history count. `wanted` are the periods to
    build (None: all of which anything was decided); there may be returns of earlier ones to compare them with.
    `heard` is the day (UTC) of the newest decision in the store (None: of those read), `datasets` are those whose
    returns are given (None: all). `open_periods` are those that figures above the county are given of (None: all):
    `opening.py`. `written` gives the files of a mart and period where the marts that this one is made of are written
    already (None: they are built): `of_marts.py`. `holds` are the figures above the county that are held (HELD), `then`
    gives the sources as they were known after a run, without any. `releases` has a row per time that a period was
    approved or opened again, as the ledger has it; `after` gives the sources as marts were made of them after a run.
    """

    book: Codebook
    history: Path
    read: Callable[[sa.Table], pl.DataFrame]
    runs: tuple[str, ...]
    wanted: tuple[str, ...] | None = None
    heard: date | None = None
    datasets: frozenset[str] | None = None
    open_periods: frozenset[str] | None = None
    written: Written | None = None
    holds: pl.DataFrame = field(default_factory=NOTHING_HELD.clone)
    then: Callable[[str], Sources] | None = None
    releases: pl.DataFrame = field(default_factory=NOTHING_RELEASED.clone)
    after: Callable[[str], Sources] | None = None

    def at(self, run: str | None) -> Sources:
        """The same as they were known after a run, with nothing of periods that were not open then; None: before any.

        Raises CodebookError where nothing is known of then.
        """
        if self.then is None:
            raise CodebookError("a figure is held, and there is no telling what was known before")
        return replace(self.then(run or ""), wanted=tuple(self.periods), open_periods=self.open_periods)

    @cached_property
    def approved(self) -> pl.DataFrame:
        """One row per period that is approved: period, approved_on."""
        last = self.releases.pipe(last_releases).filter(state="approved")
        return last.select("period", approved_on=pl.col("known_from").dt.date())

    @cached_property
    def returns(self) -> pl.DataFrame:
        """One row per decision on a return."""
        return self.read(ledger.RETURNS)

    def decisions(self, select: Select) -> pl.LazyFrame:
        """The decisions that a selection of `store/in_force.py` chooses: one that looks at each period and dataset by
        itself, as those of returns do.
        """
        return self.returns.lazy().pipe(select)

    @property
    def rules(self) -> pl.DataFrame:
        """The rules as runs applied them to datasets and periods."""
        texts = self.read(ledger.RULE_TEXTS).drop("run")
        return self.read(ledger.RULES).join(texts, on="rule_list", maintain_order="left_right")

    @property
    def results(self) -> pl.DataFrame:
        """One row per decided return x rule that it did not pass whole."""
        return self.read(ledger.RESULTS)

    @property
    def roll_ups(self) -> pl.DataFrame:
        """How the rules fared on sums."""
        return self.read(ledger.ROLL_UPS)

    @property
    def run_list(self) -> pl.DataFrame:
        """One row a run that received, decided or said anything, with what it came to."""
        return self.read(ledger.RUNS)

    @property
    def receipts(self) -> pl.DataFrame:
        """The receipts of which something was found, once for each dataset and period of that."""
        return self.read(ledger.RECEIPTS)

    @property
    def findings(self) -> pl.DataFrame:
        """One row a finding, in the order in which they were found."""
        return self.read(ledger.FINDINGS)

    @property
    def proposals(self) -> pl.DataFrame:
        """One row per finding, proposal and cell that it would change."""
        return self.read(ledger.PROPOSALS)

    @cached_property
    def periods(self) -> list[str]:
        """The periods to build."""
        return self.decided if self.wanted is None else list(self.wanted)

    @cached_property
    def decided(self) -> list[str]:
        """The periods of which anything is known."""
        return self.returns["period"].unique().sort().to_list()

    @cached_property
    def _spanned(self) -> list[str]:
        """The periods to build and those to compare them with."""
        return sorted({*self.decided, *self.periods})

    @cached_property
    def last_heard(self) -> date | None:
        """The day (UTC) of the newest decision; None before the first."""
        newest = self.returns["known_from"].max()
        return self.heard or (newest.date() if isinstance(newest, datetime) else None)

    @cached_property
    def in_force(self) -> pl.LazyFrame:
        """One row per county x dataset x period: the return that counts."""
        return self._latest.filter(pl.col("verdict").is_in(ACCEPTED))

    @cached_property
    def _latest(self) -> pl.LazyFrame:
        """One row per county x dataset x period that came in: the return that counts, else the last one decided."""
        return self.decisions(latest_or_in_force)

    def rows(self, dataset: Dataset) -> pl.LazyFrame:
        """The rows in force of a dataset, those to compare with too, with the columns of its history.

        Raises CodebookError for one whose returns are not given: then there would be no rows, and nobody would know.
        """
        self._given(dataset)
        return scan_rows(self.history, dataset, self.runs, self.decided).pipe(rows_of, self.in_force, dataset.dataset)

    def rows_ever(self, dataset: Dataset, periods: Iterable[str]) -> pl.LazyFrame:
        """The rows of all returns of a dataset and these periods that were ever accepted; else as `rows`."""
        self._given(dataset)
        return scan_rows(self.history, dataset, self.runs, periods)

    def _given(self, dataset: Dataset) -> None:
        if self.datasets is not None and dataset.dataset not in self.datasets:
            raise CodebookError(f"a mart reads {dataset.dataset}, which its line in mart_list.csv does not name")

    @cached_property
    def levels(self) -> pl.LazyFrame:
        """Where each county is counted: itself and, where the period is open, its prefecture, the province, its groups;
        a row each and period.
        """
        of = (
            levels_of(self.book, p)
            .filter((pl.col("level") == "county") | pl.lit(p in self.opened))
            .select(pl.lit(p).alias("period"), pl.all())
            for p in self.periods
        )
        return pl.concat([pl.DataFrame(schema=LEVELS), *of]).lazy()

    @cached_property
    def calendar(self) -> pl.LazyFrame:
        """One row per period x dataset x county that owes the return by the codebook, with the last day to send it.

        Of the periods to build and of those to compare them with.
        """
        return pl.concat([pl.DataFrame(schema=DUE), *(calendar_of(self.book, p) for p in self._spanned)]).lazy()

    @cached_property
    def due(self) -> pl.LazyFrame:
        """The same, of open periods; of others only what came: of these nothing is missing."""
        if self.opened == self._spanned:
            return self.calendar
        came = self.returns.lazy().select(DUE_KEYS).with_columns(came=True).unique()
        owed = self.calendar.join(came, on=DUE_KEYS, how="left", maintain_order="left")
        return owed.filter(pl.col("period").is_in(self.opened) | pl.col("came")).drop("came")

    @cached_property
    def opened(self) -> list[str]:
        """The open ones of the periods to build and of those to compare them with."""
        return [period for period in self._spanned if self.open_periods is None or period in self.open_periods]

    def columns(self, mart: str) -> tuple[MartColumn, ...]:
        """The columns that a mart itself gives: its contract without the `period_end` that `marts.build` adds."""
        return tuple(c for c in self.book.marts[mart] if c.column != PERIOD_END)

    def coverage(self, dataset: Dataset) -> pl.LazyFrame:
        """One row per period x county that owes the dataset: `counted` says whether a return of it is in force, `nil`
        whether that one is nil, `quarantined` whether what came last is instead; `status` and `receipt` are of the one
        in force. Neither counted nor quarantined is what did not come or was withdrawn.

        Raises CodebookError as `rows` does.
        """
        self._given(dataset)
        counted = pl.col("verdict").is_in(ACCEPTED)
        came = self._latest.filter(pl.col("dataset") == dataset.dataset).select(
            "period",
            "county_code",
            *(pl.when(counted).then(column).alias(column) for column in ("status", "receipt")),
            counted=counted,
            nil=counted & pl.col("nil"),
            quarantined=pl.col("verdict") == "quarantined",
        )
        return (
            self.due.filter(pl.col("dataset") == dataset.dataset)
            .select("period", "county_code")
            .join(came, on=["period", "county_code"], how="left")
            .with_columns(pl.col("counted", "nil", "quarantined").fill_null(value=False))
        )


def period_end() -> pl.Expr:
    """The last day of a row's `period`, null where that is: by Polars, whose dates know the years that counties
    mistype, 0000 and 9999.
    """
    return pl.col("period").add("-01").str.to_date().dt.month_end()


def levels_of(book: Codebook, period: str) -> pl.DataFrame:
    """One row per county in force on the last day of a period x level that it counts in: LEVELS without the period."""
    return _levels(book, book.edition(period))


@cache
def _levels(book: Codebook, edition: str) -> pl.DataFrame:
    divisions = book.in_force(edition)
    own = [(d.county_code, "county", d.county_code, d.name_zh) for d in divisions]
    prefectures = [(d.county_code, "prefecture", d.prefecture_code, d.prefecture_zh) for d in divisions]
    groups = [
        (d.county_code, name, f"{d.county_code[:2]}0000" if name == "province" else name, group.label_zh)
        for name, group in book.groups.items()
        for d in book.members(name, edition)
    ]
    return pl.DataFrame(own + prefectures + groups, list(LEVELS.items())[1:], orient="row")


@cache
def calendar_of(book: Codebook, period: str) -> pl.DataFrame:
    """One row per dataset that is due for a period x county that owes it (DUE)."""
    owed = [
        pl.DataFrame({"county_code": [d.county_code for d in book.members(dataset.owed_by, period)]}).select(
            pl.lit(period).alias("period"),
            pl.lit(name).alias("dataset"),
            pl.col("county_code").cast(pl.String),
            due_days=pl.lit(dataset.due_days),
        )
        for name, dataset in book.datasets.items()
        if dataset.due(period)
    ]
    none = pl.DataFrame(schema={**DUE, "due_days": pl.Int32}).drop("due_on")
    due_on = period_end() + pl.duration(days="due_days")
    return pl.concat([none, *owed]).with_columns(due_on=due_on).select(*DUE)
