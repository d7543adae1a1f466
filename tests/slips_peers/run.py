"""`make slips-peers`: our outliers, smallest corrections, powers of ten and scores beside what banff and sml_small say.

Both are given the same tables; the peers answer in an environment of their own, whose folder is given.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table
from scipy.stats import spearmanr

from expectations.companions import robust
from expectations.linear.correction import corrections as proposals
from expectations.linear.localise import MOST_SETS, RowCells, localise
from expectations.linear.row_rules import RowDemand, RowRules
from expectations.validation.scores import with_scores
from tests.builders import BOOK
from tests.slips_peers.tables import NOW, Row, Trend, broken_rows, trends, wrong_totals
from tests.unit.test_scores import batch, finding, known

HERE = Path(__file__).parent
# As published: the effects of size, the least distance of a quartile, how many of them are too far.
EXPONENT, LEAST, TIMES = 0.5, 0.05, 4.0
# How far, as a share of the sum of the parts, the year before may be from it for them to amend by themselves.
PERCENT = 0.5
FORMS = [name for name, form in BOOK.datasets.items() if form.one_row]

Ask = Callable[[list[tuple[str, dict[str, Any]]]], list[Any]]


@dataclass(frozen=True)
class Agreement:
    """In so many of the asked both say the same; `why` not in the rest."""

    what: str
    same: int
    asked: int
    why: str = ""


# --- outliers -------------------------------------------------------------------------------------------------------


def outliers(ask: Ask) -> Iterator[Agreement]:
    """Hidiroglou-Berthelot: cells said alike, by our quartiles and by theirs."""
    columns = trends()
    settings = {"exponent": EXPONENT, "mdm": LEAST, "mii": TIMES}
    theirs = ask([("growth", {"now": one.now, "before": one.before, **settings}) for one in columns])
    cells = sum(len(one.now) for one in columns)
    for what, quartiles, why in (
        ("outliers, our quartiles", "linear", "quartiles lie between other neighbours: n - 1 steps, theirs n + 1"),
        ("outliers, their quartiles", "weibull", ""),
    ):
        ours = [_outliers(one, quartiles) for one in columns]
        differ = sum(len(mine ^ set(other["outliers"])) for mine, other in zip(ours, theirs, strict=True))
        yield Agreement(what, cells - differ, cells, why)


def _outliers(one: Trend, quartiles: str) -> set[str]:
    """Whose effect is beyond the bounds; by other quartiles than ours the bounds are reckoned here."""
    table = pl.DataFrame({"unit": [*one.now], "now": [*one.now.values()], "before": [*one.before.values()]})
    effect = robust.effects(pl.col("now"), pl.col("before"), pl.lit(EXPONENT))
    table = table.with_columns(effect=effect)
    if quartiles == "linear":
        low, high = robust.effect_bounds(pl.col("effect"), pl.lit(LEAST), pl.lit(TIMES), pl.lit(0.0))
    else:
        first, median, third = np.quantile(table["effect"], (0.25, 0.5, 0.75), method="weibull")
        low = pl.lit(median - TIMES * max(median - first, LEAST * abs(median)))
        high = pl.lit(median + TIMES * max(third - median, LEAST * abs(median)))
    return {*table.filter((pl.col("effect") < low) | (pl.col("effect") > high))["unit"]}


# --- the smallest correction ----------------------------------------------------------------------------------------


def corrections(ask: Ask) -> Iterator[Agreement]:
    """Error localisation: as few cells, and their set among ours, where one cell or two are ten times too much."""
    for slips in (1, 2):
        yield from _corrections(ask, slips)


def _corrections(ask: Ask, slips: int) -> Iterator[Agreement]:
    cases = [case for dataset in FORMS if (case := _Rows.of(dataset, slips)).rows]
    theirs = ask([("errors", case.question()) for case in cases])
    pairs = [(sets, {*them}) for case, answers in zip(cases, theirs, strict=True) for sets, them in case.pairs(answers)]
    few = sum(bool(sets) and len(sets[0]) == len(them) for sets, them in pairs)
    among = sum(them in map(set, sets) for sets, them in pairs)
    yield Agreement(f"cells to change, {slips} slips: as few", few, len(pairs))
    cut = sum(len(sets) == MOST_SETS and them not in map(set, sets) for sets, them in pairs)
    yield Agreement(
        f"cells to change, {slips} slips: theirs among ours", among, len(pairs), f"cut off at {MOST_SETS}: {cut}"
    )


@dataclass(frozen=True)
class _Rows:
    """Rows of a form that break its linear rules; cells are v1, v2 and so on."""

    demands: tuple[RowDemand, ...]
    names: dict[str, str]
    rows: list[RowCells]

    @classmethod
    def of(cls, dataset: str, slips: int) -> _Rows:
        form = BOOK.datasets[dataset]
        rules = RowRules.of(form, NOW, form.dtypes)
        demands = tuple(d for d in rules.of_row({}) if d.linear and not d.when and not d.positive)
        columns = sorted({column for demand in demands for column in demand.columns})
        steps = {i.column: Fraction(1, 10**i.decimals) for i in form.indicators if i.column in columns}
        cells = (rules.numbers(row) for row in broken_rows(dataset, slips))
        whole = ({c: values[c] for c in columns} for values in cells if {*columns} <= values.keys())
        rows = [RowCells(values, demands, steps) for values in whole]
        return cls(demands, {c: f"v{n}" for n, c in enumerate(columns, 1)}, [row for row in rows if row.broken])

    def question(self) -> dict[str, Any]:
        rows = [{self.names[c]: float(value) for c, value in row.numbers.items()} for row in self.rows]
        return {"edits": " ".join(dict.fromkeys(map(self._edit, self.demands))), "rows": rows}

    def _edit(self, demand: RowDemand) -> str:
        assert demand.linear
        terms = " + ".join(f"{float(by)} * {self.names[c]}" for c, by in demand.linear.coefficients.items())
        return f"{terms} >= {float(-demand.linear.constant)};".replace("+ -", "- ")

    def pairs(self, answers: list[list[str]]) -> Iterator[tuple[list[set[str]], set[str]]]:
        """Our least sets of each row, and theirs."""
        for row, them in zip(self.rows, answers, strict=True):
            _, sets = localise(row, dict.fromkeys(row.numbers, 1))
            yield [{self.names[c] for c in cells} for cells in sets], {*them}


# --- totals and parts -----------------------------------------------------------------------------------------------


def totals(ask: Ask) -> Iterator[Agreement]:
    """A total ten times too much: what comes first with us against what they make of it, told to amend totals."""
    cases = wrong_totals()
    theirs = ask([("sums", _sum(*case)) for case in cases])
    amended = [(case, float(them["total"])) for case, them in zip(cases, theirs, strict=True) if them["marker"] == "T"]
    same = sum(_proposed(dataset, row)[0] == {total: value} for (dataset, total, _, row, _), value in amended)
    left = f"{len(cases) - len(amended)} more are for a person with them: too far from the year before"
    yield Agreement("a wrong total, first proposed", same, len(amended), left)


def _sum(_: str, total: str, parts: list[str], row: Row, before: float) -> dict[str, Any]:
    values = {"total": float(row[total]), "parts": [float(row[part]) for part in parts]}
    return values | {"amend_total": True, "predicted": before, "percent": PERCENT}


def _proposed(dataset: str, row: Row) -> list[dict[str, Fraction]]:
    form = BOOK.datasets[dataset]
    critical, queries = (RowRules.of(form, NOW, form.dtypes, (severity,)) for severity in ("critical", "warning"))
    found = proposals(critical, queries, row).corrections
    return [{change.column: change.value for change in one.changes} for one in found]


# --- scores ---------------------------------------------------------------------------------------------------------


def scores(ask: Ask) -> Iterator[Agreement]:
    """What the slipped cells may make wrong: the same given the same value to be expected; and which matter most where
    theirs expect what was a year before, and ours that times the growth of all.
    """
    columns = [one for one in trends() if BOOK.datasets[one.dataset][one.column].roll_up.how == "sum"]
    grown = [{c: value * _growth(one) for c, value in one.before.items()} for one in columns]
    ours = [score for one, expected in zip(columns, grown, strict=True) for score in _scores(one, expected)]
    for_both = ask([("scores", _score(one, expected)) for one, expected in zip(columns, grown, strict=True)])
    theirs = ask([("scores", _score(one, one.before)) for one in columns])
    alike, other = ([score for found in answers for score in found] for answers in (for_both, theirs))
    yield Agreement("scores", int(np.isclose(ours, alike, rtol=1e-4, atol=1e-5).sum()), len(ours))
    tenth = len(ours) // 10
    top, their_top = ({*np.argsort(found)[-tenth:].tolist()} for found in (ours, other))
    rank = f"they expect last year's value; rank correlation {spearmanr(ours, other).statistic:.3f}"
    yield Agreement("the top tenth of the scores", len(top & their_top), tenth, rank)


def _growth(one: Trend) -> float:
    return float(np.median([value / one.before[county] for county, value in one.now.items()]))


def _score(one: Trend, expected: Mapping[str, float]) -> dict[str, Any]:
    """The total that the slipped cells enter has what is to be expected of them, and what is there of the others."""
    total = sum(expected[county] if county in one.true else value for county, value in one.now.items())
    found, likely = ([values[county] for county in one.true] for values in (one.now, expected))
    return {"found": found, "expected": likely, "totals": [total] * len(found)}


def _scores(one: Trend, expected: Mapping[str, float]) -> list[float]:
    decimals = BOOK.datasets[one.dataset][one.column].decimals
    values = {c: {one.column: Decimal(f"{v:.{decimals}f}") if decimals else int(v)} for c, v in one.now.items()}
    sent = [(county, values.pop(county)) for county in one.true]
    joined = {f"expected_{one.column}": pl.Series([expected[county] for county in one.true])}
    findings = [
        finding("growth_outlier", one.column, dataset=one.dataset, county=county, receipt=101 + n)
        for n, county in enumerate(one.true)
    ]
    told = with_scores(findings, batch(one.dataset, *sent, **joined), known(one.dataset, *values.items()))
    return [float(each.score or 0) for each in told]


def main(peers: Path) -> None:
    """What agrees, as a table."""
    table = Table("compared", "the same", "of", "why not the rest")
    versions: dict[str, str] = {}

    def ask(questions: list[tuple[str, dict[str, Any]]]) -> list[Any]:
        with TemporaryDirectory(prefix="xianbao-peers-") as folder:
            asked, answered = Path(folder, "asked.json"), Path(folder, "answered.json")
            asked.write_text(json.dumps(questions))
            command = [peers / "bin" / "python", HERE / "peers.py", asked, answered]
            told = subprocess.run(command, check=False, capture_output=True, text=True)
            if told.returncode:
                sys.exit(told.stdout + told.stderr)
            said = json.loads(answered.read_text())
        versions.update(said["versions"])
        return list(said["answers"])

    for compare in (outliers, corrections, totals, scores):
        for one in compare(ask):
            table.add_row(one.what, f"{one.same:,}", f"{one.asked:,}", one.why)
    console = Console()
    console.print(table)
    console.print(", ".join(f"{name} {version}" for name, version in versions.items()), highlight=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
