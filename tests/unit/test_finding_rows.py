"""Which row of a batch a finding is about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from expectations.validation.finding_rows import rows_of
from tests.builders import TIANZHEN, YANGGAO
from tests.unit.test_scores import batch, finding
from warehouse.messages.finding import Finding

FORM = batch("finance", (YANGGAO, {}), (TIANZHEN, {}))
LIST = batch("support_units", (YANGGAO, {}), (YANGGAO, {}))
LENT, POSTED = "loan_amount_yuan", "posted_officials"


def about(found: Finding, **values: object) -> Finding:
    return found.model_copy(update=values)


@pytest.mark.parametrize(
    ("found", "row_id"),
    [
        (finding("r", LENT), 0),
        (finding("r", LENT, county=TIANZHEN, receipt=102), 1),
        (about(finding("r", LENT, county=TIANZHEN, receipt=102), cell=None, cells=None), 1),
        (about(finding("r", LENT), cell="D17", cells="D17"), 0),  # cells of a vertical form stand anywhere
        (about(finding("r", LENT), receipt=103), None),
        (about(finding("r", LENT), cell=None, county_code=TIANZHEN), None),
    ],
)
def test_in_a_form_of_one_row_it_is_the_one_of_its_cell_or_county(found: Finding, row_id: int | None) -> None:
    assert rows_of(FORM, [found]) == [row_id]


def test_in_a_list_it_is_the_one_of_its_cell_alone() -> None:
    one_sheet = replace(LIST, rows=LIST.rows.with_columns(receipt=101))
    first = finding("r", POSTED, dataset="support_units")
    cells = [about(first, cell=cell, cells=cell) for cell in ("C2", "C3", "C9", None)]
    assert rows_of(one_sheet, cells) == [0, 1, None, None]


def test_there_are_as_many_as_findings() -> None:
    assert rows_of(FORM, []) == []
    assert rows_of(FORM, [finding("r", LENT)] * 3) == [0, 0, 0]
