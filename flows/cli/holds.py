"""The commands `holds` and `release-hold`: which figures above the county are held, and letting them through."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.decisions import By, DecidedAt, Period, followed
from flows.cli.options import EPILOG, GOOD, Json, check_space, print_json
from flows.cli.screen import Screen
from flows.settings import load_settings, quiet_environment
from warehouse.messages.errors import PermanentError

if TYPE_CHECKING:
    from warehouse.store.holds import ReleaseRequest

commands = typer.Typer()


@commands.command(epilog=EPILOG)
def holds(as_json: Json = False) -> None:
    """List the figures that are held or asked about, and the returns that move them. 列出暂缓公布的汇总数。"""
    from flows.cli.views.holds import show_holds
    from warehouse.store import journal, ledger
    from warehouse.store.holds import active_holds

    settings = load_settings()
    waiting = active_holds(ledger.open_ledger(settings.ledger)) if journal.runs(settings.store) else []
    print_json([one.model_dump() for one in waiting]) if as_json else show_holds(waiting, Screen())


@commands.command(name="release-hold", epilog=EPILOG)
def release_hold(  # noqa: PLR0913, PLR0917  (an option each)
    dataset: Annotated[str, typer.Option(help="The dataset, like finance.")],
    period: Period,
    reason: Annotated[str, typer.Option(help="Why; it stands in the journal and in mart_holds.")],
    indicator: Annotated[str, typer.Option(help="The indicator; all for every one that is held.")] = "all",
    area: Annotated[str, typer.Option(help="The area's code, like 140200; all for every one.")] = "all",
    by: By = None,
    received_at: DecidedAt = None,
    as_json: Json = False,
) -> None:
    """Let figures through that are held: they are published as they are. 说明理由,放行暂缓公布的汇总数。"""
    from flows.cli.views.run import watch
    from warehouse.store.holds import already_released, to_release

    settings = load_settings()
    request = _request(dataset=dataset, period=period, indicator=indicator, area=area, reason=reason, by=by)
    check_space(settings.store)
    engine = followed(settings)
    if engine is not None and not already_released(engine, request):
        to_release(engine, request, received_at or datetime.now(UTC))
    quiet_environment(settings)
    from flows.cli.views.holds import show_released
    from flows.release_hold import release_hold as release_flow

    console = Screen(stderr=as_json)
    with watch(console, quiet=as_json):
        done = release_flow(request, received_at)
    print_json(done.model_dump()) if as_json else show_released(done, console)
    raise typer.Exit(GOOD)


def _request(**said: str | None) -> ReleaseRequest:
    from warehouse.store.holds import ReleaseRequest

    try:
        return ReleaseRequest.model_validate(said)
    except PermanentError as error:
        raise typer.BadParameter(str(error)) from error
