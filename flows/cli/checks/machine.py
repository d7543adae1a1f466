"""What this machine gives to xianbao: the kernel's confinement of readers, its user, encodings, memory."""

from __future__ import annotations

import os
import sys

from flows.cli.checks.inspected import Inspected
from flows.settings import Settings, config_file
from warehouse.intake.sandbox.landlock import SCOPES_SINCE, TCP_SINCE, knows_no_new_privileges, landlock_version
from warehouse.messages.disk_errors import MIB


def check_machine(settings: Settings) -> list[Inspected]:
    """The kernel, then the process."""
    return [*_kernel(), *_process(settings)]


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
        Inspected("landlock", "Landlock", found if version else "没有 none", not lacks, update),
        Inspected("no_new_privs", "no_new_privs", "有 there" if privileges else "没有 none", privileges, update),
    ]


def _process(settings: Settings) -> list[Inspected]:
    user = os.geteuid()
    memory = settings.max_read_memory_bytes
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    readers = len(os.sched_getaffinity(0))
    return [
        Inspected(
            "user", "用户 user", str(user), user != 0,
            "请用专门的用户,root 的进程数不受限; a user of its own: those of root may be any number",
        ),
        Inspected(
            "encoding", "文件名编码 names of files", f"{sys.getfilesystemencoding()}, {sys.stdout.encoding} (stdout)",
            sys.getfilesystemencoding() == "utf-8", "PYTHONUTF8=1",
        ),
        Inspected(
            "memory", "读取内存 memory to read",
            f"{readers} x {memory / MIB:,.0f} MiB, 物理内存 of {physical / MIB:,.0f} MiB",
            readers * memory <= physical, "XIANBAO_MAX_READ_MEMORY_BYTES",
        ),
        Inspected("settings", "设置文件 file of settings", str(config_file() or "没有 none"), good=True),
    ]  # fmt: skip
