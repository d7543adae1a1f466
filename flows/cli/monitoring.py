"""The commands that tell whether all is well, to a person, to cron, to a monitor: `doctor`, `metrics`."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import EPILOG, FAULTS, GOOD, Json, print_json
from flows.cli.screen import Screen
from flows.settings import load_settings
from warehouse.store.files import write_durably

commands = typer.Typer()


@commands.command(epilog=EPILOG)
def doctor(
    accept: Annotated[
        list[str] | None,
        typer.Option(help="A check whose fault is known and accepted, like landlock; may be given again."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what is not as it should be: machine, store, nights, Prefect server; for cron too. 检查是否一切正常。"""
    from flows.cli.doctor import examine, show_examined, wrong

    found = examine(load_settings())
    accepted = accept or []
    if as_json:
        print_json([dataclasses.asdict(one) for one in found])
    else:
        show_examined(found, accepted, Screen())
    raise typer.Exit(FAULTS if wrong(found, accepted) else GOOD)


@commands.command(epilog=EPILOG)
def metrics(
    out: Annotated[
        Path | None, typer.Option(help="A file to put them into, whole at every moment; default: standard output.")
    ] = None,
) -> None:
    """Say in numbers how the nights go, as Prometheus reads them. 输出监控指标(Prometheus)。"""
    from flows.cli.metrics import exposition

    found = exposition(load_settings())
    if out is None:
        sys.stdout.write(found.decode())
    else:
        write_durably(out.absolute(), found)
