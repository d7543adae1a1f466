"""Exports: the last snapshot as files of one's own and as a Data Package, read back equal; nothing is published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from frictionless import Package
from typer.testing import CliRunner

from flows.cli.main import app
from tests.builders import BOOK, RECEIVED, TIANZHEN, finance, given, loans, night, send, village
from tests.sharing import Fill
from warehouse.codebook.contract_version import CONTRACT
from warehouse.messages.errors import PermanentError
from warehouse.snapshots.datapackage import descriptor, export_datapackage
from warehouse.snapshots.export import export_flat
from warehouse.snapshots.manifest import File, Manifest, read_manifest, read_manifest_at
from warehouse.store.files import Root

pytestmark = pytest.mark.usefixtures("few_marts")


def two_nights(root: Root, inbox: Path) -> None:
    """Two periods, a correction of a figure, a register, an unreadable file."""
    sent = loans(finance(1000)), loans(finance(7), county=TIANZHEN, period="2018-06")
    send(inbox / "1", *sent, given(TIANZHEN, "2018-06", "relocation_villages", village("1"), village("2")))
    (inbox / "1" / "nothing.xlsx").write_bytes(b"this is no workbook")
    night(root, inbox / "1")
    night(root, send(inbox / "2", loans(finance(1500))).parent, RECEIVED + timedelta(days=1))


@pytest.fixture
def filled(filled_by: Callable[[Fill], Root]) -> Root:
    return filled_by(two_nights)


def published(root: Root) -> Manifest:
    manifest = read_manifest(root)
    assert manifest
    return manifest


def all_bytes(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_flat_export_has_a_file_a_mart_with_its_rows_in_their_order(filled: Root, tmp_path: Path) -> None:
    manifest, before = published(filled), all_bytes(filled.marts)
    done = export_flat(filled, tmp_path / "flat")
    assert {path.name for path in (tmp_path / "flat").iterdir()} == {
        "manifest.json", *(f"{mart}.parquet" for mart in manifest.marts),
    }  # fmt: skip
    assert (done.version, done.marts) == (manifest.version, len(manifest.marts))
    for mart in manifest.marts:
        written = tmp_path / "flat" / f"{mart}.parquet"
        assert pl.read_parquet(written).equals(manifest.scan(filled, mart).collect())
        assert pq.read_schema(written).equals(pq.read_schema(manifest.paths(filled, mart)[0]), check_metadata=True)
    assert len(manifest.paths(filled, "mart_finance")) > 1
    assert all_bytes(filled.marts) == before


def test_its_manifest_names_each_file_with_its_hash(filled: Root, tmp_path: Path) -> None:
    export_flat(filled, tmp_path / "flat")
    named = read_manifest_at(tmp_path / "flat" / "manifest.json")
    assert named
    assert (named.version, named.run, named.contract) == (published(filled).version, "000002", CONTRACT)
    for file in named.files:
        data = (tmp_path / "flat" / file.path).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), pl.read_parquet(data).height) == (file.sha256, file.rows)


def test_who_writes_in_an_export_changes_nothing_that_is_published(filled: Root, tmp_path: Path) -> None:
    before = all_bytes(filled.marts)
    export_flat(filled, tmp_path / "flat")
    for path in (tmp_path / "flat").iterdir():
        path.write_bytes(b"mine")
    assert all_bytes(filled.marts) == before


@pytest.mark.parametrize("export", [export_flat, export_datapackage])
def test_a_folder_with_something_in_it_is_left_alone(filled: Root, tmp_path: Path, export: Callable[..., Any]) -> None:
    mine = tmp_path / "mine" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(PermanentError, match="not an empty folder"):
        export(filled, mine.parent)
    assert [*mine.parent.iterdir()] == [mine]


@pytest.mark.parametrize("export", [export_flat, export_datapackage])
def test_before_anything_is_published_there_is_nothing_to_export(
    root: Root, tmp_path: Path, export: Callable[..., Any]
) -> None:
    with pytest.raises(PermanentError, match="nothing is published yet"):
        export(root, tmp_path / "out")
    assert not (tmp_path / "out").exists()


# --- the Data Package ----------------------------------------------------------------------------------------------


def rows_of(package: Package, mart: str) -> Iterator[dict[str, Any]]:
    """What Frictionless reads, a blank column's NaN as the blank that it is."""
    for row in package.get_resource(mart).read_rows():
        yield {n: None if isinstance(v, Decimal) and v.is_nan() else v for n, v in row.to_dict().items()}


def test_a_data_package_is_valid_and_frictionless_reads_the_marts_from_it(filled: Root, tmp_path: Path) -> None:
    manifest = published(filled)
    export_datapackage(filled, tmp_path / "package", "CC-BY-4.0")
    package = Package(str(tmp_path / "package" / "datapackage.json"))
    report = package.validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "note"])
    assert package.resource_names == manifest.marts
    for mart in manifest.marts:
        wanted = manifest.scan(filled, mart).collect()
        assert pl.read_parquet(tmp_path / "package" / "data" / f"{mart}.parquet").equals(wanted)
        assert list(rows_of(package, mart)) == wanted.rows(named=True), mart


def test_it_says_titles_types_units_keys_version_and_licence(filled: Root, tmp_path: Path) -> None:
    export_datapackage(filled, tmp_path / "package", "CC-BY-4.0")
    said = json.loads((tmp_path / "package" / "datapackage.json").read_text(encoding="utf-8"))
    assert (said["licenses"], said["version"]) == ([{"name": "CC-BY-4.0"}], f"{CONTRACT}.000002")
    resources = {one["name"]: one for one in said["resources"]}
    assert resources["mart_relocation"]["title"] == "易地扶贫搬迁 Relocation of villages"
    fields = {field["name"]: field for field in resources["mart_relocation"]["schema"]["fields"]}
    assert fields["villages_completed"] == {
        "name": "villages_completed", "type": "integer", "title": "完成村数 Villages completed",
        "constraints": {"required": False}, "unit": "village", "description": "单位 unit: 个 village",
    }  # fmt: skip
    assert fields["level"]["constraints"] == {"required": True}
    assert resources["mart_finance"]["schema"]["primaryKey"] == list(BOOK.mart_list["mart_finance"].keys)
    assert "primaryKey" not in resources["mart_changes"]["schema"]  # of a whole return no indicator is named
    of_facts = resources["fact_indicator"]["schema"]["foreignKeys"]
    assert {"fields": ["period"], "reference": {"resource": "dim_period", "fields": ["period"]}} in of_facts


def test_a_foreign_key_is_declared_only_where_every_row_finds_its_line(tmp_path: Path) -> None:
    def keys_with(*datasets: str | None) -> Any:
        rows = {"dataset": datasets, "rule": ["a"] * len(datasets)}
        frame = pl.DataFrame(rows, {"dataset": pl.String, "rule": pl.String})
        forms = pl.DataFrame({"dataset": ["finance"]})
        rule, form = (BOOK.marts[mart] for mart in ("dim_rule", "dim_dataset"))
        book = replace(BOOK, marts={**BOOK.marts, "dim_rule": rule[:2], "dim_dataset": form[:1]})
        files = []
        for mart, one in (("dim_rule", frame), ("dim_dataset", forms)):
            one.write_parquet(tmp_path / f"{mart}.parquet")
            files.append(File(mart=mart, path=f"{mart}.parquet", rows=one.height, sha256=""))
        manifest = Manifest(contract=4, version="000001", run="000001", files=tuple(files))
        return descriptor(book, manifest, files, tmp_path, "")["resources"][0]["schema"].get("foreignKeys")

    held = [{"fields": ["dataset"], "reference": {"resource": "dim_dataset", "fields": ["dataset"]}}]
    assert keys_with("finance", "finance") == held
    assert keys_with("finance", None) == held
    assert keys_with("finance", "odd") is None


def test_the_commands_say_what_was_written_where(filled: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIANBAO_ROOT", str(filled.path))
    for form in ("flat", "datapackage"):
        out = tmp_path / form
        done = CliRunner().invoke(app, ["export", form, "--out", str(out), "--json"])
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout) == {"version": "000002", "out": str(out), "marts": len(published(filled).marts)}
