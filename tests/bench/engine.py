"""The engine bench, part of `make bench`: the same checks as bare Polars, through our engine and through stock pandas.

Each side runs in processes of its own, in turn, several times, each timed inside after a warm-up; the best of each
counts. BOOLEAN_ONLY asks for verdicts; COMPLETE for all failing rows too, and there all answers are compared first.
For pandas the data are converted beforehand: that is shown apart.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from tests.bench.engine_answers import differences
from tests.bench.engine_side import RESULT_FORMATS, SIDES
from tests.bench.engine_table import show

SIZES = (10_000, 1_000_000)
MANY = 100_000  # from here on a run takes seconds, and two a process are enough
Measured = dict[str, Any]


@dataclass
class Case:
    """What was measured of one size and result format, by side: a process an entry."""

    rows: int
    result_format: str
    runs: dict[str, list[Measured]] = field(default_factory=lambda: {side: [] for side in SIDES})
    checks: int = 0

    def best(self, side: str, what: str) -> float:
        """The least of a measure among all of the side's runs."""
        return min(value for run in self.runs[side] for value in _many(run[what]))

    def as_dict(self) -> Measured:
        """All that was measured, and the ratios."""
        return {"rows": self.rows, "result_format": self.result_format, "checks": self.checks} | self.runs | {
            "to_bare": self._ratio("engine", "bare", "seconds"),
            "cpu_to_bare": self._ratio("engine", "bare", "cpu"),
            "faster_than_stock": self._ratio("stock", "engine", "seconds"),
            "cpu_faster_than_stock": self._ratio("stock", "engine", "cpu"),
            "memory_to_bare": self._ratio("engine", "bare", "peak_mib"),
        }  # fmt: skip

    def _ratio(self, one: str, other: str, what: str) -> float:
        return round(self.best(one, what) / self.best(other, what), 2)


def _many(value: float | list[float]) -> list[float]:
    return value if isinstance(value, list) else [value]


def measure(sizes: list[int], turns: int, folder: Path, *, lazy: bool) -> Iterator[Case]:
    """Writes the register at each size and measures it in each format; exits where answers differ."""
    for rows in sizes:
        file = folder / f"{rows}.parquet"
        _process("engine_data", str(rows), str(file))
        for result_format in RESULT_FORMATS:
            case = Case(rows, result_format)
            for turn in range(turns):
                _turn(case, file, first=turn == 0, lazy=lazy)
            yield case


def _turn(case: Case, file: Path, *, first: bool, lazy: bool) -> None:
    """Each side once more; in the first turn their answers are compared."""
    repeat = "2" if case.rows >= MANY else "10"
    for side in SIDES:
        options = ["--repeat", repeat] + ["--lazy"] * lazy
        if first:
            options += ["--answers", str(file.with_suffix(f".{side}"))]
        told = _process("engine_side", side, case.result_format, str(file), *options)
        case.runs[side].append(json.loads(told))
    if first:
        case.checks = _compare(case, file)


def _compare(case: Case, file: Path) -> int:
    """How many answers each side gave; exits where they are not the same."""
    bare, *others = (pickle.loads(file.with_suffix(f".{side}").read_bytes()) for side in SIDES)
    for side, answers in zip(SIDES[1:], others, strict=True):
        if differ := differences(bare, answers):
            sys.exit(f"{case.rows} rows, {case.result_format}: bare and {side} differ:\n" + "\n".join(differ))
    return len(bare)


def _process(module: str, *arguments: str) -> str:
    """What a module of this bench prints in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GX_", "POLARS_"))}
    command = [sys.executable, "-m", f"tests.bench.{module}", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed\n{done.stderr}\n{done.stdout}")
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--rows", type=float, nargs="+", default=SIZES, help="sizes (1e4 1e6); 1e7 takes a quarter of an hour"
    )
    parser.add_argument("--turns", type=int, default=3, help="how many processes each side has (3)")
    parser.add_argument("--lazy", action="store_true", help="bare and engine scan the Parquet instead of holding it")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    given = parser.parse_args()
    sizes = [int(rows) for rows in given.rows]
    with TemporaryDirectory(prefix="xianbao-bench-") as folder:
        cases = list(measure(sizes, max(1, given.turns), Path(folder), lazy=given.lazy))
    if given.json:
        sys.stdout.write(json.dumps([case.as_dict() for case in cases], indent=1) + "\n")
    else:
        show([case.as_dict() for case in cases], Console())


if __name__ == "__main__":
    main()
