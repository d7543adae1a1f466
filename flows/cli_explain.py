"""The commands `explain` and `diff`: where things stand and what became of them, what a new version changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from flows.command import EPILOG, FAULTS, GOOD, Json, print_json
from flows.settings import load_settings

if TYPE_CHECKING:
    from warehouse.explain.store import Store

commands = typer.Typer()
explain = typer.Typer(help="Say where something comes from, cell by cell. 逐格说明来源。", no_args_is_help=True)
commands.add_typer(explain, name="explain")
All = Annotated[bool, typer.Option("--all", help="Long lists whole.")]


@explain.command(epilog=EPILOG)
def submission(
    name: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="A receipt's number, a SHA-256 or its first six digits, or a file's name as received."
        ),
    ],
    whole: All = False,
    as_json: Json = False,
) -> None:
    """Say what was read of a submission and where, what was left out and why. 说明一份报送的读取情况。"""
    from flows.explained import explained_json, show_explained
    from warehouse.explain import explain_submission

    explained = explain_submission(_store(), name)
    print_json(explained_json(explained)) if as_json else show_explained(explained, Console(), whole=whole)
    raise typer.Exit(FAULTS if explained.trouble else GOOD)


@commands.command(epilog=EPILOG)
def diff(  # noqa: PLR0913, PLR0917  (an option each)
    county: Annotated[str, typer.Option(help="The county's code, or its name where only one is called so.")],
    period: Annotated[str, typer.Option(help="The period, like 2018-06.")],
    dataset: Annotated[str, typer.Option(help="The dataset, like finance.")],
    versions: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="A B", help="Two receipts, like 12 15, or versions, like v1 v2. Default: the last two accepted."
        ),
    ] = None,
    whole: All = False,
    as_json: Json = False,
) -> None:
    """Show which cells changed between two versions of a return. 比较同一报表的两个版本。"""
    from flows.compared import compared_json, show_compared
    from warehouse.explain import compare

    chosen = tuple(versions or ())
    if len(chosen) not in (0, 2):
        raise typer.BadParameter("say both versions, or none")
    compared = compare(_store(), county, period, dataset, chosen)
    print_json(compared_json(compared)) if as_json else show_compared(compared, Console(), whole=whole)
    raise typer.Exit(FAULTS if compared.before.trouble or compared.after.trouble else GOOD)


def _store() -> Store:
    from warehouse.explain.store import Store

    settings = load_settings()
    return Store(settings.store, settings.ledger, settings.limits, settings.folders)
