"""`make slips`: plants slips in clean provinces, judges them, and writes the page of what was said of them."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from json import dumps
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.slips.kinds import KINDS
from tests.slips.measure import FOLDS, Night, Outcome, Province
from warehouse.synthetic import build_returns


def nights(
    seeds: Iterable[int], periods: Sequence[str], kinds: Sequence[str], folds: int, *, every: bool
) -> Iterable[Night]:
    for seed in seeds:
        returns = build_returns(seed)
        for period in periods:
            province = Province(seed, period, returns)
            if every:
                yield from (province.in_every(kind) for kind in kinds)
            else:
                yield from (province.in_a_tenth(fold, kinds) for fold in range(folds))


def table(outcomes: Sequence[Outcome]) -> Table:
    shown = Table("kind", "dataset", "slips", "error", "query", "nothing", "%", "named", "right first", "other first")
    groups = sorted({(o.kind, d) for o in outcomes for d in (o.dataset, "~ all")})
    for kind, dataset in groups:
        own = [o for o in outcomes if o.kind == kind and dataset in (o.dataset, "~ all")]
        said = Counter(o.said for o in own)
        counts = (said["error"], said["query"], said["nothing"], round(100 * said["nothing"] / len(own)))
        shown.add_row(
            kind,
            dataset,
            *map(str, (len(own), *counts, sum(o.named for o in own), sum(o.right for o in own))),
            str(sum(o.other for o in own)),
        )
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[2017])
    parser.add_argument("--periods", nargs="+", default=["2018-06"])
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--datasets", nargs="+", help="of which to tell; all are judged")
    parser.add_argument("--folds", type=int, default=FOLDS, help="how many of the ten tenths")
    parser.add_argument("--every", action="store_true", help="a slip in every return of one row, not in a tenth of all")
    parser.add_argument("--list", action="store_true", help="tell the silent slips and the false queries one by one")
    parser.add_argument("--json", type=Path, help="where to write the outcomes and the false queries")
    given = parser.parse_args()
    done = list(nights(given.seeds, given.periods, given.kinds, given.folds, every=given.every))
    asked = given.datasets or {o.dataset for night in done for o in night.outcomes}
    outcomes = [o for night in done for o in night.outcomes if o.dataset in asked]
    false = [f for night in done for f in night.false if f.dataset in asked]
    console = Console(width=160, highlight=False)
    console.print(table(outcomes))
    for o in outcomes if given.list else ():
        if o.said == "nothing":
            console.print(f"silent: {o.kind} {o.period} {o.dataset} {o.county_code}: {o.changes}", markup=False)
    for f in false if given.list else ():
        console.print(f"false: {f.dataset} {f.county_code} {f.rule} {f.cells}: {f.message_en}", markup=False)
    cells = sum((night.cells for night in done), Counter[str]())
    questioned = sum((night.questioned for night in done), Counter[str]())
    share = 100 * questioned.total() / cells.total() if cells else 0
    console.print(f"clean cells questioned: {questioned.total()} of {cells.total()} ({share:.3f} %)")
    console.print("by rule:", dict(Counter(f.rule for f in false).most_common()))
    error, carried = sum(night.error for night in done), sum(night.carried for night in done)
    console.print(f"carried by the top tenth: {100 * carried / error:.1f} %")
    returns, seconds = sum(night.returns for night in done), sum(night.seconds for night in done)
    console.print(f"{1000 * seconds / returns:.2f} ms of CPU a return")
    if given.json:
        told = {"outcomes": [asdict(o) for o in outcomes], "false": [f.model_dump() for f in false]}
        given.json.write_text(dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
