"""`xianbao`, which is `python -m flows.cli` too."""

from __future__ import annotations

import os
import sys

from flows.cli.interrupt import ERR, OUT, Interruption


def main() -> None:
    """Runs the command line; a signal ends it as `flows.cli.interrupt` says, from here on."""
    _open_streams()
    Interruption().run(_command_line)


def _open_streams() -> None:
    """Streams that are closed go nowhere: no file that is opened may take their numbers."""
    while (stream := os.open(os.devnull, os.O_RDWR)) <= ERR:
        pass
    os.close(stream)
    for name, number in (("stdout", OUT), ("stderr", ERR)):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w", encoding="utf-8"))


def _command_line() -> None:
    from flows.cli.main import main as command_line

    command_line()


if __name__ == "__main__":
    main()
