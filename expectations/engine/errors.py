"""What the engine says when it cannot answer; Great Expectations puts it into the result's `exception_info`."""

from __future__ import annotations

from great_expectations.exceptions import GreatExpectationsError


class NotSupportedOnPolarsError(GreatExpectationsError):
    """A metric, or a value it was given, has no answer on Polars; `metric` names it, the message says what to do."""

    def __init__(self, metric: str, reason: str) -> None:
        self.metric = metric
        super().__init__(f"{metric} is not supported on Polars: {reason}")


class NoSuchColumnError(GreatExpectationsError):
    """A metric asks for columns that the batch lacks."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing
        names = ", ".join(f'"{name}"' for name in missing)
        super().__init__(f"Error: The column {names} in BatchData does not exist.")
