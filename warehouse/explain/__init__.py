"""Where things come from: what a submission held and what became of it, what changed between two versions of a return.

`explain_submission` and `compare` put together what the ledger decided, what history and quarantine keep, and what the
archived original says when it is read again. The frames behind them are pure (`changes.py`, `standings.py`).
Does not belong here: reading itself (`warehouse.intake`), how it looks on a screen (room `flows`).
"""

from warehouse.explain.submission import Explained, explain_submission
from warehouse.explain.versions import Compared, compare

__all__ = ["Compared", "Explained", "compare", "explain_submission"]
