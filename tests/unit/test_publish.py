"""Snapshots: whole or not at all, old ones readable, unchanged files shared, labels in the files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

from tests.builders import BOOK
from warehouse.codebook.contract_version import CONTRACT
from warehouse.codebook.mart_records import MartColumn
from warehouse.maintenance.verify import verify
from warehouse.marts.build_digest import build_digest
from warehouse.marts.partitions import Partition
from warehouse.marts.roll_up import DECIMAL
from warehouse.marts.sources import period_end
from warehouse.messages.errors import CodebookError, StoreError
from warehouse.snapshots import publish as publishing
from warehouse.snapshots.manifest import inputs_path, manifest_path, read_manifest, read_snapshot
from warehouse.snapshots.parquet import to_parquet
from warehouse.snapshots.publish import Plan, publish
from warehouse.snapshots.views import heal
from warehouse.store.files import Root

SCHEMA = {c.column: c.polars for c in BOOK.marts["mart_relocation"]}


def relocation(*lines: tuple[str, str, int]) -> pl.DataFrame:
    """A mart of counties: period, code, planned villages."""
    same = dict.fromkeys(SCHEMA) | {
        "level": "county", "name_zh": "阳高县", "counties_due": 1, "counties_counted": 1, "source": "summary",
        "counties_missing": 0, "counties_quarantined": 0, "complete": True, "partial": False, "held": False,
    }  # fmt: skip
    filled = [same | {"period": p, "code": code, "villages_planned": n} for p, code, n in lines]
    return pl.DataFrame(filled, SCHEMA).with_columns(period_end=period_end())


def rules() -> pl.DataFrame:
    return pl.DataFrame(schema={c.column: c.polars for c in BOOK.marts["dim_rule"]})


def frames(*lines: tuple[str, str, int]) -> dict[Partition, pl.DataFrame]:
    by_period = relocation(*lines).partition_by("period", as_dict=True)
    split = {Partition("mart_relocation", str(period), split=True): rows for (period,), rows in by_period.items()}
    return {Partition("dim_rule"): rules(), **split}


def built(*lines: tuple[str, str, int], run: str = "000001", of: str = "") -> Plan:
    """A snapshot of two marts; each part is made of its rows, or of `of`."""
    parts = frames(*lines)
    inputs = {part: of or str(rows.rows()) for part, rows in parts.items()}
    return Plan(run, inputs, lambda wanted: ((part, parts[part]) for part in wanted))


FIRST = (("2017-11", "140221", 5), ("2017-12", "140221", 6))
SECOND = (("2017-11", "140221", 5), ("2017-12", "140221", 7))


def planned(root: Root) -> list[int]:
    manifest = read_manifest(root)
    assert manifest
    return manifest.scan(root, "mart_relocation").collect()["villages_planned"].to_list()


def by_duckdb(root: Root) -> tuple[str, list[int]]:
    """Version and values in one transaction, as a reader would."""
    with duckdb.connect(str(root.marts / "marts.duckdb"), read_only=True) as database:
        (version,) = database.execute("SELECT version FROM snapshot").fetchone() or ("",)
        values = database.execute("SELECT villages_planned FROM mart_relocation ORDER BY period").fetchall()
    return version, [value for (value,) in values]


def test_a_snapshot_says_what_it_consists_of(root: Root) -> None:
    manifest = publish(root, built(*FIRST), BOOK)
    assert (manifest.version, manifest.run, manifest.contract) == ("000001", "000001", CONTRACT)
    assert read_manifest(root) == manifest
    assert [(f.path, f.rows) for f in manifest.files] == [
        ("v=000001/dim_rule/part-0.parquet", 0),
        ("v=000001/mart_relocation/period=2017-11/part-0.parquet", 1),
        ("v=000001/mart_relocation/period=2017-12/part-0.parquet", 1),
    ]
    assert planned(root) == [5, 6]
    assert (root.marts / "current").readlink() == Path("v=000001")


def test_duckdb_has_a_view_of_every_mart_with_its_labels(root: Root) -> None:
    publish(root, built(*FIRST), BOOK)
    assert by_duckdb(root) == ("000001", [5, 6])
    with duckdb.connect(str(root.marts / "marts.duckdb"), read_only=True) as database:
        assert database.execute("SELECT count(*) FROM dim_rule").fetchone() == (0,)
        query = (
            "SELECT comment FROM duckdb_columns() WHERE table_name = 'mart_relocation' AND column_name = 'started_rate'"
        )
        (comment,) = database.execute(query).fetchone() or ("",)
        query = "SELECT comment FROM duckdb_views() WHERE view_name = 'mart_relocation'"
        about = "易地扶贫搬迁 / Relocation of villages / 每行 one row per period x level x code x source"
        assert database.execute(query).fetchone() == (about,)
    (column,) = [c for c in BOOK.marts["mart_relocation"] if c.column == "started_rate"]
    assert column.label_zh in comment
    assert column.label_en in comment


def test_an_older_duckdb_can_open_the_views(root: Root) -> None:
    publish(root, built(*FIRST), BOOK)
    header = (root.marts / "marts.duckdb").read_bytes()[:20]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:], "little") == 64, "the storage version that every DuckDB since 1.0 reads"


def test_an_unchanged_file_is_a_hard_link_and_a_changed_one_is_not(root: Root) -> None:
    first = publish(root, built(*FIRST), BOOK).paths(root, "mart_relocation")
    second = publish(root, built(*SECOND), BOOK).paths(root, "mart_relocation")
    assert [a.samefile(b) for a, b in zip(first, second, strict=True)] == [True, False]
    assert [pl.read_parquet(p)["villages_planned"].item() for p in (*first, *second)] == [5, 6, 5, 7]


def watched(plan: Plan, asked: list[Partition]) -> Plan:
    """The plan, noting which parts are asked for."""

    def build(wanted: Iterable[Partition]) -> Iterable[tuple[Partition, pl.DataFrame]]:
        own = list(wanted)
        asked.extend(own)
        return plan.build(own)

    return replace(plan, build=build)


def test_what_is_made_of_the_same_is_not_built_again(root: Root) -> None:
    asked: list[Partition] = []
    publish(root, built(*FIRST), BOOK)
    manifest = publish(root, watched(built(*SECOND), asked), BOOK)
    assert asked == [Partition("mart_relocation", "2017-12", split=True)]
    assert planned(root) == [5, 7]
    assert [file.rows for file in manifest.files] == [0, 1, 1]


def test_a_part_without_rows_is_no_file_and_is_remembered(root: Root) -> None:
    parts = frames(*FIRST) | {Partition("mart_relocation", "2017-10", split=True): relocation()}
    plan = Plan("000001", dict.fromkeys(parts, "the same"), lambda wanted: ((part, parts[part]) for part in wanted))
    asked: list[Partition] = []
    first, second = (publish(root, watched(plan, asked), BOOK) for _ in range(2))
    assert asked == list(parts)
    assert len(first.files) == len(second.files) == 3
    assert planned(root) == [5, 6]


def test_a_mart_of_no_rows_at_all_has_a_file_for_its_columns(root: Root) -> None:
    parts = {Partition("mart_relocation", period, split=True): relocation() for period in ("2017-11", "2017-12")}
    for _ in range(2):
        plan = Plan("000001", dict.fromkeys(parts, ""), lambda wanted: ((part, parts[part]) for part in wanted))
        manifest = publish(root, plan, BOOK)
        assert [(f.path.split("/", 1)[1], f.rows) for f in manifest.files] == [("mart_relocation/part-0.parquet", 0)]
    assert planned(root) == []


def test_a_file_of_the_last_snapshot_that_is_gone_is_built_again(root: Root) -> None:
    first = publish(root, built(*FIRST, of="the same"), BOOK)
    first.paths(root, "mart_relocation")[0].unlink()
    publish(root, built(*FIRST, of="the same"), BOOK)
    assert planned(root) == [5, 6]


def test_without_word_of_what_parts_are_made_of_all_are_built(root: Root) -> None:
    publish(root, built(*FIRST, of="the same"), BOOK)
    inputs_path(root, "000001").write_text("{")
    publish(root, built(*SECOND, of="the same"), BOOK)
    assert planned(root) == [5, 7]


def test_each_snapshot_keeps_its_own_manifest(root: Root) -> None:
    first = publish(root, built(*FIRST), BOOK)
    second = publish(root, built(*SECOND, run="000002"), BOOK)
    assert [read_snapshot(root, version) for version in ("000001", "000002", "000003")] == [first, second, None]
    assert (second.run, second.program) == ("000002", build_digest())


def test_the_data_dictionary_lies_in_the_snapshot(root: Root) -> None:
    manifest = publish(root, built(*FIRST), BOOK)
    assert sorted(manifest.documents) == [
        f"v=000001/{name}" for name in ("dictionary.csv", "dictionary.html", "indicators.csv", "made_of.json")
    ]
    for path, sha256 in manifest.documents.items():
        assert hashlib.sha256((root.marts / path).read_bytes()).hexdigest() == sha256
    table = pl.read_csv(root.marts / "v=000001/dictionary.csv")
    assert table.height == sum(len(columns) for columns in BOOK.marts.values())
    (root.marts / "v=000001/dictionary.html").write_bytes(b"other")
    assert [fault.path for fault in verify(root).faults if "dictionary" in fault.path] == [
        "marts/v=000001/dictionary.html"
    ]


def crash(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_crash_before_the_manifest_leaves_the_old_snapshot(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(root, built(*FIRST), BOOK)
    with monkeypatch.context() as patched:
        patched.setattr(publishing, "write_durably", crash)
        with pytest.raises(KeyboardInterrupt):
            publish(root, built(*SECOND), BOOK)
    assert (root.marts / "v=000002").exists()
    assert planned(root) == [5, 6]
    assert by_duckdb(root) == ("000001", [5, 6])
    assert publish(root, built(*SECOND), BOOK).version == "000002"
    assert planned(root) == [5, 7]
    assert by_duckdb(root) == ("000002", [5, 7])


def test_a_crash_among_the_files_is_swept_away_by_the_next_attempt(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(publishing.os, "fsync", crash)
        with pytest.raises(KeyboardInterrupt):
            publish(root, built(*FIRST), BOOK)
    assert read_manifest(root) is None
    publish(root, built(*FIRST), BOOK)
    assert planned(root) == [5, 6]


def test_what_a_crash_left_behind_the_manifest_is_healed(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(root, built(*FIRST), BOOK)
    with monkeypatch.context() as patched:
        patched.setattr(publishing, "heal", crash)
        with pytest.raises(KeyboardInterrupt):
            publish(root, built(*SECOND), BOOK)
    assert planned(root) == [5, 7]
    assert by_duckdb(root)[0] == "000001"
    (root.marts / ".current").symlink_to("v=000001")
    (root.marts / ".marts.duckdb").write_bytes(b"half")
    heal(root, BOOK)
    assert by_duckdb(root) == ("000002", [5, 7])
    assert (root.marts / "current").readlink() == Path("v=000002")


def test_healing_before_the_first_snapshot_does_nothing(root: Root) -> None:
    heal(root, BOOK)
    assert not root.marts.exists()


def test_a_root_that_was_moved_is_healed(root: Root, tmp_path: Path) -> None:
    publish(root, built(*FIRST), BOOK)
    moved = Root(root.path.rename(tmp_path / "it's elsewhere"))
    heal(moved, BOOK)
    assert by_duckdb(moved) == ("000001", [5, 6])


def test_readers_see_one_snapshot_or_the_other_while_it_is_replaced(root: Root) -> None:
    publish(root, built(*FIRST), BOOK)
    done, torn, reads = Event(), [], []

    def read() -> None:
        while not done.is_set() or len(reads) < 5:
            version, values = by_duckdb(root)
            odd = int(version) % 2 == 1
            reads.append(version)
            if values != ([5, 6] if odd else [5, 7]) or planned(root) not in ([5, 6], [5, 7]):
                torn.append((version, values))

    reader = Thread(target=read)
    reader.start()
    for number in range(2, 14):
        publish(root, built(*(FIRST if number % 2 else SECOND)), BOOK)
    done.set()
    reader.join()
    assert torn == []
    assert len(set(reads)) > 1


def test_an_old_snapshot_stays_readable_after_the_next(root: Root) -> None:
    first = publish(root, built(*FIRST), BOOK)
    publish(root, built(*SECOND), BOOK)
    assert first.scan(root, "mart_relocation").collect()["villages_planned"].to_list() == [5, 6]


@pytest.mark.parametrize("text", ["", "{", json.dumps({"version": "1"})])
def test_a_damaged_manifest_is_an_error_that_names_it(root: Root, text: str) -> None:
    root.marts.mkdir(parents=True)
    manifest_path(root).write_text(text)
    with pytest.raises(StoreError, match=r"manifest\.json"):
        read_manifest(root)


# --- the files -----------------------------------------------------------------------------------------------------


def test_labels_and_units_travel_in_the_parquet_metadata(root: Root) -> None:
    manifest = publish(root, built(*FIRST), BOOK)
    for path in (p for mart in manifest.marts for p in manifest.paths(root, mart)):
        mart = path.relative_to(root.marts.absolute()).parts[1]
        fields = {f.name: f.metadata for f in pq.read_schema(path)}
        assert list(fields) == [c.column for c in BOOK.marts[mart]]
        for column in BOOK.marts[mart]:
            said = {key.decode(): value.decode() for key, value in fields[column.column].items()}
            wanted = {"label_zh": column.label_zh, "label_en": column.label_en, "unit": column.unit}
            assert said.items() >= wanted.items()


def test_what_is_never_null_says_so_in_its_field(root: Root) -> None:
    manifest = publish(root, built(*FIRST), BOOK)
    for mart in manifest.marts:
        for path in manifest.paths(root, mart):
            fields = {f.name: f.nullable for f in pq.read_schema(path)}
            assert fields == {c.column: c.null for c in BOOK.marts[mart]}
    assert fields == dict.fromkeys(fields, True) | dict.fromkeys(
        (c.column for c in BOOK.marts[mart] if not c.null), False
    )


@pytest.mark.parametrize("column", [c for c in BOOK.marts["mart_relocation"] if not c.null], ids=lambda c: c.column)
def test_a_null_where_there_is_none_is_an_error_that_names_mart_and_column(column: MartColumn) -> None:
    first, _ = relocation(*FIRST).with_row_index().partition_by("index", include_key=False)
    blank = first.with_columns(pl.lit(None, column.polars).alias(column.column))
    wrong = rf"marts\.csv, mart_relocation\.{column.column}: is never null, the mart gives 1 of 2 rows"
    with pytest.raises(CodebookError, match=wrong):
        to_parquet(pl.concat([first, blank]), BOOK.marts["mart_relocation"])


def test_a_null_is_refused_before_anything_is_published(root: Root) -> None:
    publish(root, built(*FIRST), BOOK)
    one = Partition("mart_relocation", "2017-12", split=True)
    rows = relocation(*SECOND).with_columns(code=pl.lit(None, pl.String))
    with pytest.raises(CodebookError, match=r"mart_relocation\.code"):
        publish(root, Plan("000002", {one: "other"}, lambda _: [(one, rows)]), BOOK)
    assert by_duckdb(root) == ("000001", [5, 6])


def test_the_same_rows_are_the_same_bytes() -> None:
    columns = BOOK.marts["mart_relocation"]
    assert to_parquet(relocation(*FIRST), columns) == to_parquet(relocation(*FIRST), columns)
    assert to_parquet(relocation(*FIRST), columns) != to_parquet(relocation(*SECOND), columns)


def test_decimals_are_exact_in_the_file(root: Root) -> None:
    frame = relocation(*FIRST).with_columns(started_rate=pl.lit("33.333333").cast(DECIMAL))
    one = Partition("mart_relocation", "2017-11", split=True)
    plan = Plan("000001", {one: ""}, lambda _: [(one, frame)])
    path = publish(root, plan, BOOK).paths(root, "mart_relocation")[0]
    assert str(pq.read_table(path)["started_rate"][0].as_py()) == "33.333333"
