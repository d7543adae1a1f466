"""`python -m warehouse.codebook.dictionary` prints the data dictionary in Markdown, for `make docs`."""

import sys

from warehouse.codebook import load
from warehouse.codebook.dictionary.markdown import data_dictionary

sys.stdout.write(data_dictionary(load()))
