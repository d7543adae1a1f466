"""The data dictionary, from the codebook: `make docs` writes it to docs/reference, a test keeps it current."""

from __future__ import annotations

import sys

from warehouse.codebook.load import Codebook, load
from warehouse.codebook.model import Dataset
from warehouse.markdown import table

INTRODUCTION = """# Data dictionary 数据字典

Generated from `warehouse/codebook/` by `make docs`; do not edit. Values are stored in base units; the header is what
a workbook's column is called, with the unit that a county writes it in. 由 `make docs` 生成,请勿手改。
"""


def data_dictionary(book: Codebook) -> str:
    """Datasets with their indicators, marts with their columns, published figures, groups."""
    sections = [
        INTRODUCTION,
        "## Datasets 报表\n",
        table(
            ("dataset", "中文", "English", "frequency", "owed by", "days", "may be nil", "keys"),
            (
                (d.dataset, d.label_zh, d.label_en, d.frequency, d.owed_by, d.due_days, _yes(d.nil), ", ".join(d.keys))
                for d in book.datasets.values()
            ),
        ),
        *(_dataset(d) for d in book.datasets.values()),
        "## Groups of counties 县组\n",
        table(("group", "中文", "English"), ((g.group, g.label_zh, g.label_en) for g in book.groups.values())),
        "## Marts 数据集市\n",
        *(_mart(book, mart) for mart in book.marts),
        "## Published figures 公布数\n",
        table(
            ("figure", "中文", "English", "published", "unit", "relation", "tolerance", "period", "scope", "from"),
            (
                (
                    f.figure, f.label_zh, f.label_en, f.published, f.unit, f.relation, f.tolerance, f.period, f.scope,
                    f"{f.aggregate}({', '.join(filter(None, (f.column, f.by)))}) of {f.dataset}",
                )
                for f in book.figures
            ),
        ),
    ]  # fmt: skip
    return "\n".join(sections)


def _dataset(dataset: Dataset) -> str:
    rows = (
        (i.column, i.header_zh, i.label_en, i.unit.unit, i.kind, i.roll_up.how, i.required, " ".join(i.codes))
        for i in dataset.indicators
    )
    header = ("column", "header 表头", "English", "unit", "kind", "roll-up", "required", "codes")
    return f"### {dataset.dataset} {dataset.label_zh}\n\n{table(header, rows)}"


def _mart(book: Codebook, mart: str) -> str:
    rows = ((c.column, c.dtype, c.unit, c.label_zh, c.label_en) for c in book.marts[mart])
    return f"### {mart}\n\n{table(('column', 'type', 'unit', '中文', 'English'), rows)}"


def _yes(flag: bool) -> str:  # noqa: FBT001  (a cell's value)
    return "yes" if flag else ""


if __name__ == "__main__":
    sys.stdout.write(data_dictionary(load()))
