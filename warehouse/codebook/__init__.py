"""The definitions, as data: divisions, datasets, indicators, units, groups, published figures and documents.

Each thing is written once, in a CSV file here; reader layouts, basic expectations, Parquet schemas, the synthetic
province, marts and the data dictionary derive from it. To add an indicator, add a line to `indicators.csv`. To add a
dataset, add its line to `datasets.csv` and its indicators; it brings its marts, under other names than its own where
`dataset_marts.csv` has them. Counties are in `divisions.csv`; which code became which, when and by which source, in
`changes.csv`: from when and until when a code is in force follows from both. Rules beyond those of every dataset
stand in `expectations/suites/`. What clerks write: `synonyms.csv` (an indicator's other names), `about.csv` (headers
beside the indicators), `words.csv` (no values), `codes.csv` (codes). How charts
show an indicator: `display.py`, with the exceptions of `directions.csv`.
Does not belong here: rules (room `expectations`), anything that reads a submission (`warehouse.intake`).
"""

from warehouse.codebook.divisions import Division, Group
from warehouse.codebook.label_checks import plain_name
from warehouse.codebook.load import Codebook, load, load_codebook
from warehouse.codebook.model import Dataset, Frequency, Indicator, Unit, Word
from warehouse.codebook.publications import Figure

__all__ = [
    "Codebook",
    "Dataset",
    "Division",
    "Figure",
    "Frequency",
    "Group",
    "Indicator",
    "Unit",
    "Word",
    "load",
    "load_codebook",
    "plain_name",
]
