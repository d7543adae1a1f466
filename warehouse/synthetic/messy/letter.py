"""A letter: one file as a clerk sends it, or an archive of several; and its bytes.

Belongs here: from a letter to bytes, in any format. Does not belong here: who sends what (`plan.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xlsxwriter.utility import xl_rowcol_to_cell  # type: ignore[import-untyped]

from warehouse.codebook import Division, load
from warehouse.synthetic.messy.archive import zip_bytes
from warehouse.synthetic.messy.cover import Claim, lay_cover
from warehouse.synthetic.messy.damage import spoil
from warehouse.synthetic.messy.grid import Book
from warehouse.synthetic.messy.habits import Habit
from warehouse.synthetic.messy.key import KeyRow
from warehouse.synthetic.messy.markup import html_bytes, xml_bytes
from warehouse.synthetic.messy.names import sheet_name
from warehouse.synthetic.messy.ods import ods_bytes
from warehouse.synthetic.messy.style import Style
from warehouse.synthetic.messy.table import Table, lay_table, lay_vertical
from warehouse.synthetic.messy.text import text_bytes
from warehouse.synthetic.messy.xls import xls_bytes
from warehouse.synthetic.messy.xlsx import xlsx_bytes
from warehouse.synthetic.records import Return

Place = tuple[str, str]  # sheet and cell


@dataclass(frozen=True)
class Letter:
    """A file: its name below the period's folder, what it holds, how it is written.

    `claim` is what its cover says; `spoiled` the dataset whose return is damaged; `blamed` the place to blame where
    the file is refused whole. An archive has `members` and nothing of its own.
    """

    name: str
    habit: Habit
    style: Style
    division: Division
    period: str
    returns: tuple[Return, ...] = ()
    claim: Claim | None = None
    spoiled: str = ""
    blamed: Place | None = None
    members: tuple[Letter, ...] = ()


def write_letter(letter: Letter) -> tuple[bytes, list[KeyRow]]:
    """The letter's bytes, and a line of the key for each return in it."""
    if letter.members:
        made = {member.name: write_letter(member) for member in letter.members}
        rows = [row.inside(letter.name) for _, inner in made.values() for row in inner]
        gbk = letter.style.zipped == "tables"
        return zip_bytes({name: content for name, (content, _) in made.items()}, gbk=gbk), rows
    tables = list(_tables(letter))
    blamed = letter.blamed
    if letter.spoiled:
        index = next(i for i, found in enumerate(_grouped(letter)) if found[0].dataset == letter.spoiled)
        blamed = _spoil(letter, tables[index])
    return _bytes(letter, tables), [_key_row(letter, found, blamed) for found in letter.returns]


def _grouped(letter: Letter) -> list[list[Return]]:
    """The returns of each sheet: one dataset, or one county where each has a sheet."""
    given = [found for found in letter.returns if not found.nil]
    groups: dict[str, list[Return]] = {}
    for found in given:
        key = found.county_code if letter.style.layout == "sheet_a_county" else found.dataset
        groups.setdefault(key, []).append(found)
    return list(groups.values())


def _tables(letter: Letter) -> Iterator[Table]:
    divisions = {d.county_code: d for d in load().divisions}
    bare = letter.claim is not None and letter.claim.city
    for place, returns in enumerate(_grouped(letter), start=2 if letter.style.cover else 1):
        dataset = load().datasets[returns[0].dataset]
        division = divisions[returns[0].county_code]
        name = sheet_name(dataset, division, letter.period, letter.style, place)
        if letter.style.layout == "vertical" and dataset.one_row:
            yield lay_vertical(name, dataset, returns[0], letter.style)
            continue
        yield lay_table(name, dataset, returns, letter.style, bare=bare)


def _spoil(letter: Letter, table: Table) -> Place:
    found = next(r for r in letter.returns if r.dataset == letter.spoiled)
    row, column = spoil(letter.habit.damage, table, found.rows[0])
    return table.sheet.name, xl_rowcol_to_cell(row, column)


def _bytes(letter: Letter, tables: Sequence[Table]) -> bytes:
    style = letter.style
    if style.text:
        (table,) = tables
        if style.format == "html":
            return html_bytes(table.sheet, style.encoding)
        return text_bytes(table.sheet, style.encoding, style.separator, kept_as_text=style.kept_as_text)
    sheets = [table.sheet for table in tables]
    if letter.claim and style.cover:
        sheets.insert(0, lay_cover(letter.claim, letter.period, letter.returns, style))
    book = Book(sheets, style.epoch_1904)
    if style.format == "xml":
        return xml_bytes(book)
    if style.format == "xls":
        return xls_bytes(book, encrypted=style.encrypted)
    return ods_bytes(book) if style.format == "ods" else xlsx_bytes(book)


def _key_row(letter: Letter, found: Return, blamed: Place | None) -> KeyRow:
    habit = letter.habit
    refused = habit.outcome == "refused" and letter.spoiled in ("", found.dataset)
    sheet, cell = blamed if refused and blamed else ("", "")
    return KeyRow(
        habit=habit.habit,
        file=letter.name,
        county_code=found.county_code,
        period=found.period,
        dataset=found.dataset,
        outcome="refused" if refused else "read",
        rule=habit.rule if refused else "",
        sheet=sheet,
        cell=cell,
    )
