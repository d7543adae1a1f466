"""The product's marts of a nation's store, measured: `python -m tests.bench.product_marts ROOT --counties N`.

Publishes what is there; with `--correct` a county sends one return anew before, and what depends on it is published,
most of the snapshot being linked. As the publish task does it: read the ledger, build, write durably, commit, views.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tests.bench.measure import clocks, peak_mib, since_start
from tests.bench.nation import correct, nation
from warehouse.codebook import Codebook
from warehouse.marts.as_known import AsKnown
from warehouse.snapshots.manifest import OPEN_SHARE, Manifest, read_manifest
from warehouse.snapshots.publish import Plan, publish
from warehouse.store import ledger
from warehouse.store.files import Root

CORRECTED = "finance"


def build(root: Root, book: Codebook) -> dict[str, Any]:
    """Publishes what there is; says how long it took and how many files were not there before."""
    before = read_manifest(root)
    with clocks() as spent:
        engine = ledger.open_ledger(f"sqlite:///{root.path / 'ledger.db'}")
        manifest = publish(root, Plan.of(AsKnown.of(book, root.history, engine, OPEN_SHARE)), book)
    return spent | {
        "files": len(manifest.files),
        "new": len(_hashes(manifest) - _hashes(before)),
        "rows": sum(file.rows for file in manifest.files),
    }


def _hashes(manifest: Manifest | None) -> set[tuple[str, str]]:
    return {(file.path.split("/", 1)[1], file.sha256) for file in manifest.files} if manifest else set()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--counties", type=int, required=True)
    parser.add_argument("--correct", action="store_true")
    given = parser.parse_args()
    start_up, root, book = since_start(), Root(given.root), nation(given.counties)
    if given.correct:
        correct(root, book, CORRECTED)
    measured = build(root, book) | {"start_up": start_up, "peak_mib": peak_mib()}
    sys.stdout.write(json.dumps(measured) + "\n")


if __name__ == "__main__":
    main()
