"""A trial: an event that one of the automations acts on, and what Prefect's server says became of its notifications."""

from __future__ import annotations

import time

from prefect.client.orchestration import SyncPrefectClient
from prefect.events import Event, emit_event
from prefect.events.filters import EventFilter, EventNameFilter, EventRelatedFilter
from pydantic import BaseModel, ConfigDict

from flows.alerts.channels import Channel
from flows.alerts.definitions import TRIAL
from warehouse.messages.errors import PermanentError

EXECUTED, FAILED = "prefect.automation.action.executed", "prefect.automation.action.failed"
SECONDS = 60.0


class Delivery(BaseModel):
    """A channel, whether its receiver took the trial, and what was said where it did not."""

    model_config = ConfigDict(frozen=True)

    channel: str
    kind: str
    delivered: bool
    said: str = ""


def try_channels(client: SyncPrefectClient, channels: list[Channel], seconds: float = SECONDS) -> list[Delivery]:
    """Sends a trial by each channel, the way that an alert goes, and waits so long for the server's answers."""
    if not channels:
        raise PermanentError("没有设置渠道,请设置 XIANBAO_ALERT_URLS; no channel is set: set XIANBAO_ALERT_URLS")
    if (emitted := emit_event(TRIAL, resource={"prefect.resource.id": TRIAL})) is None:
        raise PermanentError("Prefect 不发送事件; Prefect emits no events here: name its server in PREFECT_API_URL")
    answers: dict[str, Event] = {}
    end = time.monotonic() + seconds
    while len(answers) < len(channels) and time.monotonic() < end:
        time.sleep(0.5)
        answers = _answers(client, emitted)
    return [_delivery(one, answers.get(one.name)) for one in channels]


def _answers(client: SyncPrefectClient, emitted: Event) -> dict[str, Event]:
    """What became of the notifications about an event, by the name of their block."""
    about = EventFilter(
        event=EventNameFilter(name=[EXECUTED, FAILED]),
        related=EventRelatedFilter(id=[f"prefect.event.{emitted.id}"]),
    )
    events = client.read_events(about, limit=50).events  # the most that a server gives
    return {str(one.resource_in_role["block"].name): one for one in events if "block" in one.resource_in_role}


def _delivery(channel: Channel, answer: Event | None) -> Delivery:
    if answer is None:
        said = "服务器没有回应; 请先 apply,并开启触发服务 no answer: say apply first; are the server's services on?"
        return Delivery(channel=channel.name, kind=channel.kind, delivered=False, said=said)
    log = answer.payload.get("notification_log") or answer.payload.get("reason") or ""
    return Delivery(channel=channel.name, kind=channel.kind, delivered=answer.event == EXECUTED, said=str(log).strip())
