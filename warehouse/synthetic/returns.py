"""All returns of the clean province: each dataset that is due, each county that owes it, each period.

Belongs here: putting the programmes' tables together. What they leave out, a column or a dataset, `defaults.py` gives.
Does not belong here: their values, the files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from warehouse.codebook import Dataset, load
from warehouse.synthetic import funds_projects, programmes, services, support, village_work
from warehouse.synthetic.defaults import complete, default_rows
from warehouse.synthetic.outcomes import outcomes
from warehouse.synthetic.policy import policy
from warehouse.synthetic.records import PERIODS, Return, Row, status_of
from warehouse.synthetic.relocation import relocation
from warehouse.synthetic.territory import Province, draw_province, to_counties
from warehouse.synthetic.villages import draw_villages, register

Rows = Mapping[str, tuple[Row, ...]]  # by county; no rows: nil
ONE_ROW: Mapping[str, Callable[[Province, str], dict[str, Row]]] = {
    "ecology": programmes.ecology,
    "industry": programmes.industry,
    "finance": programmes.finance,
    "funds": funds_projects.funds,
    "projects": funds_projects.projects,
    "health": services.health,
    "training": services.training,
    "upskilling": services.upskilling,
    "frontline": village_work.frontline,
    "accountability": village_work.accountability,
    "motivation": village_work.motivation,
}


def build_returns(seed: int) -> tuple[Return, ...]:
    """Every return of the clean province, by period, then dataset in codebook order, then county."""
    book, province = load(), draw_province(seed)
    tables = _tables(province)
    return tuple(
        _return(province, dataset, period, division.county_code, tables.get((period, dataset.dataset)))
        for period in PERIODS
        for dataset in book.datasets.values()
        if dataset.due(period)
        for division in book.members(dataset.owed_by, period)
    )


def _return(province: Province, dataset: Dataset, period: str, code: str, rows: Rows | None) -> Return:
    """A county's return, whole: no `rows` of any county are for a dataset that no programme has."""
    origins = province.origins(code, period)
    if rows is None:
        mine = default_rows(province, dataset, period, origins)
    else:
        mine = tuple(complete(province, dataset, period, origins, row) for row in rows.get(code, ()))
    return Return(code, period, dataset.dataset, status_of(dataset.dataset, period), not mine, mine)


def _tables(province: Province) -> dict[tuple[str, str], Rows]:
    """The rows of each period and dataset by county in force; a county without rows is nil."""
    book = load()
    tables: dict[tuple[str, str], Rows] = {}
    for period in PERIODS:
        for name, rows_of in ONE_ROW.items():
            if book.datasets[name].due(period):
                table = to_counties(province, period, rows_of(province, period))
                tables[period, name] = {code: (row,) for code, row in table.items()}
        for name, rows in _linked(province, period).items():
            tables[period, name] = _renamed(province, period, rows)
    for period, table in outcomes(province).items():
        tables[period, "outcomes"] = {code: (row,) for code, row in table.items()}
    return tables


def _linked(province: Province, period: str) -> dict[str, Rows]:
    """The forms with many rows and the summaries that must agree with them, by territory."""
    villages = draw_villages(province)
    tables: dict[str, Rows] = {
        "relocation_villages": {c: register(mine, period) for c, mine in villages.items()},
        "relocation": {c: (relocation(province, mine, period),) for c, mine in villages.items()},
    }
    if load().datasets["support"].due(period):
        units = support.support_units(province, period)
        tables["support_units"] = units
        tables["support"] = {c: (row,) for c, row in support.support(province, period, units).items()}
    if load().datasets["policy"].due(period):
        tables["policy"] = policy(province, period)
    return tables


def _renamed(province: Province, period: str, rows: Rows) -> Rows:
    """Rows under the codes in force; no territory that has such rows is merged with another."""
    return {province.territories[code].code_in(period): mine for code, mine in rows.items()}
