"""A run's findings as a text for the data engineer: what matters first, by rule, then by county and file, long lists
cut.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from warehouse.codebook import load
from warehouse.messages.finding import Finding
from warehouse.messages.finding_groups import Alike, RuleGroup, alike, by_rule
from warehouse.messages.markdown import Markdown, table
from warehouse.messages.priorities import PERCENT, CellScore, Priorities, priorities

RULES, COUNTIES, LINES = 50, 300, 20
SEVERITY = {"critical": "错误 error", "warning": "待核 query", "info": "提示 note"}
ALL = "全部见 all in findings.csv"
HARD_BREAK = Markdown("  \n  ")


def findings_markdown(run: str, findings: Sequence[Finding]) -> Markdown:
    """The whole text in Markdown. What counties wrote is shown as it is and never taken for markup."""
    parts = [
        Markdown("# 问题清单 Findings · {}\n").format(run),
        *priorities_markdown(priorities(finding.row for finding in findings if finding.open)),
        *(by_rule_markdown(by_rule(findings)) or [Markdown("没有问题 none\n")]),
    ]
    by_county: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_county[finding.county_code or ""].append(finding)
    for code in sorted(by_county)[:COUNTIES]:
        parts += _county(code, by_county[code])
    left = sorted(by_county)[COUNTIES:]
    if left:
        count = sum(finding.times for code in left for finding in by_county[code])
        parts.append(Markdown(f"\n**另有 and {len(left)} 县 more counties, {count} 条 findings: {ALL}**\n"))
    return Markdown("\n").join(parts)


def priorities_markdown(told: Priorities | None) -> list[Markdown]:
    """The sentence, and a line for each cell that is named; nothing where nothing is known."""
    if told is None:
        return []
    lines = (Markdown("- {}\n").format(cell_line(cell)) for cell in told.first)
    return [Markdown("**{}**\n").format(priorities_sentence(told)), Markdown("").join(lines)]


def priorities_sentence(told: Priorities) -> str:
    """How few cells carry how much of what could be wrong."""
    cells = f"these {told.cells} cells carry" if told.cells > 1 else "this one cell carries"
    return (
        f"这 {told.cells} 个单元格占可能差错的 {PERCENT}%(存疑 {told.of} 个); "
        f"{cells} {PERCENT} % of what could be wrong (of {told.of} doubted)"
    )


def cell_line(cell: CellScore) -> str:
    """Whose cell it is, where it stands, how much of the total it may make wrong, what it may have been meant to be."""
    where = "!".join(part for part in (cell.sheet, (cell.cells or "").replace(";", ",")) if part)
    proposed = f"; 建议 proposed {cell.proposed}" if cell.proposed else ""
    whose = f"{county_label(cell.county_code or '')} {dataset_label(cell.dataset)} {cell.period}"
    return f"{whose} {where}:{effect_text(cell.score)}{proposed}"


def effect_text(score: float | None) -> str:
    """How much a finding may make wrong, to three digits that count; nothing where that is not known."""
    if score is None:
        return ""
    percent = f"{float(f'{score:.3g}'):,.6f}".rstrip("0").rstrip(".")
    return f" 可能影响总数 the total may be off by {percent} %"


def by_rule_markdown(groups: Sequence[RuleGroup]) -> list[Markdown]:
    """A table, a line a group; none where there are no findings."""
    if not groups:
        return []
    lines = [
        (SEVERITY[g.severity], _code(g.rule), dataset_label(g.dataset), g.findings, g.counties) for g in groups[:RULES]
    ]
    left = [Markdown(f"{more_groups(groups[RULES:])}: {ALL}\n")] if groups[RULES:] else []
    return [table(("级别 severity", "规则 rule", "报表 dataset", "条 findings", "县 counties"), lines), *left]


def more_groups(groups: Sequence[RuleGroup]) -> str:
    """What stands in the place of groups that are not shown."""
    return f"另有 and {len(groups)} 组 more groups, {sum(g.findings for g in groups)} 条 findings"


def _county(code: str, findings: Iterable[Finding]) -> Iterator[Markdown]:
    """A heading, then the county's files (no code: what is wrong with files as a whole)."""
    by_file: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_file[finding.file].append(finding)
    yield Markdown("\n## {}\n").format(county_label(code) if code else "文件 Files")
    for file in sorted(by_file):
        yield Markdown("### {}\n").format(file)
        groups = alike(by_file[file])
        yield from (_line(group) for group in groups[:LINES])
        left = groups[LINES:]
        if left:
            count = sum(group.times for group in left)
            yield Markdown(f"- 另有 and {len(left)} 行 more lines, {count} 条 findings: {ALL}")
        yield Markdown()


def _line(group: Alike) -> Markdown:
    """The group's place and count, then what its first finding says, in two languages."""
    first, count = group.first, group.times
    place = Markdown(" **{}**").format(group.where) if group.where else ""
    times = f" × {count} 条 findings; 首条 the first:" if count > 1 else ""
    # The place of a single finding has just been said; of several, the first one's follows.
    said = [m if count > 1 else m.removeprefix(own_place(first)) for m in (first.message_zh, first.message_en)]
    answer = [f"县里说明 explained: {first.explanation}"] if first.explanation else []
    shown = (place, Markdown(times), effect_text(first.score))
    head = Markdown("- {} {}{}{}{}").format(SEVERITY[first.severity], _code(first.rule), *shown)
    return HARD_BREAK.join([head, *said, *answer])


def _code(rule: str) -> Markdown:
    """A rule's id as code; it is of our own."""
    return Markdown(f"`{rule}`")


def own_place(finding: Finding) -> str:
    """What a message begins with: the sheet and the cells, which are shown before it here."""
    cells = (finding.cells or "").replace(";", ",")
    where = "!".join(part for part in (finding.sheet, cells) if part)
    return f"{where} " if where else ""


def county_label(code: str) -> str:
    """The code with the name that it has, or had last."""
    names = (d.name_zh for d in reversed(load().divisions) if d.county_code == code)
    return f"{code} {next(names, '')}".rstrip()


def dataset_label(dataset: str | None) -> str:
    """What a dataset is called in zh, with its code; of none, that it is files."""
    known = load().datasets.get(dataset or "")
    return f"{known.label_zh} {known.dataset}" if known else "文件 files"
