"""The order in which each operation reaches the disk: synced, renamed, its folder synced, and only then the next step.

Kills find a program that forgets to write; only the order shows one that a power cut would halve. Every operation is
recorded call by call, and held to what makes it durable.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tasks.commit import commit
from tasks.run import Run
from tests.builders import BOOK, RECEIVED, finance, loans, night, send, url
from tests.durable import Recorded, recorded
from tests.faults.calls import Call
from tests.small_store import PERIOD, Sent, decision, indexed, rows, run
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.reading import merged, save_reading
from warehouse.maintenance.backup import back_up
from warehouse.maintenance.replace_store import _replaced
from warehouse.messages.finding import Finding
from warehouse.reports.run_summary import write_findings
from warehouse.store import journal, ledger
from warehouse.store.archive import archived, keep
from warehouse.store.compact import compact
from warehouse.store.files import Root, make_folder, temporary_of, write_durably
from warehouse.store.history import to_parquet, write_rows
from warehouse.store.journal_records import Entry, PeriodRecord
from warehouse.store.staging import load_staged, save_returns, stage_period
from warehouse.store.transfer import copy_durably, link_or_copy, transfer_journal

ROWS = f"history/finance/period={PERIOD}"


def folder_of(root: Root, path: Path) -> str:
    return path.relative_to(root.path).as_posix()


# --- one file ------------------------------------------------------------------------------------------------------


def test_a_file_is_written_aside_synced_renamed_and_its_folder_synced(root: Root) -> None:
    path = root.path / "a" / "b.txt"
    root.path.mkdir()
    with recorded(root) as done:
        write_durably(path, b"some bytes")
    aside = f"a/.b.txt.{os.getpid()}"
    assert done.made == [
        Call("mkdir", "a"),
        Call("fsync", "."),
        Call("open", aside),
        Call("write", aside),
        Call("fsync", aside),
        Call("rename", "a/b.txt"),
        Call("fsync", "a"),
    ]
    assert temporary_of(path).name == f".b.txt.{os.getpid()}"


def test_the_name_of_each_new_folder_is_synced_in_the_one_above_it(root: Root) -> None:
    root.path.mkdir()
    with recorded(root) as done:
        make_folder(root.path / "a" / "b")
        make_folder(root.path / "a" / "b")
    assert done.made == [Call("mkdir", "a"), Call("fsync", "."), Call("mkdir", "a/b"), Call("fsync", "a")]


def test_all_bytes_of_a_large_file_are_written_before_it_is_synced(root: Root) -> None:
    root.path.mkdir()
    with recorded(root) as done:
        write_durably(root.path / "large", b"0" * 3_000_000)
    aside = f".large.{os.getpid()}"
    assert [call.kind for call in done.made if call.path == aside][-1] == "fsync"
    assert (root.path / "large").stat().st_size == 3_000_000


def test_what_was_there_is_there_until_the_new_one_is_whole(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    write_durably(root.path / "a", b"old")

    def broken(_: int) -> None:
        assert (root.path / "a").read_bytes() == b"old"
        raise OSError("the disk is gone")

    monkeypatch.setattr("warehouse.store.files.sync", broken)
    with pytest.raises(OSError, match="gone"):
        write_durably(root.path / "a", b"new")
    assert (root.path / "a").read_bytes() == b"old"


# --- the archive ---------------------------------------------------------------------------------------------------


def test_an_original_is_in_the_archive_for_good_before_it_has_its_receipt(root: Root, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes(b"x" * 100)
    root.path.mkdir()
    with recorded(root) as done:
        submission, kept = keep(root, inbox / "a.csv", "a.csv")
    name = folder_of(root, kept)
    renamed, _ = done.renamed_durably(name)
    aside = f"work/keep.{os.getpid()}"
    done.at_most(done.last("write", aside), done.last("fsync", aside), done.last("chmod", aside), renamed)
    assert kept == archived(root, submission, "a.csv")
    assert kept.stat().st_mode & 0o777 == 0o440


def test_an_original_that_is_kept_already_is_not_touched(root: Root, inbox: Path) -> None:
    (inbox / "a.csv").write_bytes(b"x")
    _, kept = keep(root, inbox / "a.csv", "a.csv")
    with recorded(root) as done:
        keep(root, inbox / "a.csv", "b.csv")
    name = folder_of(root, kept)
    assert not [call for call in done.made if call.path == name]
    assert done.made[-1] == Call("unlink", f"work/keep.{os.getpid()}")
    assert not done.paths("rename", "*")


def test_an_original_is_synced_in_the_work_folder_moved_and_its_new_folder_synced(root: Root, inbox: Path) -> None:
    path, own = inbox / "a.csv", f"work/keep.{os.getpid()}"
    path.write_bytes(b"x")
    with recorded(root) as done:
        _, kept = keep(root, path, "a.csv")
    assert [(call.kind, call.path) for call in done.made[-4:]] == [
        ("fsync", own), ("chmod", own), ("rename", folder_of(root, kept)),
        ("fsync", folder_of(root, kept.parent)),
    ]  # fmt: skip


# --- a run ---------------------------------------------------------------------------------------------------------


def test_rows_are_there_for_good_before_the_record_that_names_them(root: Root) -> None:
    root.path.mkdir()
    one = Sent(1)
    record = PeriodRecord(period=PERIOD, decisions=(decision(one),), rules=(), findings=())
    with recorded(root) as done:
        stage_period(root, "000001", root.work / "judged", record, {"finance": rows(one)}, {"finance": rows(Sent(2))})
    _, rows_there = done.renamed_durably(f"{ROWS}/000001.parquet")
    _, others_there = done.renamed_durably(f"quarantine/finance/period={PERIOD}/000001.parquet")
    record_begins, _ = done.renamed_durably(f"work/judged/{PERIOD}.json")
    done.at_most(rows_there, others_there, record_begins)


def test_what_a_run_judged_before_is_read_where_writing_of_a_period_broke_off_and_is_tried_again(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.path.mkdir()
    record = PeriodRecord(period=PERIOD, decisions=(), rules=(), findings=())
    with monkeypatch.context() as patched:
        patched.setattr("warehouse.store.files.sync", lambda _: (_ for _ in ()).throw(OSError("the disk is gone")))
        with pytest.raises(OSError, match="gone"):
            stage_period(root, "000001", root.work / "judged", record, {}, {})
    assert load_staged(root.work / "judged") == []
    stage_period(root, "000001", root.work / "judged", record, {}, {})
    assert load_staged(root.work / "judged") == [record]


def test_the_entry_of_a_run_is_written_whole_or_not_at_all_and_then_never_again(root: Root) -> None:
    root.path.mkdir()
    entry = Entry(run="000001", flow="nightly", received_at=RECEIVED, receipts=(), periods=(), findings=())
    with recorded(root) as done:
        path = journal.commit(root, entry)
    _, there = done.renamed_durably("journal/000001.json")
    assert done.last("chmod", "journal/000001.json") > there
    assert path.stat().st_mode & 0o777 == 0o440


def test_a_run_counts_once_its_entry_is_there_and_the_ledger_follows(root: Root) -> None:
    """The task itself: rows, entry, ledger, in this order."""
    indexed(root)
    own = Run(
        name="000001", flow="nightly", received_at=RECEIVED, root_path=root.path, ledger_url=url(root), limits=Limits()
    )
    one = Sent(1)
    save_reading(merged([], {}), own.reading)
    save_returns(own.ledger_url, own.returns)
    record = PeriodRecord(period=PERIOD, decisions=(decision(one),), rules=(), findings=())
    with recorded(root) as done:
        stage_period(root, own.name, own.judged, record, {"finance": rows(one)}, {})
        commit.fn(own)
    _, rows_there = done.renamed_durably(f"{ROWS}/000001.parquet")
    entry_begins, entry_there = done.renamed_durably("journal/000001.json")
    done.at_most(rows_there, entry_begins, entry_there, done.last("commit", "ledger.db"))
    assert len(done.paths("rename", "journal/*.json")) == 1
    with recorded(root) as again:
        commit.fn(own)
    assert not again.paths("rename", "*"), "done again, it changes nothing"


def test_the_table_of_findings_is_there_before_the_text_that_says_the_report_is_whole(root: Root) -> None:
    entry = run(root, 1, Sent(1))
    with recorded(root) as done:
        write_findings(entry, root.reports / "000001")
    _, table_there = done.renamed_durably("reports/000001/findings.csv")
    text_begins, _ = done.renamed_durably("reports/000001/findings.md")
    done.at_most(table_there, text_begins)


def test_rows_without_any_touch_nothing(root: Root) -> None:
    root.path.mkdir()
    with recorded(root) as done:
        assert write_rows(root.history, BOOK.datasets["finance"], PERIOD, "000001", rows()) is None
    assert done.made == []


@pytest.mark.usefixtures("few_marts")
def test_the_index_of_the_pages_is_there_when_all_pages_and_what_they_are_made_of_are_there_for_good(
    root: Root, inbox: Path
) -> None:
    with recorded(root) as done:
        night(root, send(inbox, loans(finance(60_000))))
    report = root.reports / "000001"
    begins, _ = done.renamed_durably("reports/000001/docs/index.html")
    committed = done.at("rename", "journal/000001.json")
    pages = [path.stem for path in report.glob("docs/*.html") if path.stem != "index"]
    assert sorted(pages) == sorted(path.stem for path in report.glob("validations/*.json"))
    assert pages
    for name in pages:
        _, page_there = done.renamed_durably(f"reports/000001/docs/{name}.html")
        _, validated = done.renamed_durably(f"work/000001/validations/{name}.json")
        linked_at = done.at("link", f"reports/000001/validations/{name}.json")
        done.at_most(
            validated, committed, done.at("fsync", "reports/000001/validations", linked_at), page_there, begins
        )


# --- copies --------------------------------------------------------------------------------------------------------


def test_a_copy_is_written_aside_synced_renamed_and_its_folder_synced(root: Root, inbox: Path) -> None:
    source = inbox / "a"
    source.write_bytes(b"x" * 1000)
    source.chmod(0o444)
    (root.path / "b").mkdir(parents=True)
    with recorded(root) as done:
        copy_durably(source, root.path / "b" / "a")
    aside = f"b/.a.{os.getpid()}"
    renamed = done.at("rename", "b/a")
    done.at_most(done.at("open", aside), done.last("fsync", aside), renamed, done.at("fsync", "b", renamed))
    assert done.last("chmod", aside) < renamed
    assert (root.path / "b" / "a").stat().st_mode & 0o777 == 0o444


def test_a_copy_leaves_what_an_earlier_one_left_aside(root: Root, inbox: Path) -> None:
    (inbox / "a").write_bytes(b"new")
    (root.path).mkdir()
    (root.path / f".a.{os.getpid()}").write_bytes(b"what was left of an earlier copy")
    copy_durably(inbox / "a", root.path / "a")
    assert [path.name for path in root.path.iterdir()] == ["a"]
    assert (root.path / "a").read_bytes() == b"new"


def test_a_link_that_cannot_be_made_is_a_durable_copy(root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (inbox / "a").write_bytes(b"x")
    link_or_copy(inbox / "a", root.path / "linked")
    assert (root.path / "linked").stat().st_ino == (inbox / "a").stat().st_ino

    def elsewhere(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", elsewhere)
    with recorded(root) as done:
        link_or_copy(inbox / "a", root.path / "copied")
    renamed = done.at("rename", "copied")
    done.at_most(done.last("fsync", f".copied.{os.getpid()}"), renamed, done.at("fsync", ".", renamed))


def entries_last(done: Recorded) -> None:
    """Every original and every file of rows is there for good before the first entry is."""
    kept = [path for path in done.paths("rename", "*") if path.startswith(("archive/", "history/", "quarantine/"))]
    first_entry = min(done.at("rename", path) for path in done.paths("rename", "journal/*.json"))
    assert kept
    for path in kept:
        renamed = done.at("rename", path)
        done.at_most(renamed, done.at("fsync", str(Path(path).parent), renamed), first_entry)


def test_a_backup_has_every_original_and_row_for_good_before_the_entries_that_name_them(root: Root) -> None:
    run(root, 1, Sent(1), Sent(2, verdict="quarantined"))
    run(root, 2, Sent(3, 2000, version=2))
    backup = Root(root.path.with_name("backup"))
    with recorded(backup) as done:
        made = back_up(root, backup.path)
    assert (made.faults, made.repaired) == ((), ())
    entries_last(done)
    assert done.paths("rename", "journal/*.json") == ["journal/000001.json", "journal/000002.json"]
    for path in done.paths("rename", "*"):
        aside = str(Path(path).with_name(f".{Path(path).name}.{os.getpid()}"))
        done.at_most(done.last("fsync", aside), done.at("rename", path))


def test_a_journal_is_carried_aside_whole_and_appears_at_once(root: Root) -> None:
    run(root, 1, Sent(1))
    run(root, 2, Sent(2, 2000, version=2))
    target = Root(root.path.with_name("target"))
    target.path.mkdir()
    with recorded(target) as done:
        transfer_journal(["000001", "000002"], root, target, copy_durably)
    appears = done.at("rename", "journal")
    for name in ("000001.json", "000002.json"):
        renamed = done.at("rename", f".journal/{name}")
        done.at_most(done.last("fsync", f".journal/.{name}.{os.getpid()}"), renamed, appears)
    done.at_most(done.last("fsync", ".journal"), appears, done.at("fsync", ".", appears))
    assert journal.runs(target) == ["000001", "000002"]
    with recorded(target) as again:
        transfer_journal(["000001"], root, target, copy_durably)
    assert again.made == [], "not where some are"


def test_links_to_entries_are_synced_in_their_folder_before_the_journal_appears(root: Root) -> None:
    run(root, 1, Sent(1))
    target = Root(root.path.with_name("target"))
    target.path.mkdir()
    with recorded(target) as done:
        transfer_journal(["000001"], root, target, link_or_copy)
    linked_at = done.at("link", ".journal/000001.json")
    appears = done.at("rename", "journal")
    done.at_most(linked_at, done.at("fsync", ".journal", linked_at), appears, done.at("fsync", ".", appears))


def test_what_is_put_in_the_place_of_a_damaged_file_is_there_for_good(root: Root) -> None:
    run(root, 1, Sent(1))
    rebuilt = Root(root.path.with_name("rebuilt"))
    path = rebuilt.history / f"finance/period={PERIOD}" / "000001.parquet"
    write_durably(path, to_parquet(rows(Sent(1, 7))))
    with recorded(root) as done:
        assert _replaced([path], rebuilt, root) == [f"{ROWS}/000001.parquet"]
    renamed = done.at("rename", f"{ROWS}/000001.parquet")
    assert done.at("fsync", ROWS, renamed) == renamed + 1


# --- compacting ----------------------------------------------------------------------------------------------------


def test_merged_rows_and_their_entry_are_there_for_good_before_what_they_stand_for_goes(root: Root) -> None:
    run(root, 1, Sent(1))
    run(root, 2, Sent(2, 2000, version=2))
    indexed(root)
    with recorded(root) as done:
        made = compact(root, url(root), RECEIVED, 2)
    assert (made.run, made.files_before, made.files_after) == ("000003", 2, 1)
    _, rows_there = done.renamed_durably(f"{ROWS}/000003.compact.parquet")
    entry_begins, entry_there = done.renamed_durably("journal/000003.json")
    gone = [done.at("unlink", f"{ROWS}/{name}.parquet") for name in ("000001", "000002")]
    done.at_most(rows_there, entry_begins, entry_there, done.last("commit", "ledger.db"), min(gone))


def test_a_decision_of_a_person_has_its_rows_for_good_before_its_entry(root: Root) -> None:
    run(root, 1, Sent(1, verdict="quarantined"))
    indexed(root)
    with recorded(root) as done:
        run(root, 2, Sent(1, verdict="accepted_with_queries", reason="电话核实"), flow="waive", received=False)
        ledger.catch_up(ledger.open_ledger(url(root)), root)
    _, rows_there = done.renamed_durably(f"{ROWS}/000002.parquet")
    entry_begins, entry_there = done.renamed_durably("journal/000002.json")
    done.at_most(rows_there, entry_begins, entry_there, done.last("commit", "ledger.db"))


def test_a_report_of_a_run_with_findings_is_as_durable(root: Root) -> None:
    finding = Finding(
        receipt=1, submission="ab" * 32, file="=cmd.csv", period=PERIOD, rule="loan_cap", severity="warning",
        found="=1+1", expected="-", message_zh="甲", message_en="a",
    )  # fmt: skip
    entry = run(root, 1, Sent(1), findings=[finding])
    path = write_findings(entry, root.reports / "000001")
    text = path.read_text(encoding="utf-8-sig")
    assert "'=1+1" in text
    assert "'=cmd.csv" in text
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
