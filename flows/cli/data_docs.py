"""The Data Docs of a run: pages of its validations, made where a run has none yet."""

from __future__ import annotations

from pathlib import Path

from flows.settings import Settings
from warehouse.messages.errors import PermanentError, StoreError
from warehouse.reports.report_digests import named_in_report
from warehouse.store import journal
from warehouse.store.archive import hash_file

GONE = (
    "批次 {run} 的报告已不再保留(写成 XIANBAO_KEEP_REPORT_DAYS 天后清理;只合并行文件的批次本无报告),其发现仍在日志与"
    " mart_findings 中; the report of run {run} is no longer kept: prune removes reports XIANBAO_KEEP_REPORT_DAYS days"
    " after they were written, and a run that only merged files of rows never had one; what it found stands in the"
    " journal and in mart_findings: xianbao explain submission"
)


def docs_of(settings: Settings, run: str | None, *, again: bool = False) -> Path:
    """The index of a run's pages (of the last run with any, by default); they are made if missing or `again`.

    Raises PermanentError where there is no such run, its report was removed, or it validated nothing; StoreError where
    what the pages are made of is not as it was: pages of it would make it look sound.
    """
    reports = settings.store.reports
    if run is None:
        with_results = [r for r in journal.runs(settings.store) if (reports / r / "validations").is_dir()]
        if not with_results:
            raise PermanentError(f"no run has validated anything yet in {settings.store.path}; say: xianbao run")
        run = with_results[-1]
    if run not in journal.runs(settings.store):
        raise PermanentError(f"there is no run {run} in {settings.store.journal}; see: xianbao status")
    if not (reports / run).is_dir():
        raise PermanentError(GONE.format(run=run))
    if not (reports / run / "validations").is_dir():
        raise PermanentError(f"run {run} has no validations in {reports / run}: it judged nothing")
    index = reports / run / "docs" / "index.html"
    if again or not index.exists():
        _check_validations(reports / run)
        # Great Expectations takes 3 s to import: not where the pages are there already.
        from expectations.data_docs.pages import render_pages

        index = render_pages(reports / run)
    return index


def _check_validations(report: Path) -> None:
    named = named_in_report(report) or {}
    for name in (name for name in named if name.startswith("validations/")):
        if not (path := report / name).is_file() or hash_file(path) != named[name]:
            raise StoreError(
                f"{path} 缺失或已变,不能据以生成网页,请运行 xianbao verify 查看; it is missing or not as it was:"
                " no pages are made of it; see: xianbao verify"
            )
