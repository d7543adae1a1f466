"""The commands `withdraw` and `waive`, and `verify`: what a person decides of a return, and whether all is as kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from flows.command import EPILOG, FAULTS, GOOD, Json, print_json
from flows.settings import Settings, load_settings, quiet_environment
from warehouse.disk import check_disk
from warehouse.errors import PermanentError, StoreError

if TYPE_CHECKING:
    from warehouse.store.deeds import Act, Deed

commands = typer.Typer()
County = Annotated[str, typer.Option(help="The county's code, like 140222.")]
Period = Annotated[str, typer.Option(help="The period, like 2018-06.")]
Dataset = Annotated[str, typer.Option(help="The dataset, like finance; all for all of that county and period.")]
Reason = Annotated[str, typer.Option(help="Why; it stands in the journal and, of a waiver, beside the findings.")]
Number = Annotated[int | None, typer.Option("--receipt", min=1, help="This receipt, not the last.")]
By = Annotated[str | None, typer.Option(help="Who decides it.")]
DecidedAt = Annotated[datetime | None, typer.Option("--received-at", help="When it was decided (UTC); default: now.")]


@commands.command(epilog=EPILOG)
def withdraw(  # noqa: PLR0913, PLR0917  (an option each)
    county: County,
    period: Period,
    dataset: Dataset,
    reason: Reason,
    receipt: Number = None,
    by: By = None,
    received_at: DecidedAt = None,
    as_json: Json = False,
) -> None:
    """Take an accepted return out of force; the one before it counts again. 撤回已接受的报表。"""
    _carry_out("withdraw", _deed(county, period, dataset, reason, receipt, by), received_at, as_json)


@commands.command(epilog=EPILOG)
def waive(  # noqa: PLR0913, PLR0917  (an option each)
    county: County,
    period: Period,
    dataset: Dataset,
    reason: Reason,
    receipt: Number = None,
    by: By = None,
    received_at: DecidedAt = None,
    as_json: Json = False,
) -> None:
    """Let a quarantined return in, named, with a reason; its findings stay. 说明理由,接受已退回的报表。"""
    _carry_out("waive", _deed(county, period, dataset, reason, receipt, by), received_at, as_json)


@commands.command(epilog=EPILOG)
def verify(as_json: Json = False) -> None:
    """Compare every kept file with its hash; name each that changed or is missing. 校验所有保存的文件。"""
    from flows.verified import show_verified
    from warehouse.verify import verify as verify_root

    verified = verify_root(load_settings().store)
    print_json(verified.model_dump()) if as_json else show_verified(verified, Console())
    raise typer.Exit(FAULTS if verified.faults else GOOD)


def _deed(  # noqa: PLR0913, PLR0917  (an option each)
    county: str, period: str, dataset: str, reason: str, receipt: int | None, by: str | None
) -> Deed:
    from warehouse.store.deeds import Deed

    try:
        return Deed(county_code=county, period=period, dataset=dataset, reason=reason, receipt=receipt, by=by)
    except PermanentError as error:
        raise typer.BadParameter(str(error)) from error


def _carry_out(act: Act, deed: Deed, received_at: datetime | None, as_json: bool) -> None:
    from flows.screen import watch

    settings = load_settings()
    check_disk(settings.store.path)
    _look_first(settings, act, deed, received_at)
    quiet_environment(settings)
    from flows import decide
    from flows.decided import show_done

    console = Console(stderr=as_json)
    with watch(console, quiet=as_json):
        done = (decide.withdraw if act == "withdraw" else decide.waive)(deed, received_at)
    print_json(done.model_dump()) if as_json else show_done(act, done, console)
    raise typer.Exit(GOOD)


def _look_first(settings: Settings, act: Act, deed: Deed, received_at: datetime | None) -> None:
    """Says at once, before Prefect is started, where there is nothing to decide; the flow looks again, under the lock.

    Not where the ledger has still to follow the journal, as after a crash, or is an earlier version's: the flow brings
    it up to date first.
    """
    from warehouse.store import journal, ledger
    from warehouse.store.decide import said_before
    from warehouse.store.deeds import targets

    committed = journal.runs(settings.store)
    if not committed:
        raise PermanentError(f"nothing has been received yet in {settings.store.path}; say: xianbao run")
    try:
        engine = ledger.open_ledger(settings.ledger)
    except StoreError:
        return
    followed = ledger.read_table(engine, ledger.RUNS)["run"].sort().to_list() == committed
    if followed and not said_before(settings.store, engine, act, deed):
        targets(engine, act, deed, received_at or datetime.now(UTC))
