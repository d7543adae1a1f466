"""The command line, as the data engineer uses it, over real Prefect runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from tests.builders import BOOK, YANGGAO, finance, given, loans, night, row, send, village
from tests.flow.conftest import Province, Served, said
from tests.packing import packed
from warehouse.snapshots.manifest import read_manifest
from warehouse.store import journal
from warehouse.store.files import Root
from warehouse.synthetic import PERIODS, Return


def test_a_clean_night_exits_with_0_and_shows_what_came_and_the_scorecard(province: Province) -> None:
    assert province.night.returncode == 0, province.night.stdout + province.night.stderr
    held = f"{len(BOOK.figures)} hold 相符, 0 differ 不符, 0 not yet known 尚不可知, of {len(BOOK.figures)} published"
    assert held in " ".join(province.night.stdout.split())
    assert "农民人均可支配收入" in province.night.stdout
    assert str(province.root.marts / "marts.duckdb") in province.night.stdout
    assert (province.root.reports / "000001" / "docs" / "index.html").is_file()


def test_progress_is_shown_once_and_no_library_talks_over_it(province: Province) -> None:
    assert province.night.stdout.count("judge 2017-12") == 1
    assert province.night.stderr == ""


def test_nothing_calls_another_machine(province: Province) -> None:
    assert province.night.returncode == 0
    assert not province.watched.exists(), province.watched.read_text()


def test_a_second_night_says_that_nothing_is_new_and_publishes_nothing(province: Province, own: Served) -> None:
    shutil.copytree(province.folder, own.folder, symlinks=True, dirs_exist_ok=True)
    root = Root(own.folder / "root")
    again = own.say("run", "--json")
    assert again.returncode == 0, again.stderr
    assert said(again)["run"] is None
    assert said(again)["version"] is None
    assert said(again)["recovered"] == [], "the first came to its end"
    assert not root.work.exists()
    assert read_manifest(root) == province.manifest
    assert journal.runs(root) == ["000001"]


def test_status_says_what_is_published(province: Province) -> None:
    status = province.say("status", "--json")
    assert status.returncode == 0
    assert said(status)["up_to_date"]
    assert set(said(status)["periods"]) == set(PERIODS)
    assert "up to date" in province.say("status").stdout


def test_what_takes_long_has_its_turn_when_all_else_is_committed(own: Served) -> None:
    """Every file is over this budget, so that one of an archive's is the last that its sender may have read."""
    (book,) = send(own.folder / "inbox" / "good", loans(finance(1000))).rglob("*.xlsx")
    packed(own.folder / "inbox" / "bad.zip", ("1.csv", b"0"), ("2.csv", b"1"))
    (own.folder / "root").mkdir()
    (own.folder / "root" / "xianbao.toml").write_text("max_sender_seconds = 1e-9\n")
    done = own.say("run", "--json")
    assert done.returncode == 1
    last, root = said(done), Root(own.folder / "root")
    assert (last["run"], last["before"]["run"], last["before"]["late"], last["late"]) == (
        "000002", "000001", ["bad.zip"], []
    )  # fmt: skip
    first, second = (journal.read_entry(root, run).receipts for run in journal.runs(root))
    assert [(one.receipt.file, one.verdict) for one in first] == [
        (book.relative_to(own.folder / "inbox").as_posix(), "read")
    ]
    assert [(one.receipt.file, one.verdict) for one in second] == [
        ("bad.zip", "unpacked"), ("bad.zip/1.csv", "unreadable"), ("bad.zip/2.csv", "unreadable"),
    ]  # fmt: skip
    assert said(own.say("run", "--json"))["run"] is None


def test_submit_takes_one_file_and_exits_with_1_when_it_is_quarantined(province: Province, own: Served) -> None:
    shutil.copytree(province.root.path, own.folder / "root", symlinks=True)
    original = next(province.inbox.rglob("140925_*_2018-06.xlsx"))
    wrong = own.folder / original.name
    book = openpyxl.load_workbook(original)
    book["易地扶贫搬迁"]["C2"] = 10**6
    book.save(wrong)
    done = own.say("submit", str(wrong), "--json")
    assert done.returncode == 1, done.stderr
    assert said(done)["quarantined"] == 1
    findings = (own.folder / "root" / "reports" / said(done)["run"] / "findings.csv").read_text(encoding="utf-8-sig")
    assert "relocation_funnel" in findings
    assert "请更正后重新报送" in findings


def test_rejudge_compares_with_a_register_that_came_after_its_summary(own: Served) -> None:
    summary = given(YANGGAO, "2018-07", "relocation", row("relocation", villages_planned=1))
    for name, part in (("1", summary), ("2", given(YANGGAO, "2018-07", "relocation_villages", village("1")))):
        assert own.say("submit", str(next(send(own.folder / name, part).rglob("*.xlsx"))), "--json").returncode <= 1
    again = own.say("rejudge", "--from", "2018-07", "--dry-run", "--json")
    changes = [(c["dataset"], c["before"], c["after"]) for c in said(again)["changes"]]
    assert changes == [("relocation", "accepted_with_queries", "accepted")]
    assert not (own.folder / "root" / "work").exists()
    done = own.say("rejudge", "--from", "2018-07")
    assert done.returncode == 0, done.stderr
    assert "1 decided otherwise" in done.stdout
    last = said(own.say("rejudge", "--from", "2018-07", "--json"))
    assert last == {"returns": 2, "quarantined": 0, "unread": 0, "changes": [], "summary": None, "locked": []}


def test_waive_lets_in_withdraw_takes_out_verify_finds_a_flipped_byte_and_forget_removes_all_of_it(own: Served) -> None:
    high = next(send(own.folder / "high", given(YANGGAO, "2018-07", "finance", finance(60_000))).rglob("*.xlsx"))
    assert own.say("submit", str(high), "--json").returncode == 1
    meant = ("--county", YANGGAO, "--period", "2018-07", "--dataset", "finance", "--reason", "合作社 [一]")
    refused = own.say("withdraw", *meant)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("xianbao: 140221 阳高县 2018-07 finance: nothing is accepted; received: finance")
    waived = own.say("waive", *meant, "--by", "李")
    assert waived.returncode == 0, waived.stderr
    assert "let in by waiver 已豁免接受; before: quarantined" in waived.stdout
    assert "version 1, is in force" in waived.stdout
    assert "合作社 [一] (李)" in waived.stdout
    gone = ("forget", "1", "--reason", "误报", "--by", "李")
    refused = own.say(*gone)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "xianbao withdraw --county 140221 --period 2018-07 --dataset finance --receipt 1 --reason" in refused.stderr
    (withdrawn,) = said(own.say("withdraw", *meant, "--json"))["decided"]
    assert (withdrawn["before"], withdrawn["after"]) == ("accepted_with_queries", "withdrawn")
    again = own.say("withdraw", *meant)
    assert again.returncode == 0, again.stderr
    assert "said before: nothing was decided anew 此前已办理" in again.stdout
    assert "run 000003 in the journal; the last snapshot has it already" in again.stdout
    assert said(own.say("status", "--json"))["periods"] == {"2018-07": {"withdrawn": 1}}
    assert "全部完好" in own.say("verify").stdout
    kept = next((own.folder / "root" / "archive").rglob("*.xlsx"))
    kept.chmod(0o644)
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    broken = own.say("verify")
    assert broken.returncode == 1
    assert f"archive/{kept.parent.name}/{kept.name} 内容已变" in broken.stdout
    assert [fault["kind"] for fault in said(own.say("verify", "--json"))["faults"]] == ["changed"]
    forgotten = own.say(*gone)
    assert forgotten.returncode == 0, forgotten.stderr
    assert f"receipt 收件 1 ({high.name}) forgotten 已永久删除" in forgotten.stdout
    assert "请从收件箱中删除该文件" in forgotten.stdout
    assert "run 000004 in the journal; snapshot 000004 is published without it" in forgotten.stdout
    assert "已由 李 于" in own.say("explain", "submission", "1").stdout
    assert "全部完好" in own.say("verify").stdout


@pytest.mark.parametrize(
    "words",
    [
        ("submit", "nowhere.xlsx"),
        ("run", "--inbox", "nowhere"),
        ("sample", "--out", "x", "--period", "2017-13"),
        ("sample",),
        ("rejudge", "--from", "2017-13"),
        ("rejudge", "--dataset", "nosuch"),
        ("withdraw", "--county", "140221", "--period", "2018-07", "--dataset", "finance"),
        ("waive", "--county", "140221", "--period", "2018-07", "--dataset", "nosuch", "--reason", "x"),
        ("release-hold", "--period", "2018-07", "--dataset", "nosuch", "--reason", "x"),
        ("what",),
    ],
)
def test_wrong_usage_exits_with_2_and_a_sentence(words: tuple[str, ...], own: Served) -> None:
    done = own.say(*words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


def test_a_wrong_setting_is_a_sentence(own: Served) -> None:
    (own.folder / "root").mkdir()
    (own.folder / "root" / "xianbao.toml").write_text("lock_wait_seconds = 'soon'\n")
    done = own.say("status")
    assert done.returncode == 1
    assert "lock_wait_seconds" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_line_answers_as_a_module_too_with_nothing_in_the_environment(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "flows.cli", "--help"]
    done = subprocess.run(words, env={}, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: " in done.stdout
    assert "县报" in done.stdout


def test_help_names_every_command_and_the_exit_codes(own: Served) -> None:
    done = own.say("--help")
    assert done.returncode == 0
    assert all(
        command in done.stdout
        for command in (
            "run",
            "submit",
            "rejudge",
            "withdraw",
            "waive",
            "holds",
            "release-hold",
            "rules",
            "docs",
            "export",
            "status",
            "verify",
            "rebuild",
            "backup",
            "sample",
            "Exit codes",
        )
    )


def test_a_figure_that_leapt_is_held_until_a_person_releases_it(own: Served) -> None:
    counties = [d.county_code for d in BOOK.in_force("2017-12") if d.prefecture_code == "140500"]
    root = Root(own.folder / "root")
    for times, codes in ((1, counties), (100, counties[:1])):
        night(root, send(own.folder / "inbox" / f"{times}", *(_lent(times, code) for code in codes)).parent)
    meant = ("release-hold", "--dataset", "finance", "--period", "2017-12", "--reason", "已核实", "--by", "李")
    listed = own.say("holds")
    assert "receipt 收件 7 140502" in listed.stdout, listed.stderr
    assert len(said(own.say("status", "--json"))["held"]) == 6
    refused = own.say(*meant, "--area", "140300")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "没有待放行的数" in refused.stderr
    done = own.say(*meant)
    assert done.returncode == 0, done.stderr
    assert "run 000003 in the journal; snapshot 000003 is published" in done.stdout
    again = own.say(*meant)
    assert "said before: nothing was released anew 此前已办理" in again.stdout, again.stderr
    assert "No figure is held" in own.say("holds").stdout


def _lent(times: int, county: str) -> Return:
    return loans(finance(3_000_000 * times, 100 * times), county=county, period="2017-12")
