"""The marts for BI tools as a semantic model: which measures there are, what they may be added up over, in which unit.

In the format of MetricFlow (dbt semantic models), an open standard whose own validator `make bi` runs. Everything
follows from the codebook: a measure an indicator, so that persons and person-times are never one. What is as at a day
is not additive over time; ratios have no measure but where two measures make them: `bi_area` has their values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from warehouse.codebook import Codebook
from warehouse.codebook.mart_records import MartColumn
from warehouse.marts.bi_county import carried
from warehouse.marts.dim_indicator import indicators

SCHEMA = "main"
TIME = "period_end"
# The marts' own keys; every other text, flag or day is something to group by.
DIMENSIONS = {"dim_area": "area", "dim_indicator": "indicator_key", "dim_period": "period"}
# Words that the standard has for spans of time.
RESERVED = ("year", "quarter", "month")
Model = dict[str, Any]


def semantic_model(book: Codebook) -> str:
    """The model as documents of YAML, one each: `bi_county` and `bi_relocation` with their measures, the dimensions, a
    metric a measure, the ratios, and where days are taken from.
    """
    measures = {"bi_county": list(_of_counties(book)), "bi_relocation": list(_of_villages(book))}
    facts = (_fact(mart, book.marts[mart], of) for mart, of in measures.items())
    dimensions = (_dimension(book, mart, key) for mart, key in DIMENSIONS.items())
    metrics = (_metric(measure) for of in measures.values() for measure in of)
    spine = {"node_relation": _relation("dim_period"), "primary_column": {"name": TIME, "time_granularity": "month"}}
    documents = [
        *({"semantic_model": model} for model in (*facts, *dimensions)),
        *({"metric": metric} for metric in (*metrics, *_ratios(book))),
        {"project_configuration": {"time_spines": [spine]}},
    ]
    return str(yaml.safe_dump_all(documents, allow_unicode=True, sort_keys=False, width=120))


def measure_name(key: str) -> str:
    """What a measure is called, in small letters and underscores: `outcomes_delisting_status_verified`."""
    return re.sub(r"[^a-z0-9]+", "_", key)


def _of_counties(book: Codebook) -> Iterator[Model]:
    """A measure for each additive indicator."""
    about = carried(book).join(indicators(book).drop("name_zh", "name_en", "kind", "unit"), on="indicator_key")
    for row in about.iter_rows(named=True):
        yield _measure(
            measure_name(row["indicator_key"]),
            f"{row['name_zh']}({row['unit_zh']}) {row['name_en']} ({row['unit_en']})",
            f"{row['definition_zh']} {row['definition_en']}",
            f"CASE WHEN indicator_key = '{row['indicator_key']}' THEN value END",
            over_time=row["additive_over_time"],
        )


def _of_villages(book: Codebook) -> Iterator[Model]:
    for c in book.marts["bi_relocation"]:
        if c.unit == "village":
            label = f"{c.label_zh} {c.label_en}"
            yield _measure(f"relocation_summary_{c.column}", label, label, c.column, over_time=False)


def _measure(name: str, label: str, description: str, expr: str, *, over_time: bool) -> Model:
    measure: Model = {"name": name, "label": label, "description": description, "agg": "sum", "expr": expr}
    return measure if over_time else measure | {"non_additive_dimension": {"name": TIME, "window_choice": "max"}}


def _fact(mart: str, columns: Iterable[MartColumn], measures: list[Model]) -> Model:
    taken = {"value", "months", *(measure["expr"] for measure in measures)}
    own, keys = [c for c in columns if c.column not in taken], set(DIMENSIONS.values())
    return {
        "name": mart,
        "node_relation": _relation(mart),
        "defaults": {"agg_time_dimension": TIME},
        "primary_entity": f"{mart}_row",
        "entities": [{"name": c.column, "type": "foreign"} for c in own if c.column in keys],
        "dimensions": [_grouping(c) for c in own if c.column not in keys],
        "measures": measures,
    }  # fmt: skip


def _dimension(book: Codebook, mart: str, key: str) -> Model:
    return {
        "name": mart,
        "node_relation": _relation(mart),
        "entities": [{"name": key, "type": "primary"}],
        "dimensions": [_grouping(c) for c in book.marts[mart] if c.column != key],
    }


def _grouping(column: MartColumn) -> Model:
    label = {"name": column.column, "label": f"{column.label_zh} {column.label_en}"}
    if column.column in RESERVED:
        label |= {"name": f"calendar_{column.column}", "expr": column.column}
    if column.dtype != "date":
        return label | {"type": "categorical"}
    return label | {"type": "time", "type_params": {"time_granularity": "month" if column.column == TIME else "day"}}


def _metric(measure: Model) -> Model:
    return {
        "name": measure["name"],
        "label": measure["label"],
        "description": measure["description"],
        "type": "simple",
        "type_params": {"measure": measure["name"]},
    }


def _ratios(book: Codebook) -> Iterator[Model]:
    """What the codebook recomputes from two indicators that may be added up, in percent."""
    known = set(carried(book)["indicator_key"])
    about = {row["indicator_key"]: row for row in indicators(book).iter_rows(named=True)}
    for indicator in (i for dataset in book.datasets.values() for i in dataset.indicators):
        parts = [f"{indicator.dataset}.{c}" for c in (indicator.roll_up.weight, indicator.roll_up.denominator) if c]
        if indicator.roll_up.how != "weighted" or len(parts) < 2 or not known.issuperset(parts):  # noqa: PLR2004
            continue
        row = about[f"{indicator.dataset}.{indicator.column}"]
        part, whole = map(measure_name, parts)
        yield {
            "name": measure_name(row["indicator_key"]),
            "label": f"{row['name_zh']}({row['unit_zh']}) {row['name_en']} ({row['unit_en']})",
            "description": f"{row['definition_zh']} {row['definition_en']}",
            "type": "derived",
            "type_params": {"expr": f"100.0 * {part} / {whole}", "metrics": [{"name": part}, {"name": whole}]},
        }


def _relation(mart: str) -> Model:
    return {"alias": mart, "schema_name": SCHEMA}
