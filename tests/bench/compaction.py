"""What compacting does to reading: a year of nights that each brought a few counties' returns, before and after it.

    python -m tests.bench.compaction [nights] [periods]

Rows of microcredit are written as nights write them, then read whole, as the marts read them, several times.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import polars as pl

from tests.builders import BOOK, RECEIVED, finance, url
from warehouse.store import journal
from warehouse.store.archive import hash_file
from warehouse.store.compact import compact
from warehouse.store.files import Root
from warehouse.store.history import scan_rows, schema, write_rows
from warehouse.store.journal_records import Entry, PeriodRecord

FORM = BOOK.datasets["finance"]
COUNTIES, TIMES = 4, 9


def rows(period: str, night: int) -> pl.DataFrame:
    """What a few counties sent of a period in one night."""
    made = [
        {
            "receipt": night * COUNTIES + place, "submission": "ab" * 32, "sheet": "金融扶贫", "row": 2,
            "county_code": division.county_code, "period": period, "return_status": "reported", "version": 1,
            "known_from": RECEIVED.replace(tzinfo=None), **finance(1000 + night),
        }
        for place, division in enumerate(BOOK.divisions[:COUNTIES])
    ]  # fmt: skip
    return pl.DataFrame(made, schema(FORM))


def fill(root: Root, nights: int, periods: list[str]) -> None:
    """As many nights, each with returns of each period."""
    for night in range(1, nights + 1):
        run = journal.run_name(night)
        judged = []
        for period in periods:
            path = write_rows(root.history, FORM, period, run, rows(period, night))
            assert path
            files = {path.relative_to(root.path).as_posix(): hash_file(path)}
            judged.append(PeriodRecord(period=period, decisions=(), rules=(), findings=(), files=files))
        entry = Entry(
            run=run, flow="nightly", received_at=RECEIVED, receipts=(), periods=tuple(judged), findings=()
        )  # fmt: skip
        journal.commit(root, entry)


def reading(root: Root) -> tuple[int, float]:
    """Rows, and the median of the seconds that reading them all takes."""
    runs, took, height = journal.runs(root), [], 0
    for _ in range(TIMES):
        start = perf_counter()
        height = scan_rows(root.history, FORM, runs).collect().height
        took.append(perf_counter() - start)
    return height, median(took)


def main() -> None:
    nights, months = (int(word) for word in [*sys.argv[1:], *("60", "12")[len(sys.argv) - 1 :]])
    periods = [f"2017-{month:02}" for month in range(1, months + 1)]
    with tempfile.TemporaryDirectory() as folder:
        root = Root(Path(folder))
        fill(root, nights, periods)
        held, before = reading(root)
        done = compact(root, url(root), RECEIVED)
        again, after = reading(root)
    assert held == again
    print(  # noqa: T201
        f"{held} rows: {done.files_before} files of {done.bytes_before / 1e6:.1f} MB read in {before * 1e3:.0f} ms, "
        f"{done.files_after} of {done.bytes_after / 1e6:.1f} MB in {after * 1e3:.0f} ms, {before / after:.0f} times"
        " as fast"
    )


if __name__ == "__main__":
    main()
