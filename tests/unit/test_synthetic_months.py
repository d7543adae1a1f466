"""The long sample: 36 months through the four drawn periods, with seasons, with growth, and without an error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import quantiles
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from flows.cli.main import app
from tests.builders import BOOK
from tests.slips.judging import Past, judged
from warehouse.messages.errors import PermanentError
from warehouse.synthetic import MONTHS, PERIODS, Return, build_returns, write_sample
from warehouse.synthetic.relocation import STAGES

SEED = 5
UNCHANGED = {d.county_code for d in BOOK.in_force("2016-01")} & {d.county_code for d in BOOK.in_force("2018-12")}
Rows = dict[tuple[str, str, str], tuple[dict[str, Any], ...]]  # by period, county, dataset


@cache
def sent() -> tuple[Return, ...]:
    return build_returns(SEED, MONTHS)


@cache
def rows() -> Rows:
    return {(r.period, r.county_code, r.dataset): tuple(map(dict, r.rows)) for r in sent()}


def columns(kind: str) -> Iterator[tuple[str, str]]:
    """Each column of that kind in the forms of one row."""
    for name, dataset in BOOK.datasets.items():
        if dataset.one_row:
            yield from ((name, i.column) for i in dataset.indicators if i.kind == kind and i.numeric)


def values(dataset: str, column: str, code: str) -> dict[str, Any]:
    """A county's values by period, of those in which it gives one."""
    given = {period: rows().get((period, code, dataset)) for period in MONTHS}
    return {period: found[0][column] for period, found in given.items() if found and found[0][column] is not None}


def total(dataset: str, column: str, period: str) -> float:
    return float(sum(found[0][column] for (p, _, name), found in rows().items() if (p, name) == (period, dataset)))


def test_the_four_periods_are_as_they_are_alone() -> None:
    assert tuple(r for r in sent() if r.period in PERIODS) == build_returns(SEED)


def test_a_shorter_sample_is_the_end_of_a_longer_one() -> None:
    assert tuple(r for r in sent() if r.period >= "2018-11") == build_returns(SEED, MONTHS[-2:])


def test_every_due_return_is_there_once_under_the_code_in_force() -> None:
    due = [
        (period, division.county_code, dataset.dataset)
        for period in MONTHS
        for dataset in BOOK.datasets.values()
        if dataset.due(period)
        for division in BOOK.members(dataset.owed_by, period)
    ]
    assert [(r.period, r.county_code, r.dataset) for r in sent()] == due
    assert {p for p, _, name in due if name == "upskilling"} == {"2018-03", "2018-06", "2018-09", "2018-12"}
    assert [len({c for p, c, _ in due if p == period}) for period in ("2018-03", "2018-04", "2018-11")] == [
        119,
        118,
        117,
    ]


@pytest.mark.parametrize("name", BOOK.datasets)
def test_values_are_of_the_types_that_are_kept(name: str) -> None:
    dataset = BOOK.datasets[name]
    given = [row for (_, _, found), some in rows().items() if found == name for row in some]
    frame = pl.DataFrame(given, dataset.dtypes, orient="row", strict=True)
    assert frame.height == len(given)
    assert {frozenset(row) for row in given} == {frozenset(dataset.columns)}


def test_what_adds_up_over_a_year_or_for_good_never_falls() -> None:
    fallen = [
        (name, column, code, before, after)
        for kind in ("cumulative", "year_to_date")
        for name, column in columns(kind)
        for code in UNCHANGED
        for (before, then), (after, now) in pairwise(values(name, column, code).items())
        if now < then and (kind == "cumulative" or before[:4] == after[:4])
    ]
    assert fallen == []


def test_summaries_agree_with_their_registers_in_every_month() -> None:
    for (period, code, name), found in rows().items():
        if name == "relocation" and found:
            register = rows()[period, code, "relocation_villages"]
            reached = {stage: sum(r[day] is not None for r in register) for stage, day in STAGES.items()}
            assert found[0].items() >= {"villages_planned": len(register), **reached}.items()
        if name == "support":
            units = rows()[period, code, "support_units"]
            assert found[0]["funds_attracted_yuan"] == sum(u["funds_attracted_yuan"] for u in units)
            assert found[0]["central_units"] == sum(u["unit_level"] == "central" for u in units)


def test_a_year_opens_with_what_the_last_one_closed_with() -> None:
    for code in UNCHANGED:
        opening, closing = (values("outcomes", f"poor_persons_{what}", code) for what in ("opening", "closing"))
        assert opening["2017-06"] == opening["2017-12"] == closing["2016-12"]
        assert opening["2018-06"] == opening["2018-12"] == closing["2017-12"]


@pytest.mark.parametrize(
    ("dataset", "column", "months", "least"),
    [
        ("projects", "afforestation_done_mu", range(4, 11), 0.75),
        ("training", "trained_persons", (11, 12, 1, 2, 3), 0.55),
        ("finance", "loan_amount_yuan", range(3, 6), 0.35),
        ("funds", "fiscal_spent_yuan", range(10, 13), 0.35),
    ],
)
def test_work_has_its_season(dataset: str, column: str, months: Any, least: float) -> None:
    sums = [0, *(total(dataset, column, f"2017-{month:02}") for month in range(1, 13))]
    assert sum(sums[month] - sums[month - 1] for month in months) >= least * sums[12]


def growth_rates(dataset: str, column: str, before: str, after: str) -> list[float]:
    """Of each county that has some of it in both periods."""
    both = (values(dataset, column, code) for code in UNCHANGED)
    return [float(v[after] / v[before]) for v in both if v.get(before) and v.get(after)]


@pytest.mark.parametrize(
    ("dataset", "column"),
    [
        ("ecology", "payments_yuan"),
        ("industry", "households_linked"),
        ("finance", "loan_balance_yuan"),
        ("funds", "fiscal_spent_yuan"),
        ("projects", "afforestation_done_mu"),
        ("relocation", "persons_housed"),
        ("health", "medical_cost_yuan"),
        ("training", "trained_persons"),
        ("support", "funds_invested_yuan"),
        ("accountability", "inspections"),
        ("motivation", "participants"),
    ],
)
def test_growth_differs_by_county(dataset: str, column: str) -> None:
    """From one period to the next the middle half of the counties spreads."""
    due = [p for p in MONTHS if p >= "2017-05" and BOOK.datasets[dataset].due(p)]
    low, middle, high = quantiles(growth_rates(dataset, column, *due[:2]), n=4)
    assert high - low > 0.02 * middle


def test_some_counties_jump_and_few_stand_still() -> None:
    due = [p for p in MONTHS if p.startswith("2017")]
    rates = [r for pair in pairwise(due) for r in growth_rates("finance", "loan_amount_yuan", *pair)]
    usual = [r for pair in pairwise(due[4:]) for r in growth_rates("finance", "loan_amount_yuan", *pair)]
    assert sum(rate == 1 for rate in rates) < 0.02 * len(rates)
    low, middle, high = quantiles(usual, n=4)
    assert 0.005 < sum(rate > middle + 5 * (high - low) for rate in usual) / len(usual) < 0.1


def test_a_row_is_neither_the_last_months_nor_a_multiple_of_it() -> None:
    ratios: dict[str, list[bool]] = defaultdict(list)
    for name in ("finance", "funds", "training", "health"):
        amounts = [column for of, column in columns("year_to_date") if of == name]
        for code in UNCHANGED:
            months = [rows()[period, code, name][0] for period in MONTHS]
            for then, now in pairwise(months):
                if all(then[c] and now[c] for c in amounts):
                    ratios[name].append(len({now[c] / then[c] for c in amounts}) == 1)
    assert {name: any(same) for name, same in ratios.items()} == dict.fromkeys(ratios, False)


def test_no_month_has_an_error() -> None:
    """Over renamed and merged counties, with each frequency, a year's end and the first upskilling."""
    ours = {t for d in BOOK.divisions[::9] for t in (d.county_code, *d.successor_codes)} | {
        "140203",
        "140214",
        "140703",
    }
    some = [r for r in sent() if r.county_code in ours]
    for period in ("2017-01", "2017-09", "2018-04", "2018-11", "2018-12"):
        past = Past.of(r for r in some if MONTHS[max(0, MONTHS.index(period) - 12)] <= r.period < period)
        found = judged(period, [r for r in some if r.period == period], past)
        assert [one.message_en for one in found if one.severity == "critical"] == [], period


def test_a_month_is_written_like_any_other_period(tmp_path: Path) -> None:
    written = write_sample(tmp_path, SEED, months=2, period="2018-11")
    assert (written.counties, written.periods, written.key) == (117, ("2018-11",), None)
    assert len(list((tmp_path / "2018-11").iterdir())) == written.files


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"months": 0}, "1 to 36 months"),
        ({"months": 37}, "1 to 36 months"),
        ({"months": 12, "period": "2017-12"}, "2018-01 to 2018-12"),
        ({"period": "2018-11"}, "choose one of 2016-12"),
        ({"months": 36, "faulty": True}, "four periods"),
        ({"months": 36, "messy": True}, "four periods"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path: Path, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(PermanentError, match=said):
        write_sample(tmp_path / "x", SEED, **asked)
    words = [f"--{name}" if value is True else f"--{name}={value}" for name, value in asked.items()]
    called = CliRunner().invoke(app, ["sample", "--out", str(tmp_path / "x"), *words])
    assert called.exit_code == 2
    assert not (tmp_path / "x").exists()
