"""The commands `withdraw`, `waive` and `forget`, and `verify`: what a person decides, and whether all is as kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import EPILOG, GOOD, RECEIPT_HELP, Json, check_space, end, print_json
from flows.cli.screen import Screen
from flows.settings import Settings, load_settings, quiet_environment
from warehouse.messages.errors import PermanentError, StoreError

if TYPE_CHECKING:
    import sqlalchemy as sa

    from warehouse.store.decision_requests import DecisionKind, DecisionRequest

commands = typer.Typer()
County = Annotated[str, typer.Option(help="The county's code, like 140222.")]
Period = Annotated[str, typer.Option(help="The period, like 2018-06.")]
Dataset = Annotated[str, typer.Option(help="The dataset, like finance; all for all of that county and period.")]
Reason = Annotated[str, typer.Option(help="Why; it stands in the journal and, of a waiver, beside the findings.")]
Number = Annotated[int | None, typer.Option("--receipt", min=1, help="This receipt, not the last.")]
By = Annotated[str | None, typer.Option(help="Who decides it.")]
DecidedAt = Annotated[datetime | None, typer.Option("--received-at", help="When it was decided (UTC); default: now.")]


DECISIONS: dict[DecisionKind, str] = {
    "withdraw": "Take an accepted return out of force; the one before it counts again. 撤回已接受的报表。",
    "waive": "Let a quarantined return in, named, with a reason; its findings stay. 说明理由,接受已退回的报表。",
}


def _command(kind: DecisionKind, what: str) -> None:
    """The command of a decision; all have the same options."""

    @commands.command(name=kind, help=what, epilog=EPILOG)
    def decide(  # noqa: PLR0913, PLR0917  (an option each)
        county: County,
        period: Period,
        dataset: Dataset,
        reason: Reason,
        receipt: Number = None,
        by: By = None,
        received_at: DecidedAt = None,
        as_json: Json = False,
    ) -> None:
        _carry_out(kind, _request(county, period, dataset, reason, receipt, by), received_at, as_json)


for _act, _what in DECISIONS.items():
    _command(_act, _what)


@commands.command(epilog=EPILOG)
def forget(
    name: Annotated[str, typer.Argument(metavar="ID", help=RECEIPT_HELP)],
    reason: Annotated[str, typer.Option(help="Why it must not be kept; it stands in the journal.")],
    by: Annotated[str, typer.Option(help="Who decides it.")],
    received_at: DecidedAt = None,
    as_json: Json = False,
) -> None:
    """Remove an original for good, with what came of it; the journal says so. 永久删除不得留存的原件。"""
    from flows.cli.views.run import watch
    from warehouse.store.forget import ForgetRequest, to_forget

    settings, request = load_settings(), ForgetRequest(name=name, reason=reason, by=by)
    check_space(settings.store)
    if (engine := followed(settings)) is not None:
        to_forget(engine, name)
    quiet_environment(settings)
    from flows.cli.views.decisions import show_forgotten
    from flows.forget import forget as forget_flow

    console = Screen(stderr=as_json)
    with watch(console, quiet=as_json):
        done = forget_flow(request, received_at)
    print_json(done.model_dump()) if as_json else show_forgotten(done, console)
    raise typer.Exit(GOOD)


@commands.command(epilog=EPILOG)
def verify(as_json: Json = False) -> None:
    """Compare every kept file with its hash; name each that changed or is missing. 校验所有保存的文件。"""
    from flows.cli.views.verify import show_verify
    from warehouse.maintenance.verify import verify as verify_root
    from warehouse.reports.run_log import recorded

    settings = load_settings()
    with recorded(settings.store, "verify") as operation:
        verified = verify_root(settings.store, settings.ledger)
        operation.good = not verified.faults
    end(verified, show_verify, as_json=as_json, good=not verified.faults)


def _request(  # noqa: PLR0913, PLR0917  (an option each)
    county: str, period: str, dataset: str, reason: str, receipt: int | None, by: str | None
) -> DecisionRequest:
    from warehouse.store.decision_requests import DecisionRequest

    try:
        return DecisionRequest(
            county_code=county, period=period, dataset=dataset, reason=reason, receipt=receipt, by=by
        )
    except PermanentError as error:
        raise typer.BadParameter(str(error)) from error


def _carry_out(kind: DecisionKind, request: DecisionRequest, received_at: datetime | None, as_json: bool) -> None:
    from flows.cli.views.run import watch

    settings = load_settings()
    check_space(settings.store)
    _look_first(settings, kind, request, received_at)
    quiet_environment(settings)
    from flows import manual_decisions
    from flows.cli.views.decisions import show_decisions

    console = Screen(stderr=as_json)
    with watch(console, quiet=as_json):
        done = (manual_decisions.withdraw if kind == "withdraw" else manual_decisions.waive)(request, received_at)
    print_json(done.model_dump(by_alias=True)) if as_json else show_decisions(kind, done, console)
    raise typer.Exit(GOOD)


def _look_first(settings: Settings, kind: DecisionKind, request: DecisionRequest, received_at: datetime | None) -> None:
    """Says at once, before Prefect is started, where there is nothing to decide; the flow looks again."""
    from warehouse.store.decision_requests import targets
    from warehouse.store.manual_decisions import already_applied

    engine = followed(settings)
    if engine is not None and not already_applied(settings.store, engine, kind, request):
        targets(engine, kind, request, received_at or datetime.now(UTC))


def followed(settings: Settings) -> sa.Engine | None:
    """The ledger, which says what there is to decide; None where it has still to follow the journal, as after a crash,
    or is an earlier version's: a flow brings it up to date first.
    """
    from warehouse.store import journal, ledger

    committed = journal.runs(settings.store)
    if not committed:
        raise PermanentError(f"nothing has been received yet in {settings.store.path}; say: xianbao run")
    try:
        engine = ledger.open_ledger(settings.ledger)
    except StoreError:
        return None
    return engine if ledger.read_table(engine, ledger.RUNS)["run"].sort().to_list() == committed else None
