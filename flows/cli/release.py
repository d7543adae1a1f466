"""The commands `release` and `reopen`: a period is approved and locked, and opened again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from flows.cli.decisions import DecidedAt, followed
from flows.cli.options import EPILOG, FAULTS, GOOD, Json, check_space, print_json
from flows.cli.screen import Screen
from flows.settings import Settings, load_settings, quiet_environment
from warehouse.messages.errors import PermanentError

if TYPE_CHECKING:
    from warehouse.lineage.release_review import ReleaseReview

commands = typer.Typer()
Made = TypeVar("Made")
Period = Annotated[str, typer.Argument(help="The period, like 2017-12.")]
ASKED = {"by": "审定人姓名 who approves it", "reason": "批注 note"}


@commands.command(epilog=EPILOG)
def release(  # noqa: PLR0913, PLR0917  (an option each)
    period: Period,
    by: Annotated[str | None, typer.Option(help="Who approves it; asked for where it is not said.")] = None,
    note: Annotated[
        str | None, typer.Option(help="A note; it stands in the journal and in mart_releases. Asked for likewise.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Though the period is not open, or figures of it are held.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only look: what is missing, queried, held.")] = False,
    received_at: DecidedAt = None,
    as_json: Json = False,
) -> None:
    """Approve a period and lock it; what comes for it later waits. 审定并锁定一个报告期。"""
    from flows.cli.views.release import show_approved, show_review
    from warehouse.lineage.release_review import refuse_objections
    from warehouse.store.period_release import ReleasePeriodRequest

    settings, console = load_settings(), Screen(stderr=as_json)
    said = {"period": period, "by": by, "reason": note, "anyway": anyway}
    review = _review(settings, said, received_at or datetime.now(UTC))
    if review and not as_json:
        show_review(review, console)
    if check:
        if review and as_json:
            print_json(review.model_dump() | {"objections": review.objections})
        raise typer.Exit(FAULTS if review and review.objections else GOOD)
    if review:
        refuse_objections(review, anyway=anyway)
    request = _made(ReleasePeriodRequest.model_validate, said | _asked_for(said, as_json))
    check_space(settings.store)
    quiet_environment(settings)
    from flows.cli.views.run import watch
    from flows.release_period import release as release_flow

    with watch(console, quiet=as_json):
        done = release_flow(request, received_at)
    print_json(done.model_dump()) if as_json else show_approved(done, console)
    raise typer.Exit(GOOD)


@commands.command(epilog=EPILOG)
def reopen(
    period: Period,
    reason: Annotated[str, typer.Option(help="Why; it stands in the journal and beside each revision.")],
    by: Annotated[str, typer.Option(help="Who decides it.")],
    received_at: DecidedAt = None,
    as_json: Json = False,
) -> None:
    """Open an approved period again, and judge what waits for it. 说明理由,重新开放已审定的报告期。"""
    from flows.cli.views.release import show_reopened
    from flows.cli.views.run import watch
    from warehouse.store.period_release import ReopenRequest, already_said, to_reopen

    settings, console = load_settings(), Screen(stderr=as_json)
    request = _made(ReopenRequest.model_validate, {"period": period, "reason": reason, "by": by})
    check_space(settings.store)
    engine = followed(settings)
    if engine is not None and not already_said(engine, request):
        to_reopen(engine, request, received_at or datetime.now(UTC))
    quiet_environment(settings)
    from flows.reopen import reopen as reopen_flow

    with watch(console, quiet=as_json):
        done = reopen_flow(request, received_at)
    print_json(done.model_dump()) if as_json else show_reopened(done, console)
    raise typer.Exit(GOOD if done.good else FAULTS)


def _made(make: Callable[[Any], Made], said: Any) -> Made:
    """What is made of what was said; what is wrong with it is wrong usage."""
    try:
        return make(said)
    except PermanentError as error:
        raise typer.BadParameter(str(error)) from error


def _review(settings: Settings, said: dict[str, Any], moment: datetime) -> ReleaseReview | None:
    """The period as it would be approved now, before Prefect is started; None where that is for the flow to say: the
    ledger has still to follow, or this very request was carried out before.
    """
    from warehouse.lineage.release_review import review_period
    from warehouse.store.decision_requests import check_period
    from warehouse.store.period_release import ReleasePeriodRequest, already_said, to_release

    _made(check_period, said["period"])
    if (engine := followed(settings)) is None:
        return None
    if said["by"] and said["reason"] and already_said(engine, _made(ReleasePeriodRequest.model_validate, said)):
        return None
    to_release(engine, said["period"], moment)
    return review_period(settings.store, engine, settings.open_share, said["period"])


def _asked_for(said: dict[str, Any], as_json: bool) -> dict[str, str]:
    """The name and the note that were not said, as the person at the terminal gives them."""
    missing = [name for name in ASKED if said[name] is None]
    if missing and as_json:
        raise typer.BadParameter("say --by and --note: nobody is asked where a machine listens")
    try:
        return {name: typer.prompt(ASKED[name]) for name in missing}
    except typer.Abort as stopped:
        raise PermanentError("没有审定任何报告期; nothing was approved: say --by and --note") from stopped
