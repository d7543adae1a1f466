"""The marts as of a moment: the bytes of the snapshot that was published then; nothing is published."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.builders import TIANZHEN, finance, loans, night, send, url
from tests.decision_requests import decide
from tests.sharing import Fill
from warehouse.messages.errors import PermanentError
from warehouse.snapshots.as_of import AsOfMarts, moment_of, write_as_of
from warehouse.snapshots.manifest import Manifest, manifest_path, read_manifest, read_snapshot
from warehouse.store.files import Root

JANUARY = datetime(2018, 1, 5, 3, tzinfo=UTC)
MONTH = timedelta(days=31)


def published(root: Root) -> Manifest:
    manifest = read_manifest(root)
    assert manifest
    return manifest


def three_nights(root: Root, inbox: Path) -> None:
    """Three nights and a waiver, a month apart."""
    for number, amount in enumerate((1000, 1500, 60_000)):
        sent = send(inbox / str(number), loans(finance(amount)), loans(finance(amount + 1), county=TIANZHEN))
        night(root, sent.parent, JANUARY + number * MONTH)
    decide(root, "waive", JANUARY + 3 * MONTH)


@pytest.fixture
def snapshots(filled_by: Callable[[Fill], Root]) -> list[tuple[datetime, Manifest]]:
    """When each of them was, and what was published then."""
    root = filled_by(three_nights)
    versions = [read_snapshot(root, f"{number:06}") for number in range(1, 5)]
    return [(JANUARY + number * MONTH, one) for number, one in enumerate(versions) if one]


def test_as_of_each_night_the_bytes_are_those_of_the_snapshot_of_then(
    root: Root, snapshots: list[tuple[datetime, Manifest]], tmp_path: Path
) -> None:
    current, views = manifest_path(root).read_bytes(), (root.marts / "marts.duckdb").read_bytes()
    for moment, manifest in snapshots:
        out = tmp_path / manifest.version
        done = write_as_of(root, url(root), moment + timedelta(days=20), out)
        assert done.run == manifest.run
        then = {file.path.split("/", 1)[1]: (file.sha256, file.rows) for file in manifest.files}
        assert {file.path: (file.sha256, file.rows) for file in done.files} == then
        for name in then:
            assert (out / name).read_bytes() == (root.marts / f"v={manifest.version}" / name).read_bytes()
    assert len({manifest.files for _, manifest in snapshots}) == len(snapshots)
    assert manifest_path(root).read_bytes() == current
    assert (root.marts / "marts.duckdb").read_bytes() == views


def test_the_views_are_over_the_files_of_the_folder_and_say_the_moment(
    root: Root, snapshots: list[tuple[datetime, Manifest]], tmp_path: Path
) -> None:
    done = write_as_of(root, url(root), snapshots[1][0], tmp_path / "then")
    with duckdb.connect(f"{done.out}/marts.duckdb", read_only=True) as database:
        asked = "SELECT max(value) FROM fact_indicator WHERE indicator = 'loan_amount_yuan'"
        assert database.execute(asked).fetchone() == (1501,)
        asked = "SELECT as_of, version FROM snapshot"
        said = (snapshots[1][0].replace(tzinfo=None), "as-of-2018-02-05T030000Z")
        assert database.execute(asked).fetchone() == said


def test_its_manifest_names_the_files_and_the_dictionary_of_the_folder(
    root: Root, snapshots: list[tuple[datetime, Manifest]], tmp_path: Path
) -> None:
    moment, then = snapshots[1]
    done = write_as_of(root, url(root), moment, Root(tmp_path / "then").marts)
    manifest = published(Root(tmp_path / "then"))
    assert (manifest.files, manifest.run, manifest.head) == (done.files, then.run, then.head)
    assert manifest.documents.keys() == {"dictionary.html", "dictionary.csv", "indicators.csv"}
    for path, digest in manifest.named.items():
        assert hashlib.sha256((Path(done.out) / path).read_bytes()).hexdigest() == digest
    found = manifest.scan(Root(tmp_path / "then"), "fact_indicator").collect()
    assert found.equals(then.scan(root, "fact_indicator").collect())


def test_before_the_first_night_nothing_was_known(
    root: Root, snapshots: list[tuple[datetime, Manifest]], tmp_path: Path
) -> None:
    with pytest.raises(PermanentError, match="nothing was known"):
        write_as_of(root, url(root), snapshots[0][0] - timedelta(seconds=1), tmp_path / "then")
    assert not (tmp_path / "then").exists()


def test_a_folder_with_something_in_it_is_left_alone(root: Root, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for place in (tmp_path, tmp_path / "mine.txt"):
        with pytest.raises(PermanentError, match="not an empty folder"):
            write_as_of(root, url(root), JANUARY, place)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2018-01-15", datetime(2018, 1, 15, 23, 59, 59, 999_999, UTC)),
        ("2018-01-15T03:00", datetime(2018, 1, 15, 3, tzinfo=UTC)),
        ("2018-01-15 03:00:30", datetime(2018, 1, 15, 3, 0, 30, tzinfo=UTC)),
        ("2018-01-15T03:00+08:00", datetime(2018, 1, 14, 19, tzinfo=UTC)),
    ],
)
def test_a_date_means_the_end_of_the_day_and_a_time_is_utc_where_it_says_no_zone(text: str, moment: datetime) -> None:
    assert moment_of(text) == moment


@pytest.mark.parametrize("text", ["", "2018-13-01", "yesterday!", "2018"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"[Ii]nvalid|month"):
        moment_of(text)


def test_what_was_written_is_a_record(root: Root, snapshots: list[tuple[datetime, Manifest]], tmp_path: Path) -> None:
    done = write_as_of(root, url(root), snapshots[0][0], tmp_path / "then")
    assert AsOfMarts.model_validate_json(done.model_dump_json()) == done
