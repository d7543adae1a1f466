"""The screen of `xianbao template`: what was written for whom, and what was not."""

from __future__ import annotations

from flows.cli.screen import Screen
from flows.cli.template import TemplateReport, TemplateSummary


def show_template(written: TemplateSummary, screen: Screen) -> None:
    """A line: the file, and whose it is."""
    what = f"{written.county_code} {written.name_zh} {written.period}, {len(written.datasets)} datasets"
    screen.say(f"{written.file}: {what}")


def show_templates(done: TemplateReport, screen: Screen) -> None:
    """A line a county, those that were refused last with the reason; then how many."""
    for written in done.written:
        show_template(written, screen)
    for refused in done.refused:
        screen.say(f"{refused.county_code} {refused.name_zh}: {refused.reason}")
    screen.say(f"{len(done.written)} workbooks written, {len(done.refused)} not")
