"""Limits of texts, numbers and headers, at their edge: exactly so much passes, one more does not."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from tests.builders import BOOK
from warehouse.intake.formats.file_labels import LONGEST, LONGEST_SUFFIX, distinct, harmless
from warehouse.intake.formats.table import MOST_WHOLE, Table, as_text
from warehouse.intake.layout.header import MOST_NAMED, ROWS_LOOKED_AT, find_header
from warehouse.intake.model.reporter import quoted
from warehouse.intake.values import EXACT, FIRST_SERIAL, LAST_SERIAL, converted, number
from warehouse.store.archive import archived
from warehouse.store.files import Root

# --- texts and numbers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, LONGEST - 1, LONGEST])
def test_a_label_of_the_greatest_length_stays_whole(length: int) -> None:
    assert harmless("字" * length) == "字" * length
    assert quoted("字" * length) == "字" * length


def test_a_label_that_is_one_too_long_keeps_its_end_and_a_quotation_its_beginning() -> None:
    text = "甲" + "字" * (LONGEST - 1) + "乙"
    assert harmless(text) == "…" + "字" * (LONGEST - 2) + "乙"
    assert len(harmless(text)) == LONGEST
    assert quoted(text) == "甲" + "字" * (LONGEST - 2) + "…"
    assert len(quoted(text)) == LONGEST


def test_two_labels_of_one_name_are_told_apart_as_often_as_need_be() -> None:
    taken: dict[str, int] = {}
    for wanted in ("d/a.xlsx", "d/a (2).xlsx", "d/a (3).xlsx"):
        assert distinct("d/a.xlsx", taken) == wanted
    assert distinct(".hidden", {".hidden": 1}) == ".hidden (2)"
    assert distinct("d.e/name", {"d.e/name": 1}) == "d.e/name (2)"


@pytest.mark.parametrize(("length", "kept"), [(LONGEST_SUFFIX, True), (LONGEST_SUFFIX + 1, False)])
def test_a_suffix_in_the_archive_is_no_longer_than_one_may_be(root: Root, length: int, kept: bool) -> None:  # noqa: FBT001
    suffix = "." + "x" * (length - 1)
    path = archived(root, "ab" * 32, f"a{suffix}")
    assert path == root.archive / "ab" / ("ab" * 32 + (suffix if kept else ""))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (MOST_WHOLE - 1, "999999999999999"),
        (-(MOST_WHOLE - 1), "-999999999999999"),
        (MOST_WHOLE, "1000000000000000"),
        (123456789012345678, "123456789012346000"),
        (0.1 + 0.2, "0.3"),
        (1.5, "1.5"),
        (2.0, "2"),
        (-0.5, "-0.5"),
        (True, "是"),
        (False, "否"),
    ],
)
def test_a_number_keeps_the_fifteen_digits_that_a_spreadsheet_keeps(value: float, text: str) -> None:
    assert as_text(value) == text


def exact(said: str) -> str | None:
    (value,) = pl.select(number(pl.lit(said)).cast(pl.String)).to_series()
    return value


@pytest.mark.parametrize("said", ["9" * 15, "-" + "9" * 15, "+" + "9" * 15, "999,999,999,999,999"])
def test_fifteen_digits_before_the_point_are_a_number(said: str) -> None:
    whole = said.replace(",", "").lstrip("+")
    assert exact(said) == f"{whole}.{'0' * 12}"


@pytest.mark.parametrize(
    "said", ["9" * 16, "1,999,999,999,999,999", "0." + "1" * 13, "1,00", "1,0000", ",1", "1.2.3", "", ".", "1e3", "--1"]
)
def test_a_digit_more_than_is_kept_or_a_comma_in_a_wrong_place_is_no_number(said: str) -> None:
    assert exact(said) is None


@pytest.mark.parametrize("said", ["0." + "1" * 12, "7.", "0", "00012"])
def test_twelve_digits_behind_the_point_are_a_number(said: str) -> None:
    assert exact(said) is not None
    assert EXACT.scale == 12


STARTED = "started_on"


def day(said: str, epoch: date | None) -> date | None:
    dataset = BOOK.datasets["relocation_villages"]
    place = {"receipt": 1, "sheet": "表", "row": 2, "county_code": "140221", "period": "2017-12"}
    raw = pl.DataFrame([{**place, STARTED: said}])
    done, _ = converted(raw, dataset, {STARTED: 1}, epoch)
    value: date | None = done[STARTED][0]
    return value


@pytest.mark.parametrize(
    ("serial", "wanted"),
    [
        (FIRST_SERIAL - 1, None),
        (FIRST_SERIAL, date(1985, 12, 19)),
        (LAST_SERIAL, date(2100, 2, 19)),
        (LAST_SERIAL + 1, None),
        (43_100, date(2017, 12, 31)),
    ],
)
def test_a_serial_number_is_a_day_within_a_century_and_no_other_number_is(serial: int, wanted: date | None) -> None:
    assert day(str(serial), date(1899, 12, 30)) == wanted
    assert day(str(serial), None) is None


# --- headers -------------------------------------------------------------------------------------------------------

FINANCE = BOOK.datasets["finance"]
HEADERS = [indicator.header_zh for indicator in FINANCE.indicators]


@pytest.mark.parametrize(("titles", "seen"), [(ROWS_LOOKED_AT - 1, True), (ROWS_LOOKED_AT, False)])
def test_a_header_is_looked_for_in_so_many_rows(titles: int, seen: bool) -> None:  # noqa: FBT001
    rows: list[list[str | None]] = [["某表"], *([[None]] * (titles - 1)), [*HEADERS], ["1"] * len(HEADERS)]
    header = find_header(Table("表", rows), FINANCE)
    assert (header is not None) == seen
    if header:
        assert header.top == titles


@pytest.mark.parametrize(("named", "seen"), [(MOST_NAMED, True), (MOST_NAMED + 1, False)])
def test_a_row_of_more_names_than_any_form_has_is_no_header(named: int, seen: bool) -> None:  # noqa: FBT001
    others: list[str | None] = [f"其他{n}" for n in range(named - len(HEADERS))]
    header = find_header(Table("表", [["题"], [*HEADERS, *others], ["1"] * named]), FINANCE)
    assert (header is not None and header.top == 1) == seen
