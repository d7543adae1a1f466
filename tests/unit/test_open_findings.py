"""What status says is to be looked at first: what is still open of the returns that came last."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cli.screen import Screen
from flows.cli.status import read_status, show_status
from flows.settings import Settings
from tests.builders import TIANZHEN, YANGGAO, finance, loans, night, send
from tests.sharing import Fill
from warehouse.store.files import Root

pytestmark = pytest.mark.usefixtures("few_marts")
TOO_MUCH = finance(40_000, 1, loan_balance_yuan=100, overdue_balance_yuan=1000)


def two_nights(root: Root, inbox: Path) -> None:
    """Two counties have more overdue than lent, one of them corrects it."""
    night(root, send(inbox / "1", loans(TOO_MUCH), loans(TOO_MUCH, county=TIANZHEN)).parent)
    night(root, send(inbox / "2", loans(finance(40_000, 1), county=TIANZHEN)).parent)


def test_status_names_the_cells_that_are_still_open(filled_by: Callable[[Fill], Root], inbox: Path) -> None:
    root = filled_by(two_nights)
    state = read_status(Settings(root=root.path, inbox=inbox))
    first = state["priorities"]
    assert (first["cells"], first["of"]) == (1, 1)
    (cell,) = first["first"]
    assert (cell["county_code"], cell["dataset"], cell["file"]) == (
        YANGGAO, "finance", f"1/2017-12/{YANGGAO}_阳高县_2017-12.xlsx",
    )  # fmt: skip
    screen = Screen(width=200, record=True)
    show_status(state, screen)
    shown = screen.export_text()
    assert "这 1 个单元格占可能差错的 90%(存疑 1 个); this one cell carries 90 % of what could be wrong" in shown
    assert f"{YANGGAO} 阳高县 金融扶贫 finance 2017-12 金融扶贫!" in shown


def test_nothing_is_first_where_nothing_has_run(root: Root, inbox: Path) -> None:
    state = read_status(Settings(root=root.path, inbox=inbox))
    assert (state["priorities"], state["periods"]) == (None, {})
