"""Texts of rules stand in the journal once, beside the entries that name them; those of before have them whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import RECEIVED, knowledge, url
from tests.small_store import PERIOD, indexed
from warehouse.maintenance.backup import back_up
from warehouse.maintenance.recover import prepare
from warehouse.maintenance.verify import verify
from warehouse.messages.errors import StoreError
from warehouse.store import journal, ledger
from warehouse.store.files import Root, write_durably
from warehouse.store.journal_records import Entry, PeriodRecord, RuleRecord
from warehouse.store.rule_lists import rule_lists
from warehouse.store.seal import sealed
from warehouse.store.transfer import link_or_copy, transfer_journal


def rule(name: str = "loan_cap", dataset: str = "finance", period: str = PERIOD) -> RuleRecord:
    return RuleRecord(
        dataset=dataset, period=period, rule=name, severity="critical", checks=1, per_row=True, reason_zh="上限",
        reason_en="cap", source="page: x",
    )  # fmt: skip


def entry(number: int, *rules: RuleRecord, period: str = PERIOD) -> Entry:
    judged = PeriodRecord(period=period, decisions=(), rules=rules, findings=())
    return Entry(
        run=journal.run_name(number), flow="nightly", received_at=RECEIVED, receipts=(), periods=(judged,), findings=()
    )


def applied(root: Root) -> list[tuple[str, str, str]]:
    rules = knowledge(root).of_runs().rules
    return [*rules.select("run", "dataset", "rule").sort("run", maintain_order=True).iter_rows()]


BOTH = (rule("a"), rule("b"), rule("a", "funds"))


def test_what_was_written_once_is_named_by_every_entry_after_it(root: Root) -> None:
    for number, period in ((1, PERIOD), (2, PERIOD), (3, "2018-01")):
        journal.commit(root, entry(number, *(r.model_copy(update={"period": period}) for r in BOTH), period=period))
    assert len(rule_lists(root)) == 2, "one a dataset"
    assert all("上限" not in journal.entry_path(root, run).read_text() for run in journal.runs(root))
    journal.commit(root, entry(4, rule("a")))
    assert len(rule_lists(root)) == 3, "another list of rules"


def test_read_with_its_rules_an_entry_is_what_was_decided(root: Root) -> None:
    mixed = entry(1, rule("b", "funds"), rule("a"), rule("c", "funds"))
    journal.commit(root, mixed)
    assert journal.read_entry(root, "000001").periods[0].rules == ()
    assert journal.read_with_rules(root, "000001") == mixed


def test_an_entry_of_before_there_were_lists_has_its_rules_whole(root: Root) -> None:
    write_durably(journal.entry_path(root, "000001"), sealed(entry(1, *BOTH)))
    journal.commit(root, entry(2, *BOTH))
    indexed(root)
    rows = [("finance", "a"), ("finance", "b"), ("funds", "a")]
    assert applied(root) == [(run, *row) for run in ("000001", "000002") for row in rows]
    assert journal.named_heads(root) == journal.heads(root, ["000001"])


def damage(root: Root) -> Path:
    (name, *_) = rule_lists(root)
    path = root.path / name
    path.chmod(0o640)
    path.write_bytes(path.read_bytes().replace(b"cap", b"map"))
    return path


def test_a_list_that_changed_or_went_is_an_error_that_names_it_when_it_is_read(root: Root) -> None:
    journal.commit(root, entry(1, rule()))
    path = damage(root)
    for _ in ("changed", "missing"):
        with pytest.raises(StoreError, match=f"{path.name} .*restore it from a backup"):
            indexed(root)
        path.unlink(missing_ok=True)


def test_a_run_that_names_a_damaged_list_keeps_it_anew(root: Root) -> None:
    journal.commit(root, entry(1, rule()))
    damage(root)
    journal.commit(root, entry(2, rule()))
    indexed(root)
    assert [run for run, *_ in applied(root)] == ["000001", "000002"]


def test_no_run_begins_over_a_list_that_changed(root: Root) -> None:
    journal.commit(root, entry(1, rule()))
    indexed(root)
    path = damage(root)
    with pytest.raises(StoreError, match=f"{path.name} has changed"):
        prepare(root, url(root))


def test_verifying_names_a_list_that_changed_or_went(root: Root) -> None:
    journal.commit(root, entry(1, rule()))
    assert verify(root).faults == ()
    path = damage(root)
    assert [(one.path, one.kind) for one in verify(root).faults] == [(f"journal/rules/{path.name}", "changed")]
    path.unlink()
    assert [(one.path, one.kind) for one in verify(root).faults] == [(f"journal/rules/{path.name}", "missing")]


def test_a_backup_has_the_lists_and_mends_them(root: Root, tmp_path: Path) -> None:
    journal.commit(root, entry(1, rule()))
    disk = Root(tmp_path / "disk")
    assert back_up(root, disk.path).faults == ()
    damage(disk)
    assert back_up(root, disk.path).repaired == (*rule_lists(root),)
    assert journal.read_with_rules(disk, "000001") == entry(1, rule())


def test_a_journal_that_is_carried_has_its_lists(root: Root, tmp_path: Path) -> None:
    journal.commit(root, entry(1, *BOTH))
    there = Root(tmp_path / "there")
    there.path.mkdir()
    transfer_journal(journal.runs(root), root, there, link_or_copy)
    assert rule_lists(there) == rule_lists(root)
    indexed(root), indexed(there)
    assert applied(there) == applied(root)


def test_a_list_that_was_being_written_is_removed(root: Root) -> None:
    journal.commit(root, entry(1, rule()))
    indexed(root)
    (left := root.journal / "rules" / ".ab.json.12").write_bytes(b"[")
    prepare(root, url(root))
    assert not left.exists()


# --- in the ledger ---------------------------------------------------------------------------------------------------


def texts(root: Root) -> list[tuple[str, str]]:
    return [*ledger.read_table(indexed(root), ledger.RULE_TEXTS).select("run", "rule").iter_rows()]


def test_the_ledger_says_what_a_list_says_once_with_the_first_run_that_applied_it(root: Root) -> None:
    for number in (1, 2):
        journal.commit(root, entry(number, rule("a"), rule("b")))
    journal.commit(root, entry(3, rule("a")))
    assert texts(root) == [("000001", "a"), ("000001", "b"), ("000003", "a")]
    rows = [("000001", "a"), ("000001", "b"), ("000002", "a"), ("000002", "b"), ("000003", "a")]
    assert applied(root) == [(run, "finance", name) for run, name in rows]


def test_indexed_again_the_first_run_says_what_its_lists_say(root: Root) -> None:
    for number in (1, 2):
        journal.commit(root, entry(number, rule("a")))
    before = (texts(root), applied(root))
    ledger.renew(indexed(root), ["000002"])
    assert (texts(root), applied(root)) == before
