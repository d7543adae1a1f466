"""An operation: a function of ours as a Prefect flow, with its line in the run log whatever it comes to."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

from prefect import Flow, flow
from prefect.runtime import flow_run

from flows.settings import load_settings
from warehouse.reports.run_log import recorded
from warehouse.reports.run_summary import Summary

P = ParamSpec("P")
R = TypeVar("R")


def operation(name: str, **options: Any) -> Callable[[Callable[P, R]], Flow[P, R]]:
    """Makes a flow of a function; `options` are Prefect's own."""

    def flow_of(do: Callable[P, R]) -> Flow[P, R]:
        @wraps(do)
        def done(*args: P.args, **kwargs: P.kwargs) -> R:
            with recorded(load_settings().store, name) as one:
                one.prefect_run, one.prefect_name = flow_run.id, flow_run.name
                result = do(*args, **kwargs)
                one.summary = result if isinstance(result, Summary) else getattr(result, "summary", None)
                return result

        # Prefect resolves the names of types where the function says it is from: here, where they are not known.
        done.__signature__ = signature(do, eval_str=True)  # type: ignore[attr-defined]
        return flow(name=name, **options)(done)

    return flow_of
