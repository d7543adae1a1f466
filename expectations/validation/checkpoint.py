"""The seam to Great Expectations: rules and a batch in, failing rows out, through a Checkpoint.

The engine behind it is our own on Polars (`expectations.engine`); it is named here and nowhere else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import great_expectations as gx
import polars as pl
from great_expectations.core import ExpectationValidationResult
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.data_context.types.base import ProgressBarsConfig

import expectations.engine  # noqa: F401  (it makes `add_polars` available)
from expectations.language.rules import Check, Rule
from expectations.validation.short_cuts import (
    PlainCheckpoint,
    PlainDefinition,
    SkippedResults,
    cached,
)
from expectations.validation.stacked_checks import CheckBatch, StackedCheck, stack, stacked_checks
from warehouse.messages.errors import PermanentError

# It sets its own level on import, and would tell of a temporary folder for each context.
logging.getLogger(ProgressBarsConfig.__module__).setLevel(logging.WARNING)

# Rows times checks that one Checkpoint takes: a province's datasets go together, a nation's a few at a time, because
# what is stacked is filled up to the longest question.
TOGETHER = 400_000
FAILING_ROWS = {
    "result_format": "COMPLETE",
    "return_unexpected_index_query": False,
}


@dataclass(frozen=True)
class Failure:
    """A check of a rule, by its place among the rule's, that some rows fail; `row_ids` as in the batch."""

    rule: Rule
    place: int
    row_ids: tuple[int, ...]

    @property
    def check(self) -> Check:
        """The check that fails."""
        return self.rule.checks[self.place]


@cache
def _whole_frame() -> BatchDefinition[Any]:
    """What a checkpoint is run on, in an ephemeral context that a process needs one of: nothing is kept in it."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    context.stores[context.validation_results_store_name] = SkippedResults()
    asset = context.data_sources.add_polars("batches").add_dataframe_asset("batch")
    whole: BatchDefinition[Any] = asset.add_batch_definition_whole_dataframe("whole")
    return whole


def _run(asking: list[StackedCheck], frame: pl.DataFrame) -> list[ExpectationValidationResult]:
    """Asks the questions of the frame through a Checkpoint; results in their order, with the rows that fail."""
    suite = gx.ExpectationSuite(
        name="asked",
        # Of the rule's meta only what is needed here: it is copied some hundred times an expectation.
        expectations=[cached(q.check).make(q.severity, {"id": q.rules, "question": i}) for i, q in enumerate(asking)],
    )
    definition = PlainDefinition(name="asked", data=_whole_frame(), suite=suite)
    checkpoint = PlainCheckpoint(name="asked", validation_definitions=[definition], result_format=FAILING_ROWS)
    (validation,) = checkpoint.run(batch_parameters={"dataframe": frame}).run_results.values()
    configured = [(r.expectation_config, r) for r in validation.results]
    by_question = {config.meta["question"]: r for config, r in configured if config}
    return [by_question[i] for i in range(len(asking))]


def validate_all(asked: Sequence[CheckBatch]) -> list[list[Failure]]:
    """Applies checks to batches, small ones together through one Checkpoint; what fails of each, in the order of its
    checks.

    Raises PermanentError where a check cannot be evaluated: that is a fault of a rule, never of the data.
    """
    return [failures for group in _together(asked) for failures in _validate(group)]


def _together(asked: Sequence[CheckBatch]) -> Iterator[list[CheckBatch]]:
    """The batches in order, as many at a time as TOGETHER allows; a larger one by itself."""
    group: list[CheckBatch] = []
    size = 0
    for one in asked:
        own = one.batch.height * len(one.checks)
        if group and size + own > TOGETHER:
            yield group
            group, size = [], 0
        group.append(one)
        size += own
    if group:
        yield group


def _validate(asked: list[CheckBatch]) -> list[list[Failure]]:
    asking = stacked_checks(asked)
    rows: dict[tuple[int, str, int], tuple[int, ...]] = {}
    if asking:
        for question, outcome in zip(asking, _run(asking, stack(asking, asked)), strict=True):
            rows |= question.answers(_positions(question, outcome))
    return [
        [Failure(rule, place, rows[k, rule.rule, place]) for rule, place in one.checks if (k, rule.rule, place) in rows]
        for k, one in enumerate(asked)
    ]


def validate(checks: Iterable[tuple[Rule, int]], batch: pl.DataFrame) -> list[Failure]:
    """Applies checks (rules with a place among theirs) to one batch: see `validate_all`."""
    (failures,) = validate_all([CheckBatch(() if batch.is_empty() else tuple(checks), batch)])
    return failures


def _positions(question: StackedCheck, outcome: ExpectationValidationResult) -> tuple[int, ...]:
    if "unexpected_index_list" not in outcome.result:
        raise PermanentError(f"rule {question.rules} cannot be evaluated: {outcome.exception_info}")
    return tuple(outcome.result["unexpected_index_list"])
