"""The pages of a run that broke off before it came to them, made by the next one."""

from __future__ import annotations

from pathlib import Path


def publish_recovered_pages(validations: Path, report: Path) -> Path | None:
    """As `pages.publish_pages`, which imports Great Expectations: only here, where there is something to make."""
    from expectations.data_docs.pages import publish_pages  # noqa: PLC0415

    return publish_pages(validations, report)
