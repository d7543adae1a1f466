"""What would set a return right that breaks critical rules: proposals beside its findings, which nobody makes but the
county.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from expectations.linear.correction import Correction, RowCorrections, corrections
from expectations.linear.localise import MOST_CELLS
from expectations.linear.row_rules import RowRules
from expectations.validation.batch import EN, ZH, Batch, Key
from expectations.validation.finding_rows import rows_of
from expectations.validation.rule_findings import DIGITS, in_form
from warehouse.codebook.terms import terms
from warehouse.messages.finding import Change, Finding, Proposal

# A file may hold a million rows that are wrong: of so many of a return, and of a batch, corrections are looked for.
MOST_ROWS_OF_A_RETURN = 10
MOST_ROWS = 300
# So many are told in a message; the finding has them all.
MOST_TOLD = 3
PROPOSED = ("建议{}", " Proposed: {}.")
CHANGE = ("将 {} 由 {} 改为 {}({})", "change {}: {} -> {} ({})")
OR, AND = (";或", "; or "), ("并", ", and ")
ONLY_CELLS = ("只须更正 {} 之一,各项规则即可成立。", " One of {} is wrong: with it corrected, all rules can hold.")
TOGETHER = (" 与 ", " with ")
OUTCOMES = {
    "none": (
        f"更正不超过 {MOST_CELLS} 格不能使各项规则都成立。",
        f" No correction of up to {MOST_CELLS} cells satisfies all rules.",
    ),
    "no_answer_in_time": ("未能在限定步数内求得更正建议。", " No correction was found within the steps allowed."),
}
LEFT_OUT = ("出错的行太多,此行未求更正建议。", " Too many rows are wrong: no correction was looked for in this one.")
Messages = tuple[str, str]


@dataclass(frozen=True)
class _Advice:
    """What is said to all findings of a row about these rules."""

    rules: Collection[str]
    proposals: tuple[Proposal, ...]
    said: Messages

    def given(self, finding: Finding) -> Finding:
        if finding.rule not in self.rules:
            return finding
        said = {
            "message_zh": finding.message_zh + self.said[ZH],
            "message_en": finding.message_en + self.said[EN],
        }
        return finding.model_copy(update={"proposals": self.proposals, **said})


def with_corrections(findings: Iterable[Finding], batch: Batch) -> list[Finding]:
    """The findings, those about critical relations of a row with what may set it right: `proposals`, and a sentence in
    both messages. One that has proposals already keeps them.

    All findings of a row get the same. Of rows beyond MOST_ROWS_OF_A_RETURN of a return, or MOST_ROWS of the batch, the
    message says that nothing was looked for.
    """
    told = list(findings)
    # The rules of a form are made linear where something is wrong, which is seldom.
    by_row = _by_row(told, batch) if any(f.severity == "critical" for f in told) else {}
    for row_id, advice in _advice(by_row, batch) if by_row else ():
        for n in by_row[row_id]:
            told[n] = advice.given(told[n])
    return told


def _by_row(told: Sequence[Finding], batch: Batch) -> dict[int, list[int]]:
    """The findings that a correction may concern, by the `row_id` of their row."""
    asked = {one.rule.rule for one in batch.critical.checks}
    wanted = [n for n, f in enumerate(told) if f.rule in asked and f.severity == "critical" and not f.proposals]
    by_row: dict[int, list[int]] = defaultdict(list)
    for n, row_id in zip(wanted, rows_of(batch, [told[n] for n in wanted]), strict=True):
        if row_id is not None:
            by_row[row_id].append(n)
    return by_row


def _advice(row_ids: Iterable[int], batch: Batch) -> Iterator[tuple[int, _Advice]]:
    """What is said of each row; the first ones are looked at."""
    critical = batch.critical
    queries = RowRules.of(batch.dataset, batch.period, batch.rows.schema, ("warning",))
    looked_at: Counter[Key] = Counter()
    for row_id in row_ids:
        row = batch.row(row_id)
        key = (row["receipt"], row["county_code"])
        if looked_at[key] == MOST_ROWS_OF_A_RETURN or looked_at.total() == MOST_ROWS:
            yield row_id, _Advice({one.rule.rule for one in critical.checks}, (), LEFT_OUT)
            continue
        looked_at[key] += 1
        found = corrections(critical, queries, row)
        yield row_id, _Advice(found.rules, _proposals(batch, row, found), _said(batch, row, found))


def _proposals(batch: Batch, row: dict[str, Any], found: RowCorrections) -> tuple[Proposal, ...]:
    return tuple(
        Proposal(
            changes=tuple(
                Change(
                    cell=_cell(batch, row, change.column),
                    indicator=change.column,
                    found=_exact(Fraction(row[change.column])),
                    value=_exact(change.value),
                    how=change.how,
                )
                for change in one.changes
            )
        )
        for one in found.corrections
    )


def _said(batch: Batch, row: dict[str, Any], found: RowCorrections) -> Messages:
    """What is proposed, in a sentence; without a value the cells that are to blame, or why there are none."""
    if found.corrections:
        zh, en = (OR[i].join(_told(batch, row, one, i) for one in found.corrections[:MOST_TOLD]) for i in (ZH, EN))
        return PROPOSED[ZH].format(zh) + "。", PROPOSED[EN].format(en)
    if found.cells:
        zh, en = (
            ", ".join(TOGETHER[i].join(_called(batch, row, c, i) for c in cells) for cells in found.cells)
            for i in (ZH, EN)
        )
        return ONLY_CELLS[ZH].format(zh), ONLY_CELLS[EN].format(en)
    return OUTCOMES[found.outcome]


def _told(batch: Batch, row: dict[str, Any], one: Correction, language: int) -> str:
    return AND[language].join(
        CHANGE[language].format(
            _called(batch, row, change.column, language),
            in_form(row[change.column], batch.dataset[change.column], language),
            in_form(_decimal(change.value), batch.dataset[change.column], language),
            (terms()["how", change.how].label_zh, terms()["how", change.how].label_en)[language],
        )
        for change in one.changes
    )


def _cell(batch: Batch, row: dict[str, Any], column: str) -> str | None:
    return next(iter(batch.cells(row, [column])), None)


def _called(batch: Batch, row: dict[str, Any], column: str, language: int) -> str:
    return _cell(batch, row, column) or batch.label(column, language)


def _decimal(value: Fraction) -> Decimal:
    with localcontext(prec=DIGITS):
        return (Decimal(value.numerator) / value.denominator).normalize()


def _exact(value: Fraction) -> str:
    """A number as text, without zeros behind the point."""
    return f"{_decimal(value):f}"
