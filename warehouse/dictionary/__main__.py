"""`python -m warehouse.dictionary` says the dictionary in Markdown: `make docs` puts it into docs/reference."""

import sys

from warehouse.codebook import load
from warehouse.dictionary.markdown import data_dictionary

sys.stdout.write(data_dictionary(load()))
