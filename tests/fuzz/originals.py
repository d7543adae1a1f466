"""Good files to start from: every format, and of the messy province those habits that a reader could lose something of.

Deterministic: the same bytes each time, so that a seed of the fuzz names one mutant.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.builders import YANGGAO, cover, finance, given, row, send, sheet, village, write_book
from warehouse.intake.formats.registry import FORMATS
from warehouse.synthetic import write_sample
from warehouse.synthetic.messy import KEY_SUFFIX

SEED, PERIOD = 7, "2017-12"
HABITS = (
    "plain", "xls", "ods", "csv_utf8", "csv_bom", "csv_gb18030", "csv_utf16", "tsv", "txt_utf16_tabs",
    "csv_semicolons", "csv_groups", "zip_gbk", "zip_workbooks", "title_unit_line", "two_rows", "three_rows", "footer",
    "totals", "hidden_rows", "sheet_numbers", "report", "full_width", "wan", "percent_format", "percent_format_xls",
    "days_serial", "epoch_1904", "epoch_1904_xls", "formulas", "place_in_columns", "place_in_sheet_name",
    "month_cell", "bundle", "bundle_names", "bundle_csv", "periods_in_one",
)  # fmt: skip


@dataclass(frozen=True)
class Original:
    """A good file: the name that it is sent under, its bytes, what it is of (xlsx, xls, ods, zip, text)."""

    name: str
    data: bytes

    @property
    def kind(self) -> str:
        return next((name for name, known in FORMATS.items() if self.name.endswith(known.suffixes)), "zip")


def originals(folder: Path) -> list[Original]:
    """All of them; `folder` is empty and is written to."""
    paths = [*_messy(folder / "messy"), *_by_hand(folder / "by hand")]
    return [Original(path.name, path.read_bytes()) for path in paths]


def _messy(out: Path) -> Iterator[Path]:
    """The smallest file of each habit."""
    write_sample(out, SEED, messy=True, period=PERIOD)
    by_habit: dict[str, set[str]] = {}
    with out.with_name(f"{out.name}{KEY_SUFFIX}").open(encoding="utf-8", newline="") as lines:
        for line in csv.DictReader(lines):
            archive, suffix, _ = line["file"].partition(".zip/")
            file = archive + suffix.rstrip("/")
            if line["period"] == PERIOD and (line["habit"] == "plain") == ("其余" in file):
                by_habit.setdefault(line["habit"], set()).add(file)
    for habit in HABITS:
        if files := by_habit.get(habit):
            yield min((out / file for file in files), key=lambda path: (path.stat().st_size, path.name))


def _by_hand(out: Path) -> Iterator[Path]:
    """What the sample's own writer (xlsxwriter) and openpyxl make: a county's workbook, notes, text, dates."""
    returns = (
        given(YANGGAO, PERIOD, "finance", finance(60_000)),
        given(YANGGAO, PERIOD, "relocation_villages", village("1"), village("2")),
        given(YANGGAO, PERIOD, "relocation", row("relocation", villages_planned=2)),
    )
    yield from send(out, *returns).rglob("*.xlsx")
    listed = (("金融扶贫", "finance", "有", "报送"), ("易地扶贫搬迁", "relocation", "有", "报送"))
    pages = {
        "封面": cover(listed),
        "金融扶贫": sheet("finance", finance(3)),
        "易地扶贫搬迁": sheet("relocation", row("relocation", villages_planned=7)),
        "填报说明": [["报表", "指标", "规则", "说明"], ["金融扶贫", None, None, "利率 <5% & 未变"]],
    }
    yield write_book(out / "阳高县 openpyxl.xlsx", pages)
