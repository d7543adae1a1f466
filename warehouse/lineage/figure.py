"""A figure of a mart explained: as published, as recomputed from what is listed, and what it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from warehouse.codebook import Codebook
from warehouse.lineage import comparisons as beside
from warehouse.lineage import recount
from warehouse.lineage.comparisons import COMPANIONS, ComparedColumn
from warehouse.lineage.contributions import Snapshot, contributions
from warehouse.lineage.evidence import evidence
from warehouse.lineage.figure_definition import (
    FACT,
    RELOCATION,
    SCORECARD,
    SHARE,
    FigureDefinition,
    definition_of,
    explained_marts,
)
from warehouse.lineage.figure_lineage import OF_A_COUNTY, FigureLineage, Part, Texts, as_decimal
from warehouse.lineage.figure_release import figure_release
from warehouse.lineage.reader import LineageReader
from warehouse.lineage.scorecard_figure import explain_scorecard_figure
from warehouse.lineage.selection import Area, FigureSelection, area_of, check_period, unknown
from warehouse.marts.mart_deep_poverty_share import GROUP
from warehouse.marts.programme import value_of
from warehouse.marts.roll_up import PERCENT
from warehouse.messages.errors import PermanentError

NOT_OPEN = (
    "{0} 报告期尚未开放:应报 {2} 份,仅收到 {1} 份,不公布县以上的数;请加 --county 查看各县; {0} is not open: {1} of {2} "
    "returns due have come, so there is no figure above the county; say --county"
)


def explain_figure(store: LineageReader, book: Codebook, asked: FigureSelection) -> FigureLineage:
    """The figure that is asked for, as the last snapshot has it.

    Raises PermanentError, saying what there is, for a period, an area or a name that there is not.
    """
    if asked.mart == SCORECARD:
        return explain_scorecard_figure(store, book, asked)
    if asked.mart not in explained_marts(book):
        raise PermanentError(f"{asked.mart} is explained otherwise: {_where_instead(asked.mart)}")
    definition = definition_of(book, asked)
    period = check_period(asked.period)
    area = area_of(book, period, county=asked.county, prefecture=asked.prefecture, group=asked.group)
    _check(book, asked, definition, area, period)
    snapshot = Snapshot.last(store)
    published = _published(snapshot, book, definition, period, area)
    closed = snapshot.closed_periods()
    if period in closed and area.level != "county":
        raise PermanentError(NOT_OPEN.format(period, *closed[period]))
    places = beside.places(book, period, area, definition.dataset) if definition.compares else [(period, area.counties)]
    uncompared = {*closed, *_held(snapshot, definition, area, [place[0] for place in places])}
    places = [place for place in places if place[0] == period or place[0] not in uncompared]
    given = contributions(snapshot.behind_row(published), book, definition.dataset, definition.line, places)
    compares = beside.compared_columns(book, definition, area, given, published) if definition.compares else ()
    chosen = next((one for one in compares if one.column == asked.column), None)
    compared = beside.compared(book, definition.line, area, given, chosen) if chosen else pl.DataFrame()
    own = given.filter(pl.col("period") == period)
    value = as_decimal(published.get(definition.column))
    made = _share(book, own, definition, period) if definition.mart == SHARE else _total(own, definition, area)
    # Quotients that marts have are of floats; sums are exact.
    divided = definition.formula.whole is not None or definition.mart == SHARE
    return FigureLineage(
        mart=definition.mart,
        column=definition.line.name,
        period=period,
        area=area,
        label_zh=definition.line.label_zh,
        label_en=definition.line.label_en,
        unit=definition.unit(book),
        source=definition.where.get("source"),
        dataset=definition.dataset,
        manifest=snapshot.manifest,
        behind=snapshot.behind,
        value=value,
        recomputed=value if divided and recount.same(value, made.value) else made.value,
        formula=made.formula,
        parts=made.parts,
        due=recount.outcomes(own["state"])["due"],
        counted=own.filter(state="counted").height,
        coverage=_coverage(book, own, definition, area) if published else {},
        counties=_counties(own, definition, _members(book, period)),
        published=published,
        terms=_terms(definition),
        companions=compares,
        chosen=chosen,
        compared=compared,
        evidence=tuple(evidence(snapshot, definition, *place) for place in _returns(area, period, chosen, compared)),
        release=figure_release(snapshot, definition, period, area),
    )


def _held(snapshot: Snapshot, definition: FigureDefinition, area: Area, periods: list[str]) -> list[str]:
    """The periods of which the figure is held: nothing is compared with them."""
    if area.level == "county" or not definition.compares:
        return []
    own = snapshot.mart(definition.mart).filter(
        pl.col("period").is_in(periods), pl.col("held"), level=area.level, code=area.code, **definition.where
    )
    return own.select("period").collect()["period"].to_list()


def _where_instead(mart: str) -> str:
    """Where to look for what a mart without figures of returns says."""
    if mart.startswith("dim_"):
        return "it is made of the codebook, see docs/reference/data-dictionary.md"
    if mart.startswith("fact_"):
        return "each row names sheet, row and `submission`; xianbao explain submission shows the cells of the latter"
    return (
        "it says what became of returns; xianbao explain submission ID shows one with its findings, and "
        "xianbao explain fact_indicator --period P --county C INDICATOR the one that counts, its rules and notes"
    )


def _returns(
    area: Area, period: str, chosen: ComparedColumn | None, compared: pl.DataFrame
) -> Iterator[tuple[str, str]]:
    """The periods and counties of the returns behind a county's figure: its own, and those that a companion looks back
    to, which are of other codes where the county continues others; none behind a total.
    """
    if area.level != "county":
        return
    yield period, area.code
    if chosen:
        codes = compared["then_codes"].item().split(";") if compared.height else [area.code]
        yield from ((chosen.before, code) for code in codes)


def _check(book: Codebook, asked: FigureSelection, definition: FigureDefinition, area: Area, period: str) -> None:
    """Raises PermanentError for a question that has no answer whatever was received."""
    if asked.column is not None and (not definition.compares or asked.column not in COMPANIONS):
        raise unknown(
            "column", asked.column, COMPANIONS if definition.compares else [], f" of {definition.mart} to explain"
        )
    if definition.mart == SHARE and area.level != "province":
        raise PermanentError(f"{SHARE} is of the deep-poverty counties and the province; leave the area out")
    if definition.mart == FACT and area.level != "county":
        raise PermanentError(
            f"{FACT} is of counties; say --county, or ask mart_{definition.dataset.dataset} for a total"
        )
    if area.level != "county" and not definition.line.rises:
        raise PermanentError(f"{definition.line.name} has no total, only counties have it; say --county")
    if not definition.dataset.due(period):
        ends = ", ".join(f"{month:02}" for month in definition.dataset.frequency.months)
        since = f", from {definition.dataset.due_from} on" if definition.dataset.due_from else ""
        raise PermanentError(
            f"{definition.dataset.dataset} is {definition.dataset.frequency.value}: its periods end in {ends}{since}"
        )
    owing = {d.county_code for d in book.members(definition.dataset.owed_by, period)}
    if not owing.intersection(area.counties):
        group = book.groups[definition.dataset.owed_by]
        raise PermanentError(
            f"{area.code} {area.name_zh} does not owe {definition.dataset.dataset}; {group.group} {group.label_zh} do"
        )


def _published(
    snapshot: Snapshot, book: Codebook, definition: FigureDefinition, period: str, area: Area
) -> Mapping[str, Any]:
    """The mart's row; of a county without a figure in `fact_indicator` an empty one.

    Raises PermanentError with the periods that there are where the snapshot has nothing of this one.
    """
    mart = snapshot.mart(definition.mart, period)
    keys = {c.column for c in book.marts[definition.mart]} & {"level", "code", "county_code"}
    place = {"level": area.level, "code": area.code, "county_code": area.code}
    row = mart.filter(**definition.where, **{key: place[key] for key in keys}).collect()
    if row.height:
        return row.row(0, named=True)
    if mart.select(pl.len()).collect().item():
        return {}
    there = snapshot.mart(definition.mart).select(pl.col("period").unique().sort()).collect()["period"]
    raise PermanentError(f"{definition.mart} has nothing of {period}; its periods: {', '.join(there) or 'none'}")


@dataclass(frozen=True)
class _Made:
    """What the contributions give, and how."""

    value: Decimal | None
    formula: Texts
    parts: tuple[Part, ...] = ()


def _total(own: pl.DataFrame, definition: FigureDefinition, area: Area) -> _Made:
    """A sum, or a ratio with its two sums."""
    above = area.level != "county"
    formula = definition.formula
    columns = definition.line.sums if formula.whole else {}
    parts = tuple(
        Part(*formula.term(operand), recount.exact_sum(own[name]))
        for operand, name in zip(formula.operands, columns, strict=False)
    )
    texts = Texts(formula.code(above=above), formula.zh(above=above), formula.en(above=above))
    return _Made(_value(own, definition), texts, parts)


def _value(own: pl.DataFrame, definition: FigureDefinition) -> Decimal | None:
    """The figure over these counties, made again in plain numbers; None where none gives it."""
    line = definition.line
    if not own["state"].is_in(["counted"]).any():
        return None
    part = recount.exact_sum(own[f"{line.name}:part"])
    if line.whole is None:
        return part
    return recount.divided(part, recount.exact_sum(own[f"{line.name}:whole"]), line.factor)


def _coverage(book: Codebook, own: pl.DataFrame, definition: FigureDefinition, area: Area) -> dict[str, int | bool]:
    """What the mart's row says of counties, by its columns; `fact_indicator` says nothing of them."""
    required, percent = definition.line.required, book.partial_below
    counts = recount.outcomes(own["state"])
    if definition.mart == FACT:
        return {}
    if definition.mart == SHARE:
        group = recount.outcomes(own.filter(pl.col("county_code").is_in(_members(book, own["period"][0])))["state"])
        sides = {"numerator": group, "denominator": counts}
        return {
            **{f"{side}_{outcome}": n for side, of in sides.items() for outcome, n in of.items()},
            "complete": all(recount.complete(of, required=required) for of in sides.values()),
            "partial": any(recount.partial(of, percent) for of in sides.values()),
        }
    if definition.mart == RELOCATION:  # it counts returns, whatever is blank in them
        counts["counted"] += counts.pop("nil") + counts.pop("blank")
        return {f"counties_{outcome}": n for outcome, n in counts.items()}
    return {
        **{f"counties_{outcome}": n for outcome, n in counts.items()},
        "complete": recount.complete(counts, required=required),
        "partial": area.level != "county" and recount.partial(counts, percent),
    }


def _share(book: Codebook, own: pl.DataFrame, definition: FigureDefinition, period: str) -> _Made:
    """100 x the group's sum over the province's."""
    line, group, whole = definition.line, book.groups[GROUP], book.groups["province"]
    inside = pl.col("county_code").is_in(_members(book, period))
    part, total = sums = [_value(frame, definition) for frame in (own.filter(inside), own)]
    return _Made(
        None if part is None or total is None else recount.divided(part, total, PERCENT),
        Texts(
            f"share = 100 x sum({line.name}) of {GROUP} / sum({line.name}) of province",
            f"占比 = 100 x {group.label_zh} {line.label_zh} 合计 / {whole.label_zh}合计",
            f"share = 100 x sum of {line.label_en} of {group.label_en} / that of the {whole.label_en}",
        ),
        tuple(
            Part(f"sum({line.name}) of {g.group}", f"{g.label_zh}合计", f"sum of {g.label_en}", value)
            for g, value in zip((group, whole), sums, strict=True)
        ),
    )


def _terms(definition: FigureDefinition) -> tuple[str, ...]:
    """What enters of a county for a ratio, in codes."""
    formula = definition.formula
    return tuple(operand.text(lambda i: i.column) or "rows" for operand in formula.operands) if formula.whole else ()


def _members(book: Codebook, period: str) -> list[str]:
    return [d.county_code for d in book.members(GROUP, period)]


def _counties(own: pl.DataFrame, definition: FigureDefinition, group: list[str]) -> pl.DataFrame:
    """A row per county: OF_A_COUNTY, the terms of a ratio, `inside` where it is a share."""
    line, formula = definition.line, definition.formula
    terms = line.sums if formula.whole else ()
    inside = pl.col("county_code").is_in(group).alias("inside")
    return own.with_columns(value=value_of(line).over("period", "county_code")).select(
        *OF_A_COUNTY,
        *(pl.col(c).alias(f"term_{n}") for n, c in enumerate(terms, start=1)),
        *([inside] if definition.mart == SHARE else []),
    )
