"""The synthetic province: published figures, its shape, its files."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from warehouse.codebook import Dataset, Figure, Indicator, load
from warehouse.messages.errors import PermanentError
from warehouse.synthetic import PERIODS, Return, build_returns, write_returns, write_sample

BOOK = load()
built = cache(build_returns)
SEEDS = (7, 2018)


@pytest.fixture(scope="module", params=SEEDS)
def clean(request: pytest.FixtureRequest) -> tuple[Return, ...]:
    return built(request.param)


# --- published figures ---------------------------------------------------------------------------------------------


def rows_of(returns: Iterable[Return], dataset: str, period: str, scope: str) -> list[dict[str, Any]]:
    members = {d.county_code for d in BOOK.members(scope, period)}
    return [
        {**row, "county_code": r.county_code}
        for r in returns
        if r.dataset == dataset and r.period == period and r.county_code in members
        for row in r.rows
    ]


def weighted(rows: Sequence[Mapping[str, Any]], column: str, weight: str) -> Decimal:
    given = [r for r in rows if r[column] is not None]
    return sum(r[column] * r[weight] for r in given) / Decimal(sum(r[weight] for r in given))


def grown(rows: Sequence[Mapping[str, Any]]) -> Decimal:
    now, before = (weighted(rows, c, "rural_population") for c in ("income_per_capita", "income_per_capita_prior_year"))
    return 100 * (now / before - 1)


def summed(rows: Sequence[Mapping[str, Any]], column: str | None) -> Decimal:
    return Decimal(sum(r[column] for r in rows if r[column] is not None))


def risen(figure: Figure, rows: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]]) -> Decimal:
    """By how much a sum has grown; or a mean, over those that gave it both times."""
    column = str(figure.column)
    if figure.unit != "percentage_point":
        return summed(rows, column) - summed(before, column)
    then = {r["county_code"]: r for r in before if r[column] is not None}
    both = [r for r in rows if r[column] is not None and r["county_code"] in then]
    return weighted(both, column, "rural_population") - weighted(
        [then[r["county_code"]] for r in both], column, "rural_population"
    )


AGGREGATES: Mapping[str, Callable[[Figure, Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]], Decimal]] = {
    "sum": lambda f, rows, _: summed(rows, f.column),
    "count": lambda _, rows, __: Decimal(len(rows)),
    "distinct": lambda f, rows, _: Decimal(len({r[f.column] for r in rows})),
    "least": lambda f, rows, _: Decimal(min(r[f.column] for r in rows)),
    "worst": lambda f, rows, _: Decimal(min(r[f.column] for r in rows)),
    "greatest": lambda f, rows, _: Decimal(max(r[f.column] for r in rows)),
    "weighted": lambda f, rows, _: weighted(rows, str(f.column), "rural_population"),
    "growth": lambda _, rows, __: grown(rows),
    "growth_lead": lambda _, rows, everywhere: grown(rows) - grown(everywhere),
    "ratio": lambda f, rows, _: 100 * summed(rows, f.column) / summed(rows, f.by),
    "share": lambda f, rows, everywhere: 100 * summed(rows, f.column) / summed(everywhere, f.column),
    "increase": risen,
}


def figure_value(figure: Figure, returns: Sequence[Return]) -> Decimal:
    """What the returns give for a figure; the third argument of an aggregate is what it is compared with."""
    if figure.aggregate == "members":
        return Decimal(len(BOOK.members(str(figure.column), figure.period)))
    rows = rows_of(returns, figure.dataset, figure.period, figure.scope)
    if figure.where:
        column, value = figure.where.split("=")
        rows = [r for r in rows if str(r[column]).lower() == value]
    if figure.since:
        other = rows_of(returns, figure.dataset, figure.since, figure.scope)
    else:
        other = rows_of(returns, figure.dataset, figure.period, "province")
    return AGGREGATES[figure.aggregate](figure, rows, other)


def test_every_published_figure_holds(clean: tuple[Return, ...]) -> None:
    wrong = {}
    for figure in BOOK.figures:
        value = figure_value(figure, clean)
        holds = {
            "eq": abs(value - figure.published) <= figure.tolerance,
            "ge": value >= figure.published,
            "le": value <= figure.published,
        }[figure.relation]
        if not holds:
            wrong[figure.figure] = value
    assert len(BOOK.figures) == 59
    assert wrong == {}


def test_worst_norms_hold_in_every_county(clean: tuple[Return, ...]) -> None:
    assert {r["provincial_leaders"] for r in rows_of(clean, "support", "2018-06", "deep_poverty")} == {1}


@pytest.mark.parametrize(
    ("dataset", "column", "period", "total"),
    [
        ("outcomes", "rural_population", "2017-12", 24_000_000),
        ("outcomes", "poor_persons_exited", "2017-12", 750_000),
        ("ecology", "persons_with_gains", "2017-12", 519_000),
        ("finance", "loan_amount_yuan", "2017-12", 8_382_000_000),
        ("training", "transferred_persons", "2017-12", 90_000),
        ("training", "planned_persons", "2018-06", 1_000_000),
        ("upskilling", "upskilling_planned_persons", "2018-06", 1_000_000),
        ("upskilling", "upskilling_planned_yuan", "2018-06", 1_000_000_000),
    ],
)
def test_totals_are_exact(clean: tuple[Return, ...], dataset: str, column: str, period: str, total: int) -> None:
    assert sum(r[column] for r in rows_of(clean, dataset, period, "province")) == total


# --- the shape of the province -------------------------------------------------------------------------------------


def test_every_due_return_is_there_once(clean: tuple[Return, ...]) -> None:
    due = {
        (division.county_code, period, dataset.dataset)
        for period in PERIODS
        for dataset in BOOK.datasets.values()
        if int(period[5:]) in dataset.frequency.months and period >= (dataset.due_from or "")
        for division in BOOK.members(dataset.owed_by, period)
    }
    places = [(r.county_code, r.period, r.dataset) for r in clean]
    assert len(places) == len(set(places))
    assert set(places) == due


def test_values_have_their_columns_and_types(clean: tuple[Return, ...]) -> None:
    for found in clean:
        dataset = BOOK.datasets[found.dataset]
        for row in found.rows:
            assert set(row) == set(dataset.columns)
            for indicator in dataset.indicators:
                assert_typed(indicator, row[indicator.column])


def assert_typed(indicator: Indicator, value: object) -> None:
    expected = {
        pl.Int64: int, pl.Decimal: Decimal, pl.Date: date, pl.Boolean: bool, pl.String: str,
    }[indicator.dtype.base_type()]  # fmt: skip
    assert value is None or type(value) is expected
    if indicator.codes:
        assert value in indicator.codes
    if isinstance(value, Decimal):
        assert value == round(value, indicator.decimals)


def test_nil_only_where_it_may_be(clean: tuple[Return, ...]) -> None:
    nil = [r for r in clean if r.nil]
    assert all(not r.rows and BOOK.datasets[r.dataset].nil for r in nil)
    assert all(r.rows for r in clean if not r.nil)
    assert {r.dataset for r in nil} == {"relocation", "relocation_villages", "policy", "support_units"}
    assert {r.period for r in nil if r.dataset == "policy"} == {"2016-12"}
    assert sum(r.dataset == "relocation" and r.period == "2017-12" for r in nil) >= 24


def test_status_is_provisional_for_outcomes_of_2017_only(clean: tuple[Return, ...]) -> None:
    provisional = {(r.dataset, r.period) for r in clean if r.status == "provisional"}
    assert provisional == {("outcomes", "2017-12")}


def test_villages_keep_their_codes(clean: tuple[Return, ...]) -> None:
    before, after = (
        {r["village_code"]: r["county_code"] for r in rows_of(clean, "relocation_villages", period, "province")}
        for period in ("2017-12", "2018-06")
    )
    assert len(before) == 3350
    assert set(before) == set(after)
    assert all(len(code) == 12 and code.startswith(county) for code, county in before.items())
    renamed = {
        d.county_code: d.successor_codes[0] for d in BOOK.divisions if not d.in_force("2018-06") and d.succession
    }
    assert all(after[code] == renamed.get(county, county) for code, county in before.items())
    assert before != after


def test_delisted_counties_are_never_deep(clean: tuple[Return, ...]) -> None:
    rows = rows_of(clean, "outcomes", "2018-06", "province")
    delisted = {r["county_code"] for r in rows if r["delisting_status"] == "verified"}
    assert len(delisted) == 15
    assert not delisted & {d.county_code for d in BOOK.members("deep_poverty", "2018-06")}


def test_another_seed_gives_other_counties() -> None:
    one, other = (built(seed) for seed in SEEDS)
    assert one == build_returns(SEEDS[0])
    same = sum(a == b for a, b in zip(one, other, strict=True) if not a.nil)
    assert same < len(one) / 100


# --- files ---------------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    few = [r for r in built(SEEDS[0]) if r.county_code in ("140222", "140105", "140581") and r.period > "2018"]
    other = [r for r in built(SEEDS[1]) if r.county_code in ("140222", "140105", "140581") and r.period > "2018"]
    folders = [tmp_path / name for name in ("one", "again", "other")]
    for folder, returns in zip(folders, (few, few, other), strict=True):
        assert write_returns(folder, returns) == 5
    one, again, other_bytes = (
        {p.relative_to(f).as_posix(): p.read_bytes() for p in sorted(f.rglob("*.*")) if p.is_file()} for f in folders
    )
    assert one == again
    assert set(one) == set(other_bytes)
    assert all(one[name] != other_bytes[name] for name in one)


def test_a_workbook_reads_back(tmp_path: Path) -> None:
    mine = [r for r in built(SEEDS[0]) if r.county_code == "140222" and r.period == "2017-12"]
    write_returns(tmp_path, mine)
    path = tmp_path / "2017-12" / "140222_天镇县_2017-12.xlsx"
    book = CalamineWorkbook.from_path(str(path))
    cover = book.get_sheet_by_name("封面").to_python()
    assert [row[1] for row in cover[2:5]] == ["140222", "天镇县", "2017-12"]
    assert "SYNTHETIC" in str(cover[1][0])
    assert cover[6][:4] == ["报表", "代码", "填报情况", "状态"]
    assert [row[1] for row in cover[7:]] == [r.dataset for r in mine]
    assert {row[1]: row[3] for row in cover[7:]}["outcomes"] == "预计"
    assert book.sheet_names == ["封面", *(BOOK.datasets[r.dataset].label_zh for r in mine)]
    for found in mine:
        assert_sheet(BOOK.datasets[found.dataset], found, book)
    assert "合成数据" in zipfile.ZipFile(path).read("docProps/core.xml").decode()


def assert_sheet(dataset: Dataset, found: Return, book: CalamineWorkbook) -> None:
    header, *lines = book.get_sheet_by_name(dataset.label_zh).to_python()
    assert header == [i.header_zh for i in dataset.indicators]
    assert len(lines) == len(found.rows)
    for line, row in zip(lines, found.rows, strict=True):
        for indicator, cell in zip(dataset.indicators, line, strict=True):
            value = row[indicator.column]
            factor = BOOK.spellings[indicator.input_unit].factor if indicator.input_unit else 1
            if value is None:
                assert cell == ""
            elif isinstance(value, bool):
                assert cell == ("是" if value else "否")
            elif indicator.numeric:
                assert Decimal(repr(cell)) * factor == value
            else:
                assert cell == value


def test_nil_is_on_the_cover_and_has_no_sheet(tmp_path: Path) -> None:
    mine = [r for r in built(SEEDS[0]) if r.county_code == "140302" and r.period == "2017-12"]
    write_returns(tmp_path, mine)
    book = CalamineWorkbook.from_path(str(tmp_path / "2017-12" / "140302_城区_2017-12.xlsx"))
    given = {row[1]: row[2] for row in book.get_sheet_by_name("封面").to_python()[7:]}
    assert given["relocation"] == given["relocation_villages"] == "无"
    assert given["ecology"] == "有"
    assert "易地扶贫搬迁" not in book.sheet_names


@pytest.mark.parametrize(
    ("code", "name", "dataset", "encoding"),
    [("140425", "平顺县", "relocation_villages", "utf-8"), ("140581", "高平市", "funds", "gb18030")],
)
def test_some_returns_come_as_csv(tmp_path: Path, code: str, name: str, dataset: str, encoding: str) -> None:
    mine = [r for r in built(SEEDS[0]) if r.county_code == code and r.period == "2017-12"]
    write_returns(tmp_path, mine)
    path = tmp_path / "2017-12" / f"{code}_{name}_2017-12_{dataset}.csv"
    header, *lines = csv.reader(path.read_bytes().decode(encoding).splitlines())
    assert header[:4] == ["区划代码", "报告期", "状态", "备注"]
    assert header[4:] == [i.header_zh for i in BOOK.datasets[dataset].indicators]
    assert {tuple(line[:4]) for line in lines} == {(code, "2017-12", "报送", "合成数据 SYNTHETIC")}
    assert len(lines) == len(next(r for r in mine if r.dataset == dataset).rows)
    book = CalamineWorkbook.from_path(str(path.with_name(f"{code}_{name}_2017-12.xlsx")))
    assert BOOK.datasets[dataset].label_zh not in book.sheet_names
    assert dataset not in [row[1] for row in book.get_sheet_by_name("封面").to_python()]


def test_write_sample_writes_one_period_and_its_key(tmp_path: Path) -> None:
    written = write_sample(tmp_path, SEEDS[0], faulty=True, period="2018-06")
    files = [p for p in tmp_path.rglob("*") if p.suffix in (".xlsx", ".csv") and p != written.key]
    assert (written.files, written.counties, written.periods) == (len(files), 118, ("2018-06",))
    assert len(files) == len(BOOK.in_force("2018-06")) + 8
    assert written.key == tmp_path.parent / f"{tmp_path.name}.faults.csv"
    with written.key.open(encoding="utf-8", newline="") as lines:
        key = list(csv.DictReader(lines))
    assert {row["period"] for row in key} == {"2018-06"}
    for row in key:
        book = CalamineWorkbook.from_path(str(tmp_path / row["file"]))
        assert row["sheet"] in book.sheet_names or (row["rule"], row["sheet"]) == ("known_county", "封面")
    early = CalamineWorkbook.from_path(str(tmp_path / "2018-06" / "140406_潞城区_2018-06.xlsx"))
    assert early.get_sheet_by_name("封面").to_python()[2][1] == "140406"
    assert not (tmp_path / "2018-06" / "140481_潞城市_2018-06.xlsx").exists()


def test_an_unknown_period_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="2019-01"):
        write_sample(tmp_path, 1, period="2019-01")
