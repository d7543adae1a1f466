"""When in the year a programme's work is done: relative weights of its twelve months, by dataset or column, as data.

Belongs here: the calendar of the trades. Does not belong here: what a county makes of it (`months.py`).
"""

from __future__ import annotations

EVEN = (1,) * 12
SEASONS = {  # by dataset, or by a column of it that has another season
    "relocation": (2, 1, 5, 9, 12, 12, 11, 11, 12, 12, 8, 5),  # building from April to October
    "projects": (0, 0, 4, 12, 14, 12, 11, 11, 13, 12, 7, 4),
    "housing_accepted_households": (0, 0, 1, 2, 4, 7, 9, 11, 14, 18, 19, 15),  # months after the building
    "ecology": (1, 1, 6, 14, 12, 7, 5, 5, 8, 14, 14, 13),  # planting in spring and autumn
    "industry": (5, 4, 9, 11, 10, 9, 8, 8, 9, 10, 9, 8),
    "photovoltaic_installed_kw": (2, 1, 4, 7, 10, 15, 9, 8, 9, 9, 10, 16),  # before the tariff falls, mid-year
    "finance": (4, 5, 14, 15, 12, 9, 7, 6, 6, 7, 7, 8),  # for seed and stock, in spring
    "funds": (2, 4, 10, 14, 13, 12, 9, 8, 7, 7, 7, 7),
    "fiscal_spent_yuan": (1, 1, 4, 6, 8, 10, 9, 9, 10, 11, 13, 18),  # the rush before the year is closed
    "health": (8, 6, 9, 9, 8, 8, 8, 8, 8, 9, 9, 10),
    "training": (14, 11, 9, 6, 5, 4, 4, 5, 6, 8, 13, 15),  # in the slack season, winter
    "transferred_persons": (5, 13, 18, 11, 7, 6, 6, 6, 7, 8, 7, 6),  # after the Spring Festival
    "upskilling": (14, 11, 9, 6, 5, 4, 4, 5, 6, 8, 13, 15),
    "support": (3, 2, 6, 8, 8, 10, 7, 7, 9, 11, 12, 17),
    "support_units": (3, 2, 6, 8, 8, 10, 7, 7, 9, 11, 12, 17),
    "motivation": (8, 6, 7, 7, 8, 9, 9, 8, 9, 12, 9, 8),  # around the Day for Poverty Relief, 17 October
}


def season(dataset: str, column: str) -> tuple[int, ...]:
    """The weights from January to December; every month is like another where nothing is said."""
    return SEASONS.get(column, SEASONS.get(dataset, EVEN))
