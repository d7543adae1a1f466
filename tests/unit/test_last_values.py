"""Templates that know what the county sent last: values beside the cells, what they allow, and that it is read back."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner

from expectations.analysis.input_limits import form_of
from expectations.analysis.known_rows import KnownRows, SeverityInterval
from expectations.linear.intervals import Interval
from flows.cli import template
from flows.cli.main import app
from flows.settings import Settings
from tests.builders import BOOK, TIANZHEN, YANGGAO, read_files, row, village
from tests.small_store import Sent, run
from tests.templates import fill, province
from warehouse.intake.template import Form, select_template, template_name, write_template
from warehouse.intake.template.last_values import LAST_VALUES
from warehouse.intake.template.sheets import Grid
from warehouse.messages.errors import PermanentError
from warehouse.store.files import Root
from warehouse.store.history import schema
from warehouse.store.prior_state import RETURNS, PriorState

CHENGQU, PINGCHENG = "140202", "140213"
MAY, JUNE, DECEMBER = "2018-05", "2018-06", "2017-12"
RELOCATION, OUTCOMES = BOOK.datasets["relocation"], BOOK.datasets["outcomes"]
VILLAGES = {"villages_planned": 3350, "villages_started": 2487, "villages_completed": 884, "villages_demolished": 381}
DIVISIONS = {d.county_code: d for d in BOOK.divisions}


def store(sent: Mapping[tuple[str, str], list[dict[str, Any]]], county: str = TIANZHEN) -> PriorState:
    """A store in which a county's returns of these datasets and periods were accepted."""
    decided, fresh = [], {}
    for receipt, ((name, period), rows) in enumerate(sent.items(), start=1):
        place = {"run": "000001", "receipt": receipt, "submission": "ab" * 32, "dataset": name, "version": 1}
        decided.append(place | {"county_code": county, "period": period, "verdict": "accepted"})
        own = {"receipt": receipt, "county_code": county, "period": period, "version": 1}
        made = pl.DataFrame([own | one for one in rows], schema(BOOK.datasets[name]))
        fresh[name] = pl.concat([fresh[name], made]) if name in fresh else made
    return PriorState(BOOK, Path("none"), ["000001"], pl.DataFrame(decided, RETURNS), fresh)


def known_rows(known: PriorState, dataset: str, period: str = JUNE, county: str = TIANZHEN) -> KnownRows:
    return KnownRows.of(known, BOOK.datasets[dataset], period, [DIVISIONS[county]])


def allowed(known: PriorState, dataset: str, period: str = JUNE) -> dict[str, tuple[SeverityInterval, ...]]:
    return known_rows(known, dataset, period).bounds(BOOK.datasets[dataset], TIANZHEN)


def ends(found: SeverityInterval) -> tuple[str, int | None, int | None]:
    low, high = (None if end is None else int(end) for end in (found.interval.low, found.interval.high))
    return found.severity, low, high


# --- what last values allow ----------------------------------------------------------------------------------------


def test_villages_stay_above_their_last_count_and_that_of_what_comes_after() -> None:
    found = allowed(store({("relocation", MAY): [row("relocation", **VILLAGES, persons_moved_in=70)]}), "relocation")
    assert {column: [ends(one) for one in found[column]] for column in VILLAGES} == {
        "villages_planned": [("critical", 3350, None)],
        "villages_started": [("critical", 2487, None)],
        "villages_completed": [("critical", 884, None)],
        "villages_demolished": [("critical", 381, None)],
    }
    # That persons are fewer is a query; and none moved in who is not housed, nor is housed who was not identified.
    assert [ends(one) for one in found["persons_moved_in"]] == [("warning", 70, None)]
    assert [(ends(one), one.implied) for one in found["persons_identified"]] == [(("warning", 70, None), True)]


def test_a_year_opens_with_what_the_last_one_closed_with_and_no_more_leave_than_there_were() -> None:
    last = row("outcomes", poor_persons_closing=10_000, poor_villages_opening=50, poor_villages_exited=8)
    found = allowed(store({("outcomes", DECEMBER): [last]}), "outcomes")
    assert [ends(one) for one in found["poor_persons_opening"]] == [("critical", 10_000, 10_000)]
    assert [ends(one) for one in found["poor_villages_exited"]] == [("warning", 0, 42)]
    assert found["poor_villages_exited"][0].implied


def test_what_other_cells_had_last_bounds_a_cell_as_well() -> None:
    found = allowed(
        store({("relocation", MAY): [row("relocation", **VILLAGES | {"villages_planned": 10})]}), "relocation"
    )
    # Planned are no fewer than the 2487 that were started, whatever was planned last.
    assert [(ends(one), one.implied) for one in found["villages_planned"]] == [(("critical", 2487, None), True)]


def test_without_last_values_nothing_is_allowed_beyond_the_definitions() -> None:
    assert allowed(store({}), "relocation") == {}
    assert known_rows(store({}), "relocation").last == {}


def test_an_empty_interval_is_left_out() -> None:
    december = row("outcomes", poor_persons_closing=10)
    known = known_rows(store({("outcomes", DECEMBER): [december]}), "outcomes")
    contradicting = {TIANZHEN: {**known.rows[TIANZHEN], "december_poor_persons_closing": -1}}
    assert "poor_persons_opening" not in KnownRows(known.rules, contradicting).bounds(OUTCOMES, TIANZHEN)


COUNTS = st.integers(0, 30)


@settings(max_examples=25, deadline=None)
@given(
    st.fixed_dictionaries(dict.fromkeys(VILLAGES, COUNTS)),
    st.fixed_dictionaries(
        dict.fromkeys((*VILLAGES, "persons_identified", "persons_housed", "persons_moved_in"), COUNTS)
    ),
)
def test_a_row_that_keeps_every_rule_lies_within_its_bounds(last: dict[str, int], now: dict[str, int]) -> None:
    joined = {f"last_{column}": value for column, value in last.items()}
    known = relocation_rules()
    found = KnownRows(known.rules, {TIANZHEN: {**known.rows[TIANZHEN], **joined}}).bounds(RELOCATION, TIANZHEN)
    for level, rules in known.rules.items():
        numbers = rules.numbers(now)
        if any(demand.broken(numbers) for demand in rules.of_row({**joined, **now})):
            continue
        for column, every in found.items():
            for one in every:
                if column in numbers and level in (one.severity, "warning"):
                    assert not (one.interval & Interval(numbers[column], numbers[column])).empty


@cache
def relocation_rules() -> KnownRows:
    return known_rows(store({("relocation", MAY): [row("relocation")]}), "relocation")


def test_the_last_values_of_a_county_that_became_another_are_its_own() -> None:
    known = store({("finance", "2017-12"): [row("finance", loan_households=7)]}, CHENGQU)
    assert known_rows(known, "finance", JUNE, PINGCHENG).last == {}  # came from more than one, of which one sent


# --- the workbook --------------------------------------------------------------------------------------------------


def forms(known: PriorState, datasets: tuple[str, ...] = (), county: str = TIANZHEN) -> list[Form]:
    wanted = select_template(BOOK, county, JUNE, datasets)
    return [form_of(BOOK, wanted, d, KnownRows.of(known, d, JUNE, [wanted.division])) for d in wanted.datasets]


@cache
def after_december() -> list[Form]:
    """All forms of a county that sent what the synthetic province has of it in December."""
    sent = [r for r in province() if (r.county_code, r.period) == (TIANZHEN, DECEMBER) and not r.nil]
    return forms(store({(r.dataset, r.period): [dict(one) for one in r.rows] for r in sent}))


def workbook(made: list[Form], *, vertical: bool = False) -> bytes:
    wanted = select_template(BOOK, TIANZHEN, JUNE, [form.dataset.dataset for form in made])
    return write_template(wanted, made, vertical=vertical)


def opened(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def prompt(book: openpyxl.Workbook, dataset: str, column: str) -> list[str]:
    form = BOOK.datasets[dataset]
    page = book[form.label_zh]
    assert isinstance(page, Worksheet)
    found = {str(v.sqref).split(":")[0]: v for v in page.data_validations.dataValidation}
    return str(found[Grid(form).places[column].cell.replace("$", "")].prompt).splitlines()


def test_a_cells_message_says_its_last_value_and_between_what_it_lies_in_the_headers_unit() -> None:
    known = store(
        {
            ("relocation", MAY): [row("relocation", **VILLAGES, funds_paid_yuan=85_000_000)],
            ("outcomes", DECEMBER): [row("outcomes", poor_villages_opening=50, poor_villages_exited=8)],
        }
    )
    book = opened(workbook(forms(known, ("relocation", "outcomes"))))
    assert prompt(book, "relocation", "villages_completed")[1:4] == [
        "必填 Required", "上期 Last (2018-05): 884", "应不小于 must be at least 884",
    ]  # fmt: skip
    assert prompt(book, "relocation", "funds_paid_yuan")[2:4] == [
        "上期 Last (2018-05): 8,500", "宜不小于 else queried: at least 8,500",
    ]  # fmt: skip
    assert "宜在 0 与 42 之间 else queried: between 0 and 42" in prompt(book, "outcomes", "poor_villages_exited")


def test_what_last_values_ask_of_a_cell_colours_it() -> None:
    (made,) = forms(store({("relocation", MAY): [row("relocation", **VILLAGES, persons_moved_in=70)]}), ("relocation",))
    wrong = {limit.wrong: limit.severity for limit in made.limits}
    assert wrong["IF(COUNT({villages_completed})=1,ROUND({villages_completed}-884,6)<0,FALSE)"] == "critical"
    assert wrong["IF(ISNUMBER({persons_identified}),OR({persons_identified}<70),FALSE)"] == "warning"
    assert {told.rule: told.seen for told in made.told}["relocation_never_falls"] == "typed"
    page = opened(workbook([made]))[RELOCATION.label_zh]
    formulas = [rule.formula[0] for area in page.conditional_formatting for rule in area.rules]
    assert "IF(COUNT($C2)=1,ROUND($C2-884,6)<0,FALSE)" in formulas


@pytest.mark.parametrize("vertical", [False, True])
def test_a_filled_template_with_last_values_is_read_as_one_without(vertical: bool, tmp_path: Path) -> None:  # noqa: FBT001
    made = after_december()
    assert any(form.last and form.last.rows for form in made)
    sent = [r for r in province() if (r.county_code, r.period) == (TIANZHEN, JUNE)]
    wanted = select_template(BOOK, TIANZHEN, JUNE)
    path = tmp_path / template_name(wanted)
    fill(opened(workbook(made, vertical=vertical)), wanted, sent, path, vertical=vertical)
    read = read_files(path)
    assert read.findings == []
    for found in sent:
        rows = read.rows[found.dataset].select(BOOK.datasets[found.dataset].columns)
        assert rows.to_dicts() == list(found.rows), found.dataset


def test_an_empty_template_with_last_values_holds_no_figures(tmp_path: Path) -> None:
    path = tmp_path / "140222_天镇县_2018-06.xlsx"
    path.write_bytes(workbook(after_december()))
    read = read_files(path)
    assert sum(len(rows) for name, rows in read.rows.items() if name != "policy") == 0
    assert {f.rule for f in read.findings if f.dataset != "policy"} == {"empty_return"}


FORMS = ("relocation_villages", "support_units")
HOSTILE = '=HYPERLINK("http://x","y")\u202e'


def test_a_text_of_a_return_is_only_shown() -> None:
    evil = village("140222000001") | {"village_name": HOSTILE, "township": "@SUM(A1)"}
    unit = row("support_units", unit_level="central", unit_name="-2+3|cmd")
    data = workbook(forms(store({("relocation_villages", MAY): [evil], ("support_units", MAY): [unit]}), FORMS))
    page = opened(data)[LAST_VALUES]
    shown = [cell for line in page.iter_rows() for cell in line if cell.value is not None]
    assert not [cell.coordinate for cell in shown if cell.data_type == "f"]
    assert not [cell.coordinate for cell in shown if str(cell.value).startswith(("=", "@", "-"))]
    assert "\u202e" not in "".join(str(cell.value) for cell in shown)


def test_of_a_long_register_the_first_rows_are_shown_and_how_many_are_left() -> None:
    many = [village(f"140222{n:06}") for n in range(2_003)]
    page = opened(workbook(forms(store({("relocation_villages", MAY): many}), ("relocation_villages",))))[LAST_VALUES]
    assert page.max_row == 2 + 2 + 2_000 + 1
    assert page.cell(page.max_row, 1).value == "另有 3 行 more rows"


def test_the_same_store_gives_the_same_bytes() -> None:
    known = store({("relocation", MAY): [row("relocation", **VILLAGES)]})
    assert workbook(forms(known, ("relocation",))) == workbook(forms(known, ("relocation",)))


# --- the command ---------------------------------------------------------------------------------------------------


def few(monkeypatch: pytest.MonkeyPatch, *codes: str) -> None:
    """As if the province had these counties alone."""
    book = replace(BOOK, divisions=tuple(DIVISIONS[code] for code in codes))
    monkeypatch.setattr(template, "load", lambda: book)


@pytest.fixture
def root(tmp_path: Path) -> Root:
    made = Root(tmp_path / "root")
    run(made, 1, Sent(1, lent=70_000, county=YANGGAO, period=MAY))
    return made


def test_all_counties_are_written_in_one_call_and_one_that_cannot_be_stops_no_other(
    root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few(monkeypatch, TIANZHEN, YANGGAO)
    out = tmp_path / "out"
    out.mkdir()
    (out / "140222_天镇县_2018-06.xlsx").write_bytes(b"filled")
    done = template.write_all(JUNE, ["finance"], out, settings=Settings(root=root.path))
    assert [(one.county_code, one.datasets) for one in done.written] == [(YANGGAO, ("finance",))]
    assert [one.county_code for one in done.refused] == [TIANZHEN]
    assert "another file; move it away" in done.refused[0].reason
    book = openpyxl.load_workbook(out / "140221_阳高县_2018-06.xlsx")
    assert "上期 Last (2018-05): 7" in prompt(book, "finance", "loan_amount_yuan")
    single = template.write(YANGGAO, JUNE, ["finance"], out, settings=Settings(root=root.path))
    assert single == done.written[0]


def test_all_asks_for_a_folder_and_for_what_somebody_owes(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="name a folder"):
        template.write_all(JUNE, out=tmp_path / "one.xlsx")
    with pytest.raises(PermanentError, match="money is no dataset"):
        template.write_all(JUNE, ["money"], tmp_path)
    with pytest.raises(PermanentError, match=r"no county owes any .* 2018-05; .*half_yearly datasets are due of"):
        template.write_all(MAY, ["outcomes"], tmp_path)


def test_the_command_line_wants_a_county_or_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: Root) -> None:
    few(monkeypatch, YANGGAO)
    monkeypatch.setenv("XIANBAO_ROOT", str(root.path))
    wrong = CliRunner().invoke(app, ["template", "--period", JUNE])
    assert wrong.exit_code == 2
    asked_for = ["template", "--all", "--period", JUNE, "--dataset", "finance", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, [*asked_for, "--json"])
    said = json.loads(done.stdout)
    assert (done.exit_code, [Path(one["file"]).name for one in said["written"]], said["refused"]) == (
        0, ["140221_阳高县_2018-06.xlsx"], [],
    )  # fmt: skip
    (tmp_path / "out" / "140221_阳高县_2018-06.xlsx").write_bytes(b"filled")
    again = CliRunner().invoke(app, asked_for)
    assert again.exit_code == 1
    assert "0 workbooks written, 1 not" in again.stdout
