"""Archives of submissions in a night: members are submissions of their own, what is refused is a finding."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path

import pytest

from tests.builders import YANGGAO, finance, lent, loans, mart, night, send

# name, bytes, what to set on the member's entry.
from tests.packing import Entry, mode, packed
from tests.rebuilding import again
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.member_file import at_hand
from warehouse.lineage.reader import LineageReader
from warehouse.messages.errors import StoreError
from warehouse.store import journal, ledger
from warehouse.store.archive import archived, hash_file, original_of
from warehouse.store.files import Root

pytestmark = pytest.mark.usefixtures("few_marts")


def bundle(inbox: Path, *more: tuple[str, bytes] | Entry, county: str = YANGGAO) -> Path:
    """A zip in the inbox with a good workbook, and more."""
    with tempfile.TemporaryDirectory() as folder:
        (book,) = send(Path(folder), loans(finance(), county=county)).rglob("*.xlsx")
        return packed(inbox / "大同.zip", ("天镇/一.xlsx", book.read_bytes()), *more)


def receipts(root: Root) -> list[tuple[int, str, str]]:
    """Number, file and verdict."""
    table = ledger.read_table(ledger.open_ledger(f"sqlite:///{root.path / 'ledger.db'}"), ledger.RECEIPTS)
    return table.select("receipt", "file", "verdict").sort("receipt").rows()


def test_the_members_of_an_archive_are_submissions_of_their_own(root: Root, inbox: Path) -> None:
    path = bundle(inbox, ("坏.csv", b"\0"))
    (inbox / "大同.zip.csv").write_bytes(b"\0")
    summary = night(root, inbox)
    assert (summary.files, summary.archives, summary.unreadable, summary.accepted) == (3, 1, 2, 1)
    assert lent(root) == {YANGGAO: 1000}
    assert receipts(root) == [
        (1, "大同.zip", "unpacked"),
        (2, "大同.zip.csv", "unreadable"),
        (3, "大同.zip/坏.csv", "unreadable"),
        (4, "大同.zip/天镇/一.xlsx", "read"),
    ]
    kept = archived(root, hash_file(path), "大同.zip")
    assert kept.read_bytes() == path.read_bytes()
    (entry,) = [journal.read_entry(root, run) for run in journal.runs(root)]
    for decision in entry.receipts:
        with at_hand(original_of(root, decision.receipt), Limits()) as there:
            assert hash_file(there.path) == decision.receipt.submission


def test_an_archive_is_kept_once_and_its_members_nowhere_else(root: Root, inbox: Path) -> None:
    bundle(inbox, *((f"{n}.txt", b"%d" % n + b"\0" * 1_000_000) for n in range(8)))
    night(root, inbox)
    kept = [path for path in root.archive.rglob("*") if path.is_file()]
    assert [hash_file(path) for path in kept] == [hash_file(inbox / "大同.zip")]


@pytest.mark.parametrize("in_children", [False, True])
def test_a_member_is_read_again_out_of_its_archive(root: Root, inbox: Path, in_children: bool) -> None:  # noqa: FBT001
    bundle(inbox)
    night(root, inbox, in_children=in_children)
    (member,) = [r for r in journal.read_entry(root, "000001").receipts if r.receipt.member is not None]
    reader = LineageReader(root, f"sqlite:///{root.path / 'ledger.db'}")
    shown, cells = reader.read_again(member.receipt)
    assert (len(shown.return_headers), "1000" in cells["value"].to_list()) == (1, True)
    assert again(root)[0].differences == ()
    kept = reader.original(member.receipt).path
    kept.chmod(0o600)
    kept.write_bytes(b"PK")
    with pytest.raises(StoreError, match="damaged"):
        reader.original(member.receipt)


def test_what_an_archive_refuses_is_a_finding_of_its_receipt(root: Root, inbox: Path) -> None:
    bundle(inbox, ("../a.csv", b"x"), ("b.zip", b"x"))
    summary = night(root, inbox)
    assert (summary.accepted, summary.unreadable, summary.errors, summary.good) == (1, 0, 2, False)
    found = mart(root, "mart_findings").filter(rule="member_refused").sort("found")
    assert found["file"].to_list() == ["大同.zip"] * 2
    assert found["found"].to_list() == [
        "../a.csv: 指向上级文件夹 a name with ..",
        "b.zip: 压缩包中的压缩包 an archive inside the archive",
    ]


def test_the_same_archive_is_not_taken_up_again_and_a_changed_one_is(root: Root, inbox: Path) -> None:
    bundle(inbox)
    assert night(root, inbox).accepted == 1
    assert night(root, inbox).run is None
    bundle(inbox, ("z.csv", b"x"))
    summary = night(root, inbox)
    assert (summary.files, summary.archives, summary.duplicates, summary.unreadable) == (2, 1, 1, 1)


def test_an_archive_of_which_nothing_can_be_taken_is_unreadable_and_stops_no_other(root: Root, inbox: Path) -> None:
    send(inbox, loans(finance()))
    packed(inbox / "empty.zip")
    packed(inbox / "links.zip", ("a.csv", b"/etc/passwd", mode(stat.S_IFLNK)))
    (inbox / "cut.zip").write_bytes(packed(inbox / "x", ("a.csv", b"x")).read_bytes()[:-9])
    (inbox / "x").unlink()
    summary = night(root, inbox)
    assert (summary.files, summary.archives, summary.unreadable, summary.accepted) == (4, 0, 3, 1)
    found = mart(root, "mart_findings").select("file", "rule").sort("file").rows()
    assert found == [("cut.zip", "unreadable_file"), ("empty.zip", "unreadable_file"), ("links.zip", "member_refused")]
