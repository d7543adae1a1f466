"""What a person at the terminal sees of rules: the list, the check, the preview; 100 columns are enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from expectations.analysis.consistency import ConsistencyReport
from expectations.analysis.preview import Owner, Preview
from flows.cli.rule_list import RuleEntry
from flows.cli.screen import Screen
from warehouse.codebook import Codebook

STYLES = {"critical": "red", "warning": "yellow", "info": "cyan"}
ALWAYS = ("0000-01", "9999-99")
FEW, SHOWN = 3, 20
VERDICTS = {"accepted": "accepted 接受", "accepted_with_queries": "queries 待核", "quarantined": "quarantined 退回"}


def show_rules(listed: Sequence[RuleEntry], book: Codebook, console: Screen, *, whole: bool) -> None:
    """The rules, grouped by the datasets that have them; all checks of each where `whole`, else the first three."""
    for datasets, group in groupby(listed, key=lambda one: one.datasets):
        rules = list(group)
        console.print(_heading(datasets, len(rules), book))
        for one in rules:
            first = Text.assemble(
                f"  {one.rule}  ", (one.severity, STYLES[one.severity]), f"  {one.reason_zh}", style="bold"
            )
            console.print(first)
            console.print(Padding(_rule_text(one, whole=whole), (0, 0, 0, 6)))
        console.print()
    by_severity = Counter(one.severity for one in listed)
    counts = ", ".join(f"{by_severity[severity]} {severity}" for severity in STYLES)
    console.print(
        Text.assemble(
            (f"{len(listed)} rules 条规则", "bold"),
            f": {counts}\ncritical quarantines 退回, warning asks 待核, info counts",
        )
    )


def _heading(datasets: tuple[str, ...], rules: int, book: Codebook) -> Text:
    if len(datasets) == len(book.datasets):
        name = "every dataset 所有报表"
    elif len(datasets) > FEW:
        name = f"{len(datasets)} datasets: {', '.join(datasets)}"
    else:
        name = ", ".join(f"{d} {book.datasets[d].label_zh}" for d in datasets)
    return Text.assemble((name, "bold underline"), (f"  {rules} {'rule' if rules == 1 else 'rules'}", "dim"))


def _rule_text(one: RuleEntry, *, whole: bool) -> Text:
    """The reason in English, what is checked, where it comes from, and when it holds unless always."""
    shown = one.checks if whole or len(one.checks) <= FEW else one.checks[:FEW]
    more = len(one.checks) - len(shown)
    lines = [Text(one.reason_en), *(Text(check, "green") for check in shown)]
    if more:
        lines.append(Text(f"and {more} more", "green"))
    lines.append(Text(one.source, "dim"))
    if (one.holds_from, one.holds_until) != ALWAYS:
        lines.append(Text(validity(one.holds_from, one.holds_until), "magenta"))
    return Text("\n").join(lines)


def validity(start: str, end: str) -> str:
    """From which period a rule holds and until which, that one excluded."""
    parts = [f"from {start}"] * (start != ALWAYS[0]) + [f"until {end}, excluded"] * (end != ALWAYS[1])
    return f"holds {' '.join(parts)}"


def show_check(checked: Sequence[ConsistencyReport], console: Screen) -> None:
    """A line a dataset of what was looked at, then what was found."""
    table = Table(title="Rules checked 规则自检", title_justify="left")
    table.add_column("dataset 报表")
    for name in ("rules", "checks", "of them linear", "programs solved", "found"):
        table.add_column(name, justify="right")
    for one in checked:
        counts = (one.rules, one.checks, one.linear, one.programs)
        found = Text(str(len(one.faults) or "-"), "red" if any(f.fatal for f in one.faults) else "")
        table.add_row(one.dataset, *map(str, counts), found)
    totals = (sum(column) for column in zip(*((c.rules, c.checks, c.linear, c.programs) for c in checked), strict=True))
    table.add_section()
    table.add_row("all", *map(str, totals), "")
    console.print(table)
    faults = [fault for one in checked for fault in one.faults]
    for fault in faults:
        kind = Text(fault.kind.replace("_", " "), "red" if fault.fatal else "yellow")
        console.print(
            Text.assemble(kind, f"  {fault.dataset}  ", (", ".join(fault.rules), "bold"), f"\n  {fault.says}")
        )
    fatal = sum(fault.fatal for fault in faults)
    console.print(
        Text(f"{fatal} to mend 须更正", "red")
        if fatal
        else Text("No rule contradicts another, and each can fail 规则无矛盾", "green")
    )


def show_preview(found: Preview, names: dict[str, str], console: Screen) -> None:
    """What is changed, which returns fail before and after, whose verdict would turn; long lists with their count."""
    span = f"{found.periods[0]} to {found.periods[-1]}" if found.periods else "none yet"
    console.print(Text.assemble((found.dataset, "bold"), f": {found.returns} returns in force, {span}"))
    if not found.changes and not found.turned:
        console.print("No rule differs from the suite 规则没有变化.")
        return
    table = Table(title="Rules changed 规则变动", title_justify="left")
    table.add_column("rule 规则", no_wrap=True)
    table.add_column("what")
    for name in ("fail now", "would fail"):
        table.add_column(name, justify="right")
    table.add_column("newly failing 新增不符", overflow="fold")
    for change in found.changes:
        what = f"{change.how}: {', '.join(change.differs)}" if change.differs else change.how
        table.add_row(
            change.rule, what, str(change.failing_before), str(change.failing_after), _some(change.fails, names)
        )
    console.print(table)
    _show_turned(found, names, console)
    console.print("Nothing was written 未写入任何内容. To let it hold, put the file in expectations/suites/.")


def _show_turned(found: Preview, names: dict[str, str], console: Screen) -> None:
    if not found.turned:
        console.print("No accepted return would fare otherwise 已接受报表结论不变", style="green")
        return
    table = Table(title="Returns judged otherwise 结论有变", title_justify="left")
    for name in ("period", "county 县", "is", "would be"):
        table.add_column(name)
    for one in found.turned[:SHOWN]:
        county = f"{one.county_code} {names.get(one.county_code, '')}"
        table.add_row(one.period, county, VERDICTS[one.verdict], VERDICTS[one.would_be])
    console.print(table)
    more = len(found.turned) - SHOWN
    hidden = f", {more} of them not shown (--json has all)" if more > 0 else ""
    returns = "1 return" if len(found.turned) == 1 else f"{len(found.turned)} returns"
    console.print(Text.assemble((returns, "bold"), f" would be judged otherwise{hidden}"))


def _some(owners: Sequence[Owner], names: dict[str, str]) -> str:
    some = ", ".join(f"{names.get(county, county)} {period}" for period, county in owners[:FEW])
    return f"{some} and {len(owners) - FEW} more" if len(owners) > FEW else some or "-"
