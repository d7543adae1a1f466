"""The parts of marts: each is made of what its line in mart_list.csv names, and only what changed is built again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.builders import (
    BOOK,
    TIANZHEN,
    YANGGAO,
    finance,
    knowledge,
    loans,
    mart,
    night,
    row,
    send,
    village,
)
from tests.builders import given as returned
from tests.decision_requests import decide
from tests.sharing import Fill
from warehouse import marts
from warehouse.marts.partitions import Partition, build_partitions, partitions_of
from warehouse.messages.errors import CodebookError
from warehouse.snapshots.manifest import read_inputs, read_manifest, read_snapshot
from warehouse.snapshots.publish import Plan, publish
from warehouse.store.files import Root

LATER = datetime(2018, 9, 1, tzinfo=UTC)


def before_and_after(root: Root) -> tuple[dict[str, str], dict[str, str]]:
    """What the parts of the last two snapshots are made of."""
    manifest = read_manifest(root)
    assert manifest
    before = read_snapshot(root, f"{int(manifest.version) - 1:06}")
    return (read_inputs(root, before) if before else {}), read_inputs(root, manifest)


def changed(root: Root) -> set[str]:
    """The parts of the last snapshot that are made of something else than in the one before."""
    before, after = before_and_after(root)
    return {path.removesuffix("/part-0.parquet") for path in before | after if before.get(path) != after.get(path)}


def two_years(root: Root, inbox: Path) -> None:
    """A night with some months' finance of two counties, and some of another form."""
    for year, months in ((2017, (2, 3, 4, 12)), (2018, (2, 3, 4))):
        for month in months:
            period = f"{year}-{month:02}"
            send(inbox / "1", *(loans(finance(1000 * month), county=c, period=period) for c in (YANGGAO, TIANZHEN)))
            send(inbox / "1", returned(YANGGAO, period, "ecology", row("ecology", persons_with_gains=month)))
    night(root, inbox)


@pytest.fixture
def filled(filled_by: Callable[[Fill], Root]) -> Root:
    """Two years."""
    return filled_by(two_years)


def test_one_return_sent_anew_touches_only_what_depends_on_it(filled: Root, inbox: Path) -> None:
    root = filled
    night(root, send(inbox / "2", loans(finance(99_000), county=TIANZHEN, period="2017-03")).parent)
    own = {"dim_period", "fact_indicator", "mart_changes", "mart_completeness", "mart_corrections", "mart_findings",
           "mart_holds", "mart_quality", "mart_releases", "mart_revisions", "mart_roll_up_quality", "mart_to_chase",
           "mart_deep_poverty_share", "mart_versions"}  # fmt: skip
    compared = ("2017-03", "2017-04", "2018-03")
    assert changed(root) == {
        "dim_rule",
        "mart_runs",
        *(f"{name}/period=2017-03" for name in own),
        *(f"{name}/period={period}" for name in ("mart_finance", "bi_area") for period in compared),
        *(f"bi_county/period={period}" for period in (*compared, "2017-12", "2018-04")),  # later ones of their years
    }


def test_a_figure_that_was_published_is_made_anew_when_its_period_is(filled: Root, inbox: Path) -> None:
    root = filled
    night(root, send(inbox / "2", loans(finance(99_000), county=TIANZHEN, period="2017-12")).parent)
    assert "mart_scorecard" in changed(root)
    assert "dim_county" not in changed(root)


def test_the_keys_of_every_mart_tell_its_rows_apart(filled: Root) -> None:
    for name, listed in BOOK.mart_list.items():
        if listed.keys:
            assert not mart(filled, name).select(listed.keys).is_duplicated().any(), name


def test_a_withdrawal_is_a_change_too(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1000))))
    decide(root, "withdraw")
    assert {"fact_indicator/period=2017-12", "mart_finance/period=2017-12"} <= changed(root)
    assert mart(root, "fact_indicator").is_empty()


def test_what_gets_missing_as_time_passes_is_published(root: Root, inbox: Path) -> None:
    """Returns of December were due by the tenth of January: on the fifth none is missing, in September they are."""
    night(root, send(inbox / "1", loans(finance(1000))).parent, datetime(2018, 1, 5, tzinfo=UTC))
    assert not mart(root, "mart_completeness")["missing"].any()
    night(root, send(inbox / "2", loans(finance(1), period="2018-06")).parent, LATER)
    assert mart(root, "mart_completeness").filter(period="2017-12")["missing"].sum() > 100
    night(root, send(inbox / "3", loans(finance(1), period="2018-07")).parent, datetime(2018, 10, 1, tzinfo=UTC))
    assert "mart_completeness/period=2017-12" not in changed(root)


def test_each_part_has_rows_of_its_period_alone(filled: Root) -> None:
    root = filled
    manifest = read_manifest(root)
    assert manifest
    for file in manifest.files:
        if "period=" in file.path:
            period = file.path.split("period=")[1].split("/")[0]
            rows = pl.read_parquet(root.marts / file.path, hive_partitioning=False)
            assert rows["period"].fill_null("none").unique().to_list() == [period]


def test_a_dataset_that_a_mart_does_not_name_is_refused(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1000))))
    known = knowledge(root)
    line = BOOK.mart_list["mart_relocation"].model_copy(update={"datasets": ("relocation",)})
    other = replace(known, book=replace(BOOK, mart_list={**BOOK.mart_list, "mart_relocation": line}))
    with pytest.raises(CodebookError, match=r"reads relocation_villages, .*mart_list\.csv does not name"):
        list(build_partitions(other, [Partition("mart_relocation", "2017-12", split=True)]))


def test_rows_of_a_period_that_was_not_asked_for_are_refused(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(root, send(inbox, loans(finance(1000))))
    built = mart(root, "mart_finance").with_columns(period=pl.lit("2017-11"))
    monkeypatch.setattr(marts, "build", lambda *_: built.lazy())
    with pytest.raises(CodebookError, match=r"mart_finance gives rows of .*2017-11.*not asked for"):
        list(build_partitions(knowledge(root), [Partition("mart_finance", "2017-12", split=True)]))


def test_a_finding_of_no_period_is_published(root: Root, inbox: Path) -> None:
    (inbox / "nothing.xlsx").write_bytes(b"this is no workbook")
    night(root, send(inbox, loans(finance(1000))))
    found = mart(root, "mart_findings")
    assert found.filter(pl.col("period").is_null())["rule"].to_list() == ["wrong_kind"]
    assert Partition("mart_findings", None, split=True) in partitions_of(knowledge(root))


# --- built bit by bit, it is as if built at once -------------------------------------------------------------------

PERIODS = ("2016-12", "2017-11", "2017-12", "2018-12")
SENT = st.tuples(
    st.sampled_from([YANGGAO, TIANZHEN]),
    st.sampled_from(PERIODS),
    st.sampled_from(["finance", "ecology", "relocation_villages", "outcomes"]),
    st.integers(0, 3),
)


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(nights=st.lists(st.lists(SENT, min_size=1, max_size=4, unique_by=lambda one: one[:3]), min_size=2, max_size=4))
def test_night_by_night_the_marts_are_as_if_built_at_once(
    tmp_path_factory: pytest.TempPathFactory, nights: list[list[tuple[str, str, str, int]]]
) -> None:
    folder = tmp_path_factory.mktemp("nights")
    root, inbox = Root(folder / "root"), folder / "inbox"
    for number, sent in enumerate(nights):
        send(inbox / f"{number}", *(returned(county, period, name, *rows(name, n)) for county, period, name, n in sent))
        night(root, inbox, datetime(2018, 1 + number, 12, tzinfo=UTC))
    step_by_step = {name: mart(root, name) for name in BOOK.mart_list}
    publish(root, Plan.of(knowledge(root)), BOOK, from_nothing=True)
    for name, frame in step_by_step.items():
        assert_frame_equal(mart(root, name), frame)
    everything = knowledge(root).everything
    for name, frame in step_by_step.items():
        assert_frame_equal(marts.build(name, everything).collect(), frame, check_row_order=False)


def rows(name: str, number: int) -> list[dict[str, object]]:
    """Rows of a return: some villages, perhaps none; or one row of any other form."""
    if name == "relocation_villages":
        return [village(str(n)) for n in range(number)]
    return [finance(1000 * number) if name == "finance" else row(name)]
