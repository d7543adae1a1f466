"""The root, the inbox and the ledger: whose they are, who may read them, whether they can be reached, what is free."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from flows.cli.checks.inspected import Inspected
from flows.settings import MODES, Settings
from warehouse.messages.disk_errors import MIB, read_only
from warehouse.messages.errors import XianbaoError
from warehouse.store import journal, ledger
from warehouse.store.inbox import check_inbox
from warehouse.store.ledger_server import shown


def check_store(settings: Settings) -> list[Inspected]:
    """The root, the inbox, the ledger."""
    return [*_root(settings), *_inbox(settings), _ledger(settings)]


def _root(settings: Settings) -> Iterator[Inspected]:
    root = settings.root
    there = next(path for path in (root, *root.parents) if path.exists())
    state, made = there.stat(), there == root
    mode, free = stat.S_IMODE(state.st_mode), shutil.disk_usage(there).free
    yield Inspected("root", "根目录 root", str(root), _may_write(there), "请给予写权限; leave to write there")
    yield Inspected(
        "root_owner", "属主 its owner", _user(state.st_uid) if made else "尚未建立 not made yet",
        not made or state.st_uid == os.geteuid(),
        f"请以属主身份运行; run as its owner, or chown {_user(os.geteuid())} {root}",
    )  # fmt: skip
    yield Inspected(
        "root_mode", "权限 its mode", f"{mode:04o}" if made else "尚未建立 not made yet", not made or not mode & MODES,
        f"chmod {mode & ~MODES:04o} {root}",
    )  # fmt: skip
    yield Inspected(
        "free_space", "磁盘 free on its disk", f"{free / MIB:,.0f} MiB", free >= settings.least_free_bytes,
        "请腾出空间(xianbao prune); free some space, as by xianbao prune (XIANBAO_LEAST_FREE_BYTES)",
    )  # fmt: skip


def _inbox(settings: Settings) -> Iterator[Inspected]:
    inbox = settings.inbox_folder
    try:
        check_inbox(inbox, settings.inbox_marker)
    except XianbaoError as error:
        yield Inspected("inbox", "收件箱 inbox", str(inbox), good=False, advice=str(error))
        return
    yield Inspected("inbox", "收件箱 inbox", f"{inbox} ({settings.inbox_marker or '无标志 no marker'})", good=True)
    mode = stat.S_IMODE(inbox.stat().st_mode)
    yield Inspected(
        "inbox_mode", "收件箱权限 its mode", f"{mode:04o}", not mode & stat.S_IWOTH,
        f"chmod o-w {inbox}: 谁都可以放入报表; anybody may put returns there",
    )  # fmt: skip


def _ledger(settings: Settings) -> Inspected:
    name, where = "台账 ledger", shown(settings.ledger)
    try:
        engine = ledger.open_to_look(settings.ledger)
        with engine.connect() as connection:
            runs = connection.scalar(sa.select(sa.func.count()).select_from(ledger.RUNS))
    except FileNotFoundError:
        missing = bool(journal.runs(settings.store))
        return Inspected(
            "ledger", name, f"{where}: 尚无 none yet", not missing, "下次运行重建; the next run makes it anew"
        )
    except (XianbaoError, sa.exc.SQLAlchemyError) as error:
        return Inspected("ledger", name, where, good=False, advice=" ".join(str(error).split()))
    version = ".".join(map(str, engine.dialect.server_version_info or ()))
    return Inspected("ledger", name, f"{where}: {engine.dialect.name} {version}, {runs} 批次 runs", good=True)


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _may_write(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK) and not read_only(folder)
