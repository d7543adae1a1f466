"""The reading bench, part of `make bench`: the product's reading beside bare readers, over the same files, in turns.

A province-night is 119 workbooks of a sheet a dataset, as the synthetic province has them; a nation-night 2,850 CSV
files of one dataset, a county each, with made-up codes. `values`: what no reader can do without, calamine giving the
cells of every sheet or one `scan_csv` of the list giving texts. `typed`: the bare script's reading, which also knows
headers and units and makes typed frames. The product's has preflight, child processes, provenance, findings; its
children's start is shown apart. `--files` multiplies the nation for a look at memory.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import polars as pl
from python_calamine import CalamineWorkbook
from rich.console import Console
from rich.table import Table

from tests.bench.bare_read import read_inbox
from tests.bench.measure import children_peak_mib, peak_mib
from warehouse.codebook import load
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.model.records import Receipt, ReceivedFile
from warehouse.intake.sandbox.reader_pool import Readers
from warehouse.synthetic import build_returns, write_returns
from warehouse.synthetic.layout import shown

SEED, PERIOD, COUNTIES, NATION = 2017, "2017-12", 119, 2850
GOAL = 1.5
SIDES = ("values", "typed", "product")
Measured = dict[str, Any]


def write_province(folder: Path) -> None:
    """119 workbooks of one period, no CSV among them."""
    returns = [found for found in build_returns(SEED) if found.period == PERIOD]
    write_returns(folder, returns)
    for path in folder.rglob("*.csv"):
        path.unlink()


def write_nation(folder: Path, files: int) -> None:
    """A CSV of the finance form for each county; codes are six digits that no county has, and each line says so."""
    folder.mkdir(parents=True)
    form = load().datasets["finance"]
    rows = [found.rows[0] for found in build_returns(SEED) if (found.period, found.dataset) == (PERIOD, "finance")]
    header = ["区划代码", "报告期", "状态", "备注", *(i.header_zh for i in form.indicators)]
    for number in range(files):
        code = f"{900000 + number:06}"
        row = rows[number % len(rows)]
        values = ["" if row[i.column] is None else shown(i, row[i.column]) for i in form.indicators]
        with (folder / f"{code}_{PERIOD}_finance.csv").open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines).writerows([header, [code, PERIOD, "报送", "合成数据 SYNTHETIC", *values]])


def _values(inbox: Path) -> int:
    paths = _paths(inbox)
    if paths[0].suffix == ".csv":
        return pl.scan_csv(paths, include_file_paths="file", infer_schema=False).collect().height
    count = 0
    for path in paths:
        with CalamineWorkbook.from_path(str(path)) as book:
            count += sum(
                len(book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names
            )
    return count


def _typed(inbox: Path) -> int:
    return sum(frame.height for frame in read_inbox(inbox)[1].values())


def _product(readers: Readers, inbox: Path) -> int:
    at = datetime(2018, 7, 5, tzinfo=UTC)
    received = [
        ReceivedFile(
            Receipt(receipt=n, submission=f"{n:064x}", file=p.relative_to(inbox).as_posix(), received_at=at), p
        )
        for n, p in enumerate(_paths(inbox), 1)
    ]
    reading = readers.read(received, {}, {})
    if reading.findings or reading.unreadable:
        sys.exit(f"the sample is not read cleanly: {reading.findings[:3]}")
    return sum(frame.height for frame in reading.rows.values())


def _paths(inbox: Path) -> list[Path]:
    return sorted(p for p in inbox.rglob("*") if p.is_file())


def measure(side: str, inbox: Path) -> Measured:
    """One side over one inbox, once, in this process: seconds, rows, the most memory held."""
    load()
    start = perf_counter()
    if side != "product":
        read: Callable[[Path], int] = _values if side == "values" else _typed
        rows = read(inbox)
        return {"seconds": perf_counter() - start, "rows": rows, "peak_mib": peak_mib(), "children_mib": 0}
    with TemporaryDirectory() as scratch, Readers(Limits(), inbox, Path(scratch)) as readers:
        readers.wait()
        ready = perf_counter()
        rows = _product(readers, inbox)
        done = perf_counter()
        return {
            "seconds": done - ready, "start_up": ready - start, "rows": rows, "peak_mib": peak_mib(),
            "children_mib": children_peak_mib(),
        }  # fmt: skip


def run(repeat: int, files: int) -> dict[str, dict[str, list[Measured]]]:
    """All turns of all sides, each in a process of its own."""
    nights: dict[str, dict[str, list[Measured]]] = {}
    with TemporaryDirectory(prefix="xianbao-bench-") as folder:
        inboxes = {"province-night": Path(folder) / "province", "nation-night": Path(folder) / "nation"}
        write_province(inboxes["province-night"])
        write_nation(inboxes["nation-night"], files)
        for night, inbox in inboxes.items():
            sides: dict[str, list[Measured]] = {side: [] for side in SIDES}
            for _ in range(repeat):
                for side, turns in sides.items():
                    turns.append(_child(side, inbox))
            nights[night] = sides
    return nights


def _child(side: str, inbox: Path) -> Measured:
    words = [sys.executable, "-m", "tests.bench.reading", "--side", side, "--inbox", str(inbox)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed\n{done.stderr}")
    measured: Measured = json.loads(done.stdout)
    return measured


def show(nights: dict[str, dict[str, list[Measured]]], console: Console) -> None:
    """A line a side: the best time, the spread, how the product compares, memory."""
    for night, sides in nights.items():
        table = Table(title=f"Reading a {night}: best of {len(sides['values'])}, seconds")
        for heading in ("reader", "best", "least - most", "product / it", "peak MiB", "children's", "start-up, apart"):
            table.add_column(heading, justify="left" if heading == "reader" else "right")
        ours = _best(sides["product"])
        for side, turns in sides.items():
            seconds = [turn["seconds"] for turn in turns]
            table.add_row(
                side,
                f"{min(seconds):.3f}",
                f"{min(seconds):.3f} - {max(seconds):.3f}",
                "" if side == "product" else f"{ours / min(seconds):.2f}",
                str(max(turn["peak_mib"] for turn in turns)),
                str(max(turn["children_mib"] for turn in turns) or ""),
                f"{min(t['start_up'] for t in turns):.2f}" if side == "product" else "",
            )
        console.print(table)
    console.print(f"goal: at most {GOAL} times the bare reader", highlight=False)


def _best(turns: list[Measured]) -> float:
    best: float = min(turn["seconds"] for turn in turns)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5, help="how often each is run (5)")
    parser.add_argument("--files", type=int, default=NATION, help=f"how many files a nation has ({NATION})")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--inbox", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        sys.stdout.write(json.dumps(measure(given.side, given.inbox)) + "\n")
        return
    nights = run(max(1, given.repeat), given.files)
    if given.json:
        sys.stdout.write(json.dumps(nights, indent=1) + "\n")
    else:
        show(nights, Console())


if __name__ == "__main__":
    main()
