"""Landlock, by which Linux lets a process take files, TCP and signals from itself without being root: landlock(7).

The three calls have no wrapper in the C library, nor has Python; none of the libraries we use has one.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

# linux/landlock.h; the calls have the same numbers on every processor that wheels are made for.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION_FLAG, PATH_BENEATH = 1, 1
NO_NEW_PRIVILEGES, NEW_PRIVILEGES_FORBIDDEN = 38, 39  # linux/prctl.h
WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5
MAKE_DIR, MAKE_REG, TRUNCATE = 1 << 7, 1 << 8, 1 << 14
OF_A_FILE = WRITE_FILE | READ_FILE | TRUNCATE
READ = READ_FILE | READ_DIR
# No links: who reads the folder afterwards must not be led elsewhere.
WRITE = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | TRUNCATE
# How many rights on files a version knows; which rights on TCP, abstract sockets and signals, and since which one.
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
MOST_FILE_RIGHTS = 16
TCP_SINCE, SCOPES_SINCE, BOTH = 4, 6, 0b11


class SandboxRules(ctypes.Structure):
    """What a set of rules is about (`struct landlock_ruleset_attr`)."""

    _fields_ = (("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class FileRule(ctypes.Structure):
    """What is allowed with a file, or with all beneath a folder (`struct landlock_path_beneath_attr`)."""

    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def landlock_version() -> int:
    """The version of Landlock's interface that the kernel has; 0 where it has none, or has it switched off."""
    return max(0, int(_libc().syscall(CREATE_RULESET, None, 0, VERSION_FLAG)))


def knows_no_new_privileges() -> bool:
    """Whether the kernel lets a process forbid itself new privileges."""
    return int(_libc().prctl(NEW_PRIVILEGES_FORBIDDEN, 0, 0, 0, 0)) >= 0


def forbid_new_privileges() -> None:
    """Of this process and all that come of it, none becomes more than it is, as by a program that is set-uid."""
    _checked(_libc().prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0))


def restrict(allowed: Mapping[Path, int]) -> None:
    """Leaves this thread, and those it starts, what is allowed with files or beneath folders (`READ`, `WRITE`), no
    program to start, no TCP and nobody outside to signal, as far as the kernel's version goes; paths that are not
    there are passed over. Raises OSError where the kernel has no Landlock.
    """
    version = landlock_version()
    rights = (1 << FILE_RIGHTS.get(version, MOST_FILE_RIGHTS)) - 1
    tcp, scopes = (BOTH if version >= since else 0 for since in (TCP_SINCE, SCOPES_SINCE))
    about = SandboxRules(rights, tcp, scopes)
    # An earlier kernel knows the first members only; zeros behind them it takes.
    ruleset = _checked(_libc().syscall(CREATE_RULESET, ctypes.byref(about), ctypes.sizeof(about), 0))
    try:
        for path, wanted in allowed.items():
            if path.exists():
                _allow(ruleset, path, wanted & rights)
        forbid_new_privileges()
        _checked(_libc().syscall(RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, wanted: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = FileRule(wanted if path.is_dir() else wanted & OF_A_FILE, place)
        _checked(_libc().syscall(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(place)


def _checked(result: int) -> int:
    """The result of a call; raises OSError where it failed."""
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
