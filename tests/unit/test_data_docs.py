"""Validations in Great Expectations' own form, and their pages: complete, readable, and without any network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import great_expectations as gx
import polars as pl
import polars.selectors as cs
import pytest
from great_expectations.core import ExpectationSuiteValidationResult

from expectations.data_docs.files import load_result, to_json, write_result
from expectations.data_docs.pages import publish_pages, render_pages
from expectations.language.rules import Rule, all_checks, suite
from expectations.suites import returns, rules_for
from expectations.validation.batch import Batch
from expectations.validation.checkpoint import Failure, validate
from expectations.validation.results import (
    SHOWN_ROWS,
    batch_result,
    count_not_evaluated,
    return_results,
    returns_result,
    row_results,
)
from flows.cli.data_docs import docs_of
from flows.settings import Settings
from tests.builders import BOOK, GUANGLING, TIANZHEN, YANGGAO, finance, given, read_files, send, village
from warehouse.messages.errors import PermanentError, StoreError
from warehouse.store.files import Root
from warehouse.store.prior_state import RETURNS, PriorState
from warehouse.synthetic import Return

PERIOD = "2017-12"
# Three counties' loans: one as it should be, one above the cap, one without its households.
LENT = (
    given(YANGGAO, PERIOD, "finance", finance(1000)),
    given(TIANZHEN, PERIOD, "finance", finance(70_000)),
    given(GUANGLING, PERIOD, "finance", finance(3000) | {"loan_households": None}),
)
FETCHED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data"}


def batch_of(folder: Path, dataset: str, *sent: Return) -> Batch:
    """The batch of what is sent, in a store that knows nothing yet."""
    reading = read_files(*sorted(send(folder / "inbox", *sent).rglob("*.xlsx")))
    known = PriorState(BOOK, folder / "none", ["none"], pl.DataFrame(schema=RETURNS))
    batch = Batch.of(reading, BOOK.datasets[dataset], PERIOD, known)
    return batch.with_peers(known)


def without_returns(folder: Path) -> list[ExpectationSuiteValidationResult]:
    """What a period without a single return gives, for every dataset."""
    reading, known = read_files(), PriorState(BOOK, folder / "none", ["none"], pl.DataFrame(schema=RETURNS))
    batches = (Batch.of(reading, dataset, PERIOD, known).with_peers(known) for dataset in BOOK.datasets.values())
    return [result_of(batch, []) for batch in batches]


def rules_of(batch: Batch) -> tuple[Rule, ...]:
    return rules_for(batch.dataset, batch.period)


def result_of(batch: Batch, failures: list[Failure] | None = None) -> ExpectationSuiteValidationResult:
    rules = rules_of(batch)
    failures = validate(all_checks(rules), batch.rows) if failures is None else failures
    return batch_result(batch, row_results(batch, rules, failures, count_not_evaluated(rules, batch.rows)))


def of_rule(result: ExpectationSuiteValidationResult, rule: str) -> list[dict[str, Any]]:
    return [one for one in json.loads(to_json(result))["results"] if one["expectation_config"]["meta"]["id"] == rule]


@pytest.fixture
def lent(tmp_path: Path) -> Batch:
    """The batch of LENT."""
    return batch_of(tmp_path, "finance", *LENT)


def many(tmp_path: Path, rows: int) -> tuple[Batch, list[Failure]]:
    """A register of villages, all of which fail the first check of the first rule."""
    villages = (village(f"{n:06}") for n in range(rows))
    batch = batch_of(tmp_path, "relocation_villages", given(YANGGAO, PERIOD, "relocation_villages", *villages))
    return batch, [Failure(rules_of(batch)[0], 0, tuple(range(rows)))]


# --- results -------------------------------------------------------------------------------------------------------


def test_each_check_of_the_real_suite_has_its_result(lent: Batch) -> None:
    own = suite("any", rules_of(lent)).expectations
    results = result_of(lent).results
    assert [r.expectation_config.to_json_dict() for r in results if r.expectation_config] == [
        e.configuration.to_json_dict() for e in own
    ]


def test_it_says_what_great_expectations_says_of_the_suite_itself(lent: Batch) -> None:
    frame = lent.rows.with_columns(cs.numeric().cast(pl.Float64)).to_pandas()
    asset = gx.get_context(mode="ephemeral").data_sources.add_pandas("p").add_dataframe_asset("a")
    whole = asset.add_batch_definition_whole_dataframe("b").get_batch({"dataframe": frame})
    theirs = whole.validate(suite("theirs", rules_of(lent)))
    said = {
        (r.expectation_config.meta["id"], r.expectation_config.meta["check"]): (r.success, r.result["unexpected_count"])
        for r in theirs.results
        if r.expectation_config and r.expectation_config.meta and "unexpected_count" in r.result
    }
    ours = [r for r in result_of(lent).results if r.expectation_config]
    assert said == {
        (r.expectation_config.meta["id"], r.expectation_config.meta["check"]): (r.success, r.result["unexpected_count"])
        for r in ours
        if r.expectation_config and r.expectation_config.meta
    }
    assert {count for _, count in said.values()} >= {0, 1}


def test_a_failing_row_is_one_that_a_person_can_find(lent: Batch) -> None:
    (one,) = of_rule(result_of(lent), "loan_cap")
    assert one["success"] is False
    (row,) = one["result"]["partial_unexpected_index_list"]
    assert (row["county"], row["sheet"]) == (f"{TIANZHEN} 天镇县", "金融扶贫")
    assert row["file"].endswith(".xlsx")
    assert re.fullmatch(r"[A-Z]2, [A-Z]2", row["cells"])
    assert (row["loan_amount_yuan"], row["loan_households"]) == (70_000, 1)


def test_what_is_not_evaluated_is_neither_passed_nor_failed(lent: Batch) -> None:
    (one,) = of_rule(result_of(lent), "loan_cap")
    counts = one["result"]
    assert [counts[k] for k in ("element_count", "missing_count", "unexpected_count")] == [3, 1, 1]
    assert counts["unexpected_percent"] == 50


def test_the_statistics_count_checks(lent: Batch) -> None:
    result = result_of(lent)
    failed = sum(1 for one in result.results if not one.success)
    assert result.success is False
    assert failed == result.statistics["unsuccessful_expectations"] >= 2
    assert result.statistics["evaluated_expectations"] == len(all_checks(rules_of(lent)))


def test_of_many_failing_rows_the_first_are_shown_and_all_counted(tmp_path: Path) -> None:
    batch, failures = many(tmp_path, SHOWN_ROWS + 5)
    first = json.loads(to_json(result_of(batch, failures)))["results"][0]["result"]
    assert first["unexpected_count"] == SHOWN_ROWS + 5
    assert len(first["partial_unexpected_index_list"]) == len(first["partial_unexpected_list"]) == SHOWN_ROWS


def test_the_json_is_great_expectations_own_and_comes_back(lent: Batch, tmp_path: Path) -> None:
    result = result_of(lent)
    assert json.loads(to_json(result)) == json.loads(json.dumps(result.to_json_dict()))
    write_result(result, tmp_path)
    back = load_result(tmp_path / f"{PERIOD}-finance.json")
    assert json.loads(to_json(back)) == json.loads(to_json(result))


def test_the_json_is_great_expectations_own_for_every_suite(tmp_path: Path) -> None:
    for result in without_returns(tmp_path):
        assert json.loads(to_json(result)) == json.loads(json.dumps(result.to_json_dict()))


def test_what_is_no_part_of_a_validation_does_not_go_into_its_json(lent: Batch) -> None:
    result = result_of(lent)
    result.meta["strange"] = object()
    with pytest.raises(TypeError, match="object does not go"):
        to_json(result)


# --- pages ---------------------------------------------------------------------------------------------------------


def pages(folder: Path, *results: ExpectationSuiteValidationResult) -> dict[str, str]:
    """The pages of these results, by name."""
    for result in results:
        write_result(result, folder / "000001" / "validations")
    docs = render_pages(folder / "000001").parent
    return {path.stem: path.read_text(encoding="utf-8") for path in docs.glob("*.html")}


@pytest.fixture(scope="module")
def period_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The pages of a period with returns in one dataset, one of an unknown county, and none in the others."""
    folder = tmp_path_factory.mktemp("period")
    batch = batch_of(folder, "finance", *LENT)
    rules, return_headers = returns.rules(BOOK, PERIOD), list(batch.return_headers.values())
    frame = pl.DataFrame([{"county_code": h.county_code, "dataset": h.dataset} for h in return_headers]).with_columns(
        rows=pl.lit(1), rows_before=pl.lit(None, pl.Int64)
    )
    unknown = return_results(
        return_headers, frame, rules, [Failure(rules[0], 0, (1,))], count_not_evaluated(rules, frame)
    )
    results = [*without_returns(folder), returns_result(PERIOD, return_headers, unknown), result_of(batch)]
    return pages(folder, *results)


class Fetches(HTMLParser):
    """Collects what a browser would fetch for a page, and the pages that it leads to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if FETCHED.get(tag) in given:
            self.fetched.append(str(given[FETCHED[tag]]))
        if tag == "a":
            self.links.append(str(given.get("href")))


def in_styles(html: str) -> Iterator[str]:
    for style in re.findall(r"<style>(.*?)</style>|style=\"(.*?)\"", html, re.DOTALL):
        yield from re.findall(r"url\([^)]*\)|@import[^;]*", "".join(style))


def test_a_page_fetches_nothing_and_leads_nowhere_but_to_its_neighbours(period_pages: dict[str, str]) -> None:
    assert len(period_pages) == len(BOOK.datasets) + 2
    for html in period_pages.values():
        found = Fetches(html)
        assert found.fetched == list(in_styles(html)) == []
        assert "<script" not in html
        assert {link.removesuffix(".html") for link in found.links if link.endswith(".html")} <= set(period_pages)
        assert not [link for link in found.links if ":" in link]


def test_every_check_of_every_suite_reads_as_a_sentence(period_pages: dict[str, str]) -> None:
    for name, html in period_pages.items():
        assert "expect_" not in html, name
        assert "Rendering failed" not in html, name
        assert "column_list" not in html, name


def test_a_rule_gives_its_reasons_and_its_relation_in_both_languages(lent: Batch, tmp_path: Path) -> None:
    html = pages(tmp_path, result_of(lent))[f"{PERIOD}-finance"]
    for text in (
        "户均贷款不得超过 5 万元",
        "at most 50000 yuan are lent to a household",
        "小额信贷投放 ≤ 50000 × 小额信贷户数",
        "Microcredit lent ≤ 50000 × Households with microcredit",
        "loan_amount_yuan ≤ 50000 × loan_households",
        "1 of 2 rows fail",
        f"{TIANZHEN} 天镇县",
    ):
        assert text in html


def test_what_failed_stands_above_what_passed_and_errors_above_queries(tmp_path: Path) -> None:
    sent = given(YANGGAO, PERIOD, "finance", finance(999, 1), finance(70_000, 1))
    html = pages(tmp_path, result_of(batch_of(tmp_path, "finance", sent)))[f"{PERIOD}-finance"]
    places = [
        html.index(text) for text in ("<code>loan_cap", "<code>loan_unit_slip", "未能核对 <small>", "相符 <small>p")
    ]
    assert places == sorted(places)


def test_a_page_says_how_many_rows_it_leaves_out(tmp_path: Path) -> None:
    html = pages(tmp_path, result_of(*many(tmp_path, SHOWN_ROWS + 5)))[f"{PERIOD}-relocation_villages"]
    assert html.count(f"{YANGGAO} 阳高县") == SHOWN_ROWS
    assert "5 more are in findings.csv" in html


def test_the_index_names_what_failed_and_leads_to_its_page(period_pages: dict[str, str]) -> None:
    html = period_pages["index"]
    assert "<code>loan_cap</code>" in html
    assert "<code>known_county</code>" in html
    assert f'href="{PERIOD}-finance.html"' in html


def test_a_run_without_faults_says_so(tmp_path: Path) -> None:
    batch = batch_of(tmp_path, "finance", given(YANGGAO, PERIOD, "finance", finance()))
    made = pages(tmp_path, result_of(batch, []))
    assert all("nothing failed" in html for html in made.values())


def test_what_a_county_wrote_is_shown_and_never_run(lent: Batch, tmp_path: Path) -> None:
    result = result_of(lent)
    evil = '<script>alert(1)</script><img src="http://example.org/x">'
    for one in result.results:
        for row in one.result["partial_unexpected_index_list"]:
            row.update(dict.fromkeys(row, evil))
    for html in pages(tmp_path, result).values():
        assert "<script" not in html
        assert Fetches(html).fetched == []
        assert "&lt;script&gt;" in html


def test_a_runs_validations_are_kept_beside_its_pages_and_nothing_of_an_earlier_try(lent: Batch, root: Root) -> None:
    write_result(result_of(lent), root.work / "validations")
    kept = root.reports / "000001" / "validations"
    kept.mkdir(parents=True)
    (kept / "2016-12-finance.json").write_text("left over")
    for _ in range(2):
        index = publish_pages(root.work / "validations", root.reports / "000001")
        assert index == root.reports / "000001" / "docs" / "index.html"
    assert [path.name for path in kept.iterdir()] == [f"{PERIOD}-finance.json"]


def test_a_run_that_validated_nothing_has_no_pages(root: Root) -> None:
    assert publish_pages(root.work / "validations", root.reports / "000001") is None
    assert not root.reports.exists()


# --- the command ---------------------------------------------------------------------------------------------------


def settings_with(root: Root, *runs: str) -> Settings:
    root.journal.mkdir(parents=True)
    for run in runs:
        (root.journal / f"{run}.json").touch()
    return Settings(root=root.path)


def test_the_pages_of_the_last_run_that_has_any(lent: Batch, root: Root) -> None:
    settings = settings_with(root, "000001", "000002")
    write_result(result_of(lent), root.reports / "000001" / "validations")
    index = docs_of(settings, None)
    assert index == root.reports / "000001" / "docs" / "index.html"
    assert index.exists()


def test_pages_are_made_once_or_when_asked_for(lent: Batch, root: Root) -> None:
    settings = settings_with(root, "000001")
    write_result(result_of(lent), root.reports / "000001" / "validations")
    index = docs_of(settings, "000001")
    index.write_text("kept")
    assert docs_of(settings, "000001").read_text() == "kept"
    assert docs_of(settings, "000001", again=True).read_text() != "kept"


@pytest.mark.parametrize("data", [None, b"", b"{}"])
def test_no_pages_are_made_of_validations_that_are_not_as_they_were(
    lent: Batch, root: Root, data: bytes | None
) -> None:
    settings = settings_with(root, "000001")
    write_result(result_of(lent), folder := root.reports / "000001" / "validations")
    (damaged,) = folder.iterdir()
    index = docs_of(settings, "000001")
    damaged.unlink() if data is None else damaged.write_bytes(data)
    index.write_text("kept")
    with pytest.raises(StoreError, match=rf"{damaged.name}.*xianbao verify"):
        docs_of(settings, "000001", again=True)
    assert index.read_text() == "kept"


@pytest.mark.parametrize(
    ("run", "said"), [(None, "no run has validated"), ("000001", "no longer kept"), ("000009", "no run 000009")]
)
def test_a_run_without_pages_is_said_to_have_none(root: Root, run: str | None, said: str) -> None:
    with pytest.raises(PermanentError, match=said):
        docs_of(settings_with(root, "000001"), run)
