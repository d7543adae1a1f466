"""Which dataset a table is: by the name of its sheet or file, else by its headers."""

from __future__ import annotations

from functools import cache

from warehouse.codebook import Dataset, load
from warehouse.intake.formats.table import Table, squeezed
from warehouse.intake.layout.header import find_header

FEWEST_COLUMNS = 2


def dataset_named(name: str | None) -> Dataset | None:
    """The dataset whose id or label a name holds, the longest of them; None where it holds none."""
    said = squeezed(name).casefold()
    return next((load().datasets[dataset] for label, dataset in _labels() if label in said), None)


def dataset_of_headers(table: Table) -> Dataset | None:
    """The dataset that most of a table's headers fit; None where none has two, or two datasets fit alike."""
    merits = []
    for dataset in load().datasets.values():
        header = find_header(table, dataset)
        own = [c for c in header.columns if c.column in dataset.columns] if header else []
        if header and len(own) >= FEWEST_COLUMNS:
            merits.append((header.merit[:2], dataset))
    merits.sort(key=lambda one: one[0], reverse=True)
    if not merits or (len(merits) > 1 and merits[0][0] == merits[1][0]):
        return None
    return merits[0][1]


@cache
def _labels() -> list[tuple[str, str]]:
    """What datasets are called, and which it is; the longest first: Supporting units before Support."""
    datasets = load().datasets.values()
    labels = {(squeezed(name).casefold(), d.dataset) for d in datasets for name in (d.dataset, d.label_zh, d.label_en)}
    return sorted(labels, key=lambda one: (-len(one[0]), one))
