"""Whether rules contradict each other, and whether one can fail at all: asked of HiGHS over those that are linear.

What is found is so: real numbers stand for whole ones, what is not linear is left out, and a row that lacks a column
is reckoned with, all of which makes failing easier, never harder. What is not found may still be: relations with
products of columns, uniqueness and texts are not looked at, nor two conditions together. Strict comparisons are by
the smallest step of their columns; a ratio is looked at where its denominator is above zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from expectations.analysis.rule_faults import Kind, RuleDefect, rule_defects
from expectations.analysis.rule_versions import SuiteVersions
from expectations.language.expressions import Linear
from expectations.language.rules import Rule, When
from expectations.linear.linear_program import Demand, Solver, at_least, negated
from expectations.linear.linearise import Piece, Schema, assumed, linearise, step
from warehouse.codebook import Codebook, Dataset


@dataclass(frozen=True)
class ConsistencyReport:
    """What was looked at of a dataset, and what was found: counts of rules, checks, linear ones and programs solved."""

    dataset: str
    rules: int
    checks: int
    linear: int
    programs: int
    faults: tuple[RuleDefect, ...]


def check_all(book: Codebook) -> list[ConsistencyReport]:
    """Every dataset of the codebook, in its order."""
    return [check_rules(SuiteVersions.of(dataset), book) for dataset in book.datasets.values()]


def check_rules(written: SuiteVersions, book: Codebook) -> ConsistencyReport:
    """The plain faults of a dataset's rules, and, where there are none, what is wrong with them together."""
    faults = rule_defects(written, book)
    schema, solver = written.columns(book), Solver()
    pieces = [] if faults else [linearise(r, c, schema) for r in written.rules for c in r.checks]
    for start in _starts(written.rules if pieces else ()):
        holding = [piece for piece in pieces if piece.rule.holds_in(start)]
        faults += Suite(written, schema, holding, solver).faults()
    return ConsistencyReport(
        dataset=written.dataset.dataset,
        rules=len(written.rules),
        checks=sum(len(rule.checks) for rule in written.rules),
        linear=sum(bool(piece.demand.forms) for piece in pieces),
        programs=solver.solved,
        faults=tuple(dict.fromkeys(faults)),
    )


def _starts(rules: Iterable[Rule]) -> list[str]:
    """A period of each stretch over which the same rules hold: each one's first."""
    return sorted({rule.holds_from for rule in rules} | {rule.holds_until for rule in rules})


@dataclass(frozen=True)
class Suite:
    """The rules that hold together in some period."""

    written: SuiteVersions
    schema: Schema
    pieces: Sequence[Piece]
    solver: Solver = field(compare=False)

    def faults(self) -> Iterator[RuleDefect]:
        """What is wrong with the rules together, condition by condition, then rule by rule."""
        contradictions = [f for when in self._conditions for f in self._contradictions(when)]
        yield from contradictions
        # From a contradiction anything follows, also that nothing can fail.
        if not contradictions:
            for rule in self.written.rules:
                yield from self._cannot_fail(rule, [piece for piece in self.pieces if piece.rule is rule])

    @cached_property
    def _conditions(self) -> list[When | None]:
        return list(dict.fromkeys([None, *(piece.check.when for piece in self.pieces)]))

    def _active(self, when: When | None) -> list[Piece]:
        """The pieces with forms that apply where the condition holds."""
        blank = when.column if when and when.sign == "is_null" else None
        return [
            piece
            for piece in self.pieces
            if piece.demand.forms and piece.check.when in {None, when} and blank not in piece.check.columns
        ]

    def _contradictions(self, when: When | None) -> Iterator[RuleDefect]:
        """Critical rules that no numbers meet; a rule that none can meet along with them; a number that must be 0."""
        fixed = [self._kinds, assumed(when, self.schema)]
        active = self._active(when)
        hard = [piece for piece in active if piece.rule.severity == "critical"]
        plain = [piece for piece in hard if not piece.positive]
        if (fewest := self._conflict(plain, fixed)) is not None:
            yield self._fault("contradiction", fewest, "cannot all hold", when)
            return
        for piece in active:
            # Asked of each where it is evaluated: under its own condition, with its denominators above zero.
            alone = [*fixed, *_positive(piece, self.schema)]
            others = [other for other in plain if other is not piece]
            if piece in plain or piece.check.when != when or self._conflict(others, alone) is not None:
                continue
            if (fewest := self._conflict(others, [*alone, piece.demand])) is not None:
                yield self._fault("contradiction", [piece, *fewest], "can never be met", when)
        if when is None:
            yield from self._must_be_zero(hard)

    def _must_be_zero(self, hard: Sequence[Piece]) -> Iterator[RuleDefect]:
        """Critical rules under which the form's numbers cannot all be above zero, as they are in some county."""
        demands = [demand for piece in hard for demand in _where_evaluated(piece, self.schema)]
        numbers = [Demand(f"{form_of} > 0", (form,)) for form_of, form in self._above_zero()]
        fewest = self.solver.conflict([*demands, *numbers], [self._kinds])
        if fewest is not None:
            to_blame = [piece for piece in hard if piece.demand in fewest]
            above = ", ".join(demand.says for demand in fewest if demand in numbers)
            yield self._fault("contradiction", to_blame, f"cannot all hold where {above}", None)

    def _cannot_fail(self, rule: Rule, own: Sequence[Piece]) -> Iterator[RuleDefect]:
        """The rule, if others forbid all that its `own` checks forbid; else its checks of which that is so."""
        others = [piece for piece in self.pieces if piece.rule is not rule]
        implied = [self._implied(piece, others) for piece in own]
        if own and all(by is not None for by in implied):
            by = list(dict.fromkeys(piece for pieces in implied for piece in pieces or ()))
            yield self._fault("never_fails", [*own, *by], "forbids nothing that the others allow", None)
            return
        # That a number is not negative is said of each, as the codebook has it, whatever else is.
        for piece in own if rule not in self.written.derived else ():
            by_all = self._implied(piece, [other for other in self.pieces if other is not piece])
            if by_all is not None:
                yield self._fault("redundant", [piece, *by_all], "forbids nothing that the others allow", None)

    def _implied(self, piece: Piece, others: Iterable[Piece]) -> list[Piece] | None:
        """The fewest critical pieces of `others` that forbid what this one forbids; None where it can fail."""
        if not piece.complete:
            return None
        fixed = [self._kinds, assumed(piece.check.when, self.schema), *_positive(piece, self.schema)]
        counted = [other for other in others if self._is_evaluated_with(other, piece)]
        # Those of the same columns last: they are the last to be left out, and say the reason best.
        counted.sort(key=lambda other: other.columns <= piece.columns)
        by: list[Piece] = []
        for form in piece.demand.forms:
            broken = Demand("broken", (at_least(negated(form), step(form, self.schema)),))
            fewest = self._conflict(counted, [*fixed, broken])
            if fewest is None:
                return None
            by += fewest
        return list(dict.fromkeys(by))

    def _is_evaluated_with(self, other: Piece, piece: Piece) -> bool:
        """Whether the critical piece `other` applies and has all its operands wherever `piece` does."""
        return (
            other.rule.severity == "critical"
            and other.check.when in {None, piece.check.when}
            and other.columns <= piece.columns | self._always_given
            and all(form in piece.positive for form in other.positive)
        )

    def _conflict(self, pieces: Iterable[Piece], fixed: Sequence[Demand]) -> list[Piece] | None:
        """The fewest pieces that cannot be met along with what is fixed; None where all can."""
        linear = {piece.demand: piece for piece in pieces if piece.demand.forms}
        fewest = self.solver.conflict(list(linear), fixed)
        return None if fewest is None else [linear[demand] for demand in fewest]

    @cached_property
    def _always_given(self) -> frozenset[str]:
        return frozenset(i.column for i in self.written.dataset.indicators if i.required == "true")

    @cached_property
    def _kinds(self) -> Demand:
        """What is known of a companion's columns: values of a column that is never negative are not, either."""
        own = self.written.dataset
        forms = [
            Linear({column: Fraction(1)}, Fraction(0))
            for column in self.schema
            if column not in own.columns and _never_negative(own, column)
        ]
        return Demand("companions are as what they are of", tuple(forms))

    def _above_zero(self) -> Iterator[tuple[str, Linear]]:
        """Each number that is not negative by its kind, and that it is one step above zero: of a whole number, 1."""
        for column, dtype in self.schema.items():
            if dtype.is_numeric() and _never_negative(self.written.dataset, column):
                form = Linear({column: Fraction(1)}, Fraction(0))
                yield column, at_least(form, step(form, self.schema))

    def _fault(self, kind: Kind, pieces: Sequence[Piece], what: str, when: When | None) -> RuleDefect:
        rules = tuple(dict.fromkeys(piece.rule.rule for piece in pieces))
        conditional = f" where {assumed(when, self.schema).says}" if when else ""
        checks = "; ".join(dict.fromkeys(f"{piece.rule.rule}: {piece.demand.says}" for piece in pieces))
        return RuleDefect(kind, self.written.dataset.dataset, rules, f"{what}{conditional}: {checks}")


def _where_evaluated(piece: Piece, schema: Schema) -> list[Demand]:
    return [piece.demand, *_positive(piece, schema)]


def _positive(piece: Piece, schema: Schema) -> list[Demand]:
    """That the piece's denominators are above zero."""
    forms = tuple(at_least(form, step(form, schema)) for form in piece.positive)
    return [Demand(f"{piece.demand.says} has a denominator", forms)] if forms else []


def _never_negative(dataset: Dataset, column: str) -> bool:
    """Whether a column, or the one that a companion's column is of, is a count, an amount or a share."""
    of = column if column in dataset.columns else next((c for c in dataset.columns if column.endswith(f"_{c}")), None)
    if of is None or not dataset[of].numeric or dataset[of].unit.dtype == "year":
        return False
    return not dataset[of].signed
