"""One side of the engine bench in a process of its own: `python -m tests.bench.engine_side SIDE FORMAT FILE`.

Side: `bare`, `engine` or `stock`; format: BOOLEAN_ONLY or COMPLETE. After a warm-up on a thousand rows it validates the
file `--repeat` times and prints the seconds of each, the memory held before the data came and the most held since.
"""

from __future__ import annotations

import argparse
import gc
import json
import pickle
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl

from tests.bench.engine_answers import Answers, of_bare, of_great_expectations
from tests.bench.measure import clocks, peak_mib

SIDES = ("bare", "engine", "stock")
WARM_UP_ROWS = 1000
RESULT_FORMATS = {
    "BOOLEAN_ONLY": {"result_format": "BOOLEAN_ONLY"},
    "COMPLETE": {
        "result_format": "COMPLETE",
        "unexpected_index_column_names": ["row_id"],
        "return_unexpected_index_query": False,
    },
}


@dataclass(frozen=True)
class Side:
    """`run` validates a frame, `answers` makes answers of the outcome; seconds within the engine go to `inside`."""

    run: Callable[[Any], Any]
    answers: Callable[[Any], Answers]
    inside: list[float] = field(default_factory=list)


def prepare(side: str, result_format: str, rows: int) -> Side:
    """The side, ready for frames of so many rows."""
    complete = result_format == "COMPLETE"
    if side == "bare":
        bare = import_module("tests.bench.engine_bare")
        checks = import_module("tests.bench.engine_bare_checks").checks(rows)
        validate = partial(bare.validate, checks=checks, fetch=complete)
        return Side(lambda frame: validate(frame.lazy()), partial(of_bare, complete=complete))
    if side == "engine":
        import_module("expectations.engine")
    through = import_module("tests.bench.engine_gx")
    run, inside = through.prepare(side, rows, RESULT_FORMATS[result_format])
    return Side(run, lambda result: of_great_expectations(through.raw(result), complete=complete), inside)


def load(side: str, file: Path, *, lazy: bool) -> tuple[Any, float]:
    """The file's rows as the side takes them, and the seconds that their conversion took."""
    frame = pl.scan_parquet(file) if lazy and side != "stock" else pl.read_parquet(file)
    start = time.perf_counter()
    taken = frame.to_pandas() if side == "stock" and isinstance(frame, pl.DataFrame) else frame
    return taken, round(time.perf_counter() - start, 3)


def forget_peak() -> None:
    """From here on `peak_mib` is the most held since (Linux)."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def timed(side: Side, frame: Any, repeat: int) -> tuple[Any, dict[str, list[float]]]:
    """The last outcome; of each run the seconds, the CPU seconds and the seconds within the engine."""
    measured: dict[str, list[float]] = {"seconds": [], "cpu": [], "inside": []}
    for _ in range(repeat):
        outcome = None  # what is held of the last run would count as this one's
        side.inside.clear()
        gc.collect()
        with clocks() as spent:
            outcome = side.run(frame)
        measured["seconds"].append(spent["total"])
        measured["cpu"].append(spent["cpu"])
        measured["inside"].append(round(sum(side.inside), 3))
    return outcome, measured


def main() -> None:
    given = _arguments()
    rows = pl.scan_parquet(given.file).select(pl.len()).collect().item()
    side = prepare(given.side, given.result_format, rows)
    few = pl.scan_parquet(given.file).head(WARM_UP_ROWS).collect()
    side.run(few.to_pandas() if given.side == "stock" else few)
    forget_peak()
    before = peak_mib()
    frame, converted = load(given.side, given.file, lazy=given.lazy)
    forget_peak()
    outcome, measured = timed(side, frame, given.repeat)
    told = measured | {"before_mib": before, "peak_mib": peak_mib(), "converted": converted}
    answers = side.answers(outcome)  # in every process: a check that raised was not work
    if given.answers:
        given.answers.write_bytes(pickle.dumps(answers))
    sys.stdout.write(json.dumps(told) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("result_format", choices=RESULT_FORMATS)
    parser.add_argument("file", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--lazy", action="store_true", help="scan the file instead of reading it (not stock)")
    parser.add_argument("--answers", type=Path, help="write the answers there")
    return parser.parse_args()


if __name__ == "__main__":
    main()
