"""The bare script's rules: plain Polars expressions, each saying which rows fail and which cannot be held to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from warehouse.codebook import Dataset

VILLAGES = ("villages_planned", "villages_started", "villages_completed", "villages_demolished")
SUMMED = (
    "persons_identified", "persons_housed", "persons_moved_in", "resettlement_sites", "ecological_restoration_mu",
    "persons_employed", "communities_governed", "funds_paid_yuan", "land_reallocated_mu", "houses_demolished",
    "trees_compensated",
)  # fmt: skip
SLACK = 1e-9
NEVER = pl.lit(value=False)


@dataclass(frozen=True)
class Check:
    """Rows that `fails` break the rule; rows that are `unknown` are not evaluated."""

    rule: str
    critical: bool
    fails: pl.Expr
    unknown: pl.Expr


def year_to_date(dataset: Dataset) -> tuple[str, ...]:
    return tuple(i.column for i in dataset.indicators if i.kind == "year_to_date")


def checks(dataset: Dataset) -> list[Check]:
    """Those of every dataset first, then its own."""
    own = {"relocation": _relocation, "relocation_villages": _villages, "outcomes": _outcomes, "finance": _finance}
    return [*_every(dataset), *own.get(dataset.dataset, tuple)()]


def _holds(rule: str, relation: pl.Expr, *, critical: bool = True, over: str | None = None) -> Check:
    """A relation between columns; unknown where one of them is null or `over`, a denominator, is zero."""
    unknown = pl.any_horizontal(pl.col(column).is_null() for column in relation.meta.root_names())
    if over is not None:
        unknown |= (pl.col(over) == 0).fill_null(value=False)
    return Check(rule, critical, ~relation & ~unknown, unknown)


def _filled(rule: str, column: str, when: pl.Expr | None = None, *, critical: bool = True) -> Check:
    null = pl.col(column).is_null()
    if when is None:
        return Check(rule, critical, null, NEVER)
    applies = when.fill_null(value=False)
    return Check(rule, critical, null & applies, ~applies)


def _within(rule: str, inside: pl.Expr, when: pl.Expr, *, critical: bool = True) -> Check:
    """A bound on one column for the rows `when`."""
    unknown = ~when.fill_null(value=False) | pl.col(inside.meta.root_names()[0]).is_null()
    return Check(rule, critical, ~inside & ~unknown, unknown)


def _once(rule: str, *keys: str) -> Check:
    twice = pl.struct("submission", "county_code", "period", *keys).is_duplicated()
    return Check(rule, critical=True, fails=twice, unknown=NEVER)


def _every(dataset: Dataset) -> Iterator[Check]:
    yield _once("key_unique", *dataset.keys)
    for i in dataset.indicators:
        if i.required == "true":
            yield _filled("required_present", i.column)
        elif i.required.startswith("where "):
            column, _, value = i.required.removeprefix("where ").split()
            yield _filled("required_present", i.column, pl.col(column) > int(value))
        if i.unit.dtype in ("count", "money", "decimal") and i.unit.unit != "percent" and not i.signed:
            yield _holds("not_negative", pl.col(i.column) >= 0)
        if i.unit.unit == "percent" and not i.signed:
            yield _holds("share_bounds", pl.col(i.column).is_between(0, 100))
    for column in year_to_date(dataset):
        yield _holds("year_to_date_never_falls", pl.col(column) >= pl.col(f"this_year_{column}"), critical=False)


def _relocation() -> Iterator[Check]:
    planned, started, completed, demolished = map(pl.col, VILLAGES)
    yield _holds("relocation_funnel", (demolished <= completed) & (completed <= started) & (started <= planned))
    for column in VILLAGES:
        yield _holds("relocation_never_falls", pl.col(column) >= pl.col(f"last_{column}"))
        yield _holds("relocation_matches_register", pl.col(column) == pl.col(f"register_{column}"))
    for column in SUMMED:
        yield _holds("people_counts_fall", pl.col(column) >= pl.col(f"last_{column}"), critical=False)
    moved_in, housed, identified = (pl.col(f"persons_{c}") for c in ("moved_in", "housed", "identified"))
    yield _holds("people_funnel", (moved_in <= housed) & (housed <= identified))
    yield _holds("sites_governed", pl.col("communities_governed") <= pl.col("resettlement_sites"), critical=False)


def _villages() -> Iterator[Check]:
    started, completed, demolished = (pl.col(f"{step}_on") for step in ("started", "completed", "demolished"))
    yield _once("village_unique", "village_code")
    for order in (started <= completed, completed <= demolished):
        yield _holds("dates_in_order", order)
    for on in (started, completed, demolished):
        yield _holds("dates_in_order", on <= pl.col("period_end"))
    yield _filled("dates_in_order", "started_on", completed.is_not_null())
    yield _filled("dates_in_order", "completed_on", demolished.is_not_null())
    yield _filled("reclaimed_needs_demolished", "demolished_on", pl.col("reclaimed_area_mu") > 0)


def _outcomes() -> Iterator[Check]:
    c = pl.col
    closing, income, prior = c("poor_persons_closing"), c("income_per_capita"), c("income_per_capita_prior_year")
    flow = c("poor_persons_opening") - c("poor_persons_exited") + c("poor_persons_added") - c("poor_persons_removed")
    parts = c("income_wages") + c("income_business") + c("income_property") + c("income_transfers")
    headcount, growth = c("poverty_headcount_ratio"), c("income_growth")
    yield _holds("stock_flow", flow == closing)
    yield _holds("opening_is_last_closing", c("poor_persons_opening") == c("december_poor_persons_closing"))
    yield _holds("headcount_ratio", _near(headcount, 100 * closing / c("rural_population"), 1), over="rural_population")
    yield _holds("income_parts", _near(parts, income, 2))
    yield _holds("income_growth", _near(growth, 100 * (income / prior - 1), 1), over="income_per_capita_prior_year")
    yield _holds("prior_income_is_last_years", _near(prior, c("december_income_per_capita"), 0), critical=False)
    yield _holds("villages_exited", c("poor_villages_exited") <= c("poor_villages_opening"))
    yield _holds("deep_within_poor", c("deep_poverty_persons") <= closing)
    yield from _delisting()
    yield _holds("income_plausible", (c("peers_low") <= growth) & (growth <= c("peers_high")), critical=False)


def _delisting() -> Iterator[Check]:
    rule, delisted = "delisting_conditions", pl.col("delisting_status") != "none"
    below_2 = ("poverty_headcount_ratio", "wrong_exit_rate", "missed_identification_rate")
    for column in ("delisting_year", *below_2, "satisfaction_rate"):
        yield _filled(rule, column, delisted, critical=False)
    for column in below_2:
        yield _within(rule, pl.col(column) < 2, delisted, critical=False)
    yield _within(rule, pl.col("satisfaction_rate") >= 90, delisted, critical=False)


def _near(left: pl.Expr, right: pl.Expr, digits: int) -> pl.Expr:
    """Equal within half a unit of a digit after the point."""
    return (left - right).abs() <= 0.5 * 10**-digits + SLACK


def _finance() -> Iterator[Check]:
    households, amount = pl.col("loan_households"), pl.col("loan_amount_yuan")
    modes = pl.col("household_use_amount_yuan") + pl.col("partnership_amount_yuan")
    yield _holds("loan_cap", amount <= 50_000 * households)
    yield _holds("loan_unit_slip", amount / households >= 1000, critical=False, over="loan_households")
    yield _holds("loan_parts", modes == amount)
    yield _holds("overdue_within_balance", pl.col("overdue_balance_yuan") <= pl.col("loan_balance_yuan"))
    yield _within("none_or_both", amount == 0, households == 0)
    yield _within("none_or_both", households == 0, amount == 0)
