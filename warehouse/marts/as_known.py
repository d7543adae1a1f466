"""What the store knew at a moment, and the sources of any part of a mart taken from it.

A part is given the returns of the datasets and periods that `codebook/mart_list.csv` says it is made of, and no others:
so what it is made of is known without building it (`partitions.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, lru_cache, partial
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from warehouse.codebook import Codebook
from warehouse.marts.opening import opened
from warehouse.marts.sources import HELD, NOTHING_HELD, Select, Sources
from warehouse.store import ledger
from warehouse.store.holds import last_said
from warehouse.store.named_files import check_read, counting

Pair = tuple[str | None, str | None]  # dataset and period; a finding may lack either
# Tables by dataset and period that are kept for the next mart: the returns of two years, and then some.
KEPT = 600
# Selections that are kept for the next mart: those of all datasets of a year, and those of the one at hand.
KEPT_SELECTIONS = 8
Read = Callable[[sa.Table, Pair], pl.DataFrame]
Choose = Callable[[Select, tuple[Pair, ...]], pl.DataFrame]


@dataclass(frozen=True)
class CachedSources(Sources):
    """Sources of some datasets and periods; what is chosen of their decisions is chosen once for all marts."""

    pairs: tuple[Pair, ...] = ()
    choose: Choose | None = None

    def decisions(self, select: Select) -> pl.LazyFrame:
        """What is chosen of the decisions on its datasets and periods; chosen once for all marts."""
        if self.choose is None or not self.pairs:
            return super().decisions(select)
        return self.choose(select, self.pairs).lazy()


@dataclass(frozen=True)
class AsKnown:
    """The runs that were known, oldest first; those that said anything of a dataset and period; how to read of them.

    `runs` are without compactions, which tell nothing, `run_list` has the ledger's row of each; `committed` are all
    there are, known or not, which reading rows must know. `named` are the files of rows that count, by path below the
    root, with the SHA-256 in the journal. `decided` are the pairs of which returns were decided, `heard` is the day
    (UTC) of the newest decision. `open_share` is the share of the counties due that opens a period.
    """

    book: Codebook
    history: Path
    engine: sa.Engine
    runs: tuple[str, ...]
    run_list: pl.DataFrame
    committed: tuple[str, ...]
    touched: Mapping[Pair, tuple[str, ...]]
    decided: frozenset[Pair]
    heard: date | None
    read: Read
    choose: Choose
    named: Mapping[str, str | None]
    open_share: float

    @classmethod
    def of(  # noqa: PLR0913
        cls,
        book: Codebook,
        history: Path,
        engine: sa.Engine,
        open_share: float,
        moment: datetime | None = None,
        *,
        as_named: bool = True,
    ) -> AsKnown:
        """What was known at a moment in UTC; what is known now for None. Where rows need not be `as_named` in the
        journal, as those that were made anew, they are taken as they are.
        """
        runs = ledger.read_table(engine, ledger.RUNS).sort("run")
        committed = tuple(runs["run"])
        runs = runs.filter(ledger.DECIDES)
        if moment is not None:
            runs = runs.filter(pl.col("received_at") <= moment.replace(tzinfo=None))
        known = tuple(runs["run"])
        touched = ledger.read_table(engine, ledger.TOUCHED).filter(pl.col("run").is_in(known)).sort("run")
        by_pair: dict[Pair, list[str]] = defaultdict(list)
        for run, dataset, period in touched.select("run", "dataset", "period").iter_rows():
            by_pair[dataset, period].append(run)
        decided = touched.filter("decided")
        newest = runs.filter(pl.col("run").is_in(decided["run"].unique().to_list()))["received_at"].max()
        read = lru_cache(KEPT)(partial(_read, engine, None if moment is None else known))
        return cls(
            book=book,
            history=history,
            engine=engine,
            runs=known,
            run_list=runs,
            committed=committed,
            touched={pair: tuple(of) for pair, of in by_pair.items()},
            decided=frozenset(decided.select("dataset", "period").iter_rows()),
            heard=newest.date() if isinstance(newest, datetime) else None,
            read=read,
            choose=lru_cache(KEPT_SELECTIONS)(partial(_choose, read)),
            named=counting(ledger.named_rows(engine)) if as_named else {},
            open_share=open_share,
        )

    @cached_property
    def periods(self) -> list[str]:
        """The periods of which anything was decided."""
        return sorted({period for _, period in self.decided if period})

    @cached_property
    def open_periods(self) -> frozenset[str]:
        """The periods that figures above the county are given of."""
        return opened(self.book, _counties_heard(self.engine, self.runs), self.open_share)

    @cached_property
    def holds(self) -> pl.DataFrame:
        """One row per figure above the county that is held (HELD)."""
        said = ledger.read_table(self.engine, ledger.HOLDS).filter(pl.col("run").is_in(self.runs))
        return said.pipe(last_said).filter(state="held").select(*HELD)

    @cached_property
    def rule_texts(self) -> pl.DataFrame:
        """One row per list of rules and rule: what any run applied, known or not."""
        return ledger.read_table(self.engine, ledger.RULE_TEXTS)

    @cached_property
    def releases(self) -> pl.DataFrame:
        """One row per time that a period was approved or opened again, oldest first; the ledger's columns."""
        said = ledger.read_table(self.engine, ledger.RELEASES).filter(pl.col("run").is_in(self.runs))
        return said.sort("run", "period")

    def released(self, pairs: Iterable[Pair]) -> pl.DataFrame:
        """Those of the periods of these pairs."""
        if self.releases.is_empty():
            return self.releases
        return self.releases.filter(pl.col("period").is_in({period for _, period in pairs if period}))

    def held(self, pairs: Iterable[Pair]) -> pl.DataFrame:
        """Those of these datasets and periods."""
        if self.holds.is_empty():
            return self.holds
        own = pl.DataFrame([*pairs], {"dataset": pl.String, "period": pl.String}, orient="row")
        return self.holds.join(own, on=["dataset", "period"], how="semi", maintain_order="left")

    def before(self, run: str) -> AsKnown:
        """What was known once a run was committed; of each dataset and period, of which it is asked."""
        runs = tuple(one for one in self.runs if one <= run)
        read = partial(_read, self.engine, runs)
        said = ((pair, tuple(one for one in of if one <= run)) for pair, of in self.touched.items())
        touched = {pair: of for pair, of in said if of}
        decided = self.decided & touched.keys()
        return replace(self, runs=runs, touched=touched, decided=decided, read=read, choose=partial(_choose, read))

    def _at(self, pairs: tuple[Pair, ...], run: str) -> Sources:
        """The sources as they were known after a run: of periods that were open then, as they were published."""
        then = self.before(run)
        return replace(then.sources([pair for pair in pairs if pair[1] in then.open_periods], None), holds=NOTHING_HELD)

    def _after(self, pairs: tuple[Pair, ...], run: str) -> Sources:
        """The sources of these as they were known after a run."""
        return self.before(run).sources(pairs, None)

    def check(self, pairs: Iterable[Pair]) -> None:
        """Raises StoreError where a file of accepted rows of these datasets and periods is not as the journal names
        it: what marts are built of is hashed when it is read.
        """
        folders = {f"{self.history.name}/{dataset}/period={period}" for dataset, period in pairs}
        check_read(self.history.parent, self.named, folders)

    @property
    def everything(self) -> Sources:
        """The sources of all that is known."""
        return self.sources(self.touched, None)

    def sources(
        self, pairs: Iterable[Pair], wanted: tuple[str, ...] | None, datasets: frozenset[str] | None = None
    ) -> Sources:
        """The sources with the returns, rules and findings of these datasets and periods alone."""
        chosen = tuple(pair for pair in pairs if pair in self.touched)
        decided = tuple(pair for pair in chosen if pair in self.decided)
        read = partial(self._of_pairs, chosen)
        return CachedSources(
            self.book,
            self.history,
            read,
            self.committed,
            wanted,
            self.heard,
            datasets,
            open_periods=self.open_periods,
            pairs=decided,
            choose=self.choose,
            holds=self.held(chosen),
            then=partial(self._at, chosen),
            releases=self.released(chosen),
            after=partial(self._after, chosen),
        )

    def of_runs(self) -> Sources:
        """The sources with every run, the rules that they applied, and nothing else."""
        return Sources(self.book, self.history, self._of_runs, self.committed, (), self.heard)

    def _of_pairs(self, pairs: tuple[Pair, ...], table: sa.Table) -> pl.DataFrame:
        if table is ledger.RUNS:
            return self.run_list
        if table is ledger.RULE_TEXTS:
            return self.rule_texts
        if table is ledger.RETURNS and pairs and all(period is None for _, period in pairs):
            return _behind_findings(self.engine, self.runs)
        frames = [self.read(table, pair) for pair in pairs]
        return pl.concat([pl.DataFrame(schema=ledger.schema(table)), *frames])

    def _of_runs(self, table: sa.Table) -> pl.DataFrame:
        if table is ledger.RUNS:
            return self.run_list
        if table is ledger.RULE_TEXTS:
            return self.rule_texts
        found = ledger.read_table(self.engine, table, sa.literal(table is ledger.RULES))
        return found.filter(pl.col("run").is_in(self.runs))


def _read(engine: sa.Engine, runs: tuple[str, ...] | None, table: sa.Table, pair: Pair) -> pl.DataFrame:
    """A table's rows of a dataset and period, of these runs (None: of all); the receipts of which something was found
    there.
    """
    of = ledger.FINDINGS if table is ledger.RECEIPTS else table
    where = sa.and_(of.c.dataset == pair[0], of.c.period == pair[1])
    if table is ledger.RECEIPTS:
        where = table.c.receipt.in_(sa.select(of.c.receipt).where(where))
    found = ledger.read_table(engine, table, where)
    return found if runs is None else found.filter(pl.col("run").is_in(runs))


def _counties_heard(engine: sa.Engine, runs: tuple[str, ...]) -> pl.DataFrame:
    """One row per period x county of which these runs decided on any return."""
    query = sa.select(*(ledger.RETURNS.c[name] for name in ("period", "county_code", "run"))).distinct()
    with engine.connect() as connection:
        found = pl.read_database(query, connection, schema_overrides=ledger.schema(ledger.RETURNS))
    return found.filter(pl.col("run").is_in(runs)).select("period", "county_code").unique()


def _choose(read: Read, select: Select, pairs: tuple[Pair, ...]) -> pl.DataFrame:
    """What a selection chooses of the decisions on datasets and periods."""
    returns = pl.concat(read(ledger.RETURNS, pair) for pair in pairs)
    return returns.lazy().pipe(select).collect(engine="in-memory")


def _behind_findings(engine: sa.Engine, runs: tuple[str, ...]) -> pl.DataFrame:
    """The decisions on returns of those receipts that have a finding of no period."""
    of_none = sa.select(ledger.FINDINGS.c.receipt).where(ledger.FINDINGS.c.period.is_(None))
    found = ledger.read_table(engine, ledger.RETURNS, ledger.RETURNS.c.receipt.in_(of_none))
    return found.filter(pl.col("run").is_in(runs))
