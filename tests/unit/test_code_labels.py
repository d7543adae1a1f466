"""dim_code: every code has one Chinese and one English name; and no mart has one without."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from tests.builders import BOOK
from tests.named_codes import unnamed
from warehouse.codebook import Codebook
from warehouse.codebook.code_labels import NamedCode, code_labels
from warehouse.messages.errors import CodebookError


def test_every_code_has_a_name_in_both_languages() -> None:
    labels = code_labels(BOOK)
    assert all(one.label_zh.strip() and one.label_en.strip() for one in labels)
    assert len({(one.column_name, one.code) for one in labels}) == len(labels)
    assert NamedCode("source", "register", "名册", "register", 2) in labels
    assert NamedCode("status", "in_force", "施行中", "in force", 7) in labels
    assert NamedCode("level", "deep_poverty", "深度贫困县", "Deep-poverty counties", 7) in labels


def test_codes_stand_in_the_order_of_their_definitions() -> None:
    statuses = [one.code for one in code_labels(BOOK) if one.column_name == "status_after"]
    assert statuses == ["provisional", "reported", "verified", "approved"]


def test_a_code_that_is_called_two_things_in_one_column_is_refused() -> None:
    policy = BOOK.datasets["policy"]
    status = policy["status"]
    odd = status.model_copy(update={"listed": (status.listed[0].model_copy(update={"code": "reported"}),)})
    other = policy.model_copy(update={"indicators": tuple(odd if i is status else i for i in policy.indicators)})
    book: Codebook = replace(BOOK, datasets={**BOOK.datasets, "policy": other})
    with pytest.raises(CodebookError, match="status, reported: is called"):
        code_labels(book)


def test_a_code_without_a_name_is_found_wherever_it_stands() -> None:
    marts = {
        "dim_code": pl.DataFrame({"column_name": ["status"], "code": ["reported"]}),
        "dim_indicator": pl.DataFrame({"indicator": ["trees"]}),
        "dim_rule": pl.DataFrame({"rule": ["loan_cap"]}),
        "mart_scorecard": pl.DataFrame({"figure": ["trees_planted"], "status": ["settled"]}),
        "mart_trees": pl.DataFrame({"indicator": ["trees"], "name_zh": ["树"], "lists": ["reported;odd"]}),
    }
    assert unnamed(marts) == {"mart_scorecard.status=settled", "mart_trees.lists=odd", "mart_trees.lists=reported"}
