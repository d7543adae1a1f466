"""The page of slips: goals with what was measured, and what was said by kind and by form."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tests.slips.kinds import KINDS, POWERS
from tests.slips.measure import Night

# The share in percent of which nothing was said before there were growth, level and corrections (commit 8e6bc98), with
# a slip in a tenth of the returns and in every one.
BEFORE = {
    "x10": (39, 40), "tenth": (39, 0), "x10^4": (15, 0), "transposed": (58, 0), "dropped": (38, 0), "doubled": (40, 0),
    "sign": (0, 0), "row": (50, 0), "last": (67, 0), "swapped": (27, 0), "county": (60, 0),
}  # fmt: skip
OPENING = ""


def table(slips: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """A row per `by` in the order of KINDS: how many slips, what was said, percents."""
    said, order = pl.col("said"), pl.col("kind").replace_strict({kind: n for n, kind in enumerate(KINDS)})
    return (
        slips.group_by(by)
        .agg(
            pl.len().alias("slips"),
            *((said == word).sum().alias(word) for word in ("error", "query", "nothing")),
            *_percents(),
        )
        .sort(*((order if column == "kind" else pl.col(column)) for column in by))
    )


def _percents() -> list[pl.Expr]:
    shares = {"silent %": pl.col("said") == "nothing", "cell named %": pl.col("named").filter(_found()),
              "right value first %": pl.col("right"), "another first %": pl.col("other")}  # fmt: skip
    return [(100 * share.mean()).round(1).alias(name) for name, share in shares.items()]


def _found() -> pl.Expr:
    return pl.col("said") != "nothing"


def markdown(frame: pl.DataFrame) -> str:
    """The frame as a table of a page."""
    with pl.Config(
        tbl_formatting="MARKDOWN", tbl_hide_column_data_types=True, tbl_hide_dataframe_shape=True, tbl_rows=-1,
        tbl_cols=-1, tbl_width_chars=-1, fmt_str_lengths=100, tbl_cell_numeric_alignment="RIGHT",
    ):  # fmt: skip
        return str(frame)


def questioned(night: Night) -> float:
    """How many of the clean cells are named by a query or an error, in percent."""
    return 100 * night.questioned.total() / max(night.cells.total(), 1)


def carried(night: Night) -> float:
    """How much of all error the tenth of the findings that come first carries, in percent."""
    return 100 * night.carried / (night.error or 1)


def page(tenth: Night, every: Night, seeds: Sequence[int], periods: Sequence[str]) -> str:
    """All of it."""
    return "\n\n".join(
        [
            OPENING,
            markdown(_goals(tenth)),
            *(markdown(table(n.slips, ["kind"])) for n in (tenth, every)),
            f"{seeds} {periods}",
        ]
    )


def _goals(night: Night) -> pl.DataFrame:
    """A row per goal: what was asked, what was measured, whether it is reached."""
    slips = night.slips
    of = {kind: slips.filter(kind=kind) for kind in KINDS}
    found, broken = slips.filter(_found()), of["transposed"].filter(said="error")
    rows = [
        *((f"silent of {k}", "<=", b, (of[k]["said"] == "nothing").mean()) for k, b in
          {"x10": 5.0, "x10^4": 5.0, "transposed": 25.0}.items()),
        ("clean cells questioned", "<=", 0.3, questioned(night) / 100),
        ("cell named, where anything is said", ">=", 95.0, found["named"].mean()),
        ("right value first of powers of ten", ">=", 80.0, slips.filter(pl.col("kind").is_in(POWERS))["right"].mean()),
        ("right value first of transpositions that break a critical rule", ">=", 60.0, broken["right"].mean()),
        ("error that the top tenth of the findings carries", ">=", 90.0, carried(night) / 100),
    ]  # fmt: skip
    shares = [
        (text, f"{way} {goal:g} %", round(100 * float(str(share)), 2), goal, way) for text, way, goal, share in rows
    ]
    return pl.DataFrame(
        [(text, goal, f"{share:g} %", "yes" if (share <= bound) == (way == "<=") or share == bound else "no")
         for text, goal, share, bound, way in shares],
        ["goal", "asked", "measured", "reached"], orient="row",
    )  # fmt: skip
