"""A submission explained: what was received, what became of its returns, and what its original says when read again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl
import sqlalchemy as sa

from warehouse.codebook import load
from warehouse.intake.inspect import CELLS, Inspection
from warehouse.intake.model.records import Receipt
from warehouse.lineage.cell_changes import OTHERWISE, kept_cells, read_otherwise
from warehouse.lineage.reader import LineageReader, receipt_of
from warehouse.lineage.return_outcomes import kept, return_outcomes
from warehouse.messages.errors import StoreError
from warehouse.messages.finding import Change, Finding, Proposal
from warehouse.messages.finding_groups import ranked
from warehouse.store.decision_requests import Row
from warehouse.store.find_receipt import find_receipts
from warehouse.store.forget import forgotten_of
from warehouse.store.in_force import RETURN, rule_decisions
from warehouse.store.ledger import FINDINGS, PROPOSALS, RECEIPTS, RETURNS, RUNS, read_table
from warehouse.store.waiting_returns import waiting_returns

Key = tuple[str, str, str]
Proposals = dict[tuple[Any, ...], tuple[Proposal, ...]]
# By what a finding is known for which something was proposed.
PROPOSED_FOR = ("run", *RETURN, "rule", "cells")
# What reading says of an original that cannot be read.
NOTHING = (Inspection(), pl.DataFrame(schema=CELLS))


@dataclass(frozen=True)
class SubmissionTrace:
    """All that is known of one receipt.

    Frames: `received` (the ledger's receipts of the same bytes), `namesakes` (of other bytes under the same name),
    `members` (what came out of it, an archive) and `archive` (what it came out of): rows of the ledger's receipts;
    `forgotten` is when, why and by whom it was forgotten (`forgotten_of`), None where it is kept;
    `returns`: one row per return (`standings`), decided under receipt `decided_as`; `decisions`: all that was decided
    of them, with the flow that did; `waiting`: those that wait for their period to be opened again, as the ledger has
    them. `shown` and `cells` (CELLS) are what reading again says, `trouble` why that was not possible; `otherwise`
    (OTHERWISE) what it reads otherwise than then, `lost` and `gained` whole returns.
    """

    receipt: Receipt
    verdict: str
    run: str
    forgotten: Row | None
    received: pl.DataFrame
    namesakes: pl.DataFrame
    members: pl.DataFrame
    archive: pl.DataFrame
    decided_as: int
    returns: pl.DataFrame
    decisions: pl.DataFrame
    waiting: pl.DataFrame
    findings: tuple[Finding, ...]
    shown: Inspection
    cells: pl.DataFrame
    trouble: str | None
    otherwise: pl.DataFrame
    lost: tuple[Key, ...]
    gained: tuple[Key, ...]

    @cached_property
    def new_findings(self) -> tuple[Finding, ...]:
        """What reading finds now and did not find then."""
        then = {_finding_key(finding) for finding in self.findings}
        return tuple(f for f in self.shown.findings if _finding_key(f) not in then)


def _finding_key(finding: Finding) -> tuple[str | None, ...]:
    return finding.rule, finding.sheet, finding.cells, finding.dataset, finding.county_code, finding.period


def explain_submission(store: LineageReader, name: str) -> SubmissionTrace:
    """The submission that `name` means (`identify`). Raises PermanentError where it means none, or several."""
    engine = store.ledger()
    meant = find_receipts(engine, name).row(-1, named=True)
    receipt = receipt_of(meant)
    received = read_table(engine, RECEIPTS, RECEIPTS.c.submission == receipt.submission).sort("receipt")
    decided = read_table(engine, RETURNS, RETURNS.c.submission == receipt.submission)
    waits = waiting_returns(engine).filter(submission=receipt.submission)
    speaks = _decided_as(receipt.receipt, pl.concat([one.select("receipt") for one in (decided, waits)]))
    waiting = waits.filter(receipt=speaks)
    own = decided.filter(pl.col("receipt") == speaks)
    gone = forgotten_of(engine, receipt.receipt)
    shown, cells, trouble = _read_again(store, receipt) if gone is None else (*NOTHING, None)
    then = _then(store, own)
    return SubmissionTrace(
        receipt=receipt,
        verdict=meant["verdict"],
        run=meant["run"],
        forgotten=gone,
        received=received,
        namesakes=_namesakes(engine, receipt),
        members=_members(engine, meant),
        archive=_archive(engine, meant),
        decided_as=speaks,
        returns=_returns(engine, own, speaks),
        decisions=_decisions(engine, own),
        waiting=waiting,
        findings=tuple(ranked(_findings(engine, speaks, own, waiting))),
        shown=shown,
        cells=cells,
        trouble=trouble,
        otherwise=_reread_differences(own, shown, then, cells),
        lost=() if trouble or gone else tuple(sorted(_keys(own) - _keys_read(shown))),
        gained=() if trouble else tuple(sorted(_keys_read(shown) - _keys(own) - _keys(waiting))),
    )


def _read_again(store: LineageReader, receipt: Receipt) -> tuple[Inspection, pl.DataFrame, str | None]:
    try:
        return *store.read_again(receipt), None
    except StoreError as error:
        return *NOTHING, str(error)


def _decided_as(receipt: int, decided: pl.DataFrame) -> int:
    """The receipt under which the returns of these bytes were decided, or wait: itself, or of a duplicate the one
    before.
    """
    before = decided.filter(pl.col("receipt") <= receipt)["receipt"].max()
    return before if isinstance(before, int) else receipt


def _namesakes(engine: sa.Engine, receipt: Receipt) -> pl.DataFrame:
    same_name = (RECEIPTS.c.file == receipt.file, RECEIPTS.c.submission != receipt.submission)
    return read_table(engine, RECEIPTS, *same_name).sort("receipt")


def _members(engine: sa.Engine, meant: dict[str, Any]) -> pl.DataFrame:
    """What came out of it as an archive, in the same run."""
    inside = RECEIPTS.c.file.startswith(f"{meant['file']}/", autoescape=True)
    return read_table(engine, RECEIPTS, RECEIPTS.c.run == meant["run"], inside).sort("receipt")


def _archive(engine: sa.Engine, meant: dict[str, Any]) -> pl.DataFrame:
    """The archive that it came out of; none where it came by itself."""
    parts = meant["file"].split("/")
    above = ["/".join(parts[:size]) for size in range(1, len(parts))]
    return read_table(engine, RECEIPTS, RECEIPTS.c.run == meant["run"], RECEIPTS.c.file.in_(above))


def _returns(engine: sa.Engine, own: pl.DataFrame, speaks: int) -> pl.DataFrame:
    """One row per return, by dataset in the codebook's order, county and period."""
    return (
        read_table(engine, RETURNS, *(RETURNS.c[name].in_(own[name].unique().to_list()) for name in RETURN))
        .lazy()
        .pipe(return_outcomes)
        .filter(pl.col("receipt") == speaks)
        .sort("period", "county_code", pl.col("dataset").cast(pl.Enum(list(load().datasets))))
        .collect()
    )


def _decisions(engine: sa.Engine, own: pl.DataFrame) -> pl.DataFrame:
    """All decisions, oldest first, each with the flow that took it."""
    flows = read_table(engine, RUNS, RUNS.c.run.in_(own["run"].unique().to_list())).select("run", "flow")
    return own.join(flows, on="run", how="left").sort("run", *RETURN)


def _findings(engine: sa.Engine, speaks: int, own: pl.DataFrame, waiting: pl.DataFrame) -> Iterator[Finding]:
    """What was found: of the file, and of each return when it was judged last, or came to wait; once, however often it
    was judged.
    """
    judged = own.lazy().pipe(rule_decisions).collect().sort("run").unique(RETURN, keep="last")
    last = pl.concat([one.select("run", *RETURN) for one in (judged, waiting)])
    found = read_table(engine, FINDINGS, FINDINGS.c.receipt == speaks)
    of_files = found.filter(pl.col("county_code").is_null())
    of_returns = found.join(last, on=["run", *RETURN], how="semi")
    proposals = proposals_of(engine, speaks)
    said = pl.concat([of_files, of_returns])
    for row in said.unique(pl.exclude("run"), maintain_order=True, keep="first").iter_rows(named=True):
        yield finding_of(row, proposals)


def finding_of(row: Row, proposals: Proposals) -> Finding:
    """The finding that a row of the ledger is of, with what was proposed for it."""
    return Finding.model_validate({**row, "proposals": proposals.get(tuple(row[name] for name in PROPOSED_FOR), ())})


def proposals_of(engine: sa.Engine, speaks: int) -> Proposals:
    """What was proposed for a receipt's findings, the likeliest first, by PROPOSED_FOR."""
    changes: dict[tuple[Any, ...], dict[int, list[Change]]] = defaultdict(lambda: defaultdict(list))
    # Two checks of a rule may look at the same cells.
    for row in (
        read_table(engine, PROPOSALS, PROPOSALS.c.receipt == speaks).unique(maintain_order=True).rows(named=True)
    ):
        changes[tuple(row[name] for name in PROPOSED_FOR)][row["proposal_rank"]].append(Change.model_validate(row))
    return {key: tuple(Proposal(changes=tuple(ranks[n])) for n in sorted(ranks)) for key, ranks in changes.items()}


def _then(store: LineageReader, own: pl.DataFrame) -> pl.DataFrame:
    """The cells that were kept of the returns."""
    decisions = own.lazy().pipe(kept).collect()
    return pl.concat([pl.DataFrame(schema=CELLS).select(*list(OTHERWISE)[:-2], "value"), *_kept(store, decisions)])


def _kept(store: LineageReader, decisions: pl.DataFrame) -> Iterator[pl.DataFrame]:
    for decision in decisions.iter_rows(named=True):
        dataset = load().datasets.get(decision["dataset"])
        if dataset is not None:
            yield store.rows(dataset, decision).lazy().pipe(kept_cells, dataset).collect()


def _reread_differences(own: pl.DataFrame, shown: Inspection, then: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Cells read otherwise, of the returns that are read then and now."""
    both = pl.DataFrame(sorted(_keys(own) & _keys_read(shown)), dict.fromkeys(RETURN, pl.String), orient="row").lazy()
    sides = (side.lazy().join(both, on=RETURN, how="semi") for side in (then, now))
    return read_otherwise(*sides).collect()


def _keys(own: pl.DataFrame) -> set[Key]:
    return set(own.select(*RETURN).iter_rows())


def _keys_read(shown: Inspection) -> set[Key]:
    return {(head.dataset, head.county_code, head.period) for head in shown.return_headers}
