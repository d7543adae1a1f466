"""The messy province: its night gives the marts of the clean one, but for what the key says must be refused.

Two nights side by side: the messy files, and the clean files without the returns that are to be refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from openpyxl import load_workbook
from polars.testing import assert_frame_equal

from tests.builders import BOOK, apart, marts, night
from tests.messy_table import PAGE, PLACE, SEED, Place, Result, page, place_of, read_key, result
from tests.plain_rules import OUTLIERS
from warehouse.intake.formats.preflight import UNREAD
from warehouse.store.files import Root
from warehouse.synthetic import build_returns, write_returns, write_sample
from warehouse.synthetic.messy import KeyRow
from warehouse.synthetic.messy.county import out_of_its_time

Marts = Mapping[str, pl.DataFrame]
# Where a figure stands differs by nature; what it is does not.
FACTS = ("fact_indicator", "fact_policy", "fact_relocation_villages", "fact_support_units")
PROVENANCE = dict.fromkeys(FACTS, ("version", "submission", "sheet", "row")) | dict.fromkeys(
    ("mart_changes", "mart_versions"), ("submission_before", "submission_after")
)
# How many returns came and what became of them; what came of each is in `mart_completeness`, which is compared.
COUNTS = ("received", "accepted", "quarantined", "missing", "complete")
# What tells of runs and of refused returns; whom to chase for them follows from `mart_completeness`, which is compared.
OF_THE_REFUSED = ("mart_corrections", "mart_findings", "mart_holds", "mart_runs", "mart_to_chase")
# What is not received under its own code: the file cannot be read, says nobody's code, or says another one.
NOT_RECEIVED = (*UNREAD, "county_unclear", "known_county")


@dataclass(frozen=True)
class Nights:
    """The key, the marts of both nights, what became of each line of the key."""

    key: list[KeyRow]
    messy: Marts
    clean: Marts
    result: Result

    @property
    def refused(self) -> list[KeyRow]:
        return [line for line in self.key if line.outcome == "refused"]


def run_messy(folder: Path) -> None:
    night(Root(folder / "root"), folder / "inbox", in_children=True)


def run_clean(folder: Path, without: set[Place]) -> None:
    write_returns(folder / "inbox", [one for one in build_returns(SEED) if place_of(one) not in without])
    night(Root(folder / "root"), folder / "inbox")


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """Both nights, in processes of their own."""
    messy, clean = (tmp_path_factory.mktemp(name) for name in ("messy", "clean"))
    write_sample(messy / "inbox", SEED, messy=True)
    key = read_key(messy / "inbox")
    refused = {place_of(line) for line in key if line.outcome == "refused"}
    runs = [apart(run_messy, messy), apart(run_clean, clean, refused)]
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [0, 0]
    roots = [Root(folder / "root") for folder in (messy, clean)]
    return Nights(key, marts(roots[0]), marts(roots[1]), result(roots[0], key, build_returns(SEED)))


# --- line by line of the key ----------------------------------------------------------------------------------------


def test_each_return_is_read_right_or_refused_as_the_key_says(nights: Nights) -> None:
    assert nights.result.wrong == []
    assert len(nights.result.outcomes) == len(nights.key) == len(build_returns(SEED))


def test_all_rules_of_reading_that_the_key_names_are_found_and_no_others(nights: Nights) -> None:
    found = {rule for outcome in nights.result.outcomes for rule in outcome.rules if outcome.line.outcome == "refused"}
    assert found == {line.rule for line in nights.refused}


def test_of_what_is_read_only_what_nobody_sees_is_mentioned(nights: Nights) -> None:
    said = {(o.line.habit, rule) for o in nights.result.outcomes for rule in o.rules if o.line.outcome == "read"}
    assert said == {("hidden_rows", "hidden_rows"), ("unseen_signs", "unseen_signs")}


def test_the_page_says_what_the_night_found(nights: Nights) -> None:
    written = (Path(__file__).parents[2] / PAGE).read_text(encoding="utf-8")
    assert written == page(nights.result, SEED), "make messy writes it anew"


# --- mart by mart ---------------------------------------------------------------------------------------------------


def strangers(refused: Iterable[KeyRow]) -> set[Place]:
    """What the refused returns stand under that say a code not in force."""
    divisions = {d.county_code: d for d in BOOK.divisions}
    lines = [line for line in refused if line.rule == "known_county"]
    others = [out_of_its_time(divisions[line.county_code]) for line in lines]
    return {(one.county_code, line.period, line.dataset) for one, line in zip(others, lines, strict=True) if one}


def lacking(mart: pl.DataFrame) -> pl.DataFrame:
    """The mart with the counties that are missing and quarantined as one: what is refused here did not come there."""
    both = {name: name.replace("missing", "quarantined") for name in mart.columns if name.endswith("_missing")}
    sums = {name: pl.col(name) + pl.col(other) for name, other in both.items()}
    return mart.with_columns(**sums).drop(both.values())


def comparable(all_marts: Marts, refused: Iterable[KeyRow]) -> dict[str, pl.DataFrame]:
    """The marts without what differs by nature: where a figure stands, findings, and what tells of refused returns."""
    lines = list(refused)
    places = pl.DataFrame(
        [*map(place_of, lines), *strangers(lines)], dict.fromkeys(PLACE, pl.String), orient="row"
    ).unique()
    left = {
        name: frame.drop(PROVENANCE.get(name, ())) for name, frame in all_marts.items() if name not in OF_THE_REFUSED
    }
    left["dim_period"] = left["dim_period"].drop(COUNTS)
    left = {name: frame.pipe(lacking) for name, frame in left.items()}
    for name in ("mart_completeness", "mart_quality"):
        left[name] = left[name].join(places, on=PLACE, how="anti", maintain_order="left")
    return left


def assert_same(messy: Marts, clean: Marts, refused: Iterable[KeyRow]) -> None:
    """Raises AssertionError for the first mart that differs in more than its nature."""
    ours, theirs = (comparable(one, refused) for one in (messy, clean))
    assert ours.keys() == theirs.keys()
    for name, frame in theirs.items():
        try:
            assert_frame_equal(ours[name], frame, check_exact=True)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}") from error


def test_the_marts_are_those_of_the_clean_province(nights: Nights) -> None:
    assert_same(nights.messy, nights.clean, nights.refused)
    assert set(nights.clean["mart_findings"]["rule"]) <= OUTLIERS


def test_every_mart_that_has_figures_is_compared_and_none_is_empty(nights: Nights) -> None:
    compared = comparable(nights.messy, nights.refused)
    assert compared.keys() == nights.messy.keys() - set(OF_THE_REFUSED)
    of_releases = {"mart_releases", "mart_revisions"}  # nobody has approved a period
    assert {name for name, frame in compared.items() if frame.is_empty()} == of_releases
    assert compared["fact_indicator"].height > 40_000


def test_a_period_counts_what_came_of_its_returns(nights: Nights) -> None:
    due = nights.messy["mart_completeness"].filter("due")
    for row in nights.messy["dim_period"].rows(named=True):
        own = due.filter(period=row["period"])
        counts = [own.filter(pl.col("verdict").str.starts_with(verdict)).height for verdict in ("acc", "quar")]
        assert [row[name] for name in ("due", "accepted", "quarantined")] == [own.height, *counts]
        assert row["complete"] == (own.height == counts[0])
    assert nights.messy["dim_period"]["quarantined"].sum() > 0


def test_refused_returns_are_in_no_figure(nights: Nights) -> None:
    places = {*map(place_of, nights.refused), *strangers(nights.refused)}
    facts = nights.messy["fact_indicator"].select(PLACE).unique()
    assert not places & set(facts.iter_rows())


def test_what_comes_of_refused_returns_is_what_their_rule_implies(nights: Nights) -> None:
    came = {
        row[0:3]: row[3:]
        for row in nights.messy["mart_completeness"].select(*PLACE, "due", "received", "verdict").iter_rows()
    }
    for line in nights.refused:
        known = line.rule not in NOT_RECEIVED
        assert came[place_of(line)] == (True, known, "quarantined" if known else None), line
    assert len(strangers(nights.refused)) == len([line for line in nights.refused if line.rule == "known_county"]) > 0
    for place in strangers(nights.refused):
        assert came[place] == (False, True, "quarantined"), place


# --- the comparison itself ------------------------------------------------------------------------------------------


def changed(all_marts: Marts, name: str, column: str, value: pl.Expr) -> Marts:
    """The marts with another value in one row of one of them."""
    frame = all_marts[name].with_row_index("at")
    other = frame.with_columns(pl.when(pl.col("at") == frame.height // 2).then(value).otherwise(column).alias(column))
    return {**all_marts, name: other.drop("at").cast(all_marts[name].schema)}


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("fact_indicator", "value", pl.col("value") + 1),
        ("fact_indicator", "status", pl.lit("verified")),
        ("fact_relocation_villages", "persons", pl.col("persons") + 1),
        ("mart_finance", "month_value", pl.lit(-1)),
        ("mart_relocation", "villages_started", pl.lit(None)),
        ("mart_scorecard", "counties_counted", pl.col("counties_counted") - 1),
        ("mart_quality", "not_evaluated", pl.col("not_evaluated") + 1),
        ("mart_completeness", "verdict", pl.lit("accepted_with_queries")),
    ],
)
def test_one_other_value_is_noticed(nights: Nights, name: str, column: str, value: pl.Expr) -> None:
    with pytest.raises(AssertionError, match=name):
        assert_same(changed(nights.messy, name, column, value), nights.clean, nights.refused)


def test_one_other_value_in_a_file_is_noticed(tmp_path: Path) -> None:
    """A month of the province, with one more mu in one cell of one workbook."""
    write_sample(tmp_path / "inbox", SEED, messy=True, period="2017-11")
    key = read_key(tmp_path / "inbox")
    line = next(
        one
        for one in key
        if one.habit in ("order", "plain") and one.dataset == "projects" and one.file.endswith(".xlsx")
    )
    path = tmp_path / "inbox" / line.file
    book = load_workbook(path)
    sheet = book[BOOK.datasets["projects"].label_zh]
    at = next(cell.coordinate for cell in sheet[1] if cell.value == "造林绿化任务(亩)").replace("1", "2")
    was = sheet[at].value
    sheet[at] = was + 1
    book.save(path)
    night(Root(tmp_path / "root"), tmp_path / "inbox")
    done = result(Root(tmp_path / "root"), key, (one for one in build_returns(SEED) if one.period == "2017-11"))
    (wrong,) = (outcome for outcome in done.outcomes if outcome.wrong)
    assert wrong.line == line
    assert f"is {was + 1}" in wrong.wrong
    assert f"not {was}" in wrong.wrong
