"""The rules that every dataset has, derived from its indicators in the codebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from expectations.companions import Companion, Last
from expectations.language.rules import Check, Rule, When, between, not_null, relation, unique
from expectations.suites.outliers import expected_bounds, outliers
from warehouse.codebook import Dataset, Indicator

PREFIX = "this_year_"
CEILING = "county_ceiling"


def rules(dataset: Dataset) -> tuple[Rule, ...]:
    """key_unique, required_present, not_negative, share_bounds, county_ceiling, year_to_date_never_falls,
    growth_outlier, level_outlier, where they have a check.
    """
    made = (
        Rule(
            "key_unique",
            "critical",
            "同一报表内主键不得重复",
            "a key stands once in a return",
            (unique("receipt", "county_code", "period", *dataset.keys),),
            source="form: its keys tell the rows of a return apart (codebook/datasets.csv)",
        ),
        Rule(
            "required_present",
            "critical",
            "必填项不得为空(空白不等于零)",
            "a required cell has a value; blank is not zero",
            tuple(_required(dataset.indicators)),
            source="form: the cells that it requires (codebook/indicators.csv)",
        ),
        Rule(
            "not_negative",
            "critical",
            "数量、金额、面积不得为负",
            "counts, money and areas are not negative",
            tuple(between(i.column, low=0) for i in dataset.indicators if _counted(i)),
            source="identity: what is counted, paid or measured is not below zero",
        ),
        Rule(
            "share_bounds",
            "critical",
            "百分比应在 0 到 100 之间",
            "a percentage lies between 0 and 100",
            tuple(between(i.column, low=0, high=100) for i in dataset.indicators if _share(i)),
            source="identity: a part is no more than its whole",
        ),
        Rule(
            CEILING,
            "critical",
            "超过一个县可能有的数,请核对单位",
            "above what a county can have; check the unit",
            tuple(
                between(i.column, low=-i.most if i.signed else None, high=i.most)
                for i in dataset.indicators
                if i.most and not _share(i)
            ),
            source='page: docs/explanation/rules.md, "More than a county can have"',
        ),
        Rule(
            "year_to_date_never_falls",
            "warning",
            "本年累计数不应小于上期",
            "a year-to-date figure is not below that of the year's previous period",
            tuple(relation(f"{column} >= {PREFIX}{column}") for column in _year_to_date(dataset)),
            source='page: docs/explanation/rules.md, "What only rises"',
        ),
        *outliers(dataset),
    )
    return tuple(rule for rule in made if rule.checks)


def companions(dataset: Dataset) -> tuple[Companion, ...]:
    """The year's previous value of each year-to-date column, and what is expected of each number."""
    made = (Last(PREFIX, _year_to_date(dataset), same_year=True), expected_bounds(dataset))
    return tuple(companion for companion in made if companion.columns)


def _year_to_date(dataset: Dataset) -> tuple[str, ...]:
    return tuple(i.column for i in dataset.indicators if i.kind == "year_to_date")


def _counted(indicator: Indicator) -> bool:
    return (
        indicator.unit.dtype in ("count", "money", "decimal")
        and indicator.unit.unit != "percent"
        and not indicator.signed
    )


def _share(indicator: Indicator) -> bool:
    return indicator.unit.unit == "percent" and not indicator.signed


def _required(indicators: Iterable[Indicator]) -> Iterator[Check]:
    """`true`, `false`, or `where column > 0` in the codebook."""
    for indicator in indicators:
        if indicator.required == "true":
            yield not_null(indicator.column)
        elif indicator.required.startswith("where "):
            column, _, value = indicator.required.removeprefix("where ").split()
            yield not_null(indicator.column, When(column, ">", int(value)))
