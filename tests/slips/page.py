"""The page of slips: goals with what was measured, and what was said of slips by kind and by form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from tests.slips.kinds import KINDS, POWERS
from tests.slips.measure import Night

# The share in percent of which nothing was said by the rules of 27 November 2026, before there were bounds of growth
# and level: with slips in a tenth of the returns, and in every one.
BEFORE: Mapping[str, tuple[float, float]] = {
    "x10": (19.1, 27.2), "tenth": (11.5, 14.4), "x10^4": (9.2, 15.0), "transposed": (59.6, 58.1),
    "dropped": (23.1, 26.1), "doubled": (28.6, 33.5), "sign": (0.0, 0.2), "row": (40.1, 43.3), "last": (67.4, 75.9),
    "swapped": (11.4, 12.5), "county": (28.0, 30.0),
}  # fmt: skip
FOUND = pl.col("said") != "nothing"
OPENING = """\
# Slips, and what is said of them

Written by `make slips` (`python -m tests.slips.run --page`); `tests/slips/test_slips.py` holds some hundreds of slips
to what is asked. All data is synthetic; where that flatters is said below.

A slip is one thing typed wrong in a return that else is right, in the unit and with the decimals of its form. It is
planted in the clean province (seeds {seeds}; periods {periods}; all months from January 2016 accepted before as they
are), the period is judged as a night judges it, and what is found is looked up. Slips are in a tenth of the returns
of each form, the kinds one after the other, and four times in another tenth: the peers have slips too. {n} slips in
all.
"""
READING = """\
- *error, query, nothing*: the gravest that is said of the return, or of the form that it is compared with, and is not
  said without the slip. *Silent*: nothing. *Before*: the same slips and the rules of 27 November 2026, before bounds
  of growth and level; 1.4 % of the clean cells were questioned then, all by `history_outlier`.
- *cell named*: where anything is said, a finding of the return itself names the cell, or one of them.
- *right value first*: the first proposal of a finding of the return puts the true value back, of all cells and no
  others; of powers of ten but for the digits that the slip lost. *Another first*: the first proposal of a finding does
  not.
- *clean cells questioned*: cells with a number that an error or a query names, in returns without a slip whose county
  has none in a form that they are compared with either: {questioned} of {cells}.
- *error carried*: a cell's error is its distance from the truth in percent of the column's sum over all counties (of a
  ratio too, as if it were summed). The errors and queries of a night are put in the order of their score; what the
  cells that the first tenth of them names are off is set against all errors, those of silent slips too. Yuan below 万元
  are nearly all of it: the last table has a column without them.
- *yuan below 万元*: money alone, ten thousand times too much; where the form asks for 元, 万元 below it.

Slips of which nothing is said are {silent:.0f} % of all and carry {silent_error:.1f} % of the error,
{silent_most:.1f} % without yuan below 万元. A return took {milliseconds:.1f} ms of processor to judge, one in ten with
a slip.
"""
FLATTERS = """\
## Where synthetic data flatters

- The clean province keeps every rule, and its forms agree to the last unit: what breaks an equality stands alone. Real
  returns are full of small disagreements.
- The months between the four that are drawn lead from one to the next by season, luck and a trend, with surges. No
  bureau is reorganised, no definition changed, no return corrected afterwards or copied for half a year. History says
  less in life, and more clean cells will be questioned.
- Counties of a class differ by chance about one level: peers say more than they will.
- The bounds were chosen on such provinces.
- A slip is alone in its return and new. Whoever misreads a unit does so in all the return, which is seen more easily;
  who does so each month has a past that agrees, which is seen by peers alone.
- Small numbers flatter nothing: whether one letter was signed or ten, or the last digits of an amount, no figure
  tells. Of two digits transposed a third change a number by less than a twentieth.
"""


def table(slips: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """A row per `by`, kinds in the order of KINDS: how many slips, what was said, percents."""
    shares = {
        "silent %": ~FOUND,
        "cell named %": pl.col("named").filter(FOUND),
        "right value first %": pl.col("right"),
        "another first %": pl.col("other"),
    }
    return (
        slips.group_by(by)
        .agg(
            pl.len().alias("slips"),
            *((pl.col("said") == word).sum().alias(word) for word in ("error", "query", "nothing")),
            *((100 * share.mean()).round(1).alias(name) for name, share in shares.items()),
        )
        .sort(*((_place(c) if c == "kind" else pl.col(c)) for c in by))
    )


def _place(kind: str) -> pl.Expr:
    return pl.col(kind).replace_strict({name: n for n, name in enumerate(KINDS)})


def markdown(frame: pl.DataFrame) -> str:
    """The frame as a table of a page; blank for null."""
    with pl.Config(
        tbl_formatting="MARKDOWN", tbl_hide_column_data_types=True, tbl_hide_dataframe_shape=True, tbl_rows=-1,
        tbl_cols=-1, tbl_width_chars=-1, fmt_str_lengths=100, tbl_cell_numeric_alignment="RIGHT",
    ):  # fmt: skip
        return str(frame).replace(" null ", "      ")


def questioned(night: Night) -> float:
    """How many of the clean cells are named by a query or an error, in percent."""
    return round(100 * night.questioned.total() / max(night.cells.total(), 1), 3)


def carried(night: Night) -> float:
    """How much of all error the tenth of the findings that come first carries, in percent."""
    return round(100 * night.carried / (night.error or 1), 1)


def goals(night: Night) -> pl.DataFrame:
    """A row per goal: what is asked and what was measured, in percent."""
    slips = night.slips
    silent = {kind: _share(slips.filter(kind=kind), ~FOUND) for kind in KINDS}
    powers, broken = slips.filter(pl.col("kind").is_in(POWERS)), slips.filter(kind="transposed", said="error")
    rows = [
        ("silent: ten times too much", "≤ 5", silent["x10"]),
        ("silent: yuan below 万元 and the reverse", "≤ 5", silent["x10^4"]),
        ("silent: two digits transposed", "≤ 25", silent["transposed"]),
        ("clean cells questioned", "≤ 0.3", questioned(night)),
        ("cell named where anything is said", "≥ 95", _share(slips.filter(FOUND), pl.col("named"))),
        ("right value first: powers of ten", "≥ 80", _share(powers, pl.col("right"))),
        ("right value first: transpositions that break a critical rule", "≥ 60", _share(broken, pl.col("right"))),
        ("error carried by the first tenth of the findings", "≥ 90", carried(night)),
    ]
    return pl.DataFrame(rows, ["goal", "asked %", "measured %"], orient="row")


def _share(slips: pl.DataFrame, of: pl.Expr) -> float | None:
    """In percent; None of nothing."""
    return slips.select((100 * of.mean()).round(2)).item()  # type: ignore[no-any-return]


def _silent_error(slips: pl.DataFrame) -> float:
    """How much of their error slips carry of which nothing is said, in percent."""
    return 100 * slips.filter(~FOUND)["error"].sum() / slips["error"].sum()


def page(tenth: Night, every: Night, others: Mapping[str, Night], seeds: Sequence[int], periods: Sequence[str]) -> str:
    """All of it: slips in a tenth of the returns, in every one, and in a tenth where something else is otherwise."""
    slips, named = tenth.slips, {"seeds": ", ".join(map(str, seeds)), "periods": ", ".join(periods)}
    said = {
        "questioned": tenth.questioned.total(), "cells": tenth.cells.total(), "milliseconds": tenth.milliseconds,
        "silent": _share(slips, ~FOUND), "silent_error": _silent_error(slips),
        "silent_most": _silent_error(slips.filter(pl.col("kind") != "x10^4")),
    }  # fmt: skip
    return "\n".join(
        [
            OPENING.format(**named, n=slips.height),
            f"{markdown(goals(tenth))}\n",
            READING.format(**said),
            "## By kind\n",
            f"{markdown(_with_before(table(slips, ['kind']), 0))}\n",
            f"The same with a slip in every return of one row, all of a kind, in {periods[-1]} of seed {seeds[0]}:\n",
            f"{markdown(_with_before(table(every.slips, ['kind']), 1))}\n",
            "## By form: the share of which nothing is said, in percent\n",
            f"{markdown(_by_form(slips))}\n",
            f"## Otherwise, in {periods[-1]} alone\n",
            f"{markdown(_settings(others))}\n",
            FLATTERS,
        ]
    )


def _with_before(by_kind: pl.DataFrame, setting: int) -> pl.DataFrame:
    labels = pl.col("kind").replace_strict({name: kind.label for name, kind in KINDS.items()})
    before = pl.col("kind").replace_strict({kind: shares[setting] for kind, shares in BEFORE.items()})
    silent = by_kind.columns.index("silent %")
    return by_kind.insert_column(silent, by_kind.select(before.alias("silent before %")).to_series()).with_columns(
        labels
    )


def _by_form(slips: pl.DataFrame) -> pl.DataFrame:
    silent = table(slips, ["dataset", "kind"])
    return silent.pivot(on="kind", index="dataset", values="silent %").select("dataset", *KINDS)


def _settings(others: Mapping[str, Night]) -> pl.DataFrame:
    """A row per goal, a column of what was measured per setting."""
    measured = [goals(night).select(pl.col("measured %").alias(name)) for name, night in others.items()]
    first = goals(next(iter(others.values()))).select("goal", "asked %")
    return pl.concat([first, *measured], how="horizontal")
