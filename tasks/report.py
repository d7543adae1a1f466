"""Report: what the run found, as a table for people and as an artifact in Prefect."""

from __future__ import annotations

from prefect import task
from prefect.artifacts import create_markdown_artifact

from tasks.run import RETRIES, Run
from warehouse.reports.lapsed_figures import LapsedFigure
from warehouse.reports.run_summary import Summary, markdown, summarise, write_findings
from warehouse.store import journal


@task(name="report", **RETRIES)
def report(run: Run, version: str | None, lapsed: tuple[LapsedFigure, ...]) -> Summary:
    """Writes the run's findings and Data Docs to its report folder, leaves an artifact, returns the run in numbers."""
    entry = journal.read_entry(run.root, run.name)
    folder = run.root.reports / run.name
    write_findings(entry, folder)
    if run.validations.is_dir():
        # With Great Expectations: not where nothing was validated.
        from expectations.data_docs.pages import publish_pages  # noqa: PLC0415

        publish_pages(run.validations, folder)
    summary = summarise(entry, version).model_copy(update={"lapsed": lapsed})
    create_markdown_artifact(key="xianbao-run", markdown=markdown(summary), description=f"run {run.name}")
    return summary
