"""Coverage for any returns: each county that owes a figure is in exactly one of what the mart counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import BOOK
from tests.programmes import InMemory, in_memory, said
from warehouse.marts.programme import programme
from warehouse.marts.sources import levels_of

SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PERIOD = "2017-12"
CODES = [d.county_code for d in BOOK.in_force("2017-12")]
NOT_IN_FORCE = ("quarantined", "withdrawn")
COUNTS = ("counted", "nil", "blank", "missing", "quarantined")
# What a county sends, and what it is then in the lines looked at: of a required column, and of one that is not.
SENT: Mapping[str, Mapping[str, Any]] = {
    "relocation": {
        "both": {"villages_planned": 3, "resettlement_sites": 1}, "one": {"villages_planned": 3},
        "nothing": {"villages_planned": None}, "nil": {"villages_planned": 0},
    },
    "outcomes": {
        "both": {"rural_population": 5, "income_per_capita": Decimal(1), "income_wages": Decimal(1)},
        "one": {"rural_population": 5, "income_per_capita": Decimal(1)}, "nothing": {"rural_population": None},
        "nobody": {"rural_population": 0},
    },
}  # fmt: skip
SAID: Mapping[str, Mapping[str, str]] = {
    "villages_planned": {"both": "counted", "one": "counted", "nothing": "blank", "nil": "counted"},
    "resettlement_sites": {"both": "counted", "one": "blank", "nothing": "blank", "nil": "nil"},
    "income_per_capita": {"both": "counted", "one": "counted", "nothing": "blank", "nobody": "exempt"},
    "income_wages": {"both": "counted", "one": "blank", "nothing": "blank", "nobody": "exempt"},
}
AWAY = {"quarantined": "quarantined", "withdrawn": "missing", "missing": "missing"}


@st.composite
def provinces(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """What some counties sent of a dataset."""
    name = draw(st.sampled_from(sorted(SENT)))
    counties = draw(st.lists(st.sampled_from(CODES), max_size=14, unique=True))
    return name, {county: draw(st.sampled_from([*SENT[name], *NOT_IN_FORCE])) for county in counties}


def sources_of(name: str, sent: Mapping[str, str]) -> InMemory:
    """Sources in which returns are nil, quarantined and withdrawn as their kind says."""
    rows = {county: [SENT[name][kind]] if kind in SENT[name] else [] for county, kind in sent.items()}
    sources = in_memory(name, *(said(county, PERIOD, *given) for county, given in rows.items()))
    kinds = pl.Series(list(sent.values()), dtype=pl.String)
    verdicts = pl.Series([kind if kind in NOT_IN_FORCE else "accepted" for kind in sent.values()], dtype=pl.String)
    decided = sources.returns.with_columns(nil=kinds == "nil", verdict=verdicts)
    return replace(sources, read=lambda _: decided, wanted=(PERIOD,))


@SLOW
@given(provinces())
def test_each_county_due_is_counted_nil_blank_missing_or_quarantined(province: tuple[str, dict[str, str]]) -> None:
    name, sent = province
    mart = programme(sources_of(name, sent), name).collect()
    parts = pl.sum_horizontal(f"counties_{count}" for count in COUNTS)
    assert mart.select((pl.col("counties_due") == parts).all()).item()
    wanted: dict[tuple[str, str], Counter[str]] = {}
    for county, level, code, _ in levels_of(BOOK, PERIOD).iter_rows():
        for line in SAID:
            kind = sent.get(county, "missing")
            wanted.setdefault((f"{level} {code}", line), Counter())[AWAY.get(kind) or SAID[line].get(kind, "")] += 1
    for row in mart.filter(pl.col("indicator").is_in(list(SAID))).rows(named=True):
        counts = wanted[f"{row['level']} {row['code']}", row["indicator"]]
        due = counts.total() - counts["exempt"]
        assert {count: row[f"counties_{count}"] for count in COUNTS} == {count: counts[count] for count in COUNTS}
        required = BOOK.datasets[name][row["indicator"]].required != "false"
        lacking = counts["missing"] + counts["quarantined"] + (counts["blank"] if required else 0)
        assert row["complete"] == (lacking == 0)
        given_by = counts["counted"] + counts["nil"]
        assert row["partial"] == (row["level"] != "county" and given_by < due * BOOK.partial_below / 100)
        assert (row["value"] is None) == (counts["counted"] == 0)
        assert (row["status"] is None) == (counts["counted"] == 0)
