"""Ctrl-C and SIGTERM: a sentence, an exit code, nothing else and nobody left. And output that nobody reads."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from _thread import interrupt_main
from pathlib import Path
from time import monotonic

import pytest

from flows.cli.interrupt import GRACE_SECONDS, SENTENCE
from tests.builders import receipt_of
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.sandbox.reader_pool import START_SECONDS, Child, Failure, Readers
from warehouse.intake.sandbox.worker import ReaderJob

BEGIN = """
import subprocess, sys, time
from flows.cli import interrupt
from flows.cli.interrupt import Interruption
interrupt.GRACE_SECONDS = {grace}
def ready(): print("ready", flush=True)
def command():
{body}
Interruption().run(command)
"""
AT_WORK = """
    ready()
    time.sleep(60)
"""
NOISY = """
    try:
        ready()
        time.sleep(60)
    finally:
        print("Crash detected!", file=sys.stderr, flush=True)
        raise RuntimeError("a library was not ready for this")
"""
STUCK = """
    try:
        ready()
        time.sleep(60)
    finally:
        time.sleep(60)
"""
WITH_CHILDREN = """
    sleep = [sys.executable, "-c", "import subprocess; subprocess.run(['sleep', '60'])"]
    children = [subprocess.Popen(sleep, start_new_session=own) for own in (True, False)]
    print(*(child.pid for child in children), flush=True)
    time.sleep(60)
"""
THROUGH = """
    import atexit
    def last():
        ready()
        time.sleep(60)
    atexit.register(last)
"""


def started(body: str, grace: float = 20, **how: object) -> tuple[subprocess.Popen[str], str]:
    """A process that does it, and what it says when it has begun. Also below nohup SIGHUP ends it."""
    words = ["env", "--default-signal=HUP", sys.executable, "-c", BEGIN.format(body=body, grace=grace)]
    process = subprocess.Popen(  # type: ignore[call-overload]
        words, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8"} | how
    )
    return process, process.stdout.readline().strip()


def interrupted(process: subprocess.Popen[str], *numbers: signal.Signals) -> tuple[int, str, str]:
    """How it ends on these signals, and what it says from then on."""
    for number in numbers:
        process.send_signal(number)
    said, complained = process.communicate(timeout=60)
    return process.returncode, said, complained


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_with_a_sentence_and_its_code(number: signal.Signals, code: int) -> None:
    assert interrupted(started(AT_WORK)[0], number) == (code, "", SENTENCE)


@pytest.mark.parametrize("body", [NOISY, THROUGH])
def test_what_libraries_say_of_it_is_not_heard(body: str) -> None:
    assert interrupted(started(body)[0], signal.SIGINT) == (130, "", SENTENCE)


def test_what_does_not_end_is_ended_after_a_grace() -> None:
    assert 0 < GRACE_SECONDS <= 2
    assert interrupted(started(STUCK, grace=0.1)[0], signal.SIGTERM) == (143, "", SENTENCE)


def test_a_second_signal_ends_it_at_once() -> None:
    process, _ = started(STUCK)
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    said, begun = process.stderr.readline(), monotonic()
    assert interrupted(process, signal.SIGINT) == (130, "", "")
    assert said == SENTENCE
    assert monotonic() - begun < 10


def test_children_and_theirs_are_ended_those_in_a_session_of_their_own_too() -> None:
    process, said = started(WITH_CHILDREN)
    assert interrupted(process, signal.SIGTERM) == (143, "", SENTENCE)
    until = monotonic() + 5  # the system takes its time to carry out a kill, where all processors are busy
    for child in map(int, said.split()):
        while not ended(child):
            assert monotonic() < until


def ended(number: int) -> bool:
    """Whether a process is no more than an entry in a table."""
    try:
        return Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_one_started_in_the_background_goes_on_at_ctrl_c_and_ends_at_sigterm() -> None:
    process, _ = started(AT_WORK, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    assert interrupted(process, signal.SIGINT, signal.SIGTERM) == (143, "", SENTENCE)


def test_a_terminal_has_its_line_and_its_cursor_again() -> None:
    ours, its = pty.openpty()
    process, _ = started(AT_WORK, stderr=its, env=os.environ | {"TERM": "xterm"})
    os.close(its)
    assert interrupted(process, signal.SIGINT) == (130, "", None)
    assert os.read(ours, 1000).decode() == f"\r\x1b[2K\x1b[?25h{SENTENCE}".replace("\n", "\r\n")
    os.close(ours)


def test_nobody_to_say_it_to_is_no_hindrance() -> None:
    read, write = os.pipe()
    process, _ = started(AT_WORK, stderr=write)
    os.close(read)
    os.close(write)
    assert interrupted(process, signal.SIGINT)[0] == 130


def test_reading_that_is_interrupted_does_not_wait_for_what_is_being_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The children are stopped, as if their files were long."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    asked = list[ReaderJob]()
    read = Child.read

    def stop_and_interrupt(child: Child, part: ReaderJob) -> Failure | list[float]:
        os.kill(child.process.pid, signal.SIGSTOP)
        asked.append(part)
        if len(asked) == 1:
            interrupt_main()
        return read(child, part)

    monkeypatch.setattr(Child, "read", stop_and_interrupt)
    files = [tmp_path / f"{number}.csv" for number in range(1, 9)]
    for file in files:
        file.touch()
    received = [receipt_of(file, number) for number, file in enumerate(files, start=1)]
    begun = monotonic()
    with Readers(Limits(), tmp_path, tmp_path / "scratch") as readers, pytest.raises(KeyboardInterrupt):
        readers.read(received, None, {})
    assert monotonic() - begun < START_SECONDS / 2
    signal.signal(signal.SIGINT, handler)
    assert all(child.process.returncode == -signal.SIGKILL for child in readers.children)


UNREAD = """
from flows.cli.options import print_json
from flows.cli.screen import Screen
{speak}
open(sys.argv[1], "w").write("went on")
"""


@pytest.mark.parametrize(
    "speak", ["print_json(['long'] * 100_000)", "for _ in range(2): Screen().say('long ' * 100_000)"]
)
def test_work_goes_on_when_nobody_reads_what_it_says(speak: str, tmp_path: Path) -> None:
    words = [sys.executable, "-c", "import sys" + UNREAD.format(speak=speak), tmp_path / "done"]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(words, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "done").read_text(encoding="utf-8") == "went on"


@pytest.mark.parametrize("closed", [(1,), (0, 1, 2)])
def test_streams_that_are_closed_are_nowhere(closed: tuple[int, ...], tmp_path: Path) -> None:
    words = [sys.executable, "-m", "flows.cli", "status"]

    def close() -> None:
        for stream in closed:
            os.close(stream)

    environment = os.environ | {"XIANBAO_ROOT": str(tmp_path)}
    done = subprocess.run(words, preexec_fn=close, env=environment, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
