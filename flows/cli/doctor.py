"""What this machine gives to xianbao: the kernel's confinement, encodings, disk, permissions, settings in force."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text

from flows.cli.screen import Screen
from flows.settings import MODES, Settings, config_file
from warehouse.intake.sandbox.landlock import SCOPES_SINCE, TCP_SINCE, knows_no_new_privileges, landlock_version
from warehouse.messages.disk_errors import LEAST, MIB, read_only


@dataclass(frozen=True)
class Inspected:
    """One thing that was looked at: what it is, what was found, whether that is as it should be, what to do else."""

    name: str
    found: str
    good: bool
    advice: str = ""


def examine(settings: Settings) -> list[Inspected]:
    """What there is, one entry a thing, in the order of the kernel, the process, the root."""
    return [*_kernel(), *_process(settings), *_root(settings)]


def _kernel() -> list[Inspected]:
    version = landlock_version()
    update = "更新内核,或在启动参数 lsm= 中启用 landlock; a newer kernel, or landlock among lsm= of its command line"
    lacks = [
        what
        for what, since in (("TCP", TCP_SINCE), ("套接字和信号 sockets and signals", SCOPES_SINCE))
        if version < since
    ]
    privileges = knows_no_new_privileges()
    found = f"版本 version {version}" + (f"; 缺 without {', '.join(lacks)}" if lacks else "")
    return [
        Inspected("Landlock", found if version else "没有 none", not lacks, update),
        Inspected("no_new_privs", "有 there" if privileges else "没有 none", privileges, update),
    ]


def _process(settings: Settings) -> list[Inspected]:
    user = os.geteuid()
    memory = settings.max_read_memory_bytes
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    readers = len(os.sched_getaffinity(0))
    return [
        Inspected(
            "用户 user", str(user), user != 0,
            "请用专门的用户,root 的进程数不受限; a user of its own: those of root may be any number",
        ),
        Inspected(
            "文件名编码 names of files", f"{sys.getfilesystemencoding()}, {sys.stdout.encoding} (stdout)",
            sys.getfilesystemencoding() == "utf-8", "PYTHONUTF8=1",
        ),
        Inspected(
            "读取内存 memory to read", f"{readers} x {memory / MIB:,.0f} MiB, 物理内存 of {physical / MIB:,.0f} MiB",
            readers * memory <= physical, "XIANBAO_MAX_READ_MEMORY_BYTES",
        ),
        Inspected("设置文件 file of settings", str(config_file() or "没有 none"), good=True),
    ]  # fmt: skip


def _root(settings: Settings) -> list[Inspected]:
    root = settings.root
    there = next(path for path in (root, *root.parents) if path.exists())
    free = shutil.disk_usage(there).free
    mode = stat.S_IMODE(there.stat().st_mode)
    private = there != root or not mode & MODES
    return [
        Inspected("根目录 root", str(root), _may_write(there), "请给予写权限; leave to write there"),
        Inspected(
            "权限 its mode", f"{mode:04o}" if there == root else "尚未建立 not made yet", private,
            f"chmod {mode & ~MODES:04o} {root}",
        ),
        Inspected("磁盘 free on its disk", f"{free / MIB:,.0f} MiB", free >= LEAST, "请腾出空间; free some space"),
        Inspected(
            "收件箱 inbox", str(settings.inbox_folder), settings.inbox_folder.is_dir(),
            "请建立该文件夹; make this folder",
        ),
    ]  # fmt: skip


def _may_write(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK) and not read_only(folder)


def show_examined(inspected: list[Inspected], console: Screen) -> None:
    """A line a thing; what is not as it should be with what to do."""
    table = Table("项目 what", "结果 found", "处理 what to do")
    for one in inspected:
        style = "" if one.good else "yellow"
        table.add_row(Text(one.name), Text(one.found, style=style), Text("" if one.good else one.advice))
    console.print(table)
