"""`make slips-peers`: our outliers, smallest corrections, powers of ten and scores beside what banff and sml_small say.

Both are given the same tables; the peers answer in an environment of their own, whose folder is given.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table
from scipy.stats import spearmanr

from expectations.companions import growth, robust
from expectations.linear.correction import corrections as proposals
from expectations.linear.localise import MOST_SETS, RowCells, localise
from expectations.linear.row_rules import RowDemand, RowRules
from expectations.validation import powers
from expectations.validation.batch import Batch
from expectations.validation.scores import with_scores
from tests.builders import BOOK
from tests.slips_peers.tables import NOW, PUBLISHED, Row, Trend, broken_rows, state, trends, wrong_totals
from tests.unit.test_scores import batch, finding, known
from warehouse.messages.finding import Finding

HERE = Path(__file__).parent
# As published: the effect of size, the least distance of a quartile (as a share of the median), how many are too far.
EXPONENT, LEAST, TIMES = 0.5, 0.05, 4.0
# The ONS asks whether a value is between so many thousands of the one before.
LOW, HIGH = 0.25, 1.35
# How far, as a share of the sum of the parts, the year before may be from it for them to amend by themselves.
PERCENT = 0.5
FORMS = [name for name, form in BOOK.datasets.items() if form.one_row]

Ask = Callable[[list[tuple[str, dict[str, Any]]]], list[Any]]


@dataclass(frozen=True)
class Agreement:
    """In so many of the asked both say the same; `why` not in the rest, where there may be one."""

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


def outliers_in_use(ask: Ask) -> Iterator[Agreement]:
    """Our outliers of growth as a return is asked about, against theirs with as many quartiles: cells said alike."""
    columns = trends()
    times = [BOOK.outlier_bound("growth", BOOK.datasets[one.dataset][one.column], "multiple") for one in columns]
    asked = [
        {"now": one.now, "before": one.before, "mdm": LEAST, "mii": mii}
        for one, mii in zip(columns, times, strict=True)
    ]
    theirs = ask([("growth", each) for each in asked])
    mine = {cell for name in FORMS for cell in _in_use(name, [one for one in columns if one.dataset == name])}
    other = {(t.dataset, t.column, c) for t, said in zip(columns, theirs, strict=True) for c in said["outliers"]}
    slipped = {(one.dataset, one.column, county) for one in columns for county in one.true}
    halves = {(one.dataset, one.column, county) for one in columns for county in one.halved}
    tens, cells = slipped - halves, sum(len(one.now) for one in columns)
    counts = [f"{len(mine & some)} and {len(other & some)} of {len(some)}" for some in (tens, halves)]
    clean = f"{len(mine - slipped)} and {len(other - slipped)} of the clean cells"
    why = f"seen by us and them: powers of ten {counts[0]}, halves {counts[1]}; asked about: {clean}"
    yield Agreement("outliers as in use", cells - len(mine ^ other), cells, why)


def _in_use(dataset: str, columns: list[Trend]) -> Iterator[tuple[str, str, str]]:
    """The form, column and county of each growth beyond its bounds."""
    form, names = BOOK.datasets[dataset], [one.column for one in columns]
    bounds = growth.growth_bounds(state(dataset, columns), form, names, NOW).collect()
    now = {(county, one.column): value for one in columns for county, value in one.now.items()}
    for county, column, low, high in bounds.select("county_code", "column", "low", "high").drop_nulls().iter_rows():
        if (county, column) in now and not low <= now[county, column] <= high:
            yield dataset, column, county


def _outliers(one: Trend, quartiles: str) -> set[str]:
    """Whose effect is beyond the bounds; by other quartiles than ours the bounds are reckoned here."""
    table = pl.DataFrame({"unit": [*one.now], "now": [*one.now.values()], "before": [*one.before.values()]})
    effect = robust.effects(pl.col("now"), pl.col("before"), EXPONENT)
    table = table.with_columns(effect=effect)
    if quartiles == "linear":
        low, high = robust.effect_bounds(pl.col("effect"), pl.lit(LEAST), pl.lit(TIMES))
    else:
        first, median, third = np.quantile(table["effect"], (0.25, 0.5, 0.75), method="weibull")
        low = pl.lit(median - TIMES * max(median - first, LEAST * abs(median)))
        high = pl.lit(median + TIMES * max(third - median, LEAST * abs(median)))
    return {*table.filter((pl.col("effect") < low) | (pl.col("effect") > high))["unit"]}


# --- the smallest correction ----------------------------------------------------------------------------------------


def corrections(ask: Ask) -> Iterator[Agreement]:
    """Error localisation where one cell or two are ten times too much: as few cells, and their set among ours."""
    for slips in (1, 2):
        cases = [case for dataset in FORMS if (case := _Rows.of(dataset, slips)).rows]
        theirs = ask([("errors", case.question()) for case in cases])
        pairs = [pair for case, answers in zip(cases, theirs, strict=True) for pair in case.pairs(answers)]
        few = sum(bool(sets) and len(sets[0]) == len(them) for sets, them in pairs)
        yield Agreement(f"{slips} wrong: as few cells to change", few, len(pairs))
        cut = sum(len(sets) == MOST_SETS for sets, them in pairs if them not in sets)
        why = f"in {cut} ours are cut off at {MOST_SETS}" if cut else ""
        yield Agreement(
            f"{slips} wrong: their cells are of ours", sum(them in sets for sets, them in pairs), len(pairs), why
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


# --- thousands ------------------------------------------------------------------------------------------------------


def thousands(ask: Ask) -> Iterator[Agreement]:
    """Values that are a thousand times too much, and the pairs that the ONS publishes: corrected to the same or not."""
    for what, cases in (("thousandfold", [one.thousandfold() for one in trends()]), ("their cases", [PUBLISHED])):
        asked = [(one, county) for one in cases for county in one.now]
        limits = {"low": LOW * 1000, "high": HIGH * 1000}
        theirs = ask([("thousands", {"value": t.now[c], "predicted": t.before[c], **limits}) for t, c in asked])
        ours = [value for one in cases for value in _thousandths(one)]
        same = sum(np.isclose(mine, them) for mine, them in zip(ours, theirs, strict=True))
        ends = sum(one.now[c] / one.before[c] in (LOW * 1000, HIGH * 1000) for one, c in asked)
        why = f"{ends} lie on an end of the bounds: with us within them"
        yield Agreement(f"a thousandth proposed, {what}", int(same), len(asked), why)


def _thousandths(one: Trend) -> list[float]:
    """The values, a thousandth of each where that is what is proposed first."""
    before = pl.Series([*one.before.values()])
    bounds = {"expected": before, "growth_low": LOW * before, "growth_high": HIGH * before}
    sent, findings = _asked_about(one, one.now, bounds)
    told = powers.with_powers(findings, sent)
    first = [float(each.proposals[0].changes[0].value) if each.proposals else None for each in told]
    return [v / 1000 if mine == v / 1000 else v for mine, v in zip(first, one.now.values(), strict=True)]


def _asked_about(one: Trend, counties: Iterable[str], joined: Mapping[str, pl.Series]) -> tuple[Batch, list[Finding]]:
    """Returns of these counties with what is joined of the column, and a finding about each."""
    sent = [(county, {one.column: one.stored(one.now[county])}) for county in counties]
    companions = {f"{name}_{one.column}": values for name, values in joined.items()}
    findings = [
        finding("growth_outlier", one.column, dataset=one.dataset, county=county, receipt=101 + n)
        for n, (county, _) in enumerate(sent)
    ]
    return batch(one.dataset, *sent, **companions), findings


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
    """The total that a slipped cell enters has what is to be expected of it, of the other slipped ones the smaller of
    that and what is there, and what is there of all others.
    """
    smaller = {county: min(one.now[county], expected[county]) for county in one.true}
    others = sum(value for county, value in one.now.items() if county not in one.true) + sum(smaller.values())
    found, likely = ([values[county] for county in one.true] for values in (one.now, expected))
    totals = [others - smaller[county] + expected[county] for county in one.true]
    return {"found": found, "expected": likely, "totals": totals}


def _scores(one: Trend, expected: Mapping[str, float]) -> list[float]:
    others = [(county, {one.column: one.stored(value)}) for county, value in one.now.items() if county not in one.true]
    sent, findings = _asked_about(one, one.true, {"expected": pl.Series([expected[county] for county in one.true])})
    return [float(each.score or 0) for each in with_scores(findings, sent, known(one.dataset, *others))]


def main(peers: Path) -> None:
    """What agrees, as a table; exits with 1 where something differs that nothing explains."""
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

    parts = (outliers, outliers_in_use, corrections, thousands, totals, scores)
    found = [one for compare in parts for one in compare(ask)]
    for one in found:
        table.add_row(one.what, f"{one.same:,}", f"{one.asked:,}", one.why)
    Console().print(table, *(f"{name} {version}" for name, version in versions.items()))
    sys.exit(any(one.same < one.asked and not one.why for one in found))


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
