"""The data dictionary in docs/reference is the codebook's."""

from __future__ import annotations

from pathlib import Path

from warehouse.codebook import load
from warehouse.codebook.dictionary import data_dictionary

DICTIONARY = Path(__file__).parents[2] / "docs" / "reference" / "data-dictionary.md"


def test_the_data_dictionary_is_current() -> None:
    assert DICTIONARY.read_text(encoding="utf-8") == data_dictionary(load()), "run: make docs"


def test_the_data_dictionary_names_every_indicator_and_every_mart_column() -> None:
    text = DICTIONARY.read_text(encoding="utf-8")
    for dataset in load().datasets.values():
        assert all(f"| {indicator.column} | {indicator.header_zh} |" in text for indicator in dataset.indicators)
    for columns in load().marts.values():
        assert all(f"| {column.column} | {column.dtype} |" in text for column in columns)
