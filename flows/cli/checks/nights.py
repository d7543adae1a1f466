"""What the nights came to, as the run log and the manifest say: how long ago the last one completed, and a backup."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flows.cli.checks.inspected import Inspected
from flows.settings import Settings
from warehouse.reports import run_log
from warehouse.snapshots.manifest import read_manifest
from warehouse.store import journal
from warehouse.store.journal_records import COMPACT

LOG = "xianbao runs"


def check_nights(settings: Settings, now: datetime | None = None) -> list[Inspected]:
    """The last night, how long ago one completed, the last snapshot, the last backup."""
    root, now = settings.store, now or datetime.now(UTC)
    last = next((one for one in run_log.read(root) if one.flow == "nightly"), None)
    begun = bool(journal.runs(root))
    return [
        Inspected(
            "last_night", "最近一次夜间运行 last night",
            f"{last.state} {last.ended_at:%Y-%m-%d %H:%M}Z {last.message}".rstrip() if last else "没有 none",
            last is None or last.state == "completed", f"{LOG}; 处理后重新运行 see to it, then: xianbao run",
        ),
        _age(
            "night_age", "距上次完成 since a night completed", run_log.last_completed(root, "nightly"), now,
            timedelta(seconds=settings.alert_silence_seconds), "xianbao run; XIANBAO_ALERT_SILENCE_SECONDS",
            needed=last is not None or begun,
        ),
        _snapshot(settings),
        _age(
            "backup_age", "距上次备份 since a backup", run_log.last_completed(root, "backup"), now,
            timedelta(hours=settings.stale_backup_hours), "xianbao backup; XIANBAO_STALE_BACKUP_HOURS", needed=begun,
        ),
    ]  # fmt: skip


def _age(  # noqa: PLR0913, PLR0917
    check: str,
    name: str,
    last: run_log.RunLogEntry | None,
    now: datetime,
    most: timedelta,
    advice: str,
    *,
    needed: bool,
) -> Inspected:
    """How long ago the operation ended; that there was none is good where none is `needed` yet."""
    if last is None:
        return Inspected(check, name, "没有 none", not needed, advice)
    age = now - last.ended_at
    return Inspected(check, name, f"{age / timedelta(hours=1):.1f} h", age <= most, advice)


def _snapshot(settings: Settings) -> Inspected:
    """The last snapshot, and whether all that was decided is in it."""
    manifest, runs = read_manifest(settings.store), journal.runs(settings.store)
    deciding = next((run for run in reversed(runs) if journal.read_entry(settings.store, run).flow != COMPACT), "")
    behind = (manifest.run if manifest else "") < deciding
    found = f"{manifest.version}, 批次 run {manifest.run}" if manifest else "没有 none"
    return Inspected(
        "snapshot", "最近快照 last snapshot", found, not behind, "下次运行发布 the next run publishes: xianbao run"
    )
