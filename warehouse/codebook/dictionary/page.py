"""The data dictionary as a page by itself: no font, no link that leads out of it, one script of our own, the search."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from warehouse.codebook import Codebook
from warehouse.codebook.contract_version import CONTRACT
from warehouse.codebook.dictionary.sections import sections

HERE = Path(__file__).parent
PAGES = Environment(
    loader=FileSystemLoader(HERE),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@lru_cache(maxsize=1)  # a snapshot after the other has the same
def dictionary_html(book: Codebook) -> bytes:
    """The page in UTF-8, in Chinese and English, for a screen, a phone and paper; same codebook, same bytes.

    Its policy names the one script by its digest: no other runs, wherever the page is opened.
    """
    script = (HERE / "search.js").read_text(encoding="utf-8")
    page = PAGES.get_template("page.html").render(
        sections=sections(book),
        contract=CONTRACT,
        script=Markup(script),  # noqa: S704  (ours, and it holds nothing of the codebook)
        digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    return page.encode()
