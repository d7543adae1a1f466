"""How a figure is computed, as a text that a person can follow: in codes, in Chinese and in English.

Belongs here: words for what the codebook's roll-up says. Does not belong here: computing (`warehouse.marts`); a test
holds what is written here to what is computed there, for every line of every form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from warehouse.codebook import Dataset, Indicator
from warehouse.marts.roll_up import PERCENT
from warehouse.messages.errors import CodebookError

Naming = Callable[[Indicator], str]


@dataclass(frozen=True)
class Operand:
    """What of a row is added up: `template` over the columns of `indicators`; or, where it `counts`, how many rows are
    so, or are there at all where it says nothing; or, `once` a county, whether one is.
    """

    template: str
    indicators: tuple[Indicator, ...]
    counts: bool = False
    once: bool = False

    def text(self, naming: Naming) -> str:
        """What is added up, in words: its template with each indicator as `naming` has it."""
        return self.template.format(*map(naming, self.indicators))


@dataclass(frozen=True)
class Formula:
    """`part`, added up, or `factor` times that over `whole`, added up; each from rows of `dataset`."""

    name: str
    label_zh: str
    label_en: str
    dataset: Dataset
    part: Operand
    whole: Operand | None = None
    factor: int = 1

    @property
    def operands(self) -> tuple[Operand, ...]:
        """What is added up: one operand, or two of a ratio."""
        return (self.part, self.whole) if self.whole else (self.part,)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the form that enter, each once."""
        return tuple(dict.fromkeys(i.column for operand in self.operands for i in operand.indicators))

    def code(self, *, above: bool) -> str:
        """The formula in codes; `above` the county or there, where a form of one row has nothing to add up."""
        return f"{self.name} = {self._all(above=above, naming=self._code, words=EN, form=self.dataset.dataset)}"

    def zh(self, *, above: bool) -> str:
        """The formula in Chinese; `above` where it is of more than one county."""
        return f"{self.label_zh} = {self._all(above=above, naming=self._zh, words=ZH, form=self.dataset.label_zh)}"

    def en(self, *, above: bool) -> str:
        """The formula in English; `above` where it is of more than one county."""
        return f"{self.label_en} = {self._all(above=above, naming=self._en, words=EN, form=self.dataset.label_en)}"

    def term(self, operand: Operand) -> tuple[str, str, str]:
        """An operand added up, in codes, zh and en."""
        return (
            _added(operand, self._code, EN, self.dataset.dataset, above=True),
            _added(operand, self._zh, ZH, self.dataset.label_zh, above=True),
            _added(operand, self._en, EN, self.dataset.label_en, above=True),
        )

    def _all(self, *, above: bool, naming: Naming, words: Words, form: str) -> str:
        adds = above or not self.dataset.one_row
        part = _added(self.part, naming, words, form, above=adds)
        if self.whole is None:
            return part if self.part.counts else self._added_text(above=above, text=self.part.text(naming), words=words)
        times = f"{self.factor} x " if self.factor != 1 else ""
        bracketed = part if adds or " x " not in part or times == "" else f"({part})"
        return f"{times}{bracketed} / {_added(self.whole, naming, words, form, above=adds)}"

    def _added_text(self, *, above: bool, text: str, words: Words) -> str:
        if above:
            return words.over_counties.format(text)
        return text if self.dataset.one_row else words.over_rows.format(text)

    def _code(self, indicator: Indicator) -> str:
        """A column; with its form's name where it stands alone."""
        return f"{self.dataset.dataset}.{indicator.column}" if self._alone else indicator.column

    def _zh(self, indicator: Indicator) -> str:
        return f"{self.dataset.label_zh} {indicator.label_zh}" if self._alone else indicator.label_zh

    def _en(self, indicator: Indicator) -> str:
        return f"{self.dataset.label_en}: {indicator.label_en}" if self._alone else indicator.label_en

    @property
    def _alone(self) -> bool:
        return self.whole is None and not self.part.counts


@dataclass(frozen=True)
class Words:
    """How a language says that something is added up, or counted."""

    over_counties: str
    over_rows: str
    total: str
    rows: str
    rows_where: str
    counties_where: str


EN = Words(
    "sum over counties of {}", "sum over rows of {}", "sum({})", "number of rows of {form}",
    "number of rows of {form} where {what}", "number of counties with a row of {form} where {what}",
)  # fmt: skip
ZH = Words("各县 {} 之和", "各行 {} 之和", "合计({})", "{form} 的行数", "{form} 中 {what} 的行数",
    "{form} 中有 {what} 一行的县数",
)  # fmt: skip


def _added(operand: Operand, naming: Naming, words: Words, form: str, *, above: bool) -> str:
    text = operand.text(naming)
    if operand.counts:
        counted = words.counties_where if operand.once else words.rows_where if text else words.rows
        return counted.format(form=form, what=text)
    return words.total.format(text) if above else text


def formula_of(dataset: Dataset, name: str, label_zh: str, label_en: str, indicator: Indicator) -> Formula:
    """The formula of a line of a programme's mart, as the roll-up of its indicator says."""
    part, whole, factor = _operands(dataset, name, indicator)
    return Formula(name, label_zh, label_en, dataset, part, whole, factor)


def _operands(dataset: Dataset, name: str, indicator: Indicator) -> tuple[Operand, Operand | None, int]:
    roll_up = indicator.roll_up
    weight, denominator = (dataset[c] if c else None for c in (roll_up.weight, roll_up.denominator))
    match roll_up.how, weight, denominator:
        case (("sum" | "none"), _, _):
            return Operand("{}", (indicator,)), None, 1
        case (("count" | "count_counties"), _, _):
            once = roll_up.how == "count_counties"
            return Operand(f"{{}} = {name.partition('=')[2]}", (indicator,), counts=True, once=once), None, 1
        case "weighted", Indicator() as over, Indicator() as under:
            return Operand("{}", (over,)), Operand("{}", (under,)), PERCENT
        case "weighted", Indicator() as by, None:
            return Operand("{} x {}", (indicator, by)), Operand("{}", (by,)), 1
        case "derived", Indicator() as now, Indicator() as then:
            by = dataset[now.roll_up.weight or ""]
            return Operand("({} - {}) x {}", (now, then, by)), Operand("{} x {}", (then, by)), PERCENT
    raise CodebookError(f"{dataset.dataset}.{indicator.column}: nobody has words for its roll-up {roll_up.how}")
