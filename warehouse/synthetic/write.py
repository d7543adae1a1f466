"""Writing the sample: a folder for each period, a workbook for each county, a few CSV files, the key of the faults;
or, by `warehouse.synthetic.messy`, what clerks make of it.

Belongs here: what is written where. Does not belong here: how a file looks (`layout.py`, `workbook.py`,
`csv_returns.py`).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from itertools import groupby
from pathlib import Path

from warehouse.codebook import load
from warehouse.messages.errors import PermanentError
from warehouse.synthetic.csv_returns import write_plain
from warehouse.synthetic.layout import AS_CSV, plain_path, workbook_path
from warehouse.synthetic.messy import write_messy
from warehouse.synthetic.planting import FaultKeyRow, plant
from warehouse.synthetic.records import MONTHS, PERIODS, Return
from warehouse.synthetic.returns import build_returns
from warehouse.synthetic.workbook import write_workbook

KEY_SUFFIX = ".faults.csv"


@dataclass(frozen=True)
class SampleSummary:
    """What was written: files of returns (the key not counted), distinct county codes, periods, the key's path."""

    out: Path
    files: int
    counties: int
    periods: tuple[str, ...]
    key: Path | None


def write_sample(  # noqa: PLR0913  (each is an option)
    out: Path,
    seed: int,
    *,
    faulty: bool = False,
    messy: bool = False,
    months: int | None = None,
    period: str | None = None,
) -> SampleSummary:
    """Writes the synthetic province of a seed under `out`, or its faulty twin with the key of what is wrong, or the
    clean one as clerks would send it, with the key of their habits.

    The same seed gives the same bytes; another seed gives other counties' values and the same published totals.
    It has four periods (2016-12, 2017-11, 2017-12, 2018-06), or the last so many `months` of 2016-01 to 2018-12; a
    shorter sample is the end of a longer one, and both have the four as they are. `period` limits it to one of its
    own. The twin has one county's returns of one dataset of some months besides, for a value can only differ from a
    past that is there. Raises PermanentError where these do not go together.
    """
    periods = _periods(months, period)
    if faulty and messy:
        raise PermanentError("a sample is faulty or messy, not both; choose one")
    if months is not None and (faulty or messy):
        raise PermanentError("faults and habits are planted in the four periods; a sample of months is the clean one")
    returns: Sequence[Return] = build_returns(seed, PERIODS if faulty or messy else periods)
    faults: tuple[FaultKeyRow, ...] = ()
    if faulty:
        returns, faults = plant(returns, seed)
        periods = periods if period else tuple(sorted({found.period for found in returns}))
    chosen = [found for found in returns if found.period in periods]
    counties = len({found.county_code for found in chosen})
    if messy:
        count, path = write_messy(out, chosen, seed)
        return SampleSummary(out, count, counties, periods, path)
    files = write_returns(out, chosen)
    key = _write_key(out, [row for row in faults if row.period in periods]) if faulty else None
    return SampleSummary(out, files, counties, periods, key)


def _periods(months: int | None, period: str | None) -> tuple[str, ...]:
    """The periods to write."""
    if months is not None and not 1 <= months <= len(MONTHS):
        raise PermanentError(f"a sample has 1 to {len(MONTHS)} months, until {MONTHS[-1]}, not {months}")
    periods = PERIODS if months is None else MONTHS[-months:]
    if period is not None and period not in periods:
        known = ", ".join(PERIODS) if months is None else f"{periods[0]} to {periods[-1]}"
        raise PermanentError(f"period '{period}' is not in the sample; choose one of {known}")
    return (period,) if period else periods


def write_returns(out: Path, returns: Sequence[Return]) -> int:
    """Writes returns into workbooks and CSV files, one workbook for each county and period; the number of files."""
    divisions = {d.county_code: d for d in load().divisions}
    plain = {(entry.county_code, entry.dataset): entry.encoding for entry in AS_CSV}
    files = 0
    ordered = sorted(returns, key=lambda found: (found.period, found.county_code))  # stable: datasets keep their order
    for (period, code), group in groupby(ordered, key=lambda found: (found.period, found.county_code)):
        (out / period).mkdir(parents=True, exist_ok=True)
        inside: list[Return] = []
        for found in group:
            encoding = plain.get((code, found.dataset))
            if encoding is None:
                inside.append(found)
            else:
                write_plain(out / plain_path(divisions[code], period, found.dataset), found, encoding)
                files += 1
        write_workbook(out / workbook_path(divisions[code], period), divisions[code], inside)
        files += 1
    return files


def _write_key(out: Path, faults: Sequence[FaultKeyRow]) -> Path:
    """Writes the key: one line for each return that breaks a rule because of a planted fault.

    It lies beside the folder, not in it: what lies in an inbox is a submission.
    """
    path = out.parent / f"{out.name}{KEY_SUFFIX}"
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, [f.name for f in fields(FaultKeyRow)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(asdict, faults))
    return path
