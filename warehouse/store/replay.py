"""Replaying: the rows that a run wrote, once more, from the originals and as the journal's decisions say.

Nothing is judged: verdict, version, status and time of each return are those of the entry.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import polars as pl

from warehouse.codebook import load
from warehouse.intake.formats.preflight import UNREAD
from warehouse.intake.model.records import Receipt
from warehouse.intake.reading import Reading
from warehouse.store.archive import hash_file
from warehouse.store.files import Root
from warehouse.store.history import with_decisions, write_rows
from warehouse.store.journal_records import Entry, PeriodRecord, ReturnDecision


def own_receipts(entry: Entry) -> set[int]:
    """The receipts that the run itself read. Duplicates and archives gave no rows, nor did a file that no reader opens.

    A file of which only the county is unclear is unreadable as well: it has no return, but rows, in quarantine.
    """
    never_opened = {finding.receipt for finding in entry.findings if finding.rule in UNREAD}
    read = {one.receipt.receipt for one in entry.receipts if one.verdict in ("read", "unreadable")}
    return read - never_opened


def receipts_behind(entry: Entry, known: Mapping[int, Receipt]) -> list[Receipt]:
    """The receipts whose rows a run wrote: those that it read, and those of returns that it judged again or let in."""
    again = {one.receipt for one in entry.decisions if one.verdict != "withdrawn"}
    return [known[number] for number in sorted(own_receipts(entry) | again)]


def replay(entry: Entry, reading: Reading, target: Root) -> dict[str, str]:
    """Writes the rows of a run, of which `reading` has its receipts, to history and quarantine of the target.

    Returns the files with the SHA-256 of each, by their path below the target.
    """
    own = own_receipts(entry)
    written: list[Path | None] = []
    for period in entry.periods:
        for name, decisions in _writing(period).items():
            dataset = load().datasets[name]
            rows = reading.rows[name].filter(period=period.period).pipe(with_decisions, decisions, entry.received_at)
            # Rows of no return at all lie in quarantine beside what the run itself read.
            meant = rows.filter(pl.col("return_status").is_not_null() | pl.col("receipt").is_in(own))
            accepted = pl.col("version").is_not_null()
            written += [
                write_rows(target.history, dataset, period.period, entry.run, meant.filter(accepted)),
                write_rows(target.quarantine, dataset, period.period, entry.run, meant.filter(~accepted)),
            ]
    return {path.relative_to(target.path).as_posix(): hash_file(path) for path in written if path}


def _writing(period: PeriodRecord) -> dict[str, list[ReturnDecision]]:
    """The decisions that wrote rows, by dataset; a withdrawal wrote none."""
    by_dataset: dict[str, list[ReturnDecision]] = defaultdict(list)
    for one in period.decisions:
        if one.verdict != "withdrawn":
            by_dataset[one.dataset].append(one)
    return by_dataset


def strays_that_differ(then: pl.DataFrame | None, now: pl.DataFrame | None) -> list[int]:
    """The receipts of a file whose rows of no return are others now than then; none where one of both is not there."""
    if then is None or now is None:
        return []
    strays = [frame.filter(pl.col("return_status").is_null()) for frame in (then, now)]
    common = [column for column in then.columns if column in now.columns]
    receipts = sorted({*strays[0]["receipt"], *strays[1]["receipt"]})
    before, after = (frame.select(common) for frame in strays)
    return [one for one in receipts if not before.filter(receipt=one).equals(after.filter(receipt=one))]


def returns_that_differ(
    then: pl.DataFrame | None, now: pl.DataFrame | None, decisions: Iterable[ReturnDecision]
) -> Iterator[ReturnDecision]:
    """The returns of a file whose rows are others now than then, in the columns that both have.

    Without the rows of then: those that have another number of rows than was decided, or all where none has.
    """
    held = pl.DataFrame(schema={"receipt": pl.Int64, "county_code": pl.String}) if now is None else now
    told = list(decisions)
    if then is None:
        counted = Counter(held.select("receipt", "county_code").iter_rows())
        off = [one for one in told if counted[one.receipt, one.county_code] != one.rows]
        yield from off or told
        return
    common = [column for column in then.columns if column in held.columns]
    for one in told:
        own = {"receipt": one.receipt, "county_code": one.county_code}
        if not then.select(common).filter(**own).equals(held.select(common).filter(**own)):
            yield one
