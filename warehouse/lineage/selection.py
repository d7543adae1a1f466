"""What somebody asks about, by codes and names as people say them: a county, an area, a period, a dataset."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from warehouse.codebook import Codebook, Dataset, Division
from warehouse.codebook.succession_text import code_to_use
from warehouse.messages.errors import PermanentError

PERIOD = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
OF_A_PREFECTURE = 4


@dataclass(frozen=True)
class FigureSelection:
    """A figure as somebody names it; one of county, prefecture and group at most, none for the province."""

    mart: str
    name: str
    period: str | None = None
    county: str | None = None
    prefecture: str | None = None
    group: str | None = None
    dataset: str | None = None
    source: str | None = None
    column: str | None = None


@dataclass(frozen=True)
class Area:
    """A level and code as marts have them, and the counties in it, by code, in the year asked about."""

    level: str
    code: str
    name_zh: str
    counties: tuple[str, ...]


def check_period(period: str | None) -> str:
    """The period; raises PermanentError for what is none."""
    if period is None:
        raise PermanentError("say which period, like --period 2018-06")
    if not PERIOD.fullmatch(period):
        raise PermanentError(f"{period} is no period; one looks like 2018-06")
    return period


def dataset_of(book: Codebook, name: str) -> Dataset:
    """The dataset by its id or label. Raises PermanentError naming those that there are."""
    found = book.find(name)
    if found is None:
        raise PermanentError(f"{name} is no dataset; there are: {', '.join(book.datasets)}")
    return found


def county_code(book: Codebook, name: str) -> str:
    """The county's code, by itself or by a name that only one county has had. Raises PermanentError for any other."""
    if name in book.names:
        return name
    codes = {d.county_code for d in book.divisions if name in (d.name_zh, d.prefecture_zh + d.name_zh)}
    if len(codes) == 1:
        return codes.pop()
    if codes:
        raise PermanentError(f"{name} is more than one county ({_labels(book, codes)}); give a code")
    raise PermanentError(f"{name} is no county; give a code{_counties_like(book, name)}")


def _counties_like(book: Codebook, name: str) -> str:
    """Counties of the same prefecture, or whose name or code looks like the one given."""
    same = [c for c in book.names if len(name) >= OF_A_PREFECTURE and c.startswith(name[:OF_A_PREFECTURE])]
    names = {n: code for code, own in book.names.items() for n in own}
    alike = get_close_matches(name, [*book.names], 5) or [names[n] for n in get_close_matches(name, names, 5, 0.5)]
    close = alike or same
    return f", like {_labels(book, close)}" if close else ""


def _labels(book: Codebook, codes: Iterable[str]) -> str:
    return ", ".join(f"{code} {'/'.join(sorted(book.names[code]))}" for code in sorted(codes))


def area_of(
    book: Codebook, period: str, *, county: str | None = None, prefecture: str | None = None, group: str | None = None
) -> Area:
    """The area of one of these in the period; the province where none is given.

    Raises PermanentError where there is none such then, or more than one.
    """
    if county is not None:
        return _county(book, county, period)
    if prefecture is not None:
        return _prefecture(book, prefecture, period)
    return _group(book, group or "province", period)


def _county(book: Codebook, name: str, period: str) -> Area:
    code = county_code(book, name)
    division = next((d for d in book.divisions if d.county_code == code and d.in_force(period)), None)
    if division is None:
        _, instead = code_to_use(book, code, period) or ("", "there was none such before")
        raise PermanentError(f"{code} {'/'.join(book.names[code])} was no county at the end of {period}: {instead}")
    return Area("county", code, division.name_zh, (code,))


def _prefecture(book: Codebook, name: str, period: str) -> Area:
    own = [d for d in book.in_force(period) if name in (d.prefecture_code, d.prefecture_zh, d.prefecture_zh[:-1])]
    there = dict(sorted((d.prefecture_code, d.prefecture_zh) for d in book.in_force(period)))
    if len({d.prefecture_code for d in own}) != 1:
        listed = ", ".join(f"{code} {named}" for code, named in there.items())
        raise PermanentError(f"{name} is no prefecture in {period}; there are: {listed}")
    return Area("prefecture", own[0].prefecture_code, own[0].prefecture_zh, _codes(own))


def _group(book: Codebook, name: str, period: str) -> Area:
    group = next((g for g in book.groups.values() if name in (g.group, g.label_zh, g.label_en)), None)
    if group is None:
        listed = ", ".join(f"{g.group} {g.label_zh}" for g in book.groups.values())
        raise PermanentError(f"{name} is no group of counties; there are: {listed}")
    members = book.members(group.group, period)
    if group.group != "province":
        return Area(group.group, group.group, group.label_zh, _codes(members))
    provinces = sorted({d.county_code[:2] for d in members})
    if len(provinces) > 1:
        raise PermanentError("there is more than one province; ask for a prefecture or a county")
    return Area("province", f"{provinces[0]}0000", group.label_zh, _codes(members))


def _codes(divisions: Iterable[Division]) -> tuple[str, ...]:
    return tuple(d.county_code for d in divisions)


def unknown(what: str, name: str, names: Iterable[str], where: str = "") -> PermanentError:
    """The error for a name that is none of these, with those that look like it first."""
    names = list(dict.fromkeys(names))
    close = get_close_matches(name, names, 3, 0.5)
    if not name:
        return PermanentError(f"say which {what}{where}; there are: {', '.join(names)}")
    meant = f"; perhaps {' or '.join(close)}" if close else ""
    return PermanentError(f"{name} is no {what}{where}{meant}; there are: {', '.join(names)}")
