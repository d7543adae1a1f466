"""The returns that came while their period was approved: kept, and nothing is decided of them until it is reopened."""

from __future__ import annotations

import polars as pl
import sqlalchemy as sa

from warehouse.intake.model.records import ReturnHeader
from warehouse.intake.model.reporter import reading_finding
from warehouse.intake.reading import Reading
from warehouse.messages.finding import Finding
from warehouse.store import ledger
from warehouse.store.in_force import RETURN
from warehouse.store.journal_records import PeriodRecord, WaitingReturn

# The check of reading that says that a return waits.
APPROVED_PERIOD = "approved_period"


def waiting_returns(engine: sa.Engine) -> pl.DataFrame:
    """One row per return that waits and is kept, as the ledger has it, by receipt: nothing was decided of it yet."""
    came = ledger.read_table(engine, ledger.WAITING)
    if came.is_empty():
        return came
    of_them = ledger.RETURNS.c.receipt.in_(came["receipt"].unique().to_list())
    decided = ledger.read_table(engine, ledger.RETURNS, of_them, columns=("receipt", *RETURN))
    gone = ledger.read_table(engine, ledger.FORGOTTEN, columns=("receipt",))
    return (
        came.join(decided, on=["receipt", *RETURN], how="anti")
        .join(gone, on="receipt", how="anti")
        .sort("receipt", "period", *RETURN[:2])
    )


def waiting_submissions(engine: sa.Engine) -> dict[tuple[str, str, str], str]:
    """Which submission each return (dataset, county_code, period) would be in force with, once its period is opened
    again: the last that waits.
    """
    rows = waiting_returns(engine).select(*RETURN, "submission").iter_rows()
    return {(dataset, county, period): submission for dataset, county, period, submission in rows}


def kept_waiting(reading: Reading, period: str) -> PeriodRecord:
    """What the journal says of the returns that came for a period that is approved: that they wait, each with a
    finding that tells the county so.
    """
    headers = [one for one in reading.return_headers if one.period == period]
    fields = WaitingReturn.model_fields.keys()
    return PeriodRecord(
        period=period,
        decisions=(),
        rules=(),
        findings=tuple(_finding(one) for one in headers),
        waiting=tuple(WaitingReturn.model_validate(one.model_dump(include=set(fields))) for one in headers),
    )


def _finding(head: ReturnHeader) -> Finding:
    expected = "未审定 not approved"
    return reading_finding(head, APPROVED_PERIOD, head.period, expected, sheet=head.sheet, return_header=head)
