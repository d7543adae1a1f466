"""The command line `xianbao`. Prefect and Great Expectations are imported only by the commands that use them."""

from __future__ import annotations

import dataclasses
import logging
import os
import sys
import traceback
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from typer.rich_utils import rich_format_error

from flows.cli import automations, decisions, export, holds, lineage, maintenance, monitoring, release
from flows.cli.options import EPILOG, FAULTS, GOOD, At, Json, check_space
from flows.cli.options import print_json as _print
from flows.cli.screen import Screen
from flows.settings import QUIET, Settings, load_settings, quiet_environment
from warehouse.messages.disk_errors import system_error
from warehouse.messages.errors import PermanentError, XianbaoError
from warehouse.messages.visible import visible_lines
from warehouse.reports.run_summary import Summary

app = typer.Typer(
    name="xianbao",
    help="County returns in, validated Parquet marts out. 县报:收表、核对、出数。",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(automations.commands)
app.add_typer(decisions.commands)
app.add_typer(export.commands)
app.add_typer(holds.commands)
app.add_typer(lineage.commands)
app.add_typer(maintenance.commands)
app.add_typer(release.commands)
app.add_typer(monitoring.commands)


@app.command(epilog=EPILOG)
def run(
    inbox: Annotated[Path | None, typer.Option(help="Where the submissions are; default: XIANBAO_INBOX.")] = None,
    received_at: At = None,
    as_json: Json = False,
) -> None:
    """Take in everything new in the inbox, validate it, publish the marts. 处理收件箱中的新报表。"""
    settings = load_settings()
    folder = (inbox or settings.inbox_folder).absolute()
    if not folder.is_dir():
        do = "请挂载或建立该文件夹,或更正 XIANBAO_INBOX; no such folder: mount or make it, or correct XIANBAO_INBOX"
        raise typer.BadParameter(f"{folder} 不存在,{do}", param_hint="--inbox")
    _run(settings, _nightly, as_json, inbox=folder, received_at=received_at)


@app.command(epilog=EPILOG)
def submit(
    file: Annotated[Path, typer.Argument(help="The workbook or CSV.", exists=True, dir_okay=False)],
    received_at: At = None,
    as_json: Json = False,
) -> None:
    """Take in one file at once. 立即处理一个文件。"""
    _run(load_settings(), _submit, as_json, file=file.absolute(), received_at=received_at)


@app.command(epilog=EPILOG)
def rejudge(  # noqa: PLR0913, PLR0917  (an option each)
    first: Annotated[str | None, typer.Option("--from", help="The first period of a range, like 2017-06.")] = None,
    last: Annotated[str | None, typer.Option("--until", help="The last period of a range, included.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset, like finance.")] = None,
    county: Annotated[str | None, typer.Option(help="Only this county code.")] = None,
    accepted_too: Annotated[
        bool, typer.Option("--accepted-too", help="Accepted returns as well, as where a range is given.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    received_at: At = None,
    as_json: Json = False,
) -> None:
    """Judge quarantined returns, or a range of all, again under today's rules. 按现行规则重新核对。"""
    from flows.cli.views.run import watch
    from warehouse.store.rejudging import Scope

    try:
        scope = Scope(
            first=first,
            last=last,
            datasets=(dataset,) if dataset else (),
            counties=(county,) if county else (),
            accepted_too=accepted_too,
        )
    except ValidationError as error:
        raise typer.BadParameter("; ".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors())) from error
    settings = load_settings()
    check_space(settings.store)
    quiet_environment(settings)
    from flows.cli.views.rejudge import show_changes
    from flows.rejudge import rejudge as rejudge_flow

    console = Screen(stderr=as_json)
    with watch(console, quiet=as_json):
        done = rejudge_flow(scope, received_at, dry_run=dry_run)
    _print(done.model_dump()) if as_json else show_changes(done, console, dry_run=dry_run)
    raise typer.Exit(GOOD if done.good else FAULTS)


@app.command(epilog=EPILOG)
def status(as_json: Json = False) -> None:
    """Say what is published, what came last, what is open. 查看状态。"""
    from flows.cli.status import read_status, show_status

    state = read_status(load_settings())
    _print(state) if as_json else show_status(state, Screen())


@app.command(epilog=EPILOG)
def rules(
    dataset: Annotated[str | None, typer.Option(help="Only this dataset, like finance, with all its checks.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Find rules that contradict each other or can never fail.")
    ] = False,
    preview: Annotated[
        Path | None,
        typer.Option(
            help="An edited copy of a suite, like finance.py: what it would do to what is accepted.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the rules; check them; try out changed ones, without writing anything. 查看、自检、试行规则。"""
    if sum((dataset is not None, check, preview is not None)) > 1:
        raise typer.BadParameter("say one of --dataset, --check and --preview")
    # Before Great Expectations is imported: it reads the environment once.
    os.environ.setdefault("GX_ANALYTICS_ENABLED", QUIET["GX_ANALYTICS_ENABLED"])
    from flows.cli import rule_list as found
    from flows.cli.views import rules as shown
    from warehouse.codebook import load

    book, console = load(), Screen()
    if check:
        from expectations.analysis.consistency import check_all

        checked = check_all(book)
        _print([dataclasses.asdict(one) for one in checked]) if as_json else shown.show_check(checked, console)
        raise typer.Exit(FAULTS if any(fault.fatal for one in checked for fault in one.faults) else GOOD)
    if preview:
        would = found.preview_file(load_settings(), preview)
        names = {division.county_code: division.name_zh for division in book.divisions}
        _print(dataclasses.asdict(would)) if as_json else shown.show_preview(would, names, console)
        return
    listed = found.list_rules(book, dataset)
    if as_json:
        _print([dataclasses.asdict(one) for one in listed])
    else:
        shown.show_rules(listed, book, console, whole=dataset is not None)


@app.command(epilog=EPILOG)
def docs(
    run: Annotated[str | None, typer.Argument(help="The run, like 000001; default: the last one.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Make the pages anew.")] = False,
    as_json: Json = False,
) -> None:
    """Say where the pages of a run's checks are, for a browser without any network. 查看核对结果网页。"""
    from flows.cli.data_docs import docs_of

    settings = load_settings()
    quiet_environment(settings)
    index = docs_of(settings, run, again=again)
    _print({"index": index}) if as_json else Screen().say(str(index))


@app.command(epilog=EPILOG)
def sample(  # noqa: PLR0913, PLR0917  (an option each)
    out: Annotated[Path, typer.Option(help="The folder to write the workbooks to.")],
    seed: Annotated[int, typer.Option(help="Another seed, another province with the same totals.")] = 1,
    faulty: Annotated[
        bool, typer.Option("--faulty", help="Plant a fault for every rule; writes a key beside.")
    ] = False,
    messy: Annotated[
        bool, typer.Option("--messy", help="The same figures in files as clerks send them; writes a key beside.")
    ] = False,
    months: Annotated[
        int | None,
        typer.Option(help="The clean province of so many months, 1 to 36, until 2018-12; default: of four periods."),
    ] = None,
    period: Annotated[
        str | None, typer.Option(help="Only this period: 2016-12, 2017-11, 2017-12 or 2018-06, or one of the months.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the workbooks of a synthetic province. 生成合成数据。"""
    from warehouse.synthetic import write_sample

    try:
        written = write_sample(out, seed, faulty=faulty, messy=messy, months=months, period=period)
    except PermanentError as error:
        raise typer.BadParameter(str(error)) from error
    if as_json:
        _print(dataclasses.asdict(written))
        return
    console = Screen()
    console.say(f"{written.files} files of {written.counties} counties, synthetic, in {written.out}")
    if written.key:
        console.say(f"what {'each file is like' if messy else 'was planted'} is in {written.key}")


@app.command(epilog=EPILOG)
def template(  # noqa: PLR0913, PLR0917  (each is an option)
    period: Annotated[str, typer.Option(help="The period, like 2018-06.")],
    county: Annotated[
        str | None, typer.Option(help="The county's code, or its name where only one is called so.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="A workbook for each county that owes any of it.")] = False,
    dataset: Annotated[
        list[str] | None, typer.Option(help="Only this dataset, like finance; may be given again. Default: all due.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The file, or the folder; default: its own name, in the working folder.")
    ] = None,
    vertical: Annotated[bool, typer.Option("--vertical", help="An indicator a row, as statistics offices do.")] = False,
    as_json: Json = False,
) -> None:
    """Write workbooks to fill in, with last values, limits and how to do it. 生成填报模板。"""
    if (county is None) != every:
        raise typer.BadParameter("say one of --county and --all")
    settings = load_settings()
    os.environ.setdefault("GX_ANALYTICS_ENABLED", QUIET["GX_ANALYTICS_ENABLED"])
    from flows.cli.template import write, write_all
    from flows.cli.views.template import show_template, show_templates

    if county is not None:
        written = write(county, period, dataset or (), out, vertical=vertical, settings=settings)
        _print(dataclasses.asdict(written)) if as_json else show_template(written, Screen())
        return
    done = write_all(period, dataset or (), out, vertical=vertical, settings=settings)
    _print(dataclasses.asdict(done)) if as_json else show_templates(done, Screen())
    raise typer.Exit(FAULTS if done.refused else GOOD)


def _nightly(**arguments: Any) -> Summary:
    from flows.nightly import nightly

    summary: Summary = nightly(**arguments)
    return summary


def _submit(**arguments: Any) -> Summary:
    from flows.submit import submit as submit_flow

    summary: Summary = submit_flow(**arguments)
    return summary


def _run(settings: Settings, flow: Callable[..., Summary], as_json: bool, **arguments: Any) -> None:
    """Runs a flow in this process, showing its stages; exits with 1 where something is not good."""
    from flows.cli.views.run import show_summary, watch

    check_space(settings.store)
    quiet_environment(settings)
    console = Screen(stderr=as_json)
    with watch(console, quiet=as_json):
        summary = flow(**arguments)
    if as_json:
        _print(summary.model_dump())
    else:
        show_summary(summary, settings, console)
    raise typer.Exit(GOOD if summary.good else FAULTS)


def _speak_utf8() -> None:
    """Begins anew where the locale says that names of files are no UTF-8; the terminal is written to as before."""
    if sys.getfilesystemencoding() == "utf-8" or os.environ.get("PYTHONUTF8") == "1":
        return
    os.environ["PYTHONUTF8"] = "1"
    if sys.stdout.encoding.lower() not in ("ascii", "ansi_x3.4-1968", "us-ascii"):
        os.environ.setdefault("PYTHONIOENCODING", sys.stdout.encoding)
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606  (this very command)


def _show_all() -> None:
    """What a terminal's encoding lacks is shown by its number: it must not end the work."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _leave(code: int | None) -> NoReturn:
    """Ends the process: at once where a Prefect server did not answer, which would be waited for in many places to tell
    it what it has not heard.
    """
    api = sys.modules.get("tasks.prefect_api")
    if api is not None and api.unanswered.is_set() and "PREFECT_API_URL" in os.environ:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code or GOOD)
    sys.exit(code)


def main() -> None:
    """Runs the command line; an error of ours is a sentence, not a traceback. Whatever an error quotes is encoded."""
    _speak_utf8()
    _show_all()
    logging.getLogger("xianbao").setLevel(logging.INFO)
    try:
        _leave(app(standalone_mode=False))
    except typer.TyperException as error:
        said = visible_lines(error.format_message())
        error.format_message = lambda: said  # type: ignore[method-assign]
        rich_format_error(error)  # type: ignore[arg-type]  # all that it raises are of its private kind
        sys.exit(error.exit_code)
    except Exception as error:  # noqa: BLE001  (said as it is, with where it came from if it is none of ours)
        ours = system_error(error) or (error if isinstance(error, XianbaoError | OSError) else None)
        Screen(stderr=True).complain(str(ours) if ours else "".join(traceback.format_exception(error)))
        sys.exit(FAULTS)
