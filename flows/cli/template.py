"""What `xianbao template` does: workbooks for counties to fill in. It imports Great Expectations, for rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from expectations.analysis.input_limits import form_of
from expectations.analysis.known_rows import KnownRows
from flows.cli.rule_list import known_today
from flows.settings import Settings
from warehouse.codebook import Codebook, load
from warehouse.intake.template import TemplateSelection, select_all, select_template, template_name, write_template
from warehouse.messages.errors import PermanentError, XianbaoError
from warehouse.store.files import write_durably

SUFFIX = ".xlsx"  # what has another, or none, is a folder
Known = Mapping[str, KnownRows]


@dataclass(frozen=True)
class TemplateSummary:
    """What was written, and for whom."""

    file: Path
    county_code: str
    name_zh: str
    period: str
    datasets: tuple[str, ...]


@dataclass(frozen=True)
class TemplateRefusal:
    """A county whose workbook was not written, and why."""

    county_code: str
    name_zh: str
    reason: str


@dataclass(frozen=True)
class TemplateReport:
    """What was written for the counties of a period, and what was not."""

    written: tuple[TemplateSummary, ...]
    refused: tuple[TemplateRefusal, ...]


def write(  # noqa: PLR0913  (an option each)
    county: str,
    period: str,
    datasets: Sequence[str] = (),
    out: Path | None = None,
    *,
    vertical: bool = False,
    settings: Settings | None = None,
) -> TemplateSummary:
    """Writes the template to the file or folder `out`, by default under its own name in the working directory;
    `vertical` with an indicator a row, where a return is one row. Last values are those of the root of `settings`.

    Raises PermanentError, saying what to do, for what cannot be asked for (`warehouse.intake.template.selection`), and
    where another file of that name is there: it may be a filled one.
    """
    book = load()
    wanted = select_template(book, county, period, datasets)
    own = template_name(wanted)
    file = (out if out.suffix.lower() == SUFFIX else out / own) if out else Path(own)
    return _write(book, wanted, file, _known(book, [wanted], settings), vertical=vertical)


def write_all(
    period: str,
    datasets: Sequence[str] = (),
    out: Path | None = None,
    *,
    vertical: bool = False,
    settings: Settings | None = None,
) -> TemplateReport:
    """The same for every county that owes any of it in the period, into the folder `out`, under their own names.

    A county whose file cannot be written stops no other. Raises PermanentError where nothing can be asked for so.
    """
    if out and out.suffix.lower() == SUFFIX:
        raise PermanentError(f"{out} is one file, and there is one for each county; name a folder with --out")
    book = load()
    every = select_all(book, period, datasets)
    known = _known(book, every, settings)
    written, refused = list[TemplateSummary](), list[TemplateRefusal]()
    for wanted in every:
        try:
            written.append(_write(book, wanted, (out or Path()) / template_name(wanted), known, vertical=vertical))
        except (XianbaoError, OSError) as error:
            refused.append(TemplateRefusal(wanted.division.county_code, wanted.division.name_zh, str(error)))
    return TemplateReport(tuple(written), tuple(refused))


def _known(book: Codebook, every: Sequence[TemplateSelection], settings: Settings | None) -> Known:
    """What the store of the root says of these counties, dataset by dataset; nothing where there is none yet."""
    if settings is None or not settings.store.journal.is_dir():
        return {}
    known = known_today(settings, book)
    datasets = dict.fromkeys(dataset for wanted in every for dataset in wanted.datasets)
    counties = [wanted.division for wanted in every]
    return {d.dataset: KnownRows.of(known, d, every[0].period, counties) for d in datasets}


def _write(book: Codebook, wanted: TemplateSelection, file: Path, known: Known, *, vertical: bool) -> TemplateSummary:
    nothing = KnownRows()
    forms = [form_of(book, wanted, dataset, known.get(dataset.dataset, nothing)) for dataset in wanted.datasets]
    data = write_template(wanted, forms, vertical=vertical)
    if file.exists() and file.read_bytes() != data:
        raise PermanentError(f"{file} is there and is another file; move it away or give another name with --out")
    write_durably(file, data)
    division = wanted.division
    return TemplateSummary(
        file, division.county_code, division.name_zh, wanted.period, tuple(d.dataset for d in wanted.datasets)
    )
