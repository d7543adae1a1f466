"""What a reader that a file has taken over would try; `main` tries it in a process confined as a reader's."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from warehouse.intake.sandbox.confinement import Sandbox

# Each with the version of Landlock since when the kernel forbids it; 0: it always does.
ATTEMPTS = {
    "read another's file": 1, "list the originals": 1, "read the environment of its parent": 1, "write beside": 1,
    "write to an original": 1, "remove an original": 1, "link within its own": 1, "start a program": 1,
    "connect": 4, "listen": 4, "connect without a name": 6, "signal its parent": 6, "fork without end": 0,
    "write without end": 0, "open without end": 0,
}  # fmt: skip

MANY = 2_000


def main(kept: Sandbox) -> None:
    """Tries each and prints what came of it, and what the process knows of what is round it."""
    kept.set_limits()
    endless = (kept.own / "endless").open("wb")
    told = json.loads(sys.stdin.buffer.readline())
    outside, original = Path(told["outside"]), Path(told["original"])
    attempts: dict[str, Callable[[], object]] = {
        "read its original": original.read_bytes,
        "write to its own": lambda: (kept.own / "x").write_text("x"),
        "read another's file": (outside / "secret").read_bytes,
        "list the originals": lambda: list(kept.originals.iterdir()),
        "read the environment of its parent": Path(f"/proc/{os.getppid()}/environ").read_bytes,
        "write beside": lambda: (outside / "x").write_text("x"),
        "write to an original": lambda: original.write_text("x"),
        "remove an original": original.unlink,
        "link within its own": lambda: (kept.own / "link").symlink_to(outside),
        "connect": lambda: socket.create_connection(("127.0.0.1", told["port"])),
        "listen": lambda: socket.create_server(("127.0.0.1", 0)),
        "connect without a name": lambda: socket.socket(socket.AF_UNIX).connect(told["socket"]),
        "signal its parent": lambda: os.kill(os.getppid(), 0),
        "start a program": lambda: os.execv("/bin/true", ["true"]),
        "open without end": lambda: [os.dup(0) for _ in range(1_000)],
    }
    came_of = {name: _tried(attempt) for name, attempt in attempts.items()}
    if os.getuid() == 0:
        os.setresuid(65_534, 65_534, 65_534)  # the system counts the processes of all others
    came_of |= {"fork without end": _tried(_fork)}
    found = {"came of": came_of, "environment": dict(os.environ), "path": sys.path, "folder": str(Path.cwd())}
    os.write(1, json.dumps(found).encode() + b"\n")
    # Of this nothing can be told: the process ends.
    while True:
        endless.write(bytes(1 << 20))


def _tried(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except (OSError, RuntimeError) as error:
        return type(error).__name__
    return "done"


def _fork() -> None:
    started: list[int] = []
    try:
        for _ in range(MANY):
            pid = os.fork()
            if pid == 0:
                signal.pause()
            started.append(pid)
    finally:
        for pid in started:
            os.kill(pid, signal.SIGKILL)
