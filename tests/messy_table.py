"""What became of the messy province, line by line of its key: `python -m tests.messy_table`, or `make messy`.

The command writes the province with `xianbao sample --messy`, takes it in with `xianbao run`, holds the ledger, the
rows in force and the findings against the key and the clean returns, and saves the table as a page. The test of the
messy province asks the same questions of a night without Prefect.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from tests.builders import BOOK, RECEIVED, mart, row, sources
from tests.plain_rules import OUTLIERS
from warehouse.codebook import Dataset
from warehouse.store.files import Root
from warehouse.store.journal_records import ACCEPTED
from warehouse.synthetic import Return, build_returns
from warehouse.synthetic.messy import HABITS, KEY_SUFFIX, Habit, KeyRow
from warehouse.synthetic.messy.habits import BUNDLED, CELLS, FORMATS, HEADERS, PLACES, PLAIN, REFUSED

Place = tuple[str, str, str]  # county, period, dataset
Found = Mapping[str, Any]
PLACE = ("county_code", "period", "dataset")
SEED = 2017
PAGE = Path("docs/explanation/messy-province.md")
GROUPS: Mapping[str, Sequence[Habit]] = {
    "As the template has it": (PLAIN,),
    "Formats": FORMATS,
    "Headers and layout": HEADERS,
    "Cells": CELLS,
    "County and period": PLACES,
    "Several counties or periods in one file": BUNDLED,
    "To be refused": REFUSED,
}


@dataclass(frozen=True)
class Outcome:
    """What became of one line of the key: the rules of its findings, and what is other than it should be."""

    line: KeyRow
    rules: tuple[str, ...]
    wrong: str = ""


@dataclass(frozen=True)
class Result:
    """The outcome of each line, and findings that belong to no line."""

    outcomes: tuple[Outcome, ...]
    strays: tuple[Found, ...]

    @property
    def wrong(self) -> list[str]:
        """All that is other than the key says, in words."""
        lines = [f"{o.line.habit}: {o.line.file}, {o.line.dataset}: {o.wrong}" for o in self.outcomes if o.wrong]
        return lines + [f"nobody's finding: {stray['file']}: {stray['message_en']}" for stray in self.strays]


def read_key(inbox: Path) -> list[KeyRow]:
    """The key that lies beside a messy inbox."""
    with inbox.with_name(f"{inbox.name}{KEY_SUFFIX}").open(encoding="utf-8", newline="") as lines:
        return [KeyRow(**line) for line in csv.DictReader(lines)]  # type: ignore[arg-type]


def place_of(one: KeyRow | Return) -> Place:
    return one.county_code, one.period, one.dataset


# --- what became of each line ---------------------------------------------------------------------------------------


def result(root: Root, key: Sequence[KeyRow], returns: Iterable[Return]) -> Result:
    """What became of each line of the key in the night that `root` had; `returns` are the clean ones."""
    clean = {place_of(one): one for one in returns}
    differing = differences(root, clean)
    decided: dict[Place, list[Found]] = defaultdict(list)
    for decision in sources(root).returns.iter_rows(named=True):
        decided[decision["county_code"], decision["period"], decision["dataset"]].append(decision)
    findings, strays = _findings(root, key)
    outcomes = []
    for line in key:
        own, decisions, place = findings[line], decided[place_of(line)], place_of(line)
        if line.outcome == "read":
            wrong = _not_read(line, clean[place], decisions, own) or differing.get(place, "")
        else:
            wrong = _not_refused(line, decisions, own)
        outcomes.append(Outcome(line, tuple(f["rule"] for f in own), wrong))
    return Result(tuple(outcomes), strays)


def _findings(root: Root, key: Sequence[KeyRow]) -> tuple[dict[KeyRow, list[Found]], tuple[Found, ...]]:
    """The findings of each line, and those of none; not that a number is far from others, as in the clean province."""
    by_file: dict[str, list[KeyRow]] = defaultdict(list)
    for line in key:
        by_file[line.file].append(line)
    findings: dict[KeyRow, list[Found]] = {line: [] for line in key}
    strays = []
    for finding in mart(root, "mart_findings").filter(~pl.col("rule").is_in(OUTLIERS)).iter_rows(named=True):
        lines = [line for line in by_file[finding["file"]] if _is_of(finding, line)]
        for line in lines:
            findings[line].append(finding)
        if not lines:
            strays.append(finding)
    return findings, tuple(strays)


def _is_of(finding: Found, line: KeyRow) -> bool:
    """Whether a finding in the line's file is of the line; one that names no county or dataset is of all in it."""
    named = {column: finding[column] for column in PLACE if finding[column] is not None}
    if line.rule == "known_county":
        named.pop("county_code", None)  # it stands under the code that is not in force
    return all(getattr(line, column) == value for column, value in named.items())


def _not_read(line: KeyRow, clean: Return, decisions: Sequence[Found], own: Iterable[Found]) -> str:
    """Why a return that should have been read was not taken in as it is; empty where it was."""
    told = {(d["file"], d["status"], d["nil"], d["verdict"]) for d in decisions}
    if len(decisions) != 1 or not told <= {(line.file, clean.status, clean.nil, verdict) for verdict in ACCEPTED}:
        return f"decided as {sorted(told)}"
    grave = sorted({f["rule"] for f in own if f["severity"] != "info"})
    return f"found {', '.join(grave)}" if grave else ""


def _not_refused(line: KeyRow, decisions: Iterable[Found], own: Sequence[Found]) -> str:
    """Why a return that should have been refused was not, or for another reason; empty where it was."""
    if any(d["verdict"] != "quarantined" for d in decisions):
        return "was let in"
    named = [f for f in own if f["rule"] == line.rule]
    beside = {f["rule"] for f in own} - {line.rule}
    if len(named) != 1 or beside:
        return f"found {', '.join(f['rule'] for f in own) or 'nothing'}, not {line.rule} alone"
    at = named[0]["sheet"], named[0]["cell"]
    return f"found at {at}" if line.cell and at != (line.sheet, line.cell) else ""


def differences(root: Root, clean: Mapping[Place, Return]) -> dict[Place, str]:
    """Of the clean returns, those of which no rows are in force or other ones, and in what."""
    found: dict[Place, str] = {}
    for dataset in BOOK.datasets.values():
        own = [one for one in clean.values() if one.dataset == dataset.dataset]
        pair = _expected(dataset, own).join(_in_force(root, dataset), on=["county_code", "period", "n"], how="full")
        for column in ("n", *dataset.columns):
            there = f"{column}_right"
            for line in pair.filter(~pl.col(column).eq_missing(pl.col(there))).iter_rows(named=True):
                at = (line["county_code"] or line["county_code_right"], line["period"] or line["period_right"])
                row_of = "no such row" if column == "n" else f"{column} is {line[there]}, not {line[column]}"
                found.setdefault((*at, dataset.dataset), row_of)
    return found


def _expected(dataset: Dataset, returns: Iterable[Return]) -> pl.DataFrame:
    """A row per county x period x row of the clean returns; of a nil one of a form with one row, what it stands for."""
    rows = [
        {"county_code": one.county_code, "period": one.period, "n": n, **values}
        for one in returns
        for n, values in enumerate([row(dataset.dataset)] if one.nil and dataset.one_row else one.rows)
    ]
    return pl.DataFrame(rows, {"county_code": pl.String, "period": pl.String, "n": pl.Int64, **dataset.dtypes})


def _in_force(root: Root, dataset: Dataset) -> pl.DataFrame:
    """The same of what is in force, in the order of its file."""
    number = pl.int_range(pl.len(), dtype=pl.Int64).over("county_code", "period")
    rows = sources(root).rows(dataset).sort("county_code", "period", "row").with_columns(n=number)
    return rows.select("county_code", "period", "n", *dataset.columns).collect()


# --- the table ------------------------------------------------------------------------------------------------------

COUNTS = ("files", "returns", "to be read", "read right", "to be refused", "refused as the key says")


OPENING = """\
# The messy province

Written by `make messy` (`python -m tests.messy_table --seed {seed}`); `tests/unit/test_messy_province.py` holds it to
what a night finds. All of it is synthetic.

The returns of the clean province in the habits of clerks, a habit a county and month, taken in by `xianbao run`; a
member of an archive counts as a file. *Read right*: accepted without a query, with the status and every value of the
clean return. *Refused as the key says*: quarantined, or unreadable, by the rule that the key names and at the cell that
it names. How reading goes about it: [reading.md](reading.md).
"""


def page(done: Result, seed: int) -> str:
    """The table as a page: habit by habit, and the totals."""
    return "\n".join([OPENING.format(seed=seed).rstrip(), *_tables(done), "", _totals(done), ""])


def _tables(done: Result) -> Iterator[str]:
    by_habit: dict[str, list[Outcome]] = {habit.habit: [] for habit in HABITS}
    for outcome in done.outcomes:
        by_habit[outcome.line.habit].append(outcome)
    for title, habits in GROUPS.items():
        yield from ("", f"## {title}", "")
        yield "| habit | 习惯 | files | returns | read right | refused as the key says | findings |"
        yield "|---|---|--:|--:|--:|--:|---|"
        for habit in habits:
            cells = _cells(by_habit[habit.habit])
            yield f"| {' | '.join((habit.label_en, habit.label_zh, *cells))} |"


def _cells(outcomes: Sequence[Outcome]) -> list[str]:
    n = counts(outcomes)
    rules = Counter(rule for outcome in outcomes for rule in outcome.rules)
    return [
        str(n["files"]),
        str(n["returns"]),
        _of(n["read right"], n["to be read"]),
        _of(n["refused as the key says"], n["to be refused"]),
        ", ".join(f"{rule} {times}" for rule, times in sorted(rules.items())),
    ]


def counts(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """COUNTS over some lines of the key."""
    lines = list(outcomes)
    right = {outcome: [o for o in lines if o.line.outcome == outcome] for outcome in ("read", "refused")}
    files = len({o.line.file for o in lines})
    numbers = [files, len(lines)]
    for own in right.values():
        numbers += [len(own), sum(not o.wrong for o in own)]
    return dict(zip(COUNTS, numbers, strict=True))


def _of(right: int, all_of_them: int) -> str:
    return f"{right} of {all_of_them}" if all_of_them else ""


def _totals(done: Result) -> str:
    n = counts(done.outcomes)
    found = sum(len(outcome.rules) for outcome in done.outcomes) + len(done.strays)
    return (
        f"**In all:** {len(HABITS)} habits, {n['files']} files, {n['returns']} returns; "
        f"{_of(n['read right'], n['to be read'])} read right, "
        f"{_of(n['refused as the key says'], n['to be refused'])} refused as the key says; "
        f"{found} findings, of which {len(done.strays)} belong to no line of the key."
    )


# --- the command ----------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--folder", type=Path, default=Path("var/messy"), help="where to; must not be there (var/messy)"
    )
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the province ({SEED})")
    parser.add_argument("--out", type=Path, default=PAGE, help=f"where the page goes ({PAGE})")
    given = parser.parse_args()
    if given.folder.exists():
        sys.exit(f"{given.folder} is there already; remove it or name another folder")
    inbox = given.folder / "inbox"
    _xianbao(given.folder, "sample", "--out", str(inbox), "--seed", str(given.seed), "--messy")
    _xianbao(given.folder, "run", "--received-at", f"{RECEIVED:%Y-%m-%dT%H:%M:%S}", good=(0, 1))
    done = result(Root(given.folder), read_key(inbox), build_returns(given.seed))
    given.out.write_text(page(done, given.seed), encoding="utf-8")
    sys.stdout.write(page(done, given.seed))
    if done.wrong:
        sys.exit("\n".join(["", *done.wrong]))


def _xianbao(root: Path, *arguments: str, good: Iterable[int] = (0,)) -> None:
    """The command line, as a person calls it."""
    environment = os.environ | {"XIANBAO_ROOT": str(root), "XIANBAO_SETTLE_SECONDS": "0"}
    program = Path(sys.executable).with_name("xianbao")
    done = subprocess.run([program, *arguments], env=environment, check=False)
    if done.returncode not in good:
        sys.exit(f"xianbao {' '.join(arguments)} failed")


if __name__ == "__main__":
    main()
