"""ExpectRelation: a relation between columns as an expectation of Great Expectations."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import pandas as pd
import polars as pl
from great_expectations.compatibility import pydantic
from great_expectations.core import ExpectationValidationResult
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import MulticolumnMapExpectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metrics.map_metric_provider import MulticolumnMapMetricProvider
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
    multicolumn_condition_partial,
)
from great_expectations.render import LegacyRendererType, RenderedStringTemplateContent
from great_expectations.render.renderer.renderer import renderer
from great_expectations.render.util import parse_row_condition_string

from expectations.engine import CachedConfiguration, MetricRequest, add_condition
from expectations.language.relation import parse

METRIC = "multicolumn_values.relation"


class MulticolumnRelationHolds(MulticolumnMapMetricProvider):
    """The metric behind ExpectRelation: per row, whether the relation holds; rows lacking an operand are left out."""

    condition_metric_name = METRIC
    condition_domain_keys = ("batch_id", "table", "column_list", "row_condition", "condition_parser", "ignore_row_if")
    condition_value_keys = ("relation", "digits")

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, relation: str, digits: int | None = None, **_: Any) -> pd.Series[bool]:  # noqa: N805
        held: pd.Series[bool] = parse(relation, digits).holds(column_list.__getitem__)
        return held


def _polars(asked: MetricRequest) -> pl.Expr:
    """Whether the relation holds, exactly; null where it is not evaluated."""
    return parse(asked.values["relation"], asked.values.get("digits")).on(asked.schema)  # noqa: PD011  (values of a metric, no frame)


add_condition(METRIC, _polars)


class ExpectRelation(CachedConfiguration, MulticolumnMapExpectation):
    """Expect a chain of comparisons, such as `a <= b + c <= 100 * d / e`, to hold in every row.

    A row that lacks an operand, or whose denominator is zero, is neither expected nor unexpected. `digits` makes
    `==` an equality within half a unit of that digit. `column_list` follows from the relation.
    """

    relation: str
    digits: int | None = None
    ignore_row_if: Literal["all_values_are_missing", "any_value_is_missing", "never"] = "any_value_is_missing"

    map_metric: ClassVar[str] = METRIC
    args_keys: ClassVar[tuple[str, ...]] = ("column_list", "relation", "digits")
    success_keys: ClassVar[tuple[str, ...]] = ("relation", "digits", "mostly")

    @pydantic.root_validator(pre=True)
    def _columns_follow(cls, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N805
        columns = parse(values["relation"], values.get("digits")).columns
        return {**values, "column_list": list(columns)}

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    def _prescriptive_renderer(
        cls,
        configuration: ExpectationConfiguration | None = None,
        result: ExpectationValidationResult | None = None,
        runtime_configuration: dict[str, Any] | None = None,
    ) -> list[RenderedStringTemplateContent]:
        """The relation as a person reads it, for Data Docs: `a ≤ b + c ≤ 100 × d / e`."""
        config = configuration or (result and result.expectation_config)
        kwargs = config.kwargs if config else {}
        params = {"relation": parse(kwargs["relation"], kwargs.get("digits")).words()}
        template = "$relation"
        if kwargs.get("row_condition"):
            template = "If $condition, then $relation"
            params["condition"] = parse_row_condition_string(kwargs["row_condition"])
        styling = (runtime_configuration or {}).get("styling")
        return [
            RenderedStringTemplateContent(
                content_block_type="string_template",
                string_template={"template": template, "params": params, "styling": styling},
            )
        ]
