"""All returns of the clean province: each dataset that is due, each county that owes it, each period.

Belongs here: putting the programmes' tables together. What they leave out, a column or a dataset, `defaults.py` gives.
Does not belong here: their values, the files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from warehouse.codebook import load
from warehouse.synthetic import funds_projects, programmes, services, support, village_work
from warehouse.synthetic.defaults import complete, default_rows
from warehouse.synthetic.months import months_between
from warehouse.synthetic.outcomes import outcomes
from warehouse.synthetic.policy import policy
from warehouse.synthetic.records import PERIODS, Return, Row, status_of
from warehouse.synthetic.relocation import relocation, stages
from warehouse.synthetic.territory import Province, draw_province, to_counties
from warehouse.synthetic.villages import Villages, draw_villages, register

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


def build_returns(seed: int, periods: Iterable[str] = PERIODS) -> tuple[Return, ...]:
    """Every return of the clean province in `periods`, some of MONTHS, by period, then dataset in codebook order, then
    county. What a period has does not depend on which others are asked for.
    """
    province, wanted = draw_province(seed), tuple(periods)
    tables = _tables(province, wanted)
    return tuple(found for period in wanted for found in _returns(province, period, tables))


def _returns(province: Province, period: str, tables: Mapping[tuple[str, str], Rows]) -> Iterator[Return]:
    """A period's returns, whole; a dataset that no programme has has no table."""
    book, counties = load(), province.counties(period)
    for name in (name for name, dataset in book.datasets.items() if dataset.due(period)):
        dataset, rows = book.datasets[name], tables.get((period, name))
        for code in (division.county_code for division in book.members(dataset.owed_by, period)):
            if rows is None:
                mine = default_rows(province, dataset, period, counties[code])
            else:
                mine = tuple(complete(province, dataset, period, counties[code], row) for row in rows.get(code, ()))
            yield Return(code, period, name, status_of(name, period), not mine, mine)


def _tables(province: Province, periods: Sequence[str]) -> dict[tuple[str, str], Rows]:
    """The rows of each period and dataset by county in force; a county without rows is nil."""
    villages, between = draw_villages(province), [period for period in periods if period not in PERIODS]
    drawn = {p: _drawn(province, p, villages) for p in PERIODS if between or p in periods}
    tables = {
        (period, name): _in_force(province, period, rows)
        for period, given in (drawn | _made(province, drawn, between, villages)).items()
        for name, rows in (given | _registers(province, period, villages)).items()
    }
    for period, table in outcomes(province, periods).items():
        tables[period, "outcomes"] = {code: (row,) for code, row in table.items()}
    return tables


def _drawn(province: Province, period: str, villages: Villages) -> dict[str, Rows]:
    """What the programmes draw for one of PERIODS, by dataset and territory."""
    due = {name for name, dataset in load().datasets.items() if dataset.due(period)}
    tables: dict[str, Rows] = {
        name: {code: (row,) for code, row in rows_of(province, period).items()}
        for name, rows_of in ONE_ROW.items()
        if name in due
    }
    tables["relocation"] = {c: (relocation(province, mine, period),) for c, mine in villages.items()}
    if "support" in due:
        units = support.support_units(province, period)
        tables["support_units"] = units
        tables["support"] = {c: (row,) for c, row in support.support(province, period, units).items()}
    return tables


def _made(
    province: Province, drawn: Mapping[str, Mapping[str, Rows]], periods: Sequence[str], villages: Villages
) -> dict[str, dict[str, Rows]]:
    """The months between the drawn periods, with summaries that agree with their registers."""
    tables = months_between(province, drawn, periods)
    for period, given in tables.items():
        given["relocation"] = {
            c: ({**row, **stages(villages[c], period)},) for c, (row,) in given["relocation"].items()
        }
        if "support" in given:
            units = given["support_units"]
            given["support"] = {
                c: ({**row, **support.from_units(units.get(c, ()))},) for c, (row,) in given["support"].items()
            }
    return tables


def _registers(province: Province, period: str, villages: Villages) -> dict[str, Rows]:
    """What is told by its days, in every period."""
    tables: dict[str, Rows] = {"relocation_villages": {c: register(mine, period) for c, mine in villages.items()}}
    if load().datasets["policy"].due(period):
        tables["policy"] = policy(province, period)
    return tables


def _in_force(province: Province, period: str, rows: Rows) -> Rows:
    """Rows under the codes in force; no territory that has more than one is merged with another."""
    if any(len(mine) != 1 for mine in rows.values()):
        return {province.territories[code].code_in(period): mine for code, mine in rows.items()}
    return {code: (row,) for code, row in to_counties(province, period, {c: row for c, (row,) in rows.items()}).items()}
