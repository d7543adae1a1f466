"""The commands that look after the store: `rebuild`, `marts`, `prune`, `backup`, `restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flows.command import EPILOG, FAULTS, GOOD, Json, print_json
from flows.settings import load_settings

commands = typer.Typer()


@commands.command(epilog=EPILOG)
def rebuild(
    out: Annotated[
        Path | None, typer.Option(help="A new or empty folder to rebuild into; default: <root>/rebuild.")
    ] = None,
    in_place: Annotated[
        bool,
        typer.Option("--in-place", help="Where all came out the same, replace what in the root is not as it must be."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Make history, ledger and marts anew from archive and journal, and compare. 由存档和日志重建并比对。"""
    if in_place and out is not None:
        raise typer.BadParameter("say one of --out and --in-place")
    from flows.rebuild import rebuild_beside, rebuild_in_place
    from flows.stored import show_rebuilt

    settings = load_settings()
    done, replaced = rebuild_in_place(settings) if in_place else (rebuild_beside(settings, out), None)
    if as_json:
        print_json(done.model_dump() | {"replaced": replaced})
    else:
        show_rebuilt(done, Console(), replaced)
    raise typer.Exit(FAULTS if done.differences else GOOD)
