"""Mutants of one part of the code, and which of them the tests nearest to it let live: `make mutants PART=...`.

The work tree is not touched: everything happens in a copy of it.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

HERE = Path(__file__).parents[1]
ROOMS = ("flows", "tasks", "expectations", "warehouse")
QUICK = ("tests/unit", "tests/property", "tests/engine")
# So many lines of the log are shown where it fails, without those that it redraws.
LAST = 20
UNTOUCHED = shutil.ignore_patterns("__pycache__", ".hypothesis", "bench", "flow", "golden")


def nearest_tests(part: Path) -> list[str]:
    """The quick tests that import the part, and so must notice when it is wrong; all that lies below a folder."""
    names = {".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in _sources(part)}
    found = (path for folder in QUICK for path in sorted((HERE / folder).glob("test_*.py")))
    return [path.relative_to(HERE).as_posix() for path in found if names & _imports(path)]


def _sources(part: Path) -> list[Path]:
    whole = HERE / part
    paths = sorted(whole.rglob("*.py")) if whole.is_dir() else [whole]
    return [path.relative_to(HERE) for path in paths]


@cache
def _imports(path: Path) -> frozenset[str]:
    """The modules that a file imports, and what it imports from them, which may be modules."""
    return frozenset(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def copy_tree(folder: Path, part: Path, tests: list[str]) -> None:
    """The tree without what is of no use here, with settings for the one part."""
    shutil.rmtree(folder, ignore_errors=True)
    for room in (*ROOMS, "tests"):
        shutil.copytree(HERE / room, folder / room, ignore=UNTOUCHED)
    settings = (HERE / "pyproject.toml").read_text(encoding="utf-8")
    pattern = f"{part.as_posix()}/*" if (HERE / part).is_dir() else part.as_posix()
    own = {"only_mutate": [pattern], "pytest_add_cli_args_test_selection": tests}
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in own.items())
    settings = settings.replace("[tool.mutmut]\n", f"[tool.mutmut]\n{lines}")
    (folder / "pyproject.toml").write_text(settings, encoding="utf-8")


def survivors(mutmut: list[str], folder: Path) -> list[str]:
    """The mutants that no test killed: they survived, were too slow, or no test came by."""
    results = subprocess.run([*mutmut, "results"], cwd=folder, capture_output=True, text=True, check=True)
    return [line.partition(":")[0].strip() for line in results.stdout.splitlines() if ":" in line]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", type=Path, help="a module or a folder, such as warehouse/store/supersession.py")
    parser.add_argument("--folder", type=Path, default=HERE / "var" / "mutants", help="where the copy goes")
    parser.add_argument("--tests", nargs="*", help="test files; by default those that import the part")
    given = parser.parse_args()
    tests = given.tests or nearest_tests(given.part)
    if not tests:
        parser.error(f"no quick test imports {given.part}; name some with --tests")
    copy_tree(given.folder, given.part, tests)
    say = partial(print, flush=True)
    say(f"{given.part}, by {' '.join(tests)}")
    mutmut = [sys.executable, "-m", "mutmut"]
    # Polars looks at how many threads it may have once; a mutant's tests are small.
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}
    # It redraws a line for each mutant, which is kept for where it fails.
    log = given.folder / "mutmut.log"
    with log.open("wb") as out:
        done = subprocess.run([*mutmut, "run"], cwd=given.folder, env=environment, stdout=out, stderr=out, check=False)
    if done.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        say("\n".join([line for line in lines if line and line[0].isascii()][-LAST:]))
        return done.returncode
    found = survivors(mutmut, given.folder)
    for name in found:
        shown = subprocess.run([*mutmut, "show", name], cwd=given.folder, capture_output=True, text=True, check=True)
        say(f"\n{shown.stdout.strip()}")
    say(f"\n{len(found)} of the mutants live")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
