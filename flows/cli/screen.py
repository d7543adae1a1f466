"""The terminal: only what a view styles is styled, and nothing that a county, a clerk or an operator wrote moves it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from warehouse.messages.visible import one_line, visible_lines


class Screen(Console):
    """A console on which text is no markup, and on which every character that is not seen is replaced.

    What rich itself says to the terminal (colours, the spinner's line) goes beside the text and passes.
    """

    def __init__(
        self, *, stderr: bool = False, width: int | None = None, file: IO[str] | None = None, record: bool = False
    ) -> None:
        super().__init__(
            stderr=stderr, width=width, file=file, record=record, markup=False, emoji=False, highlight=False
        )

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of what is shown, each text encoded."""
        for segment in super().render(renderable, options):
            yield segment if segment.is_control else Segment(visible_lines(segment.text), segment.style)

    def on_broken_pipe(self) -> None:
        """Goes on without being read, as by `head` that has seen enough: a run must not end with it."""
        go_on_unread(self.file)

    def complain(self, said: str) -> None:
        """An error: the lines below its first one are set in, carets below what they point at."""
        first, *others = said.rstrip("\n").split("\n")
        self.print(Text.assemble(("xianbao:", "red"), f" {first}", *(f"\n  {one}" for one in others)), soft_wrap=True)

    def say(self, text: str, style: str = "") -> None:
        """The text as one line, however long: no end of line in it begins another."""
        self.print(Text(one_line(text), style), soft_wrap=True)


def go_on_unread(stream: IO[str]) -> None:
    """What is still written to a stream that nobody reads any more goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
