"""How far a figure above the county may move before it is published: the bounds of the gate, and what is done then.

Belongs here: the shape of a line of `gates.csv`, and which lines are a figure's. Does not belong here: asking
(`expectations/validation/gate.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from warehouse.codebook.model import Indicator, OptionalNumber, OptionalText, Record

AGAINST: tuple[Literal["snapshot", "period", "year"], ...] = ("snapshot", "period", "year")
# What a line says of the figures that it is for, and which these are.
SAYS = ("setting", *AGAINST, "slack", "counties")
FOR = ("dataset", "indicator", "kind", "unit", "level")


def _number_or_none(value: Any) -> Any:
    return None if value == "" else value


Factor = Annotated[Annotated[float, Field(gt=1, allow_inf_nan=False)] | None, BeforeValidator(_number_or_none)]
Setting = Annotated[Literal["hold", "warn", "off"] | None, BeforeValidator(_number_or_none)]


class Gate(Record):
    """A line of `gates.csv`, for the figures of a dataset, indicator, kind, unit and level, where it names them.

    `setting` says what becomes of a figure that moves beyond its bounds: it is published as it was (`hold`), the return
    is asked about (`warn`), nothing (`off`). `snapshot`, `period` and `year` are how many times more, or less, it may
    be than in the last snapshot, the last period and a year ago; `slack` is what it may besides, in its base unit;
    `counties` are the fewest that are compared. What a line leaves blank, lines before it say. `how` says how the
    bounds were found.
    """

    dataset: OptionalText
    indicator: OptionalText
    kind: OptionalText
    unit: OptionalText
    level: OptionalText
    setting: Setting
    snapshot: Factor
    period: Factor
    year: Factor
    slack: OptionalNumber
    counties: OptionalNumber
    how: str

    def is_for(self, indicator: Indicator, level: str) -> bool:
        """Whether the figures of an indicator at a level are meant."""
        own = (indicator.dataset, indicator.column, indicator.kind, indicator.unit.unit, level)
        return all(getattr(self, name) in (None, value) for name, value in zip(FOR, own, strict=True))


def gate_of(gates: Iterable[Gate], indicator: Indicator, level: str) -> dict[str, Any]:
    """What lines say of the figures of an indicator at a level (SAYS): of two that say something, the later."""
    lines = [line for line in gates if line.is_for(indicator, level)]
    said = ((name, getattr(line, name)) for line in lines for name in SAYS)
    return {name: value for name, value in said if value is not None}
