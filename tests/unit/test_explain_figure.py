"""A figure explained: its value, formula, counties, files, cells and rules, and what somebody asked for wrongly."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from flows.cli.main import app
from flows.cli.screen import Screen
from flows.cli.views.figure import show_figure
from tests.builders import (
    BOOK,
    GUANGLING,
    RECEIVED,
    TIANZHEN,
    YANGGAO,
    finance,
    given,
    loans,
    mart,
    night,
    row,
    send,
    url,
    village,
)
from tests.decision_requests import decide
from warehouse.lineage import FigureSelection, explain_figure, explained_marts
from warehouse.lineage.figure_lineage import FigureLineage
from warehouse.lineage.reader import LineageReader
from warehouse.marts.measures import measures_of
from warehouse.messages.errors import PermanentError
from warehouse.snapshots.parquet import to_parquet
from warehouse.store.files import Root

PERIOD, EARLIER = "2017-12", "2017-11"
ONE, TWO = date(2017, 5, 1), date(2017, 6, 1)


def figure(root: Root, mart_name: str, name: str, period: str | None = PERIOD, **asked: Any) -> FigureLineage:
    e = explain_figure(LineageReader(root, url(root)), BOOK, FigureSelection(mart_name, name, period, **asked))
    assert not e.differs, (e.value, e.recomputed)
    return e


def screen(e: FigureLineage, width: int = 80, *, whole: bool = False) -> str:
    console = Screen(width=width, file=StringIO(), record=True)
    show_figure(e, console, whole=whole)
    return console.export_text()


def relocation(county: str, planned: int, completed: int, *, started: int | None = None) -> Any:
    """A summary with as many villages as its register would have."""
    values = {"villages_planned": planned, "villages_started": started or completed, "villages_completed": completed}
    return given(county, PERIOD, "relocation", row("relocation", **values))


def register(county: str, planned: int, completed: int) -> Any:
    villages = (village(f"{county}{n:06}", *((ONE, TWO) if n < completed else ())) for n in range(planned))
    return given(county, PERIOD, "relocation_villages", *villages)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Root:
    """Of three counties one has sent a correction, one is quarantined, one is nil. Not to be changed."""
    folder = tmp_path_factory.mktemp("three")
    root, inbox = Root(folder / "root"), folder / "inbox"
    night(
        root, send(inbox, loans(finance(500, 1), period=EARLIER), loans(finance(700), county=TIANZHEN, period=EARLIER))
    )
    returns = (
        *(loans(finance(1_000, 2)), relocation(YANGGAO, 3, 2), register(YANGGAO, 3, 2)),
        *(loans(finance(60_000, 1), county=TIANZHEN), relocation(TIANZHEN, 2, 1), register(TIANZHEN, 2, 1)),
        *(given(GUANGLING, PERIOD, "relocation"), given(GUANGLING, PERIOD, "relocation_villages")),
    )
    night(root, send(inbox, *returns), RECEIVED + timedelta(days=1))
    night(root, send(inbox, loans(finance(1_500, 3)), relocation(YANGGAO, 3, 2), register(YANGGAO, 3, 2)),
          RECEIVED + timedelta(days=2))  # fmt: skip
    return root


# --- one county's figure -------------------------------------------------------------------------------------------


def test_a_countys_figure_is_told_down_to_the_cell(three: Root) -> None:
    e = figure(three, "mart_finance", "loan_amount_yuan", county="阳高县")
    (one,) = e.evidence
    assert (e.value, e.area.code, e.due, e.counted) == (1_500, YANGGAO, 1, 1)
    assert e.formula.code == "loan_amount_yuan = finance.loan_amount_yuan"
    assert e.formula.zh == "小额信贷投放 = 金融扶贫 小额信贷投放"
    assert one.decision is not None
    assert (one.decision["standing"], one.decision["version"], one.decision["receipt"]) == ("in_force", 2, 6)
    assert one.cells.select("sheet", "row", "cell", "text", "value").rows() == [("金融扶贫", 2, "B2", "0.15", "1500")]
    assert one.others.select("receipt", "standing").rows() == [(3, "superseded")]
    passed = one.rules.filter(failed=0, not_evaluated=0)["rule"].to_list()
    assert {"loan_cap", "key_unique"} <= set(passed)


def test_the_cell_is_where_the_file_says(three: Root) -> None:
    said = screen(figure(three, "mart_finance", "loan_amount_yuan", county=YANGGAO), 120)
    assert "金融扶贫!B2  0.15  万元 x 10,000  =  1,500 元 yuan" in said
    assert "in force 有效" in said
    assert "superseded 被取代" in said


def test_a_quarantined_return_gives_nothing_and_says_why(three: Root) -> None:
    e = figure(three, "mart_finance", "loan_amount_yuan", county=TIANZHEN)
    (one,) = e.evidence
    assert (e.value, e.counted, e.due) == (None, 0, 1)
    assert e.counties["state"].to_list() == ["quarantined"]
    assert "loan_cap" in one.rules.filter(pl.col("failed") > 0)["rule"].to_list()
    assert "loan_cap" in [f.rule for f in one.findings]
    said = screen(e)
    assert "空 blank" in said
    assert "不计入,不沿用旧数" in said


def test_a_return_that_never_came_is_missing(three: Root) -> None:
    e = figure(three, "mart_finance", "loan_amount_yuan", county=GUANGLING)
    assert (e.value, e.counties["state"].to_list(), e.evidence[0].decision) == (None, ["missing"], None)
    assert "missing 未报" in screen(e)


def test_the_register_gives_its_villages_with_their_rows(three: Root) -> None:
    e = figure(three, "mart_relocation", "villages_completed", county=YANGGAO, source="register")
    (one,) = e.evidence
    assert (e.value, one.rows) == (2, 2)
    assert one.cells.select("row", "cell", "value").rows() == [(2, "G2", "2017-06-01"), (3, "G3", "2017-06-01")]
    assert e.formula.code.endswith("number of rows of relocation_villages where completed_on <= 2017-12-31")
    assert "2 行 rows enter 计入" in screen(e, 120)


def test_a_nil_return_counts_with_none_and_has_its_cell_on_the_cover(three: Root) -> None:
    for source in ("summary", "register"):
        e = figure(three, "mart_relocation", "villages_planned", county=GUANGLING, source=source)
        assert (e.value, e.counted) == (0, 1)
        assert str(e.evidence[0].nil_cell).startswith("封面!")
        assert "nil 无: 封面!" in screen(e)


def test_a_waiver_is_told_with_its_reason(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(60_000, 1))))
    decide(root, "waive", RECEIVED + timedelta(days=1), reason="电话核实", by="李")
    e = figure(root, "mart_finance", "loan_amount_yuan", county=YANGGAO)
    assert (e.value, e.counties["reason"].to_list()) == (60_000, ["电话核实"])
    assert "waiver 豁免: 电话核实, 李" in screen(e)
    # The file came a day before it was let in.
    came = "received 收到 2018-07-05 03:00 UTC, decided 核定 2018-07-06 03:00 UTC, run 000002"
    assert came in " ".join(screen(e).split())
    assert "waived 豁免" in screen(figure(root, "mart_finance", "loan_amount_yuan"), 120)
    decide(root, "withdraw", RECEIVED + timedelta(days=2), reason="误报")
    gone = figure(root, "mart_finance", "loan_amount_yuan", county=YANGGAO)
    assert (gone.value, gone.counties["state"].to_list()) == (None, ["withdrawn"])
    assert "withdrawn 撤回: 误报" in screen(gone)


def test_an_original_that_is_gone_is_said_and_the_rest_is_told(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1_000, 2))))
    for original in root.archive.glob("*/*"):
        original.unlink()
    e = figure(root, "mart_finance", "loan_amount_yuan", county=YANGGAO)
    assert (e.value, e.trouble) == (1_000, True)
    assert "cannot be read" in str(e.evidence[0].trouble)


# --- totals --------------------------------------------------------------------------------------------------------


def test_a_prefecture_lists_who_counts_and_who_does_not(three: Root) -> None:
    e = figure(three, "mart_finance", "loan_amount_yuan", prefecture="大同")
    states = dict(e.counties.select("county_code", "state").iter_rows())
    assert (e.value, e.due, e.counted) == (1_500, 11, 1)
    assert (states[YANGGAO], states[TIANZHEN], states[GUANGLING]) == ("counted", "quarantined", "missing")
    own = e.counties.row(by_predicate=pl.col("county_code") == YANGGAO, named=True)
    assert (own["value"], own["receipt"], own["version"], own["sheet"], own["first_row"]) == (
        1_500,
        6,
        2,
        "金融扶贫",
        2,
    )
    assert e.formula.code == "loan_amount_yuan = sum over counties of finance.loan_amount_yuan"
    said = screen(e)
    assert "Due and not counted 应报未计入 10" in said
    assert "counted 计入 1 of 应报 11" in said


def test_a_rate_is_one_sum_over_another(three: Root) -> None:
    for source in ("summary", "register"):
        e = figure(three, "mart_relocation", "completed_rate", source=source)
        assert [part.value for part in e.parts] == [3, 5]
        assert e.value == 60
        own = e.counties.filter(county_code=YANGGAO).row(0, named=True)
        assert (own["term_1"], own["term_2"]) == (2, 3)
    assert figure(three, "mart_relocation", "completed_rate").formula.code == (
        "completed_rate = 100 x sum(villages_completed) / sum(villages_planned)"
    )


def test_a_comparison_lists_the_counties_of_both_periods(three: Root) -> None:
    e = figure(three, "mart_finance", "loan_amount_yuan", prefecture="大同市", column="month_value")
    assert e.chosen is not None
    assert (e.chosen.value, e.chosen.before) == (1_000, EARLIER)
    told = e.compared.select("now_codes", "now", "then", "now_receipts", "then_receipts").rows()
    assert told == [(YANGGAO, 1_500, 500, "6", "1")], "Tianzhen is quarantined now: it is not compared"
    own = figure(three, "mart_finance", "loan_amount_yuan", county=YANGGAO, column="month_value")
    assert [one.period for one in own.evidence] == [PERIOD, EARLIER]
    assert [one.cells["value"].to_list() for one in own.evidence] == [["1500"], ["500"]]


def test_a_county_that_continues_others_is_compared_with_theirs(root: Root, inbox: Path) -> None:
    luzhou, before = "140403", ("140402", "140411")
    then = (loans(finance(lent), county=code, period="2017-12") for code, lent in zip(before, (500, 600), strict=True))
    here = send(inbox, *then, loans(finance(1_800), county=luzhou, period="2018-12"))
    night(root, here, RECEIVED + timedelta(days=200))
    asked = {"period": "2018-12", "county": luzhou, "column": "change_prior_year"}
    e = figure(root, "mart_finance", "loan_amount_yuan", **asked)
    assert e.chosen is not None
    assert e.chosen.value == 700
    told = e.compared.select("now_codes", "then_codes", "now", "then").rows()
    assert told == [(luzhou, "140402;140411", 1_800, 1_100)]
    assert [one.county_code for one in e.evidence] == [luzhou, *before]
    assert [one.cells["value"].to_list() for one in e.evidence] == [["1800"], ["500"], ["600"]]


def test_a_share_and_a_published_figure_list_who_is_inside(three: Root) -> None:
    e = figure(three, "mart_deep_poverty_share", "relending_yuan")
    inside = e.counties.filter("inside")["county_code"].to_list()
    assert TIANZHEN in inside
    assert YANGGAO not in inside
    assert e.formula.code.startswith("share = 100 x sum(relending_yuan) of deep_poverty")
    card = figure(three, "mart_scorecard", "relending_share", None)
    assert card.counties.filter("inside")["county_code"].to_list() == inside
    assert figure(three, "mart_scorecard", "relocation_villages_completed", None).value == 3


def test_every_published_figure_and_every_figure_of_the_marts_is_what_its_counties_give(three: Root) -> None:
    for one in BOOK.figures:
        figure(three, "mart_scorecard", one.figure, None)
    for name in BOOK.mart_list["mart_finance"].datasets:
        for line in measures_of(BOOK.datasets[name]):
            for area in ({}, {"group": "贫困县"}, {"prefecture": "140200"}, {"county": YANGGAO}):
                figure(three, f"mart_{name}", line.name, **area)
            figure(three, "fact_indicator", line.name, county=YANGGAO, dataset=name)


def test_a_published_value_that_the_returns_do_not_give_is_said(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1_000, 2))))
    store = LineageReader(root, url(root))
    path = next((root.marts / "v=000001" / "mart_finance").rglob("*.parquet"))
    wrong = mart(root, "mart_finance").with_columns(value=pl.col("value") + 1)
    path.unlink()
    path.write_bytes(to_parquet(wrong, BOOK.marts["mart_finance"]))
    e = explain_figure(store, BOOK, FigureSelection("mart_finance", "loan_amount_yuan", PERIOD, county=YANGGAO))
    assert (e.differs, e.value, e.recomputed) == (True, 1_001, 1_000)
    assert "MISMATCH 不一致: what is listed gives 1,000 元 yuan" in screen(e)


def test_an_increase_of_one_county_less_two_is_seen_to_be_wrong(root: Root, inbox: Path) -> None:
    owed = {"2017-12": (TIANZHEN, GUANGLING), "2018-06": (GUANGLING,)}
    sums = {TIANZHEN: 500, GUANGLING: 700}
    returns = (
        loans(finance(10, 1, relending_balance_yuan=sums[county]), county=county, period=period)
        for period, counties in owed.items()
        for county in counties
    )
    night(root, send(inbox, *returns))
    e = figure(root, "mart_scorecard", "relending_increase_2018", None)
    assert (e.value, e.counted, e.coverage["numerator_counted"], e.coverage["base_counted"]) == (0, 1, 1, 2)
    assert "incomplete 未齐: published 公布 300,000,000 元 yuan" in screen(e, 120)
    assert "counties 县 1 of 10, base 基数 2 of 10" in screen(e, 160)
    path = next((root.marts / "v=000001" / "mart_scorecard").rglob("*.parquet"))
    for wrong in ({"value": pl.lit(-500, pl.Decimal(38, 6))}, {"base_counted": pl.lit(1, pl.Int64)}):
        one = pl.col("figure") == "relending_increase_2018"
        columns = {name: pl.when(one).then(value).otherwise(name) for name, value in wrong.items()}
        frame = mart(root, "mart_scorecard")
        path.unlink()
        path.write_bytes(to_parquet(frame.with_columns(**columns), BOOK.marts["mart_scorecard"]))
        asked = FigureSelection("mart_scorecard", "relending_increase_2018", None)
        assert explain_figure(LineageReader(root, url(root)), BOOK, asked).differs
        path.unlink()
        path.write_bytes(to_parquet(frame, BOOK.marts["mart_scorecard"]))


def test_who_is_nil_who_is_exempt_and_what_was_written_is_told(root: Root, inbox: Path) -> None:
    outcomes = row("outcomes", rural_population=0, delisting_status="none")
    written = outcomes | {
        "rural_population": 1000, "poor_persons_closing": 123, "poor_persons_opening": 123,
        "poverty_headcount_ratio": Decimal("12.3"), "income_per_capita": Decimal(100),
        "income_per_capita_prior_year": Decimal(100), "income_growth": Decimal(0),
    }  # fmt: skip
    night(root, send(
        inbox, given(GUANGLING, PERIOD, "relocation"), given(GUANGLING, PERIOD, "relocation_villages"),
        given(YANGGAO, PERIOD, "outcomes", outcomes), given(TIANZHEN, PERIOD, "outcomes", written),
    ))  # fmt: skip
    sites = figure(root, "mart_relocation_programme", "resettlement_sites", prefecture="大同")
    assert dict(sites.counties.select("county_code", "state").iter_rows())[GUANGLING] == "nil"
    assert (sites.value, sites.counted, sites.coverage["counties_nil"]) == (None, 0, 1)
    income = figure(root, "mart_outcomes", "income_per_capita", prefecture="大同")
    assert (income.value, income.due, income.counted) == (100, 10, 1)
    assert "Not due, for it does not apply 不适用 1" in screen(income)
    ratio = figure(root, "mart_outcomes", "poverty_headcount_ratio", county=TIANZHEN)
    assert (ratio.value, ratio.published["value_reported"]) == (Decimal("12.3"), Decimal("12.3"))
    assert "the county wrote 本县填报 12.3 % percent" in screen(ratio)


def test_what_is_not_published_yet_is_not_in_it(root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night(root, send(inbox, loans(finance(1_000, 2))))
    monkeypatch.setattr("tests.builders.publish_new", lambda _: None)
    night(root, send(inbox, loans(finance(2_000, 2))), RECEIVED + timedelta(days=1))
    e = figure(root, "mart_finance", "loan_amount_yuan", county=YANGGAO)
    assert (e.value, e.behind, e.counties["receipt"].to_list()) == (1_000, True, [1])
    assert "not published yet" in screen(e)


# --- asked wrongly -------------------------------------------------------------------------------------------------


LENT = ("mart_finance", "loan_amount_yuan")


@pytest.mark.parametrize(
    ("mart_name", "name", "asked", "said"),
    [
        ("mart_finance", "loan_amount", {}, "loan_amount is no indicator of mart_finance; perhaps loan_amount_yuan"),
        ("mart_finance", "", {}, "say which indicator of mart_finance; there are: loan_households, "),
        ("mart_relocation", "villages_complete", {}, "perhaps villages_completed"),
        ("mart_relocation", "villages_completed", {"source": "x"}, "there are: summary, register"),
        (*LENT, {"source": "register"}, "only mart_relocation has sources"),
        (*LENT, {"county": "阳高"}, "阳高 is no county; give a code, like 140221 阳高县"),
        (*LENT, {"county": "城区"}, "城区 is more than one county .140202 城区"),
        (*LENT, {"county": "140215"}, "140215 .* was no county at the end of 2017-12: 140227 大同市大同县"),
        (*LENT, {"prefecture": "x"}, "x is no prefecture in 2017-12; there are: 140100 太原市"),
        (*LENT, {"group": "x"}, "x is no group of counties; there are: province 全省"),
        (*LENT, {"period": "2016-03"}, "nothing of 2016-03; its periods: 2017-11, 2017-12"),
        (*LENT, {"period": "2017"}, "2017 is no period; one looks like"),
        (*LENT, {"period": None}, "say which period"),
        (*LENT, {"column": "changes"}, "perhaps change"),
        ("mart_outcomes", "poor_persons_exited", {"period": EARLIER}, "half_yearly: its periods end in 06, 12"),
        ("mart_support", "provincial_units", {}, "provincial_units has no total"),
        ("mart_support", "aid_projects", {"county": "140105"}, "does not owe support; poverty_counties 贫困县 do"),
        ("mart_deep_poverty_share", "relending_yuan", {"county": YANGGAO}, "leave the area out"),
        ("fact_indicator", "posted_officials", {}, "fact_indicator is of counties"),
        ("mart_scorecard", "microcredit", {}, "perhaps microcredit_amount"),
        ("mart_scorecard", "microcredit_amount", {"period": EARLIER}, "was published for 2017-12"),
        ("dim_county", "", {}, "made of the codebook"),
        ("fact_policy", "", {}, "each row names sheet, row"),
        ("mart_completeness", "", {}, "says what became of returns"),
    ],
)  # fmt: skip
def test_a_question_without_an_answer_says_what_there_is(
    three: Root, mart_name: str, name: str, asked: dict[str, Any], said: str
) -> None:
    with pytest.raises(PermanentError, match=said):
        explain_figure(
            LineageReader(three, url(three)), BOOK, FigureSelection(mart_name, name, **{"period": PERIOD, **asked})
        )


# --- on the screen and the command line ----------------------------------------------------------------------------


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("area", [{"county": YANGGAO}, {"county": TIANZHEN}, {"prefecture": "大同"}])
def test_no_line_is_wider_than_the_screen(three: Root, width: int, area: dict[str, str]) -> None:
    for column in (None, "month_value"):
        said = screen(figure(three, "mart_finance", "loan_amount_yuan", column=column, **area), width, whole=True)
        assert max(map(cell_len, said.splitlines())) <= width


def test_the_command_speaks_to_people_and_to_machines(three: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIANBAO_ROOT", str(three.path))
    asked = ["explain", "mart_relocation", "--period", PERIOD, "--county", YANGGAO, "villages_completed"]
    done = CliRunner().invoke(app, asked)
    assert (done.exit_code, "完成村数 Villages completed: 2 个 villages" in done.stdout) == (0, True)
    said = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert (said["value"], said["differs"], said["snapshot"]) == ("2", False, "000003")
    assert [cell["cell"] for cell in said["evidence"][0]["cells"]] == ["C2"]
    assert CliRunner().invoke(app, [*asked, "--province"]).exit_code == 2


def test_each_mart_that_is_explained_is_a_command() -> None:
    listed = CliRunner().invoke(app, ["explain", "--help"]).stdout
    assert {mart_name for mart_name in BOOK.mart_list if mart_name in listed.split()} == set(explained_marts(BOOK))
