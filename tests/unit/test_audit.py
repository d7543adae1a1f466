"""What the lock brings: licences are known ones, the bill of materials is whole; asking for advisories is honest."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from email.message import Message
from pathlib import Path

import pytest

from tests import audit
from tests.audit import HOME, LOCK, PROJECT, Package, bill, known_licences, licences, needed, packages, said_licence

PACKAGES = packages(LOCK.read_text(encoding="utf-8"))
LICENCES, WRONG = licences(PACKAGES)
META = tomllib.loads(PROJECT.read_text(encoding="utf-8"))


def test_each_package_of_the_lock_has_its_hashes_and_who_asks_for_it() -> None:
    assert len(PACKAGES) == LOCK.read_text(encoding="utf-8").count("==")
    assert all(one.hashes and one.via for one in PACKAGES)
    assert sum(len(one.hashes) for one in PACKAGES) == LOCK.read_text(encoding="utf-8").count("--hash=sha256:")


def test_the_licence_of_each_package_is_a_known_one() -> None:
    assert WRONG == []


def test_no_licence_is_listed_that_no_package_has() -> None:
    assert set(known_licences().values()) == set(LICENCES.values())


def test_a_licence_that_nobody_listed_is_said() -> None:
    there = next(one for one in PACKAGES if one.name == "polars")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(audit, "known_licences", dict)
        found, (wrong,) = licences([there])
    assert found == {}
    assert "its licence is not in tests/licences.csv: 'MIT License'" in wrong


def test_what_is_not_installed_as_locked_is_said() -> None:
    _, wrong = licences([Package("polars", "0", (), ()), Package("nobody-has-this", "1", (), ())])
    assert [one.split(",")[0].partition(" is ")[0] for one in wrong] == ["polars", "nobody-has-this 1"]


def test_a_whole_licence_as_text_says_nothing() -> None:
    about = Message()
    about["License"] = "Permission is hereby\n granted"
    assert said_licence(about) == ""


def test_what_only_developers_need_is_not_said_to_run() -> None:
    runs = needed(PACKAGES)
    assert {"polars", "prefect", "pydantic-core"} <= runs
    assert {"hypothesis", "ruff", "mypy"}.isdisjoint(runs)


def test_the_bill_of_materials_names_everything_once_and_is_the_same_again() -> None:
    made = bill(PACKAGES, LICENCES, META["project"])
    assert made == bill(packages(LOCK.read_text(encoding="utf-8")), LICENCES, META["project"])
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    refs = [one["bom-ref"] for one in made["components"]]
    assert len(refs) == len(set(refs)) == len(PACKAGES)
    assert all(one["hashes"] and one["licenses"] and one["purl"] == one["bom-ref"] for one in made["components"])
    root = made["metadata"]["component"]["bom-ref"]
    asks = {one["ref"]: one["dependsOn"] for one in made["dependencies"]}
    assert set(asks) == {root, *refs}
    assert {ref for on in asks.values() for ref in on} <= set(refs)
    extras = META["project"]["optional-dependencies"].values()
    asked = [*META["project"]["dependencies"], *(one for extra in extras for one in extra)]
    wanted = {re.split(r"[\[>=]", one)[0].lower() for one in asked}
    assert {ref.removeprefix("pkg:pypi/").partition("@")[0] for ref in asks[root]} == wanted


def test_it_writes_the_bill_and_asks_nobody_where_it_is_told_so(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "tests.audit", "--offline", "--bill", str(tmp_path / "sbom.json")]
    done = subprocess.run(words, cwd=HOME, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads((tmp_path / "sbom.json").read_text(encoding="utf-8"))["components"]) == len(PACKAGES)


@pytest.mark.parametrize(("codes", "found"), [((0, 0), 0), ((0, 1), 1), ((0, 2), 2), ((1, 0), 2)])
def test_a_source_that_cannot_be_reached_is_no_good_news(
    codes: tuple[int, int], found: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(codes)
    monkeypatch.setattr(audit.subprocess, "run", lambda words, **_: subprocess.CompletedProcess(words, next(answers)))
    assert audit.advisories(PACKAGES) == found
