"""The compact flow: the many small files that nights leave of one dataset and period become one, every week."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from expectations.data_docs.recovered_pages import publish_recovered_pages
from flows.forms import ReceivedAt, shown
from flows.operation import operation, utc
from flows.pipeline import log_recovered
from flows.settings import load_settings
from tasks import maintain
from warehouse.store.compact import CompactResult
from warehouse.store.journal_records import COMPACT
from warehouse.store.row_files import AT_LEAST


@operation(
    COMPACT,
    says=lambda done: (
        f"行文件由 {done.files_before} 个合并为 {done.files_after} 个;"
        f" {done.files_before} files of rows became {done.files_after}"
    ),
)
def compact(
    at_least: Annotated[
        Annotated[int, Field(ge=2)],
        shown(
            "文件数 At least",
            "某报表某报告期的行文件达到几个才合并。 Merge the files of each dataset and period that has so many.",
        ),
    ] = AT_LEAST,
    received_at: ReceivedAt = None,
) -> CompactResult:
    """Merges the row files of each dataset and period that has `at_least` so many. No figure changes; nothing is
    published.
    """
    done = maintain.compact(load_settings().installation, at_least, utc(received_at), publish_recovered_pages)
    log_recovered(done.recovered)
    return done
