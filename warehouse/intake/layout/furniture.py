"""What stands round a table and is no part of it: signatures, notes, check sums, the line that numbers its columns.

Belongs here: what the texts of one row are. Does not belong here: what that makes of the row (`row_kinds`).
"""

from __future__ import annotations

import re
from functools import cache
from string import ascii_uppercase

from warehouse.codebook import load
from warehouse.intake.formats.table import Row, half_width, squeezed

STEMS = frozenset("甲乙丙丁戊己ABC") | {"栏次", "栏号", "序号", "列次", "列号"}
FEWEST_NUMBERS = 3
# (1), 2=3+4, 3(=1-2), 第3栏, 4列.
COLUMN_NUMBER = re.compile(r"第?\(?(\d{1,3})\)?[栏列]?(?:=[^=]*|\([^()]{1,30}\))?")
# 1.本表, 2、金额, (3)其中, ①, 一、: behind it a word, so that 1.5 is a number.
NUMBERED = re.compile(r"(?:\(?(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})[.、,:)]\)?|[①-⑳])\s*(?![0-9])\S")
MARKS = tuple("※*★☆▲△●○◆◇■□·•")
# A label of a signature: a short word of no figure and its colon.
LABEL = re.compile(r"[^0-9:]{1,12}:")
SENTENCE_ENDS = tuple("。;!")


def numbers_columns(row: Row) -> bool:
    """Whether a row numbers the columns, as statistical forms do: 甲 乙 1 2 3, (1) (2) (3), 1 2=3+4 3 4."""
    numbers = 0
    for text in row:
        said = squeezed(text)
        if not said or said in STEMS:
            continue
        found = COLUMN_NUMBER.fullmatch(said)
        if found is None or int(found[1]) != numbers + 1:
            return _in_letters(row)
        numbers += 1
    return numbers >= FEWEST_NUMBERS or _in_letters(row)


def _in_letters(row: Row) -> bool:
    """Whether a row has the letters of its columns: A B C D."""
    said = "".join(squeezed(text) for text in row)
    return len(said) >= FEWEST_NUMBERS and ascii_uppercase.startswith(said)


def is_signature(text: str) -> bool:
    """Whether a text begins with a footer's word (codebook/words.csv), alone or with a sign or number behind it."""
    return _footers().match(squeezed(text)) is not None


def is_footer_label(text: str) -> bool:
    """Whether a text is a footer's word with nothing said behind it: a number beside it is no figure."""
    known = load().words.get(squeezed(text).rstrip(":"))
    return known is not None and known.meaning == "footer"


def is_label(text: str) -> bool:
    """Whether a text begins with a short word and its colon, whatever the word."""
    return LABEL.match(half_width(text)) is not None


def is_note(text: str) -> bool:
    """Whether a text by itself is a note: numbered, starred, begun as notes begin (words.csv), or a whole sentence."""
    said = text.strip()
    plain = half_width(said)
    return (
        said.startswith(MARKS)
        or NUMBERED.match(said) is not None
        or NUMBERED.match(plain) is not None
        or squeezed(text).startswith(_openings())
        or plain.endswith(SENTENCE_ENDS)
    )


@cache
def _footers() -> re.Pattern[str]:
    words = (re.escape(word) for word, known in load().words.items() if known.meaning == "footer")
    return re.compile(rf"(?:{'|'.join(words)})(?:$|[:;,.(0-9])")


@cache
def _openings() -> tuple[str, ...]:
    return tuple(word for word, known in load().words.items() if known.meaning == "note")
