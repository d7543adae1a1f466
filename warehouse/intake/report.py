"""Findings of reading: one of the codebook's checks, at a place in a file, said in two languages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from warehouse.codebook import load
from warehouse.findings import Finding
from warehouse.intake.labels import LONGEST, harmless
from warehouse.intake.records import Receipt, ReturnHead


@dataclass
class Reporter:
    """Collects the findings of one submission."""

    receipt: Receipt
    findings: list[Finding] = field(default_factory=list)

    def report(  # noqa: PLR0913  (a finding has that many sides)
        self,
        rule: str,
        found: str,
        expected: str,
        *,
        sheet: str | None = None,
        cell: str | None = None,
        head: ReturnHead | None = None,
        dataset: str | None = None,
        indicator: str | None = None,
    ) -> None:
        """Adds a finding; `head` says which return is at fault (none: the whole file)."""
        self.findings.append(
            reading_finding(
                self.receipt,
                rule,
                found,
                expected,
                sheet=sheet,
                cells=(cell,) if cell else (),
                head=head,
                dataset=dataset,
                indicator=indicator,
            )
        )


def reading_finding(  # noqa: PLR0913
    receipt: Receipt | ReturnHead,
    rule: str,
    found: str,
    expected: str,
    *,
    sheet: str | None = None,
    cells: Iterable[str] = (),
    head: ReturnHead | None = None,
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
        county_code=head.county_code if head else None,
        period=head.period if head else None,
        dataset=head.dataset if head else dataset,
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
