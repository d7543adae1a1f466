"""Report: what the run found, as a table and a text for people and as pages of the rules."""

from __future__ import annotations

from prefect import task

from tasks.run import RETRIES, Run
from warehouse.reports.run_summary import write_findings
from warehouse.store import journal


@task(name="report", **RETRIES)
def report(run: Run) -> None:
    """Writes the run's findings and Data Docs to its report folder; done again, it leaves the same."""
    folder = run.root.reports / run.name
    write_findings(journal.read_entry(run.root, run.name), folder)
    if run.validations.is_dir():
        # With Great Expectations: not where nothing was validated.
        from expectations.data_docs.pages import publish_pages  # noqa: PLC0415

        publish_pages(run.validations, folder)
