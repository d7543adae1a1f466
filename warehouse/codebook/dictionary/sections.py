"""What stands in a dictionary, whatever its form: sections with a table, and parts with a table each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from warehouse.codebook import Codebook, Dataset, Figure
from warehouse.codebook.mart_records import MartColumn
from warehouse.codebook.terms import terms


@dataclass(frozen=True)
class NamedEntry:
    """Something with a name of its own and labels in both languages."""

    name: str
    label_zh: str
    label_en: str


@dataclass(frozen=True)
class Cell:
    """A value as the definitions have it, and what it is called in Chinese where it is a word of ours."""

    text: str
    label_zh: str = ""

    def __str__(self) -> str:
        return self.text


Value = str | Cell


@dataclass(frozen=True)
class Table:
    """The columns' headings (Chinese, English) and the rows."""

    header: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True)
class Part:
    """A table of what it is about: one dataset; one mart, or several that have the same columns."""

    about: tuple[NamedEntry, ...]
    table: Table


@dataclass(frozen=True)
class Section:
    """A chapter: its table, then its parts."""

    about: NamedEntry
    table: Table
    parts: tuple[Part, ...] = ()


LABELS = (("中文名", "Chinese"), ("英文名", "English"))


def sections(book: Codebook) -> tuple[Section, ...]:
    """The chapters in their order: marts, datasets, published figures, groups, words."""
    return _marts(book), _datasets(book), _figures(book), _groups(book), _terms()


def _marts(book: Codebook) -> Section:
    header = (("数据集市", "mart"), *LABELS, ("所用报表", "made of"), ("文件", "files"))
    rows = tuple(
        (m.mart, m.label_zh, m.label_en, _made_of(m.datasets), _term("files", "per period" if m.split else "one"))
        for m in sorted(book.mart_list.values(), key=lambda mart: mart.mart)
    )
    parts = tuple(Part(about, _columns(book, book.marts[about[0].name])) for about in same_columns(book))
    return Section(NamedEntry("marts", "数据集市", "Marts"), Table(header, rows), parts)


def same_columns(book: Codebook) -> list[tuple[NamedEntry, ...]]:
    """The marts by name, those with the same columns together, where the first of them stands."""
    of = {name: tuple(c.model_dump_json(exclude={"mart"}) for c in columns) for name, columns in book.marts.items()}
    first = {columns: name for name, columns in sorted(of.items(), reverse=True)}
    ordered = sorted(of, key=lambda name: (first[of[name]], name))
    return [
        tuple(NamedEntry(name, book.mart_list[name].label_zh, book.mart_list[name].label_en) for name in group)
        for _, group in groupby(ordered, key=lambda name: first[of[name]])
    ]


def _columns(book: Codebook, columns: Iterable[MartColumn]) -> Table:
    header = (("列", "column"), ("类型", "type"), ("单位", "unit"), ("可空", "null"), *LABELS)
    return Table(
        header,
        tuple(
            (c.column, _term("type", c.dtype), _unit(book, c.unit), _yes(flag=c.null), c.label_zh, c.label_en)
            for c in columns
        ),
    )


def _datasets(book: Codebook) -> Section:
    header = (
        ("报表", "dataset"), *LABELS, ("频率", "frequency"), ("报送范围", "owed by"), ("期限(天)", "days"),
        ("可报无", "may be nil"), ("主键", "keys"), ("起报期", "due from"),
    )  # fmt: skip
    rows = tuple(
        (
            d.dataset, d.label_zh, d.label_en, _term("frequency", d.frequency.value), _group(book, d.owed_by),
            str(d.due_days), _yes(flag=d.nil), ", ".join(d.keys), d.due_from or "",
        )
        for d in book.datasets.values()
    )  # fmt: skip
    parts = tuple(
        Part((NamedEntry(d.dataset, d.label_zh, d.label_en),), _indicators(book, d)) for d in book.datasets.values()
    )
    return Section(NamedEntry("datasets", "报表", "Datasets"), Table(header, rows), parts)


def _indicators(book: Codebook, dataset: Dataset) -> Table:
    header = (
        ("列", "column"), ("表头", "header"), ("英文名", "English"), ("单位", "unit"), ("类别", "kind"),
        ("汇总", "roll-up"), ("必填", "required"), ("代码", "codes"), ("又称", "also called"),
    )  # fmt: skip
    return Table(
        header,
        tuple(
            (
                i.column, i.header_zh, i.label_en, _unit(book, i.unit.unit), _term("kind", i.kind),
                _term("roll_up", i.roll_up.how), i.required,
                "; ".join(f"{one.label_zh} {one.code}" for one in i.listed), "、".join(i.synonyms),
            )
            for i in dataset.indicators
        ),
    )  # fmt: skip


def _figures(book: Codebook) -> Section:
    header = (
        ("公布数", "figure"), *LABELS, ("公布值 ± 容差", "published ± tolerance"), ("关系", "relation"),
        ("报告期", "period"), ("范围", "scope"), ("算法", "from"),
    )  # fmt: skip
    rows = tuple(
        (
            f.figure, f.label_zh, f.label_en, _published(book, f), _term("relation", f.relation), f.period,
            _group(book, f.scope), _formula(f),
        )
        for f in book.figures
    )  # fmt: skip
    return Section(NamedEntry("figures", "公布数", "Published figures"), Table(header, rows))


def _published(book: Codebook, figure: Figure) -> Cell:
    """The value, what it may be off by (its rounding), and the unit."""
    unit = book.units[figure.unit]
    within = f" ± {figure.tolerance:,}" if figure.tolerance else ""
    return Cell(f"{figure.published:,}{within} {unit.unit}", unit.label_zh)


def _formula(figure: Figure) -> str:
    return f"{figure.aggregate}({', '.join(filter(None, (figure.column, figure.by)))}) of {figure.dataset}"


def _groups(book: Codebook) -> Section:
    rows = tuple((g.group, g.label_zh, g.label_en) for g in book.groups.values())
    return Section(NamedEntry("groups", "县组", "Groups of counties"), Table((("县组", "group"), *LABELS), rows))


def _terms() -> Section:
    header = (("用词", "word"), *LABELS, ("说明", "meaning in Chinese"), ("英文说明", "meaning"))
    rows = tuple((t.term, t.label_zh, t.label_en, t.meaning_zh, t.meaning_en) for t in terms().values())
    return Section(NamedEntry("words", "用词", "Words"), Table(header, rows))


def _term(kind: str, term: str) -> Cell:
    return Cell(term, terms()[kind, term].label_zh)


def _unit(book: Codebook, unit: str) -> Value:
    if unit in book.units:
        return Cell(unit, book.units[unit].label_zh)
    return _term("unit", unit) if unit else ""


def _group(book: Codebook, group: str) -> Cell:
    return Cell(group, book.groups[group].label_zh)


def _made_of(datasets: tuple[str, ...]) -> Value:
    return Cell("all", "全部") if datasets == ("*",) else ", ".join(datasets)


def _yes(*, flag: bool) -> Value:
    return Cell("yes", "是") if flag else ""
