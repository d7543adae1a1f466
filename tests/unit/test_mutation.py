"""`make mutants`: which tests it asks about a part, and that the tree it works in is a copy with settings for it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.mutation import HERE, ROOMS, copy_tree, nearest_tests


@pytest.mark.parametrize(
    ("part", "among"),
    [
        ("tasks/run.py", "tests/unit/test_retries.py"),
        ("warehouse/store/journal.py", "tests/unit/test_journal.py"),
        ("warehouse/marts/comparison.py", "tests/unit/test_comparison.py"),
    ],
)
def test_the_tests_that_import_a_part_are_asked(part: str, among: str) -> None:
    found = nearest_tests(Path(part))
    assert among in found
    assert found == list(dict.fromkeys(found))
    assert all((HERE / path).is_file() for path in found)


def test_those_of_a_folder_are_those_of_all_that_is_in_it() -> None:
    folder = set(nearest_tests(Path("warehouse/store")))
    parts = sorted((HERE / "warehouse/store").glob("*.py"))
    assert folder == {test for part in parts for test in nearest_tests(part.relative_to(HERE))}


def test_a_part_that_no_test_imports_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.mutation.HERE", tmp_path)
    (tmp_path / "tests" / "unit").mkdir(parents=True)
    (tmp_path / "tests" / "unit" / "test_a.py").write_text("import flows.other\nfrom flows import one\n")
    assert nearest_tests(Path("flows/two.py")) == []
    assert nearest_tests(Path("flows/one.py")) == ["tests/unit/test_a.py"]
    assert nearest_tests(Path("flows/other.py")) == ["tests/unit/test_a.py"]


@pytest.mark.parametrize(("part", "pattern"), [("tasks/run.py", "tasks/run.py"), ("tasks", "tasks/*")])
def test_the_copy_has_settings_for_the_part_and_the_tree_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, pattern: str
) -> None:
    tree, folder = tmp_path / "tree", tmp_path / "copy"
    for room in (*ROOMS, "tests"):
        (tree / room).mkdir(parents=True)
        (tree / room / "run.py").write_text(room)
    settings = (HERE / "pyproject.toml").read_text(encoding="utf-8")
    (tree / "pyproject.toml").write_text(settings, encoding="utf-8")
    monkeypatch.setattr("tests.mutation.HERE", tree)
    copy_tree(folder, Path(part), ["tests/unit/test_retries.py"])
    own = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
    assert own["only_mutate"] == [pattern]
    assert own["pytest_add_cli_args_test_selection"] == ["tests/unit/test_retries.py"]
    assert set(own["source_paths"]) == set(ROOMS)
    assert own["process_isolation"] == "forkserver"
    assert {path.name for path in folder.iterdir()} == {*ROOMS, "tests", "pyproject.toml"}
    assert (folder / "tasks" / "run.py").read_text() == "tasks"
    assert "only_mutate" not in (tree / "pyproject.toml").read_text(encoding="utf-8")
