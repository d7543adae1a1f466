"""The compact flow: the many small files that nights leave of one dataset and period become one, every week."""

from __future__ import annotations

import logging
from datetime import datetime

from prefect import flow

from flows.pipeline import Stages, prepare, start_run
from flows.settings import load_settings
from tasks.compact import compact_rows
from tasks.receive import clear_work
from warehouse.store.compact import CompactResult
from warehouse.store.journal_records import COMPACT
from warehouse.store.row_files import AT_LEAST

log = logging.getLogger("xianbao")


@flow(name=COMPACT)
def compact(at_least: int = AT_LEAST, received_at: datetime | None = None) -> CompactResult:
    """Merges the row files of each dataset and period that has `at_least` so many. No figure changes; nothing is
    published.
    """
    settings = load_settings()
    stages = Stages()
    with settings.store.lock(settings.lock_wait_seconds):
        run = start_run(settings, COMPACT, received_at)
        prepare(run, stages)
        with stages.stage(COMPACT, "the files of rows"):
            done = compact_rows(run, at_least)
        clear_work(run)
    log.info("%d files of rows became %d", done.files_before, done.files_after)
    return done
