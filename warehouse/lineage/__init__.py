"""Where things come from: what a submission held and what became of it, what changed between two versions of a return,
what a figure of a mart is made of.

`explain_submission` and `compare` put together what the ledger decided, what history and quarantine keep, and what the
archived original says when it is read again; `explain_figure` what a snapshot says, how it is computed, and from which
returns. The frames behind them are pure (`cell_changes.py`, `return_outcomes.py`, `contributions.py`).
Does not belong here: reading itself (`warehouse.intake`), how it looks on a screen (room `flows`).
"""

from warehouse.lineage.figure import explain_figure
from warehouse.lineage.figure_definition import explained_marts
from warehouse.lineage.selection import FigureSelection
from warehouse.lineage.submission_trace import SubmissionTrace, explain_submission
from warehouse.lineage.version_diff import VersionDiff, compare

__all__ = [
    "FigureSelection",
    "SubmissionTrace",
    "VersionDiff",
    "compare",
    "explain_figure",
    "explain_submission",
    "explained_marts",
]
