"""A run's findings as a text for the data engineer: by rule, then county by county and file by file, long lists cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from warehouse.codebook import load
from warehouse.messages.finding import Finding
from warehouse.messages.finding_groups import Alike, RuleGroup, alike, by_rule
from warehouse.messages.markdown import Markdown, table

RULES, COUNTIES, LINES = 50, 300, 20
SEVERITY = {"critical": "错误 error", "warning": "待核 query", "info": "提示 note"}
ALL = "全部见 all in findings.csv"
HARD_BREAK = Markdown("  \n  ")


def findings_markdown(run: str, findings: Sequence[Finding]) -> Markdown:
    """The whole text in Markdown. What counties wrote is shown as it is and never taken for markup."""
    parts = [
        Markdown("# 问题清单 Findings · {}\n").format(run),
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
    name = next((d.name_zh for d in reversed(load().divisions) if d.county_code == code), "")
    yield Markdown("\n## {}\n").format(f"{code} {name}" if code else "文件 Files")
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
    head = Markdown("- {} {}{}{}").format(SEVERITY[first.severity], _code(first.rule), place, Markdown(times))
    return HARD_BREAK.join([head, *said, *answer])


def _code(rule: str) -> Markdown:
    """A rule's id as code; it is of our own."""
    return Markdown(f"`{rule}`")


def own_place(finding: Finding) -> str:
    """What a message begins with: the sheet and the cells, which are shown before it here."""
    cells = (finding.cells or "").replace(";", ",")
    where = "!".join(part for part in (finding.sheet, cells) if part)
    return f"{where} " if where else ""


def dataset_label(dataset: str | None) -> str:
    """What a dataset is called in zh, with its code; of none, that it is files."""
    known = load().datasets.get(dataset or "")
    return f"{known.label_zh} {known.dataset}" if known else "文件 files"
