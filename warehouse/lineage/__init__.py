"""Where things come from: what a submission held and what became of it, what changed between two versions of a return,
what a figure of a mart is made of, what befell a county's returns, what ran.

`explain_submission` and `compare` put together what the ledger decided, what history and quarantine keep, and what the
archived original says when it is read again; `explain_figure` what a snapshot says, how it is computed, and from which
returns. The frames behind them are pure (`cell_changes.py`, `return_outcomes.py`, `contributions.py`).
Does not belong here: reading itself (`warehouse.intake`), how it looks on a screen (room `flows`).
"""

from warehouse.lineage.figure import explain_figure
from warehouse.lineage.figure_definition import explained_marts
from warehouse.lineage.return_history import ReturnHistory, explain_return
from warehouse.lineage.run_history import RunLine, RunReport, find_run, list_runs
from warehouse.lineage.selection import FigureSelection
from warehouse.lineage.submission_trace import SubmissionTrace, explain_submission
from warehouse.lineage.version_diff import VersionDiff, compare

__all__ = [
    "FigureSelection",
    "ReturnHistory",
    "RunLine",
    "RunReport",
    "SubmissionTrace",
    "VersionDiff",
    "compare",
    "explain_figure",
    "explain_return",
    "explain_submission",
    "explained_marts",
    "find_run",
    "list_runs",
]
