"""What an indicator becomes in a programme's mart: one line, or one for each of its codes; and the guard on it.

Belongs here: which columns are added up for a line, as the codebook's kind and roll-up allow. Does not belong here:
adding them up (`programme.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from warehouse.codebook import Dataset, Indicator
from warehouse.marts.roll_up import PERCENT, addend, check_summed, check_together
from warehouse.messages.errors import CodebookError

YES_NO = {"true": ("是", "yes"), "false": ("否", "no")}


@dataclass(frozen=True)
class Measure:
    """An indicator as a mart gives it. Its value is the sum of `part`, or `factor` times that over that of `whole`.

    `part` and `whole` are expressions over a row of the form, null where the row does not enter, in types that hold
    their sums (`roll_up.addend`); `rises` says that there is a value above the county.
    """

    name: str
    label_zh: str
    label_en: str
    unit: str
    indicator: Indicator
    part: pl.Expr
    whole: pl.Expr | None
    rises: bool
    factor: int = 1

    @property
    def compares(self) -> bool:
        """Whether a difference between two periods means something: of years (2016, 2017) it does not."""
        return self.indicator.unit.dtype != "year"

    @property
    def sums(self) -> dict[str, pl.Expr]:
        """What is added up, by the columns that it is kept in."""
        wholes = {} if self.whole is None else {f"{self.name}:whole": self.whole}
        return {f"{self.name}:part": self.part, **wholes}


def measures_of(dataset: Dataset) -> tuple[Measure, ...]:
    """The lines of a dataset in the order of its form; texts, dates and keys have none.

    Raises CodebookError for a roll-up that its kind forbids.
    """
    return tuple(line for indicator in dataset.indicators for line in _lines(dataset, indicator))


def _lines(dataset: Dataset, indicator: Indicator) -> Iterator[Measure]:
    if indicator.roll_up.how == "count":
        yield from _counts(dataset, indicator)
    elif indicator.numeric and (dataset.one_row or indicator.roll_up.how == "sum"):
        part, whole = _parts(dataset, indicator)
        rises = indicator.roll_up.how != "none"
        names = (indicator.column, indicator.label_zh, indicator.label_en, indicator.unit.unit)
        factor = PERCENT if indicator.roll_up.denominator else 1
        yield Measure(*names, indicator, part, whole, rises, factor)


def _counts(dataset: Dataset, indicator: Indicator) -> Iterator[Measure]:
    """One line a code: how many counties, or rows of a county, have it. A date has none: it has no codes."""
    if indicator.kind in ("ratio", "key"):
        raise CodebookError(f"{dataset.dataset}.{indicator.column} is a {indicator.kind} and is never counted")
    truth = YES_NO if indicator.unit.dtype == "boolean" else {}
    named = {one.code: (one.label_zh, one.label_en) for one in indicator.listed} or truth
    # Rows are of what the first key names: 举措 are counted as measures.
    unit = "county" if dataset.one_row else dataset.keys[0]
    for code, (label_zh, label_en) in named.items():
        labels = (f"{indicator.label_zh}:{label_zh}", f"{indicator.label_en}: {label_en}")
        part = (pl.col(indicator.column).cast(pl.String) == code).cast(pl.Int64)
        yield Measure(f"{indicator.column}={code}", *labels, unit, indicator, part, None, rises=True)


def _parts(dataset: Dataset, indicator: Indicator) -> tuple[pl.Expr, pl.Expr | None]:
    """Part and whole of an indicator; a row that lacks one of them enters with neither."""
    roll_up = indicator.roll_up
    if roll_up.how == "none":
        return addend(indicator), None
    if roll_up.how == "sum":
        check_summed(indicator)
        return addend(indicator), None
    if roll_up.how == "derived":
        return _growth(dataset, dataset[roll_up.weight or ""], dataset[roll_up.denominator or ""])
    if roll_up.denominator:
        return _share(dataset[roll_up.weight or ""], dataset[roll_up.denominator])
    own, weight = addend(indicator), _weight(dataset, indicator)
    return own * weight, pl.when(own.is_not_null()).then(weight)


def _share(part: Indicator, whole: Indicator) -> tuple[pl.Expr, pl.Expr]:
    """Part over whole, each of which may be summed."""
    check_summed(part)
    check_summed(whole)
    check_together(part, whole)
    over, under = addend(part), addend(whole)
    return pl.when(under.is_not_null()).then(over), pl.when(over.is_not_null()).then(under)


def _growth(dataset: Dataset, now: Indicator, then: Indicator) -> tuple[pl.Expr, pl.Expr]:
    """How far the average of one is above the average of the other, over that other, of rows that have both."""
    if now.roll_up != then.roll_up:
        raise CodebookError(f"{dataset.dataset}: {now.column} and {then.column} are not averaged alike")
    check_together(now, then)
    weight, above, below = _weight(dataset, now), addend(now), addend(then)
    return (above - below) * weight, pl.when(above.is_not_null()).then(below * weight)


def _weight(dataset: Dataset, indicator: Indicator) -> pl.Expr:
    """The column that a ratio is averaged by, which must be one that may be summed."""
    roll_up = indicator.roll_up
    if indicator.kind != "ratio" or roll_up.how != "weighted" or roll_up.denominator:
        raise CodebookError(f"{dataset.dataset}.{indicator.column} has no weight to be averaged by")
    weight = dataset[roll_up.weight or ""]
    check_summed(weight)
    return addend(weight)
