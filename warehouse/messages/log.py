"""The log of xianbao: a line a message, whatever is in it, with fields; Prefect and the command line listen to it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from warehouse.messages.visible import one_line

# Of a line that the command line shows in its own way, or not at all.
SHOWN_APART = {"shown_apart": True}
_FIELDS: ContextVar[Mapping[str, str]] = ContextVar("fields of the log", default={})  # noqa: B039  (never changed)


class _Lines(logging.LoggerAdapter[logging.Logger]):
    """A file's name with an end of line in it does not begin a line that nobody wrote."""

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        if self.isEnabledFor(level):
            said = str(msg) % args if args else str(msg)
            kwargs["stacklevel"] = kwargs.get("stacklevel", 1) + 1
            kwargs["extra"] = {**_FIELDS.get(), **kwargs.get("extra", {})}
            # Without arguments it is taken as it stands, by a formatter for machines as well.
            self.logger.log(level, one_line(said), **kwargs)


log = _Lines(logging.getLogger("xianbao"))


@contextmanager
def log_fields(**fields: str) -> Iterator[None]:
    """Every line within has these fields beside its text, as attributes of the record: `run`, `flow`. A line of one
    return or file has `submission`, `county`, `period` and `dataset` besides.
    """
    token = _FIELDS.set({**_FIELDS.get(), **fields})
    try:
        yield
    finally:
        _FIELDS.reset(token)
