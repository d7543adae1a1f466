"""The seam to Great Expectations: rules and a batch in, failing rows out, through a Checkpoint.

The engine behind it is our own on Polars (`expectations.engine`); it is named here and nowhere else.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

# Before the import: it reads the environment once, and nothing may leave the machine.
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import great_expectations as gx
import polars as pl
from great_expectations.core import ExpectationValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig

import expectations.engine  # noqa: F401  (it makes `add_polars` available)
from expectations.questions import Question, questions, stack
from expectations.rules import Check, Rule
from warehouse.errors import PermanentError

# It sets its own level on import, and would tell of a temporary folder for each context.
logging.getLogger(ProgressBarsConfig.__module__).setLevel(logging.WARNING)

FAILING_ROWS = {
    "result_format": "COMPLETE",
    "unexpected_index_column_names": ["row_id"],
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
        return self.rule.checks[self.place]


class Session:
    """An ephemeral context with one asset, for the batches of one task: making it costs as much as four checks."""

    def __init__(self) -> None:
        self.context = gx.get_context(mode="ephemeral")
        self.context.variables.progress_bars = ProgressBarsConfig(globally=False)
        asset = self.context.data_sources.add_polars("batches").add_dataframe_asset("batch")
        self.definition = asset.add_batch_definition_whole_dataframe("whole")
        self.runs = 0

    def run(self, asking: list[Question], frame: pl.DataFrame) -> list[ExpectationValidationResult]:
        """Asks the questions of the frame through a Checkpoint; results in their order, with the rows that fail."""
        self.runs += 1
        name = f"{self.runs}"
        suite = gx.ExpectationSuite(
            name=name,
            # Of the rule's meta only what is needed here: it is copied some hundred times an expectation.
            expectations=[q.check.make(q.severity, {"id": q.rules, "question": i}) for i, q in enumerate(asking)],
        )
        definition = gx.ValidationDefinition(name=name, data=self.definition, suite=self.context.suites.add(suite))
        checkpoint = gx.Checkpoint(
            name=name,
            validation_definitions=[self.context.validation_definitions.add(definition)],
            result_format=FAILING_ROWS,
        )
        result = self.context.checkpoints.add(checkpoint).run(batch_parameters={"dataframe": frame})
        (validation,) = result.run_results.values()
        configured = [(r.expectation_config, r) for r in validation.results]
        by_question = {config.meta["question"]: r for config, r in configured if config}
        return [by_question[i] for i in range(len(asking))]


def validate(asked: list[tuple[Rule, int]], batch: pl.DataFrame, session: Session | None = None) -> list[Failure]:
    """Applies checks (rules with a place among theirs) through a Checkpoint; what fails comes back, in their order.

    `batch` has a `row_id` that is the row's position. Raises PermanentError where a check cannot be evaluated: that is
    a fault of a rule, never of the data.
    """
    if not asked or batch.is_empty():
        return []
    session = session or Session()
    asking = questions(asked, batch)
    rows: dict[tuple[str, int], tuple[int, ...]] = {}
    for question, outcome in zip(asking, session.run(asking, stack(asking, batch)), strict=True):
        rows |= question.answers(_positions(question, outcome), batch.height)
    return [Failure(rule, place, rows[rule.rule, place]) for rule, place in asked if (rule.rule, place) in rows]


def _positions(question: Question, outcome: ExpectationValidationResult) -> tuple[int, ...]:
    if "unexpected_index_list" not in outcome.result:
        raise PermanentError(f"rule {question.rules} cannot be evaluated: {outcome.exception_info}")
    return tuple(int(row["row_id"]) for row in outcome.result["unexpected_index_list"])
