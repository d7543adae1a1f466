"""A copy of the tree to which the how-to pages were applied, once for all tests here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.additions.pages import Page, read_page

HOME = Path(__file__).parents[2]
COPIED = (
    "flows", "tasks", "expectations", "warehouse", "tests", "docs", "Makefile", "README.md", "DEVELOPING.md",
    "pyproject.toml", "requirements.lock", "prefect.yaml", "LICENSE",
)  # fmt: skip
OTHERS = ("PREFECT_", "XIANBAO_", "PYTEST_", "MAKE", "MFLAGS")
PYTEST = ".venv/bin/python -m pytest "
ADDITIONS = ("indicator", "dataset", "rule", "mart", "command", "file-format")


@dataclass(frozen=True)
class Tree:
    """A copy of the tree, and how to say something in it; `said` has what each command of the pages said."""

    path: Path
    said: Mapping[str, subprocess.CompletedProcess[str]]

    def ask(self, code: str) -> str:
        """What a program prints that runs in the copy."""
        done = say(self.path, ".venv/bin/python", "-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout


def say(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in the tree; its modules are the copy's, not those that are installed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS)}
    environment = {**kept, "PYTHONPATH": str(tree), "COLUMNS": "200"}
    return subprocess.run(words, cwd=tree, env=environment, capture_output=True, text=True, timeout=600, check=False)


def copied(target: Path) -> Path:
    """A copy of the tree with an environment that is the one which runs the tests."""
    for name in COPIED:
        source = HOME / name
        if source.is_dir():
            shutil.copytree(source, target / name)
        elif source.exists():
            shutil.copy2(source, target / name)
    # What mypy knows is known to both by the digests of files: without it, all that is installed takes half a minute.
    mypy = HOME / ".mypy_cache"
    mypy.mkdir(exist_ok=True)
    (target / mypy.name).symlink_to(mypy)
    environment = target / ".venv"
    environment.mkdir()
    for part in Path(sys.prefix).iterdir():
        if part.name != ".ready":
            (environment / part.name).symlink_to(part)
    # Set up already: make has nothing to install.
    (environment / ".ready").touch()
    return target


def commands_of(pages: list[Page]) -> list[str]:
    """What the pages say to run: each once, at its last place, and the tests of all in one run."""
    said = [command for page in pages for command in page.commands]
    tests = {file: None for c in said if c.startswith(PYTEST) for file in c.removeprefix(PYTEST).split()}
    others = [c for c in said if not c.startswith(PYTEST)]
    return [*reversed(dict.fromkeys(reversed(others))), f"{PYTEST}-q -n 0 {' '.join(tests)}"]


@pytest.fixture(scope="session")
def pages() -> list[Page]:
    return [read_page(HOME / "docs" / "how-to" / f"add-{'an' if a[0] in 'aeiou' else 'a'}-{a}.md") for a in ADDITIONS]


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory, pages: list[Page], sent: Callable[[Path], None]) -> Tree:
    """The copy after all pages: their steps first, then `sent` lays out the inbox, then their commands."""
    path = copied(tmp_path_factory.mktemp("additions") / "tree")
    for page in pages:
        for step in page.steps:
            step.apply(path)
    sent(path)
    return Tree(path, {command: say(path, "sh", "-ec", command) for command in commands_of(pages)})
