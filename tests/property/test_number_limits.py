"""Every roll-up against Python's own integers and fractions, at the limits of what a column can hold."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations.companions.last import _together
from expectations.companions.partner import summed
from expectations.language.relation import parse
from tests.builders import BOOK, YANGGAO
from tests.programmes import built, in_memory, said
from warehouse import marts
from warehouse.codebook import Figure, Indicator
from warehouse.marts.mart_scorecard import value_of as figure_value
from warehouse.marts.measures import Measure, measures_of
from warehouse.marts.programme import by_area, value_of
from warehouse.marts.roll_up import exact_sum, total
from warehouse.messages.errors import PermanentError

SLOW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LINES = [(d, line) for d in BOOK.datasets.values() for line in measures_of(d)]
SUMMED = [i for d in BOOK.datasets.values() for i in d.indicators if i.roll_up.how == "sum"]
RATIOS = [(d, line) for d, line in LINES if line.whole is not None]
# One of each type: the arithmetic is the type's.
OF_EACH_TYPE = list({str(i.dtype): i for i in SUMMED}.values())
CODES = [d.county_code for d in BOOK.in_force("2017-12")]
PERIOD = "2017-12"
LARGEST = 2**63 - 1


def limits(dtype: pl.DataType) -> st.SearchStrategy[Any]:
    """Values of a type, mostly at its ends."""
    if isinstance(dtype, pl.Decimal):
        end = 10**dtype.precision - 1
        digits = st.sampled_from([end, -end, 0, 1, end // 2]) | st.integers(-end, end)
        return digits.map(lambda n: Decimal(n).scaleb(-dtype.scale))
    return st.sampled_from([LARGEST, -(2**63), LARGEST - 1, 2**62, 0, -1]) | st.integers(-(2**63), LARGEST)


def rows_of(indicators: Mapping[str, Indicator]) -> st.SearchStrategy[list[dict[str, Any]]]:
    cells = {name: st.none() | limits(i.dtype) for name, i in indicators.items()}
    return st.lists(st.fixed_dictionaries(cells), min_size=1, max_size=25)


def framed(rows: list[dict[str, Any]], indicators: Mapping[str, Indicator]) -> pl.DataFrame:
    return pl.DataFrame(rows, {name: i.dtype for name, i in indicators.items()})


def exactly(values: list[Any]) -> Fraction | None:
    there = [Fraction(value) for value in values if value is not None]
    return sum(there, Fraction(0)) if there else None


def fraction(value: Any) -> Fraction | None:
    return None if value is None else Fraction(value)


@pytest.mark.parametrize("indicator", OF_EACH_TYPE, ids=lambda i: str(i.dtype))
@SLOW
@given(st.data())
def test_a_sum_is_what_python_adds_up(indicator: Indicator, data: st.DataObject) -> None:
    of = {indicator.column: indicator}
    rows = data.draw(rows_of(of))
    frame = framed(rows, of)
    wanted = exactly([row[indicator.column] for row in rows])
    assert fraction(frame.select(total(indicator)).item()) == wanted
    grouped = frame.group_by(pl.lit(1)).agg(
        total=total(indicator),
        exact=exact_sum(pl.col(indicator.column), indicator.dtype),
        continued=_together(BOOK.datasets[indicator.dataset], indicator.column),
    )
    (found,) = grouped.rows(named=True)
    assert fraction(found["total"]) == wanted
    assert fraction(found["exact"]) == (wanted or 0)
    unknown = any(row[indicator.column] is None for row in rows)
    assert fraction(found["continued"]) == (None if unknown else wanted)


@SLOW
@given(st.lists(limits(pl.Int64()), max_size=25))
def test_the_rows_of_another_form_are_added_up_exactly(values: list[int]) -> None:
    frame = pl.DataFrame({"funds": values}, {"funds": pl.Int64})
    assert frame.select(summed("funds")(PERIOD)).item() == sum(values)


@SLOW
@given(st.dictionaries(st.sampled_from(CODES), st.none() | st.integers(0, LARGEST) | st.just(LARGEST), max_size=30))
def test_each_area_of_a_mart_is_what_its_counties_add_up_to(values: dict[str, int | None]) -> None:
    returns = [said(code, at, {"loan_amount_yuan": v}) for code, v in values.items() for at in ("2016-12", PERIOD)]
    mart = built("finance", *returns).filter(indicator="loan_amount_yuan", period=PERIOD)
    for level in ("province", "prefecture", "county"):
        for row in mart.filter(level=level).iter_rows(named=True):
            inside = [
                values[d.county_code]
                for d in BOOK.in_force("2017-12")
                if d.county_code in values
                and row["code"] in (f"{d.county_code[:2]}0000", d.prefecture_code, d.county_code)
            ]
            assert fraction(row["value"]) == exactly(inside), (level, row["code"])
            assert fraction(row["prior_year"]) == exactly(inside)
            assert row["change_prior_year"] == (None if exactly(inside) is None else 0)


def near(found: Any, wanted: Fraction | None, scale: Fraction) -> bool:
    """Whether a quotient is right to thirteen digits of what was added up, and to the six behind the point."""
    if wanted is None or found is None:
        return wanted is None and found is None
    return abs(Fraction(found) - wanted) <= Fraction(1, 10**6) + scale / 10**13


def ratio_of(line: Measure, frame: pl.DataFrame) -> tuple[Fraction | None, Fraction]:
    """The ratio by Python, and how large the terms are that it is made of, over the whole."""
    sums = frame.select(**line.sums).rows()
    parts = [Fraction(part) for part, _ in sums if part is not None]
    whole = sum((Fraction(w) for _, w in sums if w is not None), Fraction(0))
    if not whole:
        return None, Fraction(0)
    size = sum((abs(Fraction(w)) for _, w in sums if w is not None), Fraction(0)) / abs(whole)
    scale = line.factor * sum(map(abs, parts), Fraction(0)) / abs(whole)
    return line.factor * sum(parts, Fraction(0)) / whole, scale * max(size, 1)


@pytest.mark.parametrize(("dataset", "line"), RATIOS, ids=[line.name for _, line in RATIOS])
@settings(SLOW, max_examples=8)
@given(st.data())
def test_a_ratio_at_the_limits_is_the_quotient_of_its_sums(dataset: Any, line: Measure, data: st.DataObject) -> None:
    columns = {c: dataset[c] for e in line.sums.values() for c in e.meta.root_names()}
    # Averages and weights as a form has them, none below zero: a whole near zero has no digits to compare.
    cells = {name: st.none() | limits(i.dtype).map(abs).map(lambda v: min(v, LARGEST)) for name, i in columns.items()}
    rows = data.draw(st.lists(st.fixed_dictionaries(cells), min_size=1, max_size=25))
    frame = framed(rows, columns)
    wanted, scale = ratio_of(line, frame)
    sums = frame.select(**line.sums)
    if wanted is not None and abs(wanted) >= 10**31:
        return
    assert near(sums.select(value_of(line)).item(), wanted, scale)
    areas = sums.lazy().with_columns(
        period=pl.lit(PERIOD), level=pl.lit("province"), code=pl.lit("140000"), name_zh=pl.lit("省"),
        county_code=pl.lit("1"), status=pl.lit("reported"),
    )  # fmt: skip
    assert near(areas.pipe(by_area, [line]).select(f"{line.name}:value").collect().item(), wanted, scale)


def scored(aggregate: str, **values: Any) -> Figure:
    like = next(f for f in BOOK.figures if f.figure == "microcredit_amount")
    about = {
        "aggregate": aggregate, "scope": "province", "dataset": "finance", "period": PERIOD, "since": "2016-12",
        "column": "loan_amount_yuan", "by": "loan_balance_yuan", "where": None,
    }  # fmt: skip
    return like.model_copy(update=about | values)


@SLOW
@given(
    st.lists(st.tuples(st.just(LARGEST) | st.integers(1, LARGEST), st.integers(1, LARGEST)), min_size=1, max_size=20)
)
def test_a_published_figure_at_the_limits_is_what_python_makes_of_it(pairs: list[tuple[int, int]]) -> None:
    form = BOOK.datasets["finance"]
    given_rows = [
        dict.fromkeys(form.columns) | {"county_code": code, "period": at, "loan_amount_yuan": a, "loan_balance_yuan": b}
        for code, (a, b) in zip(CODES, pairs, strict=False)
        for at in (PERIOD, "2016-12")
    ]
    rows = pl.LazyFrame(given_rows, {"county_code": pl.String, "period": pl.String, **form.dtypes})
    above, below = (sum(pair[side] for pair in pairs) for side in (0, 1))
    found = {
        name: figure_value(BOOK, scored(name), rows).collect().item() for name in ("sum", "ratio", "share", "increase")
    }
    assert found["sum"] == above
    assert found["increase"] == 0
    assert found["share"] == 100
    assert near(found["ratio"], Fraction(100 * above, below), Fraction(100 * above, below))


@SLOW
@given(st.lists(st.tuples(limits(pl.Decimal(18, 2)).map(abs), st.integers(1, LARGEST)), min_size=1, max_size=20))
def test_a_published_mean_at_the_limits_is_what_python_makes_of_it(pairs: list[tuple[Decimal, int]]) -> None:
    form = BOOK.datasets["outcomes"]
    given_rows = [
        dict.fromkeys(form.columns)
        | {"county_code": code, "period": PERIOD, "income_per_capita": mean, "rural_population": weight}
        for code, (mean, weight) in zip(CODES, pairs, strict=False)
    ]
    rows = pl.LazyFrame(given_rows, {"county_code": pl.String, "period": pl.String, **form.dtypes})
    figure = scored("weighted", dataset="outcomes", column="income_per_capita", by=None)
    wanted = sum((Fraction(m) * w for m, w in pairs), Fraction(0)) / sum(w for _, w in pairs)
    assert near(figure_value(BOOK, figure, rows).collect().item(), wanted, wanted)


@SLOW
@given(st.integers(-LARGEST, LARGEST), st.integers(-LARGEST, LARGEST))
def test_a_denominator_is_zero_only_where_its_terms_add_up_to_nothing(a: int, b: int) -> None:
    frame = pl.DataFrame({"a": [a, 2**62, -(2**63)], "b": [b, 2**62, -(2**63)]})
    missing = frame.select(parse("1 / (a + b + b + a) <= 1").missing(frame.schema)).to_series().to_list()
    assert missing == [a + b == 0, False, False]


# --- what a column of a mart cannot hold -----------------------------------------------------------------------------


def test_a_sum_larger_than_a_marts_whole_number_is_refused_by_name_and_none_is_published() -> None:
    returns = [said(code, PERIOD, {"villages_planned": LARGEST}) for code in CODES[:2]]
    with pytest.raises(PermanentError, match=rf"^mart_relocation, {PERIOD} .*villages_planned is {2 * LARGEST}, more"):
        marts.build("mart_relocation", in_memory("relocation", *returns)).collect()
    fits = marts.build("mart_relocation", in_memory("relocation", *returns[:1])).collect()
    assert fits.filter(level="province", source="summary", period=PERIOD)["villages_planned"].item() == LARGEST
    assert fits.schema["villages_planned"] == pl.Int64


def test_a_county_alone_may_hold_the_largest_number() -> None:
    mart = built("finance", said(YANGGAO, PERIOD, {"loan_amount_yuan": LARGEST}))
    assert set(mart.filter(indicator="loan_amount_yuan")["value"].drop_nulls()) == {Decimal(LARGEST)}
