"""Texts of a table that people open in a spreadsheet: none is run as a formula, none hides."""

from __future__ import annotations

import polars as pl

from warehouse.messages.visible import UNSEEN

# What `visible` replaces, but for tabs and ends of lines: within quotes they are part of a cell.
HIDDEN = rf"[[\p{{Cc}}\p{{Cf}}\p{{Zl}}\p{{Zp}}{''.join(sorted(UNSEEN))}]--[\t\r\n]]"
# What a spreadsheet runs, also in full width, as a small or a raised sign, and behind blanks or what is not seen.
FORMULA = r"^[\s\u{fffd}]*[=+\-@＝＋－＠﹢﹣﹦﹫⁺⁻⁼₊₋₌−]|^[\t\r\n]"


def harmless_cell(text: pl.Expr) -> pl.Expr:
    """The text as a cell that is only shown: behind an apostrophe where a spreadsheet would run it, nothing hidden."""
    shown = text.str.replace_all(HIDDEN, "\N{REPLACEMENT CHARACTER}")
    return pl.when(shown.str.contains(FORMULA)).then(pl.lit("'") + shown).otherwise(shown).name.keep()
