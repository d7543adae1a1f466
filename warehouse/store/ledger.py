"""The ledger: an index over the journal in a database, SQLite by default, PostgreSQL by URL.

It is never the truth: `catch_up` brings it to the journal's last run whatever a crash left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import polars as pl
import sqlalchemy as sa

from warehouse.messages.errors import StoreError, TransientError
from warehouse.messages.finding import OF_ONE
from warehouse.store import journal
from warehouse.store.files import Root
from warehouse.store.journal_records import COMPACT, COUNTED, Entry
from warehouse.store.ledger_digest import run_digests
from warehouse.store.ledger_file import damage, database_file, durable, immutable, remove, to_look, written
from warehouse.store.ledger_rows import rows_of
from warehouse.store.ledger_server import Text, rewrite, server, shown

metadata = sa.MetaData()
Whole, Number, Flag = sa.BigInteger, sa.Double, sa.Boolean
LOST = (
    "{path} 缺失:台账记有批次 {run}。请从备份恢复该文件;若台账属于另一数据根目录,请删除台账后重新运行。 "
    "{path} is missing: the ledger knows run {run}; restore the file from a backup, or, where the ledger is of another "
    "root, delete the ledger and run again"
)
MOMENT = sa.DateTime(timezone=False)


def _table(name: str, columns: Mapping[str, Any], *indexed: str) -> sa.Table:
    """A table whose rows belong to a run, so that a run can be indexed again; and are read by period and dataset."""
    own = (sa.Column(column, kind, index=column in indexed) for column, kind in columns.items())
    table = sa.Table(name, metadata, sa.Column("run", Text, nullable=False, index=True), *own)
    if {"period", "dataset"} <= columns.keys():
        sa.Index(f"ix_{name}_period_dataset", table.c.period, table.c.dataset)
    return table


RUNS = sa.Table(
    "runs", metadata,
    sa.Column("run", Text, primary_key=True),
    sa.Column("flow", Text),
    sa.Column("received_at", MOMENT),
    *(sa.Column(name, Whole) for name in COUNTED),
    # The head of the journal at the run, and the digest of all that the tables of runs say of it (`ledger_digest.py`).
    sa.Column("head", Text),
    sa.Column("digest", Text),
)  # fmt: skip
RECEIPTS = _table(
    "receipts",
    {
        "receipt": Whole, "submission": Text, "file": Text, "received_at": MOMENT, "name_bytes": Text, "archive": Text,
        "member": Whole, "verdict": Text,
    },
    "receipt", "file", "submission",
)  # fmt: skip
RETURNS = _table(
    "returns",
    {
        "receipt": Whole, "submission": Text, "file": Text, "dataset": Text, "county_code": Text, "period": Text,
        "status": Text, "nil": Flag, "rows": Whole, "verdict": Text, "version": Whole, "known_from": MOMENT,
        "reason": Text, "by": Text,
    },
    "county_code", "submission",
)  # fmt: skip
# The lists of rules that each run applied to which dataset and period; what a list says stands with its first run.
RULES = _table("rules", {"dataset": Text, "period": Text, "rule_list": Text})
RULE_TEXTS = _table(
    "rule_texts",
    {
        "rule_list": Text, "rule": Text, "severity": Text, "checks": Whole, "per_row": Flag, "reason_zh": Text,
        "reason_en": Text, "source": Text,
    },
    "rule_list",
)  # fmt: skip
RESULTS = _table(
    "results",
    {
        "receipt": Whole, "dataset": Text, "county_code": Text, "period": Text, "rule": Text, "failed": Whole,
        "explained": Whole, "not_evaluated": Whole,
    },
)  # fmt: skip
ROLL_UPS = _table(
    "roll_ups",
    {
        "dataset": Text, "period": Text, "rule": Text, "severity": Text, "level": Text, "counties": Whole,
        "evaluated": Whole, "failed": Whole, "failing": Text,
    },
)  # fmt: skip
HOLDS = _table(
    "holds",
    {
        "dataset": Text, "period": Text, "indicator": Text, "level": Text, "code": Text, "state": Text, "against": Text,
        "since": Text, "before": Text, "after": Text, "low": Text, "high": Text, "returns": Text, "let_through": Text,
        "reason": Text, "by": Text,
    },
)  # fmt: skip
RELEASES = _table(
    "releases",
    {
        "period": Text, "state": Text, "reason": Text, "by": Text, "opened": Flag, "due": Whole, "accepted": Whole,
        "missing": Whole, "quarantined": Whole, "queried": Whole, "provisional": Whole, "held": Whole,
        "known_from": MOMENT,
    },
)  # fmt: skip
WAITING = _table(
    "waiting",
    {
        "receipt": Whole, "submission": Text, "file": Text, "dataset": Text, "county_code": Text, "period": Text,
        "status": Text, "nil": Flag, "known_from": MOMENT,
    },
    "submission",
)  # fmt: skip
NOTES = _table(
    "notes",
    {
        "receipt": Whole, "county_code": Text, "period": Text, "dataset": Text, "indicator": Text, "rule": Text,
        "explanation": Text, "sheet": Text, "row": Whole, "answered": Flag,
    },
)  # fmt: skip
FINDINGS = _table(
    "findings", {name: {"receipt": Whole, "score": Number}.get(name, Text) for name in OF_ONE}, "submission"
)
# A row per finding, proposal and cell to change; `cells` are the finding's, `proposal_rank` is from 1, the likeliest.
PROPOSALS = _table(
    "proposals",
    {
        "receipt": Whole, "submission": Text, "file": Text, "sheet": Text, "cells": Text, "county_code": Text,
        "period": Text, "dataset": Text, "rule": Text, "proposal_rank": Whole, "cell": Text, "indicator": Text,
        "found": Text, "value": Text, "how": Text,
    },
    "submission",
)  # fmt: skip
# Which datasets and periods each run said anything of, and whether it decided on returns of them.
TOUCHED = _table("touched", {"dataset": Text, "period": Text, "decided": Flag})
# The files of rows that each run's entry names (`named_files.py`).
FILES = _table("files", {"path": Text, "sha256": Text})
# The receipts of which nothing may be kept any more; what was found in them, and their notes, are in no table.
FORGOTTEN = _table("forgotten", {"receipt": Whole, "reason": Text, "by": Text})
# What quotes cells.
QUOTING = (FINDINGS, PROPOSALS, NOTES)
SNAPSHOTS = sa.Table(
    "snapshots", metadata,
    sa.Column("version", Text, primary_key=True),
    sa.Column("run", Text),
    sa.Column("files", Whole),
    sa.Column("rows", Whole),
)  # fmt: skip
# Of the runs: those that may have received, decided or said anything.
DECIDES = pl.col("flow") != COMPACT
OF_A_RUN = (
    RUNS, RECEIPTS, RETURNS, RULES, RULE_TEXTS, RESULTS, ROLL_UPS, HOLDS, RELEASES, WAITING, NOTES, FINDINGS,
    PROPOSALS, TOUCHED, FILES, FORGOTTEN,
)  # fmt: skip


def open_ledger(url: str, *, renew: bool = False) -> sa.Engine:
    """The ledger at `url`, its tables made where missing.

    One that an earlier version of this program made is emptied with `renew`, for `catch_up` to index the runs again;
    the lock on the root must then be held. Raises StoreError for it otherwise, and TransientError when the ledger
    cannot be reached now.
    """
    as_it_is = immutable(url)
    engine = _engine(as_it_is or url)
    if engine.dialect.name == "sqlite" and not as_it_is:
        sa.event.listen(engine, "connect", durable)
    try:
        if (table := outdated(engine)) is not None:
            if not renew:
                raise StoreError(f"the ledger is an earlier version's ({table}); the next xianbao run renews it")
            metadata.drop_all(engine, tables=list(OF_A_RUN))
        if metadata.tables.keys() - set(sa.inspect(engine).get_table_names()):
            metadata.create_all(engine)
    except sa.exc.OperationalError as error:
        raise TransientError(f"the ledger at {engine.url!r} cannot be opened: {error.orig}") from error
    return engine


def _engine(url: str) -> sa.Engine:
    return sa.create_engine(url) if url.startswith("sqlite") else server(url)


def open_to_look(url: str) -> sa.Engine:
    """The ledger for reading alone, nothing made or mended. Raises FileNotFoundError where there is no database.

    A SQLite file that nobody writes is taken as it is, so that nothing is put beside it.
    """
    database = database_file(url)
    if database is None:
        engine = _engine(url)
        if not sa.inspect(engine).has_table(RUNS.name):
            raise FileNotFoundError(shown(url))
        return engine
    if not database.exists():
        raise FileNotFoundError(str(database))
    return sa.create_engine(to_look(database, "mode=ro" if written(database) else "immutable=1"))


def open_sound(url: str) -> tuple[sa.Engine, str | None]:
    """The ledger as `open_ledger` renews it; a SQLite file that is damaged is removed first, for all to be indexed
    anew: then with what was wrong. The lock on the root must be held.

    Raises StoreError where another database is damaged.
    """
    wrong = None
    try:
        engine = open_ledger(url, renew=True)
        wrong = damage(engine)
    except sa.exc.DatabaseError as error:
        wrong = str(error.orig)
    if wrong is None:
        return engine, None
    database = database_file(url)
    if database is None:
        raise StoreError(
            f"台账数据库已损坏; the ledger's database is damaged ({wrong}); restore it, or name an empty one"
        )
    remove(database)
    return open_ledger(url, renew=True), wrong


def outdated(engine: sa.Engine) -> str | None:
    """The first table with other columns than ours, or that is missing among the others; None where all are right."""
    columns = sa.inspect(engine).get_multi_columns(filter_names=[t.name for t in OF_A_RUN])
    found = {name: {column["name"] for column in of} for (_, name), of in columns.items()}
    wrong = (t.name for t in OF_A_RUN if found and found.get(t.name) != set(t.columns.keys()))
    return next(wrong, None)


def catch_up(engine: sa.Engine, root: Root) -> list[str]:
    """Indexes the journal's runs that the ledger lacks; returns their names.

    Raises StoreError when the ledger knows a run that the journal does not: its entry is lost, or they are of two
    roots.
    """
    with engine.connect() as connection:
        known = set(connection.scalars(sa.select(RUNS.c.run)))
    committed = journal.runs(root)
    if strangers := known - set(committed):
        raise StoreError(LOST.format(path=journal.entry_path(root, min(strangers)), run=min(strangers)))
    missing = [run for run in committed if run not in known]
    heads = journal.heads(root, missing)
    for run in missing:
        index(engine, journal.read_with_rules(root, run), heads[run])
    return missing


def index(engine: sa.Engine, entry: Entry, head: str = "") -> None:
    """Puts a run into the ledger, with the journal's head at it, in the place of all that it says of the run; in one
    transaction.
    """
    with engine.begin() as connection:
        _forget(connection, entry.run)
        _insert(connection, entry, head)
    if entry.forgotten:
        rewrite(engine, QUOTING)


def index_anew(engine: sa.Engine, root: Root) -> None:
    """Replaces all that the ledger says of runs by what the journal says, in one transaction."""
    heads = journal.heads(root, journal.runs(root))
    with engine.begin() as connection:
        _forget(connection)
        for run, head in sorted(heads.items()):
            _insert(connection, journal.read_with_rules(root, run), head)


def heads_as_indexed(engine: sa.Engine) -> dict[str, str]:
    """The journal's head at each run of which the ledger says what it said when the run was indexed."""
    kept = read_table(engine, RUNS, columns=("run", "head", "digest"))
    with engine.connect() as connection:
        found = run_digests(connection, OF_A_RUN, RUNS.c.digest)
    return {run: head for run, head, digest in kept.iter_rows() if found.get(run) == digest}


def renew(engine: sa.Engine, keep: Collection[str]) -> list[str]:
    """Removes all that the ledger says of runs but these, for `catch_up` to index them; returns their names."""
    others = sorted(runs_said(engine) - set(keep))
    with engine.begin() as connection:
        for run in others:
            _forget(connection, run)
    return others


def runs_said(engine: sa.Engine) -> set[str]:
    """The runs that any table says anything of."""
    with engine.connect() as connection:
        return {run for table in OF_A_RUN for run in connection.scalars(sa.select(table.c.run).distinct())}


def _forget(connection: sa.Connection, run: str | None = None) -> None:
    """Removes what is said of a run, of all for None."""
    for table in OF_A_RUN:
        connection.execute(sa.delete(table) if run is None else sa.delete(table).where(table.c.run == run))


def _insert(connection: sa.Connection, entry: Entry, head: str) -> None:
    known = set(connection.scalars(sa.select(RULE_TEXTS.c.rule_list).distinct()))
    rows = rows_of(entry, head, known)
    for table in OF_A_RUN:
        if rows[table.name]:
            names = table.columns.keys()
            connection.execute(sa.insert(table), [{n: row.get(n) for n in names} for row in rows[table.name]])
    for run in {entry.run, *_forget_words(connection, None if entry.forgotten else entry.run)}:
        digest = run_digests(connection, OF_A_RUN, RUNS.c.digest, run)[run]
        connection.execute(sa.update(RUNS).where(RUNS.c.run == run).values(digest=digest))


def _forget_words(connection: sa.Connection, run: str | None) -> set[str]:
    """Removes what a run (None: any) found in forgotten receipts, and their notes, for they quote cells; which runs
    said such things.
    """
    said = set[str]()
    for table in QUOTING:
        own = sa.true() if run is None else table.c.run == run
        quotes = sa.and_(own, table.c.receipt.in_(sa.select(FORGOTTEN.c.receipt)))
        said |= {*connection.scalars(sa.select(table.c.run).where(quotes).distinct())}
        connection.execute(sa.delete(table).where(quotes))
    return said


def read_table(
    engine: sa.Engine, table: sa.Table, *where: sa.ColumnElement[bool], columns: Iterable[str] | None = None
) -> pl.DataFrame:
    """A table of the ledger or, where named, columns of it; of its rows those of which all of `where` holds. With the
    columns' types even when empty.
    """
    chosen = table.columns if columns is None else [table.columns[name] for name in columns]
    with engine.connect() as connection:
        return pl.read_database(sa.select(*chosen).where(*where), connection, schema_overrides=schema(table))


def schema(table: sa.Table) -> dict[str, pl.DataType]:
    """The types of a table's columns in a frame."""
    kinds: dict[Any, pl.DataType] = {
        Text: pl.String(), Whole: pl.Int64(), Number: pl.Float64(), Flag: pl.Boolean(), sa.DateTime: pl.Datetime("us"),
    }  # fmt: skip
    return {column.name: kinds[type(column.type)] for column in table.columns}


def deciding(engine: sa.Engine, root: Root) -> list[str]:
    """The committed runs that may have received, decided or said anything, oldest first: all but compactions. A run
    that the ledger lacks is taken for one.
    """
    compactions = set(read_table(engine, RUNS).filter(~DECIDES)["run"])
    return [run for run in journal.runs(root) if run not in compactions]


def latest_by_file(engine: sa.Engine) -> dict[str, str]:
    """The submission that each file last came with, by the bytes of its name where its label does not say them all; by
    the label too.
    """
    query = sa.select(RECEIPTS.c.file, RECEIPTS.c.name_bytes, RECEIPTS.c.submission).order_by(RECEIPTS.c.receipt)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return {name: submission for file, name_bytes, submission in rows for name in (file, name_bytes) if name}


def named_rows(engine: sa.Engine) -> dict[str, str | None]:
    """The files of rows that runs named, oldest run first, with the SHA-256 of each."""
    return dict(read_table(engine, FILES).sort("run").select("path", "sha256").iter_rows())


def last_receipt(engine: sa.Engine) -> int:
    """The highest receipt number so far; 0 before the first."""
    with engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.max(RECEIPTS.c.receipt))) or 0
