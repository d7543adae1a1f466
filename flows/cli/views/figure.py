"""A figure explained, on a screen: value and formula, then its counties, or one county's return down to the cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import polars as pl

from flows.cli.screen import Screen
from flows.cli.views.release import RELEASES
from flows.cli.views.run import COLOURS, STATES
from flows.cli.views.text_columns import (
    VERDICT,
    aligned_columns,
    format_moment,
    format_quantity,
    print_cut,
    print_heading,
    print_line,
    print_list,
    print_remaining,
    row_count,
)
from warehouse.codebook import load
from warehouse.lineage.evidence import Evidence
from warehouse.lineage.figure_lineage import FigureLineage
from warehouse.reports.findings_text import SEVERITY, county_label, dataset_label

LINES, CELLS, RULES = 40, 10, 12
STATE = {
    "counted": "counted 计入", "nil": "nil 报无", "blank": "blank 未填", "exempt": "does not apply 不适用",
    "quarantined": "quarantined 退回", "withdrawn": "withdrawn 撤回", "missing": "missing 未报",
}  # fmt: skip
STANDING = {"in_force": "in force 有效", "superseded": "superseded 被取代", **VERDICT}
COUNTS = {
    "passed": "passed 通过", "failed": "failed 未通过", "explained": "explained 已说明",
    "not_evaluated": "not evaluated 未核对",
}  # fmt: skip
Row = dict[str, Any]


def show_figure(e: FigureLineage, console: Screen, *, whole: bool) -> None:
    """From the figure to what it is made of; long lists are cut unless `whole`."""
    most = None if whole else LINES
    _head(e, console)
    _companions(e, console)
    if e.evidence:
        for one in e.evidence:
            _evidence(e, one, console, whole=whole)
        return
    _absent(e, console, most)
    _compared(e, console, most) if e.chosen else _counties(e, console, most)


# --- the figure ----------------------------------------------------------------------------------------------------


def _head(e: FigureLineage, console: Screen) -> None:
    where = " ".join(dict.fromkeys((e.area.code, e.area.name_zh)))
    of = f" ({e.source})" if e.source else ""
    print_line(console, f"{e.mart}{of}, {where} {e.period}", "bold")
    print_line(console, f"{e.label_zh} {e.label_en}: {amount(e.value, e.unit)}", "bold")
    _published(e, console)
    _release(e, console)
    for text, style in ((e.formula.code, ""), (e.formula.zh, "dim"), (e.formula.en, "dim")):
        print_line(console, text, style, indent=2)
    parts = aligned_columns(((p.text, "=", amount(p.value), p.text_zh) for p in e.parts), right=(2,), most=72)
    print_list(console, parts)
    counted = f"counties counted 计入 {e.counted} of 应报 {e.due}{_covers(e)}"
    if e.differs:
        print_line(
            console, f"MISMATCH 不一致: what is listed gives {amount(e.recomputed, e.unit)}, {counted}", "bold red"
        )
    else:
        print_line(console, f"recomputed from what is listed 复算一致; {counted}", "green")
    behind = "; newer returns are not published yet 另有新报表未发布" if e.behind else ""
    print_line(console, f"snapshot {e.manifest.version}, of runs until {e.manifest.run}{behind}", "dim")


def _published(e: FigureLineage, console: Screen) -> None:
    """Of the scorecard, the published figure and its state; both sides' counties. Of a ratio what the county wrote."""
    row = e.published
    if row.get("held"):
        text = f"held 按变动前公布: as known at run {row['held_since']}, before it leapt; why: xianbao holds"
        print_line(console, text, "yellow")
    if state := row.get("state"):
        given = f"counties 县 {row['numerator_counted']} of {row['numerator_due']}"
        base = f", base 基数 {row['base_counted']} of {row['base_due']}" if row["base_due"] is not None else ""
        published, difference = (amount(row[name], e.unit) for name in ("published", "difference"))
        print_line(console, f"{STATES[state]}: published 公布 {published}, difference 差 {difference}; {given}{base}")
    if e.lapsed:
        print_line(console, e.lapsed.message_zh, "red", indent=2)
        print_line(console, e.lapsed.message_en, "red", indent=2)
    if (wrote := row.get("value_reported")) is not None:
        print_line(console, f"the county wrote 本县填报 {amount(wrote, e.unit)}", indent=2)


def _release(e: FigureLineage, console: Screen) -> None:
    """What the province said of the period, each value of a figure that was revised since, and what waits."""
    if (said := e.release.said) is None:
        return
    about = f"{RELEASES[said['state']]} {said['known_from']:%Y-%m-%d} {said['by']}: {said['reason']}"
    print_line(console, about, "green" if said["state"] == "approved" else "yellow")
    for row in e.release.revisions.iter_rows(named=True):
        why = f"{row['why']}, {row['decided_by']}: {row['reason']}"
        print_line(
            console, f"revision 修订 {row['revision']}: {row['known_on']} {amount(row['value'])} ({why})", indent=2
        )
    for row in e.release.waiting.iter_rows(named=True):
        which = f"receipt 收件 {row['receipt']}, {county_label(row['county_code'])}, {row['file']}"
        print_line(console, f"waits until it is opened again 暂存: {which}", "yellow", indent=2)


def _covers(e: FigureLineage) -> str:
    """Whether all that is due is there, and too little for a total."""
    told = {"complete": "complete 齐全", "partial": "partial 覆盖不足"}
    return "".join(f", {text}" for column, text in told.items() if e.published.get(column))


def _companions(e: FigureLineage, console: Screen) -> None:
    """The other columns of the row, with what they look back to."""
    if not e.companions:
        return
    print_heading(console, "Beside 对比 (--column NAME lists what one is made of)")
    labels = {c.column: c.label_zh for c in load().marts[e.mart]}
    lines = aligned_columns(
        (
            (
                one.column,
                labels[one.column],
                amount(one.value),
                one.before,
                one.text_en if one.value == one.recomputed else f"MISMATCH 不一致: {amount(one.recomputed)}",
            )
            for one in e.companions
        ),
        right=(2,),
    )
    print_list(console, lines)
    for one in (e.chosen,) if e.chosen else ():
        print_line(console, f"{one.column} = {one.text_en} ({one.period}, {one.before}); {one.text_zh}", indent=2)


def amount(value: Decimal | None, unit: str | None = None) -> str:
    """A figure for a person: 83,820,001 元 yuan; blank where there is none."""
    if value is None:
        return "空 blank"
    known = load().units.get(unit or "")
    labels = dict.fromkeys((known.label_zh, known.label_en)) if known else (unit,)
    text = f"{value:,f}"
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return " ".join(filter(None, (short, *labels)))


# --- its counties --------------------------------------------------------------------------------------------------


def _absent(e: FigureLineage, console: Screen, most: int | None) -> None:
    """Those that owe a return and do not count, for whom nothing is carried forward; those who owe nothing."""
    exempt = pl.col("state") == "exempt"
    for title, which in (
        ("Due and not counted 应报未计入 {}: nothing is carried forward 不沿用旧数", ~exempt),
        ("Not due, for it does not apply 不适用 {}", exempt),
    ):
        absent = e.counties.filter(pl.col("state") != "counted", which)
        if absent.height:
            print_heading(console, title.format(absent.height))
            lines = aligned_columns(
                (f"{row['county_code']} {row['name_zh']}", STATE[row["state"]], *_return(row))
                for row in absent.rows(named=True)
            )
            print_list(console, lines, most, "yellow")


def _counties(e: FigureLineage, console: Screen, most: int | None) -> None:
    """Those that count: value, what enters of them, the return and its place; the greatest first."""
    counted = e.counties.filter(pl.col("state") == "counted").sort("value", descending=True, nulls_last=True)
    if counted.is_empty():
        return
    names = [name for name in counted.columns if name.startswith("term_")]
    # A published figure has no value of a county, only what enters of it.
    own = () if names and counted["value"].equals(counted[names[0]]) else ("value 数值",)
    terms = ", ".join((*own, *e.terms))
    print_heading(console, f"Counties 县 {counted.height}: {terms}; receipt 收件, version 版本, sheet!row 行, file")
    several = counted["period"].n_unique() > 1
    lines = aligned_columns(
        (
            (
                f"{row['county_code']} {row['name_zh']}",
                *((row["period"],) if several else ()),
                *(("inside 组内" if row["inside"] else "",) if "inside" in counted.columns else ()),
                *((amount(row["value"]),) if own else ()),
                *(amount(row[name]) for name in names),
                *_return(row),
            )
            for row in counted.rows(named=True)
        ),
        right=range(1, 2 + several + len(own) + len(names)),
    )
    print_list(console, lines, most)


def _return(row: Row) -> tuple[str, ...]:
    """Which return, and where in it; nothing of none."""
    if row["receipt"] is None:
        return ("", "", "", "")
    rows = (row["first_row"], row["last_row"])
    span = "-".join(map(str, dict.fromkeys(rows))) if rows[0] is not None else ("nil 无" if row["nil"] else None)
    queries = "*" if row["verdict"] == "accepted_with_queries" else ""
    waived = " waived 豁免" if row["version"] and row["reason"] else ""
    number = f"v{row['version']}{queries}{waived}" if row["version"] else ""
    return f"r{row['receipt']}", number, "!".join(filter(None, (row["sheet"], span))), row["file"]


def _compared(e: FigureLineage, console: Screen, most: int | None) -> None:
    """The counties that are counted at both times."""
    if e.chosen is None:
        return
    one = e.chosen
    print_heading(
        console, f"Counties compared 可比县 {e.compared.height}: {one.period}, {one.before}; receipts 收件, files 文件"
    )
    lines = aligned_columns(
        (
            (
                _continued(row),
                amount(row["now"]),
                amount(row["then"]),
                f"r{row['now_receipts']}",
                f"r{row['then_receipts']}",
                " <- ".join(dict.fromkeys((row["now_files"], row["then_files"]))),
            )
            for row in e.compared.rows(named=True)
        ),
        right=(1, 2),
    )
    print_list(console, lines, most)


def _continued(row: Row) -> str:
    """The county, or those that continue others and which."""
    now, then = (" ".join(county_label(code) for code in row[f"{side}_codes"].split(";")) for side in ("now", "then"))
    return now if row["now_codes"] == row["then_codes"] else f"{now} <- {then}"


# --- one county's return -------------------------------------------------------------------------------------------


def _evidence(e: FigureLineage, one: Evidence, console: Screen, *, whole: bool) -> None:
    name = dataset_label(e.dataset.dataset if e.dataset else None)
    print_heading(console, f"Return 报表: {name} {county_label(one.county_code)} {one.period}")
    row = one.decision
    if row is None:
        print_line(console, f"{STATE['missing']}: none came; nothing is carried forward 不沿用旧数", "yellow", indent=2)
        return
    _decision(row, console)
    _cells(e, one, console, None if whole else CELLS)
    _rules(one, console, None if whole else RULES)
    _findings(one, console, None if whole else RULES)
    for note in one.notes.rows(named=True):
        answered = "answers a query 已采用" if note["answered"] else "answers no query 无对应疑问"
        about = note["rule"] or note["indicator"] or ""
        said = f"note 说明 {note['sheet']}!{note['row']} {about}: {note['explanation']} ({answered})"
        print_line(console, said, indent=2)
    for other in one.others.rows(named=True):
        when, outcome = format_moment(other["received_at"]), STANDING[other["standing"]]
        line = f"also came 另收到: receipt {other['receipt']}, {when}: {outcome}, {other['file']}"
        print_line(console, line, "dim", indent=2)


def _decision(row: Row | Any, console: Screen) -> None:
    version = f", v{row['version']}" if row["version"] else ""
    verdict = ", ".join(dict.fromkeys((STANDING[row["standing"]], VERDICT[row["verdict"]])))
    later = f", decided 核定 {format_moment(row['known_from'])}" if row["known_from"] != row["received_at"] else ""
    came = f"receipt 收件 {row['receipt']}, received 收到 {format_moment(row['received_at'])}{later}, run {row['run']}"
    told = f"{came}: {verdict}{version}, {row['status']}"
    style = "" if row["standing"] == "in_force" else "yellow"
    print_line(console, told, style, indent=2)
    print_line(console, row["file"], indent=2)
    print_line(console, f"sha256 {row['submission']}", "dim", indent=2)
    if row["reason"]:
        request = "waiver 豁免" if row["version"] else "withdrawn 撤回"
        print_line(console, f"{request}: {row['reason']}{', ' + row['by'] if row['by'] else ''}", "yellow", indent=2)
    if row["standing"] != "in_force":
        print_line(console, "it does not count, and nothing is carried forward 不计入,不沿用旧数", "yellow", indent=2)


def _cells(e: FigureLineage, one: Evidence, console: Screen, most: int | None) -> None:
    """The cells as typed and as read; of a form with many rows how many enter, and the first of them."""
    if one.trouble:
        print_line(console, f"its cells cannot be told 无法指出单元格: {one.trouble}", "red", indent=2)
        return
    if one.nil_cell:
        print_line(console, f"nil 无: {one.nil_cell}", indent=2)
    if e.dataset is None or one.cells.is_empty():
        return
    many = "" if e.dataset.one_row else f"; {row_count(one.rows)} enter 计入"
    print_line(console, f"Cells 单元格: typed 填写 = read 读数, header 表头, indicator 指标{many}", "italic", indent=2)
    lines = []
    for cell in one.cells.rows(named=True):
        factor = f"{cell['unit'] or ''} x {cell['factor']:,}".lstrip() if cell["factor"] not in (None, 1) else ""
        read = format_quantity(cell["value"], e.dataset[cell["column"]])
        place = "!".join(filter(None, (cell["sheet"], cell["cell"])))
        lines.append((place, cell["text"] or "", factor, "=", read, cell["key"] or "", cell["header"], cell["column"]))
    shown = aligned_columns(lines, right=(4,), most=30)
    for line in shown[:most]:
        print_cut(console, f"    {line}")
    print_remaining(console, len(shown) - len(shown[:most]), " cells")


def _rules(one: Evidence, console: Screen, most: int | None) -> None:
    """The rules by how they fared; of those that did not pass, why they are there."""
    total = one.rules.select(pl.col(name).sum() for name in COUNTS).row(0, named=True)
    checks = ", ".join(f"{COUNTS[name]} {count}" for name, count in total.items() if count)
    print_line(console, f"Rules 规则 {one.rules.height}, checks 核对: {checks}", "italic", indent=2)
    rows = one.rules.rows(named=True)
    passed = [row["rule"] for row in rows if not any(row[name] for name in COUNTS if name != "passed")]
    if passed:
        print_line(console, f"{COUNTS['passed']}: {', '.join(passed)}", "dim", indent=4)
    others = [row for row in rows if row["rule"] not in passed]
    for row in others[:most]:
        fared = ", ".join(f"{COUNTS[name]} {row[name]}" for name in COUNTS if row[name])
        style = COLOURS[row["severity"]] if row["failed"] else ""
        print_line(console, f"{SEVERITY[row['severity']]} {row['rule']}: {fared}", style, indent=4)
        print_line(console, f"{row['reason_zh']} {row['reason_en']}", "dim", indent=6)
    print_remaining(console, len(others) - len(others[:most]), " rules")


def _findings(one: Evidence, console: Screen, most: int | None) -> None:
    for finding in one.findings[:most]:
        print_line(console, f"{SEVERITY[finding.severity]} {finding.rule}", COLOURS[finding.severity], indent=4)
        print_line(console, f"{finding.message_zh}", indent=6)
        print_line(console, f"{finding.message_en}", "dim", indent=6)
        if finding.explanation:
            print_line(console, f"县里说明 explained: {finding.explanation}", indent=6)
    print_remaining(console, len(one.findings) - len(one.findings[:most]), " findings")


# --- for machines --------------------------------------------------------------------------------------------------


def figure_json(e: FigureLineage) -> Row:
    """All of it."""
    plain = ("mart", "column", "period", "label_zh", "label_en", "unit", "source", "value", "recomputed", "differs",
             "due", "counted", "terms", "behind", "published")  # fmt: skip
    return {
        **{name: getattr(e, name) for name in plain},
        "dataset": e.dataset.dataset if e.dataset else None,
        "level": e.area.level,
        "code": e.area.code,
        "name_zh": e.area.name_zh,
        "snapshot": e.manifest.version,
        "run": e.manifest.run,
        "formula": asdict(e.formula),
        "parts": [asdict(part) for part in e.parts],
        "companions": [asdict(one) | {"before": one.before} for one in e.companions],
        "counties": e.counties.rows(named=True),
        "compared": e.compared.rows(named=True),
        "evidence": [_evidence_json(one) for one in e.evidence],
        "lapsed": e.lapsed.model_dump() if e.lapsed else None,
        "release": e.release.said,
        "revisions": e.release.revisions.rows(named=True),
        "waiting": e.release.waiting.rows(named=True),
    }


def _evidence_json(one: Evidence) -> Row:
    frames: Iterable[str] = ("cells", "rules", "notes", "others")
    plain = ("period", "county_code", "decision", "rows", "nil_cell", "trouble")
    return {
        **{name: getattr(one, name) for name in plain},
        **{name: getattr(one, name).rows(named=True) for name in frames},
        "findings": [finding.model_dump() for finding in one.findings],
    }
