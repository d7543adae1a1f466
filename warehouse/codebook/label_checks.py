"""Names that clerks use: that none means two things, and that each is written as headers and cells are compared.

Belongs here: the plain form of a name, the checks of synonyms, words and the headers beside the indicators. Does not
belong here: finding the indicator of a header in a file (`warehouse.intake`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from warehouse.codebook.model import Code, Dataset, Indicator, Synonym
from warehouse.messages.errors import CodebookError

CODE = "code"
BRACKETS_AT_THE_END = re.compile(r".+\(([^()]*)\)")


def plain_name(text: str) -> str:
    """A name as names are compared: full-width signs as plain ones (NFKC), no blanks at all."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def check_words(words: Iterable[str]) -> None:
    """Raises CodebookError where a word is not in its plain form."""
    for word in words:
        _check_plain(f"words.csv, {word}", word)


def check_about(headers: Iterable[str]) -> None:
    """Raises CodebookError where a header beside the indicators is not in its plain form."""
    for header in headers:
        _check_plain(f"about.csv, {header}", header)


def check_synonyms(
    synonyms: Iterable[Synonym], datasets: Mapping[str, Dataset], about: Mapping[str, str], units: Collection[str]
) -> None:
    """Raises CodebookError for a synonym of nothing, in another form, or that already means something else."""
    for one in synonyms:
        place = f"synonyms.csv, {one.dataset}.{one.column}, {one.synonym}"
        _check_column(place, one, datasets)
        _check_plain(place, one.synonym)
        _check_unit(place, one.synonym, units)
        if one.synonym in about:
            raise CodebookError(f"{place}: about.csv has this header for {about[one.synonym]}; choose one of the two")
    for dataset in datasets.values():
        _check_unique(dataset)


def check_codes(codes: Iterable[Code], datasets: Mapping[str, Dataset]) -> None:
    """Raises CodebookError for a code of nothing, in another form, of a number, or whose name another has."""
    for one in codes:
        place = f"codes.csv, {one.dataset}.{one.column}, {one.code}"
        _check_column(place, one, datasets)
        for name in one.synonyms:
            _check_plain(place, name)
    for indicator in (i for dataset in datasets.values() for i in dataset.indicators):
        if indicator.listed and indicator.unit.unit != CODE:
            raise CodebookError(
                f"codes.csv, {indicator.dataset}.{indicator.column}: it has not unit {CODE}; take its codes out"
            )
        names = Counter(plain_name(name).casefold() for one in indicator.listed for name in dict.fromkeys(one.names))
        if twice := [name for name, times in names.items() if times > 1]:
            raise CodebookError(
                f"codes.csv, {indicator.dataset}.{indicator.column}: '{twice[0]}' is a name of two codes; choose one"
            )


def _check_column(place: str, one: Synonym | Code, datasets: Mapping[str, Dataset]) -> None:
    if one.dataset not in datasets:
        raise CodebookError(f"{place}: unknown dataset '{one.dataset}'; use one of datasets.csv or take the line out")
    if one.column not in datasets[one.dataset].columns:
        raise CodebookError(
            f"{place}: unknown column '{one.column}'; use a column of {one.dataset} in indicators.csv"
            " or take the line out"
        )


def _check_plain(place: str, name: str) -> None:
    if not name or name != plain_name(name):
        raise CodebookError(f"{place}: names are compared without blanks, in NFKC; write '{plain_name(name)}'")


def _check_unit(place: str, name: str, units: Collection[str]) -> None:
    brackets = BRACKETS_AT_THE_END.fullmatch(name)
    if brackets and brackets[1] in units:
        raise CodebookError(f"{place}: units are read apart from names; leave out '({brackets[1]})'")


def _check_unique(dataset: Dataset) -> None:
    """No name of one indicator is also another's: a header would fit both."""
    owners: dict[str, Indicator] = {}
    for indicator in dataset.indicators:
        for name in indicator.names:
            owner = owners.setdefault(plain_name(name), indicator)
            if owner is not indicator or indicator.names.count(name) > 1:
                raise CodebookError(_twice(name, owner, indicator))


def _twice(name: str, first: Indicator, second: Indicator) -> str:
    file = "synonyms.csv" if name in (*first.synonyms, *second.synonyms) else "indicators.csv"
    return (
        f"{file}, {second.dataset}.{second.column}, {name}: also a name of {first.dataset}.{first.column};"
        " a header must fit one indicator, so take one of the two out"
    )
