"""From header texts to the columns of a form: the indicator by its label, the factor by the unit in brackets."""

from __future__ import annotations

import re
from functools import cache, lru_cache, partial
from typing import Protocol

from warehouse.codebook import Codebook, Dataset, Indicator, load
from warehouse.intake.records import Column, ReturnHead
from warehouse.intake.report import Reporter
from warehouse.intake.tables import Table, half_width

HEADER = re.compile(r"(?P<label>.*?)\s*(?:\((?P<unit>[^()]*)\))?")
# What a table may say of itself beside the indicators; 备注 (notes) is kept in the original and not read.
ABOUT = {
    "区划代码": "county_code", "县(市、区)": "county_name", "报告期": "period", "报送状态": "return_status",
    "状态": "return_status", "备注": "note",
}  # fmt: skip


class Report(Protocol):
    """Adds a finding about the header cell at hand."""

    def __call__(self, rule: str, found: str, expected: str) -> None: ...


def match_header(
    table: Table, row: int, dataset: Dataset, head: ReturnHead | None, reporter: Reporter
) -> tuple[Column, ...]:
    """The columns of `table` that its header row names, in their order.

    A header that fits nothing, a unit that does not fit, an indicator named twice become findings and the column is
    left out; nothing is guessed.
    """
    header = tuple(table.rows[row])
    known = _known_header(dataset.dataset, header) if None not in header else None
    if known is not None:
        return known
    columns: dict[str, Column] = {}
    for index, text in enumerate(header):
        report: Report = partial(
            reporter.report, sheet=table.sheet, cell=table.cell(row, index), head=head, dataset=dataset.dataset
        )
        if text is None:
            if any(r[index] is not None for r in table.rows[row + 1 :] if index < len(r)):
                report("unknown_header", "数据上方空白 blank above data", "表头 a header")
            continue
        found = _column(half_width(text), index, dataset, report)
        if found and found.column in columns:
            report("header_twice", text, f"只有一列 one column for {found.column}")
        elif found:
            columns[found.column] = found
    return tuple(columns.values())


@lru_cache(maxsize=1000)
def _known_header(dataset: str, header: tuple[str, ...]) -> tuple[Column, ...] | None:
    """The columns of a header without fault, which the sheets of a night share; None for one with any."""
    faults: list[str] = []

    def report(rule: str, found: str, expected: str) -> None:  # noqa: ARG001  (only that there is one)
        faults.append(rule)

    columns = [_column(half_width(text), i, load().datasets[dataset], report) for i, text in enumerate(header)]
    found = tuple(column for column in columns if column)
    return None if faults or len({column.column for column in found}) < len(found) else found


def _column(text: str, index: int, dataset: Dataset, report: Report) -> Column | None:
    labels = _labels(dataset.dataset)
    # A form's own label goes first: policy has a 状态 of its own, and its returns say 报送状态.
    if text in ABOUT and text not in labels:
        return Column(index, ABOUT[text], 1)
    match = HEADER.fullmatch(text)
    label, unit = (match["label"].strip(), match["unit"]) if match else (text, None)
    # A label may itself end in brackets: 带动增收人数(去重).
    whole = labels.get(text)
    indicator = whole or labels.get(label)
    if indicator is None:
        report("unknown_header", text, "; ".join(i.header_zh for i in dataset.indicators))
        return None
    # Money without its unit may be 元 or 万元; the column's own name (loan_amount_yuan) says which.
    unsaid = not unit and indicator.unit.dtype == "money" and text != indicator.column
    factor = None if unsaid else 1 if whole or not unit else unit_factor(load(), indicator, unit)
    if factor is None:
        report("unknown_unit", text, indicator.header_zh)
        return None
    return Column(index, indicator.column, factor)


@cache
def _labels(dataset: str) -> dict[str, Indicator]:
    return {name: i for i in load().datasets[dataset].indicators for name in (i.label_zh, i.label_en, i.column)}


def unit_factor(book: Codebook, indicator: Indicator, unit: str) -> int | None:
    """Base units in one of `unit` for the indicator (10000 for 万元); None where the unit does not fit it."""
    if unit in (indicator.unit.label_zh, indicator.unit.unit):
        return 1
    scale = book.spellings.get(unit)
    return scale.factor if scale and scale.unit == indicator.unit.unit else None
