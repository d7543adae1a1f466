"""The synthetic province: made-up county returns that give every published figure, a faulty twin, and a messy one.

`write_sample` writes it; `build_returns` and `plant` give the same as records. Each twin has a key: `planting.py` of
faults, `messy` of the habits in which clerks write the clean returns. No number in it is a county's real one.
Belongs here: drawing the values, planting faults, the files' look. Does not belong here: rules (room `expectations`),
definitions (`warehouse.codebook`), reading (`warehouse.intake`).
"""

from warehouse.synthetic.planting import FaultKeyRow, plant
from warehouse.synthetic.records import MONTHS, PERIODS, Return, Row, Value
from warehouse.synthetic.returns import build_returns
from warehouse.synthetic.write import SampleSummary, write_returns, write_sample

__all__ = [
    "MONTHS",
    "PERIODS",
    "FaultKeyRow",
    "Return",
    "Row",
    "SampleSummary",
    "Value",
    "build_returns",
    "plant",
    "write_returns",
    "write_sample",
]
