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

from expectations.companions import Companion
from expectations.language.expect_relation import ExpectRelation
from expectations.language.relation import parse
from expectations.language.rules import Check, Rule, all_checks
from expectations.suites import companions_for, rules_for
from expectations.validation.checkpoint import validate_all
from expectations.validation.stacked_checks import CheckBatch
from warehouse.codebook import Codebook, Dataset
from warehouse.marts.roll_up import exact_sum
from warehouse.store.journal_records import RollUpRecord
from warehouse.store.prior_state import PriorState

AREA = ("level", "code", "name")


@dataclass(frozen=True)
class AreaSums:
    """A dataset's additive checks, about sums: each speaks of columns of `areas`, one row per area.

    `areas` has AREA, the sums, and per check the counties that entered its sums (n0_counties ...); `columns` are the
    sums' columns of each check, by the name of what was summed.
    """

    dataset: str
    rules: tuple[tuple[Rule, int], ...]
    columns: tuple[Mapping[str, str], ...]
    areas: pl.DataFrame

    @property
    def asked(self) -> CheckBatch:
        """The checks of sums, as those of one rule: which of them fails is told by its place."""
        checks = tuple(
            replace(rule.checks[place], when=None).renamed(columns)
            for (rule, place), columns in zip(self.rules, self.columns, strict=True)
        )
        reason = "what holds for counties holds for their sums"
        sums = Rule("sums", "info", "合计也应符合", reason, checks, f"identity: {reason}")
        return CheckBatch(tuple(all_checks([sums])), self.areas)


def validate_roll_ups(datasets: Iterable[Dataset], period: str, known: PriorState) -> tuple[RollUpRecord, ...]:
    """How each additive rule fares on the sums of the returns in force: one record per dataset x rule x level.

    A county counts in a sum where all that the relation speaks of is there: temporal rules so look only at counties
    present in both periods.
    """
    sums = [summed for dataset in datasets if (summed := _summed(dataset, period, known))]
    failures = validate_all([summed.asked for summed in sums])
    return tuple(
        record
        for summed, failing in zip(sums, failures, strict=True)
        for record in _records(summed, period, {(f.place, row_id) for f in failing for row_id in f.row_ids})
    )


def _summed(dataset: Dataset, period: str, known: PriorState) -> AreaSums | None:
    """The sums that the additive checks of a form of one row speak of; None where it has no such check."""
    # Those that stand for another return's values; bounds and flags are nothing to add up.
    companions = [c for c in companions_for(dataset) if c.absent]
    checks = tuple(
        (rule, place)
        for rule, place in all_checks(rules_for(dataset, period))
        if dataset.one_row and _adds_up(rule.checks[place], dataset, companions)
    )
    if not checks:
        return None
    rows = known.rows(dataset).filter(pl.col("period") == period)
    looked_at = {c for rule, place in checks for c in rule.checks[place].concerned if c not in dataset.columns}
    for companion in companions_for(dataset):
        if any(companion.label(column) for column in looked_at):
            rows = rows.pipe(companion.join, known, dataset, period)
    columns = tuple({c: f"n{n}_{c}" for c in rule.checks[place].columns} for n, (rule, place) in enumerate(checks))
    schema = rows.collect_schema()
    sums = [s for n, (rule, place) in enumerate(checks) for s in _sums(rule.checks[place], n, columns[n], schema)]
    areas = _areas(known.book, period)
    placed = areas.lazy().join(rows, on="county_code", how="left", maintain_order="left")
    return AreaSums(
        dataset.dataset, checks, columns, placed.group_by(AREA).agg(sums).sort(AREA).with_row_index("row_id").collect()
    )


def _sums(check: Check, number: int, columns: Mapping[str, str], schema: pl.Schema) -> list[pl.Expr]:
    """The sums of a check's columns over the rows that it is evaluated for, and how many these are."""
    counts = pl.col("receipt").is_not_null() & ~check.not_evaluated(schema)
    return [
        counts.sum().alias(f"n{number}_counties"),
        *(
            pl.when(counts.any()).then(exact_sum(pl.col(c).filter(counts), schema[c])).alias(name)
            for c, name in columns.items()
        ),
    ]


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
        for d in book.in_force(period)
        for area in (
            ("prefecture", d.prefecture_code, d.prefecture_zh),
            ("province", f"{d.county_code[:2]}0000", province),
        )
    ]
    return pl.DataFrame(rows, dict.fromkeys(("county_code", *AREA), pl.String), orient="row")


def _records(summed: AreaSums, period: str, failing: set[tuple[int, int]]) -> Iterator[RollUpRecord]:
    """One record per rule and level; `failing` are checks, as they were asked, with the row of the area."""
    rows = list(summed.areas.iter_rows(named=True))
    for rule, own in groupby(enumerate(summed.rules), key=lambda numbered: numbered[1][0]):
        numbers = [number for number, _ in own]
        for level in dict.fromkeys(row["level"] for row in rows):
            at_level = [
                (number, row)
                for number in numbers
                for row in rows
                if row["level"] == level and row[f"n{number}_counties"]
            ]
            yield RollUpRecord(
                dataset=summed.dataset,
                period=period,
                rule=rule.rule,
                severity=rule.severity,
                level=level,
                counties=max((row[f"n{number}_counties"] for number, row in at_level), default=0),
                evaluated=len(at_level),
                failing=tuple(
                    _area_and_sums(summed.columns[number], row)
                    for number, row in at_level
                    if (number, row["row_id"]) in failing
                ),
            )


def _area_and_sums(columns: Mapping[str, str], row: Mapping[str, Any]) -> str:
    """An area and its sums: `140200 大同市: villages_completed = 5100; villages_started = 5000`."""
    found = "; ".join(f"{column} = {row[name]}" for column, name in columns.items())
    return f"{row['code']} {row['name']}: {found}"
