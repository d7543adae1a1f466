"""A limit of time: what hangs is ended, what it had opened is closed, and the lock is free."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import pytest

from flows.time_limit import time_limit
from warehouse.messages.errors import TransientError
from warehouse.store.files import Root

LONG, SHORT = 60, 0.05


@pytest.fixture(autouse=True)
def _nothing_rings_later() -> Iterator[None]:
    yield
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


@contextmanager
def opened(closed: list[str]) -> Iterator[None]:
    try:
        yield
    finally:
        closed.append("closed")


def test_what_hangs_is_ended_with_a_sentence_all_is_closed_and_the_lock_is_free(root: Root) -> None:
    closed: list[str] = []
    said = r"judge 2018-06 超过 0\.05 秒\(XIANBAO_X\).*took longer than 0\.05 s \(XIANBAO_X\).*the next run finishes"
    with (
        pytest.raises(TransientError, match=said),
        time_limit(SHORT, "judge 2018-06", "XIANBAO_X"),
        root.lock(0),
        opened(closed),
    ):
        time.sleep(LONG)
    assert closed == ["closed"]
    with root.lock(0):
        pass


def test_what_handles_errors_within_does_not_hold_it_up() -> None:
    with pytest.raises(TransientError, match="took longer"), time_limit(SHORT, "a", "X"), suppress(Exception):
        time.sleep(LONG)


def test_what_is_done_in_time_is_let_be() -> None:
    with time_limit(LONG, "a", "X"):
        pass
    with pytest.raises(KeyError), time_limit(LONG, "a", "X"):
        raise KeyError


@pytest.mark.parametrize(("outer", "inner", "rings"), [(SHORT, LONG, "outer"), (LONG, SHORT, "inner")])
def test_of_two_limits_the_one_that_is_over_first_rings(outer: float, inner: float, rings: str) -> None:
    with (
        pytest.raises(TransientError, match=f"^{rings} "),
        time_limit(outer, "outer", "X"),
        time_limit(inner, "inner", "X"),
    ):
        time.sleep(LONG)


def test_what_is_left_of_a_limit_goes_on_after_one_within() -> None:
    def work() -> None:
        with time_limit(SHORT, "inner", "X"):
            pass
        time.sleep(LONG)

    with pytest.raises(TransientError, match=r"^outer "), time_limit(2 * SHORT, "outer", "X"):
        work()


def test_in_another_thread_there_is_no_limit() -> None:
    done: list[str] = []

    def work() -> None:
        with time_limit(1e-3, "a", "X"):
            time.sleep(SHORT)
        done.append("done")

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert done == ["done"]
