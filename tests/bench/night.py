"""The province-night bench, `make bench`: the nightly flow beside the bare script, over the same synthetic inbox.

Each runs in processes of its own, in turn, several times; the best of each counts. Start-up is shown apart. The ratio
is reported and held against nothing: machines differ, and so does the work that a night does beside (the archive,
the journal, the ledger, findings, durable writes). That both give the same marts is asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

SEED = 2017
RECEIVED_AT = "2018-07-05T20:00:00+00:00"
STAGES = ("prepare", "receive", "read", "judge", "commit", "publish", "report")
GOAL_RATIO, GOAL_MIB = 3.0, 1536
SAMPLE = "from flows.cli.main import main; main()"

Measured = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """All runs of both. `equal` says by mart whether both gave the same."""

    product: list[Measured]
    bare: list[Measured]
    equal: dict[str, bool]
    files: int

    def best(self, which: str) -> Measured:
        """The run of the least total."""
        runs: list[Measured] = getattr(self, which)
        return min(runs, key=lambda run: run["total"])

    @property
    def ratio(self) -> float:
        return round(self.best("product")["total"] / self.best("bare")["total"], 2)

    @property
    def memory(self) -> int:
        """The most that the night held, its server included."""
        return max(run["peak_mib"] + run["server_peak_mib"] for run in self.product)


def run(repeat: int, folder: Path, *, faulty: bool = False) -> Bench:
    """Writes the sample, perhaps with a fault for every rule, and measures, product and bare script in turn."""
    inbox = folder / "inbox"
    faults = ["--faulty"] if faulty else []
    written = _child(folder, "-c", SAMPLE, "sample", "--out", str(inbox), "--seed", str(SEED), "--json", *faults)
    product, bare = [], []
    for turn in range(repeat):
        root, out = folder / f"root-{turn}", folder / f"bare-{turn}"
        product.append(_child(root, "-m", "tests.bench.product", str(inbox), RECEIVED_AT))
        bare.append(
            _child(root, "-m", "tests.bench.bare", str(inbox), str(out), "--received-at", RECEIVED_AT, "--json")
        )
    equal = _child(folder, "-m", "tests.bench.agree", str(root), str(out))
    return Bench(product, bare, equal, written["files"])


def _child(root: Path, *arguments: str) -> Measured:
    """What a process of ours prints; its root is `root`, Prefect's home is shared by all turns."""
    ours = ("PREFECT_", "XIANBAO_", "GX_", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
        "XIANBAO_ROOT": str(root),
        "XIANBAO_SETTLE_SECONDS": "0",
        "PREFECT_HOME": str(root.parent / "prefect"),
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed\n{done.stderr}\n{done.stdout}")
    measured: Measured = json.loads(done.stdout)
    return measured


def as_json(bench: Bench) -> str:
    """Everything measured, and the verdict on the goals."""
    found = {
        "ratio": bench.ratio, "goal_ratio": GOAL_RATIO, "peak_mib": bench.memory, "goal_mib": GOAL_MIB,
        "equal_marts": bench.equal, "files": bench.files, "product": bench.product, "bare": bench.bare,
    }  # fmt: skip
    return json.dumps(found, ensure_ascii=False, indent=1)


def show(bench: Bench, console: Console) -> None:
    """The same as a table for people."""
    product, bare = bench.best("product"), bench.best("bare")
    table = Table(title=f"A province-night: {bench.files} files, the best of {len(bench.bare)}, seconds")
    for heading in ("stage", "xianbao", "bare script", "ratio"):
        table.add_column(heading, justify="left" if heading == "stage" else "right")
    for stage in STAGES:
        table.add_row(stage, *_pair(product["seconds"].get(stage), bare["seconds"].get(stage)))
    beside = product["total"] - sum(product["seconds"].values())
    table.add_row("Prefect around the stages", *_pair(beside, None), end_section=True)
    table.add_row("total", *_pair(product["total"], bare["total"]))
    table.add_row("total, least to most", _spread(bench.product, "total"), _spread(bench.bare, "total"))
    table.add_row("CPU of the process", *_pair(product["cpu"], bare["cpu"]))
    table.add_row("start-up, least to most", _spread(bench.product, "start_up"), _spread(bench.bare, "start_up"))
    memory = (f"{product['peak_mib']} + {product['server_peak_mib']} server", str(bare["peak_mib"]))
    table.add_row("peak memory, MiB", *memory)
    console.print(table)
    differ = ", ".join(name for name, same in bench.equal.items() if not same) or "none"
    console.print(f"verdicts: {product['verdicts']}; marts that differ: {differ}", highlight=False)
    console.print(
        f"ratio {bench.ratio:.2f} (goal: at most {GOAL_RATIO}); "
        f"peak {bench.memory / 1024:.2f} GiB with the server (goal: at most {GOAL_MIB / 1024} GiB)",
        highlight=False,
    )


def _pair(ours: float | None, bare: float | None) -> tuple[str, str, str]:
    ratio = f"{ours / bare:.1f}" if ours and bare else ""
    return _seconds(ours), _seconds(bare), ratio


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _spread(runs: list[Measured], what: str) -> str:
    values = [run[what] for run in runs]
    return f"{min(values):.2f} - {max(values):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3, help="how often each is run (3)")
    parser.add_argument("--faulty", action="store_true", help="plant a fault for every rule: the stricter comparison")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    given = parser.parse_args()
    with TemporaryDirectory(prefix="xianbao-bench-") as folder:
        bench = run(max(1, given.repeat), Path(folder), faulty=given.faulty)
    if given.json:
        sys.stdout.write(as_json(bench) + "\n")
    else:
        show(bench, Console())


if __name__ == "__main__":
    main()
