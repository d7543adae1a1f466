"""What the files of one sender, and all of a run, may take together: what is over waits until the others are committed.

A limit is a file's (`warehouse.intake.formats.preflight.Limits`); many files within it are held by these.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from operator import le


@dataclass(frozen=True)
class Cost:
    """What files take: seconds of all readers, bytes as sent and as unpacked, rows, findings."""

    seconds: float = 0
    bytes: int = 0
    rows: int = 0
    findings: int = 0

    def __add__(self, other: Cost) -> Cost:
        # Written out: done thrice a file, and `astuple` copies deeply, which costs a tenth of reading a small one.
        return Cost(
            self.seconds + other.seconds,
            self.bytes + other.bytes,
            self.rows + other.rows,
            self.findings + other.findings,
        )

    def over(self, parts: int) -> Cost:
        """One of so many equal parts of it."""
        return Cost(self.seconds / parts, self.bytes // parts, self.rows // parts, self.findings // parts)

    def within(self, most: Cost) -> bool:
        """Whether nothing of it is more than that."""
        return all(map(le, astuple(self), astuple(most)))


@dataclass(frozen=True)
class Budgets:
    """What a sender, a folder of the inbox, may take of a run, and what a run may take.

    In the first turn of a night each is a tenth (FIRST), and all that is over waits for the `last`; what is over then
    waits for the next night, unless nothing else of its sender stood before it: it would wait for ever, and is refused.
    """

    sender: Cost = Cost(1_800, 1_000_000_000, 5_000_000, 1_000_000)
    night: Cost = Cost(14_400, 20_000_000_000, 50_000_000, 10_000_000)
    last: bool = True

    @property
    def first_turn(self) -> Budgets:
        """Those of the first turn."""
        return Budgets(self.sender.over(FIRST), self.night.over(FIRST), last=False)


FIRST = 10


@dataclass
class Spending:
    """What has been taken so far: by sender, by what arrived (a file, an archive with all its members), and by all.

    Without budgets nothing is ever too much.
    """

    budgets: Budgets | None
    by_sender: dict[str, Cost] = field(default_factory=dict)
    by_arrival: dict[str, Cost] = field(default_factory=dict)
    by_all: Cost = Cost()

    def spend(self, sender: str, arrival: str, cost: Cost) -> None:
        """Notes what a file took."""
        self.by_sender[sender] = self.by_sender.get(sender, Cost()) + cost
        self.by_arrival[arrival] = self.by_arrival.get(arrival, Cost()) + cost
        self.by_all += cost

    def may_go_on(self, sender: str) -> bool:
        """Whether neither the sender nor the run has taken more than it may."""
        most = self.budgets
        return most is None or (
            self.by_all.within(most.night) and self.by_sender.get(sender, Cost()).within(most.sender)
        )

    def refuses(self, arrival: str) -> bool:
        """Whether what is left of an arrival need not wait: alone it has taken more than its sender or a run may."""
        most, own = self.budgets, self.by_arrival.get(arrival, Cost())
        return most is not None and most.last and not (own.within(most.sender) and own.within(most.night))
