"""How the engine's tests validate a frame."""

from __future__ import annotations

from typing import Any

import great_expectations as gx
import polars as pl
from great_expectations.core import ExpectationValidationResult
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.expectations.expectation import Expectation

from tests.engine.oracle import answers, context

COMPLETE = {"result_format": "COMPLETE"}


def definition(name: str = "frame") -> BatchDefinition[Any]:
    """The batch definition of a new asset in a new context."""
    asset = context().data_sources.add_polars("polars").add_dataframe_asset(name)
    whole: BatchDefinition[Any] = asset.add_batch_definition_whole_dataframe("whole")
    return whole


def validate(
    frame: pl.DataFrame | pl.LazyFrame, *request: Expectation, result_format: Any = "COMPLETE"
) -> list[ExpectationValidationResult]:
    """The results of the expectations over the frame, in their order."""
    return answers(definition(), frame, request, result_format)


def one(
    frame: pl.DataFrame | pl.LazyFrame, request: Expectation, result_format: Any = "COMPLETE"
) -> ExpectationValidationResult:
    """The result of one expectation."""
    (result,) = validate(frame, request, result_format=result_format)
    return result


def reason(result: ExpectationValidationResult) -> str:
    """Why an expectation could not be evaluated."""
    info = result.exception_info
    flat = info if "exception_message" in info else next(iter(info.values()))
    return str(flat["exception_message"])


def suite(*request: Expectation) -> gx.ExpectationSuite:
    """A suite of them."""
    return gx.ExpectationSuite(name="suite", expectations=list(request))
