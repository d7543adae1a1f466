"""Validations in many threads, all of one context, one data source and one asset, never mix."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import great_expectations as gx
import great_expectations.expectations as gxe
import polars as pl

from tests.engine.builders import COMPLETE, definition, suite
from tests.engine.oracle import context

THREADS = 8
ROUNDS = 3


def test_threads_do_not_mix() -> None:
    whole = definition()
    start = Barrier(THREADS)

    def validate(number: int) -> list[tuple[object, object]]:
        """The frame has as many rows as the number says, each with that number, and one that is unexpected."""
        frame = pl.DataFrame({"a": [*[number] * number, -number], "id": range(number + 1)})
        found = []
        for _ in range(ROUNDS):
            start.wait()
            request = suite(
                gxe.ExpectColumnValuesToBeBetween(column="a", min_value=0),
                gxe.ExpectTableRowCountToEqual(value=number + 1),
                gxe.ExpectColumnMaxToBeBetween(column="a", min_value=number, max_value=number),
            )
            given = frame.lazy() if number % 2 else frame
            results = whole.get_batch({"dataframe": given}).validate(request, result_format=COMPLETE).results
            listed = next(one.result["unexpected_list"] for one in results if "unexpected_list" in one.result)
            found.append((listed, sorted(bool(one.success) for one in results)))
        return found

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(validate, range(1, THREADS + 1)))
    assert answers == [[([-number], [False, True, True])] * ROUNDS for number in range(1, THREADS + 1)]


def test_one_validation_definition_serves_many_threads() -> None:
    made = context()
    whole = (
        made.data_sources.add_polars("polars").add_dataframe_asset("frame").add_batch_definition_whole_dataframe("all")
    )
    kept = made.suites.add(suite(gxe.ExpectTableRowCountToEqual(value=-1)))
    request = made.validation_definitions.add(gx.ValidationDefinition(name="definition", data=whole, suite=kept))

    def rows(number: int) -> int:
        result = request.run(batch_parameters={"dataframe": pl.DataFrame({"a": range(number)})})
        count: int = result.results[0].result["observed_value"]
        return count

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(rows, range(1, 25))) == list(range(1, 25))
