"""Imports go one way, room by room and wing by wing: the order is data in pyproject.toml, [tool.importlinter]."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
ROOMS = ("flows", "tasks", "expectations", "warehouse")


def at_module_level(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tops = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    return {a.name if isinstance(n, ast.Import) else str(n.module) for n in tops for a in n.names}


def test_rooms_and_wings_import_only_what_lies_below_them() -> None:
    # In a process of its own: it silences the loggers that there are.
    words = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(words, cwd=HOME, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("room", ["expectations", "warehouse"])
def test_the_developers_page_draws_the_wings_in_their_order(room: str) -> None:
    contracts = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (layers,) = (one["layers"] for one in contracts if one.get("containers") == [room])
    wings = [layer.split(" | ") for layer in layers]
    page = (HOME / "DEVELOPING.md").read_text(encoding="utf-8")
    drawn = re.search(rf"subgraph {room}\n(.*?)\n    end\n", page, re.DOTALL)
    assert drawn
    arrows = set(re.findall(r"(\w+)(?:\[.*?\])? --> (\w+)", drawn[1]))
    assert arrows == {(above, below) for upper, lower in pairwise(wings) for above in upper for below in lower}


@pytest.mark.parametrize("name", ["cli/main", "cli/status", "settings", "cli/views/run"])
def test_the_command_line_is_quick_to_import(name: str) -> None:
    tops = {module.split(".")[0] for module in at_module_level(HOME / "flows" / f"{name}.py")}
    assert tops.isdisjoint({"prefect", "great_expectations", "tasks", "expectations"})


def test_the_command_line_and_status_pull_in_neither_framework() -> None:
    code = (
        "import sys, flows.cli.main, flows.cli.status; "
        "print([m for m in ('prefect', 'great_expectations') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["flows.cli.main", "warehouse.intake.sandbox.worker"])
def test_who_asks_for_help_or_reads_a_submission_loads_no_database(name: str) -> None:
    code = f"import sys, {name}; print([m for m in ('duckdb', 'sqlalchemy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("room", ROOMS)
def test_every_package_says_what_belongs_in_it_and_what_does_not(room: str) -> None:
    for path in (HOME / room).rglob("__init__.py"):
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        assert "oes not belong here" in " ".join(doc.split()), path
