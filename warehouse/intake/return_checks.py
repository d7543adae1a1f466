"""Whether a return may be sent at all: by whom, of which period, under which code.

Does not belong here: which county and period it is of (`ownership/`), its cells.
"""

from __future__ import annotations

from calendar import monthrange
from functools import lru_cache, partial

from warehouse.codebook import Dataset, load
from warehouse.codebook.succession_text import code_to_use, merger_text
from warehouse.intake.model.records import ReturnHeader
from warehouse.intake.ownership.claims import county_within, is_party
from warehouse.intake.ownership.evidence import Place, Source
from warehouse.intake.ownership.inbox_folders import owns

FIRST_PERIOD = "0001-01"


def check_return_header(source: Source, dataset: Dataset, return_header: ReturnHeader, place: Place) -> None:
    """A period that had not ended when the return came, or in which it is not due; a folder of somebody else."""
    claim = place.period_claim
    sheet, cell = (claim.sheet, claim.cell) if claim else (None, None)
    received = source.reporter.receipt.received_at.date().isoformat()
    if _last_day(return_header.period) > received:
        source.reporter.report(
            "period_in_future",
            return_header.period,
            f"早于 before {received}",
            sheet=sheet,
            cell=cell,
            return_header=return_header,
        )
    if not dataset.due(return_header.period):
        months = ", ".join(map(str, dataset.frequency.months))
        since = f",自 {dataset.due_from} 起 from {dataset.due_from} on" if dataset.due_from else ""
        source.reporter.report(
            "not_due",
            return_header.period,
            f"月份 months {months}{since}",
            sheet=sheet,
            cell=cell,
            return_header=return_header,
        )
    _check_party(source, return_header)
    if source.owner and not owns(source.owner, return_header.county_code):
        at = (return_header.county_sheet, return_header.county_cell)
        source.reporter.report(
            "wrong_folder",
            return_header.county_code,
            source.owner,
            sheet=at[0],
            cell=at[1],
            return_header=return_header,
        )


def _check_party(source: Source, return_header: ReturnHeader) -> None:
    """A folder that is named for a party to a merger, whose figures may be a part only of the merged county's; and the
    last return of a code that ended in the month, on a day that is not known.
    """
    code, period = return_header.county_code, return_header.period
    report = partial(
        source.reporter.report,
        sheet=return_header.county_sheet,
        cell=return_header.county_cell,
        return_header=return_header,
    )
    folders = source.read.receipt.file.split("/")[:-1]
    named = (claim for claim in map(county_within, folders) if claim and not claim.weak)
    party = next((claim for claim in named if is_party(claim.values, code, period)), None)
    if party:
        report("merger_party", party.text, " ".join(merger_text(load(), code) or ()))
    if any(d.county_code == code and d.ends_within(period) for d in load().divisions):
        report("code_ended", code, " ".join(code_to_use(load(), code, period) or ()))


@lru_cache(maxsize=1_000)
def _last_day(period: str) -> str:
    ends_on = monthrange(int(period[:4]), int(period[5:]))[1] if period >= FIRST_PERIOD else 1
    return f"{period}-{ends_on:02}"
