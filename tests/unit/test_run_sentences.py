"""What a run came to, in a sentence, and what is to be done about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.reports.run_sentences import run_sentence, what_to_do
from warehouse.reports.run_summary import Summary
from warehouse.store.files import Root

ROOT = Root(Path("/srv/xianbao"))
GOOD = Summary(run="000006", accepted=60, accepted_with_queries=2, quarantined=57, overdue=12)


@pytest.mark.parametrize(
    ("summary", "zh", "en"),
    [
        (GOOD, "119 份报表,退回 57 份,12 个县逾期未报", "119 returns, 57 quarantined, 12 counties overdue"),
        (Summary(run="000001", accepted=1), "1 份报表", "1 returns"),
        (Summary(run="000001", unreadable=2, held=1), "0 份报表,2 个文件无法读取,1 个汇总数暂缓公布",
         "0 returns, 2 files unreadable, 1 figures held"),
        (Summary(), "没有新报表", "nothing new"),
        (Summary(version="000004", waiting=1), "没有新报表,1 个文件待下次,补发快照 000004",
         "nothing new, 1 files wait, snapshot 000004 published"),
        (Summary(run="000007", accepted=1, before=GOOD), "120 份报表,退回 57 份", "120 returns, 57 quarantined"),
    ],
)  # fmt: skip
def test_a_run_is_said_in_one_sentence_in_both_languages(summary: Summary, zh: str, en: str) -> None:
    assert run_sentence(summary) == f"{zh}; {en}"


def test_what_is_to_be_done_names_the_file_of_each_turn() -> None:
    last = GOOD.model_copy(update={"run": "000007", "before": GOOD, "late": ("a.zip",)})
    lines = [*what_to_do(last, ROOT)]
    assert [line for line in lines if "000006/findings.csv" in line]
    assert [line for line in lines if "000007/findings.csv" in line]
    assert [line for line in lines if "mart_completeness" in line]
    assert len(lines) == 4


def test_where_nothing_is_to_be_done_that_is_said() -> None:
    for quiet in (Summary(), Summary(run="000001", accepted=1, accepted_with_queries=1, queries=1)):
        assert [*what_to_do(quiet, ROOT)] == ["无需处理; nothing to do"]
