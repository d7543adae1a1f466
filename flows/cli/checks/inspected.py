"""What a check comes to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Inspected:
    """One thing that was looked at: its name for machines and for people, what was found, whether that is as it should
    be, what to do else.
    """

    check: str
    name: str
    found: str
    good: bool
    advice: str = ""
