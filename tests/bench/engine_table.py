"""The engine bench for people: a table, and the goals with what was found beside them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

Case = dict[str, Any]
SIDES = {"bare": "bare Polars", "engine": "our engine", "stock": "stock pandas"}
LARGE = 1_000_000
GOAL_TO_BARE, GOAL_TO_STOCK, GOAL_TO_STOCK_SMALL, GOAL_MEMORY = 1.3, 4.0, 2.0, 1.2


def show(cases: list[Case], console: Console) -> None:
    """Seconds and memory of all cases, then goal by goal whether it is met."""
    checks = ", ".join(str(n) for n in sorted({case["checks"] for case in cases}))
    console.print(_table(cases, f"{checks} checks, all answers equal; the best of all runs"))
    for case in cases:
        for line in _verdicts(case):
            console.print(f"{case['rows']:,} rows, {case['result_format']}: {line}", highlight=False)


def _table(cases: list[Case], title: str) -> Table:
    table = Table(title=title)
    table.add_column("measure")
    for heading in (*SIDES.values(), "engine / bare", "stock / engine"):
        table.add_column(heading, justify="right")
    for case in cases:
        table.add_row(f"[bold]{case['rows']:,} rows, {case['result_format']}")
        for measure, (bare, engine, stock) in _measures(case).items():
            cells = (_number(bare), _number(engine), _number(stock), _ratio(engine, bare), _ratio(stock, engine))
            table.add_row(measure, *cells)
        table.add_section()
    return table


def _measures(case: Case) -> dict[str, list[float]]:
    """Each measure of the three sides: a side's best, but for the most seconds."""

    def of(what: str, among: Any = min) -> list[float]:
        return [among(value for run in case[side] for value in _many(run[what])) for side in SIDES]

    before, peak = of("before_mib"), of("peak_mib")
    return {
        "seconds": of("seconds"),
        "seconds, most": of("seconds", max),
        "of it within the engine": of("inside"),
        "CPU seconds": of("cpu"),
        "to pandas before, s": of("converted"),
        "peak memory, MiB": peak,
        "of it before the data": before,
        "since then": [most - least for most, least in zip(peak, before, strict=True)],
    }


def _many(value: Any) -> list[float]:
    return value if isinstance(value, list) else [value]


def _verdicts(case: Case) -> Iterator[str]:
    """The goals of the case's size, each with what was found."""
    if case["rows"] < LARGE:
        yield _faster(case, GOAL_TO_STOCK_SMALL)
        return
    bare, memory = case["to_bare"], case["memory_to_bare"]
    cpu = case["cpu_to_bare"]
    met = [ratio <= GOAL_TO_BARE for ratio in (bare, cpu)]
    yield _goal(f"{bare:.2f} x bare, {cpu:.2f} by CPU", f"at most {GOAL_TO_BARE}", met)
    yield _faster(case, GOAL_TO_STOCK)
    yield _goal(f"peak memory {memory:.2f} x bare", f"at most {GOAL_MEMORY}", [memory <= GOAL_MEMORY])


def _faster(case: Case, goal: float) -> str:
    ratios = case["faster_than_stock"], case["cpu_faster_than_stock"]
    found = f"{ratios[0]:.2f} x faster than stock, {ratios[1]:.2f} by CPU"
    return _goal(found, f"at least {goal}", [ratio >= goal for ratio in ratios])


def _goal(found: str, goal: str, met: list[bool]) -> str:
    """A goal is met, or missed, where all ways to measure say so; where they disagree the machine was busy."""
    verdict = "met" if all(met) else "NOT SETTLED" if any(met) else "MISSED"
    return f"{found} (goal: {goal}): {verdict}"


def _number(value: float) -> str:
    return "" if not value else f"{value:.0f}" if value >= 30 else f"{value:.3f}"


def _ratio(one: float, other: float) -> str:
    return f"{one / other:.2f}" if one and other else ""
