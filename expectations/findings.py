"""From failing rows to findings: which cells, what was found, what was expected, what to do, in zh and en."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from expectations.checkpoint import Failure
from expectations.companions import Companion
from expectations.expect_relation import ExpectRelation
from expectations.relation import Link, parse
from expectations.rules import Check
from warehouse.codebook import Codebook, Dataset
from warehouse.findings import Finding
from warehouse.intake.records import ReturnHead
from warehouse.intake.report import reading_finding

ADVICE = {
    "critical": ("请更正后重新报送", "correct it and send the return again"),
    "warning": ("请核实,更正或说明原因", "confirm it, correct it or explain it"),
    "info": ("仅供参考", "for information"),
}
ZH, EN = 0, 1
SHOWN_DIGITS = 4
SIGNS = {"<=": "≤", ">=": "≥", "==": "=", "<": "<", ">": ">"}


@dataclass(frozen=True)
class Batch:
    """The rows that were validated and what is needed to speak of them."""

    rows: pl.DataFrame
    dataset: Dataset
    companions: tuple[Companion, ...]
    heads: dict[tuple[int, str], ReturnHead]
    letters: dict[tuple[int, str | None, str], str]

    @classmethod
    def of(
        cls,
        rows: pl.DataFrame,
        heads: Iterable[ReturnHead],
        layout: pl.DataFrame,
        dataset: Dataset,
        companions: tuple[Companion, ...],
    ) -> Batch:
        places = layout.filter(pl.col("receipt").is_in(rows["receipt"].unique().implode()))
        letters = {(receipt, sheet, column): at for receipt, sheet, column, at in places.iter_rows()}
        return cls(rows, dataset, companions, {(h.receipt, h.county_code): h for h in heads}, letters)

    def cells(self, row: dict[str, Any], columns: Iterable[str]) -> list[str]:
        """The addresses of a row's columns, those that the sheet has, from left to right."""
        if row["row"] is None:
            return []
        at = (self.letters.get((row["receipt"], row["sheet"], column)) for column in columns)
        known = sorted((letters for letters in at if letters), key=lambda letters: (len(letters), letters))
        return [f"{letters}{row['row']}" for letters in known]

    def label(self, name: str, language: int) -> str:
        """What a column is called, 0 for zh and 1 for en; a companion's after the column that it is of."""
        if name in self.dataset.columns:
            return (self.dataset[name].label_zh, self.dataset[name].label_en)[language]
        for companion in self.companions:
            label = companion.label(name)
            if label is not None:
                of = next((c for c in companion.columns if name.endswith(c)), None)
                return label[language] + (self.label(of, language) if of else "")
        return name


def rule_findings(  # noqa: PLR0913, PLR0917
    failures: Iterable[Failure],
    rows: pl.DataFrame,
    heads: Iterable[ReturnHead],
    layout: pl.DataFrame,
    dataset: Dataset,
    companions: tuple[Companion, ...],
) -> Iterator[Finding]:
    """One finding per failing check and row; a rule of severity info is counted and gives none."""
    batch = Batch.of(rows, heads, layout, dataset, companions)
    for failure in failures:
        if failure.rule.severity != "info":
            for row_id in failure.row_ids:
                yield _finding(failure, batch, rows.row(row_id, named=True))


def _finding(failure: Failure, batch: Batch, row: dict[str, Any]) -> Finding:
    rule, check = failure.rule, failure.check
    links = _failing_links(check, row)
    columns = list(dict.fromkeys(c for link in links for c in link.columns)) if links else _shown_columns(check, batch)
    own = [c for c in columns if c in batch.dataset.columns]
    cells = batch.cells(row, own)
    where = "!".join(part for part in (row["sheet"], ",".join(cells)) if part)
    said = [" ; ".join(f"{batch.label(c, i)} = {_shown(row[c], i)}" for c in columns) for i in (ZH, EN)]
    wanted = [_wanted(check, links, batch, i) for i in (ZH, EN)]
    advice_zh, advice_en = ADVICE[rule.severity]
    head = batch.heads[row["receipt"], row["county_code"]]
    return Finding(
        receipt=head.receipt,
        submission=head.submission,
        file=head.file,
        sheet=row["sheet"],
        cell=cells[0] if cells else None,
        cells=";".join(cells) or None,
        county_code=head.county_code,
        period=head.period,
        dataset=head.dataset,
        indicator=own[0] if own else None,
        rule=rule.rule,
        severity=rule.severity,
        found="; ".join(f"{c} = {_shown(row[c], EN)}" for c in columns),
        expected=" and ".join(link.text() for link in links) or check.wanted[EN],
        message_zh=f"{where} {rule.reason_zh}:现为 {said[0]},应为 {wanted[0]}。{advice_zh}。".strip(),
        message_en=f"{where} {rule.reason_en}: found {said[1]}, expected {wanted[1]}; {advice_en}.".strip(),
    )


def _failing_links(check: Check, row: dict[str, Any]) -> tuple[Link, ...]:
    if check.expectation is not ExpectRelation:
        return ()
    return parse(check.arguments["relation"], check.arguments["digits"]).failing(row)


def _wanted(check: Check, links: tuple[Link, ...], batch: Batch, language: int) -> str:
    if not links:
        return check.wanted[language]
    texts = [link.text(lambda name: batch.label(name, language)) for link in links]
    for sign, shown in SIGNS.items():
        texts = [text.replace(f" {sign} ", f" {shown} ") for text in texts]
    return " ; ".join(texts)


def _shown_columns(check: Check, batch: Batch) -> list[str]:
    """The form's own columns of a check; where it has none (a form of one row, doubled), the row's first."""
    own = [c for c in check.concerned if c in batch.dataset.columns]
    return own or list(batch.dataset.columns[:1])


def _shown(value: Any, language: int) -> str:
    """A value as a person writes it: no zeros behind the point, four digits at most."""
    if value is None:
        return ("空白", "blank")[language]
    if isinstance(value, float | Decimal):
        return f"{round(Decimal(value), SHOWN_DIGITS).normalize():f}"
    return str(value)


def absent_findings(
    rows: pl.DataFrame,
    heads: Iterable[ReturnHead],
    layout: pl.DataFrame,
    dataset: Dataset,
    companions: tuple[Companion, ...],
) -> Iterator[Finding]:
    """One query per return of `heads` and companion whose other return was to be expected and was not accepted."""
    batch = Batch.of(rows, heads, layout, dataset, companions)
    for companion in companions:
        if companion.absent is None:
            continue
        lacking = rows.filter(pl.col(companion.absent)).unique(["receipt", "county_code"], maintain_order=True)
        for row in lacking.iter_rows(named=True):
            head = batch.heads.get((row["receipt"], row["county_code"]))
            if head is None:
                continue
            yield reading_finding(
                head,
                "partner_missing",
                "没有已接受的对照表 none accepted",
                companion.partner(dataset),
                sheet=row["sheet"],
                cells=batch.cells(row, companion.columns),
                head=head,
            )


def county_findings(failure: Failure, heads: list[ReturnHead], book: Codebook) -> Iterator[Finding]:
    """One finding per return whose county code is not in force, at the cell that says it; names the successors."""
    advice_zh, advice_en = ADVICE[failure.rule.severity]
    for head in (heads[i] for i in failure.row_ids):
        known = [d for d in book.divisions if d.county_code == head.county_code]
        heirs = [s for d in known for s in d.successor_codes]
        expected = "; ".join(heirs) or "a county-level code of the province in force"
        where = "!".join(part for part in (head.county_sheet, head.county_cell) if part)
        rule = failure.rule
        yield Finding(
            receipt=head.receipt,
            submission=head.submission,
            file=head.file,
            sheet=head.county_sheet,
            cell=head.county_cell,
            cells=head.county_cell,
            county_code=head.county_code,
            period=head.period,
            dataset=head.dataset,
            indicator="county_code",
            rule=rule.rule,
            severity=rule.severity,
            found=head.county_code,
            expected=expected,
            message_zh=f"{where} {rule.reason_zh}:现为 {head.county_code},应为 {expected}。{advice_zh}。",
            message_en=f"{where} {rule.reason_en}: found {head.county_code}, expected {expected}; {advice_en}.",
        )
