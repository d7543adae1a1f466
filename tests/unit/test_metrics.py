"""`xianbao metrics`: what Prometheus reads, parsed as Prometheus' own library parses it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import yaml
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from flows.cli.main import app
from flows.cli.metrics import of_runs
from tests.builders import mart
from tests.compacting import five_runs
from tests.documents import HOME
from tests.sharing import Fill
from warehouse.reports.run_log import RunLogEntry, State, append
from warehouse.reports.run_summary import Summary
from warehouse.store.files import Root

pytestmark = pytest.mark.usefixtures("few_marts")

MIDNIGHT = datetime(2018, 7, 2, tzinfo=UTC)
Samples = dict[tuple[str, ...], float]


def samples(families: list[Metric]) -> Samples:
    """The numbers by name and value of the label."""
    return {(one.name, *one.labels.values()): one.value for of in families for one in of.samples}


def asked(*words: str) -> str:
    done = CliRunner().invoke(app, ["metrics", *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def night(
    hours: float, state: State = "completed", flow: str = "nightly", summary: Summary | None = None
) -> RunLogEntry:
    """One that ended so many hours after midnight."""
    at = MIDNIGHT + timedelta(hours=hours)
    return RunLogEntry(flow=flow, started_at=at, ended_at=at, state=state, summary=summary)


@pytest.fixture
def root(root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> Root:
    monkeypatch.setenv("XIANBAO_ROOT", str(root.path))
    monkeypatch.setenv("XIANBAO_INBOX", str(inbox))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    return root


def test_each_family_has_its_help_its_type_and_a_name_with_its_unit(root: Root) -> None:
    append(root, night(2))
    families = [*text_string_to_metric_families(asked())]
    assert len({one.name for one in families}) == len(families) >= 8
    for one in families:
        assert one.name.startswith("xianbao_")
        assert one.documentation.endswith(".")
        assert one.type == ("counter" if one.name == "xianbao_operations" else "gauge")
        assert ("Bytes" in one.documentation) == one.name.endswith("_bytes")
        assert one.documentation.startswith("When ") == one.name.endswith("_timestamp_seconds")


def test_nights_are_counted_by_how_they_ended_and_those_since_one_completed() -> None:
    first_turn = Summary(run="000006", accepted=1, quarantined=3)
    summary = Summary(run="000007", version="000003", quarantined=2, seconds={"read": 1.5}, before=first_turn)
    log = [night(9, "interrupted"), night(8, "failed"), night(5, flow="prune"), night(2, summary=summary), night(1)]
    found = samples([*of_runs(log)])
    assert found["xianbao_operations_total", "nightly", "completed"] == 2
    assert found["xianbao_operations_total", "nightly", "failed"] == 1
    assert found[("xianbao_failed_nights",)] == 2
    ended = (MIDNIGHT + timedelta(hours=2)).timestamp()
    assert found["xianbao_last_completed_timestamp_seconds", "nightly"] == ended
    assert found[("xianbao_last_published_timestamp_seconds",)] == ended
    assert found["xianbao_night_returns", "quarantined"] == 5
    assert found["xianbao_night_stage_seconds", "read"] == 1.5


def test_a_store_is_told_in_numbers(filled_by: Callable[[Fill], Root], root: Root) -> None:
    filled_by(five_runs)
    found = samples([*text_string_to_metric_families(asked())])
    returns = {key[1]: value for key, value in found.items() if key[0] == "xianbao_returns"}
    assert (sum(returns.values()), returns["quarantined"]) == (9, 1)
    owing = mart(root, "mart_completeness").filter("due", "period_open", ~pl.col("received"))
    assert found["xianbao_overdue_counties",] == owing["county_code"].n_unique() > 0
    assert found[("xianbao_snapshot_version",)] == 5
    files = [path for path in (root.path / "journal").rglob("*") if path.is_file()]
    assert found["xianbao_root_bytes", "journal"] >= sum(path.stat().st_size for path in files)
    assert found["xianbao_check_good", "snapshot"] == 1
    assert found["xianbao_check_good", "backup_age"] == 0


def test_the_page_on_monitoring_names_every_metric_and_no_other(filled_by: Callable[[Fill], Root], root: Root) -> None:
    filled_by(five_runs)
    append(root, night(2, summary=Summary(run="000005", version="000005")))
    page = (HOME / "docs/how-to/monitor.md").read_text(encoding="utf-8")
    said = {name for name, *_ in samples([*text_string_to_metric_families(asked())])}
    assert {*re.findall(r"\bxianbao_[a-z_]+", page)} == said | {"xianbao_night_stage_seconds"}
    rules = yaml.safe_load(page.partition("```yaml")[2].partition("```")[0])["groups"][0]["rules"]
    assert all(rule["expr"] and rule["annotations"]["summary"] for rule in rules)


def test_a_damaged_store_leaves_out_what_it_cannot_say_and_a_check_says_so(
    filled_by: Callable[[Fill], Root], root: Root
) -> None:
    filled_by(five_runs)
    (root.marts / "manifest.json").write_text("{")
    found = samples([*text_string_to_metric_families(asked())])
    assert found["xianbao_check_good", "nights"] == 0
    assert ("xianbao_overdue_counties",) not in found


@pytest.mark.usefixtures("root")
def test_a_file_is_written_whole_and_nothing_is_said(tmp_path: Path) -> None:
    out = tmp_path / "textfile" / "xianbao.prom"
    assert asked("--out", str(out)) == ""
    assert [*text_string_to_metric_families(out.read_text())]
    assert [path.name for path in out.parent.iterdir()] == ["xianbao.prom"]
