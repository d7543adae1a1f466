"""A made-up register of resettled households, as many as asked for, with planted faults: `python -m
tests.bench.engine_data ROWS FILE` writes it as Parquet.

Faults are few, as in data that somebody has looked after: from one row in 10,000 to one in 1,000; blanks are many.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

SEED = 2017
COUNTIES = [f"43{number:04d}" for number in range(101, 220)]
PERIODS = [f"2017-{month:02d}" for month in range(1, 13)]
STATUSES = ["planned", "started", "completed", "moved"]
FIRST_DAY = datetime(2017, 1, 1)  # noqa: DTZ001  (the register has no time zone)


def register(rows: int) -> pl.DataFrame:
    """The register: `row_id` from 0 up, the same for the same number of rows."""
    draw = np.random.default_rng(SEED)
    return (
        pl.DataFrame({"row_id": np.arange(rows)} | _words(draw, rows) | _numbers(draw, rows))
        .with_columns(
            household=pl.col("county") + pl.col("row_id").cast(pl.String).str.zfill(8),
            signed_at=pl.lit(FIRST_DAY).dt.offset_by("8h") + pl.duration(hours=pl.col("hour")),
            workers=pl.min_horizontal("workers", "persons"),
            paid=(pl.col("subsidy") * pl.col("share_paid")).round(2),
            own_percent=100 - pl.col("central_percent") - pl.col("province_percent"),
            home=pl.col("county"),
        )
        .drop("hour", "share_paid")
        .with_columns(_faults(draw, rows))
        .with_columns(_blanks(draw, rows))
    )


def _words(draw: np.random.Generator, rows: int) -> dict[str, pl.Series]:
    def any_of(words: list[str]) -> pl.Series:
        return pl.Series(words).gather(draw.integers(0, len(words), rows))

    phone = pl.Series(draw.integers(13_000_000_000, 18_999_999_999, rows)).cast(pl.String)
    note = any_of(["visited", "asks for a loan", "moved in with a son", "waits for the key", "roof to be mended"])
    return {"county": any_of(COUNTIES), "period": any_of(PERIODS), "status": any_of(STATUSES), "phone": phone} | {
        "note": note
    }


def _numbers(draw: np.random.Generator, rows: int) -> dict[str, np.ndarray]:
    return {
        "persons": draw.integers(1, 9, rows),
        "workers": draw.integers(0, 5, rows),
        "area": draw.normal(90, 12, rows).clip(40, 140).round(1),
        "subsidy": draw.gamma(4, 5000, rows).round(2),
        "share_paid": draw.uniform(0, 1, rows),
        "score": draw.normal(0, 1, rows),
        "central_percent": draw.integers(30, 61, rows),
        "province_percent": draw.integers(10, 31, rows),
        "hour": draw.integers(0, 365 * 24 - 9, rows),
    }


def _faults(draw: np.random.Generator, rows: int) -> list[pl.Expr]:
    """Each planted in so many rows of ten thousand."""

    def plant(column: str, fault: pl.Expr, in_10000: int) -> pl.Expr:
        hit = pl.Series(draw.integers(0, 10_000, rows) < in_10000)
        return pl.when(hit).then(fault).otherwise(pl.col(column)).alias(column)

    return [
        plant("household", pl.col("household").shift(1).fill_null("430101"), 4),
        plant("phone", pl.lit("no telephone"), 10),
        plant("status", pl.lit("unknown"), 5),
        plant("persons", pl.lit(0), 3),
        plant("workers", pl.col("persons") + 1, 6),
        plant("area", pl.col("area") + 400, 2),
        plant("paid", pl.col("subsidy") + 1, 4),
        plant("own_percent", pl.col("own_percent") + 1, 5),
        plant("home", pl.lit("430000"), 8),
        plant("signed_at", pl.col("signed_at").dt.offset_by("-1y"), 3),
    ]


def _blanks(draw: np.random.Generator, rows: int) -> list[pl.Expr]:
    """Each in so many rows of a thousand."""
    in_1000 = {"status": 1, "persons": 20, "workers": 20, "area": 10, "paid": 50, "note": 700, "phone": 100, "home": 5}
    return [
        pl.when(pl.Series(draw.integers(0, 1000, rows) >= share)).then(pl.col(column)).alias(column)
        for column, share in in_1000.items()
    ]


def main() -> None:
    register(int(sys.argv[1])).write_parquet(Path(sys.argv[2]))


if __name__ == "__main__":
    main()
