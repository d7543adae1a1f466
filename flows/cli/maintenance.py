"""The commands that look after the store: `rebuild`, `marts`, `prune`, `compact`, `backup`, `restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.lineage import store_of_settings
from flows.cli.options import EPILOG, FAULTS, GOOD, Json, end, print_json
from flows.cli.screen import Screen
from flows.settings import load_settings
from warehouse.reports.run_log import recorded
from warehouse.store.row_files import AT_LEAST

commands = typer.Typer()
marts = typer.Typer(help="The marts of another moment, and what changed in them. 往期数据集市与比较。")
commands.add_typer(marts, name="marts")


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
    from flows.cli.views.maintenance import show_rebuild
    from warehouse.maintenance.operations import rebuild_in_place, rebuild_into

    at = load_settings().installation
    with recorded(at.root, "rebuild") as operation:
        done = rebuild_in_place(at) if in_place else rebuild_into(at, out)
        operation.good = done.same
    end(done, show_rebuild, as_json=as_json, good=done.same)


@marts.callback(invoke_without_command=True, epilog=EPILOG)
def marts_as_of(
    context: typer.Context,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="A date, like 2018-01-15 (its end, UTC), or a time, like 2018-01-15T03:00."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A new or empty folder to write them to.")] = None,
    as_json: Json = False,
) -> None:
    """Write the marts as they were known at a moment; nothing is published. 写出某一时点的数据集市。"""
    from flows.cli.views.maintenance import show_as_of
    from warehouse.maintenance.operations import write_as_of
    from warehouse.snapshots.as_of import moment_of

    if context.invoked_subcommand is not None:
        return
    if as_of is None or out is None:
        raise typer.BadParameter("say --as-of and --out, or diff")
    try:
        moment = moment_of(as_of)
    except ValueError as error:
        raise typer.BadParameter(f"{as_of} is neither a date nor a time", param_hint="--as-of") from error
    end(write_as_of(load_settings().installation, moment, out), show_as_of, as_json=as_json)


@marts.command(epilog=EPILOG)
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A version, like 000003; previous, current.")] = "previous",
    after: Annotated[str, typer.Argument(metavar="B", help="The one to compare it with.")] = "current",
    mart: Annotated[str | None, typer.Option(help="Only this mart.")] = None,
    whole: Annotated[bool, typer.Option("--all", help="Long lists whole.")] = False,
    as_json: Json = False,
) -> None:
    """Show what changed between two published snapshots, and why. 比较两次发布的差异及原因。"""
    from flows.cli.views.snapshots import show_snapshot_diff, snapshot_diff_json
    from warehouse.lineage.snapshot_diff import compare_snapshots

    compared = compare_snapshots(store_of_settings(), before, after, mart)
    print_json(snapshot_diff_json(compared)) if as_json else show_snapshot_diff(compared, Screen(), whole=whole)


@commands.command(epilog=EPILOG)
def prune(
    keep_days: Annotated[
        float | None, typer.Option(min=0, help="Days after a snapshot was superseded; default: XIANBAO_KEEP_DAYS.")
    ] = None,
    keep_report_days: Annotated[
        float | None, typer.Option(min=0, help="Days after a report was written; default: XIANBAO_KEEP_REPORT_DAYS.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Remove old snapshots and reports; never the current one or the one before it. 清理旧快照与报告。"""
    from flows.cli.views.maintenance import show_prune
    from warehouse.maintenance.operations import prune_root

    at = load_settings().installation
    with recorded(at.root, "prune"):
        done = prune_root(at, keep_days, keep_report_days)
    end(done, show_prune, as_json=as_json)


@commands.command(epilog=EPILOG)
def compact(
    at_least: Annotated[
        int, typer.Option(min=2, help="Merge the files of each dataset and period that has so many.")
    ] = AT_LEAST,
    as_json: Json = False,
) -> None:
    """Merge the many small files of rows that nights leave; no figure changes. 合并行文件。"""
    from datetime import UTC, datetime

    from expectations.data_docs.recovered_pages import publish_recovered_pages
    from flows.cli.views.maintenance import show_compact
    from warehouse.maintenance.operations import compact_rows

    at = load_settings().installation
    with recorded(at.root, "compact"):
        done = compact_rows(at, at_least, datetime.now(UTC), publish_recovered_pages)
    end(done, show_compact, as_json=as_json)


@commands.command(epilog=EPILOG)
def backup(
    destination: Annotated[Path, typer.Argument(help="A folder outside the root, best on another disk.")],
    as_json: Json = False,
) -> None:
    """Copy what is kept and not there yet, and verify all of the backup. 增量备份并校验。"""
    from flows.cli.views.maintenance import show_backup
    from warehouse.maintenance.operations import back_up

    at = load_settings().installation
    with recorded(at.root, "backup") as operation:
        done = back_up(at, destination)
        operation.good = not done.faults
    end(done, show_backup, as_json=as_json, good=not done.faults)


@commands.command(epilog=EPILOG)
def restore(
    source: Annotated[Path, typer.Argument(help="The folder of a backup.", exists=True, file_okay=False)],
    as_json: Json = False,
) -> None:
    """Make a new root, where XIANBAO_ROOT says, of a backup. 由备份恢复到新位置。"""
    from flows.cli.views.maintenance import show_restore
    from warehouse.maintenance.operations import restore as restore_root

    done = restore_root(load_settings().installation, source)
    print_json(done.model_dump() | {"whole": done.whole}) if as_json else show_restore(done, Screen())
    raise typer.Exit(GOOD if done.whole else FAULTS)
