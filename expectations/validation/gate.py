"""The gate at publishing: which figures above the county move beyond their bounds, and which returns move them.

Macro-editing: what each rule lets pass may yet weigh so much that a sum is not to be believed. A figure is compared
with the last snapshot, so that a correction shows, with the last period and with a year ago. It is held, or asked
about, until the return is corrected or withdrawn, or a person releases it; bounds and settings are in `gates.csv`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from expectations.language.rules import Rule, relation
from expectations.validation.batch import ZH, Batch, Key
from expectations.validation.checkpoint import validate
from expectations.validation.figure_moves import COMPARED, FIGURE, FigureMoves, figure_moves
from expectations.validation.scores import DIGITS, MOST
from warehouse.codebook import Codebook, Dataset
from warehouse.codebook.gates import AGAINST
from warehouse.intake.model.reporter import reading_finding
from warehouse.marts.sources import levels_of
from warehouse.messages.finding import Finding
from warehouse.store.in_force import in_force
from warehouse.store.journal_records import HoldRecord, Mover
from warehouse.store.prior_state import PriorState

MOVED = "figure_moved"
# So many returns that move a figure are named; where more do, no single one is to blame.
MOST_MOVERS = 10
SINCE = {"snapshot": "此前 before", "period": "上期 last period", "year": "上年同期 a year ago"}
REASON = "a sum of counties does not leap from one state of it to the next"
GATE = Rule(
    MOVED,
    "warning",
    "汇总数骤变",
    REASON,
    (relation("low <= figure <= high"),),
    'page: docs/explanation/verdicts.md, "The gate"',
)


@dataclass(frozen=True)
class GateOutcome:
    """What the gate says of figures: all that wait now (`standing`), and of what something else is said than last."""

    standing: tuple[HoldRecord, ...] = ()
    news: tuple[HoldRecord, ...] = ()


def gate(datasets: Iterable[Dataset], period: str, known: PriorState) -> GateOutcome:
    """What is to be said of the figures of datasets and a period, as `known` has them with the run at hand."""
    meant = list(datasets)
    moves = [moved for dataset in meant if (moved := _moves(dataset, period, known))]
    standing = [hold for moved, rows in _beyond(moves) for hold in _holds(moved, rows, known)]
    there = {hold.figure for hold in standing}
    names = {dataset.dataset for dataset in meant}
    lifted = [
        hold.model_copy(update={"state": "lifted", "reason": None, "by": None})
        for hold in known.holds.values()
        if hold.active and hold.dataset in names and hold.period == period and hold.figure not in there
    ]
    news = [hold for hold in standing if known.holds.get(hold.figure) != hold]
    return GateOutcome(tuple(standing), tuple(sorted([*news, *lifted], key=lambda hold: hold.figure)))


def _moves(dataset: Dataset, period: str, known: PriorState) -> FigureMoves | None:
    """Figures beside their previous state: that of before they were held, of others that after the run before."""
    last = known.runs[-2] if len(known.runs) > 1 else None
    waiting = [
        (hold.indicator, hold.level, hold.code, hold.since)
        for hold in known.holds.values()
        if hold.active and (hold.dataset, hold.period) == (dataset.dataset, period)
    ]
    moves = figure_moves(dataset, period, known, sorted({last, *(since for *_, since in waiting)}, key=str))
    if moves is None:
        return None
    schema = dict.fromkeys((*FIGURE, "before"), pl.String)
    before = pl.DataFrame(waiting, schema, orient="row").with_columns(waits=pl.lit(value=True))
    figures = (
        moves.figures.join(before, on=FIGURE, how="left", maintain_order="left")
        .with_columns(before=pl.when("waits").then("before").otherwise(pl.lit(last, pl.String)))
        .filter((pl.col("against") != "snapshot") | pl.col("since").eq_missing(pl.col("before")))
    )
    return FigureMoves(moves.dataset, moves.period, moves.counties, figures)


def _beyond(moves: list[FigureMoves]) -> Iterator[tuple[FigureMoves, pl.DataFrame]]:
    """Of each the figures that are beyond their bounds, each by what it is compared with first (AGAINST)."""
    columns = [pl.col("now").cast(pl.Float64).alias("figure"), "low", "high"]
    frames = [moved.figures.select(columns) for moved in moves]
    asked = pl.concat([pl.DataFrame(schema=dict.fromkeys(("figure", "low", "high"), pl.Float64)), *frames])
    failing = {n for failure in validate([(GATE, 0)], asked.with_row_index("row_id")) for n in failure.row_ids}
    start = 0
    for moved, frame in zip(moves, frames, strict=True):
        own = [n - start for n in sorted(failing) if start <= n < start + frame.height]
        first = pl.col("against").cast(pl.Enum(AGAINST))
        rows = moved.figures[own].sort(*FIGURE, first).unique(FIGURE, keep="first", maintain_order=True)
        yield moved, rows
        start += frame.height


def _holds(moved: FigureMoves, rows: pl.DataFrame, known: PriorState) -> Iterator[HoldRecord]:
    if rows.is_empty():
        return
    came = known.returns.filter(dataset=moved.dataset.dataset, period=moved.period).lazy().pipe(in_force).collect()
    returns = {row["county_code"]: row for row in came.iter_rows(named=True)}
    for row in rows.iter_rows(named=True):
        figure = (moved.dataset.dataset, moved.period, row["indicator"], row["level"], row["code"])
        yield HoldRecord(
            dataset=moved.dataset.dataset,
            period=moved.period,
            **{name: row[name] for name in (*FIGURE, "against")},
            state="held" if row["setting"] == "hold" else "warned",
            since=row["before"],
            before=_text(row["then"]),
            after=_text(row["now"]),
            low=_text(row["low"]),
            high=_text(row["high"]),
            returns=tuple(_movers(moved, row, returns)),
            let_through=last.let_through if (last := known.holds.get(figure)) else (),
        )


def _movers(moved: FigureMoves, row: Mapping[str, Any], returns: Mapping[str, Mapping[str, Any]]) -> Iterator[Mover]:
    """The fewest returns without whose move the figure would lie within its bounds, the largest first.

    Of a ratio a county's move is what it adds to the part beyond what its whole gives at the ratio of then.
    """
    rate = row["part_then"] / row["whole_then"] if row["factor"] else Decimal(0)
    same = (pl.col(name).eq_missing(pl.lit(row[name], pl.String)) for name in (*COMPARED, "level", "code"))
    steps = [
        (one["part"] - one["part_then"], (one["whole"] - one["whole_then"]) if row["factor"] else Decimal(0), one)
        for one in moved.counties.filter(same).iter_rows(named=True)
    ]
    sign = 1 if row["now"] > row["then"] else -1
    ordered = sorted(steps, key=lambda step: (-sign * (step[0] - rate * step[1]), step[2]["county_code"]))
    total = sum((part - rate * whole for part, whole, _ in steps), Decimal(0))
    part, whole = row["part"], row["whole"]
    for part_step, whole_step, one in ordered[:MOST_MOVERS]:
        if row["low"] <= _figure(part, whole, row["factor"]) <= row["high"]:
            return
        part, whole = part - part_step, whole - whole_step
        share = 100 * (part_step - rate * whole_step) / total
        came = {name: returns[one["county_code"]][name] for name in ("receipt", "submission", "file", "county_code")}
        yield Mover(**came, share=round(float(share), 1))


def _figure(part: Decimal, whole: Decimal, factor: float | None) -> float:
    if factor is None:
        return float(part)
    return factor * float(part) / float(whole) if whole else 0.0


def _text(number: Decimal | float) -> str:
    """A number exactly, or of a bound rounded, without zeros behind the point."""
    return f"{round(Decimal(number), 6).normalize():f}"


def moved_findings(standing: Iterable[HoldRecord], batch: Batch, book: Codebook) -> list[Finding]:
    """A query on each return of the batch that moves a figure: one for each column, about the widest area."""
    names = {(level, code): name for _, level, code, name in levels_of(book, batch.period).iter_rows()}
    widest = {level: place for place, level in enumerate((*book.groups, "prefecture"))}
    asked: dict[tuple[Key, str], Finding] = {}
    for hold in sorted(standing, key=lambda one: widest[one.level]):
        area = f"{names[hold.level, hold.code]} {hold.code}"
        for key in [(mover.receipt, mover.county_code) for mover in hold.returns]:
            if hold.dataset == batch.dataset.dataset and key in batch.return_headers:
                asked.setdefault((key, hold.indicator), _finding(hold, area, batch, key))
    return list(asked.values())


def _finding(hold: HoldRecord, area: str, batch: Batch, key: Key) -> Finding:
    receipt, county = key
    row = batch.rows.filter(receipt=receipt, county_code=county).row(0, named=True)
    before = f"{SINCE[hold.against]} {Decimal(hold.before):,}"
    return reading_finding(
        batch.return_headers[key],
        MOVED,
        f"{area} {batch.label(hold.indicator, ZH)} {Decimal(hold.after):,} ({before})",
        f"{Decimal(hold.low):,} … {Decimal(hold.high):,}",
        sheet=row["sheet"],
        cells=batch.cells(row, [hold.indicator]) if batch.dataset.one_row else (),
        return_header=batch.return_headers[key],
        indicator=hold.indicator,
    ).model_copy(update={"score": _score(hold, key)})


def _score(hold: HoldRecord, key: Key) -> float:
    """How much of the figure is wrong if it should be as before, in percent of that: the return's share of the move."""
    share = next(mover.share for mover in hold.returns if (mover.receipt, mover.county_code) == key)
    move = abs(float(hold.after) - float(hold.before)) / float(hold.before)
    return round(min(move * share, MOST), DIGITS)
