"""The bundle for Superset: valid, the same every time, with metrics that carry their filters."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from flows.cli.main import app
from tests.builders import BOOK
from warehouse.marts.bi_county import carried
from warehouse.snapshots.semantic_model import measure_name, semantic_model
from warehouse.snapshots.superset import DATASETS, bundle, identifier, metrics_of
from warehouse.snapshots.superset_charts import CHARTS, TILES

DATABASE = Path("/srv/xianbao/marts/marts.duckdb")
Asset = dict[str, Any]


@pytest.fixture(scope="module")
def files() -> dict[str, Asset]:
    with zipfile.ZipFile(io.BytesIO(bundle(BOOK, DATABASE, "2017-12"))) as packed:
        return {name.removeprefix("xianbao/"): yaml.safe_load(packed.read(name)) for name in packed.namelist()}


def test_the_same_marts_give_the_same_bytes() -> None:
    assert bundle(BOOK, DATABASE, "2017-12") == bundle(BOOK, DATABASE, "2017-12")


def test_identifiers_stay_so_that_who_imports_anew_finds_his_own() -> None:
    assert identifier("dataset", "bi_county") == "7c4eda80-0690-5e3e-b411-ace0e4cee374"
    assert identifier("chart", "bi_county") != identifier("dataset", "bi_county")


def test_every_part_points_at_parts_that_are_there(files: dict[str, Asset]) -> None:
    uuids = {asset["uuid"] for asset in files.values() if "uuid" in asset}
    assert len(uuids) == len(files) - 1
    for asset in files.values():
        assert {asset[key] for key in ("database_uuid", "dataset_uuid") if key in asset} <= uuids
    dashboard = files["dashboards/xianbao.yaml"]
    placed = [part for name, part in dashboard["position"].items() if name.startswith("CHART-")]
    assert {part["meta"]["uuid"] for part in placed} == {identifier("chart", chart.name) for chart in CHARTS}
    (only,) = dashboard["metadata"]["native_filter_configuration"]
    assert only["targets"][0]["datasetUuid"] in uuids
    assert only["defaultDataMask"]["filterState"]["value"] == ["2017-12"]


def test_the_database_is_opened_for_reading_alone(files: dict[str, Asset]) -> None:
    database = files["databases/xianbao.yaml"]
    assert database["sqlalchemy_uri"] == f"duckdb:///{DATABASE}?access_mode=read_only"
    assert not database["allow_dml"]


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_has_the_columns_of_its_mart_and_the_day_as_its_time(files: dict[str, Asset], name: str) -> None:
    dataset = files[f"datasets/xianbao/{name}.yaml"]
    assert [c["column_name"] for c in dataset["columns"]] == [c.column for c in BOOK.marts[name]]
    assert dataset["main_dttm_col"] == "period_end"
    assert [c["column_name"] for c in dataset["columns"] if c["is_dttm"]][-1:] != []


def test_what_a_chart_asks_for_is_in_its_dataset(files: dict[str, Asset]) -> None:
    for chart in CHARTS:
        dataset = files[f"datasets/xianbao/{chart.dataset}.yaml"]
        columns = {column["column_name"] for column in dataset["columns"]}
        metrics = {metric["metric_name"] for metric in dataset["metrics"]}
        assert {*chart.columns, *chart.where} <= columns, chart.name
        assert set(chart.metrics) <= metrics, chart.name
        (query,) = json.loads(files[f"charts/{chart.name}.yaml"]["query_context"])["queries"]
        assert {one["col"]: one["val"] for one in query["filters"]} == dict(chart.where)


def test_every_title_is_in_chinese_and_english() -> None:
    labels = [metric.label for name in DATASETS for metric in metrics_of(BOOK, name)]
    for title in (*(chart.title for chart in CHARTS), *labels, TILES.label):
        assert any("\u4e00" <= sign <= "\u9fff" for sign in title), title
        assert any(sign.isascii() and sign.isalpha() for sign in title), title


def test_a_metric_of_counties_is_of_one_indicator_alone() -> None:
    found = {metric.name: metric.sql for metric in metrics_of(BOOK, "bi_county")}
    assert set(found) == {measure_name(key) for key in carried(BOOK)["indicator_key"]}
    assert all(sql.count("indicator_key = '") == 1 for sql in found.values())


# --- the semantic model --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def documents() -> list[Asset]:
    return list(yaml.safe_load_all(semantic_model(BOOK)))


def measures(documents: list[Asset]) -> dict[str, Asset]:
    models = (document["semantic_model"] for document in documents if "semantic_model" in document)
    return {measure["name"]: measure for model in models for measure in model.get("measures", [])}


def test_a_measure_is_of_one_indicator_and_says_its_unit(documents: list[Asset]) -> None:
    found = measures(documents)
    persons, times = found["training_trained_persons"], found["training_trained_person_times"]
    assert (persons["expr"], persons["agg"]) == (
        "CASE WHEN indicator_key = 'training.trained_persons' THEN value END", "sum",
    )  # fmt: skip
    assert "(人)" in persons["label"]
    assert "(人次)" in times["label"]
    assert set(found) >= {measure_name(key) for key in carried(BOOK)["indicator_key"]}


def test_what_is_as_at_a_day_is_not_additive_over_time(documents: list[Asset]) -> None:
    found = measures(documents)
    assert found["finance_loan_balance_yuan"]["non_additive_dimension"] == {
        "name": "period_end",
        "window_choice": "max",
    }
    assert "non_additive_dimension" not in found["finance_loan_amount_yuan"]


def test_a_ratio_is_recomputed_from_its_parts(documents: list[Asset]) -> None:
    metrics = {document["metric"]["name"]: document["metric"] for document in documents if "metric" in document}
    assert metrics["outcomes_poverty_headcount_ratio"]["type_params"]["expr"] == (
        "100.0 * outcomes_poor_persons_closing / outcomes_rural_population"
    )
    assert len(metrics) == len([d for d in documents if "metric" in d])


def test_the_model_is_written_where_one_says(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["export", "semantic-model", "--out", str(tmp_path / "model.yaml"), "--json"])
    assert said.exit_code == 0, said.output
    assert (tmp_path / "model.yaml").read_text(encoding="utf-8") == semantic_model(BOOK)


def test_a_bundle_of_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIANBAO_ROOT", str(tmp_path / "root"))
    said = CliRunner().invoke(app, ["export", "superset", "--out", str(tmp_path / "bundle.zip")])
    assert said.exit_code != 0
    assert not (tmp_path / "bundle.zip").exists()
