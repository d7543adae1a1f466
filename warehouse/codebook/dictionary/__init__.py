"""The data dictionary: what the codebook says, for readers, as Markdown, as a page, as a table.

Belongs here: which sections a dictionary has (`sections.py`) and how each form shows them. Does not belong here:
definitions (`warehouse.codebook`), writing it anywhere.
"""

from warehouse.codebook.dictionary.columns import dictionary_csv, indicators_csv
from warehouse.codebook.dictionary.markdown import data_dictionary
from warehouse.codebook.dictionary.page import dictionary_html

__all__ = ["data_dictionary", "dictionary_csv", "dictionary_html", "indicators_csv"]
