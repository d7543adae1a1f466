"""Where a submission says whose its figures are: cover, columns, file name, sheet name; and whether its folder may."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from warehouse.codebook import load
from warehouse.intake.formats.cell_marks import STRUCK
from warehouse.intake.formats.preflight import Limits, OverLimitError
from warehouse.intake.formats.table import Row, Table, column_letters, squeezed
from warehouse.intake.model.records import Column, SubmissionReading
from warehouse.intake.model.reporter import Reporter
from warehouse.intake.ownership.claims import (
    Agreement,
    Claim,
    agree_county,
    agree_period,
    county_by_code,
    county_by_name,
    county_within,
    period_within,
)
from warehouse.intake.ownership.cover import Cover
from warehouse.intake.ownership.periods import ends_a_month, parse_period

OF_COUNTIES = ("county_code", "county_name", "prefecture_name")
BLANK = "空白 blank"
UNTIL = re.compile(r"截[至止](?:到)?([0-9〇○零一二三四五六七八九十年月日号.\-/底末]+)")
# What a title of a table ends with, and a line that says whose the figures are; but not when it was filled in.
TITLE = re.compile(r"(?:表|名册|台账|[月季年]报)(?:\([^()]*\)|【[^【】]*】)*$")
OFFICE = re.compile(r"单位:")
FILLED_IN = re.compile(r"日期|时间|报出|打印|取自|计划|规划|任务")


@dataclass(frozen=True)
class Place:
    """The county and the period that all claims agree on, and the claim of each that says it."""

    county: Agreement
    period: Agreement
    county_claim: Claim | None
    period_claim: Claim | None

    @property
    def said_county(self) -> str | None:
        """The county's code; where it is not clear, what is said of it, as it is."""
        return self.county.value or (self.county_claim.text if self.county_claim else None)

    @property
    def said_period(self) -> str | None:
        """The period; where it is not clear, what is said of it, as it is."""
        return self.period.value or (self.period_claim.text if self.period_claim else None)


@dataclass(frozen=True)
class StatedPlace:
    """What one part of a submission claims of county and period; whether the period is that of a title, which may be
    left as it was: what the cover or a column says goes before it.
    """

    counties: tuple[Claim, ...] = ()
    period: Claim | None = None
    titled: bool = False


NOTHING = StatedPlace()


@dataclass
class Source:
    """A submission as it is read: what has been taken from it, what its cover says, whose its folder is.

    `owner` is the county or prefecture whose folder it lies in; None where no setting says so. `most` is how many
    returns and notes a file may have together.
    """

    read: SubmissionReading
    reporter: Reporter
    owner: str | None = None
    most: int = Limits().returns
    taken: int = 0
    cover: Cover | None = None
    _of_file: tuple[Claim | None, Claim | None] = field(init=False)
    _of_sheets: dict[tuple[Claim | None, Claim | None], Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name = self.read.receipt.file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        self._of_file = county_within(name), period_within(name)

    def take_one(self) -> None:
        """Counts a return or a note; raises Unreadable for the first that is too many."""
        self.taken += 1
        if self.taken > self.most:
            raise OverLimitError(
                f"超过 more than {self.most} 张报表和答复 returns and notes",
                f"至多 at most {self.most}:请拆分后分别报送 send it in several files",
            )

    def place(self, sheet: str | None, columns: StatedPlace = NOTHING, above: StatedPlace = NOTHING) -> Place:
        """What cover, a row's columns, the lines above a table, file name and sheet name agree on, in that order."""
        of_sheet = (county_within(sheet, sheet), period_within(sheet, sheet)) if sheet else (None, None)
        if columns != NOTHING or above != NOTHING:
            return self._place(of_sheet, columns, above)
        # Most sheets of a workbook say nothing by their names: their place is worked out once.
        if of_sheet not in self._of_sheets:
            self._of_sheets[of_sheet] = self._place(of_sheet, columns, above)
        return self._of_sheets[of_sheet]

    def _place(self, of_sheet: tuple[Claim | None, Claim | None], columns: StatedPlace, above: StatedPlace) -> Place:
        of_cover = (self.cover.county, self.cover.period) if self.cover else ((), None)
        of_table = None if above.titled and (of_cover[1] or columns.period) else above.period
        periods = _present(of_cover[1], columns.period, of_table, self._of_file[1], of_sheet[1])
        claims = _present(*of_cover[0], *columns.counties, *above.counties, self._of_file[0], of_sheet[0])
        agreed_period = agree_period(periods)
        agreed_county = agree_county(claims, agreed_period.value)
        speaks = (c for c in claims if c.values == {agreed_county.value})
        return Place(agreed_county, agreed_period, next(speaks, next(iter(claims), None)), next(iter(periods), None))


def stated_above(table: Table, top: int, groups: Collection[tuple[int, int]] = ()) -> StatedPlace:
    """What the lines above a table's header say: counties by whatever names them, the period where it is called so.

    Where nothing is called so, the period that is a line, or that a title or the line of the office has in it. A month
    by itself further right may be that in which the table was made: it is a weak claim. `groups` are cells that are
    groups of the header's columns, and no lines.
    """
    counties, called, titles = [], [], []
    for index, row in enumerate(table.rows[:top]):
        for at, text in enumerate(row):
            mark = table.marks.get((index, at))
            if not text or (index, at) in groups or (mark and mark.kind == STRUCK):
                continue
            cell = table.cell(index, at)
            if claim := county_within(text, table.sheet):
                counties.append(replace(claim, cell=cell))
            if period := _period_called_so(text, row[at + 1 :]):
                called.append(Claim(text, frozenset((period,)), table.sheet, cell))
            elif claim := _period_of_title(text):
                weak = at > 0 and parse_period(squeezed(text)) is not None
                titles.append(replace(claim, sheet=table.sheet, cell=cell, weak=weak))
    titles.sort(key=lambda claim: claim.weak)
    return StatedPlace(tuple(counties), next(iter(called or titles), None), titled=bool(titles) and not called)


def _period_called_so(text: str, beside: Row) -> str | None:
    """The period that a line says: behind 报告期 in the same cell or the next, or behind 截至 where it ends a month."""
    said = squeezed(text)
    label, _, rest = said.partition(":")
    if load().about.get(label) == "period":
        value = rest or next((t for t in beside if t), None)
        day = label.startswith("截") and not ends_a_month(value or "")
        return None if day else parse_period(value)
    within = _called().search(text) or UNTIL.search(said)
    return parse_period(within[1]) if within and ends_a_month(within[1]) else None


@cache
def _called() -> re.Pattern[str]:
    """What stands behind a header of periods and a colon, up to the next blank."""
    labels = sorted((label for label, column in load().about.items() if column == "period"), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, labels))})\s?[::]\s?(\S+)")


@lru_cache(maxsize=1_000)
def _period_of_title(text: str) -> Claim | None:
    said = squeezed(text)
    if FILLED_IN.search(said):
        return None
    alone = parse_period(said) is not None
    return period_within(text) if alone or TITLE.search(said) or OFFICE.search(said) else None


def _present(*claims: Claim | None) -> list[Claim]:
    return [claim for claim in claims if claim is not None]


@dataclass(frozen=True)
class PlaceColumns:
    """The columns of a table that say whose each row is, and of which period."""

    table: Table
    columns: dict[str, int]

    @classmethod
    def of(cls, table: Table, columns: Iterable[Column]) -> PlaceColumns:
        """Those among the columns of a header."""
        wanted = (*OF_COUNTIES, "period")
        return cls(table, {c.column: c.index for c in columns if c.column in wanted})

    @property
    def any(self) -> bool:
        """Whether a row may be of another county or period than the next."""
        return bool(self.columns.keys() - {"prefecture_name"})

    def said(self, row: Row) -> tuple[str | None, ...]:
        """What a row says in these columns: rows that say the same are of one place."""
        return tuple(row[at] if at < len(row) else None for at in self.columns.values())

    def place(self, source: Source, index: int, above: StatedPlace) -> Place:
        """The place of a row; a cell that should say it and is blank, or says no period, is a claim of nothing."""
        row = self.table.rows[index]
        texts = dict(zip(self.columns, self.said(row), strict=True))
        code, name, prefecture = (texts.get(column) for column in OF_COUNTIES)
        counties = []
        if code:
            counties.append(county_by_code(code, self.table.sheet, self.cell("county_code", index)))
        if name:
            claim = county_by_name(name, prefecture, self.table.sheet, self.cell("county_name", index))
            # Of a code that the codebook does not know it does not know the name either.
            if claim.values or not code or counties[0].values <= load().names.keys():
                counties.append(claim)
        columns = StatedPlace(tuple(counties), self._period(texts.get("period"), index))
        return source.place(self.table.sheet, columns, above)

    def _period(self, text: str | None, index: int) -> Claim | None:
        if text is None:
            return None
        period = parse_period(text)
        values = frozenset((period,)) if period else frozenset[str]()
        return Claim(text, values, self.table.sheet, self.cell("period", index))

    def cell(self, column: str, index: int) -> str:
        """The address of what a row says in one of the columns; in the first of them where it is not among them."""
        at = self.columns.get(column, min(self.columns.values(), default=0))
        return f"{column_letters(at)}{index + 1}"
