"""Rules as limits of an input template: spreadsheet formulas over the cells of a row, in the units of the headers.

A check becomes a limit where all that it speaks of is the row itself, the calendar, the codebook or, where they are
known, last values. What it compares with other returns has none: the clerk is told the rule, and it is looked at when
the return is sent. What all rules together leave for a cell is one more limit where it is more than its own say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import isfinite

import great_expectations.expectations as core

from expectations.analysis.known_rows import AllowedInterval, KnownRows
from expectations.companions import Membership, PeriodEnd
from expectations.language import expressions
from expectations.language.expect_relation import ExpectRelation
from expectations.language.relation import Link, Relation, parse
from expectations.language.rules import Check, Rule, When
from expectations.linear.row_rules import Row, holds
from expectations.suites import companions_for, every_dataset, returns, rules_for
from warehouse.codebook import Codebook, Dataset, Indicator
from warehouse.intake.template import Allowed, Form, Limit, RuleText, Seen, TemplateSelection

# The same in all rows of a template: what is unique together with them is unique by the rest.
ONE_RETURN = frozenset(("receipt", "county_code", "period"))
# The template fills in the county and marks what is required by the codebook's own word for it.
BY_TEMPLATE = "required_present"
FILLED_IN = "known_county"
# Spreadsheets compute in floats; cells are rounded to their last digit first, sums and quotients to this one.
PLACES = 6
WRONG = {"<=": ">0", ">=": "<0", "<": ">=0", ">": "<=0", "==": "<>0"}
Known = Mapping[str, int | float | Decimal | date]
NOTHING_KNOWN = KnownRows()


@dataclass(frozen=True)
class Formula:
    """A piece of a spreadsheet formula; sums, products and quotients of such are such."""

    text: str

    def __add__(self, other: Formula) -> Formula:
        return Formula(f"({self.text}+{other.text})")

    def __sub__(self, other: Formula) -> Formula:
        return Formula(f"({self.text}-{other.text})")

    def __mul__(self, other: Formula) -> Formula:
        return Formula(f"{self.text}*{other.text}")

    def __truediv__(self, other: Formula) -> Formula:
        return Formula(f"({self.text}/{other.text})")

    def __neg__(self) -> Formula:
        return Formula(f"(-{self.text})")


@dataclass(frozen=True)
class Cells:
    """The row that a template has for a dataset: its columns as they are typed, and what is known beforehand."""

    book: Codebook
    dataset: Dataset
    known: Known

    def knows(self, columns: Iterable[str]) -> bool:
        """Whether all of these stand in the row or are known."""
        return {*columns} <= {*self.dataset.columns, *self.known}

    def own(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Those that stand in the row, each once."""
        return tuple(dict.fromkeys(c for c in columns if c in self.dataset.columns))

    def operand(self, name: str) -> Formula:
        """A column in its base unit, rounded to the digits that are kept; or what is known of it."""
        if name in self.known:
            known = self.known[name]
            if isinstance(known, date):
                return Formula(f"DATE({known:%Y},{known.month},{known.day})")
            # Bounds of the past are floats.
            return _number(Fraction(str(round(known, PLACES))))
        indicator = self.dataset[name]
        factor = self._factor(indicator)
        return Formula(f"{{{name}}}" if factor == 1 else f"ROUND({{{name}}}*{factor},{indicator.decimals})")

    def word(self, name: str, value: str) -> str:
        """What is typed for a value: the label of a code."""
        listed = self.dataset[name].listed if name in self.dataset.columns else ()
        return next((one.label_zh for one in listed if one.code == value), value)

    def _factor(self, indicator: Indicator) -> int:
        return self.book.spellings[indicator.input_unit].factor if indicator.input_unit else 1


def form_of(book: Codebook, asked: TemplateSelection, dataset: Dataset, known: KnownRows = NOTHING_KNOWN) -> Form:
    """The dataset with the limits and the rules that hold for it in the county and period, by what is known of it."""
    county = asked.division.county_code
    general = {rule.rule for rule in every_dataset.rules(dataset)}
    about = returns.about(returns.rules(book, asked.period), dataset.dataset)
    cells = Cells(book, dataset, {**_known(book, asked, dataset), **_earlier(known.rows.get(county, {}))})
    rules = [rule for rule in (*rules_for(dataset, asked.period), *about) if _concerns(rule, cells)]
    limits = [limit for rule in rules for check in rule.checks for limit in limits_of(rule, check, cells)]
    allowed = known.allowed(dataset, county)
    limits += [_outside_of(one, column, cells) for column, every in allowed.items() for one in every if one.implied]
    told = tuple(_rule_text(rule, cells, general=rule.rule in general) for rule in rules)
    shown = {column: tuple(map(_allowed, every)) for column, every in allowed.items()}
    return Form(dataset, tuple(dict.fromkeys(limits)), told, allowed=shown, last=known.last.get(county))


def _outside_of(allowed: AllowedInterval, column: str, cells: Cells) -> Limit:
    """The limit of a cell that no check says of it alone."""
    value, ends = cells.operand(column).text, allowed.interval
    below = [] if ends.low is None else [f"{value}<{_number(ends.low).text}"]
    above = [] if ends.high is None else [f"{value}>{_number(ends.high).text}"]
    wrong = _where([f"ISNUMBER({{{column}}})"], f"OR({','.join(below + above)})")
    return Limit(allowed.severity, (column,), wrong)


def _allowed(allowed: AllowedInterval) -> Allowed:
    low, high = (
        None if end is None else Decimal(end.numerator) / Decimal(end.denominator)
        for end in (allowed.interval.low, allowed.interval.high)
    )
    return Allowed(allowed.severity, low, high)


def _concerns(rule: Rule, cells: Cells) -> bool:
    """Whether a clerk can break it here: not by a county that is filled in, nor by a second row where there is one,
    nor where it is for other counties.
    """
    if rule.rule == FILLED_IN or (cells.dataset.one_row and rule.rule == "key_unique"):
        return False
    return any(not check.when or _condition(check.when, cells) != "FALSE" for check in rule.checks)


def _known(book: Codebook, asked: TemplateSelection, dataset: Dataset) -> Known:
    """What the companions join that is not of another return: the calendar, and the codebook's lists of counties."""
    known: dict[str, int | date] = {}
    for companion in companions_for(dataset):
        match companion:
            case PeriodEnd():
                known["period_end"] = asked.ends_on
            case Membership(group=group):
                known[companion.flag] = int(asked.division in book.members(group, asked.period))
    return known


def _earlier(row: Row) -> Known:
    """What companions say of other returns, numbers and days; a flag that one is missing is none."""
    return {
        name: value
        for name, value in row.items()
        if isinstance(value, int | float | Decimal | date) and not isinstance(value, bool)
        if not isinstance(value, float) or isfinite(value)
    }


def _rule_text(rule: Rule, cells: Cells, *, general: bool) -> RuleText:
    here = [rule.severity != "info" and (rule.rule == BY_TEMPLATE or _here(c, cells)) for c in rule.checks]
    columns = cells.own(column for check in rule.checks for column in check.concerned)
    seen: Seen = "typed" if all(here) else "partly" if any(here) else "sent"
    return RuleText(rule.rule, rule.severity, rule.reason_zh, rule.reason_en, columns, general, seen)


def _here(check: Check, cells: Cells) -> bool:
    """Whether the template can look at a check, though its condition may be known to be false."""
    return cells.knows(set(check.concerned) - ONE_RETURN) and bool(cells.own(check.columns))


def limits_of(rule: Rule, check: Check, cells: Cells) -> Iterator[Limit]:
    """The limits that a check is, one a link of a relation; none where it looks beyond the row, or only counts."""
    if rule.severity == "info" or rule.rule == BY_TEMPLATE or not _here(check, cells):
        return
    guard = _condition(check.when, cells) if check.when else ""
    if guard == "FALSE":
        return
    for columns, wrong in _wrongs(check, cells, [guard] if guard not in ("", "TRUE") else []):
        yield Limit(rule.severity, columns, wrong)


def _wrongs(check: Check, cells: Cells, guards: list[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The columns to colour and the formula that says when."""
    arguments = check.arguments
    if check.expectation is ExpectRelation:
        relation = parse(arguments["relation"], arguments["digits"])
        for link in relation.links:
            yield (
                cells.own(link.columns),
                _where([*guards, *_evaluated(relation, cells)], _broken(link, relation, cells)),
            )
        return
    columns = cells.own(check.columns)
    here = f"{{{columns[0]}}}"
    if check.expectation is core.ExpectCompoundColumnsToBeUnique:
        same = "*".join(f"({{{c}.all}}={{{c}}})" for c in columns)
        filled = [f'{{{c}}}<>""' for c in columns]
        yield columns, _where([*guards, *filled], f"SUMPRODUCT({_counted(same, columns)})>1")
    elif check.expectation is core.ExpectColumnValuesToNotBeNull:
        yield columns, _where(guards, f'{here}=""')
    elif check.expectation is core.ExpectColumnValuesToBeInSet:
        known = ",".join(_equals(columns[0], value, cells) for value in arguments["value_set"])
        yield columns, _where([*guards, f'{here}<>""'], f"NOT(OR({known}))")
    else:
        value = cells.operand(columns[0]).text
        parts = _outside(value, arguments["min_value"], arguments["max_value"], strict=arguments["strict_max"])
        yield columns, _where([*guards, f"ISNUMBER({here})"], f"OR({','.join(parts)})")


def _counted(same: str, columns: tuple[str, ...]) -> str:
    """A product of comparisons is a number already; a single one has to be made one."""
    return same if len(columns) > 1 else f"--{same}"


def _where(guards: list[str], wrong: str) -> str:
    """`wrong`, looked at only where all guards are true: an IF, for AND would go on to divide by zero."""
    if not guards:
        return wrong
    all_true = guards[0] if len(guards) == 1 else f"AND({','.join(guards)})"
    return f"IF({all_true},{wrong},FALSE)"


def _evaluated(relation: Relation, cells: Cells) -> list[str]:
    """A relation is looked at where all its operands are numbers or days, and nothing is divided by zero."""
    operands = cells.own(relation.columns)
    counted = ",".join(f"{{{c}}}" for c in operands)
    zeros = (_text(denominator, cells).text for denominator in relation.denominators)
    return [f"COUNT({counted})={len(operands)}", *(f"{zero}<>0" for zero in zeros)]


def _broken(link: Link, relation: Relation, cells: Cells) -> str:
    difference = f"{_text(link.left, cells).text}-{_text(link.right, cells).text}"
    if link.sign == "==" and relation.digits is not None:
        half = Fraction(1, 2 * 10**relation.digits)
        return f"ROUND(ABS({difference})-{_number(half).text},{PLACES})>0"
    return f"ROUND({difference},{PLACES}){WRONG[link.sign]}"


def _text(node: object, cells: Cells) -> Formula:
    formula: Formula = expressions.value(node, cells.operand, _number)  # type: ignore[arg-type]
    return formula


def _number(written: Fraction) -> Formula:
    """A number as a spreadsheet reads it in any language; one without an end of digits as a quotient."""
    if written.denominator == 1:
        return Formula(str(written.numerator))
    decimal = Decimal(written.numerator) / Decimal(written.denominator)
    exact = Fraction(decimal) == written
    return Formula(f"{decimal:f}" if exact else f"({written.numerator}/{written.denominator})")


def _outside(value: str, low: float | None, high: float | None, *, strict: bool) -> list[str]:
    below = [f"{value}<{low}"] if low is not None else []
    return below + ([f"{value}{'>=' if strict else '>'}{high}"] if high is not None else [])


def _equals(column: str, value: str | int, cells: Cells) -> str:
    """A word as it is typed; a number in the base unit."""
    return (
        f'{{{column}}}="{cells.word(column, value)}"'
        if isinstance(value, str)
        else f"{cells.operand(column).text}={value}"
    )


def _condition(when: When, cells: Cells) -> str:
    """When a check is looked at; TRUE or FALSE where that is known beforehand. A blank cell is neither 0 nor a word."""
    here = f"{{{when.column}}}"
    if when.column in cells.known:
        return str(holds(when, cells.known)).upper()
    match when.sign:
        case "is_null":
            return f'{here}=""'
        case "is_not_null":
            return f'{here}<>""'
        case "!=" if isinstance(when.value, str):
            return f'AND({here}<>"",{here}<>"{cells.word(when.column, when.value)}")'
        case "==" if isinstance(when.value, str):
            return f'{here}="{cells.word(when.column, when.value)}"'
    sign = {"==": "=", "!=": "<>", ">": ">"}[when.sign]
    return f"AND(ISNUMBER({here}),{cells.operand(when.column).text}{sign}{when.value})"
