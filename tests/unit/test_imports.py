"""Imports go one way: flows, tasks, expectations, warehouse. Design, section 2."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
# Which of our rooms a room may import beside itself, and which of the two great frameworks.
ALLOWED = {
    "flows": {"tasks", "expectations", "warehouse", "prefect"},
    "tasks": {"expectations", "warehouse", "prefect"},
    "expectations": {"warehouse", "great_expectations"},
    "warehouse": set(),
}
WATCHED = {"prefect", "great_expectations", *ALLOWED}


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports anywhere in it, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            yield from ((f"{node.module}.{name.name}", node.lineno) for name in node.names)


def at_module_level(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tops = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    return {a.name if isinstance(n, ast.Import) else str(n.module) for n in tops for a in n.names}


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_what_lies_below_it(room: str) -> None:
    files = sorted((HOME / room).rglob("*.py"))
    assert files
    strangers = [
        f"{path.relative_to(HOME)}:{line} imports {name}"
        for path in files
        for name, line in imports(path)
        if name.split(".")[0] in WATCHED - ALLOWED[room] - {room}
    ]
    assert strangers == []


def test_the_engine_knows_nothing_of_xianbao() -> None:
    own = [
        f"{path.relative_to(HOME)}:{line} imports {name}"
        for path in sorted((HOME / "expectations" / "engine").rglob("*.py"))
        for name, line in imports(path)
        if name.split(".")[0] in ALLOWED and not name.startswith("expectations.engine")
    ]
    assert own == []


@pytest.mark.parametrize("name", ["cli", "status", "settings", "screen"])
def test_the_command_line_is_quick_to_import(name: str) -> None:
    tops = {module.split(".")[0] for module in at_module_level(HOME / "flows" / f"{name}.py")}
    assert tops.isdisjoint({"prefect", "great_expectations", "tasks", "expectations"})


def test_the_command_line_and_status_pull_in_neither_framework() -> None:
    code = (
        "import sys, flows.cli, flows.status; print([m for m in ('prefect', 'great_expectations') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["flows.cli", "warehouse.intake.worker"])
def test_who_asks_for_help_or_reads_a_submission_loads_no_database(name: str) -> None:
    code = f"import sys, {name}; print([m for m in ('duckdb', 'sqlalchemy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("room", ALLOWED)
def test_every_package_says_what_belongs_in_it_and_what_does_not(room: str) -> None:
    for path in (HOME / room).rglob("__init__.py"):
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        assert "oes not belong here" in " ".join(doc.split()), path
