"""What the engine's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.engine.oracle import Both


@pytest.fixture(scope="session")
def both() -> Iterator[Both]:
    """Both engines, and the count of what was compared; it is told at the end (`pytest -s` shows it)."""
    from tests.engine.oracle import Both  # noqa: PLC0415 - what its import warns of is let pass only in tests

    made = Both.made()
    yield made
    print(f"\ncompared {sum(made.compared.values())} answers of {len(made.answered)} expectations")  # noqa: T201
