"""Tell: Prefect hears what a run came to, as artifacts, assets and events. What the run did does not hang on it.

None of it is a task: it is said by the flow, when its work is done. Outside of a flow run nobody is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from prefect.assets import Asset, AssetProperties
from prefect.context import AssetContext, FlowRunContext
from prefect.events import emit_event

from tasks.prefect_api import UNANSWERED, brief_client, leave_artifact, unanswered
from tasks.run import Run
from warehouse.codebook import load
from warehouse.lineage.mart_assets import AssetChange, asset_changes
from warehouse.messages.errors import XianbaoError
from warehouse.reports.night_events import NightEvent, Thresholds, events_of, inbox_absent
from warehouse.reports.overdue import overdue_returns
from warehouse.reports.run_artifacts import PublishedSnapshot, RunPage, verdict_table
from warehouse.reports.run_summary import Summary
from warehouse.snapshots.manifest import manifest_path, read_manifest
from warehouse.store.files import Root

# A kind of artifact has one key: under it Prefect shows what all runs left, the newest first.
PAGE, VERDICTS = "xianbao-run", "xianbao-verdicts"
BY = "xianbao"


def overdue_of(run: Run) -> pl.DataFrame:
    """Who owed what by the day on which the run began, in the snapshot that readers see (`overdue_returns`)."""
    manifest = read_manifest(run.root)
    if manifest is None:
        return pl.DataFrame()
    return overdue_returns(manifest.scan(run.root, "mart_completeness"), run.received_at.date())


def tell_run(run: Run, summary: Summary, overdue: pl.DataFrame) -> None:
    """Leaves the run's page and its table of verdicts, and says what it made. Raises what Prefect's silence raises."""
    if FlowRunContext.get() is None:
        return
    page = RunPage(summary, run.root, _published(run.root), overdue)
    try:
        with brief_client() as client:
            leave_artifact(client, "markdown", PAGE, page.markdown(), page.title)
            if summary.datasets:
                leave_artifact(client, "table", VERDICTS, verdict_table(summary), page.title)
    except UNANSWERED:
        unanswered.set()
        raise
    decided = {one.dataset: one.returns for one in summary.datasets}
    _say_made(asset_changes(run.root, load(), summary.version, decided, summary.run))


def tell_night(root: Root, night: Summary, thresholds: Thresholds) -> None:
    """Emits the events of a night that has come to its end."""
    for event in events_of(root, night, thresholds):
        _emit(event)


@contextmanager
def told_inbox(root: Root, inbox: Path) -> Iterator[None]:
    """An inbox that is refused within is told of, with the sentence that says why."""
    try:
        yield
    except XianbaoError as error:
        _emit(inbox_absent(root, str(inbox), str(error)))
        raise


def _emit(event: NightEvent) -> None:
    """Hands an event over to Prefect, which sends it beside the work and says where it cannot."""
    if FlowRunContext.get() is not None:
        emit_event(event.event, event.resource, payload=event.payload)


def _say_made(changes: Iterable[AssetChange]) -> None:
    """Says of each asset that it was made, of what, by whom; and of each of what they are made that it was referred to.

    As Prefect's `@materialize` does for all assets of a task, which it takes to be made of the same: ours are each made
    of other things.
    """
    made = list(changes)
    for key in sorted({key for one in made for key in one.sources}):
        emit_event("prefect.asset.referenced", AssetContext.asset_as_resource(Asset(key=key)), related=[])
    for one in made:
        emit_event(
            "prefect.asset.materialization.succeeded",
            AssetContext.asset_as_resource(Asset(key=one.key, properties=AssetProperties(name=one.name))),
            related=[
                *(AssetContext.asset_as_related(Asset(key=key)) for key in one.sources),
                AssetContext.related_materialized_by(BY),
            ],
            payload=dict(one.metadata),
        )


def _published(root: Root) -> PublishedSnapshot | None:
    manifest = read_manifest(root)
    if manifest is None:
        return None
    at = datetime.fromtimestamp(manifest_path(root).stat().st_mtime, UTC)
    return PublishedSnapshot(manifest.version, manifest.run, at)
