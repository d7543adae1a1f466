"""What a monitor keeps of xianbao, as Prometheus reads it: the last nights, returns, sizes, and the doctor's checks."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from flows.cli.checks.inspected import Inspected
from flows.cli.doctor import examine
from flows.cli.status import read_status
from flows.settings import Settings
from warehouse.messages.errors import XianbaoError
from warehouse.reports import run_log
from warehouse.reports.overdue import overdue_returns
from warehouse.reports.run_log import RunLogEntry
from warehouse.snapshots.manifest import read_manifest
from warehouse.store.files import Root

VERDICTS = ("accepted", "accepted_with_queries", "quarantined")


class Metrics(Collector):
    """What is known now; what cannot be read, as a store that is damaged, is left out, and a check says so."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def collect(self) -> Iterator[Metric]:
        """The families, each once."""
        yield from of_runs([*run_log.read(self.settings.store)])
        yield from of_disk(self.settings)
        yield of_checks(examine(self.settings))
        try:
            yield from [*of_store(self.settings)]
        except (XianbaoError, OSError):
            return


def exposition(settings: Settings) -> bytes:
    """The text that Prometheus reads."""
    registry = CollectorRegistry()
    registry.register(Metrics(settings))
    return generate_latest(registry)


def of_runs(entries: list[RunLogEntry]) -> Iterator[Metric]:
    """What the run log says, the entries the newest first."""
    ended = CounterMetricFamily("xianbao_operations", "Operations in the run log.", labels=("flow", "state"))
    for key, count in sorted(Counter((one.flow, one.state) for one in entries).items()):
        ended.add_metric(key, count)
    yield ended
    completed: dict[str, float] = {}
    for one in entries:
        if one.state == "completed":
            completed.setdefault(one.flow, one.ended_at.timestamp())
    help_text = "When an operation last completed, by flow."
    yield _labelled("xianbao_last_completed_timestamp_seconds", help_text, "flow", completed)
    nights = [one for one in entries if one.flow == "nightly"]
    failures = next((at for at, one in enumerate(nights) if one.state == "completed"), len(nights))
    yield GaugeMetricFamily("xianbao_failed_nights", "Nights since the last one that completed.", failures)
    published = next((one for one in entries if one.summary and one.summary.version), None)
    if published:
        moment = published.ended_at.timestamp()
        yield GaugeMetricFamily("xianbao_last_published_timestamp_seconds", "When a snapshot was published.", moment)
    if last := next((one.summary for one in nights if one.summary and one.summary.run), None):
        turns = [one for one in (last.before, last) if one]
        verdicts = {name: float(sum(getattr(one, name) for one in turns)) for name in VERDICTS}
        help_text = "Returns that the last night with news decided on, by verdict."
        yield _labelled("xianbao_night_returns", help_text, "verdict", verdicts)
        help_text = "Seconds of the last night with news, by stage; of two turns, of the last one."
        yield _labelled("xianbao_night_stage_seconds", help_text, "stage", last.seconds)


def of_store(settings: Settings) -> Iterator[Metric]:
    """What the ledger and the last snapshot say."""
    state = read_status(settings)
    returns: Counter[str] = Counter()
    for verdicts in state["periods"].values():
        returns.update(verdicts)
    help_text = "Returns of all periods, each as it was decided last, by verdict."
    yield _labelled("xianbao_returns", help_text, "verdict", {name: float(of) for name, of in returns.items()})
    held = sum(one["state"] == "held" for one in state["held"])
    yield GaugeMetricFamily("xianbao_held_figures", "Totals that are held back.", held)
    if manifest := read_manifest(settings.store):
        yield GaugeMetricFamily("xianbao_snapshot_version", "The last snapshot.", int(manifest.version))
        owing = overdue_returns(manifest.scan(settings.store, "mart_completeness"), datetime.now(UTC).date())
        help_text = "Counties that owe a return whose day has passed."
        yield GaugeMetricFamily("xianbao_overdue_counties", help_text, owing.height)


def of_disk(settings: Settings) -> Iterator[Metric]:
    """What the root takes, and what is left for it."""
    root = settings.store
    parts = {path.name: float(_bytes(path)) for path in _parts(root)}
    yield _labelled("xianbao_root_bytes", "Bytes of the root, by part, hard links once.", "part", parts)
    there = next(path for path in (root.path, *root.path.parents) if path.exists())
    free = shutil.disk_usage(there).free
    yield GaugeMetricFamily("xianbao_root_free_bytes", "Bytes that are free on the root's disk.", free)


def of_checks(inspected: Iterable[Inspected]) -> Metric:
    """1 for each check of `xianbao doctor` that is as it should be, 0 else."""
    good = {one.check: float(one.good) for one in inspected}
    return _labelled("xianbao_check_good", "Whether a check of xianbao doctor is as it should be.", "check", good)


def _labelled(name: str, help_text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=(label,))
    for value, measured in sorted(values.items()):
        family.add_metric((value,), measured)
    return family


def _parts(root: Root) -> Iterator[Path]:
    if root.path.exists():
        yield from (path for path in root.path.iterdir() if not path.name.startswith("."))


def _bytes(path: Path) -> int:
    """What it takes on disk; a file that several names have counts once."""
    found = (one.lstat() for one in (path, *path.rglob("*")))
    return sum({state.st_ino: state.st_size for state in found}.values())
