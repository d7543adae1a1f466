"""Build and publish: the marts as a new snapshot, where the store has decisions that the last one lacks."""

from __future__ import annotations

from prefect import task

from tasks.run import RETRIES, Run
from warehouse.codebook import load
from warehouse.marts.sources import Sources
from warehouse.publish import build_marts, heal, publish
from warehouse.published import read_manifest
from warehouse.store import journal, ledger


@task(name="publish", **RETRIES)
def publish_marts(run: Run) -> str | None:
    """The version of the snapshot published now; None where the last one contains everything already."""
    engine = ledger.open_ledger(run.ledger_url)
    done = journal.runs(run.root)
    last = read_manifest(run.root)
    if not done or (last and last.run == done[-1]):
        heal(run.root, load())
        return None
    sources = Sources.of(load(), run.root.history, engine)
    manifest = publish(run.root, build_marts(sources), load(), done[-1])
    rows = sum(file.rows for file in manifest.files)
    ledger.record_snapshot(engine, manifest.version, manifest.run, len(manifest.files), rows)
    return manifest.version
