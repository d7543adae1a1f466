"""`make fuzz`: thousands of mutants read, and a table of how they came out, by format and mutation."""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from rich.console import Console
from rich.table import Table

from tests.fuzz.compare import Outcome, outcomes
from tests.fuzz.mutants import mutant
from tests.fuzz.originals import Original, originals

BATCH = 1000
HOW = ("the same", "findings", "unreadable", "different", "silently different", "crashed or hung")


def compared(given: Sequence[Original], seeds: range, folder: Path) -> list[Outcome]:
    """The outcome of each seed, a batch after the other."""
    done: list[Outcome] = []
    for at in range(0, len(seeds), BATCH):
        made = [mutant(seed, given) for seed in seeds[at : at + BATCH]]
        done += outcomes(made, given, folder / str(at))
    return done


def table(done: list[Outcome]) -> Table:
    shown = Table("format", "mutation", "structural", "files", *HOW)
    counted: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for one in done:
        mutation = one.mutant.mutation
        for key in ((one.mutant.original.kind, mutation.name, "yes" if mutation.structural else ""), ("~ all", "", "")):
            counted[key][one.how] += 1
    for key, hows in sorted(counted.items()):
        shown.add_row(*key, str(hows.total()), *(str(hows[how] or "") for how in HOW))
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5000)
    parser.add_argument("--first", type=int, default=0)
    said = parser.parse_args()
    console = Console(width=160)
    start = perf_counter()
    with TemporaryDirectory(prefix="xianbao-fuzz-") as folder:
        given = originals(Path(folder) / "originals")
        done = compared(given, range(said.first, said.first + said.seeds), Path(folder))
    console.print(table(done))
    faults = [one for one in done if one.fault]
    for one in faults:
        of = one.mutant
        console.print(f"seed {of.seed}: {of.original.name}: {of.mutation.name}: {one.how}: {one.fault}", markup=False)
    console.print(f"{len(done)} mutants in {perf_counter() - start:.0f} s, {len(faults)} faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
