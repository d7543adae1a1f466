"""From validation results to pages: one a dataset and period, and an index of what failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.registry import get_renderer_impl
from great_expectations.render import LegacyRendererType
from great_expectations.render.view import DefaultJinjaPageView

from expectations.data_docs.files import load_result
from expectations.data_docs.model import SEVERITIES, Line, Page
from expectations.language.relation import parse
from expectations.validation.batch import EN, ZH
from expectations.validation.results import PLACE, RETURNS
from warehouse.codebook import load
from warehouse.messages.visible import visible_lines
from warehouse.reports.report_digests import seal_report
from warehouse.store.files import found, remove_tree, sync_folder, write_durably
from warehouse.store.transfer import link_or_copy

# A set of more values than this (the codes of all counties) is cut short.
SHOWN_VALUES = 12
# Failing checks that the index names; all stand on their pages.
SHOWN_CHECKS = 200
# How Great Expectations marks what varies in its sentences.
STYLING = {"default": {"classes": ["value"]}, "params": {"column": {"classes": ["column"]}}}
# Our templates beside its own. They escape what is put into them; nothing of it hides or turns the text round.
VIEW = DefaultJinjaPageView(custom_views_directory=str(Path(__file__).parent))
VIEW.env.finalize = lambda value: visible_lines(value) if isinstance(value, str) else value


def publish_pages(validations: Path, report: Path) -> Path | None:
    """Takes a run's validations into its report folder and makes the pages; None where it validated nothing.

    Done again, it leaves the same.
    """
    if not validations.is_dir():
        return None
    remove_tree(report / "validations")
    for path in found(validations, "*.json"):
        link_or_copy(path, report / "validations" / path.name)
    sync_folder(report / "validations")
    return render_pages(report)


def render_pages(report: Path) -> Path:
    """Makes `docs/` of a run's report folder from its `validations/`; returns the index, which is there for good only
    when all of them are.
    """
    pages = [_page(load_result(path)) for path in found(report / "validations", "*.json")]
    folder = report / "docs"
    shared = {"run": report.name, "severities": SEVERITIES, "place": PLACE, "shown": _value_text}
    for page in pages:
        html = VIEW.env.get_template("batch.html").render(page=page, **shared)
        write_durably(folder / f"{page.name}.html", html.encode())
    index = folder / "index.html"
    # Last: where it is there, so are all pages, and what they are made of.
    write_durably(index, VIEW.env.get_template("index.html").render(**_index(pages), **shared).encode())
    seal_report(report)
    return index


def _page(result: ExpectationSuiteValidationResult) -> Page:
    meta: dict[str, Any] = dict(result.meta)
    labels = {column: (label[ZH], label[EN]) for column, label in meta["labels"].items()}
    return Page(
        name=result.suite_name,
        dataset=meta["dataset"],
        period=meta["period"],
        label=(meta["label"][ZH], meta["label"][EN]),
        labels=labels,
        returns=meta["returns"],
        version=meta["great_expectations_version"],
        lines=tuple(_line(one, labels) for one in result.results),
    )


def _line(result: ExpectationValidationResult, labels: Mapping[str, tuple[str, str]]) -> Line:
    config = result.expectation_config
    if config is None:
        raise TypeError("a validation result without its expectation")
    about, found = dict(config.meta or {}), result.result
    examples = tuple(found["partial_unexpected_index_list"])
    return Line(
        rule=about["id"],
        severity=about["severity"],
        reasons=(about["reason_zh"], about["reason_en"]),
        source=about["source"],
        says=_sentence(config),
        words=(_words(config, labels, ZH), _words(config, labels, EN)),
        rows=found["element_count"],
        missing=found["missing_count"],
        failing=found["unexpected_count"],
        columns=tuple(column for column in (examples[0] if examples else ()) if column not in PLACE),
        examples=examples,
    )


def _sentence(config: ExpectationConfiguration) -> str:
    """The expectation in the words of its own renderer; what varies is escaped by Great Expectations."""
    renderer = get_renderer_impl(object_name=config.type, renderer_type=LegacyRendererType.PRESCRIPTIVE)
    if renderer is None:
        return config.type
    contents: Any = renderer.renderer(
        configuration=_cut_short(config), runtime_configuration={"styling": dict(STYLING)}
    )
    to_html: Any = VIEW.render_string_template
    return " ".join(to_html(content.to_json_dict()["string_template"]) for content in contents)


def _cut_short(config: ExpectationConfiguration) -> ExpectationConfiguration:
    values = config.kwargs.get("value_set", ())
    if len(values) <= SHOWN_VALUES:
        return config
    few = [*values[:SHOWN_VALUES], f"… ({len(values)})"]
    return ExpectationConfiguration(type=config.type, kwargs={**config.kwargs, "value_set": few}, meta=config.meta)


def _words(config: ExpectationConfiguration, labels: Mapping[str, tuple[str, str]], language: int) -> str:
    """What it is about, under the labels of the form."""

    def label(column: str) -> str:
        return labels[column][language] if column in labels else column

    if "relation" in config.kwargs:
        return parse(config.kwargs["relation"], config.kwargs.get("digits")).printed(language, label)
    columns = config.kwargs.get("column_list") or [config.kwargs["column"]]
    return ("、", ", ")[language].join(label(column) for column in columns)


def _value_text(value: Any) -> str:
    """A value as a person writes it; a blank is said."""
    if value is None:
        return "空白 blank"
    return f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _index(pages: Iterable[Page]) -> dict[str, Any]:
    """A page by dataset and period, in the codebook's order; and every failing check with its page."""
    by_place = {(page.dataset, page.period): page for page in pages}
    order = [RETURNS, *load().datasets]
    failing = [(page, line) for page in by_place.values() for line in page.of("failed")]
    severities = list(SEVERITIES)
    return {
        "pages": by_place,
        "datasets": sorted({dataset for dataset, _ in by_place}, key=order.index),
        "periods": sorted({period for _, period in by_place}),
        "failing": sorted(failing, key=lambda at: (severities.index(at[1].severity), -at[1].failing))[:SHOWN_CHECKS],
        "more": max(0, len(failing) - SHOWN_CHECKS),
    }
