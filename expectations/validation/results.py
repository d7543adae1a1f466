"""The results of a batch in Great Expectations' own form: one a check of each rule, with the rows that fail it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

import great_expectations as gx
import polars as pl
from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult

from expectations.language.rules import Check, Rule, all_checks, suite
from expectations.validation.batch import EN, ZH, Batch
from expectations.validation.checkpoint import Failure
from warehouse.codebook import load
from warehouse.intake.model.records import ReturnHeader

SHOWN_ROWS = 20
# What tells a person which row it is; they stand in `partial_unexpected_index_list` before the row's values.
PLACE = ("county", "file", "sheet", "cells")
# Key columns that every form has: as values they say nothing that PLACE does not.
KEYS = {
    "receipt": ("收文", "Receipt"),
    "county_code": ("区划代码", "County code"),
    "period": ("报告期", "Period"),
}
# The page of the rules about returns as a whole, of all datasets of a period.
RETURNS = "returns"
RETURNS_LABEL = ("报表整体", "Returns as a whole")
RETURNS_COLUMNS = {
    "county_code": KEYS["county_code"],
    "dataset": ("报表", "Dataset"),
    "rows": ("行数", "Rows"),
    "rows_before": ("上期行数", "Rows of the last return"),
}

Results = tuple[ExpectationValidationResult, ...]
Where = Callable[[Check, int], dict[str, Any]]


def count_not_evaluated(rules: Iterable[Rule], rows: pl.DataFrame) -> list[int]:
    """How many rows each check cannot be held to, in the order of `all_checks`."""
    checks = [rule.checks[place] for rule, place in all_checks(rules)]
    counts = rows.select(check.not_evaluated(rows.schema).sum().alias(str(i)) for i, check in enumerate(checks))
    return [int(count) for count in counts.row(0)] if checks else []


def row_results(
    batch: Batch, rules: Sequence[Rule], failures: Iterable[Failure], not_evaluated: Sequence[int]
) -> Results:
    """A result for each check of these rules over all rows of the batch; `not_evaluated` as counted above."""
    return _results(rules, failures, batch.rows.height, not_evaluated, lambda *at: _place_of_row(batch, *at))


def return_results(
    return_headers: Sequence[ReturnHeader],
    frame: pl.DataFrame,
    rules: Sequence[Rule],
    failures: Iterable[Failure],
    not_evaluated: Sequence[int],
) -> Results:
    """A result for each check of rules about returns as a whole; `frame` has a row a head, in their order."""

    def where(check: Check, row_id: int) -> dict[str, Any]:
        return _values(check.concerned, frame.row(row_id, named=True)) | _place_of_head(return_headers[row_id])

    return _results(rules, failures, len(return_headers), not_evaluated, where)


def batch_result(batch: Batch, results: Results) -> ExpectationSuiteValidationResult:
    """What `row_results` gave, as the validation of a dataset and period."""
    meta = {
        "dataset": batch.dataset.dataset,
        "period": batch.period,
        "label": (batch.dataset.label_zh, batch.dataset.label_en),
        "returns": len(batch.return_headers),
        "labels": {c: KEYS.get(c) or (batch.label(c, ZH), batch.label(c, EN)) for c in sorted(_concerned(results))},
    }
    return _suite_result(meta, results)


def returns_result(
    period: str, return_headers: Sequence[ReturnHeader], results: Results
) -> ExpectationSuiteValidationResult:
    """What `head_results` gave, as the validation of a period's returns."""
    meta = {
        "dataset": RETURNS,
        "period": period,
        "label": RETURNS_LABEL,
        "returns": len(return_headers),
        "labels": RETURNS_COLUMNS,
    }
    return _suite_result(meta, results)


def _suite_result(meta: dict[str, Any], results: Results) -> ExpectationSuiteValidationResult:
    passed = sum(1 for result in results if result.success)
    return ExpectationSuiteValidationResult(
        success=passed == len(results),
        results=list(results),
        suite_name=f"{meta['period']}-{meta['dataset']}",
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(results) - passed,
            "success_percent": 100 * passed / len(results) if results else None,
        },
        meta={**meta, "great_expectations_version": gx.__version__},
    )


def _results(
    rules: Sequence[Rule], failures: Iterable[Failure], rows: int, not_evaluated: Sequence[int], where: Where
) -> Results:
    """In the order of `all_checks`; `where` says of a row id what a person needs to find it."""
    failing = {(failure.rule.rule, failure.place): failure.row_ids for failure in failures}
    expectations = suite("any", rules).expectations
    return tuple(
        ExpectationValidationResult(
            success=(rule.rule, place) not in failing,
            expectation_config=expectation.configuration,
            result=_result(rule.checks[place], failing.get((rule.rule, place), ()), rows, missing, where),
        )
        for (rule, place), expectation, missing in zip(all_checks(rules), expectations, not_evaluated, strict=True)
    )


def _result(check: Check, row_ids: Sequence[int], rows: int, missing: int, where: Where) -> dict[str, Any]:
    """Rows that the check is not evaluated for are its missing ones; of those that fail, SHOWN_ROWS are shown."""
    shown = [where(check, row_id) for row_id in row_ids[:SHOWN_ROWS]]
    evaluated = rows - missing
    return {
        "element_count": rows,
        "missing_count": missing,
        "missing_percent": 100 * missing / rows if rows else 0.0,
        "unexpected_count": len(row_ids),
        "unexpected_percent": 100 * len(row_ids) / evaluated if evaluated else 0.0,
        "partial_unexpected_list": [{k: v for k, v in place.items() if k not in PLACE} for place in shown],
        "partial_unexpected_index_list": shown,
        "unexpected_index_column_names": list(PLACE),
    }


def _concerned(results: Results) -> set[str]:
    """The columns that the results speak of, values shown with failing rows included."""
    columns: set[str] = set()
    for result in results:
        kwargs = result.expectation_config.kwargs if result.expectation_config else {}
        columns.update(kwargs.get("column_list") or [kwargs["column"]])
        columns.update(*(result.result["partial_unexpected_list"]))
    return columns


def _place_of_row(batch: Batch, check: Check, row_id: int) -> dict[str, Any]:
    """The row's place, then its values: the form's own as they stand there, then what they are compared with."""
    row, form = batch.row(row_id), batch.dataset.columns
    return_header = batch.return_header(row)
    own = sorted({c for c in check.concerned if c in form}, key=form.index)
    others = [c for c in dict.fromkeys(check.concerned) if c not in form and c not in KEYS]
    cells = ", ".join(batch.cells(row, own or form[:1]))
    place = (_county(return_header.county_code, return_header.period), return_header.file, row["sheet"] or "", cells)
    return dict(zip(PLACE, place, strict=True)) | _values((*own, *others), row)


def _place_of_head(return_header: ReturnHeader) -> dict[str, Any]:
    place = (
        _county(return_header.county_code, return_header.period),
        return_header.file,
        return_header.county_sheet or "",
        return_header.county_cell or "",
    )
    return {**dict(zip(PLACE, place, strict=True)), "dataset": load().datasets[return_header.dataset].label_zh}


def _values(columns: Iterable[str], row: Mapping[str, Any]) -> dict[str, Any]:
    return {column: _plain(row[column]) for column in columns}


def _county(code: str, period: str) -> str:
    return f"{code} {_names(load().edition(period)).get(code, '')}".strip()


@cache
def _names(edition: str) -> dict[str, str]:
    return {d.county_code: d.name_zh for d in load().in_force(edition)}


def _plain(value: Any) -> str | float | bool | None:
    """A value as JSON has it."""
    if isinstance(value, Decimal):
        return float(value) if value.as_tuple().exponent else int(value)
    return value.isoformat() if isinstance(value, dt.date) else value
