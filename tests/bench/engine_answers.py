"""Answers in one form, whoever gave them, and what differs between two sides' answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

Answer = dict[str, Any]
Answers = dict[str, Answer]
TOLERANCE = 1e-9  # of sums and means, which are added up in another order


def of_bare(found: Answers, *, complete: bool) -> Answers:
    """The bare side's: a check that no row fails has an empty list of rows."""
    return {name: _bare(answer) if complete else {"success": answer["success"]} for name, answer in found.items()}


def _bare(found: Answer) -> Answer:
    if "observed" in found:
        return found
    return {"rows": []} | found


def of_great_expectations(found: Answers, *, complete: bool) -> Answers:
    """Great Expectations': without percentages, which follow, and capped lists. Exits where a check was not done."""
    for name, answer in found.items():
        if answer["raised"].get("raised_exception", True):
            raise SystemExit(f"{name} cannot be evaluated: {answer['raised']}")
    return {name: _complete(answer) if complete else {"success": answer["success"]} for name, answer in found.items()}


def _complete(found: Answer) -> Answer:
    success = {"success": found["success"]}
    if "unexpected_index_list" in found:
        counts = {"elements": "element_count", "missing": "missing_count", "failing": "unexpected_count"}
        rows = [{key: _plain(value) for key, value in row.items()} for row in found["unexpected_index_list"]]
        return success | {ours: found.get(theirs) for ours, theirs in counts.items()} | {"rows": rows}
    if found["observed_value"] is None:
        return success | {"observed": sorted(found["partial_unexpected_list"] + found.get("partial_missing_list", []))}
    observed = found["observed_value"]
    return success | {"observed": _plain(observed["values"] if isinstance(observed, dict) else observed)}


def _plain(value: Any) -> Any:
    """A Python value; pandas' blank is None."""
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and math.isnan(plain) else plain


def differences(one: Answers, other: Answers) -> list[str]:
    """The checks whose answers differ, and in what; those that only one side has come first."""
    alone = [f"{name}: only one side has it" for name in one.keys() ^ other.keys()]
    return alone + [
        f"{name}: {key} {_short(one[name].get(key))} and {_short(other[name].get(key))}"
        for name in one.keys() & other.keys()
        for key in one[name].keys() | other[name].keys()
        if not _same(one[name].get(key), other[name].get(key))
    ]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and _all(_same, zip(one, other, strict=True))
    return bool(one == other)


def _all(same: Callable[[Any, Any], bool], pairs: Iterable[tuple[Any, Any]]) -> bool:
    return all(same(one, other) for one, other in pairs)


def _short(value: Any) -> str:
    return f"{len(value)} {value[:2]}" if isinstance(value, list) else str(value)
