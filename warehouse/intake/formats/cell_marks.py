"""What a cell shows beside its text: text that is struck out, raised or lowered; a number that is shown as another.

Readers of values do not tell: 620 with a raised 1 behind it is 6201 to them, and 176 struck out with 196 behind it is
176196.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

MarkKind: TypeAlias = Literal["struck_out", "raised_text", "shown_otherwise", "surplus_fields"]
STRUCK: MarkKind = "struck_out"
RAISED: MarkKind = "raised_text"
OTHERWISE: MarkKind = "shown_otherwise"
SURPLUS: MarkKind = "surplus_fields"
SAID = {STRUCK: "[已划掉 struck out: {}]", RAISED: "[上下标 raised: {}]"}


@dataclass(frozen=True, slots=True)
class Mark:
    """What of a cell is not what it seems: the check of the codebook that says so, what is found, and whether it is so
    of all that the cell holds.
    """

    kind: MarkKind
    found: str
    whole: bool


def mark_of(runs: Iterable[tuple[str, MarkKind | None]]) -> Mark | None:
    """The mark of a text that is written in runs, each struck out, raised or neither; None where all are neither.

    What is struck out goes before what is raised.
    """
    told = [(text, kind) for text, kind in runs if text.strip()]
    kinds = {kind for _, kind in told if kind}
    if not kinds:
        return None
    found = "".join(SAID[kind].format(text) if kind else text for text, kind in told)
    return Mark(STRUCK if STRUCK in kinds else RAISED, found, whole=all(kind for _, kind in told))
