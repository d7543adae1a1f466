"""Whether all is as it should be: this machine, the store, the last nights, the Prefect server."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from rich.table import Table
from rich.text import Text

from flows.cli.checks.inspected import Inspected
from flows.cli.checks.machine import check_machine
from flows.cli.checks.nights import check_nights
from flows.cli.checks.server import check_server
from flows.cli.checks.store import check_store
from flows.cli.screen import Screen
from flows.settings import Settings
from warehouse.messages.errors import XianbaoError

CHECKS: dict[str, Callable[[Settings], list[Inspected]]] = {
    "machine": check_machine,
    "store": check_store,
    "nights": check_nights,
    "server": check_server,
}


def examine(settings: Settings) -> list[Inspected]:
    """What there is, one entry a thing; what cannot be looked at is one that is not as it should be."""
    return [one for name in CHECKS for one in _examined(name, settings)]


def _examined(name: str, settings: Settings) -> Iterator[Inspected]:
    try:
        yield from CHECKS[name](settings)
    except (XianbaoError, OSError) as error:
        yield Inspected(name, "无法检查 cannot be looked at", name, good=False, advice=" ".join(str(error).split()))


def wrong(inspected: list[Inspected], accepted: Collection[str] = ()) -> list[Inspected]:
    """What is not as it should be, and is not `accepted` by its name."""
    return [one for one in inspected if not one.good and one.check not in accepted]


def show_examined(inspected: list[Inspected], accepted: Collection[str], console: Screen) -> None:
    """A line a thing; what is not as it should be with what to do."""
    table = Table("检查 check", "项目 what", "结果 found", "处理 what to do")
    bad = wrong(inspected, accepted)
    for one in inspected:
        style = "yellow" if one in bad else ""
        advice = "" if one.good else one.advice
        table.add_row(one.check, one.name, Text(one.found, style, overflow="fold"), Text(advice, overflow="fold"))
    console.print(table)
    console.say(f"{len(bad)} 项需处理 to see to" if bad else "一切正常 all is as it should be", "yellow" if bad else "")
