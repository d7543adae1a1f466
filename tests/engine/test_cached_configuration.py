"""An expectation that keeps its configuration says the same as one that does not, and only sooner."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Any, ClassVar

import polars as pl
import pytest
from great_expectations.expectations import registry
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.row_conditions import Column

from expectations.engine import CachedConfiguration
from tests.engine.builders import COMPLETE, one


class ExpectTestKept(CachedConfiguration, ColumnMapExpectation):
    """Expect values to be there, with the configuration kept."""

    map_metric: ClassVar[str] = "column_values.nonnull"


class ExpectTestPlain(ColumnMapExpectation):
    """The same without."""

    map_metric: ClassVar[str] = "column_values.nonnull"


ASKED: dict[str, Any] = {
    "column": "a", "mostly": 0.5, "severity": "warning", "meta": {"id": "x", "more": [1]}, "notes": "n",
    "row_condition": Column("b") > 1,
}  # fmt: skip


def written(expectation: Any) -> dict[str, Any]:
    return {**expectation.configuration.to_json_dict(), "type": None}


def test_it_is_the_same_configuration() -> None:
    kept = ExpectTestKept(**ASKED)
    assert written(kept) == written(kept) == written(ExpectTestPlain(**ASKED))
    assert kept.configuration.to_domain_obj() == kept


def test_it_is_no_expectation_itself() -> None:
    assert "keeps_configuration" not in registry.list_registered_expectation_implementations()


def test_a_change_is_seen() -> None:
    kept = ExpectTestKept(**ASKED)
    assert kept.configuration.kwargs["mostly"] == 0.5
    kept.mostly = 0.9
    assert kept.configuration.kwargs["mostly"] == 0.9


@pytest.mark.parametrize("how", [copy, deepcopy, lambda one: one.copy(update={"column": "b"})])
def test_a_copy_has_its_own(how: Any) -> None:
    kept = ExpectTestKept(**ASKED, id="11111111-1111-1111-1111-111111111111")
    assert kept.configuration.id
    made = how(kept)
    plain = how(ExpectTestPlain(**ASKED, id="11111111-1111-1111-1111-111111111111"))
    assert written(made) == written(plain)


def test_who_changes_what_he_is_given_changes_nothing_else() -> None:
    kept = ExpectTestKept(**ASKED)
    kept.configuration.kwargs["mostly"] = 0
    kept.configuration.meta["id"] = "y"
    assert written(kept) == written(ExpectTestPlain(**ASKED))


def test_the_results_are_the_same() -> None:
    frame = pl.DataFrame({"a": [1, None, None], "b": [1, 2, 3]})
    kept, plain = (one(frame, made(**ASKED), COMPLETE) for made in (ExpectTestKept, ExpectTestPlain))
    assert kept.result == plain.result
    assert kept.success == plain.success


def test_it_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    worked_out = []
    original = ColumnMapExpectation.configuration.fget  # type: ignore[attr-defined] # it is a property

    def counted(self: Any) -> Any:
        worked_out.append(type(self).__name__)
        return original(self)

    monkeypatch.setattr(ColumnMapExpectation, "configuration", property(counted))
    one(pl.DataFrame({"a": [1]}), ExpectTestKept(column="a"), COMPLETE)
    one(pl.DataFrame({"a": [1]}), ExpectTestPlain(column="a"), COMPLETE)
    assert worked_out.count("ExpectTestKept") * 5 < worked_out.count("ExpectTestPlain")
