"""The words of the definitions and the marts (kinds, statuses, verdicts), with their labels and what they mean."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Term:
    """A word that a column of definitions or of marts may have; `kind` says which."""

    kind: str
    term: str
    label_zh: str
    label_en: str
    meaning_zh: str
    meaning_en: str


@cache
def terms() -> Mapping[tuple[str, str], Term]:
    """The words by kind and word, in the order of `terms.csv`."""
    with (HERE / "terms.csv").open(encoding="utf-8", newline="") as lines:
        found = [Term(**row) for row in csv.DictReader(lines)]
    return {(term.kind, term.term): term for term in found}
