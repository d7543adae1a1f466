"""The relations once more, on sums: a prefecture's and the province's, over the counties that count.

A relation that holds for each county holds for their sums, if it is additive (`Relation.additive`) and all its
columns are ones that the codebook sums. So what fails here is a county let in with a query, whose weight is now seen,
or a fault of ours. It quarantines nobody: the record says which areas fail, and by what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import polars as pl

from expectations.checkpoint import Session, validate
from expectations.companions import Companion
from expectations.expect_relation import ExpectRelation
from expectations.relation import parse
from expectations.rules import Check, Rule
from expectations.suites import companions_for, rules_for
from warehouse.codebook import Codebook, Dataset
from warehouse.store.known import Known
from warehouse.store.records import RollUpRecord

AREA = ("level", "code", "name")


@dataclass(frozen=True)
class Summed:
    """A check, about sums: `check` speaks of columns of `areas`, which has a row per area (AREA, counties, the sums).

    `columns` are the sums' columns, by the name of what was summed.
    """

    dataset: str
    rule: Rule
    check: Check
    columns: Mapping[str, str]
    areas: pl.DataFrame


def validate_roll_ups(
    datasets: Iterable[Dataset], period: str, known: Known, session: Session
) -> tuple[RollUpRecord, ...]:
    """How each additive rule fares on the sums of the returns in force: one record per dataset x rule x level.

    A county counts in a sum where all that the relation speaks of is there: temporal rules so look only at counties
    present in both periods.
    """
    sums = [one for dataset in datasets for one in _sums(dataset, period, known)]
    if not sums:
        return ()
    # All are asked as checks of one rule, so that those that ask alike are one question.
    asked = replace(sums[0].rule, checks=tuple(one.check for one in sums))
    batch = pl.concat([one.areas.select(one.columns.values()) for one in sums], how="horizontal").with_row_index(
        "row_id"
    )
    failures = validate([(asked, place) for place in range(len(sums))], batch, session)
    failing = {(failure.place, row_id) for failure in failures for row_id in failure.row_ids}
    by_rule = groupby(enumerate(sums), key=lambda numbered: (numbered[1].dataset, numbered[1].rule))
    return tuple(record for _, own in by_rule for record in _records(period, dict(own), failing))


def _sums(dataset: Dataset, period: str, known: Known) -> list[Summed]:
    """The additive checks of a form of one row, with the sums of their columns by area; none of a longer form."""
    # Those that stand for another return's values; bounds and flags are nothing to add up.
    companions = [c for c in companions_for(dataset) if c.absent]
    checks = [
        (rule, place)
        for rule in rules_for(dataset, period)
        for place, check in enumerate(rule.checks)
        if dataset.one_row and _adds_up(check, dataset, companions)
    ]
    if not checks:
        return []
    rows = known.rows(dataset).filter(pl.col("period") == period)
    for companion in companions_for(dataset):
        rows = rows.pipe(companion.join, known, dataset, period)
    areas = _areas(known.book, period)
    placed = areas.lazy().join(rows, on="county_code", how="left", maintain_order="left").collect()
    return [_summed(dataset, rule, place, placed) for rule, place in checks]


def _adds_up(check: Check, dataset: Dataset, companions: Iterable[Companion]) -> bool:
    """Whether a check is a relation that makes sense of sums: additive, of summed columns and their companions'."""
    if check.expectation is not ExpectRelation:
        return False
    own = [_own(column, dataset, companions) for column in check.columns]
    summed = all(column and dataset[column].roll_up.how == "sum" for column in own)
    return summed and parse(check.arguments["relation"], check.arguments["digits"]).additive


def _own(column: str, dataset: Dataset, companions: Iterable[Companion]) -> str | None:
    """The column of the form that a column is, or is a companion's of."""
    if column in dataset.columns:
        return column
    of = (c for companion in companions if companion.label(column) for c in companion.columns if column.endswith(c))
    return max(of, key=len, default=None)


def _areas(book: Codebook, period: str) -> pl.DataFrame:
    """One row per county in force x level: county_code, level, code, name."""
    province = book.groups["province"].label_zh
    rows = [
        (d.county_code, *area)
        for d in book.in_force(int(period[:4]))
        for area in (
            ("prefecture", d.prefecture_code, d.prefecture_zh),
            ("province", f"{d.county_code[:2]}0000", province),
        )
    ]
    return pl.DataFrame(rows, dict.fromkeys(("county_code", *AREA), pl.String), orient="row")


def _summed(dataset: Dataset, rule: Rule, place: int, placed: pl.DataFrame) -> Summed:
    check = rule.checks[place]
    columns = {column: f"{dataset.dataset}_{rule.rule}_{place}_{column}" for column in check.columns}
    counts = pl.col("receipt").is_not_null() & ~check.not_evaluated()
    sums = [
        pl.when(counts.any()).then(pl.col(column).filter(counts).sum()).alias(name) for column, name in columns.items()
    ]
    areas = placed.group_by(AREA).agg(counts.sum().alias("counties"), *sums).sort(AREA)
    return Summed(dataset.dataset, rule, replace(check, when=None).renamed(columns), columns, areas)


def _records(period: str, sums: Mapping[int, Summed], failing: set[tuple[int, int]]) -> Iterator[RollUpRecord]:
    """One record per level, over all checks of one rule, which are numbered as they were asked."""
    rows = [
        (row, _said(one, row) if (number, place) in failing else None)
        for number, one in sums.items()
        for place, row in enumerate(one.areas.iter_rows(named=True))
    ]
    first = next(iter(sums.values()))
    for level in dict.fromkeys(row["level"] for row, _ in rows):
        own = [(row, said) for row, said in rows if row["level"] == level and row["counties"]]
        yield RollUpRecord(
            dataset=first.dataset,
            period=period,
            rule=first.rule.rule,
            severity=first.rule.severity,
            level=level,
            counties=max((row["counties"] for row, _ in own), default=0),
            evaluated=len(own),
            failing=tuple(said for _, said in own if said),
        )


def _said(one: Summed, row: Mapping[str, Any]) -> str:
    """An area and its sums: `140200 大同市: villages_completed = 5100; villages_started = 5000`."""
    found = "; ".join(f"{column} = {row[name]}" for column, name in one.columns.items())
    return f"{row['code']} {row['name']}: {found}"
