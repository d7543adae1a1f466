"""The peers' bench, `make bench-peers`: whole processes that hold a million rows to the same checks, tool beside tool.

Each is a cold interpreter that imports, reads the Parquet file, validates and says how many rows fail each check.
They run in turn; the first turn fills caches (the disk's, dbt's parsed project) and is not counted. dbt and
dataframely come from an environment of their own, whose folder is given.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from tests.bench.peers.table import show

ROWS = 1_000_000
HERE = Path(__file__).parent
OURS, PEERS = ("bare", "engine", "stock"), ("dataframely", "dbt")
Measured = dict[str, Any]


def measure(turns: int, peers: Path, folder: Path) -> dict[str, list[Measured]]:
    """The runs of each tool: seconds that passed, CPU seconds, memory and failing rows by check."""
    file = folder / "register.parquet"
    subprocess.run([sys.executable, "-m", "tests.bench.engine_data", str(ROWS), str(file)], check=True)
    runs: dict[str, list[Measured]] = {tool: [] for tool in (*OURS, *PEERS)}
    for turn in range(turns + 1):
        for tool, counted in runs.items():
            measured = _dbt(peers, file, folder) if tool == "dbt" else _python(tool, peers, file)
            if turn:
                counted.append(measured)
    return runs


def _python(tool: str, peers: Path, file: Path) -> Measured:
    python = sys.executable if tool in OURS else str(peers / "bin" / "python")
    measured, told = _process([python, "-m", "tests.bench.peers.whole", tool, str(file)], {0})
    return measured | json.loads(told)


def _dbt(peers: Path, file: Path, folder: Path) -> Measured:
    """Of dbt, which leaves with 1, for some tests are to fail."""
    project, target = str(HERE / "dbt"), folder / "target"
    where = ["--project-dir", project, "--profiles-dir", project, "--target-path", str(target)]
    options = [*where, "--log-path", str(folder / "logs")]
    measured, _ = _process([str(peers / "bin" / "dbt"), "--quiet", "test", *options], {1}, REGISTER=str(file))
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    return measured | {"failing": {each["unique_id"].split(".")[2]: each["failures"] for each in results}}


def _process(command: list[str], leaves_with: set[int], **more: str) -> tuple[Measured, str]:
    """What a process took and printed; exits if it leaves with another code than it should."""
    silent = {"DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "GX_ANALYTICS_ENABLED": "false"}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environment | silent | more, stdout=subprocess.PIPE, text=True)
    told = process.stdout.read() if process.stdout else ""
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in leaves_with:
        sys.exit(f"{' '.join(command)} left with {process.returncode}\n{told}")
    cpu, peak = used.ru_utime + used.ru_stime, used.ru_maxrss // 1024
    return {"seconds": round(seconds, 2), "cpu": round(cpu, 2), "peak_mib": peak}, told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", type=Path, help="the environment with dbt-duckdb and dataframely")
    parser.add_argument("--turns", type=int, default=5, help="how often each is run, once more uncounted (5)")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    given = parser.parse_args()
    with TemporaryDirectory(prefix="xianbao-bench-") as folder:
        runs = measure(max(1, given.turns), given.peers.absolute(), Path(folder))
    if given.json:
        sys.stdout.write(json.dumps(runs, indent=1) + "\n")
    else:
        show(runs, Console())


if __name__ == "__main__":
    main()
