"""What may be added up, and how values become those of a higher level: the guards, and the arithmetic to the digit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from tests.builders import BOOK
from warehouse.codebook import Dataset, Indicator
from warehouse.codebook.model import RollUp
from warehouse.marts.measures import Measure, measures_of
from warehouse.marts.programme import value_of
from warehouse.marts.roll_up import (
    DECIMAL,
    STATUSES,
    check_summed,
    check_together,
    decimal,
    percentage,
    quotient,
    total,
)
from warehouse.messages.errors import CodebookError

INDICATORS = [i for d in BOOK.datasets.values() for i in d.indicators]
PLANNED = BOOK.datasets["relocation"]["villages_planned"]


def first(kind: str, how: str) -> Indicator:
    return next(i for i in INDICATORS if i.kind == kind and i.roll_up.how == how)


def only(expression: pl.Expr, **columns: Any) -> Any:
    """What an expression gives, once, over columns."""
    (value,) = pl.DataFrame(columns).select(expression).to_series()
    return value


# --- the guards ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["ratio", "key"])
def test_a_ratio_and_a_key_are_never_summed_though_their_roll_up_says_so(kind: Any) -> None:
    wrong = PLANNED.model_copy(update={"kind": kind})
    with pytest.raises(
        CodebookError, match=rf"^relocation.villages_planned is a {kind} in village and is never summed$"
    ):
        check_summed(wrong)
    with pytest.raises(CodebookError):
        total(wrong)


@pytest.mark.parametrize("how", ["weighted", "derived", "count", "none"])
def test_what_is_not_rolled_up_by_a_sum_is_not_summed(how: Any) -> None:
    with pytest.raises(CodebookError, match="never summed"):
        check_summed(PLANNED.model_copy(update={"roll_up": RollUp(how=how)}))


@pytest.mark.parametrize("unit", [u for u in BOOK.units.values() if not u.additive], ids=lambda u: u.unit)
def test_a_unit_that_does_not_add_up_is_not_summed(unit: Any) -> None:
    with pytest.raises(CodebookError, match=f"in {unit.unit} and is never summed"):
        check_summed(PLANNED.model_copy(update={"unit": unit}))


@pytest.mark.parametrize("kind", ["stock", "cumulative", "year_to_date"])
def test_all_else_is_summed(kind: Any) -> None:
    check_summed(PLANNED.model_copy(update={"kind": kind}))


def of_unit(unit: str) -> Indicator:
    return next(i for i in INDICATORS if i.unit.unit == unit)


@pytest.mark.parametrize(
    ("units", "meet"),
    [
        (("person",), True),
        (("person_time",), True),
        (("person", "person"), True),
        (("person", "household"), True),
        (("person_time", "yuan"), True),
        (("person", "person_time"), False),
        (("person_time", "yuan", "person"), False),
    ],
)
def test_persons_and_person_times_never_meet(units: tuple[str, ...], meet: bool) -> None:  # noqa: FBT001
    indicators = [of_unit(unit) for unit in units]
    if meet:
        check_together(*indicators)
    else:
        names = ", ".join(i.column for i in indicators)
        with pytest.raises(CodebookError, match=f"^{indicators[0].dataset}: {names}: persons and person-times never"):
            check_together(*indicators)


# --- sums ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "wanted"),
    [([], None), ([None], None), ([None, None], None), ([0], 0), ([0, None], 0), ([3, None, 4], 7), ([-3, 3], 0)],
)
def test_a_sum_is_of_those_that_have_a_value_and_unknown_where_none_has(
    values: list[int | None], wanted: int | None
) -> None:
    frame = pl.DataFrame({"villages_planned": values}, {"villages_planned": pl.Int64})
    assert frame.select(total(PLANNED)).to_series().to_list() == [wanted]


@pytest.mark.parametrize(
    ("inside", "wanted"),
    [([True, True, True], 6), ([True, False, True], 4), ([False, False, False], None), ([None, True, None], 2)],
)
def test_a_sum_may_be_of_some_rows(inside: list[bool | None], wanted: int | None) -> None:
    assert only(total(PLANNED, pl.col("inside")), villages_planned=[1, 2, 3], inside=inside) == wanted


def test_rows_outside_that_alone_have_a_value_make_no_sum() -> None:
    assert only(total(PLANNED, pl.col("inside")), villages_planned=[None, 2], inside=[True, False]) is None


# --- shares and quotients ------------------------------------------------------------------------------------------

NUMBERS = [
    (1, 3, "0.333333", "33.333333"),
    (2, 3, "0.666667", "66.666667"),
    (1, 1, "1", "100"),
    (0, 5, "0", "0"),
    (-1, 4, "-0.25", "-25"),
    (1, -4, "-0.25", "-25"),
    (3, 2, "1.5", "150"),
    (1, 7_000_000, "0", "0.000014"),
    (10**6, 1, "1000000", "100000000"),
    (5, 0, None, None),
    (0, 0, None, None),
    (None, 5, None, None),
    (5, None, None, None),
    (None, None, None, None),
]


@pytest.mark.parametrize(("part", "whole", "once", "hundredfold"), NUMBERS)
def test_a_quotient_and_a_share_have_six_digits_and_are_unknown_over_zero(
    part: int | None, whole: int | None, once: str | None, hundredfold: str | None
) -> None:
    columns = {"part": pl.Series([part], dtype=pl.Int64), "whole": pl.Series([whole], dtype=pl.Int64)}
    frame = pl.DataFrame(columns)
    found = frame.select(
        once=quotient(pl.col("part"), pl.col("whole")), hundredfold=percentage(pl.col("part"), pl.col("whole"))
    )
    wanted = (None if once is None else Decimal(once), None if hundredfold is None else Decimal(hundredfold))
    assert found.row(0) == wanted
    assert found.schema == {"once": DECIMAL, "hundredfold": DECIMAL}


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (1.0000004, "1"),
        (1.00000049, "1"),
        (1.0000006, "1.000001"),
        (float("nan"), None),
        (float("inf"), None),
        (float("-inf"), None),
        (None, None),
        (-0.0000004, "0"),
    ],
)
def test_a_figure_is_rounded_to_six_digits_and_what_is_none_is_unknown(value: float | None, wanted: str | None) -> None:
    found = only(decimal(pl.col("x")), x=pl.Series([value], dtype=pl.Float64))
    assert found == (None if wanted is None else Decimal(wanted))


def test_statuses_go_from_the_least_to_the_most_settled() -> None:
    order = ["provisional", "reported", "verified", "approved"]
    assert STATUSES.categories.to_list() == order
    for place, one in enumerate(order):
        for other in order[place:]:
            assert pl.Series([other, one, None], dtype=STATUSES).min() == one


# --- lines ---------------------------------------------------------------------------------------------------------


def line(dataset: str, name: str) -> Measure:
    return next(one for one in measures_of(BOOK.datasets[dataset]) if one.name == name)


def rows(dataset: Dataset, *given: dict[str, Any]) -> pl.DataFrame:
    blank = dict.fromkeys(dataset.columns)
    return pl.DataFrame([blank | one for one in given], dataset.dtypes)


def value(dataset: str, name: str, *given: dict[str, Any]) -> Decimal | None:
    """What a line comes to over these rows of a form."""
    own = line(dataset, name)
    sums = rows(BOOK.datasets[dataset], *given).select(**own.sums)
    (found,) = sums.select(value_of(own)).to_series()
    return None if found is None else Decimal(found)


@pytest.mark.parametrize("dataset", BOOK.datasets.values(), ids=lambda d: d.dataset)
def test_a_line_rises_where_its_roll_up_says_so(dataset: Dataset) -> None:
    for own in measures_of(dataset):
        assert own.rises == (own.indicator.roll_up.how != "none"), own.name
        assert own.compares == (own.indicator.unit.dtype != "year"), own.name
        assert (own.whole is None) == (own.indicator.roll_up.how in ("sum", "count", "count_counties", "none")), (
            own.name
        )
        assert list(own.sums) == [f"{own.name}:part", *([] if own.whole is None else [f"{own.name}:whole"])]


@pytest.mark.parametrize("dataset", BOOK.datasets.values(), ids=lambda d: d.dataset)
def test_every_number_and_every_code_of_a_form_has_a_line(dataset: Dataset) -> None:
    wanted: list[str] = []
    for i in dataset.indicators:
        if i.roll_up.how in ("count", "count_counties"):
            codes = i.codes or (("true", "false") if i.unit.dtype == "boolean" else ())
            wanted += [f"{i.column}={code}" for code in codes]
        elif i.numeric and (dataset.one_row or i.roll_up.how == "sum"):
            wanted.append(i.column)
    assert [own.name for own in measures_of(dataset)] == wanted


@pytest.mark.parametrize("dataset", BOOK.datasets.values(), ids=lambda d: d.dataset)
def test_a_code_is_counted_in_counties_or_in_what_the_rows_are(dataset: Dataset) -> None:
    for own in measures_of(dataset):
        if (how := own.indicator.roll_up.how) in ("count", "count_counties"):
            assert own.unit == ("county" if dataset.one_row or how == "count_counties" else dataset.keys[0])
            named = {one.code: (one.label_zh, one.label_en) for one in own.indicator.listed}
            zh, en = (named or {"true": ("是", "yes"), "false": ("否", "no")})[own.name.partition("=")[2]]
            assert (own.label_zh, own.label_en) == (f"{own.indicator.label_zh}:{zh}", f"{own.indicator.label_en}: {en}")
        else:
            assert (own.unit, own.label_en) == (own.indicator.unit.unit, own.indicator.label_en)


def test_a_ratio_of_two_sums_is_recomputed_from_them_and_not_averaged() -> None:
    ratio = BOOK.datasets["outcomes"]["poverty_headcount_ratio"]
    part, whole = ratio.roll_up.weight or "", ratio.roll_up.denominator or ""
    assert part
    one = {part: 1, whole: 10, "poverty_headcount_ratio": Decimal(99)}
    other = {part: 1, whole: 90, "poverty_headcount_ratio": Decimal(1)}
    assert value("outcomes", ratio.column, one, other) == Decimal(2)
    assert value("outcomes", ratio.column, one) == Decimal(10)


def test_of_a_ratio_a_row_that_lacks_one_of_both_enters_with_neither() -> None:
    ratio = BOOK.datasets["outcomes"]["poverty_headcount_ratio"]
    part, whole = ratio.roll_up.weight or "", ratio.roll_up.denominator or ""
    assert value("outcomes", ratio.column, {part: 1, whole: 4}, {part: 9, whole: None}) == Decimal(25)
    assert value("outcomes", ratio.column, {part: 1, whole: 4}, {part: None, whole: 96}) == Decimal(25)
    assert value("outcomes", ratio.column, {part: None, whole: None}) is None
    assert value("outcomes", ratio.column, {part: 0, whole: 0}) is None


def weighted() -> Indicator:
    return next(i for i in INDICATORS if i.roll_up.how == "weighted" and not i.roll_up.denominator)


def test_an_average_is_weighted_by_what_its_definition_says() -> None:
    average = weighted()
    name, weight = average.column, average.roll_up.weight or ""
    assert value(average.dataset, name, {name: 10, weight: 1}, {name: 20, weight: 3}) == Decimal("17.5")
    assert value(average.dataset, name, {name: 10, weight: 1}, {name: None, weight: 3}) == Decimal(10)
    assert value(average.dataset, name, {name: 10, weight: 1}, {name: 20, weight: None}) == Decimal(10)
    assert value(average.dataset, name, {name: 10, weight: 0}) is None


def test_growth_is_of_averages_over_those_that_have_both() -> None:
    growth = first("ratio", "derived")
    now, then = growth.roll_up.weight or "", growth.roll_up.denominator or ""
    form = BOOK.datasets[growth.dataset]
    weight = form[now].roll_up.weight or ""
    assert form[now].roll_up == form[then].roll_up
    one = {now: 110, then: 100, weight: 1}
    assert value(growth.dataset, growth.column, one) == Decimal(10)
    assert value(growth.dataset, growth.column, one, {now: 330, then: 300, weight: 9}) == Decimal(10)
    assert value(growth.dataset, growth.column, one, {now: 150, then: 100, weight: 3}) == Decimal(40)
    assert value(growth.dataset, growth.column, one, {now: None, then: 900, weight: 9}) == Decimal(10)
    assert value(growth.dataset, growth.column, one, {now: 900, then: None, weight: 9}) == Decimal(10)
    assert value(growth.dataset, growth.column, {now: 110, then: 0, weight: 1}) is None


def test_a_code_is_counted_where_a_row_has_it() -> None:
    of = next(d for d in BOOK.datasets.values() if any(i.codes and i.roll_up.how == "count" for i in d.indicators))
    coded = next(i for i in of.indicators if i.codes and i.roll_up.how == "count")
    one, two = coded.codes[:2]
    given = [{coded.column: code} for code in (one, one, two, None)]
    assert value(of.dataset, f"{coded.column}={one}", *given) == Decimal(2)
    assert value(of.dataset, f"{coded.column}={two}", *given) == Decimal(1)
    assert value(of.dataset, f"{coded.column}={one}", {coded.column: None}) is None
    assert value(of.dataset, f"{coded.column}={one}", {coded.column: two}) == Decimal(0)


def changed(dataset: Dataset, **roll_ups: str) -> Dataset:
    """The form with other roll-ups."""
    parsed = {column: RollUp.parse(text) for column, text in roll_ups.items()}
    indicators = tuple(
        i.model_copy(update={"roll_up": parsed[i.column]}) if i.column in parsed else i for i in dataset.indicators
    )
    return Dataset.model_validate(
        {name: getattr(dataset, name) for name in Dataset.model_fields} | {"indicators": indicators}
    )


def test_what_a_definition_must_not_say_is_refused_when_lines_are_made() -> None:
    average = weighted()
    form = BOOK.datasets[average.dataset]
    another = next(i for i in form.indicators if i.kind == "ratio" and i.column != average.column)
    with pytest.raises(CodebookError, match="never summed"):
        measures_of(changed(form, **{average.column: f"weighted:{another.column}"}))
    with pytest.raises(CodebookError, match="never summed"):
        measures_of(changed(form, **{average.column: f"weighted:{another.column}/{average.roll_up.weight}"}))
    with pytest.raises(CodebookError, match="never summed"):
        measures_of(changed(form, **{average.column: f"weighted:{average.roll_up.weight}/{another.column}"}))
    with pytest.raises(CodebookError, match=rf"{average.column} is a ratio and is never counted"):
        measures_of(changed(form, **{average.column: "count"}))


def test_growth_of_what_is_not_averaged_alike_is_refused() -> None:
    growth = first("ratio", "derived")
    form = BOOK.datasets[growth.dataset]
    now, then = growth.roll_up.weight or "", growth.roll_up.denominator or ""
    summed = next(i.column for i in form.indicators if i.roll_up.how == "sum")
    with pytest.raises(CodebookError, match=f"{now} and {then} are not averaged alike"):
        measures_of(changed(form, **{then: f"weighted:{summed}", now: "none"}))
    with pytest.raises(CodebookError, match=f"{form.dataset}.{now} has no weight to be averaged by"):
        measures_of(changed(form, **{then: "none", now: "none"}))
