"""Great Expectations without what it does for those who keep suites and results in a context: half its time.

What is asked here is asked once and changed by nobody, so that nothing need be saved, read back and compared before it
is run, as is done four times a run; results are taken from what the run returns, and their copy in the context's store,
written out as JSON, would be read by nobody.
"""

from __future__ import annotations

from dataclasses import replace
from types import new_class
from typing import Any

import great_expectations as gx
import great_expectations.expectations as core
from great_expectations.core.freshness_diagnostics import (
    CheckpointFreshnessDiagnostics,
    ValidationDefinitionFreshnessDiagnostics,
)
from great_expectations.data_context.store.validation_results_store import ValidationResultsStore
from great_expectations.expectations.expectation import Expectation

from expectations.engine import CachedConfiguration
from expectations.language.rules import Check


class SkippedResults(ValidationResultsStore):
    """A store of validation results that keeps none."""

    def store_validation_results(self, *_: Any, **__: Any) -> bool:
        """Whether they are kept: no."""
        return False


class PlainDefinition(gx.ValidationDefinition):
    """A validation definition that is in no context, and runs as it is."""

    def is_fresh(self) -> ValidationDefinitionFreshnessDiagnostics:
        """Nothing wrong."""
        return ValidationDefinitionFreshnessDiagnostics(errors=[])


class PlainCheckpoint(gx.Checkpoint):
    """A checkpoint that is in no context, and runs as it is."""

    def is_fresh(self) -> CheckpointFreshnessDiagnostics:
        """Nothing wrong."""
        return CheckpointFreshnessDiagnostics(errors=[])


def _cached(expectation: type[Expectation]) -> type[Expectation]:
    made: type[Expectation] = new_class(f"{expectation.__name__}Cached", (CachedConfiguration, expectation))
    return made


# Those that `expectations.language.rules` makes checks of; its own has its configuration cached as it is.
CACHED: dict[type[Expectation], type[Expectation]] = {
    one: _cached(one)
    for one in (
        core.ExpectColumnValuesToNotBeNull,
        core.ExpectColumnValuesToBeBetween,
        core.ExpectColumnValuesToBeInSet,
        core.ExpectCompoundColumnsToBeUnique,
    )
}


def cached(check: Check) -> Check:
    """The check by an expectation that works its configuration out once."""
    return replace(check, expectation=CACHED.get(check.expectation, check.expectation))
