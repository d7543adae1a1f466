"""The messy province: the clean province's returns as clerks would send them, habit by habit, with a key.

`write_messy` writes it. `habits.py` is the list of habits, as data; `plan.py` gives each county and month a clerk with
one of them; the other modules lay tables out and write each format. What a file says is the clean return's, but where
the key says that it must be refused. All of it is synthetic, and every file says so.
Does not belong here: the values (`warehouse.synthetic`), reading (`warehouse.intake`).
"""

from warehouse.synthetic.messy.habits import HABITS, Habit
from warehouse.synthetic.messy.key import KeyRow
from warehouse.synthetic.messy.write import KEY_SUFFIX, write_messy

__all__ = ["HABITS", "KEY_SUFFIX", "Habit", "KeyRow", "write_messy"]
