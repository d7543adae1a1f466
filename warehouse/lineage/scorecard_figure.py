"""A figure of the scorecard explained: which counties' rows enter it, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import polars as pl

from warehouse.codebook import Codebook, Dataset, Figure
from warehouse.lineage import recount
from warehouse.lineage.contributions import PLACE, Snapshot, due, with_outcome
from warehouse.lineage.figure_definition import SCORECARD
from warehouse.lineage.figure_lineage import OF_A_COUNTY, FigureLineage, Part, Texts, as_decimal
from warehouse.lineage.lapses import lapse_of
from warehouse.lineage.reader import LineageReader
from warehouse.lineage.recount import six_digits
from warehouse.lineage.scorecard_recount import Recount
from warehouse.lineage.selection import Area, FigureSelection, unknown
from warehouse.marts.mart_scorecard import EVERYWHERE, Terms, ends_of, entering, paired, speaks_of, terms_of, value_of
from warehouse.marts.roll_up import DECIMAL, addend, decimal
from warehouse.messages.errors import PermanentError

# How each aggregate reads, in codes and English, and in Chinese; {c} is the column, {s} the scope.
TEXTS = {
    "sum": ("sum of {c} over {s}", "{s}各县 {c} 之和"),
    "weighted": ("sum({c} x {w}) / sum({w}) over {s}", "{s}:合计({c} x {w}) / 合计({w})"),
    "growth": (
        "100 x (mean of {c} / mean of {b} - 1) over {s}, means weighted by {w}",
        "{s}:100 x ({c}均值 / {b}均值 - 1),按 {w} 加权",
    ),
    "growth_lead": (
        "growth over {s} less growth over the province; growth = 100 x (mean of {c} / mean of {b} - 1), weights {w}",
        "{s}增幅 - 全省增幅;增幅 = 100 x ({c}均值 / {b}均值 - 1),按 {w} 加权",
    ),
    "ratio": ("100 x sum({c}) / sum({b}) over {s}", "{s}:100 x 合计({c}) / 合计({b})"),
    "share": ("100 x sum({c}) over {s} / sum({c}) over the province", "100 x {s}合计({c}) / 全省合计({c})"),
    "count": ("number of rows over {s}", "{s}的行数"),
    "distinct": ("number of different {c} over {s}", "{s}不同 {c} 的个数"),
    "increase": ("sum of {c} over {s} at {period} less that at {since}", "{s} {c} 合计:{period} 减 {since}"),
    "increase of a mean": (
        "sum({c} x {w}) / sum({w}) over {s} at {period} less that at {since}, counties that gave both",
        "{s}:合计({c} x {w}) / 合计({w}),{period} 减 {since},两期都填报的县",
    ),
    "least": ("the least {c} of a county of {s}", "{s}各县 {c} 最小值"),
    "greatest": ("the greatest {c} of a county of {s}", "{s}各县 {c} 最大值"),
    "worst": ("the {c} of the county of {s} that is furthest from {published}", "{s}各县 {c} 中离 {published} 最远的"),
    "members": ("number of counties in {c}, by the codebook", "代码本中{c}的县数"),
}
AVERAGED = ("weighted", "growth", "growth_lead", "increase")
# The numbers on the way to it.
PARTS: dict[str, Callable[[Terms], dict[str, pl.Expr]]] = {
    "ratio": lambda t: {f"sum({c})": t.sum(c, t.inside & t.both) for c in (t.figure.column, t.figure.by)},
    "share": lambda t: {
        f"sum over {t.figure.scope}": t.sum(t.figure.column),
        "sum over province": t.sum(t.figure.column, EVERYWHERE),
    },
    "growth": lambda t: {f"mean of {c}": t.mean(c, t.inside & t.both) for c in (t.figure.column, t.figure.by)},
    "growth_lead": lambda t: {
        f"growth over {t.figure.scope}": t.growth(t.inside),
        "growth over province": t.growth(EVERYWHERE),
    },
}


def explain_scorecard_figure(store: LineageReader, book: Codebook, asked: FigureSelection) -> FigureLineage:
    """The published figure as the last snapshot has it.

    Raises PermanentError for a name that is no figure's, or for a period or an area that is not the figure's own.
    """
    figure = _figure(book, asked)
    snapshot = Snapshot.last(store)
    published = snapshot.mart(SCORECARD).filter(figure=figure.figure).collect().row(0, named=True)
    dataset = book.datasets.get(figure.dataset)
    behind = snapshot.behind_row(published)
    rows, counties = _from_returns(behind, book, figure, dataset) if dataset else _from_codebook(book, figure)
    own = counties.filter(pl.col("period") == figure.period)
    value = as_decimal(published["value"])
    again, coverage = _again(book, figure, rows, counties) if dataset else _members(own)
    group = book.groups[figure.scope]
    return FigureLineage(
        mart=SCORECARD,
        column=figure.figure,
        period=figure.period,
        area=Area(figure.scope, figure.scope, group.label_zh, tuple(own["county_code"])),
        label_zh=figure.label_zh,
        label_en=figure.label_en,
        unit=figure.unit,
        source=None,
        dataset=dataset,
        manifest=snapshot.manifest,
        behind=snapshot.behind,
        value=value,
        recomputed=value if recount.same(value, again) else again,
        formula=_texts(book, figure, dataset),
        parts=_parts(book, figure, rows, own) if dataset else (),
        due=own.height,
        counted=int(coverage["counties_counted"] or 0),
        coverage=coverage,
        counties=counties,
        published=published,
        terms=tuple(_terms(figure, dataset)) if dataset else (),
        lapsed=lapse_of(store, book, figure.figure, snapshot.manifest.version)
        if published["state"] != "holds"
        else None,
    )


def _figure(book: Codebook, asked: FigureSelection) -> Figure:
    found = next((f for f in book.figures if asked.name in (f.figure, f.label_zh, f.label_en)), None)
    if found is None:
        raise unknown("figure", asked.name, [f.figure for f in book.figures], f" of {SCORECARD}")
    if asked.period not in (None, found.period):
        raise PermanentError(f"{found.figure} was published for {found.period}; leave the period out")
    if asked.county or asked.prefecture or asked.group not in (None, found.scope):
        raise PermanentError(f"{found.figure} was published for {found.scope}; leave the area out")
    return found


Coverage = Mapping[str, int | bool | None]


def _again(
    book: Codebook, figure: Figure, rows: pl.LazyFrame, counties: pl.DataFrame
) -> tuple[Decimal | None, Coverage]:
    """The value and what the scorecard says of counties, made again in plain numbers."""
    in_force = pl.col("state").is_in(["counted", "blank"])
    states = pl.when(in_force & pl.col("nil")).then(pl.lit("nil")).when(in_force).then(pl.lit("counted"))
    told = counties.with_columns(state=states.otherwise("state"))
    places = {(period, code): state for period, code, state in told.select(*PLACE, "state").iter_rows()}
    made = Recount(book, figure, rows.collect().to_dicts(), places)
    own = told.filter(period=figure.period)
    counted = own.filter(pl.col("state").is_in(["counted", "nil"])).height
    if figure.aggregate == "increase":
        counted = sum(size for _, _, size in made.pairs())
    value = made.value() if counted else None
    coverage: Coverage = {"counties_due": own.height, "counties_counted": counted, **made.coverage()}
    return None if value is None else six_digits(value), coverage


def _members(own: pl.DataFrame) -> tuple[Decimal, Coverage]:
    """Of a figure that the codebook gives: how many counties there are."""
    whole = dict.fromkeys(("counties_due", "counties_counted", "numerator_due", "numerator_counted"), own.height)
    return Decimal(own.height), whole


def _texts(book: Codebook, figure: Figure, dataset: Dataset | None) -> Texts:
    """The formula with codes, with zh labels, with en labels; behind it, which rows alone it speaks of."""
    weight = _weight(figure, dataset)
    code, zh = TEXTS["increase of a mean" if weight and figure.aggregate == "increase" else figure.aggregate]
    columns = {"c": figure.column or figure.scope, "b": figure.by, "w": weight}
    labels = [_labels(book, dataset, columns, language) for language in ("label_zh", "label_en")]
    more = {"period": figure.period, "since": figure.since, "published": figure.published}
    group = book.groups[figure.scope]
    where = f"; rows where {figure.where}" if figure.where else ""
    return Texts(
        f"{figure.figure} = {code.format(**columns, s=figure.scope, **more)}{where}",
        f"{figure.label_zh} = {zh.format(**labels[0], s=group.label_zh, **more)}"
        + (f"(仅 {figure.where} 的行)" if figure.where else ""),
        f"{figure.label_en} = {code.format(**labels[1], s=group.label_en, **more)}{where}",
    )


def _labels(book: Codebook, dataset: Dataset | None, columns: dict[str, str | None], language: str) -> dict[str, str]:
    """What columns are called, of a figure that the codebook alone gives, groups; the county's code by itself."""

    def label(name: str) -> str:
        known = dataset.find(name) if dataset else book.groups.get(name)
        return str(getattr(known, language)) if known else name

    return {key: label(name) for key, name in columns.items() if name}


def _weight(figure: Figure, dataset: Dataset | None) -> str | None:
    indicator = dataset.find(figure.column or "") if dataset else None
    return indicator.roll_up.weight if indicator else None


def _terms(figure: Figure, dataset: Dataset) -> dict[str, pl.Expr]:
    """What enters of a county's rows: the sum of each column that the figure speaks of, or how many rows there are."""
    if figure.aggregate in ("count", "distinct"):
        return {"rows": pl.len()}
    weight = _weight(figure, dataset) if figure.aggregate in AVERAGED else None
    values = {name: addend(dataset[name]) for name in (figure.column, figure.by, weight) if name}
    return {name: pl.when(value.count() > 0).then(value.sum()) for name, value in values.items()}


def _from_returns(
    snapshot: Snapshot, book: Codebook, figure: Figure, dataset: Dataset
) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """The rows in force of the figure's periods, and a row per county that owes them (OF_A_COUNTY and the terms)."""
    group = entering(figure)
    periods = [figure.period, *([figure.since] if figure.since else [])]
    codes = {d.county_code for period in periods for d in book.members(group, period)}
    # Of a period that is not open, nothing is due yet.
    is_open = snapshot.mart("dim_period").filter("period_open").select("period").collect()["period"]
    periods = [period for period in periods if period in is_open]
    owed = due(book, dataset, [(period, codes) for period in periods])
    decisions = snapshot.decisions(dataset.dataset, periods, codes)
    rows = snapshot.rows(dataset, decisions)
    spoken = speaks_of(figure) if figure.aggregate != "increase" else pl.lit(value=True)
    terms = _terms(figure, dataset)
    names = [f"term_{n}" for n in range(1, len(terms) + 1)]
    given = rows.filter(spoken).group_by(PLACE).agg(
        sheet=pl.col("sheet").first(),
        first_row=pl.col("row").min(),
        last_row=pl.col("row").max(),
        **{name: term.cast(DECIMAL) for name, term in zip(names, terms.values(), strict=True)},
    )  # fmt: skip
    states = owed.lazy().pipe(with_outcome, decisions.lazy()).join(given, on=PLACE, how="left", maintain_order="left")
    blank = (pl.col("state") == "counted") & pl.col("term_1").is_null()
    inside = pl.col("county_code").is_in([d.county_code for d in book.members(figure.scope, figure.period)])
    counties = states.with_columns(
        value=pl.col("term_1"), state=pl.when(blank).then(pl.lit("blank")).otherwise("state"), inside=inside
    ).select(*OF_A_COUNTY, *names, *(["inside"] if group != figure.scope else []))
    return rows, counties.collect()


def _parts(book: Codebook, figure: Figure, rows: pl.LazyFrame, own: pl.DataFrame) -> tuple[Part, ...]:
    """The numbers on the way; of a norm for each county, the counties that set the figure."""
    if figure.aggregate == "increase":
        what = "mean" if _weight(figure, book.datasets[figure.dataset]) else "sum"
        periods = (f"{what} at {period}" for period in (figure.period, figure.since))
        return _evaluated(paired(book, figure, rows), dict(zip(periods, ends_of(book, figure).values(), strict=True)))
    if figure.aggregate in ("least", "greatest", "worst"):
        value = value_of(book, figure, rows).collect().item()
        setting = own.filter(pl.col("value") == value).head(3) if value is not None else own.head(0)
        return tuple(Part(f"{r['county_code']} {r['name_zh']}", "", "", r["value"]) for r in setting.rows(named=True))
    made = PARTS.get(figure.aggregate)
    return _evaluated(rows.filter(speaks_of(figure)), made(terms_of(book, figure))) if made else ()


def _evaluated(rows: pl.LazyFrame, parts: dict[str, pl.Expr]) -> tuple[Part, ...]:
    """The parts over these rows: sums exact, means rounded as marts round them, null for the mean of none."""
    columns = rows.select(expression.alias(text) for text, expression in parts.items()).collect()
    exact = (
        decimal(pl.col(name)) if dtype.is_float() else pl.col(name).cast(DECIMAL)
        for name, dtype in columns.schema.items()
    )
    return tuple(Part(text, "", "", value) for text, value in columns.select(exact).row(0, named=True).items())


def _from_codebook(book: Codebook, figure: Figure) -> tuple[pl.LazyFrame, pl.DataFrame]:
    """No rows, for nothing was received for it, and the counties of a group."""
    members = book.members(figure.column or figure.scope, figure.period)
    rows = [{"period": figure.period, "county_code": d.county_code, "name_zh": d.name_zh, "state": "counted"}
            for d in members]  # fmt: skip
    texts = dict.fromkeys(OF_A_COUNTY[:4], pl.String)
    blanks = {name: pl.lit(None, pl.String) for name in OF_A_COUNTY[4:]}
    return pl.LazyFrame(), pl.DataFrame(rows, texts).with_columns(**blanks)
