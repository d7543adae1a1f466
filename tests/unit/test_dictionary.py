"""The data dictionary: all that the codebook says stands in it; what docs/reference has is current."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from tests.builders import BOOK
from warehouse.codebook import Frequency
from warehouse.codebook.contract_version import CONTRACT
from warehouse.codebook.dictionary import data_dictionary
from warehouse.codebook.dictionary.sections import Table, same_columns, sections
from warehouse.codebook.divisions import Division
from warehouse.codebook.mart_records import MartColumn
from warehouse.codebook.model import Kind, RollUp
from warehouse.codebook.publications import Figure
from warehouse.codebook.terms import terms
from warehouse.intake.model.records import Status
from warehouse.messages.finding import Severity
from warehouse.store.journal_records import Verdict

DICTIONARY = Path(__file__).parents[2] / "docs" / "reference" / "data-dictionary.md"


def test_the_data_dictionary_is_current() -> None:
    assert DICTIONARY.read_text(encoding="utf-8") == data_dictionary(BOOK), "run: make docs"


def test_the_data_dictionary_names_every_indicator_and_every_mart_column() -> None:
    text = DICTIONARY.read_text(encoding="utf-8")
    for dataset in BOOK.datasets.values():
        assert all(f"| {indicator.column} | {indicator.header_zh} |" in text for indicator in dataset.indicators)
    for columns in BOOK.marts.values():
        assert all(f"| {column.column} | {column.dtype} |" in text for column in columns)


def test_the_data_dictionary_says_which_contract_it_is_of() -> None:
    assert f"contract/v{CONTRACT}.json" in DICTIONARY.read_text(encoding="utf-8")


def tables() -> Iterator[Table]:
    for section in sections(BOOK):
        yield section.table
        yield from (part.table for part in section.parts)


def test_every_row_has_a_value_for_every_heading() -> None:
    for table in tables():
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.header)}


def test_marts_stand_together_where_their_columns_are_the_same_and_only_there() -> None:
    groups = [[named.name for named in group] for group in same_columns(BOOK)]
    assert sorted(name for group in groups for name in group) == sorted(BOOK.marts)

    def columns(mart: str) -> list[str]:
        return [column.model_dump_json(exclude={"mart"}) for column in BOOK.marts[mart]]

    for group in groups:
        assert all(columns(name) == columns(group[0]) for name in group)
    assert len({tuple(columns(group[0])) for group in groups}) == len(groups)
    assert max(map(len, groups)) == len(BOOK.datasets)


def test_a_column_says_its_unit_and_whether_it_may_be_null() -> None:
    (marts, *_) = sections(BOOK)
    (part,) = [part for part in marts.parts if part.about[0].name == "mart_completeness"]
    rows = {str(row[0]): tuple(map(str, row[1:4])) for row in part.table.rows}
    assert rows["days_late"] == ("whole", "day", "yes")
    assert rows["county_code"] == ("text", "", "")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("type", get_args(MartColumn.model_fields["dtype"].annotation)),
        ("kind", get_args(Kind)),
        ("roll_up", get_args(RollUp.model_fields["how"].annotation)),
        ("relation", get_args(Figure.model_fields["relation"].annotation)),
        ("frequency", [frequency.value for frequency in Frequency]),
        ("status", get_args(Status)),
        ("verdict", get_args(Verdict)),
        ("severity", get_args(Severity)),
        ("division", get_args(Division.model_fields["kind"].annotation)),
        ("poverty_county_list", get_args(Division.model_fields["poverty_county_list"].annotation)),
        ("no_unit", [unit.unit for unit in BOOK.units.values() if not unit.label_zh]),
        ("unit", {c.unit for columns in BOOK.marts.values() for c in columns} - BOOK.units.keys() - {""}),
    ],
)
def test_every_word_of_the_codebook_is_explained_in_both_languages(kind: str, words: list[str]) -> None:
    known = {term.term: term for (of, _), term in terms().items() if of == kind}
    assert known.keys() == set(words)
    assert all(t.label_zh and t.label_en and t.meaning_zh and t.meaning_en for t in known.values())
