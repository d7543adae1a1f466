"""What a clerk is told: each kind of finding says what is wrong and what to do, in both languages, and fits a cell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from expectations.suites import rules_for
from expectations.validation.rule_findings import ADVICE
from tests.builders import TIANZHEN, finance, read_file, read_files, sheet, write_book
from warehouse.codebook import load
from warehouse.intake.formats.preflight import UNREAD

BOOK = load()
CHECKS = BOOK.checks
RULES = {rule.rule: rule for d in BOOK.datasets.values() for p in ("2017-12", "2018-06") for rule in rules_for(d, p)}
CODE = [path.read_text(encoding="utf-8") for room in ("warehouse", "expectations") for path in Path(room).rglob("*.py")]
CHINESE, FULL_STOP = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"[。!?]|\. ")
# Words of a form that are the same in both languages.
OF_THE_FORM = re.compile(r"[(「]?(?:贷款余额|万元|万|有|无|报送|预计|大同市阳高县|单位:)[)」]?")
# Kinds that a county may leave as they are.
REMARK = re.compile("不用改|如是|看一看")


@pytest.mark.parametrize("rule", CHECKS)
def test_a_check_says_in_a_sentence_what_is_wrong_and_in_one_what_to_do(rule: str) -> None:
    check = CHECKS[rule]
    for chinese, english in ((check.reason_zh, check.reason_en), (check.advice_zh, check.advice_en)):
        assert CHINESE.search(chinese)
        assert english
        assert not CHINESE.search(OF_THE_FORM.sub("", english)), english
        assert not FULL_STOP.search(chinese + english)
    assert check.reason_zh != check.advice_zh


@pytest.mark.parametrize("rule", CHECKS)
def test_a_remark_asks_for_nothing_and_what_cannot_be_read_asks_for_another_file(rule: str) -> None:
    check = CHECKS[rule]
    if check.severity == "info":
        assert REMARK.search(check.advice_zh)
    if rule in UNREAD:
        assert "重新报送" in check.advice_zh
        assert "send it" in check.advice_en


@pytest.mark.parametrize("rule", CHECKS)
def test_a_check_is_made_somewhere(rule: str) -> None:
    assert any(f'"{rule}"' in text for text in CODE)


def test_what_the_code_reports_is_in_the_codebook() -> None:
    named = {name for text in CODE for name in re.findall(r'\breport\(\s*"([a-z_]+)"', text)}
    assert len(named) > len(UNREAD)
    assert named <= CHECKS.keys()


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_in_both_languages_what_must_hold_and_what_to_do(name: str) -> None:
    rule = RULES[name]
    assert CHINESE.search(rule.reason_zh)
    assert rule.reason_en
    assert not CHINESE.search(OF_THE_FORM.sub("", rule.reason_en))
    assert all(ADVICE[rule.severity])


@pytest.mark.parametrize(
    ("begins", "rule", "named"),
    [
        (b"%PDF-1.7", "wrong_kind", "PDF"), (b"\x89PNG\r\n", "wrong_kind", "图片"),
        (b"\xff\xd8\xff\xe0", "wrong_kind", "图片"), (b"Rar!\x1a\x07", "wrong_kind", "RAR"),
        (b"7z\xbc\xaf\x27\x1c", "wrong_kind", "7z"), (b"{\\rtf1", "wrong_kind", "RTF"),
        (b"PK\x03\x04damaged", "unreadable_file", "损坏"), (b"\0\1\2", "wrong_kind", "其他类型"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".doc"])
def test_what_is_no_table_is_called_what_it_is_whatever_its_name_says(
    tmp_path: Path, begins: bytes, rule: str, named: str, suffix: str
) -> None:
    (tmp_path / f"a{suffix}").write_bytes(begins)
    (finding,) = read_file(tmp_path / f"a{suffix}").findings
    assert (finding.rule, named in finding.found) == (rule, True)


@pytest.mark.parametrize(
    ("typed", "rule"),
    [
        ("约10", "not_a_number"), ("#REF!", "error_cell"), ("1.00000001", "digits_lost"), ("1.2万", "unit_unclear"),
    ],
)  # fmt: skip
def test_a_cell_below_a_header_in_wan_is_asked_for_in_wan(tmp_path: Path, typed: str, rule: str) -> None:
    headers, numbers = sheet("finance", finance())
    numbers[1] = typed
    page = [["区划代码", "报告期", *headers], [TIANZHEN, "2017-12", *numbers]]
    (finding,) = read_files(write_book(tmp_path / "a.xlsx", {"金融扶贫": page})).findings
    assert (finding.rule, finding.expected) == (rule, "数字 number (万元)")


def test_a_header_that_nobody_knows_is_told_which_one_is_lacking(tmp_path: Path) -> None:
    headers, numbers = sheet("finance", finance())
    headers[4] = "贷款佘额(万元)"
    page = [["区划代码", "报告期", *headers], [TIANZHEN, "2017-12", *numbers]]
    (finding,) = read_files(write_book(tmp_path / "a.xlsx", {"金融扶贫": page})).findings
    assert (finding.rule, finding.expected) == ("unknown_header", "贷款余额(万元)")
