"""A published figure that held and no longer does: which return did it, on a store of one form and two nights."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from flows.cli.screen import Screen
from flows.cli.views.figure import figure_json, show_figure
from tasks.publish import find_lapsed
from tasks.run import Run
from tests.builders import BOOK, RECEIVED, TIANZHEN, given, mart, night, page, row, send, url
from tests.sharing import Fill
from warehouse.intake.formats.preflight import Limits
from warehouse.lineage import FigureSelection, explain_figure
from warehouse.lineage.lapses import lapse_of, lapsed_figures
from warehouse.lineage.reader import LineageReader
from warehouse.marts.as_known import AsKnown
from warehouse.marts.partitions import Partition, partitions_of
from warehouse.reports.lapsed_figures import LapsedFigure
from warehouse.reports.run_summary import Summary
from warehouse.snapshots import publish as publishing
from warehouse.snapshots.manifest import read_snapshot
from warehouse.store.files import Root

PERIOD, LEADERS, UNITS = "2018-06", "provincial_leaders_per_county", "provincial_units_per_county_min"
DEEP = [division.county_code for division in BOOK.members("deep_poverty", PERIOD)]
OTHER = next(code for code in DEEP if code != TIANZHEN)


def support(county: str, leaders: int = 1, units: int = 4) -> object:
    values = {"provincial_leaders": leaders, "provincial_units": units, "technical_experts": 1, "financial_experts": 1}
    return given(county, PERIOD, "support", row("support", **values))


def two_nights(root: Root, inbox: Path) -> None:
    """All have one leader; then two counties correct theirs, one of them by more, and how many units they have."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(publishing, "partitions_of", few)
        night(root, send(inbox / "1", *(support(county) for county in DEEP)).parent)
        night(root, send(inbox / "2", support(TIANZHEN, 4, 5), support(OTHER, 2, 5)).parent)


def few(known: AsKnown) -> dict[Partition, str]:
    """The scorecard, and what explaining it looks at."""
    return {part: of for part, of in partitions_of(known).items() if part.mart in ("mart_scorecard", "dim_period")}


@pytest.fixture
def store(filled_by: Callable[[Fill], Root]) -> LineageReader:
    root = filled_by(two_nights)
    return LineageReader(root, url(root))


def states(root: Root) -> dict[str, str]:
    return dict(mart(root, "mart_scorecard").select("figure", "state").iter_rows())


def test_the_return_that_moves_the_figure_most_is_named(store: LineageReader) -> None:
    assert states(store.root)[LEADERS] == "differs"
    assert states(store.root)[UNITS] == "holds"
    (lapsed,) = lapsed_figures(store, BOOK, "000002")
    assert (lapsed.figure, lapsed.since, lapsed.state) == (LEADERS, "000001", "differs")
    assert (lapsed.before, lapsed.value, lapsed.published) == (1, 4, 1)
    assert (lapsed.county_code, lapsed.dataset, lapsed.period) == (TIANZHEN, "support", PERIOD)
    # Were its leaders one still, the other county's two were the worst.
    assert (lapsed.returns, lapsed.change) == (2, 2)
    assert lapsed.file is not None
    assert lapsed.file.startswith(f"2/{PERIOD}/{TIANZHEN}")


def test_nothing_lapses_in_the_first_snapshot(store: LineageReader) -> None:
    assert lapsed_figures(store, BOOK, "000001") == ()


def test_a_figure_that_never_held_has_not_lapsed(store: LineageReader) -> None:
    assert lapse_of(store, BOOK, "microcredit_amount", "000002") is None


def test_a_scorecard_that_is_damaged_or_gone_says_nothing_and_stops_nobody(store: LineageReader) -> None:
    before = read_snapshot(store.root, "000001")
    assert before is not None
    (path,) = before.paths(store.root, "mart_scorecard")
    path.write_bytes(b"damaged")
    assert lapsed_figures(store, BOOK, "000002") == ()
    path.unlink()
    assert lapsed_figures(store, BOOK, "000002") == ()


def test_a_run_says_it_as_a_warning_and_in_its_summary(store: LineageReader, caplog: pytest.LogCaptureFixture) -> None:
    run = Run(
        name="000002", flow="nightly", received_at=RECEIVED, root_path=store.root.path, ledger_url=store.ledger_url,
        limits=Limits(),
    )  # fmt: skip
    (lapsed,) = find_lapsed.fn(run, "000002")
    (warning,) = caplog.records
    assert (warning.levelname, warning.getMessage()) == ("WARNING", f"{lapsed.message_zh}; {lapsed.message_en}")
    assert f"{LEADERS} (" in page(Summary(lapsed=(lapsed,)))
    assert find_lapsed.fn(run, None) == ()


def test_explaining_the_figure_says_it_too(store: LineageReader) -> None:
    explained = explain_figure(store, BOOK, FigureSelection("mart_scorecard", LEADERS))
    screen = Screen(width=400, record=True)
    show_figure(explained, screen, whole=True)
    shown = screen.export_text()
    assert explained.lapsed is not None
    assert explained.lapsed.message_zh in shown
    assert explained.lapsed.message_en in shown
    assert figure_json(explained)["lapsed"]["county_code"] == TIANZHEN
    assert explain_figure(store, BOOK, FigureSelection("mart_scorecard", UNITS)).lapsed is None


def told(**values: object) -> LapsedFigure:
    about = {
        "figure": "f", "label_zh": "数", "label_en": "Figure", "since": "000001", "state": "differs", "returns": 0,
        "before": Decimal(1), "value": Decimal("12.500000"), "published": Decimal(1),
    }  # fmt: skip
    return LapsedFigure.model_validate(about | values)


def test_it_is_said_in_a_line_in_two_languages() -> None:
    by = {"county_code": TIANZHEN, "dataset": "support", "period": PERIOD, "file": "a.xlsx"}
    one = told(returns=3, change=Decimal("-2.50"), **by)
    assert one.message_zh == (
        "公布数“数”自快照 000001 以来不再相符(1 → 12.5,公布 1):"
        "变动的 3 份报表中,影响最大的是 140222 天镇县 帮扶力量 support 2018-06 a.xlsx -2.5"
    )
    assert one.message_en == (
        "f (Figure) held in snapshot 000001, now it differs: 1 -> 12.5, published 1; "
        "of 3 returns that changed, most by 140222 天镇县 帮扶力量 support 2018-06 a.xlsx -2.5"
    )


def test_where_no_return_changed_it_says_what_else_may_have() -> None:
    assert "没有报表变动" in told().message_zh
    assert "now it is unknown: 1 -> -, published 1; no return" in told(value=None, state="unknown").message_en
