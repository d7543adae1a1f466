"""The commands `export <format>`: the last snapshot in a folder of one's own, as other tools read it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import EPILOG, Json, end
from flows.settings import load_settings

export = typer.Typer(
    help="Write the last snapshot for other tools; nothing is published. 导出最近一次发布的数据集市。",
    no_args_is_help=True,
)
commands = typer.Typer()
commands.add_typer(export, name="export")
OutFile = Annotated[Path, typer.Option(help="The file to write; one that is there is replaced.", dir_okay=False)]


@export.command(epilog=EPILOG)
def superset(
    out: OutFile,
    period: Annotated[
        str | None, typer.Option(help="The period that the dashboard opens with; default: the last that is open.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a bundle that Superset imports: datasets, metrics, a dashboard. 导出 Superset 导入包。"""
    from flows.cli.views.written_file import show_file
    from warehouse.snapshots.superset import write_bundle

    end(write_bundle(load_settings().store, out.absolute(), period), show_file, as_json=as_json)


@export.command(epilog=EPILOG)
def semantic_model(out: OutFile, as_json: Json = False) -> None:
    """Write the semantic model in the format of MetricFlow. 导出语义模型。"""
    from flows.cli.views.written_file import show_file
    from warehouse.snapshots.superset import write_semantic_model

    end(write_semantic_model(out.absolute()), show_file, as_json=as_json)
