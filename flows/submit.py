"""The submit flow: one file, at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from flows.forms import ReceivedAt, shown
from flows.operation import operation
from flows.pipeline import process, started
from flows.settings import load_settings
from warehouse.intake.formats.file_labels import label_of, name_bytes_of
from warehouse.messages.errors import PermanentError
from warehouse.reports.run_summary import Summary
from warehouse.store.inbox import Arrivals, arrived


@operation("submit")
def submit(
    file: Annotated[
        Path, shown("文件 File", "worker 所在机器上的完整路径。 Its whole path on the machine of the worker.")
    ],
    received_at: ReceivedAt = None,
) -> Summary:
    """Takes in one file, or an archive of files, known by its name in the inbox where it lies there, and publishes."""
    settings = load_settings()
    path, inbox = file.absolute(), settings.inbox_folder
    if not path.is_file():
        raise PermanentError(f"{file}: no such file")
    within = path.relative_to(inbox) if path.is_relative_to(inbox) else Path(path.name)
    name = label_of(within)
    with started(settings, "submit", received_at) as (run, stages):
        return process(run, Arrivals({name: arrived(path, name_bytes_of(within, name))}), stages)
