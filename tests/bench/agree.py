"""Whether the bare script's marts are the product's: `python -m tests.bench.agree ROOT OUT`.

Prints for every mart whether it is; fails where one of MUST is not. `mart_quality` (how many checks of each rule each
return passed, failed or could not be held to) shows that both do the same checking: of every rule on the faulty
sample; on the clean one, where hardly any rule fails, above all of what is not evaluated. `dim_rule` is not equal, and
`mart_findings` only where there are none: the bare script has no reasons, and says nothing of what fails.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl

from warehouse.codebook import load
from warehouse.snapshots.manifest import read_manifest
from warehouse.store.files import Root

MUST = (
    "fact_indicator", "mart_completeness", "mart_quality", "mart_relocation", "mart_roll_up_quality", "mart_scorecard",
)  # fmt: skip


def compare(root: Root, out: Path) -> dict[str, bool]:
    """By mart, whether both have the same rows, in whatever order: a snapshot's files are one a period."""
    manifest = read_manifest(root)
    assert manifest is not None, f"nothing is published in {root.path}"
    return {
        name: _sorted(manifest.scan(root, name)).equals(_sorted(pl.scan_parquet(out / "marts" / f"{name}.parquet")))
        for name in load().mart_list
    }


def _sorted(mart: pl.LazyFrame) -> pl.DataFrame:
    return mart.sort(pl.all()).collect()


def main() -> None:
    equal = compare(Root(Path(sys.argv[1])), Path(sys.argv[2]))
    sys.stdout.write(json.dumps(equal) + "\n")
    assert all(equal[name] for name in MUST), f"the bare script's marts differ from the product's: {equal}"


if __name__ == "__main__":
    main()
