"""What is known while a run judges: the store so far, and what the run itself has accepted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from warehouse.codebook import Codebook, Dataset
from warehouse.store.history import scan_rows, schema
from warehouse.store.in_force import accepted, in_force, rows_in_force, rows_of
from warehouse.store.journal_records import HoldRecord, Place, ReturnDecision
from warehouse.store.named_files import check_read

RETURNS = {
    "run": pl.String, "receipt": pl.Int64, "submission": pl.String, "file": pl.String, "dataset": pl.String,
    "county_code": pl.String, "period": pl.String, "verdict": pl.String, "version": pl.Int64,
}  # fmt: skip


@dataclass
class PriorState:
    """Decisions (one row per decided return) and the rows behind the accepted ones.

    `runs` are the committed runs and, last, the one at hand; `fresh` holds rows accepted in the period being judged,
    which are in no file yet. `named` are the files of rows that count, by path below the root, with their SHA-256: they
    are hashed when they are read, and StoreError is raised for one that is not as it was. `holds` is what was said last
    of each figure that the gate ever said anything of.
    """

    book: Codebook
    history: Path
    runs: list[str]
    returns: pl.DataFrame
    fresh: dict[str, pl.DataFrame] = field(default_factory=dict)
    named: Mapping[str, str | None] = field(default_factory=dict)
    holds: Mapping[Place, HoldRecord] = field(default_factory=dict)

    def rows(self, dataset: Dataset) -> pl.LazyFrame:
        """The rows of a dataset in force now, all periods, with the columns of its history."""
        return rows_in_force(self._history(dataset), self.returns.lazy(), dataset.dataset)

    def rows_at(self, dataset: Dataset, run: str | None) -> pl.LazyFrame:
        """The rows of a dataset that were in force after a run; none for None."""
        then = self.returns.lazy().filter(pl.col("run") <= (run or ""))
        return rows_in_force(self._history(dataset), then, dataset.dataset)

    def accepted_rows(self, dataset: Dataset) -> pl.LazyFrame:
        """The rows of all accepted returns of a dataset, superseded ones too."""
        return rows_of(self._history(dataset), self.returns.lazy().pipe(accepted), dataset.dataset)

    def _history(self, dataset: Dataset) -> pl.LazyFrame:
        own = f"{self.history.name}/{dataset.dataset}/"
        check_read(self.history.parent, self.named, {name.rpartition("/")[0] for name in self.named if own in name})
        filed = scan_rows(self.history, dataset, self.runs)
        fresh = self.fresh.get(dataset.dataset, pl.DataFrame(schema=schema(dataset)))
        return pl.concat([filed, fresh.lazy()])

    def accepted(self, dataset: Dataset) -> pl.DataFrame:
        """One row per accepted return of the dataset (receipt, submission, county_code, period), nil ones too."""
        return self.returns.lazy().filter(pl.col("dataset") == dataset.dataset).pipe(accepted).collect()

    def periods(self, dataset: Dataset) -> list[str]:
        """The periods of which the dataset was collected at all: somebody's return was accepted."""
        return self.accepted(dataset)["period"].unique().sort().to_list()

    def new_version(self, dataset: str, county_code: str, period: str) -> int:
        """The version of a return that is accepted now; the next one gets the next."""
        key = (dataset, county_code, period)
        self._versions[key] = self._versions.get(key, 0) + 1
        return self._versions[key]

    def learn(self, decisions: list[ReturnDecision], dataset: Dataset, rows: pl.DataFrame) -> None:
        """Takes in what has just been decided of one dataset and period, with the accepted rows."""
        self.returns = pl.concat([self.returns, decided(decisions, self.runs[-1])])
        self.fresh[dataset.dataset] = rows.select(*schema(dataset))

    def __post_init__(self) -> None:
        """Counts the versions once: they are asked for return by return."""
        self.returns = self.returns.select(*RETURNS)
        versions = self.returns.filter(pl.col("version").is_not_null())
        keys = zip(versions["dataset"], versions["county_code"], versions["period"], strict=True)
        self._versions: dict[tuple[str, str, str], int] = {}
        for key, version in zip(keys, versions["version"], strict=True):
            self._versions[key] = max(version, self._versions.get(key, 0))


def decided(decisions: Iterable[ReturnDecision], run: str) -> pl.DataFrame:
    """A run's decisions as `Known.returns` has them."""
    return pl.DataFrame([{"run": run, **d.model_dump(include=set(RETURNS))} for d in decisions], RETURNS)


def in_force_submissions(returns: pl.DataFrame) -> dict[tuple[str, str, str], str]:
    """Which submission each return in force (dataset, county_code, period) came with."""
    return_headers = returns.lazy().pipe(in_force).collect()
    keys = zip(return_headers["dataset"], return_headers["county_code"], return_headers["period"], strict=True)
    return dict(zip(keys, return_headers["submission"], strict=True))
