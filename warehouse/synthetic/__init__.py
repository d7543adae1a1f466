"""The synthetic province: made-up county returns that give every published figure, a faulty twin, and a messy one.

`write_sample` writes it; `build_returns` and `plant` give the same as records. Four periods are drawn, with the
published figures (`PERIODS`); `months.py` leads through them in 36 (`MONTHS`), of the clean province only. Each twin
has a key: `planting.py` of faults, `messy` of the habits in which clerks write the clean returns. No number in it is a
county's real one.

Where it flatters whatever is measured on it. What a county reaches of a thing is its size times an evenly spread
factor, so levels per head have no tails and peers are alike. How months differ (`months.py`, `seasons.py`) is our
guess, not taken from any real return: bounds that are found on it fit the guess. A row's columns share their luck, so
that ratios hardly move; forms of one county, and counties of one prefecture, share none, so no policy, flood or late
Spring Festival moves many at once. Nothing is late, revised, rounded to tens, carried over unchanged or counted anew,
and the past holds no slip that was accepted. Registers never lose a row, and few counties change their codes. And where
it is harder than life: tasks jump each January (training's plan fourfold in 2018), loans outstanding follow what was
lent in a year and fall by half in the spring of 2018, small counts of the drawn periods have no memory.
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
