"""Findings of reading: one of the codebook's checks, at a place in a file, said in two languages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from warehouse.codebook import load
from warehouse.intake.formats.file_labels import LONGEST, harmless
from warehouse.intake.model.records import Receipt, ReturnHeader
from warehouse.messages.finding import Finding, FindingExamples


@dataclass
class Reporter:
    """Collects the findings of one submission."""

    receipt: Receipt
    examples: FindingExamples = field(default_factory=FindingExamples)

    @property
    def findings(self) -> list[Finding]:
        """What has been found so far; the list grows with what is found next."""
        return self.examples.told

    def report(  # noqa: PLR0913  (a finding has that many sides)
        self,
        rule: str,
        found: str,
        expected: str,
        *,
        sheet: str | None = None,
        cell: str | None = None,
        return_header: ReturnHeader | None = None,
        dataset: str | None = None,
        indicator: str | None = None,
    ) -> None:
        """Adds a finding; `return_header` says which return is at fault (none: the whole file)."""
        place = (return_header.county_code, return_header.period, return_header.dataset) if return_header else dataset
        self.examples.add(
            (rule, sheet, indicator, place),
            lambda: reading_finding(
                self.receipt,
                rule,
                found,
                expected,
                sheet=sheet,
                cells=(cell,) if cell else (),
                return_header=return_header,
                dataset=dataset,
                indicator=indicator,
            ),
        )


def reading_finding(  # noqa: PLR0913
    receipt: Receipt | ReturnHeader,
    rule: str,
    found: str,
    expected: str,
    *,
    sheet: str | None = None,
    cells: Iterable[str] = (),
    return_header: ReturnHeader | None = None,
    dataset: str | None = None,
    indicator: str | None = None,
) -> Finding:
    """The finding of a check of `codebook/checks.csv`: reason, place, found, expected and what to do, zh and en."""
    check = load().checks[rule]
    found = quoted(found)
    cells = list(cells)
    where = "!".join(part for part in (sheet and quoted(sheet), ",".join(cells)) if part)
    return Finding(
        receipt=receipt.receipt,
        submission=receipt.submission,
        file=receipt.file,
        sheet=sheet,
        cell=cells[0] if cells else None,
        cells=";".join(cells) or None,
        county_code=return_header.county_code if return_header else None,
        period=return_header.period if return_header else None,
        dataset=return_header.dataset if return_header else dataset,
        indicator=indicator,
        rule=rule,
        severity=check.severity,
        found=found,
        expected=expected,
        message_zh=f"{where} {check.reason_zh}:实为“{found}”,应为“{expected}”。{check.advice_zh}。".strip(),
        message_en=f'{where} {check.reason_en}: found "{found}", expected "{expected}"; {check.advice_en}.'.strip(),
    )


def quoted(text: str) -> str:
    """What a county wrote, or a parser says of it, as a line may quote it: its beginning, without what would harm."""
    return harmless(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")
