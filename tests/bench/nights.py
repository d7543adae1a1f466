"""A thousand nights, `make bench-nights`: one file a night, and what the store and a night come to.

    python -m tests.bench.nights [--nights 1000] [--folder DIR] [--json FILE]

Each night one county sends its workbook of a month, COUNTIES counties a month: three years in a thousand nights; of few
datasets, so that little is left beside what may grow. A night is the flow without Prefect, in this process, as are its
readers; before each one it forgets which files it has hashed. Every seventh night prune and compact run, as deployed;
time is the nights' own: folders are dated as their nights are. Seconds are the processor's: others may use the machine.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

from expectations.data_docs.recovered_pages import publish_recovered_pages
from flows import nightly, pipeline
from tests.builders import installation
from tests.faults.plain_flows import plain
from tests.faults.scenarios import Place
from warehouse.maintenance import operations
from warehouse.messages.log import log
from warehouse.store import archive
from warehouse.store.files import Root, found
from warehouse.store.row_files import AT_LEAST
from warehouse.synthetic.records import MONTHS
from warehouse.synthetic.returns import build_returns
from warehouse.synthetic.write import write_returns

# As many a month as its longest has days: no return comes before its month has ended.
COUNTIES, SEED, WEEK = 31, 2017, 7
DATASETS = ("finance", "funds")
SHOWN = (1, 10, 100, 1000)
# A night's seconds are the median of so many, from it on.
AROUND = 5
GOAL = 1.5
FIRST = datetime(2016, 2, 1, 2, tzinfo=UTC)
Night = dict[str, Any]


def workbooks(folder: Path, nights: int) -> Iterator[Path]:
    """The workbooks of a few counties, month after month, a county a night."""
    months = MONTHS[: -(-nights // COUNTIES)]
    returns = build_returns(SEED, months)
    chosen = {*sorted({one.county_code for one in returns})[:COUNTIES]}
    write_returns(folder, [one for one in returns if one.county_code in chosen and one.dataset in DATASETS])
    yield from sorted(folder.rglob("*.xlsx"))[:nights]


def one_night(place: Place, at: datetime) -> Night:
    """A night, and what it took."""
    archive._hash.cache_clear()
    start, used = perf_counter(), process_time()
    with patch.object(pipeline, "perf_counter", process_time):
        summary = plain(lambda here: nightly.nightly.fn(here.inbox, at))(place)
    return {"seconds": process_time() - used, "wall": perf_counter() - start, "stages": summary.seconds}


def weekly(place: Place, at: datetime) -> Night:
    """Prune and compact, as deployed every week; what they took."""
    here, start = installation(place.root), process_time()
    operations.prune_root(here, now=at.timestamp())
    operations.compact_rows(here, AT_LEAST, at, publish_recovered_pages)
    return {"weekly": process_time() - start}


def sizes(root: Root) -> dict[str, int]:
    """Bytes on disk of each part of the store; what two folders share counts once."""
    parts, seen = Counter[str](), set[int]()
    for folder, _, names in os.walk(root.path):
        for name in names:
            path = Path(folder, name)
            state = path.lstat()
            if state.st_ino not in seen:
                seen.add(state.st_ino)
                part = path.relative_to(root.path).parts[0]
                parts["ledger" if part.startswith("ledger.db") else part] += state.st_size
    return {part: size for part, size in parts.items() if not part.startswith(".")}


def run(folder: Path, nights: int, note: Path | None) -> list[Night]:
    """All nights; each with its seconds, those that are shown with the sizes of the store too."""
    place, done = Place(folder), list[Night]()
    log.setLevel(logging.WARNING)
    os.environ |= {"XIANBAO_OPEN_SHARE": "0.1", "PREFECT_HOME": str(folder / "prefect")}
    for number, book in enumerate(workbooks(folder / "sent", nights), start=1):
        at = FIRST + timedelta(days=number)
        (place.inbox / book.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.move(book, place.inbox / book.parent.name / book.name)
        done.append({"night": number, **one_night(place, at)})
        _date(place.root, at)
        if number % WEEK == 0:
            done[-1] |= weekly(place, at)
        if number in SHOWN or number % 100 == 0 or number == nights:
            done[-1]["bytes"] = sizes(place.root)
        if note:
            note.write_text(json.dumps(done))
    return done


def _date(root: Root, at: datetime) -> None:
    """Dates what the night wrote as the night is."""
    for kind in (root.marts, root.reports):
        for path in [one for one in found(kind, "*") if one.is_dir() and not one.is_symlink()][-1:]:
            os.utime(path, (at.timestamp(), at.timestamp()))


def _near(done: list[Night], number: int) -> list[Night]:
    """A few nights from one on, at the end the last ones: one alone is at the mercy of what else the machine does."""
    first = min(number - 1, max(len(done) - AROUND, 0))
    return done[first : first + AROUND]


def _seconds(done: list[Night], number: int) -> float:
    return median(one["seconds"] for one in _near(done, number))


def _weekly(done: list[Night], number: int) -> float:
    """What the week's work took last."""
    took = [one["weekly"] for one in done[:number] if "weekly" in one]
    return took[-1] if took else 0.0


def show(done: list[Night], console: Console) -> None:
    """A column a night that is shown."""
    shown = [number for number in SHOWN if number < len(done)] + [len(done)]
    table = Table(title=f"{len(done)} nights, one file each; {COUNTIES} counties a month")
    for heading in ("", *map(str, shown)):
        table.add_column(heading, justify="right")
    table.add_row("seconds of a night", *(f"{_seconds(done, n):.2f}" for n in shown))
    for stage in dict.fromkeys(name for one in done for name in one["stages"]):
        table.add_row(stage, *(f"{median(one['stages'].get(stage, 0) for one in _near(done, n)):.2f}" for n in shown))
    table.add_row("weekly", *(f"{_weekly(done, n):.2f}" for n in shown), end_section=True)
    at = {one["night"]: one["bytes"] for one in done if "bytes" in one}
    for part in sorted({part for one in at.values() for part in one}):
        table.add_row(part, *(f"{at[n].get(part, 0) / 1000:,.0f} kB" for n in shown))
    table.add_row("all", *(f"{sum(at[n].values()) / 1000:,.0f} kB" for n in shown))
    table.add_row("kB a night", *(f"{sum(at[n].values()) / 1000 / n:,.0f}" for n in shown))
    console.print(table)
    ratio = _seconds(done, shown[-1]) / _seconds(done, 1)
    console.print(f"a night at the end takes {ratio:.2f} times the first (goal: at most {GOAL})", highlight=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=1000, help="how many (1000)")
    parser.add_argument("--folder", type=Path, help="an empty folder that is kept; a temporary one else")
    parser.add_argument("--json", type=Path, help="where to note every night as it ends")
    given = parser.parse_args()
    with TemporaryDirectory(prefix="xianbao-nights-") as folder:
        show(run(given.folder or Path(folder), given.nights, given.json), Console(width=100))


if __name__ == "__main__":
    main()
