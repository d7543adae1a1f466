"""What each hostile file costs beside an honest one, as ratios: processor, parent's memory, bytes kept, findings."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import islice, product
from pathlib import Path

import pytest

from tests.builders import BOOK, NO_WAIT, RECEIVED, YANGGAO, given, send, village
from tests.faults.hostile import OTHERS, REFUSED, plain
from tests.packing import packed
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.model.records import Receipt
from warehouse.intake.sandbox import reader_pool
from warehouse.intake.sandbox.reader_pool import Readers
from warehouse.messages.finding import MOST_TOLD
from warehouse.store.archive import original_of
from warehouse.store.files import Root
from warehouse.store.inbox import new_files
from warehouse.store.receive import keep_files

# A file may cost as much as so many honest ones, a member as one, a byte so many times what an honest one's does.
FILES, PER_BYTE = 20, 5
# Beyond what it was sent as, the parent holds so much at the most, and so much a byte.
MEMORY, MEMORY_PER_BYTE = 100_000_000, 20
# What is said of a file in the journal: of a return one finding of each kind at the least, so much a byte.
SAID, SAID_PER_BYTE = 1_000 * MOST_TOLD, 100
MONTHS = [f"{year}-{month:02d}" for year in range(1990, 2090) for month in range(1, 13)]
CODES = [one.county_code for one in BOOK.in_force("2017-12")]


def returns(cells: str, count: int) -> Callable[[Path], Path]:
    """A table with a return in each row."""
    places = islice(product(MONTHS, CODES), count)
    lines = [f"{code},{month},{cells}" for month, code in places]
    header = "区划代码,报告期,贷款户数(户),贷款余额(万元)"
    return plain("finance.csv", "\n".join([header, *lines, ""]).encode())


def in_archive(name: str, members: Iterable[tuple[str, bytes]]) -> Callable[[Path], Path]:
    return lambda folder: packed(folder / name, *members)


AMPLIFIED: Mapping[str, Callable[[Path], Path]] = {
    "a return in each of 50,000 rows": returns("1,1", 50_000),
    "two faults in each of 4,000 returns": returns("x,y", 4_000),
    "zeros in an archive": in_archive("a.zip", ((f"{n}.txt", b"%d" % n + b"\0" * 9_000_000) for n in range(2))),
    "4,000 files in an archive": in_archive("a.zip", ((f"{n}.csv", b"%d" % n) for n in range(4_000))),
    "styles that never end": lambda folder: packed(
        folder / "a.xlsx",
        ("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<workbook/>"),
        ("xl/styles.xml", b"<cellXfs " * 30_000), ("xl/worksheets/sheet1.xml", b"<sheetData>" + b"<c " * 30_000),
    ),
}  # fmt: skip
HOSTILE = {**REFUSED, **OTHERS, **AMPLIFIED}


@dataclass(frozen=True)
class Taken:
    """What a file of so many bytes took: seconds of the processor, of child and parent; bytes of the parent beyond what
    it had; bytes kept; findings told, and what they take in the journal.
    """

    sent: int
    members: int
    seconds: float
    memory: int
    kept: int
    findings: int
    said: int


def processor(pid: int) -> float:
    spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, spent)) / os.sysconf("SC_CLK_TCK")


def status(name: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


def taken(readers: Readers, folder: Path, build: Callable[[Path], Path]) -> Taken:
    """Receives and reads the file."""
    inbox, root = folder / "inbox", Root(folder / "root")
    inbox.mkdir(parents=True)
    sent = build(inbox).stat().st_size
    Path("/proc/self/clear_refs").write_text("5")
    child, before = readers.children[0].process.pid, status("VmRSS")
    start = processor(child) + time.process_time()
    kept, _ = keep_files(root, new_files(inbox, {}, NO_WAIT).files, Limits(), None, {})
    about = {"received_at": RECEIVED, "name_bytes": None}
    receipts = [Receipt(**asdict(one) | about, receipt=number) for number, one in enumerate(kept, start=1)]
    reading = readers.read([original_of(root, one) for one in receipts], None, {})
    assert readers.children[0].process.pid == child, "it ended its reader"
    return Taken(
        sent=sent,
        members=len(kept) - 1,
        seconds=processor(child) + time.process_time() - start,
        memory=status("VmHWM") - before,
        kept=sum(path.stat().st_size for path in root.archive.rglob("*") if path.is_file()),
        findings=len(reading.findings),
        said=sum(len(finding.model_dump_json()) for finding in reading.findings),
    )


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Taken]:
    """What each file took, and an honest register of villages before them all."""
    folder = tmp_path_factory.mktemp("cost")
    register = given(YANGGAO, "2017-12", "relocation_villages", *(village(str(number)) for number in range(2_000)))

    def honest(inbox: Path) -> Path:
        return next(send(inbox, register).rglob("*.xlsx"))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reader_pool, "_processors", lambda: 1)
        with Readers(Limits(), folder, folder / "scratch") as readers:
            readers.wait()
            taken(readers, folder / "warm", honest)
            files = {"honest": honest, **HOSTILE}
            return {name: taken(readers, folder / str(n), build) for n, (name, build) in enumerate(files.items())}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_no_more_than_its_part(costs: dict[str, Taken], name: str) -> None:
    honest, own = costs["honest"], costs[name]
    assert own.seconds <= honest.seconds * (FILES + own.members + PER_BYTE * own.sent / honest.sent)
    assert own.memory <= MEMORY + MEMORY_PER_BYTE * own.sent
    assert own.kept <= own.sent
    assert own.findings <= MOST_TOLD + own.sent / 10
    assert own.said <= SAID + SAID_PER_BYTE * own.sent
