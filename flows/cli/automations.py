"""The commands `automations apply` and `automations test`: who is told when a night goes wrong."""

from __future__ import annotations

import typer

from flows.cli.options import EPILOG, FAULTS, GOOD, Json, print_json
from flows.cli.screen import Screen
from flows.settings import load_settings, quiet_environment

automations = typer.Typer(help="Alerts, kept by Prefect's server. 告警。", no_args_is_help=True)
commands = typer.Typer()
commands.add_typer(automations, name="automations")


@automations.command(epilog=EPILOG)
def apply(as_json: Json = False) -> None:
    """Bring the alerts to Prefect's server: create, update, remove ours. 建立或更新告警。"""
    settings = load_settings()
    quiet_environment(settings)
    from flows.alerts.apply import apply as apply_alerts
    from flows.alerts.apply import server
    from flows.cli.views.automations import show_applied

    with server() as client:
        applied = apply_alerts(client, settings)
    print_json([one.model_dump() for one in applied]) if as_json else show_applied(applied, Screen())


@automations.command("test", epilog=EPILOG)
def trial(as_json: Json = False) -> None:
    """Send a trial by each channel and say which were delivered. 试发告警,查看是否送达。"""
    quiet_environment(load_settings())
    from flows.alerts.apply import server
    from flows.alerts.channels import saved_channels
    from flows.alerts.trial import try_channels
    from flows.cli.views.automations import show_tried

    with server() as client:
        tried = try_channels(client, saved_channels(client))
    print_json([one.model_dump() for one in tried]) if as_json else show_tried(tried, Screen())
    raise typer.Exit(GOOD if all(one.delivered for one in tried) else FAULTS)
