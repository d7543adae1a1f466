"""`make test-quick`: which tests bear on what one is changing."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.quick import changed_files, quick_tests


def test_a_module_brings_the_tests_that_import_it_and_a_test_itself() -> None:
    found = quick_tests([Path("tests/unit/test_words.py"), Path("warehouse/marts/comparison.py")])
    assert found[0] == "tests/unit/test_words.py"
    assert "tests/unit/test_comparison.py" in found
    assert "tests/unit/test_journal.py" not in found


def test_a_file_that_is_no_module_brings_those_of_its_folder() -> None:
    assert "tests/unit/test_broken_definitions.py" in quick_tests([Path("warehouse/codebook/units.csv")])


def test_what_is_elsewhere_brings_none() -> None:
    assert quick_tests([Path("README.md"), Path("tests/flow/test_cli.py"), Path("tests/conftest.py")]) == []


def test_what_differs_or_is_new_is_changed_and_what_is_gone_is_not(tmp_path: Path) -> None:
    def git(*asked: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *asked], cwd=tmp_path, check=True)

    git("init", "-q")
    for name in ("kept.py", "edited.py", "removed.py"):
        (tmp_path / name).write_text("1")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    (tmp_path / "edited.py").write_text("2")
    (tmp_path / "removed.py").unlink()
    (tmp_path / "a new one.py").write_text("3")
    assert changed_files("HEAD", tmp_path) == [Path("edited.py"), Path("a new one.py")]
