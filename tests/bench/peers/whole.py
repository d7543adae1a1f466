"""One whole process of the peers' bench: `python -m tests.bench.peers.whole TOOL FILE`.

Imports what the tool needs, validates the Parquet file and prints how many rows fail each check (for a check of a
whole value: 0 or 1), with the seconds since the process began at the end of the imports.

What is imported is then put out of the collector's sight, as a program of one's own may do and the engine's README
advises: else Python takes Great Expectations apart at the end, object by object, for 0.9 s. dbt is run as it comes.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl

from tests.bench.measure import since_start

COUNTS = {"result_format": "BASIC", "partial_unexpected_count": 0}  # as the others: how many rows fail, not which
Failing = dict[str, int]
Run = Callable[[Path, int], Failing]


def bare() -> Run:
    validate = import_module("tests.bench.engine_bare").validate
    checks = import_module("tests.bench.engine_bare_checks").checks

    def run(file: Path, rows: int) -> Failing:
        answers = validate(pl.scan_parquet(file), checks(rows), fetch=False)
        return {name: answer.get("failing", int(not answer["success"])) for name, answer in answers.items()}

    return run


def engine() -> Run:
    import_module("expectations.engine")
    return _through_checkpoint("engine", pl.scan_parquet)


def stock() -> Run:
    return _through_checkpoint("stock", import_module("pandas").read_parquet)


def _through_checkpoint(side: str, read: Callable[[Path], Any]) -> Run:
    through = import_module("tests.bench.engine_gx")

    def run(file: Path, rows: int) -> Failing:
        validate, _ = through.prepare(side, rows, COUNTS)
        return {name: _failing(answer) for name, answer in through.raw(validate(read(file))).items()}

    return run


def _failing(answer: dict[str, Any]) -> int:
    of_rows = "element_count" in answer
    return int(answer["unexpected_count"]) if of_rows else int(not answer["success"])


def dataframely() -> Run:
    rules = import_module("tests.bench.peers.rules")

    def run(file: Path, rows: int) -> Failing:
        frame = pl.read_parquet(file)
        _, failures = rules.schema(frame.columns, rows).filter(frame)
        return dict.fromkeys(rules.rules(rows), 0) | failures.counts()

    return run


TOOLS: dict[str, Callable[[], Run]] = {"bare": bare, "engine": engine, "stock": stock, "dataframely": dataframely}


def main() -> None:
    run, file = TOOLS[sys.argv[1]](), Path(sys.argv[2])
    gc.freeze()
    imported = since_start()
    rows = pl.scan_parquet(file).select(pl.len()).collect().item()
    sys.stdout.write(json.dumps({"imported": imported, "failing": run(file, rows)}) + "\n")


if __name__ == "__main__":
    main()
