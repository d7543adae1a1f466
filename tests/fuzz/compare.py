"""What mutants gave, beside what their originals give: the same, findings, or a fault of ours."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import polars as pl

from tests.builders import RECEIVED
from tests.fuzz.mutants import Mutant
from tests.fuzz.originals import Original
from warehouse.intake.formats.preflight import Limits, UnreadableError
from warehouse.intake.formats.zip_archive import Member, unpack
from warehouse.intake.layout.row_frames import PROVENANCE
from warehouse.intake.model.records import Receipt, ReceivedFile
from warehouse.intake.sandbox import reader_pool
from warehouse.messages.finding import Finding

LIMITS = Limits(seconds=20)
Key = tuple[str, str, str]


@dataclass
class Given:
    """What one file gave: by return, its status and rows; its findings."""

    returns: dict[Key, tuple[object, ...]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """How a mutant came out; `fault` is None unless it must not come out so."""

    mutant: Mutant
    how: str
    fault: str | None


def read_all(files: Sequence[tuple[str, bytes]], folder: Path) -> list[Given]:
    """Reads files in child processes, members of archives as receiving takes them out; what each gave."""
    received: list[ReceivedFile] = []
    whose: list[int] = []
    for number, (name, data) in enumerate(files):
        for label, path in _unpacked(folder / str(number), name, data):
            moment = RECEIVED + timedelta(seconds=number)
            submission = f"{number:064x}"
            receipt = Receipt(receipt=len(received), submission=submission, file=label, received_at=moment)
            received.append(ReceivedFile(receipt, path))
            whose.append(number)
    reading = reader_pool.read_isolated(received, LIMITS, None, {}, folder / "scratch")
    given = [Given() for _ in files]
    for finding in reading.findings:
        given[whose[finding.receipt]].findings.append(finding)
    rows = _rows(reading.rows)
    for head in reading.return_headers:
        key = (head.dataset, head.county_code, head.period)
        own = given[whose[head.receipt]].returns
        own[key] = (*own.get(key, ()), head.status, head.nil, *rows[head.receipt, *key])
    return given


def _unpacked(folder: Path, name: str, data: bytes) -> Iterator[tuple[str, Path]]:
    folder.mkdir(parents=True)
    path = folder / name
    path.write_bytes(data)
    yield name, path
    if path.suffix != ".zip":
        return
    try:
        for number, member in enumerate(unpack(path, LIMITS, folder)):
            if isinstance(member, Member):
                target = folder / f"{number}{Path(member.label).suffix}"
                member.path.rename(target)
                yield f"{name}/{member.label}", target
    except UnreadableError:
        return


def _rows(frames: dict[str, pl.DataFrame]) -> dict[tuple[int, str, str, str], list[tuple[object, ...]]]:
    rows: dict[tuple[int, str, str, str], list[tuple[object, ...]]] = defaultdict(list)
    for dataset, frame in frames.items():
        keys = frame.select("receipt", "county_code", "period").iter_rows()
        for (receipt, county, period), values in zip(keys, frame.drop(*PROVENANCE).iter_rows(), strict=True):
            rows[receipt, dataset, county, period].append(values)
    return rows


def outcomes(mutants: Sequence[Mutant], given: Sequence[Original], folder: Path) -> Iterator[Outcome]:
    """Reads originals and mutants together, and compares."""
    named = {original.name: number for number, original in enumerate(given)}
    files = [(o.name, o.data) for o in given] + [(m.original.name, m.data) for m in mutants]
    read = read_all(files, folder)
    for number, mutant in enumerate(mutants, len(given)):
        yield outcome(mutant, read[named[mutant.original.name]], read[number])


def outcome(mutant: Mutant, before: Given, after: Given) -> Outcome:
    """How one came out."""
    broken = [f.found for f in after.findings if f.found in (reader_pool.TOO_MUCH, reader_pool.NOT_READ)]
    if broken:
        return Outcome(mutant, "crashed or hung", broken[0])
    new = list((Counter(map(_said, after.findings)) - Counter(map(_said, before.findings))).elements())
    different = [
        key for key in before.returns.keys() | after.returns.keys() if before.returns.get(key) != after.returns.get(key)
    ]
    how = "unreadable" if not after.returns and new else "findings" if new else "different" if different else "the same"
    silent = [key for key in different if not any(_about(finding, key) for finding in new)]
    if silent and mutant.mutation.structural:
        return Outcome(mutant, "silently different", _shown(silent, before, after))
    return Outcome(mutant, how, None)


Said = tuple[str, str, str | None, str | None, str | None]


def _said(finding: Finding) -> Said:
    return finding.rule, finding.found, finding.dataset, finding.county_code, finding.period


def _about(finding: Said, key: Key) -> bool:
    return all(of is None or of == own for of, own in zip(finding[2:], key, strict=True))


def _shown(keys: Iterable[Key], before: Given, after: Given) -> str:
    return "; ".join(
        f"{key}: {before.returns.get(key)} became {after.returns.get(key)}"[:600] for key in sorted(keys)[:2]
    )
