"""What a definition is: frozen records, each checked when it is made.

Belongs here: the shape of one dataset, indicator or unit; `divisions.py` has a county's, `publications.py` a published
figure's. Does not belong here: the definitions themselves (the CSV files beside this one) and checks across records
(`load.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    field_validator,
    model_validator,
)

Kind = Literal["key", "stock", "cumulative", "year_to_date", "ratio"]


def _split(value: Any) -> Any:
    """`a|b` as it stands in a CSV cell becomes `("a", "b")`; an empty cell becomes `()`."""
    return tuple(part for part in value.split("|") if part) if isinstance(value, str) else value


def _blank_to_none(value: Any) -> Any:
    return None if value == "" else value


def _flag(value: Any) -> Any:
    """`yes` or an empty cell; anything else is left for the validation to refuse."""
    return {"yes": True, "": False}.get(value, value) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]
Flag = Annotated[StrictBool, BeforeValidator(_flag)]
OptionalText = Annotated[str | None, BeforeValidator(_blank_to_none)]
OptionalNumber = Annotated[Annotated[int, Field(gt=0, lt=2**53)] | None, BeforeValidator(_blank_to_none)]
OptionalMonth = Annotated[  # or a year
    Annotated[str, StringConstraints(pattern=r"^\d{4}(-(0[1-9]|1[0-2]))?$")] | None, BeforeValidator(_blank_to_none)
]
DatasetName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Record(BaseModel):
    """A definition: frozen, and with no field that its file does not have."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Frequency(StrEnum):
    """How often a dataset is due; `months` are the calendar months that end its reporting spans."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"

    @property
    def months(self) -> tuple[int, ...]:
        """The calendar months that end a span, ascending: 3, 6, 9, 12 for quarterly."""
        step = {"monthly": 1, "quarterly": 3, "half_yearly": 6}[self.value]
        return tuple(range(step, 13, step))


class Unit(Record):
    """A base unit: what values are stored in, and as which type; above what no county can have of it (`ceiling`), and
    above what no ratio in it can be (`ratio_ceiling`, an average or a growth), None where that is not said.
    """

    unit: str
    label_zh: str
    label_en: str
    dtype: Literal["count", "money", "decimal", "year", "date", "boolean", "text"]
    decimals: int
    ceiling: OptionalNumber
    ratio_ceiling: OptionalNumber

    @property
    def additive(self) -> bool:
        """Whether values of this unit may be summed at all (a year or a text may not, a percentage never is)."""
        return self.dtype in ("count", "money", "decimal") and not self.unit.startswith("percent")


class Scale(Record):
    """A spelling of a unit in a header, and how many base units one of it is (万元 is 10000 yuan)."""

    spelling: str
    unit: str
    factor: int


class RollUp(Record):
    """How county values become a prefecture's or the province's.

    `sum` adds; `weighted` with a denominator divides 100 x sums (a percentage recomputed from its parts), without
    one averages the values by `weight`; `derived` is how far, in percent, one average (`weight`) is above another
    (`denominator`); `count` counts the rows of each code, `count_counties` the counties that have such a row; `none` is
    not rolled up.
    """

    how: Literal["sum", "weighted", "count", "count_counties", "derived", "none"]
    weight: str | None = None
    denominator: str | None = None

    @classmethod
    def parse(cls, text: str) -> RollUp:
        """Reads `sum`, `count`, `none`, `weighted:weight`, `weighted:numerator/denominator` or `derived:now/then`."""
        how, _, operands = text.partition(":")
        weight, _, denominator = operands.partition("/")
        return cls.model_validate({"how": how, "weight": weight or None, "denominator": denominator or None})


class Code(Record):
    """A value of an indicator that has a list of them: as it is stored, as people say it in zh and en, and what clerks
    write for it besides.
    """

    dataset: str
    column: str
    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    label_zh: str
    label_en: str
    synonyms: Words = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All that a cell may call it."""
        return (self.code, self.label_zh, self.label_en, *self.synonyms)


class CodeFormat(Record):
    """How the codes of one indicator are written: so many digits, the first of which are the county's code or not."""

    dataset: str
    column: str
    digits: Annotated[int, Field(gt=0)]
    prefix: Literal["", "county_code"]


class Floor(Record):
    """What a percentage is hardly below: less, and not zero, is a share that was typed for it (0.97 for 97 %)."""

    dataset: str
    column: str
    floor: Annotated[int, Field(gt=0, lt=100)]


class Indicator(Record):
    """One column of a form.

    `required` is `true`, `false`, or a condition like `where rural_population > 0`; `signed` says that it may be
    negative (business income can be a loss, and income can fall). `ceiling` is what a county cannot have more of, where
    that is not what `units.csv` says of its unit. `synonyms` are what clerks call it besides, from `synonyms.csv`;
    `listed` are the only values that it may have, from `codes.csv`; `code_format` is how its codes are written, from
    `code_formats.csv`, None where they are listed or it has none; `floor` is what a percentage is hardly below, from
    `floors.csv`.
    """

    dataset: str
    column: str
    label_zh: str
    label_en: str
    unit: Unit
    input_unit: OptionalText
    kind: Kind
    roll_up: RollUp
    required: str
    signed: bool
    ceiling: OptionalNumber = None
    synonyms: tuple[str, ...] = ()
    listed: tuple[Code, ...] = ()
    code_format: CodeFormat | None = None
    floor: int | None = None

    @field_validator("roll_up", mode="before")
    @classmethod
    def _parse_roll_up(cls, value: Any) -> Any:
        return RollUp.parse(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _kind_allows_roll_up(self) -> Indicator:
        """Refuses what the kind forbids: ratios and keys are never summed, only ratios are weighted."""
        how = self.roll_up.how
        if how == "sum" and (self.kind in ("ratio", "key") or not self.unit.additive):
            raise ValueError(f"a {self.kind} in {self.unit.unit} is never summed; use weighted, count or none")
        if how in ("weighted", "derived") and self.kind != "ratio":
            raise ValueError(f"only a ratio is {how}, this is a {self.kind}; use sum, count or none")
        if how == "derived" and not (self.roll_up.weight and self.roll_up.denominator):
            raise ValueError("a derived ratio names what it is derived from; use derived:now/then")
        if self.kind == "key" and how != "none":
            raise ValueError("a key is not rolled up; use none")
        return self

    @property
    def dtype(self) -> pl.DataType:
        """The stored type. Counts and money are integers; a ratio in yuan is an average and keeps two decimals."""
        if self.unit.dtype in ("count", "money", "year"):
            return pl.Decimal(18, 2) if self.kind == "ratio" else pl.Int64()
        if self.unit.dtype == "decimal":
            return pl.Decimal(18, self.unit.decimals)
        return {"date": pl.Date(), "boolean": pl.Boolean(), "text": pl.String()}[self.unit.dtype]

    @property
    def decimals(self) -> int:
        """Digits after the point that a value may have in the base unit."""
        return self.dtype.scale if isinstance(self.dtype, pl.Decimal) else 0

    @property
    def measured(self) -> bool:
        """Whether values are measured or calculated, and rounded to their decimals; money and counts are exact."""
        return self.decimals > 0

    @property
    def numeric(self) -> bool:
        """Whether values are numbers, so that they can be compared and bounded."""
        return self.dtype.is_numeric()

    @property
    def most(self) -> int | None:
        """What a county cannot have more of, nor, where it may be negative, less than that below zero; None where it
        is no quantity (a year, a text).
        """
        default = self.unit.ratio_ceiling if self.kind == "ratio" else self.unit.ceiling
        return self.ceiling or default

    @property
    def header_zh(self) -> str:
        """The column's header in a workbook: its label and, in brackets, the unit that a county writes it in."""
        unit = self.input_unit or self.unit.label_zh
        return f"{self.label_zh}({unit})" if unit else self.label_zh

    @property
    def codes(self) -> tuple[str, ...]:
        """The only values that it may have, as they are stored; none where it may have any."""
        return tuple(one.code for one in self.listed)

    @property
    def words(self) -> Mapping[str, str]:
        """What a cell may say for each of them, without blanks and in small letters, and the code that it is."""
        return {"".join(name.split()).casefold(): one.code for one in self.listed for name in one.names}

    @property
    def names(self) -> tuple[str, ...]:
        """All that a header may call it, without a unit: both labels, the column, the synonyms."""
        return (self.label_zh, self.label_en, self.column, *self.synonyms)


class Synonym(Record):
    """Another name that clerks give to one indicator: as `plain_name` leaves it, and without its unit."""

    dataset: str
    column: str
    synonym: str


class Word(Record):
    """A word in a cell that is no value.

    In a number's or a date's cell `not_applicable`, `none` and `unknown` are blank, never zero; `total` and `subtotal`
    begin rows that sum others up; `footer` begins the lines below a table, with a sign behind it or nothing; `note` a
    sentence there. `names`, `units`, `codes` and `values` head the columns of a vertical form; of values the first
    counts.
    `no_value` points at another cell or says that a value is to follow, and is none in any column; `neutral` says
    nothing of the columns below it in a header.
    """

    word: str
    meaning: Literal[
        "not_applicable", "none", "unknown", "total", "subtotal", "footer", "note", "names", "units", "values",
        "codes", "no_value", "neutral",
    ]  # fmt: skip
    label_zh: str
    label_en: str

    @property
    def blank(self) -> bool:
        """Whether a cell that says this is blank."""
        return self.meaning in ("not_applicable", "none", "unknown")


class AboutHeader(Record):
    """A header of a column that says whose row it is, or something else beside the indicators."""

    header: str
    column: Literal[
        "county_code", "county_name", "prefecture_name", "period", "return_status", "note", "serial"
    ]  # fmt: skip


class Dataset(Record):
    """One of the forms: who owes it, how often, how soon after the period's end, and its columns.

    `keys` tell one row from another within a return (none for a dataset of one row a county); `nil` says whether a
    county may report that it has none of it; `due_from` is the first period of which it is due (None: of all).
    """

    dataset: DatasetName
    label_zh: str
    label_en: str
    frequency: Frequency
    owed_by: str
    due_days: int
    nil: bool
    keys: Words
    due_from: OptionalMonth = None
    indicators: tuple[Indicator, ...]

    def due(self, period: str) -> bool:
        """Whether its reporting span ends with the period's month, and the programme had begun."""
        return int(period[5:]) in self.frequency.months and period >= (self.due_from or "")

    @property
    def one_row(self) -> bool:
        """Whether a return has one row."""
        return not self.keys

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Its indicators' columns, in the form's order."""
        return tuple(i.column for i in self.indicators)

    @property
    def dtypes(self) -> dict[str, pl.DataType]:
        """The typed columns of the form, in its order."""
        return {i.column: i.dtype for i in self.indicators}

    @cached_property
    def _by_column(self) -> dict[str, Indicator]:
        return {i.column: i for i in self.indicators}

    def __getitem__(self, column: str) -> Indicator:
        return self._by_column[column]

    def find(self, name: str) -> Indicator | None:
        """The indicator by its column, either label or its header in a workbook; None where none is called so."""
        return next((i for i in self.indicators if name in (i.column, i.label_zh, i.label_en, i.header_zh)), None)
