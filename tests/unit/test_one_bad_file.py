"""One bad file, line or county never stops the others, and nothing of it is lost.

See docs/explanation/architecture.md, "What counts".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from tests.builders import (
    BOOK,
    TIANZHEN,
    YANGGAO,
    cover,
    finance,
    lent,
    loans,
    mart,
    night,
    read_submissions,
    receipt_of,
    said,
    send,
    sheet,
    village,
    write_book,
)
from warehouse.intake.formats.preflight import UNREAD, Limits
from warehouse.intake.reading import merged, read_part
from warehouse.store import inbox as inbox_module
from warehouse.store.files import Root

pytestmark = pytest.mark.usefixtures("few_marts")

PERIOD = "2017-12"


def test_one_unreadable_file_stops_no_other(root: Root, inbox: Path) -> None:
    send(inbox, loans(finance()))
    (inbox / "0.xlsx").write_bytes(b"PK\x03\x04")
    (inbox / "1.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    (inbox / "2.pdf").write_bytes(b"%PDF")
    (inbox / "3.csv").write_bytes(b"\0")
    summary = night(root, inbox)
    assert (summary.files, summary.unreadable, summary.accepted) == (5, 4, 1)
    assert not summary.good
    found = mart(root, "mart_findings").filter(pl.col("rule").is_in(UNREAD))
    assert found.select("file", "rule").rows() == [
        ("0.xlsx", "unreadable_file"), ("1.xls", "wrong_kind"), ("2.pdf", "wrong_kind"), ("3.csv", "unreadable_file"),
    ]  # fmt: skip
    assert lent(root) == {YANGGAO: 1000}


def test_a_night_of_unreadable_files_alone_is_recorded(root: Root, inbox: Path) -> None:
    (inbox / "0.xlsx").write_bytes(b"")
    assert night(root, inbox).unreadable == 1
    assert night(root, inbox).run is None


def test_a_file_name_in_another_encoding_stops_no_other(root: Root, inbox: Path) -> None:
    send(inbox, loans(finance()))
    (Path(str(inbox)) / "天镇".encode("gbk").decode("utf-8", "surrogateescape")).write_bytes(b"x")
    assert night(root, inbox).accepted == 1


HEADERS = ["区划代码", "报告期", *(i.header_zh for i in BOOK.datasets["finance"].indicators)]
PLAIN = "1,0.1,0.1,0,0,0,0,0"


def lines(inbox: Path, *rows: str, name: str = "x_finance.csv") -> None:
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / name).write_text("\n".join([",".join(HEADERS), *rows]) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    "bad",
    [
        f",{PERIOD},-1,-1,-1,0,0,0,0,0",
        f"{TIANZHEN},,-1,0.1,0.1,0,0,0,0,0",
        f"{TIANZHEN},0000-12,{PLAIN}",
        f"{TIANZHEN},0001-12,{PLAIN}",
        f"{TIANZHEN},1949-12,{PLAIN}",
        f"{TIANZHEN},{PERIOD},{'9' * 400},0.1,0.1,0,0,0,0,0",
        f"不知县,{PERIOD},{PLAIN}",
        TIANZHEN,
    ],
    ids=["no county", "no period", "year 0", "year 1", "1949", "huge", "nobody's name", "short line"],
)
def test_one_bad_line_stops_no_other_file(root: Root, inbox: Path, bad: str) -> None:
    lines(inbox, bad)
    send(inbox, loans(finance()))
    summary = night(root, inbox)
    assert (summary.accepted, summary.files) == (1, 2)
    assert lent(root) == {YANGGAO: 1000}


def test_a_line_without_a_county_stops_no_other_county_of_its_bundle_and_no_row_is_lost(
    root: Root, inbox: Path
) -> None:
    lines(inbox, f",{PERIOD},{PLAIN}", f"{TIANZHEN},{PERIOD},{PLAIN}", f"{YANGGAO},,{PLAIN}")
    summary = night(root, inbox)
    assert (summary.accepted, summary.quarantined, summary.good) == (1, 0, False)
    kept = pl.concat([pl.read_parquet(path) for path in root.quarantine.glob("finance/*/*.parquet")])
    assert sorted(kept["row"]) == [2, 4]
    assert mart(root, "mart_findings")["rule"].to_list() == ["cover_incomplete", "cover_incomplete"]


def test_a_line_without_a_county_in_a_register_quarantines_all_for_it_may_be_any_countys(
    root: Root, inbox: Path
) -> None:
    labels = [i.header_zh for i in BOOK.datasets["relocation_villages"].indicators]
    own = [list(village(f"{TIANZHEN}20120{n}").values()) for n in range(2)]
    rows = [["区划代码", "报告期", *labels], [TIANZHEN, PERIOD, *own[0]], [None, PERIOD, *own[1]]]
    write_book(inbox / "a.xlsx", {"搬迁自然村名册": rows})
    summary = night(root, inbox)
    assert (summary.accepted, summary.quarantined) == (0, 1)


def test_a_finding_of_a_file_is_counted_once_however_many_periods_a_night_has(root: Root, inbox: Path) -> None:
    (inbox / "x_finance.csv").write_text(f"{','.join(HEADERS)},不识\n{TIANZHEN},{PERIOD},{PLAIN},1\n", encoding="utf-8")
    summary = night(root, send(inbox, loans(finance()), loans(finance(), period="2017-11")))
    found = mart(root, "mart_findings").filter(rule="unknown_header")
    assert found.height == 1
    assert summary.errors == 1


def test_a_return_that_stands_twice_in_a_file_is_quarantined_once(root: Root, inbox: Path) -> None:
    listed = (("金融扶贫", "finance", "有", "报送"), ("Finance", None, "有", "报送"))
    pages = {
        "封面": cover(listed=listed),
        "金融扶贫": sheet("finance", finance()),
        "Finance": sheet("finance", finance()),
    }
    write_book(inbox / "a.xlsx", pages)
    night(root, inbox)
    kept = pl.concat([pl.read_parquet(path) for path in root.quarantine.glob("finance/*/*.parquet")])
    assert sorted(zip(kept["sheet"], kept["row"], strict=True)) == [("Finance", 2), ("金融扶贫", 2)]
    quality = mart(root, "mart_quality")
    assert quality.select("county_code", "dataset", "rule").is_duplicated().sum() == 0


def test_a_return_under_a_code_that_ended_says_what_to_write(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(), county="140227", period="2018-06")))
    (found,) = mart(root, "mart_findings").filter(dataset="finance").rows(named=True)
    assert (found["rule"], found["sheet"], found["cell"]) == ("known_county", "封面", "B3")
    assert (found["found"], found["expected"]) == ("140227", "140215 大同市云州区 (renamed in 2018-04)")
    assert said(root) == [("quarantined", None)]


NONE_LENT = sheet("finance", finance(lent=0, households=0))


def one_finding(root: Root, rule: str) -> dict[str, Any]:
    (found,) = mart(root, "mart_findings").filter(rule=rule).rows(named=True)
    return found


@pytest.mark.parametrize("period", ["\uff12\uff10\uff11\uff17-12", "2017-12"])
def test_a_period_in_full_width_digits_is_that_period(root: Root, inbox: Path, period: str) -> None:
    write_book(inbox / "a.xlsx", {"封面": cover(period=period), "金融扶贫": NONE_LENT})
    assert night(root, inbox).accepted == 1
    assert lent(root) == {YANGGAO: 0}


@pytest.mark.parametrize("period", ["2018-12", "2099-12", "9999-12"])
def test_a_period_that_has_not_ended_is_quarantined(root: Root, inbox: Path, period: str) -> None:
    write_book(inbox / "a.xlsx", {"封面": cover(period=period), "金融扶贫": NONE_LENT})
    assert night(root, inbox).quarantined == 1
    assert one_finding(root, "period_in_future")["cell"] == "B4"


def test_money_without_its_unit_is_not_guessed(root: Root, inbox: Path) -> None:
    headers, *rows = NONE_LENT
    bare = [str(h).removesuffix("(万元)") if "投放" in str(h) else h for h in headers]
    write_book(inbox / "a.xlsx", {"封面": cover(), "金融扶贫": [bare, *rows]})
    assert night(root, inbox).quarantined == 1
    found = one_finding(root, "unit_missing")
    assert (found["cell"], found["expected"]) == ("B1", "小额信贷投放(万元)")


@pytest.mark.parametrize(
    ("line", "cell"),
    [(("金融扶贫", "finance", "有", "预计数"), "D6"), (("金融扶贫", "finance", "全", "报送"), "C6")],
)
def test_a_word_on_the_cover_that_is_not_known_is_not_taken_for_another(
    root: Root, inbox: Path, line: tuple[str, ...], cell: str
) -> None:
    write_book(inbox / "a.xlsx", {"封面": cover(listed=(line,)), "金融扶贫": NONE_LENT})
    assert night(root, inbox).quarantined == 1
    assert one_finding(root, "unknown_status")["cell"] == cell


def test_a_cell_that_is_no_number_is_not_called_blank_as_well(root: Root, inbox: Path) -> None:
    headers, row = NONE_LENT
    write_book(inbox / "a.xlsx", {"封面": cover(), "金融扶贫": [headers, [*row[:-1], "约一百"]]})
    night(root, inbox)
    assert mart(root, "mart_findings")["rule"].to_list() == ["not_a_number"]


def test_a_long_text_that_many_cells_share_is_refused(root: Root, inbox: Path) -> None:
    with xlsxwriter.Workbook(inbox / "a.xlsx") as book:
        page = book.add_worksheet()
        for row in range(10_000):
            page.write_string(row, 0, "字" * 30_000)
    assert (inbox / "a.xlsx").stat().st_size < 200_000
    assert night(root, inbox).unreadable == 1
    assert "refer to" in one_finding(root, "over_limit")["found"]


def test_a_file_that_cannot_be_read_now_waits_and_stops_no_other(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(inbox, loans(finance()))
    (inbox / "closed.xlsx").write_bytes(b"x")
    whole = inbox_module.hash_file

    def closed(path: Path) -> str:
        if path.name == "closed.xlsx":
            raise PermissionError(13, "Permission denied")
        return whole(path)

    monkeypatch.setattr(inbox_module, "hash_file", closed)
    assert (night(root, inbox).files, lent(root)) == (1, {YANGGAO: 1000})
    monkeypatch.undo()
    assert night(root, inbox).unreadable == 1


def test_rows_of_nobody_are_read_whichever_part_their_file_is_in(tmp_path: Path) -> None:
    """Also where the part has no return of the form, or of any."""
    nobodys = write_book(tmp_path / "城区_2017-12.xlsx", {"金融扶贫": sheet("finance", finance(7))})
    own = next(send(tmp_path / "sent", loans(finance())).rglob("*.xlsx"))
    received = [receipt_of(nobodys, 1), receipt_of(own, 2)]
    together = read_submissions(received, Limits(), None)
    cut = merged([read_part([one], Limits(), {}) for one in received], None)
    assert together.rows["finance"].height == 2
    assert cut.rows["finance"].equals(together.rows["finance"])
