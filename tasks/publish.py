"""Build and publish: the marts as a new snapshot, where the store has decisions that the last one lacks; and what it
no longer says.

Or where the program is another than that of the last one, or a file of it is damaged: what must be is built anew.
"""

from __future__ import annotations

from prefect import task

from tasks.run import RETRIES, Run
from warehouse.codebook import load
from warehouse.lineage.lapses import lapsed_figures
from warehouse.lineage.reader import LineageReader
from warehouse.marts.as_known import AsKnown
from warehouse.marts.build_digest import build_digest
from warehouse.messages.log import log
from warehouse.reports.lapsed_figures import LapsedFigure
from warehouse.snapshots.manifest import read_manifest
from warehouse.snapshots.publish import Plan, damaged, publish, record_snapshot
from warehouse.snapshots.views import heal
from warehouse.store import ledger


@task(name="publish", **RETRIES)
def publish_marts(run: Run) -> str | None:
    """The version of the snapshot published now; None where the last one contains everything already."""
    engine = ledger.open_ledger(run.ledger_url)
    done = ledger.deciding(engine, run.root)
    last = read_manifest(run.root)
    if not done:
        return None
    alike = last is not None and (last.program, last.open_share) == (build_digest(), run.open_share)
    if last is not None and alike and last.run == done[-1] and not damaged(run.root, last):
        heal(run.root, load())
        record_snapshot(engine, last)
        return None
    manifest = publish(run.root, Plan.of(AsKnown.of(load(), run.root.history, engine, run.open_share)), load())
    record_snapshot(engine, manifest)
    return manifest.version


@task(name="compare with the last snapshot", **RETRIES)
def find_lapsed(run: Run, version: str | None) -> tuple[LapsedFigure, ...]:
    """The published figures that held before this version and hold no longer, each said as a warning; none for None."""
    lapsed = lapsed_figures(LineageReader(run.root, run.ledger_url), load(), version) if version else ()
    for one in lapsed:
        log.warning("%s; %s", one.message_zh, one.message_en)
    return lapsed
