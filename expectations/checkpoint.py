"""The seam to Great Expectations: rules and a batch in, failing rows out, through a Checkpoint.

The engine behind it is stock pandas; another engine takes its place here and nowhere else.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import Any

# Before the import: it reads the environment once, and nothing may leave the machine.
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import great_expectations as gx
import pandas as pd
import polars as pl
from great_expectations.core import ExpectationValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig

from expectations.rules import Check, Rule, suite
from warehouse.errors import PermanentError

# It sets its own level on import, and would tell of a temporary folder for each context.
logging.getLogger(ProgressBarsConfig.__module__).setLevel(logging.WARNING)

VERDICT_ONLY = {"result_format": "BOOLEAN_ONLY"}
FAILING_ROWS = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": ["row_id"],
    "return_unexpected_index_query": False,
}


@dataclass(frozen=True)
class Failure:
    """A check of a rule that some rows fail; `row_ids` as in the batch."""

    rule: Rule
    check: Check
    row_ids: tuple[int, ...]


def validate(name: str, asked: list[tuple[Rule, int]], batch: pl.DataFrame) -> list[Failure]:
    """Applies checks (rules with a place among theirs) through a Checkpoint; what fails comes back, in their order.

    `batch` has a unique `row_id`. All checks are asked for their verdict, then those that failed for their rows:
    asking all for rows costs twice as much (measured). Raises PermanentError where a check cannot be evaluated:
    that is a fault of a rule, never of the data.
    """
    frame = to_pandas(batch)
    if not asked:
        return []
    outcomes = _run(name, asked, frame, VERDICT_ONLY)
    failed = [check for check, outcome in zip(asked, outcomes, strict=True) if not outcome.success]
    if not failed:
        return []
    return [
        Failure(rule, rule.checks[place], _rows(rule, outcome))
        for (rule, place), outcome in zip(failed, _run(name, failed, frame, FAILING_ROWS), strict=True)
    ]


def _run(
    name: str, checks: list[tuple[Rule, int]], frame: pd.DataFrame, result_format: dict[str, Any]
) -> list[ExpectationValidationResult]:
    """One run of one Checkpoint, in a context of its own; results in the order of the checks."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
    definition = gx.ValidationDefinition(
        name=name,
        data=asset.add_batch_definition_whole_dataframe(name),
        suite=context.suites.add(suite(name, checks, brief=True)),
    )
    checkpoint = gx.Checkpoint(
        name=name,
        validation_definitions=[context.validation_definitions.add(definition)],
        result_format=result_format,
    )
    result = context.checkpoints.add(checkpoint).run(batch_parameters={"dataframe": frame})
    (validation,) = result.run_results.values()
    configured = [(r.expectation_config, r) for r in validation.results]
    by_check = {(config.meta["id"], config.meta["check"]): r for config, r in configured if config}
    return [by_check[rule.rule, place] for rule, place in checks]


def _rows(rule: Rule, outcome: ExpectationValidationResult) -> tuple[int, ...]:
    if "unexpected_index_list" not in outcome.result:
        raise PermanentError(f"rule {rule.rule} cannot be evaluated: {outcome.exception_info}")
    return tuple(int(row["row_id"]) for row in outcome.result["unexpected_index_list"])


def to_pandas(batch: pl.DataFrame) -> pd.DataFrame:
    """The batch for the pandas engine. Decimals become floats, which hold every value of theirs well enough to be
    compared, and never come back from here.
    """
    return batch.with_columns(pl.col(pl.Decimal).cast(pl.Float64)).to_pandas()
