"""What is kept for a time only: snapshots, reports, the run log; and room that the ledger no longer needs.

Nothing goes that figures or decisions hang on: what a report said of returns follows from the journal.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from warehouse.snapshots.prune import PruneResult, remove_whole
from warehouse.store import journal
from warehouse.store.files import Root, found
from warehouse.store.ledger_file import give_back


class RetentionResult(BaseModel):
    """What pruning removed: snapshots and those that stay, the runs whose reports went, months of the run log; the
    bytes that came free, of the ledger too.
    """

    model_config = ConfigDict(frozen=True)

    removed: tuple[str, ...]
    kept: tuple[str, ...]
    reports: tuple[str, ...]
    run_log: tuple[str, ...]
    bytes: int

    @classmethod
    def of(cls, snapshots: PruneResult, root: Root, ledger_url: str, since: float) -> RetentionResult:
        """The same once reports and months of the run log of before `since` (seconds since 1970) are removed too, and
        the ledger has given back its free room. The lock on the root must be held.
        """
        reports, months = old_reports(root, since), old_months(root, since)
        files = [*months, *(path for report in reports for path in report.rglob("*") if path.is_file())]
        freed = snapshots.bytes + sum(path.stat().st_size for path in files)
        for report in reports:
            remove_whole(report)
        for path in months:
            path.unlink()
        return cls(
            removed=snapshots.removed,
            kept=snapshots.kept,
            reports=tuple(path.name for path in reports),
            run_log=tuple(path.stem for path in months),
            bytes=freed + give_back(ledger_url),
        )


def old_reports(root: Root, since: float) -> list[Path]:
    """The reports of committed runs written last before `since`; never the last one, or the last that has validations,
    which is the one that `xianbao docs` shows.
    """
    there = [folder for run in journal.runs(root) if (folder := root.reports / run).is_dir()]
    with_pages = [folder for folder in there if (folder / "validations").is_dir()]
    stay = {*there[-1:], *with_pages[-1:]}
    return [folder for folder in there if folder not in stay and folder.stat().st_mtime < since]


def old_months(root: Root, since: float) -> list[Path]:
    """The months of the run log written last before `since`; never the last one."""
    return [path for path in [*found(root.run_log, "*.jsonl")][:-1] if path.stat().st_mtime < since]
