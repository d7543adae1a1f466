"""One lazy pass for all numbers of a suite, one more for failing rows; a scan reads no more than is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import great_expectations.expectations as gxe
import polars as pl
import pytest

from tests.engine.builders import one, reason, validate
from tests.engine.oracle import failed

FRAME = pl.DataFrame({"a": [1, 2, 3, 4], "b": [4, 3, 2, 1], "c": ["x", "y", "z", "x"]})


class Counted:
    """How often frames are collected, one by one and together."""

    def __init__(self) -> None:
        self.single = 0
        self.together = 0


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    found, collect, collect_all = Counted(), pl.LazyFrame.collect, pl.collect_all

    def single(self: pl.LazyFrame, *args: Any, **kwargs: Any) -> Any:
        found.single += 1
        return collect(self, *args, **kwargs)

    def together(*args: Any, **kwargs: Any) -> Any:
        found.together += 1
        return collect_all(*args, **kwargs)

    monkeypatch.setattr(pl.LazyFrame, "collect", single)
    monkeypatch.setattr(pl, "collect_all", together)
    return found


PASSING = [
    gxe.ExpectColumnValuesToNotBeNull(column="a"), gxe.ExpectColumnValuesToBeBetween(column="b", min_value=0),
    gxe.ExpectColumnMeanToBeBetween(column="a", min_value=0), gxe.ExpectColumnValuesToBeUnique(column="a"),
    gxe.ExpectColumnQuantileValuesToBeBetween(
        column="a", quantile_ranges={"quantiles": [0.5], "value_ranges": [[0, 9]]}
    ),
    gxe.ExpectColumnValueZScoresToBeLessThan(column="a", threshold=9, double_sided=True),
    gxe.ExpectCompoundColumnsToBeUnique(column_list=["a", "b"]), gxe.ExpectTableRowCountToBeBetween(min_value=1),
]  # fmt: skip
FAILING = [
    gxe.ExpectColumnValuesToBeBetween(column="a", max_value=2),
    gxe.ExpectColumnValuesToBeUnique(column="c"),
    gxe.ExpectColumnPairValuesAToBeGreaterThanB(column_A="a", column_B="b"),
]


@pytest.mark.parametrize("frame", [FRAME, FRAME.lazy()], ids=["eager", "lazy"])
def test_a_suite_that_passes_is_one_pass(counted: Counted, frame: pl.DataFrame | pl.LazyFrame) -> None:
    assert all(result.success for result in validate(frame, *PASSING))
    assert (counted.single, counted.together) == (1, 0)


def test_failing_rows_are_one_more(counted: Counted) -> None:
    results = validate(FRAME.lazy(), *PASSING, *FAILING)
    assert [result.success for result in results] == [True] * len(PASSING) + [False] * len(FAILING)
    assert (counted.single, counted.together) == (1, 1)


def test_verdicts_alone_need_no_rows(counted: Counted) -> None:
    validate(FRAME.lazy(), *FAILING, result_format="BOOLEAN_ONLY")
    assert (counted.single, counted.together) == (1, 0)


def test_counts_alone_need_no_rows(counted: Counted) -> None:
    request = {"result_format": "BASIC", "partial_unexpected_count": 0}
    found = [result.result for result in validate(FRAME.lazy(), *FAILING, result_format=request)]
    assert [(each["unexpected_count"], each["partial_unexpected_list"]) for each in found] == [
        (2, []),
        (2, []),
        (2, []),
    ]
    assert (counted.single, counted.together) == (1, 0)


def test_an_error_that_is_known_beforehand_costs_no_pass(counted: Counted) -> None:
    """Great Expectations asks a suite with an error again, three times for each reason; the data are read once."""
    missing = [gxe.ExpectColumnMaxToBeBetween(column=name, min_value=0) for name in ("nowhere", "neither")]
    results = validate(FRAME.lazy(), *PASSING, *missing)
    assert [failed(result) for result in results] == [False] * len(PASSING) + [True, True]
    assert (counted.single, counted.together) == (1, 0)


def test_a_scan_reads_only_what_is_asked(tmp_path: Path) -> None:
    """The column `broken` cannot be read at all: its pages are cut out of the file."""
    path = tmp_path / "wide.parquet"
    pl.DataFrame({"a": [1, 2], "broken": ["0123456789" * 50, "x"]}).write_parquet(path, compression="uncompressed")
    content = path.read_bytes()
    at = content.index(b"0123456789" * 50)
    path.write_bytes(content[: at - 60] + b"\xff" * 560 + content[at + 500 :])
    scan = pl.scan_parquet(path)
    with pytest.raises(pl.exceptions.PolarsError):
        scan.collect()
    request = gxe.ExpectColumnValuesToBeBetween(column="a", max_value=1)
    result = one(scan, request)
    assert not failed(result), reason(result)
    assert result.result["unexpected_index_list"] == [1]


def test_a_scan_is_not_held_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No frame as high as the file is ever made: only one row of numbers, and the rows that fail."""
    path, collect, collect_all = tmp_path / "long.parquet", pl.LazyFrame.collect, pl.collect_all
    heights: list[int] = []
    pl.DataFrame({"a": range(100_000), "b": 0}).write_parquet(path)

    def noted(self: pl.LazyFrame, *args: Any, **kwargs: Any) -> Any:
        made = collect(self, *args, **kwargs)
        heights.append(made.height)
        return made

    def all_noted(*args: Any, **kwargs: Any) -> Any:
        made = collect_all(*args, **kwargs)
        heights.extend(frame.height for frame in made)
        return made

    monkeypatch.setattr(pl.LazyFrame, "collect", noted)
    monkeypatch.setattr(pl, "collect_all", all_noted)
    request = (
        gxe.ExpectColumnValuesToBeBetween(column="a", max_value=99_989),
        gxe.ExpectColumnMaxToBeBetween(column="b", max_value=1),
    )
    assert [result.success for result in validate(pl.scan_parquet(path), *request)] == [False, True]
    assert heights == [1, 10]
