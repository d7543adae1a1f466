"""The stock pandas engine as the oracle: the same expectations on both engines, and what differs in their answers."""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import great_expectations as gx
import pandas as pd
import polars as pl
from great_expectations.core import ExpectationValidationResult
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.expectation import Expectation
from great_expectations.util import convert_to_json_serializable

import expectations.engine  # noqa: F401 - makes add_polars available

# Great Expectations warns of each metric that fails, at length.
logging.getLogger("great_expectations").setLevel(logging.CRITICAL)

# How the index is queried is each engine's own.
OWN = {"unexpected_index_query"}
# In these the stock engine gives sets in any order.
UNORDERED = {"expect_column_distinct_values_to_be_in_set", "expect_column_distinct_values_to_contain_set",
             "expect_column_distinct_values_to_equal_set"}  # fmt: skip


def context() -> Any:
    """An ephemeral context that shows no progress."""
    made = gx.get_context(mode="ephemeral")
    made.variables.progress_bars = ProgressBarsConfig(globally=False)
    return made


@dataclass
class Both:
    """Both engines over the same frame. `compared` counts the answers compared, by expectation and result format."""

    polars: BatchDefinition[Any]
    pandas: BatchDefinition[Any]
    compared: dict[tuple[str, str], int] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)

    @classmethod
    def made(cls) -> Both:
        sources = context().data_sources
        ours, stock = sources.add_polars("polars"), sources.add_pandas("pandas")
        return cls(
            ours.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole"),
            stock.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole"),
        )

    def differences(self, frame: pl.DataFrame, request: Sequence[Expectation], result_format: Any) -> list[str]:
        """What differs, in words; empty where the engines agree. Both failing with an exception is agreement."""
        ours = answers(self.polars, frame, request, result_format)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the stock engine warns of is its own affair
            stock = answers(self.pandas, to_pandas(frame), request, result_format)
        found = []
        for expectation, mine, theirs in zip(request, ours, stock, strict=True):
            name = result_format if isinstance(result_format, str) else result_format["result_format"]
            key = (expectation.expectation_type, name)
            self.compared[key] = self.compared.get(key, 0) + 1
            if not failed(mine) and not failed(theirs):
                self.answered[expectation.expectation_type] = self.answered.get(expectation.expectation_type, 0) + 1
            if told := difference(mine, theirs):
                found.append(f"{expectation.configuration.to_json_dict()} {result_format}: {told}")
        return found


def answers(
    definition: BatchDefinition[Any], frame: Any, request: Sequence[Expectation], result_format: Any
) -> list[ExpectationValidationResult]:
    """The results of the expectations, in their order."""
    copies = [
        type(one)(**one.dict(exclude={"meta", "id", "rendered_content"}), meta={"n": n})
        for n, one in enumerate(request)
    ]
    suite = gx.ExpectationSuite(name="asked", expectations=copies)
    results = definition.get_batch({"dataframe": frame}).validate(suite, result_format=result_format).results
    by_number = {one.expectation_config.meta["n"]: one for one in results if one.expectation_config}
    return [by_number[n] for n in range(len(request))]


def failed(result: ExpectationValidationResult) -> bool:
    """Whether the expectation could not be evaluated."""
    info = result.exception_info
    return info.get("raised_exception") is not False


def to_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    """What a user who has pandas would have."""
    return frame.to_pandas()


def difference(mine: ExpectationValidationResult, theirs: ExpectationValidationResult) -> str | None:
    """In words, what differs; None where nothing does."""
    if failed(mine) or failed(theirs):
        both = failed(mine) and failed(theirs)
        return None if both else f"raised: {mine.exception_info} / {theirs.exception_info}"
    if bool(mine.success) != bool(theirs.success):
        return f"success: {mine.success} / {theirs.success}; {mine.result} / {theirs.result}"
    left, right = plain(mine.result), plain(theirs.result)
    if mine.expectation_config and mine.expectation_config.type in UNORDERED:
        left, right = ordered(left), ordered(right)
    skipped = OWN | ({"partial_unexpected_counts"} if has_missing(left) else set())
    keys = (set(left) | set(right)) - skipped
    differing = [key for key in sorted(keys) if not same(left.get(key), right.get(key))]
    return "; ".join(f"{key}: {left.get(key)} / {right.get(key)}" for key in differing) or None


def has_missing(result: dict[str, Any]) -> bool:
    """Whether a value listed is missing: to pandas each NaN is another value, and it counts them one by one."""
    listed = result.get("unexpected_list", result.get("partial_unexpected_list")) or []
    return any(
        one is None or (isinstance(one, list) and None in one) or (isinstance(one, dict) and None in one.values())
        for one in listed
    )


def ordered(result: dict[str, Any]) -> dict[str, Any]:
    """Lists sorted."""
    return {key: sorted(value, key=str) if isinstance(value, list) else value for key, value in result.items()}


def plain(value: Any) -> Any:
    """The value as JSON would have it, frames as their rows, everything missing as None."""
    if isinstance(value, pd.DataFrame):
        return plain(value.reset_index(names="__index__").to_dict("records"))
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    made = convert_to_json_serializable(value)
    return None if isinstance(made, float) and math.isnan(made) else made


def same(left: Any, right: Any) -> bool:
    """Equality, numbers within a billionth."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, int | float) and isinstance(right, int | float):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9) or left == right
    return bool(left == right)
