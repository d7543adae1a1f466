"""The commands `explain`, `diff` and `runs`: where things stand and what became of them, what figures are made of, what
a new version changed, what ran.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from flows.cli.options import EPILOG, FAULTS, GOOD, RECEIPT_HELP, Json, print_json
from flows.cli.screen import Screen
from flows.settings import load_settings

if TYPE_CHECKING:
    from warehouse.lineage.reader import LineageReader

commands = typer.Typer()


class _Marts(TyperGroup):
    """The commands of its own, and one for each mart. The codebook is loaded only when something is explained."""

    def list_commands(self, ctx: Any) -> list[str]:
        from warehouse.codebook import load

        return [*super().list_commands(ctx), *load().mart_list]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        from warehouse.codebook import load

        own = super().get_command(ctx, cmd_name)
        return own if own or cmd_name not in load().mart_list else _of_mart(cmd_name)


explain = typer.Typer(
    cls=_Marts, help="Say where something comes from, cell by cell. 逐格说明来源。", no_args_is_help=True
)
commands.add_typer(explain, name="explain")
All = Annotated[bool, typer.Option("--all", help="Long lists whole.")]


@explain.command(epilog=EPILOG)
def submission(
    name: Annotated[str, typer.Argument(metavar="ID", help=RECEIPT_HELP)],
    whole: All = False,
    as_json: Json = False,
) -> None:
    """Say what was read of a submission and where, what was left out and why. 说明一份报送的读取情况。"""
    from flows.cli.views.submission import show_submission, submission_json
    from warehouse.lineage import explain_submission

    explained = explain_submission(store_of_settings(), name)
    print_json(submission_json(explained)) if as_json else show_submission(explained, Screen(), whole=whole)
    raise typer.Exit(FAULTS if explained.trouble else GOOD)


@explain.command("return", epilog=EPILOG)
def of_a_return(
    county: Annotated[str, typer.Option(help="The county's code, or its name where only one is called so.")],
    period: Annotated[str, typer.Option(help="The period, like 2018-06.")],
    dataset: Annotated[str | None, typer.Option(help="Only this dataset, like finance. Default: all.")] = None,
    whole: All = False,
    as_json: Json = False,
) -> None:
    """Say all that befell a county's returns: received, decided, superseded, when and why. 说明一县报表的经过。"""
    from flows.cli.views.history import show_return_history
    from warehouse.lineage import explain_return

    told = explain_return(store_of_settings(), county, period, dataset, datetime.now(UTC).date())
    print_json(told.model_dump()) if as_json else show_return_history(told, Screen(), whole=whole)


@commands.command(epilog=EPILOG)
def runs(
    run: Annotated[str | None, typer.Argument(help="One run of the journal, like 000123. Default: list them.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 20,
    whole: All = False,
    as_json: Json = False,
) -> None:
    """List what ran, quiet, failed and interrupted ones too; or say all of one run. 查看批次。"""
    from flows.cli.views.history import show_run, show_runs
    from warehouse.lineage import find_run, list_runs

    store = store_of_settings()
    if run is not None:
        found = find_run(store, run)
        print_json(found.model_dump()) if as_json else show_run(found, Screen(), whole=whole)
        return
    listed = list_runs(store, limit)
    print_json([one.model_dump() for one in listed]) if as_json else show_runs(listed, Screen())


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
    from flows.cli.views.versions import show_version_diff, version_diff_json
    from warehouse.lineage import compare

    chosen = tuple(versions or ())
    if len(chosen) not in (0, 2):
        raise typer.BadParameter("say both versions, or none")
    compared = compare(store_of_settings(), county, period, dataset, chosen)
    print_json(version_diff_json(compared)) if as_json else show_version_diff(compared, Screen(), whole=whole)
    raise typer.Exit(FAULTS if compared.before.trouble or compared.after.trouble else GOOD)


def _of_mart(mart: str) -> Any:
    """The command that explains a figure of a mart; hidden for one whose figures are explained otherwise."""
    from warehouse.codebook import load
    from warehouse.lineage import explained_marts

    command, listed = typer.Typer(add_completion=False), load().mart_list[mart]
    short = f"{listed.label_en}. {listed.label_zh}。"

    @command.command(mart, epilog=EPILOG, short_help=short, hidden=mart not in explained_marts(load()))
    def figure(  # noqa: PLR0913, PLR0917  (an option each)
        name: Annotated[
            str | None, typer.Argument(metavar="FIGURE", help="Its code or label; none: say which there are.")
        ] = None,
        period: Annotated[str | None, typer.Option(help="The period, like 2017-12.")] = None,
        county: Annotated[str | None, typer.Option(help="A county's code, or its name if no other has it.")] = None,
        prefecture: Annotated[str | None, typer.Option(help="A prefecture's code or name.")] = None,
        group: Annotated[str | None, typer.Option(help="A group of counties, like deep_poverty.")] = None,
        province: Annotated[
            bool, typer.Option("--province", help="The whole province, as without any of these.")
        ] = False,
        source: Annotated[
            str | None, typer.Option(help="Of mart_relocation: summary or register. Default: summary.")
        ] = None,
        dataset: Annotated[str | None, typer.Option(help="Where several forms have an indicator of this name.")] = None,
        column: Annotated[
            str | None, typer.Option(help="List what a comparison is made of: month_value, change, prior_year ..")
        ] = None,
        whole: All = False,
        as_json: Json = False,
    ) -> None:
        """Say what a figure is made of: formula, counties, files and cells. 说明一个数字的来源。"""
        if sum((county is not None, prefecture is not None, group is not None, province)) > 1:
            raise typer.BadParameter("say one of --county, --prefecture, --group and --province")
        from flows.cli.views.figure import figure_json, show_figure
        from warehouse.lineage import FigureSelection, explain_figure

        asked = FigureSelection(mart, name or "", period, county, prefecture, group, dataset, source, column)
        explained = explain_figure(store_of_settings(), load(), asked)
        print_json(figure_json(explained)) if as_json else show_figure(explained, Screen(), whole=whole)
        raise typer.Exit(FAULTS if explained.trouble else GOOD)

    return typer.main.get_command(command)


def store_of_settings() -> LineageReader:
    """What explaining and comparing read from."""
    from warehouse.lineage.reader import LineageReader

    settings = load_settings()
    return LineageReader(settings.store, settings.ledger, settings.limits, settings.folders)
