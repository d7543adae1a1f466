"""What an indicator becomes in a programme's mart: one line, or one for each of its codes; and the guard on it.

Belongs here: which columns are added up for a line, as the codebook's kind and roll-up allow. Does not belong here:
adding them up (`programme.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from warehouse.codebook import Dataset, Indicator
from warehouse.codebook.load import REQUIRED_WHERE
from warehouse.marts.roll_up import PERCENT, addend, check_summed, check_together
from warehouse.messages.errors import CodebookError

YES_NO = {"true": ("是", "yes"), "false": ("否", "no")}


@dataclass(frozen=True)
class Measure:
    """An indicator as a mart gives it. Its value is the sum of `part`, or `factor` times that over that of `whole`.

    `part` and `whole` are expressions over a row of the form, null where the row does not enter, in types that hold
    their sums (`roll_up.addend`); `rises` says that there is a value above the county. `applies` says of a row whether
    its county can have the figure at all: None where every one can. `nil` says that a county whose return is nil has
    zero of it where the return has no value; `once` that a county counts once, however many of its rows do.
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
    applies: pl.Expr | None = None
    nil: bool = False
    once: bool = False

    @property
    def required(self) -> bool:
        """Whether a county to whom the figure applies owes it; what the form does not ask for, it may leave blank."""
        return self.indicator.required != "false"

    @property
    def compares(self) -> bool:
        """Whether a difference between two periods means something: of years (2016, 2017) it does not."""
        return self.indicator.unit.dtype != "year"

    def over_rows(self, given: pl.Expr) -> pl.Expr:
        """What the rows of a county come to; null where none enters."""
        return given.max() if self.once else pl.when(given.count() > 0).then(given.sum())

    @property
    def sums(self) -> dict[str, pl.Expr]:
        """What is added up, by the columns that it is kept in."""
        wholes = {} if self.whole is None else {f"{self.name}:whole": self.whole}
        return {f"{self.name}:part": self.part, **wholes}

    @property
    def notes(self) -> dict[str, pl.Expr]:
        """What besides is told of a row of a form of one row: whether its county is exempt, for it has no value and
        cannot have one; what it wrote of a ratio.
        """
        exempt = {} if self.applies is None else {f"{self.name}:exempt": ~self.applies & self.part.is_null()}
        ratio = self.indicator.kind == "ratio"
        return exempt | ({f"{self.name}:reported": pl.col(self.indicator.column)} if ratio else {})


def measures_of(dataset: Dataset) -> tuple[Measure, ...]:
    """The lines of a dataset in the order of its form; texts, dates and keys have none.

    Raises CodebookError for a roll-up that its kind forbids.
    """
    return tuple(line for indicator in dataset.indicators for line in _lines(dataset, indicator))


def numbers_of(dataset: Dataset) -> tuple[Measure, ...]:
    """Of the lines of a form of one row those that are a number of it; not the counts of its codes."""
    return tuple(line for line in measures_of(dataset) if line.name == line.indicator.column)


def _lines(dataset: Dataset, indicator: Indicator) -> Iterator[Measure]:
    if indicator.roll_up.how in ("count", "count_counties"):
        yield from _counts(dataset, indicator)
    elif indicator.numeric and (dataset.one_row or indicator.roll_up.how == "sum"):
        part, whole = _parts(dataset, indicator)
        rises = indicator.roll_up.how != "none"
        names = (indicator.column, indicator.label_zh, indicator.label_en, indicator.unit.unit)
        factor = PERCENT if indicator.roll_up.denominator else 1
        nil = _zero_where_nil(dataset, indicator)
        yield Measure(*names, indicator, part, whole, rises, factor, _applies(dataset, indicator), nil)


def _applies(dataset: Dataset, indicator: Indicator) -> pl.Expr | None:
    """What `required` makes a condition; a ratio, besides, does not apply where what it is divided by is zero."""
    if not dataset.one_row:
        return None
    if condition := REQUIRED_WHERE.fullmatch(indicator.required):
        return pl.col(condition[1]) > int(condition[2])
    roll_up = indicator.roll_up
    if roll_up.how == "derived":
        roll_up = dataset[roll_up.weight or ""].roll_up
    return pl.col(roll_up.denominator or roll_up.weight or "") != 0 if roll_up.how == "weighted" else None


def _zero_where_nil(dataset: Dataset, indicator: Indicator) -> bool:
    """Of a form of many rows a nil return has sums, which are zero; an average of nothing is none."""
    return dataset.nil and dataset.one_row and indicator.roll_up.how in ("sum", "count")


def _counts(dataset: Dataset, indicator: Indicator) -> Iterator[Measure]:
    """One line a code: how many counties, or rows of a county, have it. A date has none: it has no codes."""
    if indicator.kind in ("ratio", "key"):
        raise CodebookError(f"{dataset.dataset}.{indicator.column} is a {indicator.kind} and is never counted")
    truth = YES_NO if indicator.unit.dtype == "boolean" else {}
    named = {one.code: (one.label_zh, one.label_en) for one in indicator.listed} or truth
    once = indicator.roll_up.how == "count_counties"
    # Rows are of what the first key names: 举措 are counted as measures.
    unit = "county" if dataset.one_row or once else dataset.keys[0]
    for code, (label_zh, label_en) in named.items():
        labels = (f"{indicator.label_zh}:{label_zh}", f"{indicator.label_en}: {label_en}")
        part = (pl.col(indicator.column).cast(pl.String) == code).cast(pl.Int64)
        nil = _zero_where_nil(dataset, indicator)
        yield Measure(
            f"{indicator.column}={code}", *labels, unit, indicator, part, None, rises=True, nil=nil, once=once
        )


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
