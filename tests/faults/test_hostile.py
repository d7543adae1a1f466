"""Hostile and broken files beside good ones: each ends in a clear line in two languages, the good ones are all read.

They are read as in a night, by child processes with limits; nothing that a file names is fetched or opened.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.builders import (
    RECEIVED,
    TIANZHEN,
    YANGGAO,
    finance,
    given,
    lent,
    loans,
    mart,
    night,
    send,
    village,
    write_book,
)
from tests.faults.hostile import OTHERS, REFUSED, behind, external, good, long, open_document, plain
from warehouse.intake.formats.file_labels import LONGEST, harmless
from warehouse.intake.formats.preflight import UNREAD, Limits
from warehouse.intake.model.records import Receipt, ReceivedFile
from warehouse.intake.reading import Reading
from warehouse.intake.sandbox import reader_pool
from warehouse.messages.finding import Finding
from warehouse.snapshots.manifest import read_manifest
from warehouse.store.files import Root

ZH, EN = r"[\u4e00-\u9fff]", r"[A-Za-z]{2}"
GOOD = 40
pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture
def quiet() -> Iterator[None]:
    """What a child failed at is logged; here it is looked at otherwise."""
    logging.getLogger("xianbao").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("xianbao").setLevel(logging.NOTSET)


def received(paths: Iterable[Path]) -> list[ReceivedFile]:
    """The files in order, each received at a moment of its own: that some say the same is no query here."""
    return [
        ReceivedFile(
            Receipt(receipt=n, submission=f"{n:064x}", file=path.name, received_at=RECEIVED + timedelta(seconds=n)),
            path,
        )
        for n, path in enumerate(paths, 1)
    ]


def read(folder: Path, paths: Iterable[Path], limits: Limits | None = None) -> Reading:
    return reader_pool.read_isolated(received(paths), limits or Limits(), None, {}, folder / "scratch")


def assert_clear(finding: Finding) -> None:
    """A line that a county understands, in each language, and that says what to do."""
    assert finding.severity == "critical"
    for text in (finding.found, finding.expected):
        assert re.search(ZH, text), text
        assert re.search(EN, text), text
    for message in (finding.message_zh, finding.message_en):
        assert finding.found in message
        assert finding.expected in message
        assert len(message.splitlines()) == 1
        assert message.isprintable()


# --- each of them --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Path], Reading]:
    """All hostile files, a good one between each two of them, read together."""
    folder = tmp_path_factory.mktemp("hostile")
    built: dict[str, Path] = {}
    between = []
    for number, (name, build) in enumerate({**REFUSED, **OTHERS}.items()):
        (folder / str(number)).mkdir()
        built[name] = build(folder / str(number))
        between.append(good(folder, f"good {number}.xlsx"))
    paths = [path for pair in zip(built.values(), between, strict=True) for path in pair]
    return built, read(folder, paths)


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_file_is_refused_with_one_clear_line(name: str, hostile: tuple[dict[str, Path], Reading]) -> None:
    built, reading = hostile
    own = 2 * list(built).index(name) + 1
    (finding,) = [f for f in reading.findings if f.receipt == own]
    assert finding.rule in UNREAD
    assert finding.file == built[name].name
    assert finding.found not in (reader_pool.TOO_MUCH, reader_pool.NOT_READ), "preflight should have told"
    assert_clear(finding)
    assert own in {r.receipt for r in reading.unreadable}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_strange_is_read_as_far_as_it_goes_with_findings(
    name: str, hostile: tuple[dict[str, Path], Reading]
) -> None:
    built, reading = hostile
    own = 2 * list(built).index(name) + 1
    findings = [f for f in reading.findings if f.receipt == own]
    assert findings
    assert reader_pool.NOT_READ not in {f.found for f in findings}
    assert all(len(f.found) < 300 for f in findings)


def test_the_good_files_between_them_are_all_read(hostile: tuple[dict[str, Path], Reading]) -> None:
    built, reading = hostile
    goods = {2 * n + 2 for n in range(len(built))}
    assert goods <= {h.receipt for h in reading.return_headers}
    assert not goods & {f.receipt for f in reading.findings}
    lines = reading.rows["finance"].filter(pl.col("receipt").is_in(goods))
    assert lines.height == len(built)
    assert lines["loan_households"].n_unique() == 1


def test_nothing_that_a_file_names_is_fetched_or_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("S3CRET", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a"
        paths = []
        for number, target in enumerate((secret.as_uri(), str(secret), address)):
            (tmp_path / str(number)).mkdir()
            paths.append(open_document(behind(external(target)))(tmp_path / str(number)))
        reading = read(tmp_path, paths)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert len(reading.unreadable) == len(paths)
    assert "S3CRET" not in str(reading.findings)


# --- limits --------------------------------------------------------------------------------------------------------


def large(folder: Path, name: str = "large.xlsx") -> Path:
    """A valid workbook that takes seconds and a hundred megabytes: 300,000 lines in which every cell has a fault."""
    path = folder / name
    path.with_suffix(".csv").write_text("村编码,村名,乡镇\n" + "x,y,z\n" * 300_000, encoding="utf-8")
    return path.with_suffix(".csv")


def test_a_file_that_takes_too_much_memory_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    paths = [*(good(tmp_path, f"{n}.xlsx") for n in range(3)), large(tmp_path), good(tmp_path, "4.xlsx")]
    reading = read(tmp_path, paths, replace(Limits(), memory_bytes=60_000_000))
    assert {h.receipt for h in reading.return_headers} == {1, 2, 3, 5}
    (finding,) = [f for f in reading.findings if f.receipt == 4]
    assert finding.found == reader_pool.TOO_MUCH
    assert_clear(finding)


def test_a_file_that_takes_too_long_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    paths = [good(tmp_path, "1.xlsx"), long(tmp_path), good(tmp_path, "3.xlsx")]
    start = time.monotonic()
    reading = read(tmp_path, paths, replace(Limits(), seconds=0.4))
    assert time.monotonic() - start < 60
    assert {h.receipt for h in reading.return_headers} == {1, 3}
    (finding,) = [f for f in reading.findings if f.receipt == 2]
    assert finding.found == reader_pool.TOO_MUCH
    assert_clear(finding)


def children() -> list[int]:
    """The processes that this one has started for reading."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            parent = (entry / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[1]
            command = (entry / "cmdline").read_bytes()
        except (OSError, IndexError):
            continue
        if int(parent) == os.getpid() and b"warehouse.intake.sandbox.worker" in command:
            found.append(int(entry.name))
    return found


def test_children_that_are_killed_in_the_middle_are_replaced(tmp_path: Path) -> None:
    paths = [good(tmp_path, f"{n}.xlsx") for n in range(GOOD)]
    before = set(children())
    killed: list[int] = []

    def kill() -> None:
        for _ in range(200):
            for child in set(children()) - before - set(killed):
                if len(killed) < 2:
                    time.sleep(0.4)
                    os.kill(child, signal.SIGKILL)
                    killed.append(child)
            time.sleep(0.01)
            if len(killed) == 2:
                return

    with reader_pool.Readers(Limits(), tmp_path, tmp_path / "s") as readers:
        readers.wait()
        killer = threading.Thread(target=kill)
        killer.start()
        one = readers.read(received([*paths, long(tmp_path)]), None, {})
        killer.join()
    assert killed
    lost = {r.receipt for r in one.unreadable}
    # What a child had in hand may be lost, no more; all else is read.
    assert len(lost) <= len(killed)
    assert {h.receipt for h in one.return_headers} >= set(range(1, GOOD + 1)) - lost
    assert not set(children()) - before


# --- a night -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("few_marts")
def test_a_night_of_hostile_files_is_recorded_and_published(root: Root, inbox: Path) -> None:
    send(inbox, loans(finance()), loans(finance(2000), county=TIANZHEN))
    chosen = [name for name in REFUSED if "bomb" not in name]
    for number, name in enumerate(chosen):
        folder = inbox / f"{number:02} {name}"
        folder.mkdir()
        REFUSED[name](folder)
    (inbox / "link.csv").symlink_to("/etc/passwd")
    (inbox / "folder").symlink_to("/etc")
    summary = night(root, inbox)
    assert (summary.accepted, summary.unreadable) == (2, len(chosen))
    assert summary.skipped == 2
    assert lent(root) == {YANGGAO: 1000, TIANZHEN: 2000}
    found = mart(root, "mart_findings").filter(pl.col("rule").is_in(UNREAD))
    assert found.height == len(chosen)
    assert night(root, inbox).run is None


NAMES = ["../../outside.csv", "/etc/outside.csv", "..\\outside.csv", "C:\\outside.csv", "a/../../outside.csv"]


@pytest.mark.usefixtures("few_marts")
def test_names_in_an_archive_lead_nowhere(root: Root, inbox: Path, packed: Callable[..., Path]) -> None:
    (book,) = send(inbox / "b", loans(finance())).rglob("*.xlsx")
    members = [(name, b"x") for name in NAMES]
    packed(inbox / "a.zip", *members, ("inner.zip", packed(inbox / "inner.zip", ("a.csv", b"x")).read_bytes()))
    (inbox / "inner.zip").unlink()
    summary = night(root, inbox)
    assert summary.accepted == 1
    refused = mart(root, "mart_findings").filter(rule="member_refused")
    assert refused.height == len(NAMES) + 1
    assert not list(inbox.parent.rglob("*outside*"))
    assert not Path("/etc/outside.csv").exists()
    assert book.exists()


@pytest.fixture
def packed() -> Callable[..., Path]:
    import zipfile  # noqa: PLC0415

    def pack(path: Path, *members: tuple[str, bytes]) -> Path:
        with zipfile.ZipFile(path, "w") as made:
            for name, data in members:
                made.writestr(name, data)
        return path

    return pack


# --- formulas in text ----------------------------------------------------------------------------------------------

FORMULAS = (
    "=cmd|' /C calc'!A0", '=HYPERLINK("http://127.0.0.1:9/","x")', "@SUM(1+1)", "+1+cmd|' /C calc'!A0",
    "-1+cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", " =1+1", "＝1+1", "＋1+1", "＠SUM(1)",
)  # fmt: skip
LEADS = tuple("=+-@＝＋－＠\t\r\n")


@pytest.mark.usefixtures("few_marts")
def test_a_formula_in_a_text_is_shown_nowhere_as_one(root: Root, inbox: Path) -> None:
    """In the numbers, the texts, a header, a status, the name of a file and of a sheet."""
    for number, formula in enumerate(FORMULAS):
        rows = [village(f"{number}") | {"village_name": formula, "township": formula}]
        send(inbox / str(number), given(YANGGAO, "2017-12", "relocation_villages", *rows))
        odd = [["区划代码", "报告期", "报送状态", "贷款户数(户)", formula], [TIANZHEN, "2017-12", formula, formula, 1]]
        write_book(inbox / f"t{number}.xlsx", {f"{formula.strip()[:3]}金融扶贫".replace("'", ""): odd})
        (inbox / f"{formula.strip().replace('/', '')}.csv").write_text(f"{formula},a\n1,2\n", encoding="utf-8")
    summary = night(root, inbox)
    assert summary.run
    (path,) = root.reports.rglob("findings.csv")
    shown = pl.read_csv(path, infer_schema=False)
    assert shown.height > len(FORMULAS)
    assert any("cmd" in text for text in shown["found"])
    for column in shown.columns:
        assert not [text for text in shown[column].drop_nulls() if text.lstrip(" ").startswith(LEADS)], column


def test_what_starts_with_an_equals_sign_is_taken_in_as_no_text(root: Root, inbox: Path) -> None:
    send(inbox, given(YANGGAO, "2017-12", "relocation_villages", village("1") | {"township": "=1+1"}))
    night(root, inbox)
    assert mart(root, "mart_findings")["rule"].to_list().count("formula_cell") == 1
    manifest = read_manifest(root)
    assert manifest is not None
    for name in manifest.marts:
        frame = mart(root, name)
        for column in frame.select(pl.col(pl.String)).columns if name != "mart_findings" else ():
            assert not frame[column].drop_nulls().str.starts_with("=").any(), (name, column)


@pytest.mark.usefixtures("few_marts")
def test_names_in_other_encodings_stop_nothing(root: Root, inbox: Path) -> None:
    send(inbox, loans(finance()))
    for number, encoding in enumerate(("gb18030", "big5", "utf-16-le", "latin-1")):
        raw = "报表é".encode(encoding, "ignore").replace(b"\0", b"").replace(b"/", b"") + f"{number}.csv".encode()
        with open(os.path.join(os.fsencode(inbox), raw), "wb") as file:  # noqa: PTH118, PTH123  (names of bytes)
            file.write(b"x")
    plain("\u202exslx.csv", b"a\x1b[31m,b\n1,2\n")(inbox)
    summary = night(root, inbox)
    assert (summary.accepted, summary.unreadable) == (1, 5)
    messages = mart(root, "mart_findings").select("file", "found", "message_zh", "message_en")
    assert [text for column in messages for text in column if harmless(text[-LONGEST:]) != text[-LONGEST:]] == []
