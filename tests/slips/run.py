"""`make slips`: plants slips in clean provinces, judges them, and tells what was said; `--out` writes the page."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from pathlib import Path

import polars as pl

from tests.slips.kinds import KINDS
from tests.slips.measure import Night, Province
from tests.slips.page import carried, markdown, page, questioned, table
from warehouse.synthetic import MONTHS, PERIODS, build_returns

SEEDS = (2017, 2018, 2019)
FOLDS = 4  # how many of the ten tenths
JUDGED = ("2017-12", "2018-05", "2018-06")


def provinces(seeds: Iterable[int], periods: Sequence[str], past: Sequence[str] = MONTHS) -> Iterator[Province]:
    """Clean provinces in each of these periods, with what they have of the `past`."""
    for seed in seeds:
        returns = build_returns(seed, sorted({*past, *periods}))
        yield from (Province(seed, period, returns) for period in periods)


def in_tenths(given: Iterable[Province], kinds: Sequence[str] = tuple(KINDS), folds: int = FOLDS) -> Night:
    """All nights with a slip in a tenth of the returns, as if they were one."""
    return reduce(Night.__add__, (one.in_a_tenth(fold, kinds) for one in given for fold in range(folds)))


def in_all(given: Iterable[Province], kinds: Sequence[str] = tuple(KINDS)) -> Night:
    """All nights with a slip of one kind in every return of a form with one row, as if they were one."""
    return reduce(Night.__add__, (one.in_every(kind) for one in given for kind in kinds))


def write_page(out: Path) -> None:
    """Measures all of it and writes the page."""
    last, all_but_units = JUDGED[-1:], [kind for kind in KINDS if kind != "x10^4"]
    others = {
        "four periods known": in_tenths(provinces(SEEDS, last, PERIODS), folds=2),
        "nothing known": in_tenths(provinces(SEEDS, last, ()), folds=2),
        "a year's first month": in_tenths(provinces(SEEDS, ["2018-01"]), folds=2),
        "no slips of 10^4": in_tenths(provinces(SEEDS, last), all_but_units, folds=2),
    }
    tenth, every = in_tenths(provinces(SEEDS, JUDGED), folds=FOLDS), in_all(provinces(SEEDS[:1], last))
    out.write_text(page(tenth, every, others, SEEDS, JUDGED), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[SEEDS[0]])
    parser.add_argument("--periods", nargs="+", default=["2018-06"])
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    parser.add_argument("--datasets", nargs="+", help="of which to tell; all are judged")
    parser.add_argument("--folds", type=int, default=FOLDS, help=f"how many of the ten tenths ({FOLDS})")
    parser.add_argument("--every", action="store_true", help="a slip in every return of one row, not in a tenth of all")
    parser.add_argument("--list", action="store_true", help="tell the silent slips and the false queries one by one")
    parser.add_argument("--four", action="store_true", help="with the past of the demo, four periods")
    parser.add_argument("--json", type=Path, help="where to write what became of each slip, a line each")
    parser.add_argument("--page", type=Path, help="measure all and write the page here")
    given = parser.parse_args()
    if given.page:
        write_page(given.page)
        return
    judged = provinces(given.seeds, given.periods, PERIODS if given.four else MONTHS)
    done = in_all(judged, given.kinds) if given.every else in_tenths(judged, given.kinds, given.folds)
    slips = done.slips.filter(pl.col("dataset").is_in(given.datasets or list(done.slips["dataset"])))
    sys.stdout.write("\n\n".join(markdown(table(slips, by)) for by in (["kind", "dataset"], ["kind"])))
    false = [f for f in done.false if f.dataset in (given.datasets or done.cells)]
    if given.list:
        silent = slips.filter(said="nothing").select("kind", "period", "dataset", "county_code", "changes")
        sys.stdout.writelines(["\n\n", *(f"silent: {' '.join(map(str, line))}\n" for line in silent.iter_rows())])
        sys.stdout.writelines(f"false: {f.dataset} {f.county_code} {f.rule} {f.cells}: {f.message_en}\n" for f in false)
    sys.stdout.write(
        f"\n\nclean cells questioned: {done.questioned.total()} of {done.cells.total()} ({questioned(done):.3f} %), "
        f"by rule {dict(Counter(f.rule for f in false).most_common())}\n"
        f"carried by the top tenth: {carried(done):.1f} %; {done.milliseconds:.2f} ms of CPU a return\n"
    )
    if given.json:
        slips.write_ndjson(given.json)


if __name__ == "__main__":
    main()
