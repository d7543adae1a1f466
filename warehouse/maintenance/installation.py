"""What an operation on the store is told: where everything is, how files are read, how long to wait and to keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from warehouse.intake.formats.preflight import Limits
from warehouse.store.files import Root


@dataclass(frozen=True)
class Installation:
    """A root with its ledger, the limits of reading, which folder of the inbox is whose; seconds to wait for the lock
    on the root, days that a superseded snapshot is kept, and a report.
    """

    root: Root
    ledger_url: str
    limits: Limits = field(default_factory=Limits)
    folders: Mapping[str, str] = field(default_factory=dict)
    lock_wait_seconds: float = 0
    keep_days: float = 7
    keep_report_days: float = 400
