"""What slips there are: one return with one thing typed wrong, in the unit and the decimals that its form has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal
from random import Random

from tests.builders import BOOK
from warehouse.codebook import Indicator
from warehouse.synthetic import Return, Row, Value
from warehouse.synthetic.layout import shown

Place = tuple[int, str]  # which row of the return, which column
Edits = Mapping[Place, Value]
UNDER = 10_000  # what is typed in yuan below 万元 is so many times too much


@dataclass(frozen=True)
class Slip:
    """A return with a slip in it, and the true value of each cell that it made another."""

    kind: str
    wrong: Return
    true: Edits


@dataclass(frozen=True)
class Beside:
    """What a clerk has at hand: the same form of the last period, and of another county."""

    before: Return | None
    neighbour: Return | None


@dataclass(frozen=True)
class Kind:
    """A kind of slip: `typed` gives another number for a typed one, None where the slip is not possible in it; `edits`
    what cells a slip that looks elsewhere changes.
    """

    label: str
    typed: Callable[[str, Indicator, Random], Decimal | None] | None = None
    edits: Callable[[Return, Place, Beside], Edits] | None = None


def plant(kind: str, one: Return, beside: Beside, rng: Random) -> Slip | None:
    """The return with a slip of the kind in one of its cells, each as likely; None where none can have it."""
    places = [(n, i.column) for n, row in enumerate(one.rows) for i in _indicators(one) if row[i.column] is not None]
    for place in rng.sample(places, len(places)):
        edits = _edits(KINDS[kind], one, place, beside, rng)
        true = {at: one.rows[at[0]][at[1]] for at, value in edits.items() if one.rows[at[0]][at[1]] != value}
        if true:
            return Slip(kind, _edited(one, edits), true)
    return None


def _edits(kind: Kind, one: Return, place: Place, beside: Beside, rng: Random) -> Edits:
    if kind.edits:
        return kind.edits(one, place, beside)
    indicator, value = BOOK.datasets[one.dataset][place[1]], one.rows[place[0]][place[1]]
    if not value or not indicator.numeric:
        return {}
    wrong = typed(kind, indicator, value, rng)
    return {} if wrong is None else {place: wrong}


def typed(kind: Kind, indicator: Indicator, value: Value, rng: Random) -> Value:
    """What is stored where the value is typed with the slip; None where that cannot be."""
    number = kind.typed(f"{shown(indicator, value):f}", indicator, rng) if kind.typed else None
    return None if number is None else _kept(indicator, number)


def _indicators(one: Return) -> Iterator[Indicator]:
    """What a slip can be in: all but the keys, which tell the rows apart."""
    return (i for i in BOOK.datasets[one.dataset].indicators if i.kind != "key")


def _kept(indicator: Indicator, typed: Decimal) -> Value:
    """What is stored of a typed number: base units, as many decimals as the form has."""
    factor = BOOK.spellings[indicator.input_unit].factor if indicator.input_unit else 1
    kept = (typed * factor).quantize(Decimal(1).scaleb(-indicator.decimals), ROUND_DOWN)
    return kept if indicator.decimals else int(kept)


def _edited(one: Return, edits: Edits) -> Return:
    rows: list[Row] = [
        {column: edits.get((n, column), value) for column, value in row.items()} for n, row in enumerate(one.rows)
    ]
    return replace(one, rows=tuple(rows))


# --- numbers --------------------------------------------------------------------------------------------------------


def _times(power: int) -> Callable[[str, Indicator, Random], Decimal | None]:
    return lambda text, _, __: Decimal(text).scaleb(power)


def _yuan(text: str, indicator: Indicator, _: Random) -> Decimal | None:
    """Yuan below 万元, and 万元 below 元."""
    if indicator.unit.unit != "yuan":
        return None
    return Decimal(text) * UNDER if indicator.input_unit else Decimal(text) / UNDER


def _sign(text: str, _: Indicator, __: Random) -> Decimal | None:
    return -Decimal(text)


def _one_of(texts: list[str], rng: Random) -> Decimal | None:
    """One of what came out that is a number with a digit before its point and no zero too many there."""
    good = [text for text in texts if text[:1].isdigit() and (text[0] != "0" or text[1:2] in ("", "."))]
    return Decimal(rng.choice(good)) if good else None


def _digits(text: str) -> list[int]:
    return [n for n, sign in enumerate(text) if sign.isdigit()]


def _transposed(text: str, _: Indicator, rng: Random) -> Decimal | None:
    at = [n for n in range(len(text) - 1) if text[n : n + 2].isdigit() and text[n] != text[n + 1]]
    return _one_of([text[:n] + text[n + 1] + text[n] + text[n + 2 :] for n in at], rng)


def _dropped(text: str, _: Indicator, rng: Random) -> Decimal | None:
    return _one_of([text[:n] + text[n + 1 :] for n in _digits(text)], rng)


def _doubled(text: str, _: Indicator, rng: Random) -> Decimal | None:
    return _one_of([text[:n] + text[n] + text[n:] for n in _digits(text)], rng)


# --- what stands elsewhere ------------------------------------------------------------------------------------------


def _row_below(one: Return, place: Place, beside: Beside) -> Edits:
    """The value of the next row: of the return where it has several, else of the county listed below it."""
    n, column = place
    if len(one.rows) > 1:
        return {place: one.rows[(n + 1) % len(one.rows)][column]}
    return {place: beside.neighbour.rows[0][column]} if beside.neighbour else {}


def _last(one: Return, place: Place, beside: Beside) -> Edits:
    """What the county said the last time."""
    keys = BOOK.datasets[one.dataset].keys
    same = [
        r for r in (beside.before.rows if beside.before else ()) if all(r[k] == one.rows[place[0]][k] for k in keys)
    ]
    return {place: same[0][place[1]]} if same else {}


def _swapped(one: Return, place: Place, _: Beside) -> Edits:
    """What is typed in this column and the next is each in the other's place, where either can hold it."""
    form, (n, column), row = BOOK.datasets[one.dataset], place, one.rows[place[0]]
    mine = form[column]
    other = next((i for i in form.indicators[form.columns.index(column) + 1 :] if row[i.column] is not None), mine)
    if mine.numeric and other.numeric:
        pair = [(mine, other), (other, mine)]
        moved = {(n, to.column): _kept(to, Decimal(str(shown(of, row[of.column])))) for to, of in pair}
        whole = all(shown(to, moved[n, to.column]) == shown(of, row[of.column]) for to, of in pair)
        return moved if whole else {}
    return {place: row[other.column], (n, other.column): row[column]} if mine.dtype == other.dtype else {}


def _county(one: Return, _: Place, beside: Beside) -> Edits:
    """All of another county's figures, as many of its rows as this one has."""
    others = beside.neighbour.rows if beside.neighbour else ()
    pairs = enumerate(zip(one.rows, others, strict=False))
    return {(n, i.column): other[i.column] for n, (_, other) in pairs for i in _indicators(one)}


KINDS: Mapping[str, Kind] = {
    "x10": Kind("ten times too much", _times(1)),
    "tenth": Kind("a tenth", _times(-1)),
    "x10^4": Kind("yuan below 万元, 万元 below 元", _yuan),
    "transposed": Kind("two digits transposed", _transposed),
    "dropped": Kind("a digit dropped", _dropped),
    "doubled": Kind("a digit doubled", _doubled),
    "sign": Kind("the sign", _sign),
    "row": Kind("the row below", edits=_row_below),
    "last": Kind("the last period's value", edits=_last),
    "swapped": Kind("two columns swapped", edits=_swapped),
    "county": Kind("another county's return", edits=_county),
}
POWERS = ("x10", "tenth", "x10^4")
