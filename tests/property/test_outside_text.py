"""Text from outside in each thing that is shown, read by what reads it: no parser finds anything in it but text."""

from __future__ import annotations

import csv
import io
import json
import logging
import os
from collections.abc import Callable
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from expectations.data_docs.model import SEVERITIES, Line, Page
from expectations.data_docs.pages import VIEW
from expectations.validation.results import PLACE
from flows.cli.screen import Screen
from flows.cli.views.text_columns import aligned_columns, print_cut, print_line, print_list
from tests.oracles import READERS, elements, hidden, moves, runs, tokens
from warehouse.intake.formats.file_labels import harmless
from warehouse.messages.json_text import to_json
from warehouse.messages.log import log
from warehouse.messages.markdown import Markdown, table
from warehouse.messages.spreadsheet import harmless_cell
from warehouse.messages.visible import one_line

# What starts something somewhere, and hides; between it anything.
PIECES = (
    "\\", "`", "```", "*", "**", "_", "~~", "[", "](", ")", "![", "<", ">", "<b>", "<!--", "&lt;", "&#60;", "|", "#",
    "# ", "- ", "+ ", "1. ", "1) ", "---", "===", "$", "$$", ":", "@", "a@b.cn", "//", "http://127.0.0.1:9/",
    "www.a.cn", "evil.com", "evil.md", "a.py", "a.xlsx", "mailto:a@b.cn", "\n", "\r\n", "\t", "    ", "\x1b[31m",
    "\x1b]0;t\x07", "\x9b1m", "\x00", "\x7f", "\x85", "\u2028", "\u202e", "\u2066", "\u200b", "\u200f", "\ufeff",
    "\xad", "ㅤ", "\ud800", "=1+1", "+1", "-1", "@SUM", "＝1", "−1", ";", "'", '"', "{{7*7}}", "{0}", "{", "%s",
    "[red]", "[/]", "<script>", "onerror=", "村", "a", " ",
)  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=8).map("".join)
# As findings.md and tables have it: a line, a heading, in a list, behind a hard break, below a line, in bold.
FRAMES = ("{}", "# {}\n", "- `r` **村** {}  \n  x", "- x  \n  {}", "甲\n{}\n", "- `r` **村{}村**: x")
QUICK = settings(max_examples=50, deadline=None)


# --- Markdown ------------------------------------------------------------------------------------------------------


def shape(reader: MarkdownIt, text: str) -> list[str]:
    """What a reader of Markdown makes of a text, but for the words: text beside text is one."""
    kinds = [one.type for one in tokens(reader, text) if one.type != "text_special"]
    return [kind for at, kind in enumerate(kinds) if kind != "text" or kinds[at - 1 : at] != ["text"]]


def words(reader: MarkdownIt, text: str) -> str:
    return "".join(one.content for one in tokens(reader, text) if one.type.startswith("text"))


@QUICK
@given(TEXTS)
@example("- 金融扶贫")
@example("1. x")
@example("=")
@example("[a](http://127.0.0.1:9/evil) **b** _i_ ~~s~~ http://127.0.0.1:9/auto | a &#60; `c`")
def test_no_markdown_comes_of_it(text: str) -> None:
    shown = one_line(text).strip()
    assume(shown)
    encoded = Markdown.of(text)
    assert hidden(encoded) == set()
    for reader in READERS:
        for frame in FRAMES:
            alone, around = (shape(reader, Markdown(frame).format(one)) for one in ("村", encoded))
            assert around == alone, (frame, encoded)
        assert shape(reader, table(("a", "b"), [(text, "x")])) == shape(reader, table(("a", "b"), [("村", "x")]))
        assert words(reader, f"村{encoded}村") == f"村{shown}村"


# --- terminals -----------------------------------------------------------------------------------------------------


def on_screen(show: Callable[[Screen], object], width: int = 40) -> str:
    """What a terminal with colours is sent."""
    with patch.dict(os.environ, {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": str(width)}):
        screen = Screen(width=width, file=io.StringIO())
    show(screen)
    return str(screen.file.getvalue())  # type: ignore[attr-defined]


def in_table(text: str) -> RenderableType:
    grid = Table(text, title=text)
    grid.add_row(text)
    return grid


@QUICK
@given(TEXTS)
@example("\x1b]0;t\x07\x1b[2J\x1b[31mred\x1b[0m\u202egnp.exe\u2066")
def test_nothing_of_it_moves_a_terminal_or_colours_it(text: str) -> None:
    shows: dict[str, Callable[[Screen], object]] = {
        "print": lambda s: s.print(text),
        "style": lambda s: s.print(text, style="red"),
        "Text": lambda s: s.print(Text.assemble(("a", "bold"), text)),
        "table": lambda s: s.print(in_table(text)),
        "say": lambda s: s.say(text, "yellow"),
        "complain": lambda s: s.complain(text),
        "print_line": lambda s: print_line(s, text, "dim", indent=2),
        "print_cut": lambda s: print_cut(s, text, "dim"),
        "columns": lambda s: print_list(s, aligned_columns([(text, "x"), ("y", text)], right=(0,))),
    }
    for name, show in shows.items():
        assert moves(on_screen(show)) == set(), name
    assert "\x1b" not in on_screen(shows["print"]), "a colour of its own"


@QUICK
@given(TEXTS)
def test_no_end_of_line_in_it_begins_a_line(text: str) -> None:
    text = f"a{text}\nFORGED"
    for show in (
        lambda s: s.say(text),
        lambda s: print_line(s, text),
        lambda s: print_cut(s, text),
        lambda s: print_list(s, aligned_columns([(text,)])),
    ):
        assert on_screen(show, 500).count("\n") == 1
    assert not any(line.startswith("FORGED") for line in on_screen(lambda s: s.complain(text), 500).splitlines())


# --- pages ---------------------------------------------------------------------------------------------------------


def page(text: str) -> str:
    """A page of checks with the text wherever a submission's can be."""
    rows = ({**dict.fromkeys(PLACE, text), "x": text},)
    line = Line("r", "critical", ("甲", "a"), "s", "says", ("x", "x"), 9, 1, 5, ("x",), rows)
    shown = Page("2017-12-finance", "finance", "2017-12", ("甲", "a"), {"x": ("甲", "a")}, 1, "1", (line,))
    return VIEW.env.get_template("batch.html").render(
        page=shown, run="000001", severities=SEVERITIES, place=PLACE, shown=str
    )


@QUICK
@given(TEXTS)
@example('<script>document.title="XSS"</script><img src=x onerror="document.title=1">{{7*7}}{%x%}')
@example('"><b onclick=x>')
def test_no_element_or_attribute_comes_of_it_and_nothing_hides_in_a_page(text: str) -> None:
    made = page(text)
    assert elements(made) == elements(page("村"))
    assert hidden(made) == set()


# --- tables, machines, the log -------------------------------------------------------------------------------------


@QUICK
@given(st.lists(TEXTS.map(lambda text: text.encode(errors="replace").decode()), min_size=1, max_size=5))
@example(["\u200b=1+1", "\ufeff=cmd", "\x00=1", "\u3000=2", "﹢1", "⁼1", "\u22121+1", "\x7f=7", "-1", "\u00ad=4"])
def test_no_spreadsheet_runs_it(texts: list[str]) -> None:
    written = pl.DataFrame({"a": texts, "b": texts}).with_columns(harmless_cell(pl.col(pl.String))).write_csv()
    header, *rows = csv.reader(io.StringIO(written, newline=""))
    assert (header, len(rows)) == (["a", "b"], len(texts))
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if runs(cell)] == []
    assert hidden("".join(cells)) <= {"\t", "\r"}


@QUICK
@given(st.dictionaries(TEXTS, TEXTS, max_size=3))
def test_json_says_it_whole_and_shows_nothing_raw(value: dict[str, str]) -> None:
    written = to_json(value)
    assert json.loads(written) == value
    assert hidden(written) == set()
    assert not [c for c in written if 0xD800 <= ord(c) < 0xE000]


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_json_has_no_word_for_what_is_no_number(number: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json({"a": number})


@QUICK
@given(TEXTS)
@example("line1\nERROR forged log line")
def test_a_message_is_a_line_of_the_log(text: str) -> None:
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    log.logger.addHandler(handler)
    try:
        log.warning("%s waits: %d", text, 1)
        log.error(text.replace("%", ""))
    finally:
        log.logger.removeHandler(handler)
    assert len(records) == 2
    for record in records:
        assert hidden(record.getMessage()) == set()
        assert "\n" not in record.getMessage()
        assert record.filename == "test_outside_text.py"


@QUICK
@given(TEXTS)
def test_a_label_of_a_file_is_a_line_that_can_be_written(text: str) -> None:
    label = harmless(text)
    assert hidden(label) == set()
    assert "\n" not in label
    assert label.encode().decode() == label
