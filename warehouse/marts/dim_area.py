"""Areas: one row for each county code that ever was, prefecture, the province, and each group of counties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from itertools import groupby
from typing import Any

import polars as pl

from warehouse.codebook import Codebook
from warehouse.codebook.divisions import Division
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """By `area`, which is what marts with levels call `code`: codes of counties, prefectures and the province, names of
    groups. `level` is as there.

    `area_zh` is unique (大同市城区: there are four 城区), `area_en` too; `parent` is the area it lies in. The lists are
    of counties, null for other areas. In force from `valid_from` until the day before `valid_until`. The tiles are
    a scheme, no map: a row a prefecture in the order of codes (`tile_y`), in it a column a county (`tile_x`), from 1.
    """
    return areas(sources.book).lazy()


@cache
def areas(book: Codebook) -> pl.DataFrame:
    """The same as a frame, which follows from the codebook alone."""
    schema = {c.column: c.polars for c in book.marts["dim_area"]}
    return pl.DataFrame([*_counties(book), *_prefectures(book), *_groups(book)], schema).sort("area")


def _counties(book: Codebook) -> Iterator[dict[str, Any]]:
    for row, of in enumerate(_prefectures_of(book), start=1):
        by_code = [list(same) for _, same in groupby(of, key=lambda d: d.county_code)]
        for column, same in enumerate(by_code, start=1):
            last = same[-1]
            shown = f"{last.prefecture_zh}{last.name_zh}"
            yield {
                "area": last.county_code,
                "level": "county",
                "name_zh": last.name_zh,
                "area_zh": shown,
                "area_en": f"{last.county_code} {shown}",
                "parent": last.prefecture_code,
                "prefecture_code": last.prefecture_code,
                "prefecture_zh": last.prefecture_zh,
                "poverty_county_list": last.poverty_county_list,
                "deep_poverty": last.deep_poverty,
                "tile_x": column,
                "tile_y": row,
                **_validity(same),
            }


def _prefectures(book: Codebook) -> Iterator[dict[str, Any]]:
    for row, of in enumerate(_prefectures_of(book), start=1):
        code, name = of[-1].prefecture_code, of[-1].prefecture_zh
        yield {
            "area": code,
            "level": "prefecture",
            "name_zh": name,
            "area_zh": name,
            "area_en": f"{code} {name}",
            "parent": book.province,
            "prefecture_code": code,
            "prefecture_zh": name,
            "tile_y": row,
            **_validity(of),
        }


def _groups(book: Codebook) -> Iterator[dict[str, Any]]:
    for name, group in book.groups.items():
        whole = name == "province"
        members = [d for d in book.divisions if group.holds(d)]
        yield {
            "area": book.province if whole else name,
            "level": name,
            "name_zh": group.label_zh,
            "area_zh": group.label_zh,
            "area_en": group.label_en,
            "parent": None if whole else book.province,
            **_validity(members),
        }


def _prefectures_of(book: Codebook) -> list[list[Division]]:
    """The divisions of each prefecture, by code and day."""
    ordered = sorted(book.divisions, key=lambda d: (d.prefecture_code, d.county_code, d.in_force_from))
    return [list(of) for _, of in groupby(ordered, key=lambda d: d.prefecture_code)]


def _validity(divisions: Sequence[Division]) -> dict[str, date | None]:
    """From the first day of any of them; until the last, where none of them is in force for good."""
    ends = [d.in_force_until for d in divisions]
    until = max(end for end in ends if end) if all(ends) else None
    return {"valid_from": min(d.in_force_from for d in divisions), "valid_until": until}
