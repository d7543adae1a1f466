"""`xianbao rules`: the list, the check and the preview as a person and a machine see them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

import expectations.suites.finance as suite
from expectations.analysis import consistency
from expectations.analysis.rule_versions import SuiteVersions
from expectations.language.rules import Rule, between, relation
from expectations.suites import rules_for
from flows.cli.main import app
from tests.builders import BOOK, YANGGAO, finance, loans, night, send
from warehouse.store.files import Root

WIDTH = 100


@pytest.fixture
def xianbao(monkeypatch: pytest.MonkeyPatch, root: Root) -> Callable[..., Result]:
    """The command line in this process, on an empty root and a terminal of a hundred columns."""
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    monkeypatch.setenv("XIANBAO_ROOT", str(root.path))
    return lambda *arguments: CliRunner().invoke(app, ["rules", *map(str, arguments)])


def listed(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_every_rule_of_every_dataset_is_listed_with_all_that_is_known_of_it(xianbao: Callable[..., Result]) -> None:
    rules = listed(xianbao("--json"))
    pairs = {(rule["rule"], dataset) for rule in rules for dataset in rule["datasets"]}
    periods = ("2015-12", "2017-12", "2018-12")
    assert pairs >= {(r.rule, d.dataset) for d in BOOK.datasets.values() for p in periods for r in rules_for(d, p)}
    assert ("known_county", "policy") in pairs
    for rule in rules:
        assert rule["severity"] in {"critical", "warning", "info"}
        assert all(rule[part] for part in ("reason_zh", "reason_en", "source", "holds_from", "holds_until", "checks"))
    (cap,) = (rule for rule in rules if rule["rule"] == "loan_cap")
    assert cap["checks"] == ["loan_amount_yuan ≤ 50000 × loan_households"]
    assert cap["datasets"] == ["finance"]


def test_a_rule_of_several_datasets_stands_once(xianbao: Callable[..., Result]) -> None:
    rules = listed(xianbao("--json"))
    (unique,) = (rule for rule in rules if rule["rule"] == "key_unique")
    assert unique["datasets"] == list(BOOK.datasets)
    assert rules.index(unique) < len(rules) - 1
    shared = [len(rule["datasets"]) > 1 for rule in rules]
    assert shared == sorted(shared, reverse=True)


def test_one_dataset_has_its_rules_with_all_their_checks(xianbao: Callable[..., Result]) -> None:
    rules = listed(xianbao("--dataset", "finance", "--json"))
    of_finance = {rule.rule for rule in SuiteVersions.of(BOOK.datasets["finance"]).rules}
    assert {rule["rule"] for rule in rules} - {"known_county"} == of_finance
    shown = xianbao("--dataset", "finance").stdout
    assert "overdue_balance_yuan ≥ 0" in shown
    assert "relending_balance_yuan ≥ 0" in shown
    assert " more" not in shown


@pytest.mark.parametrize("arguments", [(), ("--dataset", "outcomes"), ("--check",)])
def test_what_is_shown_fits_a_hundred_columns(xianbao: Callable[..., Result], arguments: tuple[str, ...]) -> None:
    lines = xianbao(*arguments).stdout.splitlines()
    assert lines
    assert max(cell_len(line.rstrip()) for line in lines) <= WIDTH


def test_the_list_says_reasons_in_both_languages_and_caps_long_ones(xianbao: Callable[..., Result]) -> None:
    shown = xianbao().stdout
    assert "loan_cap  critical  户均贷款不得超过 5 万元" in shown
    assert "at most 50000 yuan are lent to a household" in shown
    assert "law: 国开办发〔2014〕78号" in shown
    assert 'page: docs/explanation/rules.md, "Ranges that catch a slip"' in shown
    assert "holds from 2018-01" in shown
    assert "more" in shown
    assert "[" not in shown.replace("[0", "")


def test_an_unknown_dataset_is_told_with_those_there_are(xianbao: Callable[..., Result]) -> None:
    result = xianbao("--dataset", "finances")
    assert result.exit_code == 1
    assert "finances is no dataset" in str(result.exception)
    assert "relocation_villages" in str(result.exception)


def test_two_questions_at_once_are_wrong_usage(xianbao: Callable[..., Result]) -> None:
    assert xianbao("--check", "--dataset", "finance").exit_code == 2
    assert xianbao("--preview", "gone.py").exit_code == 2


def test_the_check_passes_on_the_projects_rules_and_counts_what_it_did(xianbao: Callable[..., Result]) -> None:
    found = listed(xianbao("--check", "--json"))
    assert [one["dataset"] for one in found] == list(BOOK.datasets)
    assert any(one["linear"] for one in found)
    assert all((one["programs"] > 0) is (one["linear"] > 0) for one in found)
    assert not [fault for one in found for fault in one["faults"] if fault["kind"] == "contradiction"]


def test_the_check_fails_where_rules_contradict_and_not_where_a_check_is_redundant(
    xianbao: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = SuiteVersions.of

    def planted(*checks: Any) -> None:
        bad = Rule("bad", "critical", "理由", "a reason", checks, "form: of a test")
        of = staticmethod(lambda d: replace(plain(d), own=(bad,)) if d.dataset == "finance" else plain(d))
        monkeypatch.setattr(consistency.SuiteVersions, "of", of)

    planted(between("loan_amount_yuan", high=-1))
    result = xianbao("--check")
    assert result.exit_code == 1
    assert "contradiction  finance  not_negative, bad" in result.stdout
    planted(relation("loan_amount_yuan >= -1"), between("loan_amount_yuan", high=9))
    result = xianbao("--check")
    assert result.exit_code == 0
    assert "redundant  finance  bad, not_negative" in result.stdout
    assert "规则无矛盾" in result.stdout


@pytest.fixture
def edited(root: Root, inbox: Path, tmp_path: Path) -> Path:
    """A copy of the suite of finance with a lower cap, and a county that has lent more than that."""
    send(inbox, loans(finance(lent=40_000)))
    night(root, inbox)
    file = tmp_path / "finance.py"
    file.write_text(Path(suite.__file__).read_text(encoding="utf-8").replace("<= 50000 *", "<= 35000 *"), "utf-8")
    return file


def test_a_preview_says_what_would_change(xianbao: Callable[..., Result], edited: Path) -> None:
    found = json.loads(xianbao("--preview", edited, "--json").stdout)
    assert (found["dataset"], found["returns"]) == ("finance", 1)
    assert found["turned"] == [
        {"period": "2017-12", "county_code": YANGGAO, "verdict": "accepted", "would_be": "quarantined"}
    ]
    shown = xianbao("--preview", edited).stdout
    for part in ("loan_cap", "changed: checks", "阳高县 2017-12", "quarantined 退回", "1 return ", "未写入任何内容"):
        assert part in shown
    assert max(cell_len(line.rstrip()) for line in shown.splitlines()) <= WIDTH


def test_a_preview_of_a_broken_file_points_at_the_place(xianbao: Callable[..., Result], edited: Path) -> None:
    edited.write_text(edited.read_text(encoding="utf-8").replace("35000 * loan", "max(1) * loan"), "utf-8")
    result = xianbao("--preview", edited)
    assert result.exit_code == 1
    *_, source, carets = str(result.exception).splitlines()
    assert source[carets.index("^") : len(carets)] == "max(1)"
