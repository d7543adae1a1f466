"""Where things come from: what a submission held and what became of it, what changed between two versions of a return,
what a figure of a mart is made of.

`explain_submission` and `compare` put together what the ledger decided, what history and quarantine keep, and what the
archived original says when it is read again; `explain_figure` what a snapshot says, how it is computed, and from which
returns. The frames behind them are pure (`changes.py`, `standings.py`, `contributions.py`).
Does not belong here: reading itself (`warehouse.intake`), how it looks on a screen (room `flows`).
"""

from warehouse.explain.asked import Asked
from warehouse.explain.figure import explain_figure
from warehouse.explain.recipe import explained_marts
from warehouse.explain.submission import Explained, explain_submission
from warehouse.explain.versions import Compared, compare

__all__ = ["Asked", "Compared", "Explained", "compare", "explain_figure", "explain_submission", "explained_marts"]
