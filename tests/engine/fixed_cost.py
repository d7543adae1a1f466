"""Where the time of a small validation goes: `python -m tests.engine.fixed_cost`.

60 expectations over 100 rows; milliseconds of processor per expectation, the least of a few runs, so that what else the
machine does counts little.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import polars as pl
from great_expectations.execution_engine import ExecutionEngine, PandasExecutionEngine
from great_expectations.expectations.expectation import Expectation

from expectations.engine import PolarsExecutionEngine
from tests.engine.oracle import context

ROWS, RUNS = 100, 5
FORMATS: dict[str, Any] = {
    "BOOLEAN_ONLY": "BOOLEAN_ONLY",
    "COMPLETE": {
        "result_format": "COMPLETE",
        "unexpected_index_column_names": ["k"],
        "return_unexpected_index_query": False,
    },
}
FRAME = pl.DataFrame({f"c{n}": [(row * 7 + n) % 101 for row in range(ROWS)] for n in range(10)} | {"k": range(ROWS)})


def expectations() -> list[Expectation]:
    """Six on each of ten columns, some of which fail."""
    return [
        made
        for column in (f"c{n}" for n in range(10))
        for made in (
            gxe.ExpectColumnValuesToNotBeNull(column=column),
            gxe.ExpectColumnValuesToBeBetween(column=column, min_value=0, max_value=95),
            gxe.ExpectColumnValuesToBeInSet(column=column, value_set=list(range(101))),
            gxe.ExpectColumnMaxToBeBetween(column=column, max_value=200),
            gxe.ExpectColumnMeanToBeBetween(column=column, min_value=1),
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="k", column_B=column),
        )
    ]


@contextmanager
def spent_in(engine: type[ExecutionEngine[Any]]) -> Iterator[list[float]]:
    """The seconds that the engine's metrics take."""
    spent, resolve = [0.0], engine.resolve_metrics

    def timed(self: Any, *args: Any, **kwargs: Any) -> Any:
        start = time.process_time()
        try:
            return resolve(self, *args, **kwargs)
        finally:
            spent[0] += time.process_time() - start

    engine.resolve_metrics = timed  # type: ignore[method-assign] # put back below
    try:
        yield spent
    finally:
        engine.resolve_metrics = resolve  # type: ignore[method-assign] # as it was


def steps(source: str, result_format: Any, engine: type[ExecutionEngine[Any]]) -> dict[str, float]:
    """Seconds of each step, in a new context."""
    frame = FRAME if source == "polars" else FRAME.to_pandas()
    took: dict[str, float] = {}

    def timed(step: str, do: Callable[[], Any]) -> Any:
        start = time.process_time()
        made = do()
        took[step] = time.process_time() - start
        return made

    made = timed("context", context)
    asset = getattr(made.data_sources, f"add_{source}")("source").add_dataframe_asset("frame")
    whole = asset.add_batch_definition_whole_dataframe("whole")
    suite = timed("add suite", lambda: made.suites.add(gx.ExpectationSuite(name="kept", expectations=expectations())))
    checks = made.validation_definitions.add(gx.ValidationDefinition(name="checks", data=whole, suite=suite))
    point = gx.Checkpoint(name="point", validation_definitions=[checks], result_format=result_format)
    point = timed("add checkpoint", lambda: made.checkpoints.add(point))
    with spent_in(engine) as spent:
        timed("checkpoint.run", lambda: point.run(batch_parameters={"dataframe": frame}))
    took["of which metrics"] = spent[0]
    timed("definition.run", lambda: checks.run(batch_parameters={"dataframe": frame}, result_format=result_format))
    free = gx.ExpectationSuite(name="free", expectations=expectations())
    batch = whole.get_batch({"dataframe": frame})
    timed("batch.validate", lambda: batch.validate(free, result_format=result_format))
    return took


def main() -> None:
    """Prints the table."""
    count = len(expectations())
    for name, result_format in FORMATS.items():
        for source, engine in (("polars", PolarsExecutionEngine), ("pandas", PandasExecutionEngine)):
            runs = [steps(source, result_format, engine) for _ in range(RUNS)]
            least = {step: min(run[step] for run in runs) * 1000 / count for step in runs[0]}
            told = ", ".join(f"{step} {each:.2f}" for step, each in least.items())
            print(f"{name} {source}: {told}")  # noqa: T201 - it is a script


if __name__ == "__main__":
    main()
