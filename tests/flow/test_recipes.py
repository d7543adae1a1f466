"""The recipes of docs/how-to/read-the-marts.md, run as they stand there, on a published province."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from markdown_it import MarkdownIt

from tests.builders import url
from tests.flow.conftest import Province
from warehouse.codebook import load
from warehouse.marts.partitions import Partition, partitions_of
from warehouse.snapshots import publish
from warehouse.snapshots.as_of import write_as_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "how-to" / "read-the-marts.md"
# The root that the document speaks of.
ROOT = "/srv/xianbao"
VILLAGES = {"villages_planned": 3350, "villages_started": 2487, "villages_completed": 884, "villages_demolished": 381}


@dataclass(frozen=True)
class Recipe:
    """A block of the document: the heading that it stands under, its language, its text."""

    heading: str
    language: str
    text: str

    def at(self, province: Province) -> str:
        """The text with the province's root in place of the document's."""
        return self.text.replace(ROOT, str(province.root.path))


def recipes(document: str) -> list[Recipe]:
    """Every fenced block, in lists too."""
    heading, found = "", []
    tokens = MarkdownIt().parse(document)
    for before, token in zip([None, *tokens], tokens, strict=False):
        if before is not None and before.type == "heading_open":
            heading = token.content
        if token.type == "fence":
            found.append(Recipe(heading, token.info, token.content))
    return found


ALL = recipes(DOCUMENT.read_text(encoding="utf-8"))
CHARTS = [one for one in recipes(DOCUMENT.with_name("bi.md").read_text(encoding="utf-8")) if one.language == "sql"]
PYTHON = [definition for definition in ALL if definition.language == "python"]
SQL = [definition for definition in ALL if definition.language == "sql"]
(BARE,) = [definition for definition in PYTHON if definition.heading == "Where xianbao is not installed"]
FRAMES = [definition for definition in PYTHON if definition is not BARE]


@pytest.fixture(scope="module")
def then(province: Province, tmp_path_factory: pytest.TempPathFactory) -> Province:
    """An as-of folder of the province, with those marts that the document speaks of: where a root has its own."""
    folder = tmp_path_factory.mktemp("then")
    named = set(re.findall(r"(?:dim|fact|mart)_\w+", "".join(definition.text for definition in ALL)))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(publish, "partitions_of", lambda known: _of_marts(partitions_of(known), named))
        write_as_of(province.root, url(province.root), datetime(2100, 1, 1, tzinfo=UTC), folder / "root" / "marts")
    (folder / "root" / "reports").mkdir()
    return Province(folder, province.night)


def _of_marts(parts: Mapping[Partition, str], named: set[str]) -> dict[Partition, str]:
    return {part: of for part, of in parts.items() if part.mart in named}


def run(definition: Recipe, province: Province) -> dict[str, Any]:
    """The names that a block in Python leaves."""
    names: dict[str, Any] = {}
    exec(compile(definition.at(province), definition.heading, "exec"), names)
    return names


def ask(definition: Recipe, province: Province) -> pl.DataFrame:
    """The answer to a block in SQL: in the views, or by itself where it goes by the manifest."""
    database = ":memory:" if "manifest.json" in definition.text else str(province.root.marts / "marts.duckdb")
    with duckdb.connect(database, read_only=database != ":memory:") as connection:
        answer = connection.execute(definition.at(province))
        columns = [name for name, *_ in answer.description or []]
        return pl.DataFrame(answer.fetchall(), columns, orient="row")


def polars(frame: Any) -> pl.DataFrame:
    table = pa.Table.from_pandas(frame, preserve_index=False) if isinstance(frame, pd.DataFrame) else frame
    found = table if isinstance(table, pl.DataFrame) else pl.from_arrow(table)
    assert isinstance(found, pl.DataFrame)
    return found


def relocation(province: Province) -> pl.DataFrame:
    return province.manifest.scan(province.root, "mart_relocation").collect()


def test_every_reader_that_can_run_here_has_a_recipe() -> None:
    assert {definition.heading for definition in FRAMES} == {"DuckDB", "Polars", "pyarrow", "pandas"}
    assert {definition.heading for definition in SQL} == {
        "DuckDB",
        "Excel",
        "What is complete",
        "The marts of the programmes",
    }
    assert all(ROOT in definition.text for definition in PYTHON)


@pytest.mark.parametrize("heading", ["Power BI", "Excel"])
def test_what_cannot_run_here_says_so(heading: str) -> None:
    section = DOCUMENT.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    assert "not run here" in " ".join(section.split()).lower()
    assert any(definition.heading == heading and not definition.language for definition in ALL)


@pytest.mark.parametrize("definition", FRAMES, ids=lambda definition: definition.heading)
def test_a_recipe_in_python_finds_the_province(province: Province, definition: Recipe) -> None:
    found = polars(run(definition, province)["province"])
    assert found.select(VILLAGES.keys()).row(0, named=True) == VILLAGES
    wanted = relocation(province).filter(period="2017-12", level="province", source="summary")
    assert found.rows() == wanted.rows()
    assert found.columns == wanted.columns


def test_pandas_keeps_whole_numbers_and_decimals_where_there_are_blanks(province: Province) -> None:
    (definition,) = [definition for definition in FRAMES if definition.heading == "pandas"]
    marts = polars(run(definition, province)["marts"])
    assert marts.rows() == relocation(province).rows()
    assert marts.schema["villages_planned"] == pl.Int64
    assert marts.schema["completed_rate"] == pl.Decimal(38, 6)
    assert marts["completed_rate"].null_count() > 0


def test_pyarrow_finds_the_labels(province: Province) -> None:
    (definition,) = [definition for definition in FRAMES if definition.heading == "pyarrow"]
    assert run(definition, province)["labels"]["villages_completed"] == "完成村数"


def test_the_bare_reader_needs_python_alone_and_finds_the_files(province: Province) -> None:
    said = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"{BARE.at(province)}\nprint(json.dumps(files))"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert [Path(file) for file in json.loads(said)] == province.manifest.paths(province.root, "mart_relocation")


def test_what_the_document_says_to_do_with_the_files_reads_them_all(province: Province) -> None:
    files = run(BARE, province)["files"]
    listed = ", ".join(f"'{file}'" for file in files)
    wanted = relocation(province)
    assert pl.scan_parquet(files, hive_partitioning=False).collect().equals(wanted)
    assert polars(ds.dataset(files, format="parquet").to_table()).equals(wanted)
    pandas = pd.concat(pd.read_parquet(file, partitioning=None) for file in files)
    assert (len(pandas), list(pandas.columns)) == (wanted.height, wanted.columns)
    with duckdb.connect() as connection:
        assert connection.sql(f"SELECT * FROM read_parquet([{listed}], hive_partitioning = false)").pl().equals(wanted)


@pytest.mark.parametrize("definition", SQL, ids=lambda definition: f"{definition.heading}: {definition.text[:30]}")
def test_a_recipe_in_sql_has_an_answer(province: Province, definition: Recipe) -> None:
    assert ask(definition, province).height > 0


@pytest.mark.parametrize("definition", CHARTS, ids=lambda definition: definition.text[:60])
def test_a_recipe_for_charts_gives_the_figure_that_stands_beside_it(province: Province, definition: Recipe) -> None:
    found = ask(definition, province)
    assert found.height > 0
    if said := re.search(r"-- (?:2017: )?([\d,.]+)", definition.text):
        assert float(said[1].replace(",", "")) in [float(row[-1]) for row in found.rows()]


@pytest.mark.parametrize("definition", FRAMES, ids=lambda definition: definition.heading)
def test_a_recipe_in_python_works_on_an_as_of_folder(then: Province, definition: Recipe) -> None:
    found = polars(run(definition, then)["province"])
    assert found.select(VILLAGES.keys()).row(0, named=True) == VILLAGES


@pytest.mark.parametrize("definition", SQL, ids=lambda definition: f"{definition.heading}: {definition.text[:30]}")
def test_a_recipe_in_sql_works_on_an_as_of_folder(then: Province, definition: Recipe) -> None:
    assert ask(definition, then).height > 0


def test_the_bare_reader_finds_the_files_of_an_as_of_folder(then: Province, province: Province) -> None:
    wanted = relocation(province)
    assert pl.scan_parquet(run(BARE, then)["files"], hive_partitioning=False).collect().equals(wanted)


def test_the_columns_are_described_in_their_order(province: Province) -> None:
    (definition,) = [definition for definition in SQL if "duckdb_columns()" in definition.text]
    found = ask(definition, province)
    assert found["column_name"].to_list() == relocation(province).columns
    assert found.filter(column_name="villages_completed")["comment"].item() == "完成村数 / Villages completed / village"


def test_by_the_manifest_the_villages_are_the_same(province: Province) -> None:
    (definition,) = [definition for definition in SQL if "manifest.json" in definition.text]
    assert ask(definition, province)["villages_completed"].to_list() == [VILLAGES["villages_completed"]]


def test_the_file_for_excel_has_the_rows_of_its_period(province: Province) -> None:
    (definition,) = [definition for definition in SQL if definition.heading == "Excel"]
    ask(definition, province)
    written = pl.read_csv(province.root.reports / "relocation-2017-12.csv", infer_schema=False)
    wanted = relocation(province).filter(period="2017-12")
    assert (written.height, written.columns) == (wanted.height, wanted.columns)
    assert sorted(written["code"]) == sorted(wanted["code"])


def test_of_a_province_that_sent_all_every_form_is_complete(province: Province) -> None:
    (definition,) = [definition for definition in SQL if "mart_completeness" in definition.text]
    found = ask(definition, province)
    assert found.height == sum(dataset.due("2017-12") for dataset in load().datasets.values())
    assert (found["accepted"] == found["due"]).all()
    assert found.select("quarantined", "missing").sum().row(0) == (0, 0)
