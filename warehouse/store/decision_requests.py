"""What a person may decide: that an accepted return is withdrawn, that a quarantined one is waived; and of which."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import polars as pl
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, field_validator

from warehouse.codebook import load
from warehouse.codebook.choices import BLANK, OR_BLANK, County, DatasetOrAll
from warehouse.messages.errors import PermanentError
from warehouse.store import ledger
from warehouse.store.approvals import refuse_locked
from warehouse.store.in_force import in_force, latest
from warehouse.store.journal_records import ACCEPTED
from warehouse.store.rejudging import newer_than_last

DecisionKind = Literal["withdraw", "waive"]
ALL = "all"
PERIOD = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
OF_A_PREFECTURE = 4
# A decision on a return as the ledger has it.
Row = Mapping[str, Any]


def check_characters(text: str | None) -> str | None:
    """The text as it is; raises PermanentError for one that could not be written down."""
    if text is not None and re.search("[\ud800-\udfff]", text):
        raise PermanentError(f"{text!r} has bytes that are no UTF-8, and could not be written down; type it anew")
    return text


def check_period(period: str) -> str:
    """The period as it is; raises PermanentError for what is none."""
    if not PERIOD.fullmatch(period):
        raise PermanentError(f"{period} is no period; a period is the month that ends it, like 2018-06")
    return period


def check_dataset(dataset: str) -> str:
    """The dataset, or `all`; raises PermanentError, saying what there is, for an unknown one."""
    if dataset not in (*load().datasets, ALL):
        raise PermanentError(f"{dataset} is no dataset; there are {', '.join(load().datasets)}, or {ALL}")
    return dataset


def check_reason(reason: str) -> str:
    """The reason without blanks around it; raises PermanentError for an empty one."""
    if not reason.strip():
        raise PermanentError("the reason is empty; it stands in the journal and in the marts, and says why")
    return reason.strip()


ALL_OF_THEM = "all 为该报告期的全部报表。 all: every one of the period."
DecidedPeriod = Annotated[str, Field(title="报告期 Period", description="如 2018-06。 Like 2018-06.")]
Reason = Annotated[
    str, Field(title="理由 Reason", description="写入日志,长期保留。 It stands in the journal for good.")
]
By = Annotated[str | None, OR_BLANK, Field(title="决定人 By", description="谁决定的。 Who decides it.")]


class DecisionRequest(BaseModel):
    """What a person wants decided: of which return, why, and who says so.

    `dataset` may be `all`; `receipt` is None for the return in force, or the last quarantined. Raises PermanentError,
    saying what there is, for an unknown county, dataset or period and for an empty reason.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    county_code: Annotated[County, Field(title="县 County")]
    period: DecidedPeriod
    dataset: Annotated[DatasetOrAll, Field(title="报表 Dataset", description=ALL_OF_THEM)]
    reason: Reason
    receipt: Annotated[
        Annotated[int, Field(ge=1)] | None,
        OR_BLANK,
        Field(
            title="收件号 Receipt",
            description="留空为最近一份。 Blank: the return in force or, to waive, the last that was quarantined.",
        ),
    ] = BLANK
    by: By = BLANK

    @field_validator("county_code")
    @classmethod
    def _known_county(cls, code: str) -> str:
        if code not in load().names:
            raise PermanentError(f"{code} is no county code; {_codes_like(code)}")
        return code

    _period = field_validator("period")(check_period)
    _dataset = field_validator("dataset")(check_dataset)
    _reason = field_validator("reason")(check_reason)
    _characters = field_validator("reason", "by")(check_characters)

    @property
    def place(self) -> str:
        """What it is about, for a sentence."""
        return f"{_label(self.county_code)} {self.period} {self.dataset}"

    def of_the_dataset(self) -> pl.Expr:
        """True for rows of the dataset that it names, or of all."""
        return pl.lit(self.dataset == ALL) | (pl.col("dataset") == self.dataset)


def _label(code: str) -> str:
    return f"{code} {'/'.join(sorted(load().names[code]))}"


def _codes_like(wrong: str) -> str:
    """The codes that may have been meant: those of a name, else those of the same prefecture."""
    names = load().names
    same = [code for code in names if len(wrong) >= OF_A_PREFECTURE and code.startswith(wrong[:OF_A_PREFECTURE])]
    alike = [code for code, own in names.items() if wrong in own] or same
    if not alike:
        return f"there are {len(names)}, like 140222 天镇县, in the mart dim_county"
    return f"there are {', '.join(map(_label, sorted(alike)))}"


def targets(engine: sa.Engine, kind: DecisionKind, request: DecisionRequest, moment: datetime) -> list[Row]:
    """The last decision on each return that the request is about, by dataset and receipt.

    Raises PermanentError, saying what there is, where there is nothing to decide, the period is approved or the moment
    is before the last run.
    """
    newer_than_last(engine, moment)
    refuse_locked(engine, request.period)
    said = of_the_place(engine, request)
    found = chosen(said, kind, request)
    if not found:
        there = (
            _received(*_latest_and_in_force(said)) if not said.is_empty() else _periods(_other_periods(engine, request))
        )
        raise PermanentError(f"{request.place}: {_nothing(kind, request.receipt)}; {there}")
    return found


def of_the_place(engine: sa.Engine, request: DecisionRequest) -> pl.DataFrame:
    """Every decision on the returns that the request may be about: of its county, period and dataset."""
    place = (ledger.RETURNS.c.county_code == request.county_code, ledger.RETURNS.c.period == request.period)
    return ledger.read_table(engine, ledger.RETURNS, *place).filter(request.of_the_dataset())


def chosen(said: pl.DataFrame, kind: DecisionKind, request: DecisionRequest) -> list[Row]:
    """Those of `of_the_place` that the request would decide anew: the last decision on each return, by dataset."""
    came, force = _latest_and_in_force(said)
    choose = {"withdraw": _to_withdraw, "waive": _to_waive}[kind]
    return [
        row
        for dataset in dict.fromkeys(row["dataset"] for row in came)
        for row in choose([r for r in came if r["dataset"] == dataset], force.get(dataset), request.receipt)
    ]


def _latest_and_in_force(said: pl.DataFrame) -> tuple[list[Row], dict[str, int]]:
    """The last decision on each return by dataset and receipt, and by dataset the receipt that is in force."""
    came = said.lazy().pipe(latest).sort("dataset", "receipt").collect()
    force = said.lazy().pipe(in_force).select("dataset", "receipt").collect()
    return [*came.iter_rows(named=True)], dict(force.iter_rows())


def _other_periods(engine: sa.Engine, request: DecisionRequest) -> list[str]:
    """The periods of which the county sent returns of the dataset."""
    own = ledger.read_table(engine, ledger.RETURNS, ledger.RETURNS.c.county_code == request.county_code)
    return own.filter(request.of_the_dataset())["period"].unique().sort().to_list()


def _to_withdraw(came: Sequence[Row], force: int | None, receipt: int | None) -> list[Row]:
    """The accepted return, and what else was accepted with its bytes: they must not come into force in its place."""
    accepted = [row for row in came if row["verdict"] in ACCEPTED]
    meant = {row["submission"] for row in accepted if row["receipt"] == (receipt or force)}
    return [row for row in accepted if row["submission"] in meant]


def _to_waive(came: Sequence[Row], force: int | None, receipt: int | None) -> list[Row]:
    """The last quarantined return, or the one named; not one that a later one, now in force, has overtaken."""
    quarantined = [row for row in came if row["verdict"] == "quarantined" and row["receipt"] > (force or 0)]
    return [row for row in quarantined if receipt in {None, row["receipt"]}][-1:]


def _nothing(kind: DecisionKind, receipt: int | None) -> str:
    what = {"withdraw": "accepted", "waive": "quarantined and later than what is in force"}[kind]
    return f"receipt {receipt} is not {what}" if receipt else f"nothing is {what}"


def _received(came: Sequence[Row], force: Mapping[str, int]) -> str:
    now = {True: ", in force", False: ""}
    return "received: " + "; ".join(
        f"{row['dataset']} receipt {row['receipt']} ({row['file']}) {row['verdict']}"
        f"{now[force.get(row['dataset']) == row['receipt']]}"
        for row in came
    )


def _periods(periods: list[str]) -> str:
    return f"none was received, only of {', '.join(periods)}" if periods else "none was ever received"
