"""The data dictionary as a page by itself: no script, no font, no link that leads out of it."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from warehouse.codebook import Codebook
from warehouse.codebook.contract_version import CONTRACT
from warehouse.codebook.dictionary.sections import sections

PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def dictionary_html(book: Codebook) -> bytes:
    """The page in UTF-8, in Chinese and English, for a screen, a phone and paper; same codebook, same bytes."""
    page = PAGES.get_template("page.html").render(sections=sections(book), contract=CONTRACT)
    return page.encode()
