"""What counties, files and sheets are called by those who send them.

Belongs here: names. Does not belong here: what is in a file.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

from warehouse.codebook import Dataset, Division, load
from warehouse.synthetic.messy.style import Style
from warehouse.synthetic.records import period_end

FORMS = (
    "{code}_{name}_{period}",
    "{name}{year}年{month}月脱贫攻坚报表",
    "{city}{name}扶贫月报({year}.{month:02})",
    "{year}年{month}月 {name} 上报",
    "{name}-扶贫报表-{year}{month:02}",
    "【{name}】{year}年{month}月报表(定稿)",
    "附件2 {name}报表{day}",
    "{code}{name}{year}{month:02}",
    "关于报送{year}年{month}月扶贫数据的函 附表 {name}",
)
NAME_ONLY = tuple(form for form in FORMS if "code" not in form and "city" not in form)
# Names of prefectures, or parts of other counties' names: 大同 alone may be either.
UNCLEAR = ("大同", "长治", "怀仁", "新绛", "绛县")


@cache
def _names() -> Counter[str]:
    return Counter(name for name, _ in {(d.name_zh, d.prefecture_zh) for d in load().divisions})


def is_unique(division: Division) -> bool:
    """Whether no other prefecture has, or ever had, a county of its name."""
    return _names()[division.name_zh] == 1


def short_name(division: Division, period: str) -> str | None:
    """天镇 for 天镇县; None where that is one sign, or could be another place."""
    stem = division.name_zh[:-1]
    others = [d.name_zh for d in load().in_force(period) if d.name_zh != division.name_zh]
    unclear = len(stem) < 2 or stem in UNCLEAR or any(stem in name for name in others)  # noqa: PLR2004
    return None if unclear else stem


def written_name(division: Division) -> str:
    """The county's name, with its prefecture's where others have the same."""
    return division.name_zh if is_unique(division) else f"{division.prefecture_zh}{division.name_zh}"


def file_stem(division: Division, period: str, style: Style, form: int) -> str:
    """A file's name without suffix, in one of the forms that clerks like; where the place is told elsewhere only,
    it says nothing.
    """
    if style.place == "sheet_name":
        return f"扶贫报表({form})"
    no_code = style.place in ("cover_name", "cover_short", "cover_prefecture", "file_name")
    forms = NAME_ONLY if no_code else FORMS
    name = written_name(division)
    if style.place == "cover_short":
        name = short_name(division, period) or name
    end, alone = period_end(period), name.startswith(division.prefecture_zh)
    return forms[form % len(forms)].format(
        code=division.county_code, name=name, city="" if alone else division.prefecture_zh, period=period,
        year=end.year, month=end.month, day=end.isoformat(),
    )  # fmt: skip


def sheet_name(dataset: Dataset, division: Division, period: str, style: Style, place: int) -> str:
    """A sheet's name; `place` is its number in the workbook, from 1."""
    if style.layout == "sheet_a_county":
        return written_name(division)
    if style.place == "sheet_name":
        end = period_end(period)
        return f"{division.name_zh}{end.year}年{end.month}月{dataset.label_zh}"
    names = {
        "label": dataset.label_zh,
        "numbered": f"Sheet{place}",
        "title": f"{place}.{dataset.label_zh}情况",
        "label_en": dataset.label_en,
        "column": dataset.dataset,
    }
    return names[style.sheets]
