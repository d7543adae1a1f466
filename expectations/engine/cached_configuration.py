"""A mixin for expectations of one's own that halves what Great Expectations spends on each of them."""

from __future__ import annotations

from abc import ABC
from typing import Any

from great_expectations.compatibility import pydantic
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration


class CachedConfiguration(Expectation, ABC):
    """For `class ExpectMine(CachedConfiguration, MulticolumnMapExpectation)`: its configuration is worked out once.

    Great Expectations asks an expectation for its configuration some eighty times a validation, and works it out each
    time from all fields. Setting a field works it out anew, and so does a copy; changing a dictionary in a field in
    place does not: set the field instead.
    """

    # The object it was worked out for (a copy takes this along, and is another), and the configuration.
    _kept: tuple[int, ExpectationConfiguration] | None = pydantic.PrivateAttr(default=None)

    @classmethod
    def is_abstract(cls) -> bool:
        """Whether Great Expectations leaves the class out of its registry: this one is no expectation by itself."""
        return cls.__name__ == "CachedConfiguration" or super().is_abstract()

    @property
    def configuration(self) -> ExpectationConfiguration:
        """The configuration, in an object of its own that may be changed."""
        if self._kept is None or self._kept[0] != id(self):
            worked_out = super().configuration
            object.__setattr__(self, "_kept", (id(self), worked_out))
            return _copy(worked_out)
        return _copy(self._kept[1])

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, "_kept", None)
        super().__setattr__(name, value)


def _copy(kept: ExpectationConfiguration) -> ExpectationConfiguration:
    return ExpectationConfiguration(
        type=kept.type,
        kwargs=dict(kept.kwargs),
        meta=dict(kept.meta),
        notes=kept.notes,
        description=kept.description,
        severity=kept.severity,
        id=kept.id,
        rendered_content=kept.rendered_content,
    )
