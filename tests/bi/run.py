"""`make bi`: the semantic model and the bundle of a published root, given to the tools that they are made for.

The model is validated; a Superset of its own imports the bundle; every chart, and every metric that the scorecard has a
figure of, is asked through Superset and held against the scorecard. Where there is a Chromium, the dashboard is drawn.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.bi.superset_api import ADDRESS, Superset, charts, datasets, rows
from warehouse.codebook import Figure, load
from warehouse.codebook.display import display_unit
from warehouse.published import Root, read_manifest
from warehouse.snapshots.semantic_model import measure_name
from warehouse.snapshots.superset import write_bundle, write_semantic_model
from warehouse.snapshots.superset_charts import CHARTS

PERIOD = "2017-12"
# The headlines of the dashboard: the figure of the scorecard that each is, and its display unit.
HEADLINES = {
    "villages_completed": ("relocation_villages_completed", 1),
    "loans": ("microcredit_amount", 100_000_000),
    "exited": ("persons_exited", 10_000),
    "headcount": ("poverty_headcount_ratio", 1),
}
Found = tuple[str, float | None, float | None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("venv", type=Path)
    parser.add_argument("root", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    out: Path = given.out.absolute()
    shutil.rmtree(out, ignore_errors=True)
    (out / "model").mkdir(parents=True)
    write_semantic_model(out / "model" / "semantic_model.yaml")
    validator = [str(given.venv / "bin" / "python"), "-m", "tests.bi.validate", str(out / "model")]
    subprocess.run(validator, check=True)
    write_bundle(Root(given.root), out / "superset.zip", PERIOD)
    superset = Superset(given.venv.absolute(), out / "superset")
    superset.set_up(out / "superset.zip")
    with superset.running() as client:
        found = [*_charts(client, _scorecard(given.root)), *_metrics(client, _scorecard(given.root))]
        _draw(out / "dashboard.png")
    for name, value, wanted in found:
        sys.stdout.write(f"{name}: {value}{'' if value == wanted else f', the scorecard has {wanted}'}\n")
    wrong = [name for name, value, wanted in found if value != wanted]
    sys.stdout.write(f"{len(found)} asked through Superset, {len(wrong)} differ\n")
    sys.exit(1 if wrong else 0)


def _scorecard(root: Path) -> dict[str, float]:
    manifest = read_manifest(Root(root))
    if manifest is None:
        sys.exit(f"nothing is published in {root}; say make demo")
    found = manifest.scan(Root(root), "mart_scorecard").select("figure", "value").collect()
    return {figure: float(value) for figure, value in found.iter_rows() if value is not None}


def _charts(client: httpx.Client, scorecard: dict[str, float]) -> Iterator[Found]:
    """Each chart as the dashboard asks: it has rows, and a headline is its figure."""
    queries = charts(client)
    for chart in CHARTS:
        of_period = () if chart.of_all_periods else ({"col": "period", "op": "IN", "val": [PERIOD]},)
        answer = rows(client, queries[chart.title], *of_period)
        if chart.name in HEADLINES:
            figure, factor = HEADLINES[chart.name]
            yield f"chart {chart.name}", float(answer[0][chart.metrics[0]]), round(scorecard[figure] / factor, 6)
        elif not answer:
            yield f"chart {chart.name}, rows", None, 1.0


def _metrics(client: httpx.Client, scorecard: dict[str, float]) -> Iterator[Found]:
    """Each metric of counties that is a figure of the province, over the time that a person would pick."""
    table = {"id": datasets(client)["bi_county"], "type": "table"}
    for figure in load().figures:
        if figure.aggregate == "sum" and not figure.where and figure.scope == "province":
            metric = measure_name(f"{figure.dataset}.{figure.column}")
            asked = {"metrics": [metric], "columns": [], "filters": list(_time(figure))}
            query = {"datasource": table, "queries": [asked], "result_format": "json", "result_type": "full"}
            value = rows(client, query)[0][metric]
            yield f"metric {metric}", round(value * _factor(figure), 2), scorecard[figure.figure]


def _time(figure: Figure) -> Iterator[dict[str, str]]:
    """A year's months of what is of a year, else the period."""
    if load().datasets[figure.dataset][figure.column or ""].kind == "year_to_date":
        yield {"col": "period", "op": ">=", "val": f"{figure.period[:4]}-01"}
        yield {"col": "period", "op": "<=", "val": figure.period}
    else:
        yield {"col": "period", "op": "==", "val": figure.period}


def _factor(figure: Figure) -> int:
    return display_unit(load().scales, load().datasets[figure.dataset][figure.column or ""]).factor


def _draw(picture: Path) -> None:
    """The dashboard as a browser shows it, to be looked at."""
    browser = shutil.which("chromium")
    if browser is None:
        sys.stdout.write("no chromium: the dashboard was not drawn\n")
        return
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1500,3400"]
    patience = ["--timeout=60000", "--virtual-time-budget=60000", f"--screenshot={picture}"]
    page = f"{ADDRESS}/superset/dashboard/xianbao/"
    subprocess.run([browser, *options, *patience, page], check=True, capture_output=True)
    sys.stdout.write(f"dashboard: {picture}\n")


if __name__ == "__main__":
    main()
