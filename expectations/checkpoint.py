"""The seam to Great Expectations: rules and a batch in, failing rows out, through a Checkpoint.

The engine behind it is stock pandas; another engine takes its place here and nowhere else.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

# Before the import: it reads the environment once, and nothing may leave the machine.
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import great_expectations as gx  # noqa: E402
import pandas as pd  # noqa: E402
import polars as pl  # noqa: E402
from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: E402

from expectations.rules import Check, Rule, suite  # noqa: E402
from warehouse.errors import PermanentError  # noqa: E402

RESULT_FORMAT = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": ["row_id"],
    "exclude_unexpected_values": True,
    "return_unexpected_index_query": False,
}


@dataclass(frozen=True)
class Failure:
    """A check of a rule that some rows fail; `row_ids` as in the batch."""

    rule: Rule
    check: Check
    row_ids: tuple[int, ...]


def validate(name: str, rules: tuple[Rule, ...], batch: pl.DataFrame) -> list[Failure]:
    """Applies the rules to the batch through one Checkpoint; only what fails comes back, in the rules' order.

    `batch` has a unique `row_id`. Raises PermanentError where a check itself cannot be evaluated: that is a fault
    of a rule, never of the data.
    """
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
    definition = gx.ValidationDefinition(
        name=name, data=asset.add_batch_definition_whole_dataframe(name), suite=context.suites.add(suite(name, rules))
    )
    checkpoint = gx.Checkpoint(
        name=name,
        validation_definitions=[context.validation_definitions.add(definition)],
        result_format=RESULT_FORMAT,
    )
    result = context.checkpoints.add(checkpoint).run(batch_parameters={"dataframe": to_pandas(batch)})
    (validation,) = result.run_results.values()
    by_id = {rule.rule: rule for rule in rules}
    return [_failure(by_id, outcome) for outcome in validation.results if not outcome.success]


def _failure(by_id: dict[str, Rule], outcome: gx.ExpectationValidationResult) -> Failure:
    config = outcome.expectation_config
    rule = by_id[config.meta["id"]]
    if "unexpected_index_list" not in outcome.result:
        raise PermanentError(f"rule {rule.rule} cannot be evaluated: {outcome.exception_info}")
    rows = tuple(int(row["row_id"]) for row in outcome.result["unexpected_index_list"])
    return Failure(rule, rule.checks[config.meta["check"]], rows)


def to_pandas(batch: pl.DataFrame) -> pd.DataFrame:
    """The batch for the pandas engine. Decimals become floats, which hold every value of theirs well enough to be
    compared, and never come back from here.
    """
    return batch.with_columns(pl.col(pl.Decimal).cast(pl.Float64)).to_pandas()
