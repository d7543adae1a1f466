"""The log of xianbao: a line a message, whatever is in it; Prefect and the command line listen to it."""

from __future__ import annotations

import logging
from typing import Any

from warehouse.messages.visible import one_line


class _Lines(logging.LoggerAdapter[logging.Logger]):
    """A file's name with an end of line in it does not begin a line that nobody wrote."""

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        if self.isEnabledFor(level):
            said = str(msg) % args if args else str(msg)
            kwargs["stacklevel"] = kwargs.get("stacklevel", 1) + 1
            self.logger.log(level, "%s", one_line(said), **kwargs)


log = _Lines(logging.getLogger("xianbao"))
