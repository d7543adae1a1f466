"""A nation's store, written directly: made-up counties, and returns of every dataset for as many months as asked for.

Synthetic, and only as true as a bench needs: counties, lists and figures are drawn by a seed; there is no archive and
no journal, but history and a ledger as nights of that many returns would have left them, a night a month.
"""

from __future__ import annotations

import random
import sqlite3
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa

from warehouse.codebook import Codebook, Dataset, Division, Indicator, load
from warehouse.store import ledger
from warehouse.store.files import Root
from warehouse.store.history import KEPT, write_rows
from warehouse.store.journal_records import COUNTED

COUNTIES, POOR, DEEP = 2850, 832, 334
FIRST_YEAR = 2014
VILLAGES, UNITS = 3, 2
# Rules a dataset, and how many returns in a hundred have one that failed or could not be held to.
RULES, ODD = 9, 20
SUBMISSION = "0" * 64


def nation(counties: int = COUNTIES) -> Codebook:
    """The codebook with that many made-up counties in provinces of some ninety; none changes its code."""
    divisions = tuple(_division(number, counties) for number in range(counties))
    return replace(load(), divisions=divisions)


def _division(number: int, counties: int) -> Division:
    province, rest = divmod(number, 92)
    prefecture = f"{11 + province}{1 + rest // 10:02}"
    poor, deep = number * COUNTIES // counties % 7 < 2, number % 9 == 0
    return Division(
        county_code=f"{prefecture}{1 + rest % 10:02}",
        name_zh=f"合成县{number}",
        prefecture_code=f"{prefecture}00",
        prefecture_zh=f"合成市{prefecture}",
        kind="county",
        in_force_from=date(2000, 1, 1),
        in_force_from_precision="year",
        in_force_from_source="made up",
        poverty_county_list="national_key" if poor else "none",
        deep_poverty=poor and deep,
    )


@dataclass
class Nation:
    """A store in the making: the next receipt, the ledger that it writes to, the datasets whose rules that has."""

    root: Root
    book: Codebook
    connection: sqlite3.Connection
    receipt: int = 0
    listed: set[str] = field(default_factory=set)

    def month(self, run: str, period: str, received_at: datetime) -> None:
        """A night with every return that is due for a period."""
        self._insert(ledger.RUNS, [(run, "nightly", str(received_at), *(0 for _ in COUNTED), None, None)])
        for dataset in self.book.datasets.values():
            if dataset.due(period):
                self._returns(run, dataset, period, received_at)

    def _returns(self, run: str, dataset: Dataset, period: str, received_at: datetime) -> None:
        codes = [d.county_code for d in self.book.members(dataset.owed_by, period)]
        receipts = range(self.receipt + 1, self.receipt + 1 + len(codes))
        self.receipt += len(codes)
        rows = drawn(dataset, period, codes, list(receipts), received_at)
        write_rows(self.root.history, dataset, period, run, rows)
        self.decide(run, dataset, period, list(zip(receipts, codes, strict=True)), received_at)

    def decide(  # noqa: PLR0913, PLR0917  (what a decision says)
        self, run: str, dataset: Dataset, period: str, returns: list[tuple[int, str]], at: datetime, version: int = 1
    ) -> None:
        """Notes that these returns were accepted."""
        name, odd = dataset.dataset, random.Random(f"{run} {dataset.dataset}")
        self._insert(ledger.TOUCHED, [(run, name, period, True)])
        self._insert(
            ledger.RETURNS,
            [
                (run, receipt, SUBMISSION, f"{code}.csv", name, code, period, "reported", False, 1, "accepted",
                 version, str(at), None, None)
                for receipt, code in returns
            ],
        )  # fmt: skip
        said = ("规则", "a rule", "synthetic")
        self._insert(ledger.RULES, [(run, name, period, name)])
        if name not in self.listed:
            rules = [(run, name, f"rule_{n}", "warning", 1 + n % 3, True, *said) for n in range(RULES)]
            self._insert(ledger.RULE_TEXTS, rules)
            self.listed.add(name)
        self._insert(
            ledger.RESULTS,
            [
                (run, receipt, name, code, period, f"rule_{odd.randrange(RULES)}", 0, 0, 1)
                for receipt, code in returns
                if odd.randrange(100) < ODD
            ],
        )

    def _insert(self, table: sa.Table, rows: list[tuple[Any, ...]]) -> None:
        places = ", ".join("?" * len(table.columns))
        self.connection.executemany(f"INSERT INTO {table.name} VALUES ({places})", rows)


def write_nation(root: Root, book: Codebook, months: int) -> str:
    """Writes the store; returns the ledger's URL. A month's returns are received on the twentieth after its end."""
    root.path.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{root.path / 'ledger.db'}"
    ledger.open_ledger(url).dispose()
    with sqlite3.connect(root.path / "ledger.db") as connection:
        connection.execute("PRAGMA synchronous=OFF")
        store = Nation(root, book, connection)
        for number, period in enumerate(periods(months), start=1):
            received_at = datetime.fromisoformat(f"{period}-28") + timedelta(days=23)
            store.month(f"{number:06}", period, received_at)
    return url


def correct(root: Root, book: Codebook, name: str) -> None:
    """One county sends one return of the middle of the time once more; it is accepted as the next version."""
    dataset = book.datasets[name]
    with sqlite3.connect(root.path / "ledger.db") as connection:
        known = connection.execute(
            "SELECT DISTINCT period FROM touched WHERE dataset = ? ORDER BY 1", (name,)
        ).fetchall()
        (period,) = known[len(known) // 2]
        (county, *_) = book.members(dataset.owed_by, period)
        last, run = connection.execute("SELECT max(receipt), max(run) FROM returns").fetchone()
        own = "dataset = ? AND period = ? AND county_code = ?"
        query = f"SELECT max(version) FROM returns WHERE {own}"
        (before,) = connection.execute(query, (name, period, county.county_code)).fetchone()
        run, version = f"{int(run) + 1:06}", before + 1
        at = datetime.fromisoformat(f"{period}-28") + timedelta(days=60)
        store = Nation(root, book, connection, last)
        said = (run, "nightly", str(at), *(0 for _ in COUNTED), None, None)
        connection.execute(f"INSERT INTO runs VALUES ({', '.join('?' * len(said))})", said)
        rows = drawn(dataset, period, [county.county_code], [last + 1], at, version)
        write_rows(root.history, dataset, period, run, rows)
        store.decide(run, dataset, period, [(last + 1, county.county_code)], at, version)


def periods(months: int) -> list[str]:
    return [f"{FIRST_YEAR + month // 12}-{month % 12 + 1:02}" for month in range(months)]


def drawn(  # noqa: PLR0913, PLR0917  (what a row is of)
    dataset: Dataset, period: str, codes: list[str], receipts: list[int], received_at: datetime, version: int = 1
) -> pl.DataFrame:
    """Rows of the counties' returns, a few a county where the form has many."""
    many = 1 if dataset.one_row else VILLAGES if dataset.dataset == "relocation_villages" else UNITS
    frame = pl.DataFrame(
        {
            "receipt": [receipt for receipt in receipts for _ in range(many)],
            "county_code": [code for code in codes for _ in range(many)],
            "row": [2 + n for _ in codes for n in range(many)],
        }
    )
    rng = random.Random(f"{dataset.dataset} {period} {version}")
    about = {
        "submission": pl.lit(SUBMISSION), "sheet": pl.lit(dataset.label_zh), "period": pl.lit(period),
        "return_status": pl.lit("reported"), "known_from": pl.lit(received_at).cast(pl.Datetime("us")),
        "version": pl.lit(version, pl.Int64),
    }  # fmt: skip
    values = {i.column: _values(i, frame.height, many, rng) for i in dataset.indicators}
    return frame.with_columns(**about).with_columns(**values).select(*KEPT, *dataset.columns)


def _values(indicator: Indicator, size: int, many: int, rng: random.Random) -> pl.Series:
    """A column of the form: of whole numbers some tenth is blank where they need not be given."""
    if indicator.codes:
        codes = [indicator.codes[n % many % len(indicator.codes)] for n in range(size)]
        return pl.Series(codes, dtype=pl.String)
    if indicator.numeric:
        blank = 0 if indicator.required == "true" else 10
        drawn = [None if rng.randrange(100) < blank else rng.randrange(1, 100_000) for _ in range(size)]
        if indicator.unit.dtype == "year":
            drawn = [None if value is None else 2014 + value % 7 for value in drawn]
        return pl.Series(drawn, dtype=pl.Int64).cast(indicator.dtype)
    if indicator.unit.dtype == "date":
        return pl.Series([None, *[datetime(2015, 1, 1).date()] * (size - 1)], dtype=pl.Date)  # noqa: DTZ001  (a day)
    if indicator.unit.dtype == "boolean":
        return pl.Series([n % 2 == 0 for n in range(size)], dtype=pl.Boolean)
    return pl.Series([f"{indicator.label_zh}{n % many}" for n in range(size)], dtype=pl.String)
