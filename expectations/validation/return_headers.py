"""The rules about returns as a whole, nil ones too: one batch of heads a period, of all datasets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import polars as pl
from great_expectations.core import ExpectationSuiteValidationResult

from expectations.companions import rows_before
from expectations.language.rules import Rule, all_checks
from expectations.suites import returns
from expectations.validation.batch import Key
from expectations.validation.checkpoint import validate
from expectations.validation.outcome import RuleOutcomes, record_of
from expectations.validation.results import count_not_evaluated, return_results, returns_result
from expectations.validation.rule_findings import return_findings
from warehouse.intake.model.records import ReturnHeader
from warehouse.intake.reading import Reading
from warehouse.messages.finding import Finding
from warehouse.store.prior_state import PriorState

OF_A_RETURN = ["receipt", "dataset", "county_code"]


def validate_return_headers(
    reading: Reading, known: PriorState, period: str
) -> tuple[dict[str, RuleOutcomes], ExpectationSuiteValidationResult]:
    """What the rules of `suites.returns` say of each dataset's returns of the period, and of all, for Data Docs."""
    return_headers = [h for h in reading.return_headers if h.period == period]
    rules = returns.rules(known.book, period)
    batch = _batch(return_headers, reading, known, period, returns.counted(rules))
    findings: dict[str, list[Finding]] = defaultdict(list)
    failed: dict[str, dict[Key, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    failures = validate(all_checks(rules), batch)
    for failure in failures:
        for return_header in (return_headers[i] for i in failure.row_ids):
            failed[return_header.dataset][return_header.receipt, return_header.county_code][failure.rule.rule] = 1
        for finding in return_findings(failure, return_headers, batch, known.book):
            findings[finding.dataset or ""].append(finding)
    left_out = _not_evaluated(rules, batch)
    by_dataset = {
        name: RuleOutcomes(
            tuple(record_of(name, period, rule, per_row=False) for rule in returns.about(rules, name)),
            tuple(findings[name]),
            failed[name],
            left_out[name],
        )
        for name in known.book.datasets
    }
    results = return_results(return_headers, batch, rules, failures, count_not_evaluated(rules, batch))
    return by_dataset, returns_result(period, return_headers, results)


def _batch(
    return_headers: list[ReturnHeader], reading: Reading, known: PriorState, period: str, counted: Iterable[str]
) -> pl.DataFrame:
    """One row per return: county_code, dataset and, of datasets whose rows are counted, how many it has and had."""
    frame = pl.DataFrame(
        [(h.receipt, h.dataset, h.county_code) for h in return_headers],
        {"receipt": pl.Int64, "dataset": pl.String, "county_code": pl.String},
        orient="row",
    )
    empty = pl.LazyFrame(schema={**frame.schema, "rows": pl.Int64, "rows_before": pl.Int64})
    sent = {*frame["dataset"]}
    counts = [_counts(frame, reading, known, period, name) for name in counted if name in sent]
    both = pl.concat([empty, *counts]).collect()
    return frame.join(both, on=OF_A_RETURN, how="left", maintain_order="left").with_row_index("row_id")


def _counts(frame: pl.DataFrame, reading: Reading, known: PriorState, period: str, name: str) -> pl.LazyFrame:
    """One row per return of a dataset: its rows now (0 if nil), and those of the county's last accepted one."""
    now = reading.rows[name].lazy().filter(pl.col("period") == period).group_by("receipt", "county_code").len("rows")
    return (
        frame.lazy()
        .filter(pl.col("dataset") == name)
        .join(now, on=["receipt", "county_code"], how="left")
        .join(rows_before(known, known.book.datasets[name], period), on="county_code", how="left")
        .select(*OF_A_RETURN, pl.col("rows").fill_null(0).cast(pl.Int64), "rows_before")
        .unique(OF_A_RETURN)
    )


def _not_evaluated(rules: Iterable[Rule], batch: pl.DataFrame) -> dict[str, dict[Key, dict[str, int]]]:
    """By dataset: the rules that speak of its returns and could not be held to one of them."""
    left_out: dict[str, dict[Key, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for rule in rules:
        missing = pl.any_horizontal(check.not_evaluated(batch.schema) for check in rule.checks)
        for row in batch.filter(missing).iter_rows(named=True):
            if rule in returns.about([rule], row["dataset"]):
                left_out[row["dataset"]][row["receipt"], row["county_code"]][rule.rule] = 1
    return left_out
