"""The alerts: what happened, what to do, and the trigger that notices it. One entry an automation of Prefect's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from prefect.events.schemas.automations import EventTrigger, Posture

from flows.settings import Settings
from warehouse.reports.night_events import OVERDUE, PASSED, QUARANTINED, RESOURCE, THRESHOLD

NIGHT = "nightly"
OTHERS = (
    *("backfill", "backup", "compact", "prune", "rebuild", "rejudge", "release"),
    *("release-hold", "reopen", "submit", "verify", "waive", "withdraw"),
)
TRIAL = "xianbao.alerts.trial"
RUNS = "prefect.flow-run."
# What our automations are called begins so.
PREFIX = "县报 xianbao: "
# Templates of Prefect's: what a night's event says in a sentence; which alert went out by which channel in vain.
SENTENCE = "{{ event.payload.message }}"
LOST = "{{ event.resource.name }}{% for one in event.related if one.role == 'block' %}; {{ one.name }}{% endfor %}"


@dataclass(frozen=True)
class Alert:
    """What happened (`what`) and what is to be done about it (`do`), in zh and en, and a template of what the event
    says of it. With `crashes` the run is marked Crashed, and nobody is told: that it crashed is an event again.
    """

    what_zh: str
    what_en: str
    do_zh: str
    do_en: str
    trigger: EventTrigger
    fact: str = ""
    crashes: bool = False


def alerts(settings: Settings) -> tuple[Alert, ...]:
    """All of them, with the times that the settings say."""
    heartbeat, late = settings.alert_heartbeat_seconds, settings.alert_late_seconds
    hours = settings.alert_silence_seconds / 3600
    return (
        Alert(
            "夜间任务失败",
            "The night failed",
            "未取入的文件仍在收件箱,下次运行会继续。请按下面的说明处理,再运行 xianbao doctor 和 nightly",
            "What was not taken in is still in the inbox, and the next run takes it. Do what is said below, ask xianbao"
            " doctor, run nightly again",
            _ends(["FAILED"], NIGHT),
        ),
        Alert(
            "夜间任务中断",
            "The night crashed",
            "进程已不在(断电、内存不足、被终止)。数据没有损坏,下次运行会接着完成。请重新运行 nightly",
            "Its process is gone (power, memory, somebody ended it). Nothing is damaged, and the next run finishes what"
            " is left. Run nightly again",
            _ends(["CRASHED"], NIGHT),
        ),
        Alert(
            "其他任务失败或中断",
            "Another run failed or crashed",
            "备份、校验、重建、清理等没有完成,任务名见下。若是 verify 或 rebuild,请勿删除任何文件",
            "A backup, a check, a rebuild or the like did not do its work: its name stands below. Where it is verify or"
            " rebuild, delete nothing",
            _ends(["FAILED", "CRASHED"], *OTHERS),
        ),
        Alert(
            "任务没有动静",
            "A run shows no sign of life",
            f"{heartbeat:g} 秒没有动静,进程应已不在;标为 Crashed,让出并发名额",
            f"None for {heartbeat:g} s, so its process is gone: marked as crashed, which gives the next run its slot",
            _silent({"heartbeat"}, {"*"}, heartbeat, NIGHT, *OTHERS),
            crashes=True,
        ),
        Alert(
            "任务停在等待或取消",
            "A run neither begins nor ends",
            f"{late / 60:g} 分钟没有进程接手;标为 Crashed,让出并发名额",
            f"No process took it on for {late / 60:g} minutes: marked as crashed, which gives the next run its slot",
            _silent({"Pending", "Cancelling"}, {"*"}, late, NIGHT, *OTHERS),
            crashes=True,
        ),
        Alert(
            "夜间任务没有开始",
            "The night has not begun",
            f"已迟到 {late / 60:g} 分钟。请看 worker 是否在运行,是否有别的任务占着名额",
            f"It is {late / 60:g} minutes late. Is a worker running? Does another run have the slot?",
            _silent(
                {"Late", "AwaitingConcurrencySlot"},
                {"Running", "Completed", "Skipped", "Failed", "TimedOut", "Crashed", "Cancelled"},
                late,
                NIGHT,
            ),
        ),
        Alert(
            "夜间任务久未完成",
            "No night has completed",
            f"{hours:g} 小时内没有一次完成。请看计划是否暂停,worker 是否在运行;下面是最近一次",
            f"None within {hours:g} hours. Is its schedule paused? Is a worker running? The last one stands below",
            # Each night that completes begins the time anew; after an alert, whatever happens to a night does.
            EventTrigger(
                posture=Posture.Proactive,
                after={f"{RUNS}*"},
                expect={f"{RUNS}Completed"},
                within=timedelta(seconds=settings.alert_silence_seconds),
                match={"prefect.resource.id": f"{RUNS}*"},
                match_related=_flows(NIGHT),
            ),
        ),
        Alert(
            "退回比例过高",
            "Too many returns were quarantined",
            "多半是表样或规则变了。请看该次运行的 findings.csv",
            "Often a form or a rule has changed. Read findings.csv of the run",
            _passed(QUARANTINED),
            fact=SENTENCE,
        ),
        Alert(
            "有县逾期未报",
            "Counties are overdue",
            "名单见 xianbao status 和 mart_completeness。一周内不再提醒",
            "xianbao status and mart_completeness name them. Not said again within a week",
            _passed(OVERDUE, at_most_every=timedelta(days=6, hours=12)),
            fact=SENTENCE,
        ),
        Alert(
            "有告警未能送达",
            "An alert was not delivered",
            "请检查该渠道,再运行 xianbao automations test。一小时内不再提醒",
            "Mend the channel, then say xianbao automations test. Not said again within an hour",
            EventTrigger(
                posture=Posture.Reactive,
                expect={"prefect.automation.action.failed"},
                within=timedelta(hours=1),
                match={"prefect.resource.name": f"{PREFIX}*"},
                match_related={"prefect.resource.role": "block"},
            ),
            fact=LOST,
        ),
        Alert(
            "这是一次试发",
            "This is a trial",
            "收到它,说明告警能送到您这里,无需处理",
            "That you read it shows that alerts reach you. Nothing is to be done",
            EventTrigger(posture=Posture.Reactive, expect={TRIAL}),
        ),
    )


def _flows(*names: str) -> dict[str, str | list[str]]:
    return {"prefect.resource.role": "flow", "prefect.resource.name": list(names)}


def _ends(states: list[str], *flows: str) -> EventTrigger:
    """A run of one of the flows ends in one of the types of states, whatever the state is called."""
    return EventTrigger(
        posture=Posture.Reactive,
        expect={f"{RUNS}*"},
        match={"prefect.resource.id": f"{RUNS}*", "prefect.state-type": states},
        match_related=_flows(*flows),
    )


def _silent(after: set[str], expect: set[str], seconds: float, *flows: str) -> EventTrigger:
    """After one event of a run none of those that are expected of it comes in so many seconds."""
    return EventTrigger(
        posture=Posture.Proactive,
        after={RUNS + name for name in after},
        expect={RUNS + name for name in expect},
        within=timedelta(seconds=seconds),
        match={"prefect.resource.id": f"{RUNS}*"},
        match_related=_flows(*flows),
        for_each={"prefect.resource.id"},
    )


def _passed(event: str, at_most_every: timedelta = timedelta(0)) -> EventTrigger:
    """A night says of itself that a threshold is passed."""
    return EventTrigger(
        posture=Posture.Reactive,
        expect={event},
        within=at_most_every,
        match={"prefect.resource.id": f"{RESOURCE}*", THRESHOLD: PASSED},
    )
