"""Each how-to page that adds something, followed to the letter on a copy of the tree: all hold, and together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from tests.additions.conftest import Tree, commands_of, say
from tests.additions.pages import Page, Step
from warehouse.codebook import load
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.formats.read import read_tables
from warehouse.snapshots.manifest import read_manifest
from warehouse.store.files import Root

PERIOD, YANGGAO = "2017-12", "140221"
COUNTIES = len(load().in_force(PERIOD))
WATER = ("rural_households", "supplied_households", "supplied_share", "water_funds_paid_yuan")
INBOX = Path("var", "demo", "inbox")
FORM, LINES = "金融扶贫", INBOX / f"金融扶贫_{YANGGAO}_{PERIOD}.jsonl"
# What both files say of one form, without the places at which it stands there.
BOTH = """
import sys
from pathlib import Path
from tests.builders import read_files
book, lines = (read_files(Path(path)).rows["finance"].drop("receipt", "submission", "sheet") for path in {!r})
print(book.height, book.equals(lines))
"""


@pytest.fixture(scope="session")
def sent() -> Callable[[Path], None]:
    """Lays out the inbox of the copy's demo: a period of the province, and a county's form again in the new format."""

    def send(tree: Path) -> None:
        sample = say(tree, ".venv/bin/xianbao", "sample", "--out", str(INBOX), "--seed", "2017", "--period", PERIOD)
        assert sample.returncode == 0, sample.stderr
        (form,) = [table for table in read_tables(book_of(tree), Limits()) if table.sheet == FORM]
        header, *rows = form.rows
        objects = (dict(zip(header, row, strict=True)) for row in rows)
        lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects)
        (tree / LINES).write_text(lines, encoding="utf-8")

    return send


def book_of(tree: Path) -> Path:
    """The county's workbook in the demo's inbox."""
    (book,) = (tree / INBOX).rglob(f"{YANGGAO}_*.xlsx")
    return book


def published(tree: Tree, mart: str) -> pl.DataFrame:
    root = Root(tree.path / "var" / "demo")
    manifest = read_manifest(root)
    assert manifest is not None
    return manifest.scan(root, mart).collect()


def text_of(tree: Tree, *path: str) -> str:
    return tree.path.joinpath(*path).read_text(encoding="utf-8")


def contract(tree: Tree) -> dict[str, Any]:
    """The marts of the newest contract with readers."""
    newest = max((tree.path / "docs" / "reference" / "contract").glob("v*.json"))
    marts: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))["marts"]
    return marts


# --- the pages ----------------------------------------------------------------------------------------------------


def test_a_page_says_what_to_write_and_what_to_run(pages: list[Page]) -> None:
    for page in pages:
        assert page.steps, page.name
        assert "make lint" in page.commands, page.name
        assert any(command.startswith(".venv/bin/python -m pytest ") for command in page.commands), page.name
    assert commands_of(pages).count("make demo") == 1


def test_every_command_of_the_pages_ends_well(tree: Tree) -> None:
    failed = {c: done.stdout + done.stderr for c, done in tree.said.items() if done.returncode}
    assert not failed, "\n\n".join(f"$ {command}\n{text}" for command, text in failed.items())


def test_what_ran_was_the_copy(tree: Tree) -> None:
    assert tree.ask("import flows, warehouse; print(flows.__file__, warehouse.__file__)").split() == [
        str(tree.path / room / "__init__.py") for room in ("flows", "warehouse")
    ]


@pytest.mark.parametrize(
    ("says", "wrong"),
    [
        ("Create `README.md`:", "is there already"),
        ("In `README.md`, add below `no such line`:", "stands in 0 lines"),
        ("In `README.md`, add above `a`:", "not in one"),
        ("It is as simple as this:", "says neither"),
    ],
)
def test_a_step_that_cannot_be_followed_is_refused(tmp_path: Path, says: str, wrong: str) -> None:
    (tmp_path / "README.md").write_text("a\nab\n")
    with pytest.raises(AssertionError, match=wrong):
        Step("page", says, "text\n").apply(tmp_path)


def test_a_step_stands_where_the_page_says(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1\n4\n")
    steps = {
        "In `a`, add:": "5\n",
        "In `a`, add above `4`:": "3\n",
        "In `a`, add below `1`:": "2\n",
        "Create `b`:": "6\n",
    }
    for says, text in steps.items():
        Step("page", says, text).apply(tmp_path)
    assert (tmp_path / "a").read_text() == "1\n2\n3\n4\n5\n"
    assert (tmp_path / "b").read_text() == "6\n"


# --- what they add ------------------------------------------------------------------------------------------------


def test_the_new_indicator_has_figures_in_the_facts_and_in_its_mart(tree: Tree) -> None:
    facts = published(tree, "fact_indicator").filter(dataset="health", indicator="medical_aid_paid_yuan")
    assert 0 < facts["county_code"].n_unique() <= COUNTIES
    mart = published(tree, "mart_health").filter(indicator="medical_aid_paid_yuan", level="province")
    assert mart["value"].to_list() == [facts["value"].sum()]
    assert mart["value"].item() > 0


def test_the_new_dataset_brings_its_facts_its_mart_its_sheet_and_its_lines_in_the_dictionary(tree: Tree) -> None:
    facts = published(tree, "fact_indicator").filter(dataset="water")
    assert sorted(facts["indicator"].unique()) == sorted(WATER)
    assert facts["county_code"].n_unique() == COUNTIES
    mart = published(tree, "mart_water").filter(level="county")
    assert sorted(mart["indicator"].unique()) == sorted(WATER)
    summed = facts.filter(indicator="supplied_households")["value"].sum()
    whole = published(tree, "mart_water").filter(level="province", indicator="supplied_households")
    assert whole["value"].to_list() == [summed]
    dictionary = text_of(tree, "docs", "reference", "data-dictionary.md")
    assert all(f"| {column} |" in dictionary for column in WATER)
    assert "mart_water" in dictionary
    assert "mart_water" in contract(tree)
    assert "饮水安全" in CalamineWorkbook.from_path(tree.path / "var" / "water.xlsx").sheet_names


def test_the_new_rule_is_listed_and_was_applied(tree: Tree) -> None:
    assert "training_funds_within_plan" in tree.said[".venv/bin/xianbao rules --dataset training"].stdout
    (rule,) = published(tree, "dim_rule").filter(rule="training_funds_within_plan").rows(named=True)
    assert (rule["dataset"], rule["severity"]) == ("training", "warning")


def test_the_new_mart_is_published_and_in_the_dictionary_and_the_contract(tree: Tree) -> None:
    mart = published(tree, "mart_timeliness").filter(period=PERIOD)
    assert mart.height == 11
    assert (mart["on_time"] <= mart["due"]).all()
    assert mart["due"].sum() == published(tree, "mart_completeness").filter(pl.col("due"), period=PERIOD).height
    assert "| on_time_rate | decimal |" in text_of(tree, "docs", "reference", "data-dictionary.md")
    assert "mart_timeliness" in contract(tree)


def test_the_new_command_answers(tree: Tree) -> None:
    shown = tree.said[".venv/bin/xianbao formats"].stdout
    assert ".xlsx" in shown
    assert ".jsonl" in shown


def test_a_file_of_the_new_format_is_read_to_the_same_rows_and_taken_in(tree: Tree) -> None:
    files = [str(book_of(tree.path)), str(tree.path / LINES)]
    assert tree.ask(BOTH.format(files)).split() == ["1", "True"]
    submission = hashlib.sha256((tree.path / LINES).read_bytes()).hexdigest()
    facts = published(tree, "fact_indicator").filter(dataset="finance", county_code=YANGGAO, period=PERIOD)
    assert facts["submission"].unique().to_list() == [submission]
