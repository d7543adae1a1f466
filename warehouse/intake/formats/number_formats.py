"""What a cell's number format shows of its number: digits moved, a unit behind them, a day without its year.

A format is a text of up to four sections (ECMA-376, part 1, 18.8.31): of positive numbers, negative ones, zero, texts;
or each with a condition. Told is what makes a reader see another figure than is kept. How many decimals are shown is
not: a figure that its format rounds is the same figure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from warehouse.intake.formats.table import half_width, shortest

# A text in quotes, a sign behind a stroke (in Chinese programs behind !), a gap, a colour or condition, digits, a sign.
TOKEN = re.compile(
    r'"([^"]*)"|[\\!](.)|[_*](.)|\[([^\[\]]*)\]|((?i:general|standard)|常规|G/通用格式|[0#?.,]+|E[+-])|(.)', re.DOTALL
)
CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9]+(?:\.[0-9]+)?)")
HOURS = frozenset(("h", "hh", "m", "mm", "s", "ss"))
# What may stand before a number of yuan, and what says its sign.
BEFORE = re.compile(r"(?:[¥+\-() ]|RMB|CNY?|人民币)*")
# Formats without a text of their own that show no whole day (18.8.30, zh-cn), by what they show.
PARTS_OF_DAYS = dict.fromkeys((17, 27, 36, 50, 52, 57), "ym") | dict.fromkeys((16, 28, 29, 51, 53, 54, 58), "md")
OWN_TEXTS = {9: "0%", 10: "0.00%"}
# A number as a program has written it out: ¥1,234.50, 73万元.
WRITTEN_OUT = re.compile(r"(?P<before>[^0-9]*)(?P<number>[0-9][0-9,]*(?:\.(?P<decimals>[0-9]+))?)(?P<behind>[^0-9]*)")
POWERS = (0, 2, -1, -2, -3, -4, -6, -8)
LONGEST = 255  # no program writes longer ones
POSITIVE, NEGATIVE, ZERO = range(3)


@dataclass(frozen=True)
class ShownNumber:
    """A number as its cell shows it, its unit behind it; `unclear` says what is kept and how it is shown where no
    unit says that the two are one figure.
    """

    text: str
    unclear: str | None = None


@dataclass(frozen=True)
class Section:
    """A section of a format: what stands before its digits and behind them, by how much the number is multiplied, for
    which numbers, whether it has digits, whether signs stand between them, whether it is in colour.
    """

    before: str
    behind: str
    factor: Decimal
    condition: tuple[str, Decimal] | None
    digits: bool
    broken: bool
    coloured: bool

    @property
    def plain(self) -> bool:
        """Whether it shows the size of a number as it is kept."""
        return self.digits and not self.broken and self.factor == 1 and not self.behind and self.before in ("", "-")

    def holds(self, value: Decimal) -> bool:
        """Whether a number meets the condition; true without one."""
        if self.condition is None:
            return True
        sign, bound = self.condition
        below, above = value < bound, value > bound
        return {
            "<": below, "<=": not above, ">": above, ">=": not below, "<>": below or above, "=": value == bound
        }[sign]  # fmt: skip


@dataclass(frozen=True)
class NumberFormat:
    """A number format: its sections; of one of days that shows no whole day, which parts it shows (`ym`: no day)."""

    code: str
    sections: tuple[Section, ...] = ()
    day_parts: str | None = None

    @property
    def telling(self) -> bool:
        """Whether it may show a number as another than is kept, or a day without one of its parts."""
        if self.day_parts:
            return True
        return not all(
            (section.plain and self._sign_is_shown(section, at)) or (at == ZERO and not section.digits)
            for at, section in enumerate(self.sections)
        )

    def shown(self, number: float) -> ShownNumber | None:
        """What a number is shown as; None where that is what is kept."""
        value = shortest(number)
        at = self._section(value)
        if at is None:
            return None
        section, sign = self.sections[at], "-" if value < 0 else ""
        if section.plain and self._sign_is_shown(section, at):
            return None
        kept = f"{value.normalize():f}"
        shows = f"{(abs(value) * section.factor).normalize():f}"
        if not section.digits:
            return ShownNumber(kept, f"{kept} ({self.code})") if value else None
        if section.broken or not self._sign_is_shown(section, at):
            return ShownNumber(kept, f"{kept} ({self.code})")
        if section.factor != 1 and not section.behind:
            return ShownNumber(kept, f"{kept} → {sign}{shows}")
        before = "" if section.before == "-" else section.before
        return ShownNumber(f"{before}{sign}{shows}{section.behind}")

    @property
    def _conditional(self) -> bool:
        return any(section.condition for section in self.sections)

    def _section(self, value: Decimal) -> int | None:
        if self._conditional:
            return next((at for at, section in enumerate(self.sections) if section.holds(value)), None)
        if value < 0 and len(self.sections) > NEGATIVE:
            return NEGATIVE
        if value == 0 and len(self.sections) > ZERO:
            return ZERO
        return POSITIVE if self.sections else None

    def _sign_is_shown(self, section: Section, at: int) -> bool:
        """Whether the section shows the sign that its numbers have: a minus, brackets or a colour for negative ones."""
        if self._conditional or at == ZERO:
            return True
        return (section.before == "-" or section.coloured) if at == NEGATIVE else section.before != "-"


@lru_cache(maxsize=1_000)
def number_format(code: str) -> NumberFormat:
    """What a format's text says; nothing of one that is longer than any program writes."""
    if len(code) > LONGEST:
        return NumberFormat(code)
    tokens = TOKEN.findall(code)
    if signs := {sign.lower() for *_, sign in tokens} & set("ymdhs"):
        hours = signs & set("hs") or any(inside.lower() in HOURS for *_, inside, _, _ in tokens)
        parts = "".join(part for part in "ymd" if part in signs)
        return NumberFormat(code, day_parts=None if hours or parts == "ymd" else parts)
    sections: list[list[tuple[str, ...]]] = [[]]
    for token in tokens:
        if token[-1] == ";":
            sections.append([])
        else:
            sections[-1].append(token)
    # The fourth is of texts.
    return NumberFormat(code, tuple(map(_section, sections[:3])))


def format_of(number: int, own: str | None) -> NumberFormat:
    """The format of an id: by its own text where a workbook has one, else by what programs know it as."""
    if own is None and number in PARTS_OF_DAYS:
        return NumberFormat("", day_parts=PARTS_OF_DAYS[number])
    return number_format(OWN_TEXTS.get(number, "General") if own is None else own)


def part_of_day(parts: str, day: date) -> str:
    """A day as a cell shows it that shows some of its parts: 2017年3月, 2017年, 3月1日."""
    said = {"y": f"{day.year}年", "m": f"{day.month}月", "d": f"{day.day}日"}
    return "".join(said[part] for part in parts)


def written_out(number: float, text: str) -> ShownNumber | None:
    """What a number is shown as, by the text that a program has written for it; None where that is what is kept, or is
    no number in digits.
    """
    found = WRITTEN_OUT.fullmatch(half_width(text.partition("\n")[0].strip()))
    if found is None:
        return None
    value, before, behind = shortest(number), _telling(found["before"]), _unit(found["behind"])
    shows = Decimal(found["number"].replace(",", ""))
    near = Decimal("0.5000001").scaleb(-len(found["decimals"] or ""))
    kept = f"{value.normalize():f}"
    power = next((power for power in POWERS if abs(abs(value).scaleb(power) - shows) <= near), None)
    if power is None or (power != 0 and not behind):
        return ShownNumber(kept, f"{kept} → {found[0]}")
    if not behind and before in ("", "-"):
        return None
    return ShownNumber(f"{before.removeprefix('-')}{value.scaleb(power).normalize():f}{behind}")


def _section(tokens: list[tuple[str, ...]]) -> Section:
    before, behind, digits = "", "", ""
    condition, percents, coloured, broken = None, 0, False, False
    for quoted, escaped, _, inside, number, sign in tokens:
        if number.startswith("E"):
            continue
        if number or sign == "@":
            # A point that is only written moves the digits: 0!.0 shows 12 as 1.2.
            written = behind if digits else ""
            broken |= written.strip() not in ("", ".", "/") or (written == "." and "." in digits)
            digits += ("|" if written == "." else "") + (number if number and number[0] in "0#?.," else "0")
            behind = ""
            continue
        percents += sign == "%"
        coloured |= bool(inside) and inside[0] not in "$<>=" and not inside.startswith("DBNum")
        found = CONDITION.fullmatch(inside)
        condition = (found[1], Decimal(found[2])) if found else condition
        currency = inside[1:].partition("-")[0] if inside.startswith("$") else ""
        text = quoted or escaped or currency or sign
        before, behind = (before, behind + text) if digits else (before + text, behind)
    return Section(
        _telling(before),
        _unit(behind),
        Decimal(100) ** percents * _moved(digits),
        condition,
        bool(digits),
        broken,
        coloured,
    )


def _unit(behind: str) -> str:
    """What stands behind the digits, without brackets; what a line break moves out of the cell is not seen. A %, of a
    number that is multiplied or only written behind it, makes a percentage of what is shown.
    """
    plain = half_width("".join(behind.partition("\n")[0].split())).strip("¥")
    if "%" in plain:
        return "%"
    plain = plain.rstrip(")") if plain.count(")") > plain.count("(") else plain
    return plain[1:-1] if plain.startswith("(") and plain.endswith(")") else plain


def _moved(digits: str) -> Decimal:
    """By how much a number is multiplied: a thousandth a comma at the end of its whole or of all digits, a tenth a
    digit behind a point that is only written.
    """
    commas = sum(len(part) - len(part.rstrip(",")) for part in digits.split("."))
    return Decimal(1000) ** -commas * Decimal(10) ** -sum(sign in "0#?" for sign in digits.partition("|")[2])


def _telling(before: str) -> str:
    """What stands before the digits, if it is more than a sign of yuan: a minus (brackets say one), or 约."""
    plain = "".join(half_width(before).split())
    if BEFORE.fullmatch(plain):
        return "-" if "-" in plain or "(" in plain else ""
    return plain
