"""The alerts brought to a Prefect server, as often as one likes: only what differs is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, SendNotification
from prefect.events.schemas.automations import Automation, AutomationCore

from flows.alerts.alert_change import AlertChange
from flows.alerts.channels import Channel, remove_channels, save_channels
from flows.alerts.definitions import PREFIX, Alert, alerts
from flows.settings import Settings
from warehouse.messages.errors import PermanentError, TransientError

# What the server notes as the owner of our automations; whoever makes another has none, or one of their own.
OWNER = "xianbao.alerts"
# Who reads it may not know Prefect. Of a run it has the sentence of the state, but not for a fault that nobody foresaw:
# what a library says of it may quote a cell, and stays in the log.
UNFORESEEN = "Flow run encountered an exception"
BODY = """{what_zh}。{do_zh}。
{what_en}. {do_en}.

{fact}
{{% if flow_run %}}运行 run: {{{{ flow_run.name }}}}, {{{{ flow_run.state.name }}}}
{{% set said = flow_run.state.message %}}{{% if said and '{unforeseen}' not in said %}}\
说明 it says: {{{{ said | truncate(400) }}}}
{{% endif %}}页面 page: {{{{ flow_run | ui_url }}}}
{{% endif %}}{{% if event %}}时间 when: {{{{ event.occurred.strftime('%Y-%m-%d %H:%M:%S') }}}} UTC
{{% endif %}}"""


@contextmanager
def server() -> Iterator[SyncPrefectClient]:
    """Prefect's server. Raises PermanentError where none is named, and TransientError where it does not answer."""
    if "PREFECT_API_URL" not in os.environ:
        raise PermanentError(
            "请用 PREFECT_API_URL 指明 Prefect 服务器,告警保存在其上; alerts are kept by a Prefect server: name it in"
            " PREFECT_API_URL"
        )
    try:
        with get_client(sync_client=True) as client:
            yield client
    except httpx.HTTPStatusError as error:  # its text would quote what was sent, which may be a channel's URL
        status = error.response.status_code
        raise PermanentError(
            f"Prefect 服务器拒绝了请求 (HTTP {status}); Prefect's server refused: HTTP {status}"
        ) from None
    except httpx.HTTPError as error:
        address = os.environ["PREFECT_API_URL"]
        raise TransientError(f"无法连接 {address}; Prefect's server does not answer: {type(error).__name__}") from error


def apply(client: SyncPrefectClient, settings: Settings) -> list[AlertChange]:
    """What became of each channel and automation. Those that are not defined any more are removed; what others made is
    left alone; one that somebody paused stays so.
    """
    channels, applied = save_channels(client, settings.alert_urls)
    wanted = [one for alert in alerts(settings) if (one := automation(alert, channels)).actions]
    present = client.read_resource_related_automations(OWNER)
    before = {one.name: one for one in present}
    applied += [_write(client, one, before.get(one.name)) for one in wanted]
    kept = {before[one.name].id for one in wanted if one.name in before}
    for one in present:
        if one.id not in kept:
            client.delete_automation(one.id)
            applied.append(AlertChange(what=one.name, done="removed"))
    return applied + remove_channels(client, channels)


def automation(alert: Alert, channels: list[Channel]) -> AutomationCore:
    """The alert as Prefect has it: with a notification by each channel, or with the state that it gives to the run."""
    name, do = f"{PREFIX}{alert.what_zh} {alert.what_en}", f"{alert.do_zh}; {alert.do_en}"
    crash = ChangeFlowRunState(state=StateType.CRASHED, message=do)
    body = BODY.format(**vars(alert), unforeseen=UNFORESEEN)
    notices = [SendNotification(block_document_id=one.block, subject=name, body=body) for one in channels]
    return AutomationCore(
        name=name,
        description=do,
        trigger=alert.trigger,
        actions=[crash] if alert.crashes else notices,
    )


def _write(client: SyncPrefectClient, wanted: AutomationCore, before: Automation | None) -> AlertChange:
    """An automation that is as it should be is not written: Prefect would begin to count anew."""
    if before is None:
        client.create_automation(wanted.model_copy(update={"owner_resource": OWNER}))
        return AlertChange(what=wanted.name, done="created")
    wanted = wanted.model_copy(update={"enabled": before.enabled})
    if wanted == AutomationCore.model_validate(before.model_dump()):
        return AlertChange(what=wanted.name, done="unchanged")
    client.update_automation(before.id, wanted)
    return AlertChange(what=wanted.name, done="updated")
