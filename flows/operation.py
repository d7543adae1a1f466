"""An operation: a function of ours as a Prefect flow. It has a name, tags and a limit of time, and whatever it comes to
is a sentence: in its state, in the log, in the run log.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import wraps
from inspect import Signature, signature
from typing import Annotated, Any, ParamSpec, TypeVar, cast

from prefect import Flow, State, flow
from prefect.context import FlowRunContext
from prefect.logging.formatters import JsonFormatter
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from prefect.utilities.callables import parameter_schema
from pydantic import BaseModel

from flows.dead_runs import NUMBER, mark_dead_runs
from flows.settings import Settings, load_settings
from flows.time_limit import time_limit
from tasks.prefect_api import UNANSWERED, brief_client, spare_the_end, unanswered
from warehouse.codebook import load
from warehouse.codebook.choices import BLANK
from warehouse.messages.disk_errors import system_error
from warehouse.messages.errors import XianbaoError
from warehouse.messages.log import SHOWN_APART, log, log_fields
from warehouse.reports.run_log import Operation, recorded
from warehouse.reports.run_sentences import run_sentence, what_to_do
from warehouse.reports.run_summary import Summary

P = ParamSpec("P")
R = TypeVar("R")
HOUR = 3600


def operation(
    name: str, says: Callable[[Any], str] | None = None, **options: Any
) -> Callable[[Callable[P, R]], Flow[P, R]]:
    """Makes a flow of a function. `says` is the sentence for what it returns; what is a run, or has a `summary` of one,
    has that of the run. `options` are Prefect's own.

    A fault that has a sentence ends the flow as Failed with it; called in a process, the flow raises it as ever.
    """

    def flow_of(do: Callable[P, R]) -> Flow[P, R]:
        @wraps(do)
        def done(*args: P.args, **kwargs: P.kwargs) -> R:
            spare_the_end()
            settings = load_settings()
            _log_as(settings.log_format)
            with log_fields(flow=name):
                if NUMBER in os.environ:  # a worker began it
                    mark_dead_runs()
                try:
                    with recorded(settings.store, name) as one:
                        return cast("R", _carry_out(name, lambda: do(*args, **kwargs), says, settings, one))
                except Exception as error:
                    fault = system_error(error) or error
                    if not isinstance(fault, XianbaoError):
                        raise
                    if FlowRunContext.get() is None:
                        raise fault from error
                    log.error("%s", fault, extra=SHOWN_APART)
                    return cast("R", Failed(message=str(fault), data=fault))

        # Prefect resolves the names of types where the function says it is from: here, where they are not known.
        done.__signature__ = signature(do, eval_str=True)  # type: ignore[attr-defined]
        made = flow(name=name, flow_run_name=lambda: _first_name(name), **options)(done)
        made.__signature__ = _asked(signature(do, eval_str=True))  # type: ignore[attr-defined]
        made.parameters = parameter_schema(made)
        return made

    return flow_of


def utc(moment: datetime | None) -> datetime:
    """The moment in UTC, now where there is none; one without a zone is UTC."""
    at = moment or datetime.now(UTC)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _asked(of: Signature) -> Signature:
    """What a form asks, which Prefect makes of a flow's signature: what is blank has no default there."""
    parameters = [
        one.replace(annotation=Annotated[one.annotation, BLANK], default=BLANK)
        if one.default is None or isinstance(one.default, BaseModel)
        else one
        for one in of.parameters.values()
    ]
    return of.replace(parameters=parameters)


def name_run(run: str) -> None:
    """The flow run at hand has committed a run, by its number in the journal: now that stands in its name. Of several,
    as of a backfill, the last one's.
    """
    _tell(name=f"{str(flow_run.name).partition(' run ')[0]} run {run}")


def _carry_out(
    name: str, do: Callable[[], object], says: Callable[[Any], str] | None, settings: Settings, one: Operation
) -> object:
    """Does it, and says what it came to; in a flow run that is its state, otherwise what the function returns."""
    one.prefect_run, one.prefect_name = flow_run.id, flow_run.name
    late = _hours_late()
    if late > settings.late_start_hours and settings.late_start == "skip":
        return _skip(late, one)
    _tell(tags={f"province:{load().province}"})
    if late > settings.late_start_hours:
        log.warning("比计划晚 %.1f 小时开始; started %.1f hours late", late, late)
    with time_limit(settings.run_timeout_seconds, name, "XIANBAO_RUN_TIMEOUT_SECONDS"):
        result = do()
    one.summary = result if isinstance(result, Summary) else getattr(result, "summary", None)
    one.message = says(result) if says else run_sentence(one.summary or Summary())
    if late > settings.late_start_hours:
        one.message += f"; 晚 {late:.1f} 小时开始 started {late:.1f} hours late"
    if one.summary:
        _tell(tags={f"period:{period.period}" for period in _periods(one.summary)})
    one.prefect_name = flow_run.name
    _say_last(one, settings)
    return Completed(message=one.message, data=result) if FlowRunContext.get() else result


def _skip(late: float, one: Operation) -> State[None]:
    one.skipped, one.message = (
        True,
        (
            f"比计划晚 {late:.1f} 小时,已跳过(XIANBAO_LATE_START=skip),下次运行一并处理;"
            f" {late:.1f} hours late and skipped, as XIANBAO_LATE_START says: the next run takes in all"
        ),
    )
    log.warning("%s", one.message)
    return Completed(name="Skipped", message=one.message)


def _say_last(one: Operation, settings: Settings) -> None:
    """The last lines, for a person who reads the log from its end."""
    log.info("%s", one.message, extra=SHOWN_APART)
    if one.summary:
        for line in what_to_do(one.summary, settings.store):
            log.info("%s", line, extra=SHOWN_APART)


def _log_as(log_format: str) -> None:
    """What is logged reaches Prefect, and the terminal in this format."""
    logging.getLogger("xianbao").setLevel(logging.INFO)
    logging.getLogger("prefect.flow_runs").addFilter(_unsaid)
    if log_format == "json":
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonFormatter("default", "", "%"))


def _unsaid(record: logging.LogRecord) -> bool:
    """Not a fault that has a sentence: Prefect would say it again, at the end, with the way that it came."""
    return not (record.exc_info and isinstance(record.exc_info[1], XianbaoError))


def _first_name(name: str) -> str:
    """What a run is called before it has a number: the day of its files' receipt, where this machine is."""
    return f"{name} {utc(flow_run.parameters.get('received_at')).astimezone():%Y-%m-%d}"


def _hours_late() -> float:
    """How many hours after its time a run began that a schedule had laid out; 0 for one that somebody asked for."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if run is None or not run.auto_scheduled or run.expected_start_time is None:
        return 0
    return (datetime.now(UTC) - run.expected_start_time).total_seconds() / HOUR


def _periods(summary: Summary) -> Collection[Any]:
    return (*(summary.before.periods if summary.before else ()), *summary.periods)


def _tell(name: str | None = None, tags: Collection[str] = ()) -> None:
    """Tells Prefect a new name of the flow run at hand, or more tags. What the run does does not hang on it."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if run is None or unanswered.is_set():
        return
    run.name, run.tags = name or run.name, sorted({*run.tags, *tags})
    try:
        with brief_client() as client:
            client.update_flow_run(run.id, name=run.name, tags=run.tags)
    except UNANSWERED as error:
        log.warning("Prefect 未得知运行的名称和标签; Prefect was not told the run's name and tags: %r", error)
