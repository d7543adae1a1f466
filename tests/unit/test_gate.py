"""The gate at publishing: a figure that leaps is held, its return is named, a person lets it through."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from expectations.validation.gate import gate
from tests import stores
from tests.builders import BOOK, finance, loans, mart, night, publish_new, send, url
from tests.decision_requests import decide, release
from tests.rebuilding import again, hashes
from tests.sharing import Fill
from warehouse.codebook.gates import gate_of
from warehouse.lineage import FigureSelection, explain_figure
from warehouse.lineage.reader import LineageReader
from warehouse.marts.held import held_lines
from warehouse.marts.sources import HELD, Sources
from warehouse.messages.errors import PermanentError
from warehouse.snapshots.as_of import write_as_of
from warehouse.snapshots.manifest import manifest_path, read_manifest
from warehouse.store import journal, ledger
from warehouse.store.files import Root
from warehouse.store.holds import ReleaseRequest, active_holds, by_figure, released
from warehouse.store.journal_records import HoldRecord, Mover

PERIOD = "2017-12"
# Six counties of one prefecture.
PREFECTURE, PROVINCE = "140500", "140000"
SIX = [d.county_code for d in BOOK.in_force(PERIOD) if d.prefecture_code == PREFECTURE][:6]
SLIPPED = SIX[2]
JANUARY = datetime(2019, 1, 5, 3, tzinfo=UTC)
DAY = timedelta(days=1)
LINE = "loan_amount_yuan"


def lent(times: int = 1) -> dict[str, Any]:
    """Three million yuan to a hundred households, or so many times that: every rule of the row holds."""
    return finance(3_000_000 * times, 100 * times)


def sent(inbox: Path, times: int, county: str = SLIPPED, period: str = PERIOD) -> Path:
    return send(inbox / f"{county} {period} {times}", loans(lent(times), county=county, period=period)).parent


def six(root: Root, inbox: Path) -> None:
    """Six counties lend alike; the night after, one of them says a hundred times as much."""
    for county in SIX:
        sent(inbox, 1, county)
    night(root, inbox, JANUARY)
    sent(inbox, 100)
    summary = night(root, inbox, JANUARY + DAY)
    assert (summary.held, summary.good) == (6, False)


@pytest.fixture
def held(filled_by: Callable[[Fill], Root]) -> Root:
    return filled_by(six)


def row(root: Root, code: str = PROVINCE, period: str = PERIOD) -> dict[str, Any]:
    """What is published of the loans in an area."""
    return mart(root, "mart_finance").filter(code=code, indicator=LINE, period=period).row(0, named=True)


def holds(root: Root) -> list[HoldRecord]:
    return active_holds(ledger.open_ledger(url(root)))


def test_a_return_that_moves_a_sum_beyond_its_bound_is_named_and_the_sum_stays_as_it_was(held: Root) -> None:
    (province,) = (one for one in holds(held) if (one.indicator, one.level) == (LINE, "province"))
    assert (province.state, province.against, province.since) == ("held", "snapshot", "000001")
    assert (province.before, province.after) == ("18000000", "315000000")
    ((receipt, county, share),) = [(one.receipt, one.county_code, one.share) for one in province.returns]
    assert (receipt, county, share) == (7, SLIPPED, 100.0)
    now = row(held)
    assert (now["value"], now["held"], now["held_since"]) == (Decimal(18_000_000), True, "000001")
    assert (row(held, SLIPPED)["value"], row(held, SLIPPED)["held"]) == (Decimal(300_000_000), False)
    listed = mart(held, "mart_holds").filter(indicator=LINE, level="province").row(0, named=True)
    assert (listed["state"], listed["county_code"], listed["after"]) == ("held", SLIPPED, Decimal(315_000_000))
    (figure,) = mart(held, "mart_scorecard").filter(figure="microcredit_amount").rows(named=True)
    assert (figure["value"], figure["held"]) == (Decimal(18_000_000), True)
    assert mart(held, "bi_area").filter("held")["indicator"].n_unique() == 3
    findings = mart(held, "mart_findings").filter(rule="figure_moved")
    assert findings["indicator"].sort().to_list() == ["household_use_amount_yuan", LINE, "loan_households"]
    assert set(findings["county_code"]) == {SLIPPED}
    assert findings["message_zh"].str.contains("全省 140000").all()


def test_a_person_lets_it_through_once(held: Root) -> None:
    done = release(held, JANUARY + 2 * DAY, by="李")
    assert {(one.state, one.reason, one.by) for one in done} == {("released", "已核实", "李")}
    assert (row(held)["value"], row(held)["held"], holds(held)) == (Decimal(315_000_000), False, [])
    assert mart(held, "mart_holds")["reason"].unique().to_list() == ["已核实"]
    before = journal.runs(held)
    assert release(held, JANUARY + 3 * DAY, by="李") == done
    assert journal.runs(held) == before
    with pytest.raises(PermanentError, match="no such figure is held; held are: none"):
        release(held, JANUARY + 3 * DAY, by="王")


def test_one_figure_is_let_through_and_the_others_stay(held: Root) -> None:
    release(held, JANUARY + 2 * DAY, indicator=LINE, area=PROVINCE)
    assert (row(held)["held"], row(held, PREFECTURE)["held"]) == (False, True)
    with pytest.raises(PermanentError, match="held are: finance 2017-12 household_use_amount_yuan 140500; "):
        release(held, JANUARY + 2 * DAY, area="140300")


def test_what_was_let_through_is_not_held_again_for_it(held: Root, inbox: Path) -> None:
    release(held, JANUARY + 2 * DAY)
    sent(inbox, 2, SIX[0])
    assert night(held, inbox, JANUARY + 3 * DAY).held == 0
    assert row(held)["value"] == Decimal(318_000_000)


def test_what_was_let_through_stays_so_when_another_return_was_held_and_corrected() -> None:
    finance = BOOK.datasets["finance"]
    state = known(100, year=10.0)
    last_year = [stores.said(n, county, "2016-12", "finance", lent()) for n, county in enumerate(SIX, 11)]
    before = stores.known(*last_year, *GIVEN)
    state.returns, state.fresh = before.returns, before.fresh
    state.runs = ["1"]
    held = by_figure(gate([finance], PERIOD, state).news)
    assert {one.against for one in held.values()} == {"year"}
    request = ReleaseRequest(dataset="finance", period=PERIOD, indicator="all", area=PREFECTURE, reason="已核实")
    for states in ("released", "lifted"):
        (record,) = released([one for one in held.values() if request.means(one)], request)
        state.holds = held | by_figure(one.model_copy(update={"state": states}) for one in record.holds)
        assert {one.code for one in gate([finance], PERIOD, state).standing} == {PROVINCE}


def test_a_hold_stays_while_others_send_and_lifts_when_the_return_is_corrected(held: Root, inbox: Path) -> None:
    sent(inbox, 2, SIX[0])
    night(held, inbox, JANUARY + 2 * DAY)
    assert {one.since for one in holds(held)} == {"000001"}
    assert row(held)["value"] == Decimal(18_000_000)
    send(inbox / "corrected", loans(finance(3_000_001, 100), county=SLIPPED))
    assert night(held, inbox, JANUARY + 3 * DAY).good
    assert {one.state for one in journal.read_entry(held, "000004").holds} == {"lifted"}
    assert (row(held)["value"], row(held)["held"], holds(held)) == (Decimal(21_000_001), False, [])


def test_a_hold_lifts_when_the_return_is_withdrawn(held: Root) -> None:
    decide(held, "withdraw", JANUARY + 2 * DAY, county_code=SLIPPED)
    assert (row(held)["value"], row(held)["held"], holds(held)) == (Decimal(18_000_000), False, [])
    assert {one.state for one in journal.read_entry(held, "000003").holds} == {"lifted"}


def test_rebuilt_from_archive_and_journal_the_marts_have_the_same_bytes(held: Root) -> None:
    release(held, JANUARY + 2 * DAY, indicator=LINE)
    done, other = again(held)
    assert done.differences == ()
    assert hashes(other) == hashes(held)
    assert manifest_path(other).read_bytes() == manifest_path(held).read_bytes()


def test_as_of_a_moment_the_marts_are_those_of_then(held: Root, tmp_path: Path) -> None:
    then = {f.path.split("/", 1)[1]: f.sha256 for f in _manifest(held).files}
    release(held, JANUARY + 2 * DAY)
    done = write_as_of(held, url(held), JANUARY + DAY, tmp_path / "then")
    assert {f.path: f.sha256 for f in done.files} == then


def test_broken_off_before_publishing_the_next_run_publishes_the_same(
    held: Root, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(inbox, 90)
    whole = Root(tmp_path / "whole")
    shutil.copytree(held.path, whole.path, symlinks=True)
    night(whole, inbox, JANUARY + 2 * DAY)
    with monkeypatch.context() as broken:
        broken.setattr("tests.builders.publish_new", _die)
        with pytest.raises(KeyboardInterrupt):
            night(held, inbox, JANUARY + 2 * DAY)
    publish_new(held)
    assert [f.sha256 for f in _manifest(held).files] == [f.sha256 for f in _manifest(whole).files]
    assert row(held)["held"]


def _die(_: Root) -> str:
    raise KeyboardInterrupt


def _manifest(root: Root) -> Any:
    manifest = read_manifest(root)
    assert manifest
    return manifest


def test_a_figure_that_was_never_published_is_blank_and_the_next_year_is_compared_without_it(
    root: Root, inbox: Path
) -> None:
    for county in SIX:
        sent(inbox, 1, county, "2016-12")
    night(root, inbox, JANUARY)
    for county in SIX:
        sent(inbox, 100 if county == SLIPPED else 1, county, "2017-12")
    night(root, inbox, JANUARY + DAY)
    (province,) = (one for one in holds(root) if (one.indicator, one.level) == (LINE, "province"))
    assert (province.against, [one.county_code for one in province.returns]) == ("year", [SLIPPED])
    now = row(root)
    assert (now["value"], now["held"], now["counties_counted"], now["counties_due"]) == (None, True, 0, 119)
    for county in SIX:
        sent(inbox, 1, county, "2018-12")
    assert night(root, inbox, JANUARY + 2 * DAY).held == 0
    later = row(root, period="2018-12")
    assert (later["value"], later["prior_year"], later["held"]) == (Decimal(18_000_000), None, False)
    e = explain_figure(LineageReader(root, url(root)), BOOK, FigureSelection("mart_finance", LINE, "2018-12"))
    assert not e.differs


def test_a_province_that_fills_up_moves_nothing(root: Root, inbox: Path) -> None:
    for county in SIX:
        sent(inbox, 1, county)
    night(root, inbox, JANUARY)
    for division in [d for d in BOOK.in_force(PERIOD) if d.prefecture_code == "140100"][:5]:
        sent(inbox, 50, division.county_code)
    assert night(root, inbox, JANUARY + DAY).good
    assert not mart(root, "mart_finance")["held"].any()


@pytest.mark.parametrize("asked", [("mart_finance", LINE), ("mart_scorecard", "microcredit_amount")])
def test_explained_a_held_figure_is_what_was_known_before(held: Root, asked: tuple[str, str]) -> None:
    e = explain_figure(LineageReader(held, url(held)), BOOK, FigureSelection(*asked, PERIOD))
    assert (e.value, e.recomputed, e.differs) == (Decimal(18_000_000), Decimal(18_000_000), False)


GIVEN = [stores.said(n, c, PERIOD, "finance", lent(100 if c == SLIPPED else 1)) for n, c in enumerate(SIX, 1)]


def known(times: int, **of_all: Any) -> Any:
    """The store in memory: six counties in run 1, in run 2 one of them so many times as much."""
    before = [stores.said(n, county, PERIOD, "finance", lent()) for n, county in enumerate(SIX, 1)]
    state = stores.known(*before, stores.said(7, SLIPPED, PERIOD, "finance", lent(times)))
    gates = (*BOOK.gates, BOOK.gates[0].model_copy(update=of_all))
    state.runs, state.book = ["1", "2"], replace(BOOK, gates=gates)
    state.returns = state.returns.with_columns(run=pl.when(pl.col("receipt") == 7).then(pl.lit("2")).otherwise("run"))
    return state


@pytest.mark.parametrize(
    ("times", "of_all", "states"),
    [
        (100, {}, {"held"}),
        (100, {"setting": "warn"}, {"warned"}),
        (100, {"setting": "off"}, set()),
        (100, {"counties": 7}, set()),
        (100, {"snapshot": 20.0}, set()),
        (4, {"slack": 0}, set()),  # (5 + 4) / 6 is 1.5
        (5, {"slack": 0}, {"held"}),
        (0, {"slack": 0}, set()),  # 5 / 6
    ],
)
def test_a_setting_and_a_bound_for_each_figure(times: int, of_all: dict[str, Any], states: set[str]) -> None:
    assert {one.state for one in gate([BOOK.datasets["finance"]], PERIOD, known(times, **of_all)).news} == states


def test_what_is_said_already_is_not_said_again() -> None:
    state = known(100)
    first = gate([BOOK.datasets["finance"]], PERIOD, state)
    state.holds = {one.figure: one for one in first.news}
    again = gate([BOOK.datasets["finance"]], PERIOD, state)
    assert (again.standing, again.news) == (first.standing, ())


def test_of_two_lines_the_later_says_what_a_figure_may_do() -> None:
    loan, rate = BOOK.datasets["finance"][LINE], BOOK.datasets["relocation"]["villages_completed"]
    assert gate_of(BOOK.gates, loan, "province")["slack"] == 1_000_000
    assert gate_of(BOOK.gates, rate, "province") == {
        "setting": "hold", "snapshot": 1.5, "period": 5, "year": 20, "slack": 50, "counties": 5,
    }  # fmt: skip


def test_a_ratio_is_held_with_the_columns_that_it_is_made_of() -> None:
    outcomes = BOOK.datasets["outcomes"]
    made_of = {i.column: i.roll_up for i in outcomes.indicators if i.roll_up.denominator or i.roll_up.weight}
    ratio, roll_up = next(iter(made_of.items()))
    held = pl.DataFrame([("outcomes", PERIOD, roll_up.weight, "province", "140000", "000001")], HELD, orient="row")
    lines = held_lines(_sources(held), outcomes)
    assert {roll_up.weight, ratio} <= set(lines["indicator"])
    assert lines["since"].unique().to_list() == ["000001"]


def _sources(held: pl.DataFrame) -> Sources:
    return Sources(BOOK, Path("none"), lambda _: pl.DataFrame(), (), holds=held)


def test_a_return_that_moves_nothing_alone_is_not_named() -> None:
    (one, *_) = gate([BOOK.datasets["finance"]], PERIOD, known(100)).standing
    assert one.returns == (Mover(receipt=7, submission="ab", file="7.csv", county_code=SLIPPED, share=100.0),)
