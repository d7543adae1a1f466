"""Budgets: what one sender takes keeps nobody else waiting, and nothing waits for ever."""

from __future__ import annotations

from collections import deque
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import pytest

from tests.builders import NO_WAIT, receipt_of
from tests.packing import packed
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.model.budget import FIRST, Budgets, Cost, Spending
from warehouse.intake.ownership.inbox_folders import sender_of
from warehouse.intake.reading import Reading
from warehouse.intake.sandbox import reader_pool
from warehouse.intake.sandbox.reader_pool import ReaderQueue, Readers
from warehouse.maintenance.suspects import suspects
from warehouse.reports.run_summary import Summary
from warehouse.store.files import Root
from warehouse.store.inbox import new_files
from warehouse.store.receive import keep_files, number, save_receipts

MUCH = Cost(*[1_000_000] * 4)
ONE = "140221_2017-12_finance.csv"
GOOD = "区划代码,报告期,贷款户数(户)\n140221,2017-12,1\n".encode()


@pytest.mark.parametrize("measure", range(4))
def test_of_each_measure_exactly_so_much_is_allowed(measure: int) -> None:
    def cost(of: float) -> Cost:
        return Cost(*(of if at == measure else 0 for at in range(4)))

    spending = Spending(Budgets(sender=replace_at(MUCH, measure, 10), night=replace_at(MUCH, measure, 15)))
    spending.spend("a", "a1", cost(10))
    assert spending.may_go_on("a")
    spending.spend("a", "a2", cost(1))
    assert (spending.may_go_on("a"), spending.may_go_on("b")) == (False, True)
    assert not spending.refuses("a1"), "it was another that was too much"
    spending.spend("b", "b1", cost(5))
    assert not spending.may_go_on("b"), "the run has taken more than it may"


def replace_at(of: Cost, place: int, value: float) -> Cost:
    return Cost(*(value if at == place else one for at, one in enumerate(astuple(of))))


def test_what_took_too_much_alone_is_refused_but_not_in_the_first_turn() -> None:
    budgets, other = Budgets(Cost(10, 10, 10, 10), MUCH), Budgets(MUCH, Cost(10, 10, 10, 10))
    for turn, refuses in ((budgets, True), (other, True), (budgets.first_turn, False)):
        spending = Spending(turn)
        spending.spend("a", "a1", Cost(11))
        assert spending.refuses("a1") == refuses
    assert budgets.first_turn.sender == Cost(10 / FIRST, 10 / FIRST, 10 / FIRST, 10 / FIRST)


@pytest.mark.parametrize(
    ("path", "sender"),
    [("datong/a.zip/1.xlsx", "datong"), ("datong/tianzhen/a.xlsx", "datong/tianzhen"), ("2017-12/a.xlsx", "2017-12"),
     ("a.zip/1.xlsx", "a.zip"), ("a.xlsx", "a.xlsx")],
)  # fmt: skip
def test_a_sender_is_the_folder_that_is_set_else_the_first_one(path: str, sender: str) -> None:
    folders = {"datong": "140200", "datong/tianzhen": "140222"}
    assert sender_of(folders, path.encode()) == sender


# --- reading -------------------------------------------------------------------------------------------------------


def sent(tmp_path: Path, *names: str) -> list[Any]:
    """Small files, the last of them good; what is in an archive has it in its receipt."""
    made = []
    for number_, name in enumerate(names, start=1):
        path = tmp_path / f"{number_}.csv"
        path.write_bytes(GOOD if name == ONE else b"0")
        archive = f"{name.partition('/')[0]}.zip" if "/" in name else None
        given = receipt_of(path, number_)
        made.append(replace(given, receipt=given.receipt.model_copy(update={"file": name, "archive": archive})))
    return made


def read(tmp_path: Path, received: list[Any], budgets: Budgets) -> tuple[Reading, list[int]]:
    with Readers.of(received, Limits(), tmp_path / "scratch") as readers:
        reading, waiting = readers.read_within(budgets, received, None, {})
    return reading, [one.receipt for one in waiting]


def test_the_files_of_a_sender_over_budget_are_left_and_the_others_are_read(tmp_path: Path) -> None:
    part = sent(tmp_path, "bad/1.xlsx", "bad/2.xlsx", "datong/a.xlsx", "alone.csv")
    queue = ReaderQueue(deque(), Limits(), {}, Spending(Budgets(sender=Cost(10), night=Cost(100))))
    queue.spend([(part[0], Cost(11))])
    assert queue.affordable(part) == part[2:]
    assert queue.left == part[:2]


def test_an_archive_waits_as_one_while_a_good_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_pool, "_processors", lambda: 1)
    received = sent(tmp_path, "bad/1.csv", "bad/2.csv", ONE)
    little = Budgets(sender=Cost(1e-9, *[1_000_000] * 3), night=MUCH)
    reading, waiting = read(tmp_path, received, little.first_turn)
    assert waiting == [1, 2], "also what was read already"
    assert [one.receipt for one in reading.receipts] == [3]
    assert {one.receipt for one in [*reading.return_headers, *reading.findings]} == {3}


def test_in_the_last_turn_what_is_left_of_it_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_pool, "_processors", lambda: 1)
    received = sent(tmp_path, "bad/1.csv", "bad/2.csv", ONE)
    reading, waiting = read(tmp_path, received, Budgets(sender=Cost(1e-9, *[1_000_000] * 3), night=MUCH))
    assert waiting == []
    (over,) = [f for f in reading.findings if f.found == reader_pool.OVER_BUDGET]
    assert (over.file, over.rule, over.expected) == ("bad/2.csv", "over_limit", reader_pool.WITHIN_BUDGET)
    assert [head.receipt for head in reading.return_headers] == [3]


@pytest.mark.parametrize("measure", ["rows", "findings"])
def test_rows_and_findings_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measure: str) -> None:
    monkeypatch.setattr(reader_pool, "_processors", lambda: 1)
    monkeypatch.setattr(reader_pool, "FILES", 1)
    text = GOOD if measure == "rows" else b"0"
    received = sent(tmp_path, *(f"bad/{n}_{ONE}" for n in range(3)))
    for one in received:
        one.path.write_bytes(text)
    _, waiting = read(tmp_path, received, Budgets(sender=replace(MUCH, **{measure: 0}), night=MUCH, last=False))
    assert waiting == [1, 2, 3]
    assert read(tmp_path, received, Budgets(sender=replace(MUCH, **{measure: 2}), night=MUCH, last=False))[1] == []


# --- receiving -----------------------------------------------------------------------------------------------------


def test_of_a_sender_no_more_bytes_are_kept_than_it_may_send_the_small_files_first(root: Root, inbox: Path) -> None:
    (inbox / "bad").mkdir(parents=True)
    for name, size in (("a.csv", 400), ("b.csv", 300), ("c.csv", 200), ("d.csv", 100)):
        (inbox / "bad" / name).write_bytes(b"0" * size)
    (inbox / "good.csv").write_bytes(b"1" * 500)
    budgets = Budgets(sender=replace(MUCH, bytes=500), night=MUCH)
    arrivals = new_files(inbox, {}, NO_WAIT).files
    kept, late = keep_files(root, arrivals, Limits(), budgets, {})
    assert [one.file for one in kept] == ["bad/d.csv", "bad/c.csv", "bad/b.csv", "good.csv"]
    assert late == ["bad/a.csv"]
    assert sum(path.stat().st_size for path in root.archive.rglob("*") if path.is_file()) == 1_100


def test_what_an_archive_unpacks_to_counts(root: Root, inbox: Path) -> None:
    (inbox / "bad").mkdir(parents=True)
    for name in ("a", "b"):
        packed(inbox / "bad" / f"{name}.zip", ("1.csv", b"0" * 10_000))
    budgets = Budgets(sender=replace(MUCH, bytes=9_000), night=MUCH)
    kept, late = keep_files(root, new_files(inbox, {}, NO_WAIT).files, Limits(), budgets, {})
    assert ([one.file for one in kept], late) == (["bad/a.zip", "bad/a.zip/1.csv"], ["bad/b.zip"])


# --- what was in hand when runs broke off --------------------------------------------------------------------------


def broken_off(root: Root, inbox: Path, *in_hand: str) -> list[str]:
    """The suspects, after a run that broke off with these in hand."""
    folder = root.work / "000001"
    kept, _ = keep_files(root, new_files(inbox, {}, NO_WAIT).files, Limits(), None, {})
    receipts = number(f"sqlite:///{root.path / 'ledger.db'}", kept, receipt_of(inbox / "a.csv").receipt.received_at)
    save_receipts(folder / "receipts.json", receipts)
    notes = folder / "parts" / "reader-1-1"
    notes.mkdir(parents=True, exist_ok=True)
    for place, one in enumerate(receipts):
        (notes / f"part-{place}.hand").write_bytes((one.receipt if one.file in in_hand else 0).to_bytes(8))
    return suspects(root, [folder])


def test_a_file_is_put_off_that_was_in_hand_at_two_breaks_in_a_row(root: Root, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes(b"0")
    packed(inbox / "b.zip", ("1.csv", b"1"))
    assert broken_off(root, inbox, "a.csv", "b.zip/1.csv") == []
    assert broken_off(root, inbox, "b.zip/1.csv") == ["b.zip"], "it waits with the archive that it is in"
    assert broken_off(root, inbox, "a.csv", "b.zip/1.csv") == ["b.zip"]
    assert broken_off(root, inbox) == []
    assert broken_off(root, inbox, "b.zip/1.csv") == [], "two in a row"


@pytest.mark.parametrize("left", [None, b"", b"\x00\xff"])
def test_what_a_power_cut_leaves_of_a_run_puts_no_file_off_and_stops_no_night(
    root: Root, inbox: Path, left: bytes | None
) -> None:
    (inbox / "a.csv").write_bytes(b"0")
    assert broken_off(root, inbox, "a.csv") == []
    receipts = root.work / "000001" / "receipts.json"
    receipts.unlink() if left is None else receipts.write_bytes(left)
    assert suspects(root, [root.work / "000001"]) == []
    (root.path / "suspects.json").write_bytes(left or b"")
    assert broken_off(root, inbox, "a.csv") == []


def test_a_night_of_two_turns_is_told_as_one() -> None:
    first = Summary(run="000001", waiting=3, late=("a",), skipped=1, errors=1)
    last = first.followed_by(Summary(run="000002", waiting=0))
    assert (last.run, last.before, last.waiting, last.skipped, last.late, last.good) == (
        "000002", first, 2, 1, (), False
    )  # fmt: skip
    still = first.followed_by(Summary(waiting=1, late=("a",)))
    assert (still.run, still.before, still.waiting, still.late) == ("000001", None, 3, ("a",))
