"""What is in force, and why it turned: the selection over all decisions says what following them run by run says."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import TIANZHEN, YANGGAO
from warehouse.store import ledger
from warehouse.store.journal_records import ACCEPTED
from warehouse.store.supersession import in_force_changes

BEGAN = datetime(2018, 1, 1)  # noqa: DTZ001
Told = dict[str, Any]


@st.composite
def stores(draw: st.DrawFn) -> list[Told]:
    """Decisions as runs may make them, in the order of runs: what came newly, what is judged again, what a person does
    with what is accepted or quarantined.
    """
    told: list[Told] = []
    last: dict[tuple[str, int], Told] = {}
    versions = {YANGGAO: 0, TIANZHEN: 0}
    receipt = 0
    for number in range(1, draw(st.integers(1, 7)) + 1):
        request = draw(st.sampled_from(["night", "night", "rejudge", "waive", "withdraw"]))
        wanted: list[tuple[str, int]] = []
        if request == "night":
            for county in draw(st.lists(st.sampled_from([YANGGAO, TIANZHEN]), min_size=1, max_size=3)):
                receipt += 1
                wanted.append((county, receipt))
        else:
            found = ACCEPTED if request == "withdraw" else ("quarantined",)
            may = [key for key, one in last.items() if request == "rejudge" or one["verdict"] in found]
            wanted = draw(st.lists(st.sampled_from(may), max_size=2, unique=True)) if may else []
            # A person decides on one county's return at a time.
            wanted = wanted if request == "rejudge" else wanted[:1]
        for county, of in sorted(wanted, key=lambda key: key[1]):
            verdict = {"waive": "accepted_with_queries", "withdraw": "withdrawn"}.get(request) or draw(
                st.sampled_from([*ACCEPTED, "quarantined"])
            )
            versions[county] += verdict in ACCEPTED
            one = {
                "run": f"{number:06}", "receipt": of, "submission": f"s{of}", "dataset": "finance",
                "county_code": county, "period": "2017-12", "verdict": verdict,
                "version": versions[county] if verdict in ACCEPTED else None,
                "known_from": BEGAN + timedelta(days=number),
                "reason": request if request in ("waive", "withdraw") else None,
            }  # fmt: skip
            last[county, of] = one
            told.append(one)
    return told


def followed(told: list[Told]) -> list[tuple[Any, ...]]:
    """Run by run: county, run, why, versions before and after; what a person said."""
    last: dict[str, dict[int, Told]] = {YANGGAO: {}, TIANZHEN: {}}
    found = []
    for run, decisions in groupby(told, key=lambda one: one["run"]):
        by_county: dict[str, list[Told]] = {}
        for one in decisions:
            by_county.setdefault(one["county_code"], []).append(one)
        for county, own in by_county.items():
            known = set(last[county])
            before = in_force(last[county])
            last[county] |= {one["receipt"]: one for one in own}
            after = in_force(last[county])
            if before != after:
                said = next((one["reason"] for one in own if one["reason"]), None)
                found.append((county, run, why(own, known, before, said), before, after, said))
    return sorted(found)


def in_force(last: dict[int, Told]) -> int | None:
    accepted = [receipt for receipt, one in last.items() if one["verdict"] in ACCEPTED]
    return int(last[max(accepted)]["version"]) if accepted else None


def why(own: list[Told], known: set[int], before: int | None, said: str | None) -> str:
    if said:
        return {"waive": "waived", "withdraw": "withdrawn"}[said]
    if {one["receipt"] for one in own} & known:
        return "rejudged"
    return "new_return" if before is None else "resubmission"


@settings(max_examples=200, deadline=None)
@given(stores())
def test_turns_are_those_of_following_the_decisions_run_by_run(told: list[Told]) -> None:
    returns = pl.DataFrame(told, ledger.schema(ledger.RETURNS)).lazy()
    found = in_force_changes(returns).collect()
    columns = ("county_code", "run", "why", "version_before", "version_after", "reason")
    assert sorted(found.select(columns).rows()) == followed(told)
