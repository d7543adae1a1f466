"""What holds for any return, any amount, any relation."""

from __future__ import annotations

import ast
import csv
import operator
import tempfile
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from expectations.language.relation import parse
from tests import builders
from tests.builders import BOOK, GUANGLING, TIANZHEN, YANGGAO, cover, finance, read_file, read_files, write_book
from warehouse.codebook.label_checks import plain_name
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.layout.row_frames import PROVENANCE
from warehouse.intake.values import converted
from warehouse.maintenance.rebuild import Rebuild, rebuild
from warehouse.store.files import Root

SLOW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FORM = BOOK.datasets["finance"]
FACTORS = {"元": 1, "万元": 10_000, "亿元": 100_000_000}


# --- amounts -------------------------------------------------------------------------------------------------------


def amount(text: str, factor: int) -> tuple[int | None, list[str]]:
    raw = pl.DataFrame(
        [(1, "ab", "表", 2, YANGGAO, "2017-12", text)], {**PROVENANCE, "loan_amount_yuan": pl.String}, orient="row"
    )
    done, found = converted(raw, FORM, {"loan_amount_yuan": factor}, None)
    return done["loan_amount_yuan"].item(), found["rule"].to_list()


@settings(deadline=None)
@given(st.integers(-(10**15) + 1, 10**15 - 1), st.sampled_from(sorted(FACTORS)), st.booleans())
def test_an_amount_written_in_any_unit_is_read_to_the_yuan(yuan: int, unit: str, grouped: bool) -> None:  # noqa: FBT001
    written = Decimal(yuan) / FACTORS[unit]
    text = f"{written:,f}" if grouped else f"{written:f}"
    assert amount(text, FACTORS[unit]) == (yuan, [])


@settings(deadline=None)
@given(st.integers(1, 10**9), st.integers(1, 9), st.sampled_from(sorted(FACTORS)))
def test_a_fraction_of_a_yuan_is_a_fault_never_rounded(yuan: int, tenths: int, unit: str) -> None:
    written = (Decimal(yuan) + Decimal(tenths) / 10) / FACTORS[unit]
    assert amount(f"{written:f}", FACTORS[unit]) == (None, ["digits_lost"])


@settings(deadline=None)
@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
    | st.text("0123456789.,+-eE", min_size=1, max_size=60)
)
def test_any_text_is_a_value_or_a_fault_and_never_an_error(text: str) -> None:
    value, found = amount(text, 10_000)
    word = BOOK.words.get(plain_name(text))
    # Of the words that are known not all stand for no value: some are of headers and footers.
    blank = word is not None and word.meaning in ("not_applicable", "none", "unknown")
    assert len(found) == (0 if blank else int(value is None))
    assert value is None or not blank


# --- the two kinds of file -----------------------------------------------------------------------------------------

NUMBERS = st.integers(0, 10**9).map(str) | st.decimals(0, 10**6, places=4).map(lambda d: f"{d:f}")
WORDS = st.sampled_from(["", "约5", "#REF!", "-1", "1,234.5", "是", "=1+1", "2017-12-31", "1e3"])
LINE = st.lists(NUMBERS | WORDS, min_size=8, max_size=8).filter(any)
HEADERS = [i.header_zh for i in FORM.indicators]


@SLOW
@given(st.lists(LINE, min_size=1, max_size=3))
def test_csv_and_excel_of_one_return_are_read_equally(lines: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "x_finance.csv"
        with plain.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows(
                [["区划代码", "报告期", *HEADERS], *([YANGGAO, "2017-12", *line] for line in lines)]
            )
        book = Path(folder) / "x.xlsx"
        write_texts(book, {"封面": cover(), "金融扶贫": [HEADERS, *lines]})
        one, two = read_files(plain), read_files(book)
    values = list(FORM.columns)
    assert_frame_equal(one.rows["finance"].select("row", *values), two.rows["finance"].select("row", *values))
    assert sorted((f.rule, f.found, f.indicator) for f in one.findings) == sorted(
        (f.rule, f.found, f.indicator) for f in two.findings
    )


def write_texts(path: Path, pages: dict[str, Any]) -> None:
    """A workbook in which every cell is the text that it is given."""
    import xlsxwriter  # noqa: PLC0415

    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in pages.items():
            page = book.add_worksheet(name)
            for at, cells in enumerate(rows):
                for place, text in enumerate(cells):
                    if text is not None and text != "":
                        page.write_string(at, place, text)


# --- hostile bytes -------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@example([(0.900390625, 3)])
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_workbook_with_changed_bytes_is_read_or_found_unreadable(changes: list[tuple[float, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write_book(Path(folder) / "a.xlsx", {"封面": cover(), "金融扶贫": [HEADERS, [1] * 8]})
        data = bytearray(path.read_bytes())
        for at, byte in changes:
            data[int(at * len(data))] = byte
        path.write_bytes(data)
        read = read_file(path)
    assert read.findings or read.return_headers


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=400))
def test_any_bytes_as_csv_are_read_or_a_finding(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x_finance.csv"
        path.write_bytes(",".join(["区划代码", "报告期", *HEADERS]).encode() + b"\n" + data)
        reading = read_files(path)
    assert reading.findings or reading.return_headers


# --- relations -----------------------------------------------------------------------------------------------------

COLUMNS = ("a", "b", "c")
LEAF = st.sampled_from(COLUMNS) | st.integers(0, 9).map(str)
# Sums of products, and at most one quotient a side: then binary floats of small numbers compare as fractions do.
SUM = st.recursive(
    LEAF, lambda x: st.tuples(x, st.sampled_from("+-*"), x).map(lambda t: f"({t[0]} {t[1]} {t[2]})"), max_leaves=4
)
SIDE = SUM | st.tuples(SUM, st.sampled_from(COLUMNS)).map(lambda t: f"{t[0]} / {t[1]}")
CHAIN = st.lists(SIDE, min_size=2, max_size=4).flatmap(
    lambda sides: st.lists(
        st.sampled_from(["<=", ">=", "<", ">", "=="]), min_size=len(sides) - 1, max_size=len(sides) - 1
    ).map(lambda signs: sides[0] + "".join(f" {sign} {side}" for sign, side in zip(signs, sides[1:], strict=True)))
)
CELL = st.none() | st.integers(-3, 12)
SIGNS = {ast.LtE: operator.le, ast.GtE: operator.ge, ast.Lt: operator.lt, ast.Gt: operator.gt, ast.Eq: operator.eq}
SUMS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def oracle(source: str, row: dict[str, int | None]) -> bool | None:
    """What a relation says of a row, by school arithmetic; None where it says nothing."""
    tree = ast.parse(source, mode="eval").body
    assert isinstance(tree, ast.Compare)
    if any(row[n.id] is None for n in ast.walk(tree) if isinstance(n, ast.Name)):
        return None

    def value(node: ast.expr) -> Fraction:
        match node:
            case ast.Name(id=name):
                return Fraction(row[name] or 0)
            case ast.Constant(value=number):
                return Fraction(number)  # type: ignore[arg-type]
            case ast.BinOp(left=left, op=op, right=right):
                return SUMS[type(op)](value(left), value(right))
        raise AssertionError(node)

    try:
        sides = [value(side) for side in (tree.left, *tree.comparators)]
    except ZeroDivisionError:
        return None
    return all(SIGNS[type(s)](x, y) for s, x, y in zip(tree.ops, sides, sides[1:], strict=False))


@settings(max_examples=300, deadline=None)
@given(CHAIN.filter(lambda s: any(c in s for c in COLUMNS)), st.fixed_dictionaries(dict.fromkeys(COLUMNS, CELL)))
def test_a_relation_is_true_false_or_undecided_as_in_school(source: str, row: dict[str, int | None]) -> None:
    relation, wanted = parse(source), oracle(source, row)
    frame = pl.DataFrame({k: [v] for k, v in row.items()}, dict.fromkeys(COLUMNS, pl.Int64))
    assert frame.with_columns(said=relation.missing(frame.schema))["said"].item() is (wanted is None)
    if wanted is None:
        return
    given_row = {c: row[c] for c in relation.columns}
    held = relation.holds(pd.DataFrame({k: [v] for k, v in given_row.items()}).__getitem__)
    assert bool(held.item()) is wanted
    assert bool(frame.select(relation.holds(pl.col)).item()) is wanted
    if not wanted:
        for link in relation.failing(given_row):
            assert oracle(link.text(), row) is False


# --- a night -------------------------------------------------------------------------------------------------------

FAULT = st.sampled_from([
    {}, {}, {"loan_amount_yuan": 60_000}, {"loan_households": None}, {"loan_balance_yuan": -1}, {"loan_amount_yuan": 5},
])  # fmt: skip
VILLAGE = st.tuples(st.sampled_from(["1", "2", "3"]), st.integers(-30, 60), st.integers(0, 40))


def registered(villages: list[tuple[str, int, int]]) -> list[dict[str, Any]]:
    start = date(2017, 12, 1)
    return [
        builders.village(code, start + timedelta(first), start + timedelta(first + lasted))
        for code, first, lasted in villages
    ]


RETURNS = st.lists(
    st.tuples(st.sampled_from([YANGGAO, TIANZHEN, GUANGLING]), st.sampled_from(["2017-11", "2017-12"]),
              st.lists(FAULT, min_size=1, max_size=2), st.lists(VILLAGE, max_size=3)),
    min_size=1, max_size=4, unique_by=lambda r: r[:2],
)  # fmt: skip


@pytest.mark.store
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(RETURNS)
def test_rows_in_are_rows_accepted_or_quarantined_and_a_rebuild_equals(sent: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, inbox = Root(Path(folder) / "root"), Path(folder) / "inbox"
        rows = 0
        for county, period, changes, villages in sent:
            money = [finance() | change for change in changes]
            builders.send(
                inbox,
                builders.given(county, period, "finance", *money),
                builders.given(county, period, "relocation_villages", *registered(villages)),
            )
            rows += len(money) + len(villages)
        summary = builders.night(root, inbox)
        assert summary.accepted + summary.accepted_with_queries + summary.quarantined == 2 * len(sent)
        kept = [pl.scan_parquet(p).select("receipt", "sheet", "row") for p in root.path.glob("[hq]*/*/*/*.parquet")]
        together = pl.concat(kept).collect()
        assert together.height == rows
        assert not together.is_duplicated().any()
        decided = builders.sources(root).returns
        held = dict(decided.group_by("verdict").agg(pl.col("rows").sum()).iter_rows())
        quarantined = sum(pl.read_parquet(p).height for p in root.quarantine.rglob("*.parquet"))
        assert held.get("quarantined", 0) == quarantined
        with patch("warehouse.maintenance.rebuild.Readers", builders.InThisProcess):
            again = rebuild(Rebuild.into(root, Path(folder) / "rebuilt", Limits(), {}))
        assert (again.differences, again.marts_compared) == ((), True)
