"""What a run came to in a sentence, and what a person does about it; in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.reports.run_summary import Summary
from warehouse.store.files import Root

# What follows the publishing and fails no run that published: what is said where it could not be written.
UNWRITTEN = {
    "comparison": ("与上一快照的比较未能完成", "the comparison with the last snapshot could not be made"),
    "report": ("报告未能写完,下次运行时补写", "the report could not be written, and the next run writes it"),
    "artifacts": ("未能告知 Prefect 本次结果", "Prefect could not be told what the run came to"),
}


def run_sentence(summary: Summary) -> str:
    """The run in one sentence: returns, of these the quarantined, the counties overdue; and what else there was."""
    turns = [one for one in (summary.before, summary) if one and one.run]
    quarantined, unreadable, held, locked = (
        sum(getattr(one, name) for one in turns) for name in ("quarantined", "unreadable", "held", "waiting_returns")
    )
    returns = quarantined + sum(one.accepted + one.accepted_with_queries for one in turns)
    parts = [
        (len(turns), f"{returns} 份报表", f"{returns} returns"),
        (not turns, "没有新报表", "nothing new"),
        (quarantined, f"退回 {quarantined} 份", f"{quarantined} quarantined"),
        (summary.overdue, f"{summary.overdue} 个县逾期未报", f"{summary.overdue} counties overdue"),
        (unreadable, f"{unreadable} 个文件无法读取", f"{unreadable} files unreadable"),
        (held, f"{held} 个汇总数暂缓公布", f"{held} figures held"),
        (locked, f"{locked} 份属已审定报告期,暂存", f"{locked} of approved periods wait"),
        (summary.waiting, f"{summary.waiting} 个文件待下次", f"{summary.waiting} files wait"),
        *((True, *UNWRITTEN[what]) for what in summary.unwritten),
        (bool(summary.version and not turns), f"补发快照 {summary.version}", f"snapshot {summary.version} published"),
    ]
    zh, en = (",".join(part[1] for part in parts if part[0]), ", ".join(part[2] for part in parts if part[0]))
    return f"{zh}; {en}"


def what_to_do(summary: Summary, root: Root) -> Iterator[str]:
    """A line for each thing that somebody has to see to after the run; one that says so where there is none."""
    said = False
    for turn in (one for one in (summary.before, summary) if one and one.run):
        if turn.quarantined or turn.unreadable or turn.errors:
            said = True
            yield (
                f"请各县按 {root.reports / str(turn.run) / 'findings.csv'} 逐条更正后重报;"
                " the counties correct what this file says, and send again"
            )
    for wrong, line in (
        (summary.held or (summary.before and summary.before.held), "暂缓公布的汇总数请核实后放行; see: xianbao holds"),
        (
            summary.waiting_returns or (summary.before and summary.before.waiting_returns),
            "已审定报告期来了新报表,需更正时重新开放; returns of approved periods wait; see: xianbao status and reopen",
        ),
        (summary.lapsed, "有公布数不再相符; published figures hold no longer; see: xianbao marts diff"),
        (summary.overdue, "请催报逾期的县: 见数据集市; counties are overdue; see who: mart_completeness"),
        (summary.late, "超出预算的文件下次先处理; files over budget have their turn in the next run"),
    ):
        if wrong:
            said = True
            yield line
    if not said:
        yield "无需处理; nothing to do"
