"""The bare script's reading: workbooks and CSV files straight into typed frames, one conversion a shape of sheet."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
from python_calamine import CalamineWorkbook

from warehouse.codebook import Dataset, Indicator, load

COVER, NIL, NOTES = "封面", "无", "填报说明"
STATUS = {"预计": "provisional", "报送": "reported", "核实": "verified", "审定": "approved"}
FLAG = {"是": True, "否": False, True: True, False: False}
PLACE = {
    "receipt": pl.Int64, "submission": pl.String, "sheet": pl.String, "row": pl.Int64,
    "county_code": pl.String, "period": pl.String,
}  # fmt: skip
HEAD = {
    "receipt": pl.Int64, "submission": pl.String, "file": pl.String, "dataset": pl.String,
    "county_code": pl.String, "period": pl.String, "status": pl.String, "nil": pl.Boolean,
    "noted": pl.Boolean,
}  # fmt: skip
# A product of a number of 15 digits is off by less than this part of it.
EXACT = 1e-15


@dataclass
class Gathered:
    """What the files hold: a line a return, and the rows of each shape (dataset and header) with their places."""

    return_headers: list[tuple[Any, ...]] = field(default_factory=list)
    places: dict[tuple[str, tuple[str, ...]], list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))
    cells: dict[tuple[str, tuple[str, ...]], list[list[Any]]] = field(default_factory=lambda: defaultdict(list))


def read_inbox(inbox: Path) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    """The returns, and by dataset their typed rows; `unconverted` counts a row's cells that did not convert.

    `noted`: the county explains whatever is queried of the return. Notes on one rule or indicator are not told apart.
    """
    gathered = Gathered()
    names = sorted(p.relative_to(inbox).as_posix() for p in inbox.rglob("*") if p.is_file())
    for receipt, name in enumerate(names, 1):
        path = inbox / name
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        read = _csv if path.suffix == ".csv" else _workbook
        read(gathered, path, (receipt, digest, name))
    return_headers = pl.DataFrame(gathered.return_headers, HEAD, orient="row")
    frames: dict[str, list[pl.DataFrame]] = defaultdict(list)
    for (dataset, header), cells in gathered.cells.items():
        frames[dataset].append(_typed(load().datasets[dataset], header, gathered.places[dataset, header], cells))
    return return_headers, {
        name: pl.concat([*frames[name], _nil_rows(d, return_headers)]) for name, d in load().datasets.items()
    }


def _workbook(gathered: Gathered, path: Path, receipt: tuple[int, str, str]) -> None:
    with CalamineWorkbook.from_path(str(path)) as book:
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    cover = sheets.pop(COVER)
    noted = {line[0] for line in sheets.pop(NOTES, [])}
    said = {row[0]: row[1] for row in cover}
    at = (said["区划代码"], said["报告期"])
    start = next(i for i, row in enumerate(cover) if row[0] == "报表")
    for label, dataset, filled, status in cover[start + 1 :]:
        gathered.return_headers.append((*receipt, dataset, *at, STATUS[status], filled == NIL, label in noted))
        if filled != NIL:
            header, *rows = sheets[label]
            shape = (dataset, tuple(header))
            for number, row in enumerate(rows, 2):
                if any(value != "" for value in row):
                    gathered.places[shape].append((*receipt[:2], label, number, *at))
                    gathered.cells[shape].append(row)


def _csv(gathered: Gathered, path: Path, receipt: tuple[int, str, str]) -> None:
    header, *rows = csv.reader(_decoded(path.read_bytes()).splitlines())
    dataset = next(name for name in load().datasets if path.stem.endswith(f"_{name}"))
    county, period, status = (header.index(name) for name in ("区划代码", "报告期", "状态"))
    shape = (dataset, tuple(header))
    seen = {}
    for number, row in enumerate(rows, 2):
        at = (row[county], row[period])
        seen.setdefault(at, STATUS[row[status]])
        gathered.places[shape].append((*receipt[:2], None, number, *at))
        gathered.cells[shape].append(row)
    gathered.return_headers += [(*receipt, dataset, *at, given, False, False) for at, given in seen.items()]


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _typed(
    dataset: Dataset, header: tuple[str, ...], places: list[tuple[Any, ...]], cells: list[list[Any]]
) -> pl.DataFrame:
    known = _headers(dataset)
    found: dict[str, pl.Series] = {}
    unconverted = pl.zeros(len(cells), dtype=pl.Int64, eager=True)
    for text, values in zip(header, zip(*cells, strict=True), strict=True):
        if text not in known:
            continue
        indicator, factor = known[text]
        series = _series(indicator, factor, values).alias(indicator.column)
        found[indicator.column] = series
        if series.len() - series.null_count() != len(values) - values.count(""):
            unconverted += (series.is_null() & pl.Series([value != "" for value in values])).cast(pl.Int64)
    missing = (pl.lit(None, kind).alias(name) for name, kind in dataset.dtypes.items() if name not in found)
    frame = pl.DataFrame(places, PLACE, orient="row").with_columns(*found.values(), *missing, unconverted=unconverted)
    return frame.select(*PLACE, *dataset.columns, "unconverted")


@cache
def _headers_of(name: str) -> dict[str, tuple[Indicator, int]]:
    book = load()
    known: dict[str, tuple[Indicator, int]] = {}
    for i in book.datasets[name].indicators:
        factors = {s.spelling: s.factor for s in book.scales if s.unit == i.unit.unit} | {i.unit.label_zh: 1}
        known[i.label_zh] = (i, 1)
        known |= {f"{i.label_zh}({unit})": (i, factor) for unit, factor in factors.items()}
    return known


def _headers(dataset: Dataset) -> dict[str, tuple[Indicator, int]]:
    """Every header that a column of the form may have, with its indicator and the base units in one of its own."""
    return _headers_of(dataset.dataset)


def _series(indicator: Indicator, factor: int, values: tuple[Any, ...]) -> pl.Series:
    """The column in its stored type and base unit; null where it is blank or does not convert exactly."""
    if indicator.numeric:
        return _numbers(indicator, factor, values)
    if indicator.unit.dtype == "date":
        texts = [v.isoformat() if isinstance(v, date) else v or None for v in values]
        return pl.Series(texts, dtype=pl.String).str.to_date("%Y-%m-%d", strict=False)
    if indicator.unit.dtype == "boolean":
        return pl.Series([FLAG.get(v) for v in values], dtype=pl.Boolean)
    if indicator.codes:
        return pl.Series([v if v in indicator.codes else None for v in values], dtype=pl.String)
    return pl.Series([_text(v) for v in values], dtype=pl.String)


def _numbers(indicator: Indicator, factor: int, values: tuple[Any, ...]) -> pl.Series:
    """Exact for numbers of up to 15 digits, all that Excel keeps: scaled to whole digits, then checked to be whole."""
    plain = [None if v == "" else v.replace(",", "") if isinstance(v, str) else v for v in values]
    shift = 10**indicator.decimals
    scaled = pl.Series(plain, dtype=pl.Float64, strict=False) * (factor * shift)
    kept = scaled.round()
    kept = kept.set((kept - scaled).abs() > scaled.abs() * EXACT, None)
    return (kept / shift if indicator.decimals else kept).cast(indicator.dtype)


def _text(value: Any) -> str | None:
    return " ".join(value.split()) or None if isinstance(value, str) else f"{value:.15g}"


def _nil_rows(dataset: Dataset, return_headers: pl.DataFrame) -> pl.DataFrame:
    """A nil return of a form with one row a county: its required counts are zero."""
    nil = return_headers.filter(
        pl.col("nil") & (pl.lit(dataset.one_row and dataset.nil)), pl.col("dataset") == dataset.dataset
    )
    zero = {i.column for i in dataset.indicators if i.roll_up.how == "sum" and i.required == "true"}
    return nil.select(
        "receipt", "submission", pl.lit(COVER).alias("sheet"), pl.lit(None, pl.Int64).alias("row"),
        "county_code", "period",
        *(pl.lit(0 if i.column in zero else None).cast(i.dtype).alias(i.column) for i in dataset.indicators),
        pl.lit(0, pl.Int64).alias("unconverted"),
    )  # fmt: skip
