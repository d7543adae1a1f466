"""The compact flow: the many small files that nights leave of one dataset and period become one, every week."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from expectations.data_docs.recovered_pages import publish_recovered_pages
from flows.operation import operation
from flows.pipeline import log_recovered, utc
from flows.settings import load_settings
from tasks import maintain
from warehouse.messages.log import log
from warehouse.store.compact import CompactResult
from warehouse.store.journal_records import COMPACT
from warehouse.store.row_files import AT_LEAST


@operation(COMPACT)
def compact(at_least: Annotated[int, Field(ge=2)] = AT_LEAST, received_at: datetime | None = None) -> CompactResult:
    """Merges the row files of each dataset and period that has `at_least` so many. No figure changes; nothing is
    published.
    """
    done = maintain.compact(load_settings().installation, at_least, utc(received_at), publish_recovered_pages)
    log_recovered(done.recovered)
    log.info("%d files of rows became %d", done.files_before, done.files_after)
    return done
