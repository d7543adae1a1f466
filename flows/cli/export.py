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
Out = Annotated[Path, typer.Option(help="A new or empty folder to write to.")]
OutFile = Annotated[Path, typer.Option(help="The file to write; one that is there is replaced.", dir_okay=False)]


@export.command(epilog=EPILOG)
def flat(out: Out, as_json: Json = False) -> None:
    """Write one Parquet file a mart, and a manifest of them. 每个数据集市一个文件。"""
    from flows.cli.views.export import show_export
    from warehouse.snapshots.export import export_flat

    end(export_flat(load_settings().store, out.absolute()), show_export, as_json=as_json)


@export.command(epilog=EPILOG)
def datapackage(
    out: Out,
    licence: Annotated[
        str, typer.Option(help="The licence that the figures are given under, like CC-BY-4.0.")
    ] = "notspecified",
    as_json: Json = False,
) -> None:
    """Write a Frictionless Data Package: Parquet files and what describes them. 导出为数据包。"""
    from flows.cli.views.export import show_export
    from warehouse.snapshots.datapackage import export_datapackage

    end(export_datapackage(load_settings().store, out.absolute(), licence), show_export, as_json=as_json)


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
