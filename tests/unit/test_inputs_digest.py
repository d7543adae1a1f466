"""The partitions of marts: which there are, what each is made of, and what changes that; over a store made by hand."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.builders import BOOK, RECEIVED, TIANZHEN, YANGGAO
from tests.small_store import PERIOD, Sent, indexed, run
from warehouse.codebook.mart_records import Mart
from warehouse.marts import build_digest as digest
from warehouse.marts import partitions
from warehouse.marts.as_known import AsKnown
from warehouse.marts.build_digest import build_digest
from warehouse.marts.partitions import Partition, build_partitions, looks_back, partitions_of
from warehouse.messages.errors import CodebookError
from warehouse.messages.finding import Finding
from warehouse.store import ledger
from warehouse.store.files import Root


def known(root: Root, moment: datetime | None = None) -> AsKnown:
    return AsKnown.of(BOOK, root.history, indexed(root), 0, moment)


def finding(dataset: str | None = "finance", period: str | None = PERIOD) -> Finding:
    return Finding(
        receipt=1, submission="ab" * 32, file="x", county_code=YANGGAO, period=period, dataset=dataset, rule="r",
        severity="info", found="-", expected="-", message_zh="甲", message_en="a",
    )  # fmt: skip


# --- which there are -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "path"),
    [
        (Partition("dim_rule"), "dim_rule/part-0.parquet"),
        (Partition("mart_finance", "2017-12", split=True), "mart_finance/period=2017-12/part-0.parquet"),
        (Partition("mart_findings", None, split=True), "mart_findings/period=none/part-0.parquet"),
    ],
)
def test_a_partition_has_its_place(part: Partition, path: str) -> None:
    assert part.path == path


def test_a_mart_has_a_partition_a_period_or_is_one(root: Root) -> None:
    run(root, 1, Sent(1), Sent(2, 2, period="2018-06"))
    run(root, 2, Sent(3, 3, version=2), findings=[finding()])
    found = partitions_of(known(root))
    for name, mart in BOOK.mart_list.items():
        own = [part for part in found if part.mart == name]
        split = [Partition(name, period, split=True) for period in (PERIOD, "2018-06")]
        assert own == (split if mart.split else [Partition(name)])


def test_findings_of_no_period_have_a_partition_of_their_own(root: Root) -> None:
    run(root, 1, Sent(1))
    whole = known(root)
    some = replace(whole, touched={**whole.touched, (None, None): ("000001",), ("finance", "2016-01"): ("000001",)})
    periods = [part.period for part in partitions_of(some) if part.mart == "mart_findings"]
    assert periods == [None, "2016-01", PERIOD]
    assert [part.period for part in partitions_of(some) if part.mart == "mart_finance"] == [PERIOD]


# --- what each is made of ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mart", "months"),
    [
        ("mart_finance", [1, 12]),
        ("fact_indicator", []),
        ("dim_rule", []),
        ("mart_findings", []),
        ("mart_scorecard", []),
    ],
)
def test_how_far_a_mart_looks_back(mart: str, months: list[int]) -> None:
    assert looks_back(BOOK, BOOK.mart_list[mart]) == months


@pytest.mark.parametrize(
    "mart", [mart for mart in BOOK.mart_list.values() if mart.periods == "compared"], ids=lambda mart: mart.mart
)
def test_a_mart_that_compares_looks_to_its_last_period_and_to_a_year_ago(mart: Mart) -> None:
    rhythm = {12 // len(BOOK.datasets[name].frequency.months) for name in mart.datasets}
    assert looks_back(BOOK, mart) == sorted({*rhythm, 12})


def made(root: Root) -> dict[str, str]:
    return {part.path.removesuffix("/part-0.parquet"): of for part, of in partitions_of(known(root)).items()}


def changes(root: Root, number: int, *sent: Sent, **values: Any) -> set[str]:
    """The partitions that are made of something else after a run."""
    before = made(root)
    run(root, number, *sent, **values)
    after = made(root)
    return {path for path in before.keys() & after.keys() if before[path] != after[path]}


@pytest.fixture(scope="module")
def whole_year(tmp_path_factory: pytest.TempPathFactory) -> Root:
    """Every month of a year, so long ago that all of it was due. Not to be changed."""
    root = Root(tmp_path_factory.mktemp("year") / "root")
    months = [f"2017-{month:02}" for month in range(1, 13)]
    run(root, 1, *(Sent(place, place, period=period) for place, period in enumerate(months, start=1)))
    indexed(root).dispose()
    return root


@pytest.fixture
def year(root: Root, whole_year: Root) -> Root:
    """The same, for one test."""
    shutil.copytree(whole_year.path, root.path)
    return root


def test_a_return_sent_anew_changes_its_period_and_those_that_look_back_to_it(year: Root) -> None:
    changed = changes(year, 2, Sent(20, 99, period="2017-03", version=2))
    assert {"fact_indicator/period=2017-03", "mart_finance/period=2017-03", "mart_finance/period=2017-04"} <= changed
    assert "mart_finance/period=2017-05" not in changed
    assert "mart_finance/period=2017-02" not in changed
    assert "fact_indicator/period=2017-04" not in changed
    assert "mart_funds/period=2017-03" not in changed
    assert "dim_county" not in changed
    assert "dim_rule" in changed, "the rules of every run are in it"


def test_a_year_later_it_is_looked_back_to_again(year: Root) -> None:
    run(year, 2, Sent(20, 1, period="2018-03"), Sent(21, 1, period="2018-05"))
    changed = changes(year, 3, Sent(22, 99, period="2017-03", version=2))
    assert "mart_finance/period=2018-03" in changed
    assert "mart_finance/period=2018-05" not in changed


def test_a_figure_is_made_anew_where_its_own_period_is(year: Root) -> None:
    assert "mart_scorecard" not in changes(year, 2, Sent(20, 9, period="2017-03", version=2))
    assert "mart_scorecard" in changes(year, 3, Sent(21, 9, period="2017-12", version=2))


def test_with_the_same_runs_all_is_made_of_the_same(year: Root) -> None:
    assert made(year) == made(year)
    assert len(set(made(year).values())) == len(made(year)), "each of something of its own"


def test_another_program_changes_every_partition(year: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    before = made(year)
    monkeypatch.setattr(partitions, "build_digest", lambda: "another")
    after = made(year)
    assert all(before[path] != after[path] for path in before)


def test_time_that_passes_changes_a_period_until_all_of_it_is_due(root: Root) -> None:
    run(root, 1, Sent(1, period="2018-06"), moment=datetime(2018, 7, 1))  # noqa: DTZ001
    changed = changes(root, 2, Sent(2, county=TIANZHEN, period="2018-05"), moment=datetime(2018, 7, 5))  # noqa: DTZ001
    assert "mart_completeness/period=2018-06" in changed
    last = date(2018, 6, 30) + timedelta(days=max(d.due_days for d in BOOK.datasets.values()) + 1)
    due = datetime(last.year, last.month, last.day)  # noqa: DTZ001
    assert "mart_completeness/period=2018-06" in changes(
        root, 3, Sent(3, 3, county=TIANZHEN, period="2018-05", version=2), moment=due
    )
    assert "mart_completeness/period=2018-06" not in changes(
        root, 4, Sent(4, 4, county=TIANZHEN, period="2018-05", version=3), moment=due + timedelta(days=1)
    )


@pytest.mark.parametrize("period", ["0000-12", "9999-12"])
def test_a_year_that_no_calendar_has_is_no_error(root: Root, period: str) -> None:
    run(root, 1, Sent(1, period=period))
    whole = known(root)
    assert partitions._heard(whole, period) == whole.heard


@pytest.mark.parametrize("heard", [None, date(2018, 7, 1)])
def test_what_was_heard_is_the_newest_day_or_the_last_by_which_all_was_due(root: Root, heard: date | None) -> None:
    run(root, 1, Sent(1))
    assert partitions._heard(replace(known(root), heard=heard), "2018-06") == heard


# --- building ------------------------------------------------------------------------------------------------------


def test_partitions_are_built_a_few_periods_at_a_time_and_those_of_none_by_themselves(year: Root) -> None:
    wanted = [
        part for part in partitions_of(known(year)) if part.mart in ("mart_finance", "dim_county", "fact_indicator")
    ]
    groups = partitions._together(known(year), wanted)
    assert [(group[0].mart, len(group)) for group in groups] == [
        ("dim_county", 1), ("fact_indicator", 12), ("mart_finance", 12),
    ]  # fmt: skip
    run(year, 2, Sent(20, 1, period="2018-01"))
    more = [part for part in partitions_of(known(year)) if part.mart in ("mart_finance", "fact_indicator")]
    assert [(group[0].mart, len(group)) for group in partitions._together(known(year), more)] == [
        ("fact_indicator", 12), ("mart_finance", 12), ("fact_indicator", 1), ("mart_finance", 1),
    ]  # fmt: skip


def test_each_partition_has_the_rows_of_its_period(year: Root) -> None:
    wanted = [Partition("fact_indicator", period, split=True) for period in ("2017-03", "2017-05")]
    built = dict(build_partitions(known(year), wanted))
    assert list(built) == wanted
    for part, frame in built.items():
        assert frame["period"].unique().to_list() == [part.period]
    lent = built[wanted[0]].filter(indicator="loan_amount_yuan")["value"].to_list()
    assert lent == [3]


def test_a_partition_without_rows_is_empty_and_has_its_columns(root: Root) -> None:
    run(root, 1, Sent(1, verdict="quarantined"))
    one = Partition("fact_indicator", PERIOD, split=True)
    ((part, frame),) = build_partitions(known(root), [one])
    assert part == one
    assert frame.is_empty()
    assert frame.columns == [column.column for column in BOOK.marts["fact_indicator"]]


def test_rows_that_were_not_asked_for_are_an_error(year: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions.marts, "build", lambda *_: pl.LazyFrame({"period": ["2017-09"]}))
    with pytest.raises(CodebookError, match=r"fact_indicator gives rows of \{'2017-09'\}, which it was not asked for"):
        list(build_partitions(known(year), [Partition("fact_indicator", "2017-03", split=True)]))


# --- what was known ------------------------------------------------------------------------------------------------


def test_at_a_moment_only_the_runs_before_it_are_known(root: Root) -> None:
    run(root, 1, Sent(1))
    run(root, 2, Sent(2, 2, version=2), Sent(3, 3, period="2018-06"))
    run(root, 3, flow=ledger.COMPACT)
    now = known(root)
    assert (now.runs, now.committed) == (("000001", "000002"), ("000001", "000002", "000003"))
    assert now.periods == [PERIOD, "2018-06"]
    assert now.touched["finance", PERIOD] == ("000001", "000002")
    assert now.heard == (RECEIVED + timedelta(days=2)).date()
    for moment, runs in (
        (RECEIVED + timedelta(days=1), ("000001",)),
        (RECEIVED + timedelta(days=2, microseconds=-1), ("000001",)),
        (RECEIVED + timedelta(days=2), ("000001", "000002")),
        (RECEIVED, ()),
    ):
        then = known(root, moment)
        assert (then.runs, then.committed) == (runs, now.committed), moment
        returns = then.everything.returns
        assert sorted(returns["run"].unique()) == list(runs)


def test_before_the_first_run_nothing_is_known(root: Root) -> None:
    nothing = known(root)
    assert (nothing.runs, nothing.periods, nothing.heard, dict(nothing.touched)) == ((), [], None, {})
    assert nothing.everything.returns.is_empty()


def test_a_part_is_given_the_returns_of_its_datasets_and_periods_alone(year: Root) -> None:
    whole = known(year)
    some = whole.sources([("finance", "2017-03"), ("funds", "2017-03"), ("finance", "1999-01")], ("2017-03",))
    assert some.returns["period"].to_list() == ["2017-03"]
    assert some.periods == ["2017-03"]
    assert some.in_force.collect()["receipt"].to_list() == [3]
    assert some.rules.is_empty()


def test_a_dataset_that_is_not_given_is_refused(year: Root) -> None:
    some = known(year).sources([("finance", "2017-03")], ("2017-03",), frozenset(("funds",)))
    for read in (some.rows, some.coverage):
        with pytest.raises(CodebookError, match="a mart reads finance, which its line in mart_list"):
            read(BOOK.datasets["finance"])
    with pytest.raises(CodebookError, match="reads finance"):
        some.rows_ever(BOOK.datasets["finance"], ["2017-03"])


def test_the_rules_of_every_run_are_given_without_anything_else(year: Root) -> None:
    rules = known(year).of_runs()
    assert rules.returns.is_empty()
    assert rules.findings.is_empty()
    assert rules.periods == []


# --- what builds them ----------------------------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of a few files in the place of ours."""
    folders = ("codebook/a.csv", "codebook/a.py", "marts/sub/b.py", "store/c.py", "snapshots/publish.py", "intake/d.py")
    for name in folders:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    monkeypatch.setattr(digest, "WAREHOUSE", tmp_path)
    monkeypatch.setattr(digest, "SOURCES", ("codebook", "marts", "store", "snapshots/publish.py"))
    return tmp_path


def digest_of() -> str:
    """Not the one that was worked out before."""
    made: str = build_digest.__wrapped__()
    return made


@pytest.mark.parametrize("name", ["codebook/a.csv", "codebook/a.py", "marts/sub/b.py", "store/c.py"])
def test_a_byte_of_what_marts_follow_from_makes_another_program(package: Path, name: str) -> None:
    before = digest_of()
    (package / name).write_text("changed")
    changed = digest_of()
    assert changed != before
    (package / name).rename((package / name).with_suffix(".txt"))
    assert digest_of() not in (before, changed), "one that is gone or called otherwise does too"


def test_a_source_that_is_one_file_counts_too_and_none_may_be_gone(package: Path) -> None:
    before = digest_of()
    source = package / "snapshots/publish.py"
    source.write_text("changed")
    assert digest_of() != before
    source.unlink()
    with pytest.raises(CodebookError, match=r"snapshots/publish\.py is gone; SOURCES"):
        digest_of()


def test_a_folder_of_sources_that_is_gone_is_an_error_not_another_program(package: Path) -> None:
    shutil.rmtree(package / "store")
    with pytest.raises(CodebookError, match="store is gone"):
        digest_of()


@pytest.mark.parametrize("name", ["intake/d.py", "codebook/notes.txt", "marts/sub/b.pyc", "other.py"])
def test_what_marts_do_not_follow_from_makes_none(package: Path, name: str) -> None:
    before = digest_of()
    (package / name).write_text("changed")
    assert digest_of() == before


def test_another_version_of_a_library_makes_another_program(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert package.exists()
    before = digest_of()
    for library in ("polars", "pyarrow"):
        monkeypatch.setattr(digest, "version", lambda name, of=library: "0.0.1" if name == of else "1.0")
        assert digest_of() != before
    assert digest.LIBRARIES == ("polars", "pyarrow")


def test_the_program_of_today_is_one_digest() -> None:
    assert build_digest() == build_digest()
    assert len(build_digest()) == 64
