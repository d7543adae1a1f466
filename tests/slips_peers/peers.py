"""What the peers say: `PYTHON tests/slips_peers/peers.py QUESTIONS ANSWERS`, two JSON files, run in their environment.

Nothing of ours is imported here, nor anything of theirs elsewhere: what passes between is tables and numbers.
"""

from __future__ import annotations

import contextlib
import json
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import banff
import pandas as pd
from sml_small.editing.thousand_pounds.thousand_pounds import thousand_pounds
from sml_small.editing.totals_and_components.totals_and_components import totals_and_components
from sml_small.selective_editing import selective_editing

PACKAGES = ("banff", "sml-small")


def growth(now: dict[str, float], before: dict[str, float], **settings: float) -> dict[str, Any]:
    """Who is an outlier by Hidiroglou-Berthelot on the trend since the period before, and the bounds of the effect."""
    found = banff.outlier(
        method="historic",
        unit_id="unit",
        var="value",
        indata=_table(now),
        indata_hist=_table(before),
        outlier_stats=True,
        outsummary="pandas",
        **settings,
    )
    used = found.outsummary.iloc[0]
    return {"outliers": found.outstatus["unit"].to_pylist(), "low": used["IMP_BND_L"], "high": used["IMP_BND_R"]}


def _table(values: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame({"unit": list(values), "value": list(values.values())}).astype({"value": float})


def errors(edits: str, rows: list[dict[str, float]], weights: str | None = None) -> list[list[str]]:
    """For each row one least set of cells to change; columns are v1, v2 and so on."""
    table = pd.DataFrame([{"unit": f"{number:06}", **row} for number, row in enumerate(rows)])
    found = banff.errorloc(unit_id="unit", edits=edits, weights=weights, indata=table, seed=1, accept_negative=True)
    sets: list[list[str]] = [[] for _ in rows]
    for one in found.outstatus.to_pylist():
        sets[int(one["unit"])].append(one["FIELDID"].lower())
    return sets


def thousands(value: float, predicted: float, low: float, high: float) -> float:
    """The value, or a thousandth of it where its ratio to what was predicted lies between the limits."""
    found = thousand_pounds(principal_variable=value, predictive=predicted, lower_limit=low, upper_limit=high)
    return float(found.principal_final_value)


def sums(total: float, parts: list[float], *, amend_total: bool, predicted: float, percent: float) -> dict[str, Any]:
    """Total and parts as amended; `marker` T, C, N or M says which was, or that a person must."""
    found = totals_and_components(
        "one", total, parts, amend_total, predictive=predicted, percentage_difference_threshold=percent
    )
    return {"total": found.final_total, "parts": found.final_components, "marker": found.tcc_marker}


def scores(found: list[float], expected: list[float], totals: list[float]) -> list[float]:
    """The selective editing score of each cell: 100 |found - expected| / the total that it enters."""
    table = pd.DataFrame({"unit": range(len(found)), "weight": 1.0, "threshold": 0.0, "q_ar": found, "q_pv": expected})
    table = table.assign(q_apv=expected, q_sf=totals)
    return selective_editing(table, "unit", "weight", "threshold", ["q"])["q_s"].tolist()


def main(questions: Path, answers: Path) -> None:
    """One answer to each question, `[name, arguments]`; and the versions that gave them."""
    asked = json.loads(questions.read_text())
    with contextlib.redirect_stdout(sys.stderr):
        found = [globals()[name](**arguments) for name, arguments in asked]
    said = {"versions": {name: metadata.version(name) for name in PACKAGES}, "answers": found}
    answers.write_text(json.dumps(said))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
