"""The data dictionary in Markdown, for docs/reference: `make docs` writes it, a test keeps it current."""

from __future__ import annotations

from warehouse.codebook import Codebook
from warehouse.codebook.contract_version import CONTRACT
from warehouse.codebook.dictionary.sections import Part, Section, Table, sections
from warehouse.messages.markdown import table

INTRODUCTION = f"""# Data dictionary 数据字典

Generated from `warehouse/codebook/` by `make docs`; do not edit. Values are stored in base units; the header is what
a workbook's column is called, with the unit that a county writes it in. 由 `make docs` 生成,请勿手改。

Contract {CONTRACT}: `contract/v{CONTRACT}.json`. A column that is not null always has a value.
契约版本 {CONTRACT};“可空”为空的列必有值。
"""


def data_dictionary(book: Codebook) -> str:
    """Marts with their columns, datasets with their indicators, published figures, groups, words."""
    return "\n".join([INTRODUCTION, *(_section(section) for section in sections(book))])


def _section(section: Section) -> str:
    title = f"## {section.about.label_en} {section.about.label_zh}\n"
    return "\n".join([title, _table(section.table), *(_part(part) for part in section.parts)])


def _part(part: Part) -> str:
    title = " · ".join(f"{named.name} {named.label_zh}" for named in part.about)
    return f"### {title}\n\n{_table(part.table)}"


def _table(given: Table) -> str:
    return table([f"{english} {chinese}" for chinese, english in given.header], given.rows)
