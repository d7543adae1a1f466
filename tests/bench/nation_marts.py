"""The marts bench, `make bench`: a nation's history to a published snapshot, beside a bare Polars script.

Both read the same Parquet and the same ledger, written directly and made up (`nation.py`), in processes of their own,
in turn; the best of each counts. Then a county corrects one return, and the product publishes that: only what depends
on it is built. That both give the same marts is asserted, but for those that the bare script leaves out.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from tests.bench.nation import COUNTIES, nation, write_nation
from warehouse.snapshots.manifest import read_manifest
from warehouse.store.files import Root

GOAL_RATIO, GOAL_MIB, GOAL_ONE = 1.3, 4096, 1 / 20
Measured = dict[str, Any]


@dataclass(frozen=True)
class Bench:
    """What was measured over one history; `one_return` is of the product after one return was corrected."""

    counties: int
    months: int
    product: list[Measured]
    bare: list[Measured]
    one_return: list[Measured]
    compared: int

    @property
    def ratio(self) -> float:
        return round(_best(self.product)["total"] / _best(self.bare)["total"], 2)

    @property
    def one(self) -> float:
        """The part of a full build that one corrected return takes."""
        return round(_best(self.one_return)["total"] / _best(self.product)["total"], 4)

    @property
    def peak_mib(self) -> int:
        return int(max(run["peak_mib"] for run in self.product))


def _best(runs: list[Measured]) -> Measured:
    return min(runs, key=lambda run: run["total"])


def run(folder: Path, counties: int, months: int, repeat: int) -> Bench:
    """Writes the history and measures, bare script and product in turn."""
    root, out = Root(folder / "root"), folder / "bare"
    write_nation(root, nation(counties), months)
    product, bare, compared = [], [], 0
    for _ in range(repeat):
        shutil.rmtree(out, ignore_errors=True)
        shutil.rmtree(root.marts, ignore_errors=True)
        bare.append(_child("tests.bench.bare_marts", root.path, out, counties))
        product.append(_child("tests.bench.product_marts", root.path, None, counties))
        compared = agree(root, out)
    one_return = [_child("tests.bench.product_marts", root.path, None, counties, "--correct") for _ in range(repeat)]
    return Bench(counties, months, product, bare, one_return, compared)


def _child(module: str, root: Path, out: Path | None, counties: int, *more: str) -> Measured:
    arguments = [str(path) for path in (root, out) if path]
    command = [sys.executable, "-m", module, *arguments, "--counties", str(counties), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed\n{done.stderr}\n{done.stdout}")
    measured: Measured = json.loads(done.stdout)
    return measured


def agree(root: Root, out: Path) -> int:
    """How many marts are the same in both, period by period; fails where one that both have is not."""
    manifest = read_manifest(root)
    assert manifest is not None
    both = [mart for mart in manifest.marts if (out / mart).exists()]
    for file in (file for file in manifest.files if file.mart in both):
        own, other = root.marts / file.path, out / file.path.split("/", 1)[1]
        sides = [pl.read_parquet(path, hive_partitioning=False).sort(pl.all()) for path in (own, other)]
        assert sides[0].equals(sides[1]), f"{file.path} is not what the bare script has"
    assert len(both) > len(manifest.marts) // 2
    return len(both)


def show(bench: Bench, console: Console) -> None:
    """What was measured, as a table."""
    product, bare, one = (_best(runs) for runs in (bench.product, bench.bare, bench.one_return))
    title = f"Marts of {bench.counties:,} counties x {bench.months} months, the best of {len(bench.bare)}"
    table = Table(title=f"{title}: {product['rows']:,} rows in {product['files']:,} files")
    for heading in ("", "xianbao", "bare script", "ratio", "goal"):
        table.add_column(heading, justify="left" if not heading else "right")
    table.add_row(
        "seconds", f"{product['total']:.1f}", f"{bare['total']:.1f}", f"{bench.ratio:.2f}", f"<= {GOAL_RATIO}"
    )
    cpu = product["cpu"] / bare["cpu"]
    table.add_row("CPU seconds", f"{product['cpu']:.1f}", f"{bare['cpu']:.1f}", f"{cpu:.2f}", "")
    table.add_row("peak memory, MiB", f"{bench.peak_mib:,}", f"{bare['peak_mib']:,}", "", f"<= {GOAL_MIB:,}")
    part = f"1/{1 / bench.one:.0f}" if bench.one else ""
    table.add_row(
        f"one return corrected ({one['new']} files new)", f"{one['total']:.2f}", "", part, f"<= 1/{1 / GOAL_ONE:.0f}"
    )
    console.print(table)
    console.print(f"{bench.compared} marts are the same in both", highlight=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counties", type=int, default=COUNTIES)
    parser.add_argument("--months", type=int, nargs="+", default=[12, 120])
    parser.add_argument("--repeat", type=int, default=2, help="how often each is run (2)")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    given = parser.parse_args()
    for months in given.months:
        with TemporaryDirectory(prefix="xianbao-bench-") as folder:
            bench = run(Path(folder), given.counties, months, max(1, given.repeat))
        if given.json:
            told = asdict(bench) | {"ratio": bench.ratio, "one": bench.one, "peak_mib": bench.peak_mib}
            sys.stdout.write(json.dumps(told, indent=1) + "\n")
        else:
            show(bench, Console())


if __name__ == "__main__":
    main()
