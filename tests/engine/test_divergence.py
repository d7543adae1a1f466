"""The Kullback-Leibler divergence over bins: given, or found by the engine; equal to the stock pandas engine's."""

from __future__ import annotations

from typing import Any

import great_expectations.expectations as gxe
import polars as pl
import pytest

from tests.engine.oracle import Both

FRAME = pl.DataFrame(
    {"a": [0.5, 1.5, 1.6, 2.0, 2.9, 3.0, 9.0, None, float("nan"), -1.0], "n": [1, 2, 2, 3, 3, 3, 4, 5, None, 9]}
)
BINS = {"bins": [0, 1, 2, 3], "weights": [0.3, 0.3, 0.4]}
TAILS = {**BINS, "weights": [0.2, 0.3, 0.3], "tail_weights": [0.1, 0.1]}


@pytest.mark.parametrize("column", ["a", "n"])
@pytest.mark.parametrize(
    "asked",
    [
        {"partition_object": BINS, "internal_weight_holdout": 0.01, "tail_weight_holdout": 0.01},
        {"partition_object": TAILS, "internal_weight_holdout": 0.01},
        {"bucketize_data": True},
    ],
    ids=["bins", "tails", "found"],
)
def test_bins(both: Both, column: str, asked: dict[str, Any]) -> None:
    expectation = gxe.ExpectColumnKLDivergenceToBeLessThan(column=column, threshold=0.5, **asked)
    before = both.answered.get(expectation.expectation_type, 0)
    assert both.differences(FRAME, [expectation], "COMPLETE") == []
    assert both.answered[expectation.expectation_type] == before + 1
