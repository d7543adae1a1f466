"""Forgetting: what must not be kept is gone from the root for good, and the journal says when, why and by whom."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.builders import (
    GUANGLING,
    TIANZHEN,
    YANGGAO,
    cover,
    finance,
    judge_again,
    lent,
    loans,
    night,
    send,
    sheet,
    url,
    verdicts,
    write_book,
)
from tests.compacting import HIGH, LAST, LATER, compacted, days, files, same
from tests.decision_requests import decide
from tests.forgetting import WHY, forget
from tests.packing import packed
from warehouse.intake.formats.preflight import Limits
from warehouse.lineage.reader import LineageReader
from warehouse.lineage.submission_trace import explain_submission
from warehouse.maintenance.backup import back_up, restore
from warehouse.maintenance.forget_originals import remove_forgotten
from warehouse.maintenance.recover import clear, prepare
from warehouse.maintenance.verify import verify
from warehouse.marts.partitions import partitions_of
from warehouse.messages.errors import PermanentError
from warehouse.snapshots.as_of import write_as_of
from warehouse.snapshots.manifest import read_manifest
from warehouse.store import forget as store
from warehouse.store import journal, ledger
from warehouse.store.archive import hash_file
from warehouse.store.files import Root
from warehouse.store.forget import ForgetOutcome, ForgetRequest
from warehouse.store.journal_records import FORGET
from warehouse.store.rejudging import Scope

pytestmark = pytest.mark.usefixtures("few_marts", "in_this_process")
SECRET, INSIDE = "张三丰身份证", "李四光身份证"
ALONE, TWICE, PACKED = "1/secret.xlsx", "2/again.xlsx", "1/all.zip"


def book(path: Path, words: Any, county: str, name: str) -> Path:
    """A workbook with words where a number belongs, which the finding quotes."""
    rows = sheet("finance", finance(households=words))
    return write_book(path, {"封面": cover(code=county, name=name), "金融扶贫": rows})


def private(root: Root, inbox: Path) -> None:
    """Two nights: a private file beside a good one and an archive with another; the private one again, a correction.

    Receipts: 1 the good one, 2 the archive, 3 and 4 its members, 5 the private one; 6 its bytes again; 7 a correction.
    """
    send(inbox / "1", loans(finance(1000), county=TIANZHEN))
    book(inbox / ALONE, SECRET, YANGGAO, "阳高县")
    inside = book(inbox.parent / "inside.xlsx", INSIDE, GUANGLING, "广灵县")
    sheets = {"封面": cover(period="2018-06"), "金融扶贫": sheet("finance", finance(5))}
    sound = write_book(inbox.parent / "sound.xlsx", sheets)
    packed(inbox / PACKED, ("inside.xlsx", inside.read_bytes()), ("sound.xlsx", sound.read_bytes()))
    night(root, inbox, days(1))
    (inbox / "2").mkdir()
    shutil.copy(inbox / ALONE, inbox / TWICE)
    night(root, send(inbox / "3", loans(finance(1500), county=TIANZHEN)).parent, days(2))
    clear(root)


@pytest.fixture
def filled(filled_by: Callable[..., Root]) -> Root:
    return filled_by(private)


def number(root: Root, file: str) -> int:
    """The receipt that a file came with last."""
    received = ledger.read_table(ledger.open_ledger(url(root)), ledger.RECEIPTS).filter(file=file)
    return int(received.sort("receipt")["receipt"][-1])


def receipts_in_rows(root: Root) -> set[int]:
    paths = root.path.glob("[hq]*/*/*/*.parquet")
    return {one for path in paths for one in pl.read_parquet(path, hive_partitioning=False)["receipt"]}


def quoting(root: Root, words: str) -> set[str]:
    """The files below the root, by the folder that they lie in, that have words of it: as text, or in rows."""
    manifest = read_manifest(root)
    assert manifest is not None
    old = [path for path in root.marts.glob("v=*") if path.name != f"v={manifest.version}"]
    there = (path for path in root.path.rglob("*") if path.is_file() and not {*path.parents} & {*old})
    return {path.relative_to(root.path).parts[0] for path in there if words in _text(path)}


def _text(path: Path) -> str:
    if path.suffix == ".parquet":
        return str(pl.read_parquet(path, hive_partitioning=False).rows())
    return path.read_bytes().decode(errors="replace")


def original(root: Root, submission: str) -> list[Path]:
    return [path for path in root.archive.rglob("*") if path.stem == submission]


# --- what goes and what stays ---------------------------------------------------------------------------------------


def test_all_receipts_of_the_bytes_go_and_only_the_journal_says_what_it_was_when_why_and_by_whom(filled: Root) -> None:
    assert quoting(filled, SECRET) == {"journal", "ledger.db", "marts", "reports"}
    others, figures = quoting(filled, INSIDE), lent(filled)
    done = forget(filled, ALONE)
    assert (done.run, done.receipts, done.files) == ("000003", (5, 6), (ALONE, TWICE))
    assert original(filled, done.submission) == []
    assert receipts_in_rows(filled) == {1, 3, 4, 7}
    assert quoting(filled, SECRET) == {"journal"}
    assert quoting(filled, INSIDE) == others
    assert lent(filled) == figures
    entry = journal.read_entry(filled, done.run)
    assert (entry.flow, entry.receipts, entry.findings) == (FORGET, (), ())
    assert entry.forgotten is not None
    assert entry.forgotten.model_dump(include={"receipts", "submission", *WHY}) == {
        "receipts": (5, 6), "submission": done.submission, **WHY,
    }  # fmt: skip
    assert entry.received_at == LATER
    named = {name: sha256 for period in entry.periods for name, sha256 in period.files.items()}
    assert named == {name: sha256 for name, sha256 in files(filled).items() if "compact" in name}
    assert verify(filled).faults == ()
    same(filled)


def test_what_was_found_in_others_stays_in_the_reports_of_their_night_and_a_damaged_one_stops_no_run(
    filled: Root, inbox: Path
) -> None:
    forget(filled, ALONE)
    first = filled.reports / "000001"
    assert {path.name for path in first.iterdir()} == {"findings.csv", "findings.md", "SHA256SUMS"}
    assert INSIDE in (first / "findings.csv").read_text(encoding="utf-8-sig")
    assert INSIDE in (first / "findings.md").read_text(encoding="utf-8")
    (filled.reports / "000001" / "findings.csv").write_bytes(b"")
    (told,) = night(filled, inbox, LATER).recovered
    assert (told.kind, told.names) == ("forgotten", ("reports/000001",))
    assert verify(filled).faults == ()


def test_folders_merged_before_and_after_and_of_which_nothing_is_left_are_the_same_when_they_are_rebuilt(
    filled: Root, inbox: Path
) -> None:
    decide(filled, "withdraw", LATER, period="2018-06", county_code=YANGGAO)
    compacted(filled)
    forget(filled, ALONE, LAST)
    forget(filled, PACKED, LAST)
    assert receipts_in_rows(filled) == {1, 7}
    night(filled, send(inbox / "5", loans(HIGH, county=GUANGLING)).parent, LAST)
    assert compacted(filled).files_before == 2
    assert receipts_in_rows(filled) == {1, 7, number(filled, f"5/2017-12/{GUANGLING}_广灵县_2017-12.xlsx")}
    same(filled)


def test_the_same_bytes_sent_anew_are_a_new_submission_and_what_was_forgotten_stays_so(
    filled: Root, inbox: Path
) -> None:
    done = forget(filled, ALONE)
    shutil.copy(inbox / ALONE, inbox / "anew.xlsx")
    assert night(filled, inbox, LATER).quarantined == 1
    new = number(filled, "anew.xlsx")
    assert len(original(filled, done.submission)) == 1
    assert receipts_in_rows(filled) == {1, 3, 4, 7, new}
    assert verify(filled).faults == ()
    same(filled)
    assert forget(filled, done.submission).receipts == (new,)
    assert original(filled, done.submission) == []


def test_nobody_lets_it_in_or_judges_it_again(filled: Root) -> None:
    forget(filled, ALONE)
    with pytest.raises(PermanentError, match="nothing is quarantined"):
        decide(filled, "waive", LATER)
    assert judge_again(filled, Scope(first="2017-12"), LATER) == []
    assert verdicts(filled)[5, YANGGAO, "2017-12", "finance"] == ("withdrawn", None)


def test_the_marts_of_a_moment_before_it_have_nothing_of_it(
    filled: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(filled, ALONE)
    monkeypatch.setattr("warehouse.snapshots.publish.partitions_of", partitions_of)  # for it writes all marts
    write_as_of(filled, url(filled), days(2), tmp_path / "then")
    text = "".join(map(_text, (tmp_path / "then").rglob("mart_findings/**/*.parquet")))
    assert INSIDE in text
    assert SECRET not in text


# --- what may not be forgotten --------------------------------------------------------------------------------------


def test_what_is_in_force_or_may_be_again_is_withdrawn_first_and_the_refusal_says_how(filled: Root) -> None:
    good, before = f"1/2017-12/{TIANZHEN}_天镇县_2017-12.xlsx", files(filled)
    for receipt in ("7", good):  # in force; superseded by it
        with pytest.raises(PermanentError, match="withdraw them first") as refused:
            forget(filled, receipt)
        typed = re.findall(r"--(\w+) (\S+)", str(refused.value).splitlines()[-1])
        meant = dict(typed)
        assert files(filled) == before
        assert journal.runs(filled)[-1] == ("000002" if receipt == "7" else "000003")
        assert decide(
            filled, "withdraw", LATER, county_code=meant["county"], period=meant["period"], dataset=meant["dataset"],
            receipt=int(meant["receipt"]),
        )  # fmt: skip
    assert forget(filled, good).receipts == (1,)
    assert forget(filled, "7").receipts == (7,)
    assert TIANZHEN not in lent(filled)
    assert verify(filled).faults == ()


def test_a_member_goes_with_its_archive_alone_and_the_refusal_says_which(filled: Root) -> None:
    with pytest.raises(PermanentError, match=r"1/all\.zip 之内.*all its members, say: xianbao forget 2 --reason"):
        forget(filled, "3")
    with pytest.raises(PermanentError, match=r"--period 2018-06 --dataset finance --receipt 4"):
        forget(filled, "2")
    decide(filled, "withdraw", LATER, period="2018-06", county_code=YANGGAO)
    done = forget(filled, PACKED)
    assert (done.receipts, done.files[0]) == ((2, 3, 4), PACKED)
    assert original(filled, done.submission) == []
    assert quoting(filled, INSIDE) == {"journal"}
    assert verify(filled).faults == ()


def test_what_came_by_itself_and_in_an_archive_is_named_on_both_sides(filled: Root, inbox: Path) -> None:
    packed(inbox / "more.zip", ("again.xlsx", (inbox / ALONE).read_bytes()))
    night(filled, inbox, LATER)
    with pytest.raises(PermanentError, match=r"lies in the archive more\.zip"):
        forget(filled, ALONE)
    assert forget(filled, "more.zip").elsewhere == (5, 6)
    assert forget(filled, ALONE).elsewhere == ()
    assert quoting(filled, SECRET) == {"journal"}


@pytest.mark.parametrize("empty", ["reason", "by"])
def test_a_reason_and_a_name_are_needed(empty: str) -> None:
    with pytest.raises(PermanentError, match="say why and by whom"):
        ForgetRequest(name="5", **{**WHY, empty: "  "})


# --- who is told ----------------------------------------------------------------------------------------------------


def test_explaining_and_forgetting_again_say_when_why_and_by_whom_and_quote_nothing(filled: Root) -> None:
    forget(filled, ALONE)
    told = explain_submission(LineageReader(filled, url(filled)), TWICE)
    assert told.forgotten is not None
    assert (told.forgotten["run"], told.forgotten["reason"], told.forgotten["by"]) == ("000003", *WHY.values())
    assert (told.trouble, told.findings, told.lost, told.cells.height) == (None, (), (), 0)
    assert told.returns["standing"].to_list() == ["withdrawn"]
    for name in (ALONE, TWICE, "5", "6"):
        with pytest.raises(PermanentError, match=r"已由 李 于 .*forgotten already at .*000003.: 含"):
            forget(filled, name)
    with pytest.raises(PermanentError, match="nothing was received as 'nobody'"):
        forget(filled, "nobody")
    assert journal.runs(filled)[-1] == "000003"


def test_a_backup_loses_it_and_what_is_restored_is_whole(filled: Root, tmp_path: Path) -> None:
    place, elsewhere = Root(tmp_path / "backup"), Root(tmp_path / "elsewhere")
    back_up(filled, place.path)
    done = forget(filled, ALONE)
    assert len(original(place, done.submission)) == 1
    backed = back_up(filled, place.path)
    (gone,) = backed.forgotten
    assert (done.submission in gone, backed.faults, original(place, done.submission)) == (True, (), [])
    assert receipts_in_rows(place) == {1, 3, 4, 7}
    assert {name.split("/")[0] for name in quoting_files(place)} == {"journal"}
    assert back_up(filled, place.path).forgotten == ()
    elsewhere.path.mkdir()
    restored = restore(place.path, elsewhere, url(elsewhere), Limits(), {})
    assert (restored.whole, restored.rebuilt.differences) == (True, ())
    assert files(elsewhere) == files(filled)


def quoting_files(place: Root) -> list[str]:
    """All files of a root or a backup that have words of it, old snapshots too."""
    there = sorted(path for path in place.path.rglob("*") if path.is_file() and SECRET in _text(path))
    return [path.relative_to(place.path).as_posix() for path in there]


def test_a_night_takes_it_in_no_more_and_removes_what_comes_back_from_elsewhere_which_is_a_fault(
    filled: Root, inbox: Path
) -> None:
    (path,) = original(filled, hash_file(inbox / ALONE))
    kept = path.read_bytes()
    forget(filled, ALONE)
    nothing = night(filled, inbox, LATER)
    assert (nothing.run, nothing.recovered, (inbox / ALONE).exists()) == (None, (), True)
    path.write_bytes(kept)
    (fault,) = verify(filled).faults
    assert (fault.kind, fault.path) == ("forgotten", path.relative_to(filled.path).as_posix())
    (told,) = night(filled, inbox, LATER).recovered
    assert (told.kind, told.names) == ("forgotten", (fault.path,))
    assert verify(filled).faults == ()


# --- broken off -----------------------------------------------------------------------------------------------------


def forget_dying(root: Root, monkeypatch: pytest.MonkeyPatch, stop: int | None) -> int:
    """Forgetting that dies before one of the calls that change what is on disk, or none; how many there were."""
    seen = 0

    def dying(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **named: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen - 1 == stop:
                raise KeyboardInterrupt
            return function(*arguments, **named)

        return called

    with monkeypatch.context() as patched, root.lock(0):
        for owner, name in [*((Path, one) for one in ("replace", "unlink", "chmod")), (ledger, "index")]:
            patched.setattr(owner, name, dying(getattr(owner, name)))
        patched.setattr(shutil, "rmtree", dying(shutil.rmtree))
        with pytest.raises(KeyboardInterrupt) if stop is not None else nullcontext():
            committed_and_removed(root)
    return seen


def committed_and_removed(root: Root) -> ForgetOutcome:
    engine, request = ledger.open_ledger(url(root)), ForgetRequest(name=ALONE, **WHY)
    done = store.forget(root, engine, "000003", request, LATER)
    remove_forgotten(root, engine)
    return done


def test_broken_off_at_any_call_all_is_kept_or_the_next_run_removes_it(
    filled: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(filled.marts)  # which it leaves to publishing
    before, quoted, whole = files(filled), quoting_files(filled), Root(tmp_path / "whole")
    shutil.copytree(filled.path, whole.path, symlinks=True)
    calls = forget_dying(whole, monkeypatch, None)
    assert calls > 10
    assert not any(name.startswith(("archive", "reports", "ledger")) for name in quoting_files(whole))
    left: set[str] = set()
    for stop in range(calls):
        victim = Root(tmp_path / str(stop))
        shutil.copytree(filled.path, victim.path, symlinks=True)
        forget_dying(victim, monkeypatch, stop)
        with victim.lock(0):
            left |= {one.kind for one in prepare(victim, url(victim))}
        assert verify(victim).faults == ()
        committed = len(journal.runs(victim)) > len(journal.runs(filled))
        assert files(victim) == (files(whole) if committed else before)
        assert quoting_files(victim) == (quoting_files(whole) if committed else quoted)
        assert len(list(victim.archive.glob("*/*"))) == len(list(filled.archive.glob("*/*"))) - committed
        shutil.rmtree(victim.path)
    assert left >= {"rows", "superseded", "temporary", "indexed", "forgotten"}
