"""The ledger on a database server, as PostgreSQL: its connections, its errors as sentences, text that it refuses.

Does not belong here: the tables and what is in them (`ledger.py`), SQLite's file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

import sqlalchemy as sa

from warehouse.messages.errors import PermanentError, StoreError, TransientError

# PostgreSQL keeps no NUL, which a cell may hold: it is written as a code point that is no character, and a digit.
MARK = "\ufdd0"
KEPT = {"\0": f"{MARK}0", MARK: f"{MARK}1"}
MEANT = {written: sign for sign, written in KEPT.items()}
REFUSED, WRITTEN = re.compile("|".join(KEPT)), re.compile("|".join(MEANT))


class Text(sa.TypeDecorator[str]):
    """Text, any that a cell or a name may hold, the same on every database."""

    impl = sa.String
    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[str | None], str | None] | None:
        """How it is written; None where it is as it is."""
        return None if dialect.name == "sqlite" else lambda text: text and REFUSED.sub(lambda m: KEPT[m[0]], text)

    def result_processor(
        self,
        dialect: sa.Dialect,
        coltype: object,  # noqa: ARG002  (SQLAlchemy's own signature)
    ) -> Callable[[str | None], str | None] | None:
        """How it is read; None where it is as it is."""
        return None if dialect.name == "sqlite" else lambda text: text and WRITTEN.sub(lambda m: MEANT[m[0]], text)


@lru_cache
def server(url: str) -> sa.Engine:
    """The engine of a database server, one a process: its connections are kept, and tried before they are used.

    Raises PermanentError where the URL is none, or its driver is missing.
    """
    try:
        engine = sa.create_engine(url, pool_pre_ping=True)
    except (sa.exc.ArgumentError, ValueError):
        raise PermanentError(
            "XIANBAO_LEDGER_URL 不是数据库地址,应如 postgresql+psycopg://用户@主机/库; it is no database's URL, as"
            " postgresql+psycopg://user@host/database is"
        ) from None  # the cause quotes the URL, and its password
    except ModuleNotFoundError as error:
        raise PermanentError(
            f"缺少数据库驱动 {error.name},请安装 xianbao[postgresql],地址以 postgresql+psycopg:// 开头;"
            f" the driver {error.name} of {shown(url)} is not installed: install xianbao[postgresql], and let the URL"
            " begin with postgresql+psycopg://"
        ) from error
    sa.event.listen(engine, "handle_error", _say)
    return engine


def shown(url: str | sa.URL) -> str:
    """A database's URL without its password."""
    whole = sa.make_url(url)
    return whole.difference_update_query([name for name in whole.query if "password" in name]).render_as_string()


def rewrite(engine: sa.Engine, tables: Iterable[sa.Table]) -> None:
    """Makes the server write files of these tables anew, without the rows that were removed: it keeps them else."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"VACUUM FULL {', '.join(table.name for table in tables)}")


def _say(context: sa.engine.ExceptionContext) -> None:
    """Raises an error of ours in the place of the server's: TransientError where trying again may help."""
    error, engine = context.sqlalchemy_exception, context.engine
    if not isinstance(error, sa.exc.DBAPIError) or engine is None:
        return
    reason = " ".join(str(error.orig).split())
    if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
        raise TransientError(
            "无法使用台账数据库,请检查数据库服务和 XIANBAO_LEDGER_URL; the ledger at"
            f" {shown(engine.url)} cannot be used now ({reason}): see that the server runs and that"
            " XIANBAO_LEDGER_URL is right, and say it again"
        ) from error.orig
    raise StoreError(
        f"台账数据库拒绝了操作,请检查用户权限和数据库; the ledger at {shown(engine.url)} refuses ({reason}): see that"
        " the database is of UTF-8 and of this root alone, and that this user may make tables in it"
    ) from error.orig
