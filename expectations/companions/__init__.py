"""Companion columns: what a rule needs from beyond the row, joined before validation by pure transforms.

Each companion adds its columns and, where it compares with another return, a flag column that says that the return
was to be expected and is not there; the rules are then not evaluated, and the county is asked
(docs/explanation/architecture.md, "What counts").
Belongs here: such joins, by what they look at (earlier periods, another form, peers, the codebook). Does not belong
here: the rules that read the columns (`expectations.suites`).
"""

from expectations.companions.codebook import Membership, PeriodEnd
from expectations.companions.companion import Companion
from expectations.companions.expected import ExpectedBounds
from expectations.companions.last import Last, LastDecember, last_values, rows_before
from expectations.companions.partner import Partner, counted, entered_by_period_end, rows, summed
from expectations.companions.peers import PeerBounds, PeerRatio

__all__ = [
    "Companion",
    "ExpectedBounds",
    "Last",
    "LastDecember",
    "Membership",
    "Partner",
    "PeerBounds",
    "PeerRatio",
    "PeriodEnd",
    "counted",
    "entered_by_period_end",
    "last_values",
    "rows",
    "rows_before",
    "summed",
]
