"""What `xianbao template` does: an empty workbook for a county and period. It imports Great Expectations, for rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from expectations.analysis.input_limits import form_of
from warehouse.codebook import load
from warehouse.intake.template import select_template, template_name, write_template
from warehouse.messages.errors import PermanentError
from warehouse.store.files import write_durably

SUFFIX = ".xlsx"  # what has another, or none, is a folder


@dataclass(frozen=True)
class TemplateSummary:
    """What was written, and for whom."""

    file: Path
    county_code: str
    name_zh: str
    period: str
    datasets: tuple[str, ...]


def write(
    county: str, period: str, datasets: Sequence[str] = (), out: Path | None = None, *, vertical: bool = False
) -> TemplateSummary:
    """Writes the template to the file or folder `out`, by default under its own name in the working directory;
    `vertical` with an indicator a row, where a return is one row.

    Raises PermanentError, saying what to do, for what cannot be asked for (`warehouse.intake.template.selection`), and
    where another file of that name is there: it may be a filled one.
    """
    book = load()
    wanted = select_template(book, county, period, datasets)
    own = template_name(wanted)
    file = (out if out.suffix.lower() == SUFFIX else out / own) if out else Path(own)
    data = write_template(wanted, [form_of(book, wanted, dataset) for dataset in wanted.datasets], vertical=vertical)
    if file.exists() and file.read_bytes() != data:
        raise PermanentError(f"{file} is there and is another file; move it away or give another name with --out")
    write_durably(file, data)
    division = wanted.division
    return TemplateSummary(
        file, division.county_code, division.name_zh, period, tuple(d.dataset for d in wanted.datasets)
    )
