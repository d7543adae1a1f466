"""Every pattern of the reader takes time as the text grows, whatever the text: each is pumped with what it looks for.

The patterns are found, not listed: a new one is covered. What is pumped are the pieces of a pattern's own grammar, the
beginnings of matches that never come to an end.
"""

from __future__ import annotations

import functools
import importlib
import itertools
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as grammar  # type: ignore[attr-defined]
from typing import Any

import pytest

import warehouse.intake
import warehouse.messages
import warehouse.store

# Below this much time twice the text is not told from noise; what grows with the square is far above it.
SIZE, SECONDS, MOST = 3_000, 0.0015, 3
LONGEST_PUMP = 3
ROOMS = (warehouse.intake, warehouse.messages, warehouse.store)
# What is tried, and which calls cost as much.
WAYS = {"search": {"search"}, "findall": {"findall", "finditer", "split", "sub"}, "fullmatch": {"fullmatch", "match"}}
NAMED = (sre.LITERAL, sre.RANGE)
Pattern = re.Pattern[Any]


def patterns() -> dict[str, Pattern]:
    """All patterns of these rooms by where they stand, those in tuples and those that functions make included."""
    found: dict[str, Pattern] = {}
    for room in ROOMS:
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if not module.name.endswith("__main__"):
                for name, value in vars(importlib.import_module(module.name)).items():
                    for place, one in enumerate(_within(value)):
                        found[f"{module.name.removeprefix('warehouse.')}.{name}.{place}"] = one
    return found


def _within(value: object) -> Iterator[Pattern]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list):
        yield from (one for part in value for one in _within(part))
    elif isinstance(value, functools._lru_cache_wrapper) and "Pattern" in str(value.__annotations__.get("return")):
        yield value()


PATTERNS = patterns()
SOURCES = "\n".join(path.read_text(encoding="utf-8") for room in ROOMS for path in Path(room.__path__[0]).rglob("*.py"))


def ways(name: str) -> list[str]:
    """In which ways a pattern is asked; all where that does not stand in the code."""
    asked = set(re.findall(rf"\b{name.split('.')[-2]}\.(\w+)\b", SOURCES))
    return [way for way in ("search", "findall", "fullmatch") if not asked or asked & WAYS[way]]


def samples(parsed: Any, *, most: bool) -> Iterator[str]:
    """A text for each piece of a parsed pattern, in order; of what repeats, once or (`most`) some times."""
    for kind, about in parsed:
        if kind is sre.LITERAL:
            yield chr(about)
        elif kind is sre.NOT_LITERAL:
            yield "x" if about != ord("x") else "y"
        elif kind is sre.ANY:
            yield "x"
        elif kind is sre.IN:
            yield _one_of(about)
        elif kind is sre.BRANCH:
            yield "".join(samples(about[1][0], most=most))
        elif kind is sre.SUBPATTERN:
            yield "".join(samples(about[-1], most=most))
        elif kind in {sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT}:
            yield "".join(samples(about[2], most=most)) * (2 if most else min(1, about[1]))
        elif kind is sre.ASSERT and about[0] > 0:
            yield ""


def _one_of(choices: Any) -> str:
    """A character that a class takes in: a blank where it may be one, which other pieces take in as well."""
    negated = any(kind is sre.NEGATE for kind, _ in choices)
    named = (chr(about if kind is sre.LITERAL else about[0]) for kind, about in choices if kind in NAMED)
    given = (" ", "x", "0", "A", "中") if negated else (" ", *named, "x", "0")
    return next(sign for sign in given if _taken(choices, sign) != negated)


def _taken(choices: Any, sign: str) -> bool:
    categories = {
        sre.CATEGORY_SPACE: sign.isspace(), sre.CATEGORY_DIGIT: sign.isdigit(), sre.CATEGORY_WORD: sign.isalnum(),
        sre.CATEGORY_NOT_SPACE: not sign.isspace(),
    }  # fmt: skip
    return any(
        (kind is sre.LITERAL and about == ord(sign))
        or (kind is sre.RANGE and about[0] <= ord(sign) <= about[1])
        or (kind is sre.CATEGORY and categories.get(about, False))
        for kind, about in choices
    )


def pumps(pattern: Pattern) -> set[str]:
    """What is repeated: each stretch of the pattern's pieces, each of which also may be repeated by itself."""
    source = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
    made: set[str] = set()
    for most in (False, True):
        pieces = list(samples(grammar.parse(source, pattern.flags & ~re.UNICODE), most=most))
        spans = itertools.combinations(range(len(pieces) + 1), 2)
        made |= {"".join(pieces[a:b]) for a, b in spans if b - a <= LONGEST_PUMP or a == 0}
    return {pump for pump in made if pump}


def texts(pattern: Pattern, size: int) -> Iterator[Any]:
    """Texts of a size: a pump again and again; behind the pattern's beginning; each ending as no match does."""
    beginnings = {"", *sorted(pumps(pattern), key=len)[-1:]}
    for pump in sorted(pumps(pattern)):
        for beginning in sorted(beginnings):
            text = beginning + pump * (size // len(pump)) + "\x01"
            yield text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text


def seconds(work: Callable[[], object]) -> float:
    """The least of three: another process can only make it more."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
        if best < SECONDS:
            break
    return best


def too_slow(work: Callable[[int], object]) -> float | None:
    """How many times the time twice the size takes, where that is more than MOST; None where all is well."""
    if (twice := seconds(lambda: work(2))) < SECONDS:
        return None
    times = twice / max(seconds(lambda: work(1)), 1e-9)
    return times if times > MOST else None


@pytest.mark.parametrize("name", PATTERNS)
def test_twice_the_text_takes_a_pattern_no_more_than_three_times_as_long(name: str) -> None:
    pattern, asked = PATTERNS[name], ways(name)
    for short, long in zip(texts(pattern, SIZE), texts(pattern, 2 * SIZE), strict=True):
        for way in asked:
            given = {1: short, 2: long}
            times = too_slow(lambda by, given=given, way=way: getattr(pattern, way)(given[by]))
            assert times is None, f"{way} of {pattern.pattern!r} takes {times:.1f} times as long: {long[:60]!r} ..."


@pytest.mark.parametrize("slow", [rb"<c\s[^>]*?\bt\s*=\s*[\"']e", rb"<a>.*?</a>", rb"\s+$", rb"<f(?:\s[^>]*)?/>"])
def test_a_pattern_that_takes_the_square_of_a_text_is_found(slow: bytes) -> None:
    pattern = re.compile(slow, re.DOTALL)
    assert any(
        too_slow(lambda by, given={1: one, 2: other}: pattern.search(given[by]))
        for one, other in zip(texts(pattern, SIZE), texts(pattern, 2 * SIZE), strict=True)
    )
