"""From failing rows to findings: which cells, what was found, what was expected, what to do, in zh and en."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Iterator
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import partial
from typing import Any

import polars as pl

from expectations.language import expressions
from expectations.language.expect_relation import ExpectRelation
from expectations.language.relation import Link, parse
from expectations.language.rules import NOT_BLANK, ONCE, Check, Rule
from expectations.linear.intervals import Interval, left_by_others
from expectations.suites.every_dataset import CEILING
from expectations.validation.batch import EN, ZH, Batch, Key
from expectations.validation.checkpoint import Failure
from warehouse.codebook import Codebook, Indicator, load
from warehouse.codebook.succession_text import code_to_use
from warehouse.intake.model.records import ReturnHeader
from warehouse.intake.model.reporter import reading_finding
from warehouse.messages.finding import Finding, FindingExamples

ADVICE = {
    "critical": ("请更正后重新报送", "correct it and send the return again"),
    "warning": ("请核实,更正或说明原因", "confirm it, correct it or explain it"),
    "info": ("仅供参考", "for information"),
}
SHOWN_DIGITS = 4
# More than any float, or product of a row's values, has before the point and behind it: there nothing is refused.
DIGITS = 400
# What is counted of a return as a whole, in ZH and EN.
RETURN_LABELS = {"rows": ("行数", "rows"), "rows_before": ("上期行数", "rows of the last return")}
SIGNS = {"<=": "≤", ">=": "≥", "==": "=", "<": "<", ">": ">"}
# Faults of reading that leave a whole column of a table unread.
OF_COLUMNS = ("unknown_unit", "unit_missing", "header_twice")
# Of how many cells a finding says between which values each has to lie; those of a longer sum may be anything.
MOST_CELLS = 2
# Rules that say of any number what it can be: no news beside a relation.
BY_DEFINITION = ("not_negative", "share_bounds", CEILING)
LEFT = ("(其他单元格不变时,{})", " (the other cells being right: {})")
INTERVALS = {
    "between": ("{}应在 {} 与 {}之间", "{} between {} and {}"),
    "be": ("{}应为 {}", "{} = {}"),
    "least": ("{}不小于 {}", "{} at least {}"),
    "most": ("{}不大于 {}", "{} at most {}"),
}
NO_COLUMN = ("没有这一列", "no column ")
THIS_ROW = ("第 {} 行", "row {}")
SOME_COUNTY = ("本省当期有效的县级代码", "a county-level code of the province in force in that period")


def rule_findings(failures: Iterable[Failure], batch: Batch) -> list[Finding]:
    """One finding per failing check and row, of very many of a return and check the first ones; a rule of severity info
    is counted and gives none.

    What follows from another fault is not told besides: what is wrong with a cell that reading refused, that one below
    a header that it did not understand is blank, that blanks are twice there. A column that is nowhere is said once a
    return.
    """
    examples = FindingExamples()
    refused = {(f.receipt, f.sheet, f.cell) for f in batch.at_reading if f.cell and f.severity == "critical"}
    columns = {(f.receipt, f.sheet, f.indicator) for f in batch.at_reading if f.rule in OF_COLUMNS}
    strange = {(f.receipt, f.sheet) for f in batch.at_reading if f.rule == "unknown_header"}
    lacking = set[tuple[Any, ...]]()
    for failure in failures:
        if failure.rule.severity == "info":
            continue
        presence, once = (failure.check.wanted == wanted for wanted in (NOT_BLANK, ONCE))
        for row_id, place in zip(failure.row_ids, _places(failure, batch), strict=True):
            own = _own_columns(batch, _concerned(failure.check, place)[1])
            indicator = own[0] if own else None
            at = (place["receipt"], place["sheet"])
            if presence and (*at, indicator) in columns:
                continue
            # Of a condition and what it asks for, the cell that is to be filled counts.
            looked_at = own[:1] if presence else own
            if refused and any((*at, cell) in refused for cell in batch.cells(place, looked_at)):
                continue
            if once and own and any(place[column] is None for column in own):
                continue
            if presence and indicator and (*at, indicator) not in batch.letters and place["row"] is not None:
                if at in strange or (*at, place["county_code"], indicator) in lacking:
                    continue
                lacking.add((*at, place["county_code"], indicator))
            # What shares a rule and an indicator shares the county's answer.
            kind = (place["receipt"], place["county_code"], failure.rule.rule, failure.place, indicator)
            examples.add(kind, partial(_row_finding, failure, batch, row_id))
    return examples.counted()


def _places(failure: Failure, batch: Batch) -> Iterator[dict[str, Any]]:
    """Of each failing row where it stands and what its check looks at: there may be very many."""
    wanted = dict.fromkeys(("receipt", "county_code", "sheet", "row", *failure.check.concerned))
    return batch.rows.select(*wanted)[list(failure.row_ids)].iter_rows(named=True)


def _concerned(check: Check, row: dict[str, Any]) -> tuple[tuple[Link, ...], list[str]]:
    """The links of a relation that fail for a row, and the columns that its failing is about."""
    links = _failing_links(check, row)
    return links, list(dict.fromkeys(c for link in links for c in link.columns)) if links else list(check.concerned)


def _own_columns(batch: Batch, columns: Iterable[str]) -> list[str]:
    return [c for c in columns if c in batch.dataset.columns]


def _row_finding(failure: Failure, batch: Batch, row_id: int) -> Finding:
    check, row = failure.check, batch.row(row_id)
    links, columns = _concerned(check, row)
    own = _own_columns(batch, columns)
    shown = columns if links else own
    return _finding(
        failure.rule,
        batch.return_header(row),
        sheet=row["sheet"],
        # A form of one row has no key of its own: that it stands there twice is said at its first column.
        cells=batch.cells(row, own or batch.dataset.columns[:1]),
        indicator=own[0] if own else None,
        found="; ".join(f"{c} = {_value_text(row[c], EN)}" for c in shown) or THIS_ROW[EN].format(row["row"]),
        expected=" and ".join(link.text() for link in links) or check.wanted[EN],
        said=[_said(batch, row, shown, i) or THIS_ROW[i].format(row["row"]) for i in (ZH, EN)],
        wanted=[
            _expected(check, links, batch, row, i) + (_others_leave(failure.rule, own, batch, row, i) if links else "")
            for i in (ZH, EN)
        ],
    )


def _said(batch: Batch, row: dict[str, Any], shown: Iterable[str], language: int) -> str:
    """What stands in a row, or that the sheet has no such column."""
    known = batch.letters if row["row"] is not None else None
    return " ; ".join(
        f"{NO_COLUMN[language]}“{batch.label(c, language)}”"
        if known is not None and c in batch.dataset.columns and (row["receipt"], row["sheet"], c) not in known
        else f"{batch.label(c, language)} = {in_form(row[c], batch.indicator(c), language)}"
        for c in shown
    )


def _others_leave(rule: Rule, own: list[str], batch: Batch, row: dict[str, Any], language: int) -> str:
    """Between which values each of two cells has to lie by all critical rules, the others of its row being right.

    Nothing where that is no more than the broken relation says, or no value is left, for then it is not this cell.
    """
    if rule.severity != "critical" or len(own) > MOST_CELLS:
        return ""
    demands, numbers = batch.critical.of_row(row), batch.critical.numbers(row)
    cells = {demand.columns for demand in demands if demand.rule == rule and demand.broken(numbers)}
    # An equality demands both that its sides are not below and not above one another.
    broken = [demand for demand in demands if demand.rule == rule and demand.columns in cells]
    told = [demand for demand in demands if demand.rule.rule not in BY_DEFINITION]
    said = []
    for column in own if broken else ():
        every, more, less = (left_by_others(some, column, numbers) for some in (demands, told, broken))
        if every and more and more != less and not every.in_digits(batch.dataset[column].decimals).empty:
            said.append(_in_interval(more, batch, column, language))
    return LEFT[language].format((";", "; or ")[language].join(said)) if said else ""


def _in_interval(interval: Interval, batch: Batch, column: str, language: int) -> str:
    """Where a column has to lie, as a person says it: between 884 and 3350."""
    of = batch.dataset[column]
    ends = interval.in_digits(of.decimals)
    low, high = (
        None if end is None else in_form(Decimal(end.numerator) / end.denominator, of, language)
        for end in (ends.low, ends.high)
    )
    if low and high and low != high:
        # The unit is said once.
        low = low.partition(" ")[0]
    kind = "between" if low != high and low and high else "be" if low == high else "least" if low else "most"
    return INTERVALS[kind][language].format(batch.label(column, language), low or high, high)


def _finding(  # noqa: PLR0913  (a finding has that many sides)
    rule: Rule,
    return_header: ReturnHeader,
    *,
    sheet: str | None,
    cells: list[str],
    indicator: str | None,
    found: str,
    expected: str,
    said: list[str],
    wanted: list[str],
) -> Finding:
    """A finding of a rule; `said` and `wanted` are what was found and expected, in ZH and EN."""
    where = "!".join(part for part in (sheet, ",".join(cells)) if part)
    advice = ADVICE[rule.severity]
    return Finding(
        receipt=return_header.receipt,
        submission=return_header.submission,
        file=return_header.file,
        sheet=sheet,
        cell=cells[0] if cells else None,
        cells=";".join(cells) or None,
        county_code=return_header.county_code,
        period=return_header.period,
        dataset=return_header.dataset,
        indicator=indicator,
        rule=rule.rule,
        severity=rule.severity,
        found=found,
        expected=expected,
        message_zh=f"{where} {rule.reason_zh}:现为 {said[ZH]},应为 {wanted[ZH]}。{advice[ZH]}。".strip(),
        message_en=f"{where} {rule.reason_en}: found {said[EN]}, expected {wanted[EN]}; {advice[EN]}.".strip(),
    )


def _failing_links(check: Check, row: dict[str, Any]) -> tuple[Link, ...]:
    if check.expectation is not ExpectRelation:
        return ()
    return parse(check.arguments["relation"], check.arguments["digits"]).failing(row)


def _expected(check: Check, links: tuple[Link, ...], batch: Batch, row: dict[str, Any], language: int) -> str:
    """What was expected; of a relation its links with both sides, and what a computed side comes to."""
    if not links:
        of = batch.indicator(check.columns[0])
        return check.wanted_as(lambda value: in_form(value, of, language))[language]
    return " ; ".join(
        f"{_side(link.left, link.right, batch, row, language)} {SIGNS[link.sign]} "
        f"{_side(link.right, link.left, batch, row, language)}"
        for link in links
    )


def _side(node: ast.expr, other: ast.expr, batch: Batch, row: dict[str, Any], language: int) -> str:
    """A side of a relation; one that is computed with what it comes to, as the form has the column on the other."""
    written = expressions.text(node, lambda name: batch.label(name, language)).replace(" * ", " × ")
    if isinstance(node, ast.Name | ast.Constant):
        return written
    worth = expressions.value(node, lambda name: Fraction(row[name]), Fraction)
    of = batch.indicator(other.id) if isinstance(other, ast.Name) else None
    return f"{written} (= {in_form(Decimal(worth.numerator) / worth.denominator, of, language)})"


def in_form(value: Any, indicator: Indicator | None, language: int) -> str:
    """A value as the form has it: 183.47 万元, with its unit, but a year has none; a code by its label."""
    if named := next((one for one in indicator.listed if one.code == value), None) if indicator else None:
        return (named.label_zh, named.label_en)[language]
    if value is None or indicator is None or not indicator.numeric or indicator.unit.dtype == "year":
        return _value_text(value, language)
    factor = load().spellings[indicator.input_unit].factor if indicator.input_unit else 1
    unit = indicator.input_unit or (indicator.unit.label_zh, indicator.unit.label_en)[language]
    with localcontext(prec=DIGITS):
        shown = _value_text(Decimal(value) / factor, language, SHOWN_DIGITS + len(str(factor)) - 1)
    return f"{shown} {unit}".strip()


def _value_text(value: Any, language: int, digits: int = SHOWN_DIGITS) -> str:
    """A value as a person writes it: no zeros behind the point, so many digits at most."""
    if value is None:
        return ("空白", "blank")[language]
    if isinstance(value, float | Decimal):
        with localcontext(prec=DIGITS):
            return f"{round(Decimal(value), digits).normalize():f}"
    return str(value)


def absent_findings(batch: Batch, strangers: Container[Key]) -> Iterator[Finding]:
    """One query per return and companion whose other return was to be expected and was not accepted.

    `strangers`, whose county is not in force, have no partner to miss.
    """
    for companion in batch.companions:
        if companion.absent is None:
            continue
        lacking = batch.rows.filter(pl.col(companion.absent)).unique(["receipt", "county_code"], maintain_order=True)
        for row in lacking.iter_rows(named=True):
            if (row["receipt"], row["county_code"]) in strangers:
                continue
            return_header = batch.return_header(row)
            yield reading_finding(
                return_header,
                "partner_missing",
                "没有已接受的对照表 none accepted",
                companion.partner(batch.dataset),
                sheet=row["sheet"],
                cells=batch.cells(row, companion.columns),
                return_header=return_header,
            )


def return_findings(
    failure: Failure, return_headers: list[ReturnHeader], batch: pl.DataFrame, book: Codebook
) -> Iterator[Finding]:
    """One finding per return that fails a rule about returns as a whole; `batch` has a row per head."""
    if failure.rule.rule == "known_county":
        yield from _county_findings(failure, return_headers, book)
        return
    for row_id in failure.row_ids:
        return_header, row = return_headers[row_id], batch.row(row_id, named=True)
        links = _failing_links(failure.check, row)
        said = [" ; ".join(f"{RETURN_LABELS[c][i]} = {row[c]}" for c in failure.check.columns) for i in (ZH, EN)]
        wanted = [" ; ".join(link.text(lambda c: RETURN_LABELS[c][i]) for link in links) for i in (ZH, EN)]  # noqa: B023
        yield _finding(
            failure.rule,
            return_header,
            sheet=return_header.sheet,
            cells=[return_header.cell] if return_header.cell else [],
            indicator=None,
            found="; ".join(f"{column} = {row[column]}" for column in failure.check.columns),
            expected=" and ".join(link.text() for link in links),
            said=said,
            wanted=wanted,
        )


def _county_findings(failure: Failure, return_headers: list[ReturnHeader], book: Codebook) -> Iterator[Finding]:
    """One finding per return whose county code is not in force, at the cell that says it; says what to write."""
    for return_header in (return_headers[i] for i in failure.row_ids):
        wanted = code_to_use(book, return_header.county_code, return_header.period) or SOME_COUNTY
        yield _finding(
            failure.rule,
            return_header,
            sheet=return_header.county_sheet,
            cells=[return_header.county_cell] if return_header.county_cell else [],
            indicator="county_code",
            found=return_header.county_code,
            expected=wanted[EN],
            said=[return_header.county_code] * 2,
            wanted=list(wanted),
        )
