"""The peers' bench for people: a table, what each tool counted beside bare Polars, and the goal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

Runs = dict[str, list[dict[str, Any]]]
TOOLS = {
    "bare": "bare Polars",
    "engine": "our engine",
    "stock": "stock pandas",
    "dataframely": "dataframely",
    "dbt": "dbt-duckdb",
}


def show(runs: Runs, console: Console) -> None:
    """Whole processes side by side; then what the tools' counts of failing rows differ in, and the goal."""
    table = Table(title="A million rows, whole processes, seconds; the best of all runs but the first")
    table.add_column("tool")
    for heading in ("checks", "seconds", "most", "imports", "CPU", "MiB", "/ dbt"):
        table.add_column(heading, justify="right")
    for tool, name in TOOLS.items():
        table.add_row(name, *_cells(runs, tool))
    console.print(table)
    for tool, name in TOOLS.items():
        console.print(f"{name}: {_counts(runs, tool)}", highlight=False)
    console.print(_goal(runs), highlight=False)


def _goal(runs: Runs) -> str:
    """Ahead of dbt, or behind, where wall clock and CPU both say so; where they disagree the machine was busy."""
    pairs = [(_best(runs, "engine", what), _best(runs, "dbt", what)) for what in ("seconds", "cpu")]
    ahead = [ours < theirs for ours, theirs in pairs]
    verdict = "met" if all(ahead) else "NOT SETTLED" if any(ahead) else "MISSED"
    (ours, theirs), (our_cpu, their_cpu) = pairs
    found = f"our engine {ours:.2f} s, dbt {theirs:.2f} s; by CPU {our_cpu:.2f} and {their_cpu:.2f}"
    return f"{found} (goal: ahead of dbt): {verdict}"


def _cells(runs: Runs, tool: str) -> list[str]:
    seconds = [run["seconds"] for run in runs[tool]]
    imported = f"{_best(runs, tool, 'imported'):.2f}" if "imported" in runs[tool][0] else ""
    return [
        str(len(runs[tool][0]["failing"])),
        f"{min(seconds):.2f}",
        f"{max(seconds):.2f}",
        imported,
        f"{_best(runs, tool, 'cpu'):.2f}",
        f"{_best(runs, tool, 'peak_mib'):.0f}",
        f"{min(seconds) / _best(runs, 'dbt', 'seconds'):.2f}",
    ]


def _best(runs: Runs, tool: str, what: str) -> float:
    return min(run[what] for run in runs[tool])


def _counts(runs: Runs, tool: str) -> str:
    """In how many checks the tool counts as many failing rows as bare Polars, and where it does not."""
    bare, counted = runs["bare"][0]["failing"], runs[tool][0]["failing"]
    differ = [f"{name} {count}, not {bare.get(name)}" for name, count in counted.items() if count != bare.get(name)]
    same = f"the same failing rows as bare in {len(counted) - len(differ)} of {len(counted)} checks"
    return f"{same}; {', '.join(differ)}" if differ else same
