"""A file over the limit is refused by its size, neither read, hashed nor copied: its receipt has no original."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import YANGGAO, finance, lent, loans, mart, night, send, url
from tests.rebuilding import again
from warehouse.intake.formats.preflight import Limits
from warehouse.lineage.reader import LineageReader
from warehouse.lineage.submission_trace import explain_submission
from warehouse.maintenance.verify import verify
from warehouse.store.files import Root
from warehouse.store.inbox import SettleTimes, new_files

pytestmark = pytest.mark.usefixtures("few_marts")
# Nobody could read or keep so much: hashing it takes an hour, and no disk has room for it.
TERABYTE = 1 << 40


def sparse(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


def test_a_file_of_a_terabyte_costs_a_night_no_more_than_a_look(root: Root, inbox: Path) -> None:
    send(inbox, loans(finance()))
    sparse(inbox / "video.mp4", TERABYTE)
    sparse(inbox / "all.zip", TERABYTE)
    summary = night(root, inbox, in_children=True)
    assert (summary.accepted, summary.unreadable, summary.waiting) == (1, 2, 0)
    assert lent(root) == {YANGGAO: 1000}
    assert sum(p.stat().st_size for p in root.path.rglob("*") if p.is_file()) < 20_000_000
    found = mart(root, "mart_findings").filter(rule="over_limit")
    assert found["found"].to_list() == [f"{TERABYTE} 字节 bytes"] * 2
    assert set(found["expected"]) == {f"至多 at most {Limits().file_bytes} 字节 bytes"}
    assert night(root, inbox).run is None, "the same file is no news"
    assert verify(root).faults == ()
    done, _ = again(root)
    assert done.differences == ()
    trace = explain_submission(LineageReader(root, url(root)), "video.mp4")
    assert (trace.verdict, trace.trouble, [f.rule for f in trace.shown.findings]) == (
        "unreadable", None, ["over_limit"],
    )  # fmt: skip


def test_what_has_another_size_or_is_within_a_new_limit_is_news(inbox: Path) -> None:
    path = sparse(inbox / "a.csv", 1001)
    tight, wide = Limits(file_bytes=1000), Limits(file_bytes=1001)
    known = {"a.csv": "unread-1001"}
    once = SettleTimes(settle_seconds=0)
    assert not new_files(inbox, known, once, tight).files
    assert list(new_files(inbox, known, once, wide).files) == ["a.csv"]
    sparse(path, 1002)
    assert list(new_files(inbox, known, once, tight).files) == ["a.csv"]
