"""The dictionary as a page and as a table: complete, by itself, the same bytes for the same codebook."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.builders import BOOK
from warehouse.codebook.contract_version import CONTRACT
from warehouse.codebook.dictionary import dictionary_csv, dictionary_html, indicators_csv

HOME = Path(__file__).parents[2]
FOLDER = HOME / "warehouse" / "codebook" / "dictionary"
VOID = {"meta", "br", "input"}
LEADS_OUT = {"src", "srcset", "action", "data", "poster", "background", "cite", "formaction", "xlink:href"}


class Page(HTMLParser):
    """A page taken apart: its tags, ids, links, and the text of each cell; raises where tags are not nested."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.rows: list[list[str]] = []
        self.languages: set[str | None] = set()
        self.feed(data.decode())
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags[tag] += 1
        self.attributes |= given.keys()
        self.languages.add(given.get("lang"))
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.links += [value for name, value in attrs if name == "href" and value]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(dictionary_html(BOOK))


def test_the_page_needs_nothing_but_itself(page: Page) -> None:
    assert page.tags.keys().isdisjoint({"link", "img", "iframe", "object", "embed", "base", "form", "svg"})
    assert page.attributes.isdisjoint(LEADS_OUT)
    assert not [name for name in page.attributes if name.startswith("on")]
    text = dictionary_html(BOOK).decode()
    assert not re.search(r"https?:|@import|@font-face|url\(|javascript:", text)


def test_its_one_script_is_ours_and_the_only_one_that_may_run(page: Page) -> None:
    text = dictionary_html(BOOK).decode()
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert (page.tags["script"], script) == (1, (FOLDER / "search.js").read_text(encoding="utf-8"))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    assert not re.search(
        r"fetch|XMLHttp|WebSocket|innerHTML|eval|import|document\.write|location|storage", script, re.IGNORECASE
    )


def test_the_search_box_has_a_label_in_both_languages_and_is_shown_only_where_it_works() -> None:
    text = dictionary_html(BOOK).decode()
    assert '<p id="searching" role="search" hidden>' in text
    assert '<label for="search">查找 <small lang="en">Search</small></label>' in text
    assert re.search(r'<output id="found"[^>]* aria-live="polite">', text)


def test_what_the_search_looks_for_is_on_the_page() -> None:
    script, ids = (FOLDER / "search.js").read_text(encoding="utf-8"), Page(dictionary_html(BOOK)).ids
    assert set(re.findall(r'querySelector\("#(\w+)"\)', script)) == {"search", "found", "searching"}
    assert {"search", "found", "searching"} <= set(ids)


def test_an_indicator_has_the_names_that_forms_give_it(page: Page) -> None:
    rows = {(row[0], row[-1]) for row in page.rows}
    assert {(i.column, "、".join(i.synonyms)) for d in BOOK.datasets.values() for i in d.indicators} <= rows
    table = list(csv.DictReader(io.StringIO(indicators_csv(BOOK).decode("utf-8-sig"), newline="")))
    assert [(row["dataset"], row["indicator"], row["header_zh"], row["also_called"]) for row in table] == [
        (d.dataset, i.column, i.header_zh, "、".join(i.synonyms)) for d in BOOK.datasets.values() for i in d.indicators
    ]
    assert any(row["also_called"] for row in table)


def test_every_link_leads_to_a_place_on_the_page(page: Page) -> None:
    assert page.links
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert all(link.startswith("#") for link in page.links)
    assert len(page.ids) == len(set(page.ids))


def test_contents_lead_to_every_mart_dataset_and_chapter(page: Page) -> None:
    wanted = {f"#marts.{name}" for name in BOOK.marts} | {f"#datasets.{name}" for name in BOOK.datasets}
    assert set(page.links) == wanted | {"#marts", "#datasets", "#figures", "#groups", "#words"}


def test_the_page_has_all_that_the_codebook_says(page: Page) -> None:
    rows = {tuple(cell.split(" ")[0] for cell in row[:1]) + tuple(row[-2:]) for row in page.rows}
    for columns in BOOK.marts.values():
        assert {(c.column, c.label_zh, c.label_en) for c in columns} <= rows
    first = [row[0] for row in page.rows]
    for names in (BOOK.marts, BOOK.datasets, BOOK.groups, [figure.figure for figure in BOOK.figures]):
        assert set(names) <= set(first)
    second = {(row[0], row[1]) for row in page.rows if len(row) > 1}
    assert {(i.column, i.header_zh) for d in BOOK.datasets.values() for i in d.indicators} <= second


def test_a_column_has_its_type_unit_and_null(page: Page) -> None:
    assert ["days_late", "whole 整数", "day 天", "yes 是", "迟报天数", "Days late"] in page.rows
    assert ["county_code", "text 文本", "", "", "区划代码", "County code"] in page.rows


def test_the_page_says_its_contract_and_speaks_both_languages(page: Page) -> None:
    text = dictionary_html(BOOK).decode()
    assert f"契约 contract {CONTRACT}" in text
    assert {"zh", "en"} <= page.languages


def test_labels_are_text_on_the_page() -> None:
    column = BOOK.marts["dim_rule"][1].model_copy(update={"label_en": "<script>alert(1)</script> & more"})
    other = replace(BOOK, marts={**BOOK.marts, "dim_rule": (BOOK.marts["dim_rule"][0], column)})
    taken_apart = Page(dictionary_html(other))
    assert taken_apart.tags["script"] == 1  # our own
    assert "<script>alert(1)</script> & more" in {row[-1] for row in taken_apart.rows}


def test_the_table_has_a_row_for_every_column_in_its_place() -> None:
    data = dictionary_csv(BOOK)
    assert data.startswith(b"\xef\xbb\xbf"), "Excel takes it for ANSI"
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    wanted = [
        {
            "mart": name, "mart_label_zh": mart.label_zh, "mart_label_en": mart.label_en,
            "column": c.column, "position": str(position), "type": c.dtype, "unit": c.unit,
            "null": "yes" if c.null else "no", "label_zh": c.label_zh, "label_en": c.label_en,
        }
        for name, mart in sorted(BOOK.mart_list.items())
        for position, c in enumerate(BOOK.marts[name], start=1)
    ]  # fmt: skip
    assert rows == wanted


MADE_ELSEWHERE = """
import sys
from warehouse.codebook import load
from warehouse.codebook.dictionary import dictionary_csv, dictionary_html
sys.stdout.buffer.write(dictionary_html(load()) + dictionary_csv(load()))
"""


def test_another_process_makes_the_same_bytes() -> None:
    for seed in ("0", "1"):
        made = subprocess.run(
            [sys.executable, "-c", MADE_ELSEWHERE], env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(HOME)}, check=True,
            capture_output=True,
        ).stdout  # fmt: skip
        assert made == dictionary_html(BOOK) + dictionary_csv(BOOK)
