"""Great Expectations' side of the engine bench: the checks through a Checkpoint, on our engine or on stock pandas."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # it is read on import

import great_expectations as gx
from great_expectations.checkpoint import CheckpointResult
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.execution_engine import ExecutionEngine

from tests.bench.engine_checks import checks

# It sets its own level on import, and would tell of a temporary folder for each context.
logging.getLogger(ProgressBarsConfig.__module__).setLevel(logging.WARNING)

Answers = dict[str, dict[str, Any]]


def watch(engine: type[ExecutionEngine[Any]]) -> list[float]:
    """From now on the seconds of each of the engine's rounds go there: the rest is Great Expectations around it."""
    resolve, rounds = engine.resolve_metrics, []

    def resolve_metrics(*arguments: Any, **named: Any) -> Any:
        start = time.perf_counter()
        try:
            return resolve(*arguments, **named)
        finally:
            rounds.append(time.perf_counter() - start)

    engine.resolve_metrics = resolve_metrics
    return rounds


def prepare(
    side: str, rows: int, result_format: dict[str, Any]
) -> tuple[Callable[[Any], CheckpointResult], list[float]]:
    """What validates a frame of so many rows, and the seconds of its engine's rounds; the context is made here."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    sources = context.data_sources
    source = sources.add_polars("register") if side == "engine" else sources.add_pandas("register")
    batch = source.add_dataframe_asset("register").add_batch_definition_whole_dataframe("whole")
    asked = checks(rows)
    for name, expectation in asked.items():
        expectation.meta = {"check": name}
    # All at once: a suite that is stored already is stored anew with each expectation that is added to it.
    suite = context.suites.add(gx.ExpectationSuite(name="register", expectations=list(asked.values())))
    validation = context.validation_definitions.add(gx.ValidationDefinition(name="register", data=batch, suite=suite))
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name="register", validation_definitions=[validation], result_format=result_format)
    )
    return lambda frame: checkpoint.run(batch_parameters={"dataframe": frame}), watch(source.execution_engine_type)


def raw(result: CheckpointResult) -> Answers:
    """What a Checkpoint found, by check: success, what was raised, and all of the result."""
    (validation,) = result.run_results.values()
    return {
        found.expectation_config.meta["check"]: {"success": bool(found.success), "raised": found.exception_info}
        | found.result
        for found in validation.results
        if found.expectation_config
    }
