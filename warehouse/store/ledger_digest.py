"""A digest of what the ledger says of each run: kept when a run is indexed, compared when another begins.

It is of the rows as they stand in the database, in any order: a database need not keep one.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable

import sqlalchemy as sa

MODULUS = 1 << 256
A_FEW_AT_ONCE = {"stream_results": True, "yield_per": 1000, "no_parameters": True}


def run_digests(
    connection: sa.Connection, tables: Iterable[sa.Table], without: sa.Column[str], run: str | None = None
) -> dict[str, str]:
    """The digest of each run that any of the tables has a row of, or of one run; a column, the kept digest, apart."""
    sums: dict[str, int] = defaultdict(int)
    for table in tables:
        query = sa.select(*(column for column in table.columns if column is not without))
        narrowed = query if run is None else query.where(table.c.run == run)
        asked = str(narrowed.compile(connection, compile_kwargs={"literal_binds": True}))
        # As text, for what the database has, not what SQLAlchemy makes of it: twice as fast.
        for row in connection.exec_driver_sql(asked, execution_options=A_FEW_AT_ONCE):
            digest = hashlib.sha256(repr((table.name, *row)).encode()).digest()
            sums[row[0]] = (sums[row[0]] + int.from_bytes(digest)) % MODULUS
    return {name: f"{total:064x}" for name, total in sums.items()}
