"""From failing rows to findings: cells, values and words, of batches made by hand; nothing is validated."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from expectations.companions import Partner
from expectations.language.rules import (
    NOT_BLANK,
    Check,
    Rule,
    Severity,
    When,
    between,
    in_set,
    not_null,
    relation,
    unique,
)
from expectations.suites import companions_for
from expectations.validation.batch import EN, ZH, Batch
from expectations.validation.checkpoint import Failure
from expectations.validation.rule_findings import ADVICE, _value_text, absent_findings, return_findings, rule_findings
from tests.builders import BOOK, TIANZHEN, YANGGAO, finance, head
from warehouse.codebook import Division
from warehouse.intake.layout.row_frames import PROVENANCE
from warehouse.intake.model.records import ReturnHeader
from warehouse.intake.model.reporter import reading_finding
from warehouse.intake.reading import LAYOUT
from warehouse.messages.finding import Finding

FORM = BOOK.datasets["finance"]
PERIOD = "2017-12"
LETTERS = {"loan_amount_yuan": "B", "loan_households": "AA", "household_use_amount_yuan": "C"}


def batch(*values: dict[str, Any], at_reading: tuple[Finding, ...] = (), row: int | None = 7) -> Batch:
    """A row of microcredit each, in row 7 of the sheet."""
    place = {"receipt": 1, "sheet": "金融扶贫", "row": row, "county_code": YANGGAO, "period": PERIOD}
    rows = [place | finance() | one for one in values]
    frame = pl.DataFrame(rows, {**PROVENANCE, **FORM.dtypes}).with_row_index("row_id")
    layout = [(1, "金融扶贫", column, letters) for column, letters in LETTERS.items()]
    return Batch(
        dataset=FORM,
        period=PERIOD,
        return_headers={(1, YANGGAO): head()},
        rows=frame,
        companions=(),
        layout=pl.DataFrame(layout, LAYOUT, orient="row"),
        at_reading=at_reading,
    )


def rule(check: Check, severity: Severity = "critical", name: str = "some_rule") -> Rule:
    return Rule(name, severity, "规则", "a rule", (check,), source="identity: a rule of a test")


def said(check: Check, *values: dict[str, Any], severity: Severity = "critical", **about: Any) -> list[Finding]:
    """What is said where each of the rows fails a check."""
    own = batch(*values, **about)
    return list(rule_findings([Failure(rule(check, severity), 0, tuple(range(len(values))))], own))


CAP = relation("loan_amount_yuan <= 50000 * loan_households")


# --- values --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (None, "空白", "blank"),
        (0, "0", "0"),
        (1_000_000, "1000000", "1000000"),
        (Decimal("10.70"), "10.7", "10.7"),
        (Decimal("10.00"), "10", "10"),
        (Decimal("0.00004"), "0", "0"),
        (Decimal("0.00006"), "0.0001", "0.0001"),
        (Decimal("1E+3"), "1000", "1000"),
        (0.1 + 0.2, "0.3", "0.3"),
        (-2.5, "-2.5", "-2.5"),
        (True, "True", "True"),
        ("文字", "文字", "文字"),
        (date(2017, 12, 31), "2017-12-31", "2017-12-31"),
    ],
)
def test_a_value_is_shown_as_a_person_writes_it(value: Any, zh: str, en: str) -> None:
    assert _value_text(value, ZH) == zh
    assert _value_text(value, EN) == en


# --- relations -----------------------------------------------------------------------------------------------------


def test_a_relation_that_fails_is_said_with_cells_values_and_what_its_sides_come_to() -> None:
    (one,) = said(CAP, {"loan_amount_yuan": 60_000, "loan_households": 1})
    assert (one.sheet, one.cell, one.cells) == ("金融扶贫", "B7", "B7;AA7")
    assert (one.indicator, one.rule, one.severity) == ("loan_amount_yuan", "some_rule", "critical")
    assert (one.found, one.expected) == (
        "loan_amount_yuan = 60000; loan_households = 1", "loan_amount_yuan <= 50000 * loan_households",
    )  # fmt: skip
    lent, households = FORM["loan_amount_yuan"], FORM["loan_households"]
    assert one.message_zh == (
        f"金融扶贫!B7,AA7 规则:现为 {lent.label_zh} = 6 万元 ; {households.label_zh} = 1 户,应为 "
        f"{lent.label_zh} ≤ 50000 × {households.label_zh} (= 5 万元)。请更正后重新报送。"
    )
    assert one.message_en == (
        f"金融扶贫!B7,AA7 a rule: found {lent.label_en} = 6 万元 ; {households.label_en} = 1 households, expected "
        f"{lent.label_en} ≤ 50000 × {households.label_en} (= 5 万元); correct it and send the return again."
    )
    assert (one.receipt, one.file, one.county_code, one.period, one.dataset) == (
        1,
        "甲.xlsx",
        YANGGAO,
        PERIOD,
        "finance",
    )


def test_of_a_chain_only_the_links_that_fail_are_said() -> None:
    chain = relation("loan_households <= household_use_amount_yuan <= loan_amount_yuan")
    (one,) = said(chain, {"loan_households": 1, "household_use_amount_yuan": 9, "loan_amount_yuan": 5})
    assert one.expected == "household_use_amount_yuan <= loan_amount_yuan"
    assert one.cells == "B7;C7", "from left to right, as they stand in the sheet"
    assert one.indicator == "household_use_amount_yuan"
    (both,) = said(chain, {"loan_households": 9, "household_use_amount_yuan": 7, "loan_amount_yuan": 5})
    assert (
        both.expected
        == "loan_households <= household_use_amount_yuan and household_use_amount_yuan <= loan_amount_yuan"
    )


@pytest.mark.parametrize(("severity", "advice"), [(name, words) for name, words in ADVICE.items() if name != "info"])
def test_the_advice_follows_from_the_severity(severity: Severity, advice: tuple[str, str]) -> None:
    (one,) = said(CAP, {"loan_amount_yuan": 60_000}, severity=severity)
    assert one.severity == severity
    assert one.message_zh.endswith(f"。{advice[ZH]}。")
    assert one.message_en.endswith(f"; {advice[EN]}.")


def test_what_is_only_counted_gives_no_finding() -> None:
    assert said(CAP, {"loan_amount_yuan": 60_000}, severity="info") == []


def test_each_row_that_fails_is_said() -> None:
    found = said(CAP, {"loan_amount_yuan": 60_000}, {"loan_amount_yuan": 70_000})
    assert [one.found.split(";")[0] for one in found] == ["loan_amount_yuan = 60000", "loan_amount_yuan = 70000"]


# --- other checks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "values", "found", "wanted"),
    [
        (not_null("loan_amount_yuan"), {"loan_amount_yuan": None}, "loan_amount_yuan = blank", NOT_BLANK),
        (between("loan_amount_yuan", low=5), {"loan_amount_yuan": 4}, "loan_amount_yuan = 4", ["≥ 0.0005 万元"] * 2),
        (in_set("loan_amount_yuan", [10_000, 2]), {"loan_amount_yuan": 3}, "loan_amount_yuan = 3",
         ["1 万元, 0.0002 万元"] * 2),
    ],
)  # fmt: skip
def test_a_check_of_a_column_is_said_at_its_cell_in_the_unit_of_the_form(
    check: Check, values: dict[str, Any], found: str, wanted: tuple[str, str]
) -> None:
    (one,) = said(check, values)
    assert (one.found, one.cell, one.indicator) == (found, "B7", "loan_amount_yuan")
    assert one.expected == check.wanted[EN]
    assert f"应为 {wanted[ZH]}。" in one.message_zh
    assert f"expected {wanted[EN]};" in one.message_en


def test_a_column_that_the_sheet_lacks_has_no_cell() -> None:
    (one,) = said(not_null("loan_balance_yuan"), {"loan_balance_yuan": None})
    assert (one.cell, one.cells, one.indicator) == (None, None, "loan_balance_yuan")
    assert one.message_zh.startswith("金融扶贫 规则")


def test_a_row_that_stands_nowhere_has_no_cell() -> None:
    (one,) = said(CAP, {"loan_amount_yuan": 60_000}, row=None)
    assert (one.cell, one.cells) == (None, None)


def test_a_key_that_is_there_twice_is_said_at_the_first_column() -> None:
    (one,) = said(unique("receipt", "county_code", "period"), {})
    assert (one.cell, one.indicator) == (f"{LETTERS[FORM.columns[0]]}7", None)
    assert one.found == "row 7"
    assert "第 7 行" in one.message_zh
    assert "row 7" in one.message_en


def test_the_columns_of_a_condition_are_said_with_the_check() -> None:
    check = not_null("loan_amount_yuan", When("loan_households", ">", 0))
    (one,) = said(check, {"loan_amount_yuan": None, "loan_households": 3})
    assert set(check.concerned) >= {"loan_amount_yuan", "loan_households"}
    assert "loan_amount_yuan = blank" in one.found
    assert "loan_households = 3" in one.found


# --- what reading has found already --------------------------------------------------------------------------------


def at_reading(rule: str, **values: Any) -> Finding:
    about: dict[str, Any] = {
        "receipt": 1, "submission": "s", "file": "f", "sheet": "金融扶贫", "cell": None, "dataset": "finance",
        "rule": rule, "severity": "critical", "found": "-", "expected": "-", "message_zh": "甲", "message_en": "a",
    }  # fmt: skip
    return Finding.model_validate(about | values)


@pytest.mark.parametrize(
    ("earlier", "silent"),
    [
        (at_reading("not_a_number", cell="B7"), True),
        (at_reading("not_a_number", cell="B8"), False),
        (at_reading("not_a_number", cell="B7", sheet="另一张"), False),
        (at_reading("not_a_number", cell="B7", receipt=2), False),
        (at_reading("not_a_number"), False),
        (at_reading("unknown_unit", indicator="loan_amount_yuan"), True),
        (at_reading("header_twice", indicator="loan_amount_yuan"), True),
        (at_reading("unknown_unit", indicator="loan_households"), False),
        (at_reading("unknown_header", indicator="loan_amount_yuan"), False),
        (at_reading("unknown_unit", indicator="loan_amount_yuan", sheet="另一张"), False),
        (at_reading("unknown_unit", indicator="loan_amount_yuan", receipt=2), False),
    ],
)
def test_what_could_not_be_read_is_not_called_blank_besides(earlier: Finding, silent: bool) -> None:  # noqa: FBT001
    blank = {"loan_amount_yuan": None}
    assert bool(said(not_null("loan_amount_yuan"), blank, at_reading=(earlier,))) != silent
    # Nor is anything else said of that cell: what it holds is not what it shows. All else is said all the same.
    of_cell = silent and earlier.cell is not None
    assert bool(said(CAP, {"loan_amount_yuan": 60_000}, at_reading=(earlier,))) != of_cell


def test_of_a_cell_that_was_only_asked_about_all_is_said() -> None:
    query = at_reading("share_for_percent", cell="B7", severity="warning")
    assert said(CAP, {"loan_amount_yuan": 60_000}, at_reading=(query,))


@pytest.mark.parametrize(("cell", "silent"), [("AA7", True), ("B7", False)])
def test_it_is_the_cell_that_is_to_be_filled_that_counts_not_the_one_that_asks_for_it(
    cell: str,
    silent: bool,  # noqa: FBT001
) -> None:
    check = not_null("loan_households", When("loan_amount_yuan", ">", 0))
    found = said(check, {"loan_households": None}, at_reading=(at_reading("not_a_number", cell=cell),))
    assert bool(found) != silent


# --- partners that are missing -------------------------------------------------------------------------------------

SUMMARY = BOOK.datasets["relocation"]
PARTNER = next(c for c in companions_for(SUMMARY) if isinstance(c, Partner) and c.absent)


def summaries(*absent: tuple[int, str, bool]) -> Batch:
    """Receipt, county and whether its partner is missing."""
    rows = [
        {"receipt": receipt, "sheet": "表", "row": 2, "county_code": county, "period": PERIOD, PARTNER.absent: gone}
        | dict.fromkeys(SUMMARY.columns)
        for receipt, county, gone in absent
    ]
    frame = pl.DataFrame(rows, {**PROVENANCE, PARTNER.absent or "": pl.Boolean, **SUMMARY.dtypes})
    return_headers = {(receipt, county): head(receipt, county, dataset="relocation") for receipt, county, _ in absent}
    layout = pl.DataFrame(schema=LAYOUT)
    return Batch(SUMMARY, PERIOD, return_headers, frame.with_row_index("row_id"), (PARTNER,), layout, ())


def test_a_partner_that_is_missing_is_a_query_once_a_return() -> None:
    own = summaries((1, YANGGAO, True), (1, YANGGAO, True), (2, TIANZHEN, True), (3, YANGGAO, False))
    found = list(absent_findings(own, ()))
    assert [(one.receipt, one.county_code, one.rule) for one in found] == [
        (1, YANGGAO, "partner_missing"), (2, TIANZHEN, "partner_missing"),
    ]  # fmt: skip
    assert found[0].dataset == "relocation"


def test_a_county_that_is_not_in_force_has_no_partner_to_miss() -> None:
    own = summaries((1, YANGGAO, True), (2, TIANZHEN, True))
    assert [one.receipt for one in absent_findings(own, {(1, YANGGAO)})] == [2]


# --- returns as a whole --------------------------------------------------------------------------------------------


def of_heads(return_headers: list[ReturnHeader], check: Check, name: str, **columns: list[Any]) -> list[Finding]:
    failure = Failure(rule(check, "critical", name), 0, tuple(range(len(return_headers))))
    return list(return_findings(failure, return_headers, pl.DataFrame(columns), BOOK))


@pytest.mark.parametrize(
    ("code", "period", "zh", "en"),
    [
        ("140481", "2018-12", "140406 长治市潞城区(2018-11-23 起更名)", "(renamed on 2018-11-23)"),
        ("140406", "2018-06", "140481 长治市潞城市(2018-11-23 才更名)", "(renamed on 2018-11-23 only)"),
        ("140402", "2018-11", "140411 长治市郊区 于 2018-11-23 合并为 140403 长治市潞州区", "one return for the whole"),
        (
            "140403",
            "2018-10",
            "在此之前由 140402 长治市城区、140411 长治市郊区 各自报送",
            "came into being on 2018-11-23",
        ),
        (
            "140211",
            "2018-06",
            "分属 140212 大同市新荣区、140213 大同市平城区、140214",
            "was split in 2018-04 among 140212",
        ),
        (
            "140203",
            "2018-06",
            "140202 大同市城区(部分)、140203 大同市矿区、",
            "140211 大同市南郊区 (in part) merged into",
        ),
    ],
)
def test_a_county_that_is_not_in_force_is_said_with_what_it_became_or_was(
    code: str, period: str, zh: str, en: str
) -> None:
    (one,) = of_heads([head(county=code, period=period)], in_set("county_code", ["x"]), "known_county")
    assert one.found == code
    assert zh in one.message_zh
    assert en in one.expected
    assert en in one.message_en
    assert (one.sheet, one.cell, one.indicator) == ("封面", "B2", "county_code")


@pytest.mark.parametrize("gone", [d for d in BOOK.divisions if d.succession in ("merged", "split")])
def test_a_party_to_a_merger_or_a_split_is_never_told_one_code_alone(gone: Division) -> None:
    (one,) = of_heads([head(county=gone.county_code, period="2019-12")], in_set("county_code", ["x"]), "known_county")
    parties = {d.county_code for d in BOOK.divisions if set(d.successor_codes) & set(gone.successor_codes)}
    told = set(re.findall("[0-9]{6}", one.expected))
    assert told >= {*gone.successor_codes, *(parties if gone.succession == "merged" else ())}
    assert len(told) > 2
    assert "for the whole" in one.expected
    assert "全区报一份" in one.message_zh


def test_an_unknown_county_is_said_to_be_none() -> None:
    (unknown,) = of_heads([head(county="999999", county_cell=None)], in_set("county_code", ["x"]), "known_county")
    assert unknown.expected == "a county-level code of the province in force in that period"
    assert unknown.cell is None
    assert "本省当期有效的县级代码" in unknown.message_zh


def test_a_register_that_shrank_is_said_with_both_numbers() -> None:
    never = relation("rows >= rows_before")
    nil = head(nil=True, cell="C9", sheet="封面")
    (one,) = of_heads([nil], never, "register_never_shrinks", rows=[1], rows_before=[3])
    assert (one.found, one.expected) == ("rows = 1; rows_before = 3", "rows >= rows_before")
    assert (one.sheet, one.cell, one.indicator) == ("封面", "C9", None)
    assert "行数 = 1 ; 上期行数 = 3" in one.message_zh
    assert "rows of the last return = 3" in one.message_en


# --- what follows from another fault -------------------------------------------------------------------------------


def found_of(made: Batch, check: Check) -> list[tuple[str | None, str]]:
    failure = Failure(rule(check, "critical"), 0, tuple(range(made.rows.height)))
    return [(f.cell, f.message_zh) for f in rule_findings([failure], made)]


def test_a_column_that_is_nowhere_is_said_once_and_not_as_a_blank() -> None:
    ((cell, said),) = found_of(batch({}, {}), not_null("relending_yuan"))
    assert cell is None
    assert "没有这一列“扶贫再贷款”" in said
    assert len(found_of(batch({}, {}), not_null("loan_households"))) == 2


def test_below_a_header_that_nobody_knows_a_missing_column_is_not_said() -> None:
    strange = reading_finding(head(), "unknown_header", "再贷", "扶贫再贷款(万元)", sheet="金融扶贫", cells=["D1"])
    assert found_of(batch({}, at_reading=(strange,)), not_null("relending_yuan")) == []
    assert len(found_of(batch({}, at_reading=(strange,)), not_null("loan_households"))) == 1


def test_blanks_are_not_twice_there() -> None:
    made = batch({"loan_households": None}, {"loan_households": None})
    assert found_of(made, unique("loan_households", "loan_amount_yuan")) == []
    assert len(found_of(batch({}, {}), unique("loan_households", "loan_amount_yuan"))) == 2
