"""A limit of time for what may hang: an operation, a stage of it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from warehouse.messages.errors import TransientError


class _Overtime(BaseException):
    """Passes by all that handles errors within, Prefect's retries too, to the limit that rang."""


@contextmanager
def time_limit(seconds: float, what: str, setting: str) -> Iterator[None]:
    """Ends what takes longer within, at its next step in Python, by raising TransientError; all that it had opened is
    closed on the way, the lock on the root too. `setting` is where the limit comes from.

    Limits may be nested: the one that is over first rings. Only a process's main thread can be interrupted: in another
    one there is no limit. Prefect's own limits cannot be nested without losing what a blocking call waits for.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    over, start = _Overtime(), monotonic()

    def ring(*_: object) -> None:
        raise over

    outer = signal.getsignal(signal.SIGALRM)
    left, _ = signal.getitimer(signal.ITIMER_REAL)
    rings = not left or seconds < left
    if rings:
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
        if rings:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except _Overtime as error:
        if error is not over:
            raise
        raise TransientError(
            f"{what} 超过 {seconds:g} 秒({setting}),已中止,下次运行会完成剩余工作;"
            f" {what} took longer than {seconds:g} s ({setting}) and was ended: the next run finishes what is left"
        ) from error
    finally:
        if rings:
            # What was left of the limit around this one goes on; one that is over by now rings at once.
            signal.setitimer(signal.ITIMER_REAL, max(left - (monotonic() - start), 1e-3) if left else 0)
            signal.signal(signal.SIGALRM, outer)
