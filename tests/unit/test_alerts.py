"""Alerts as data: somebody is told of every flow that is deployed, in two languages; no URL of a channel is shown."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
import yaml
from prefect.events.schemas.automations import AutomationCore
from prefect.server.events.actions import SendNotification
from prefect.server.events.jinja_filters import all_filters
from prefect.server.utilities.user_templates import register_user_template_filters, render_user_template_sync

from flows.alerts.apply import UNFORESEEN, automation, server
from flows.alerts.channels import Channel, save_channels
from flows.alerts.definitions import NIGHT, OTHERS, Alert, alerts
from flows.settings import Settings, load_settings
from warehouse.messages.errors import PermanentError

DEPLOYED = yaml.safe_load((Path(__file__).parents[2] / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
URLS = "mailtos://user:hidden@mail.example.org json://hook.example.org/hidden"
CHANNELS = [Channel(uuid4(), f"xianbao-alert-{n}", "E-Mail") for n in (1, 2)]
EACH = pytest.mark.parametrize("alert", alerts(Settings()), ids=lambda alert: alert.what_en)


def test_of_every_flow_that_is_deployed_somebody_is_told() -> None:
    assert {one["name"] for one in DEPLOYED} <= {NIGHT, *OTHERS}


@EACH
def test_an_alert_goes_out_by_each_channel_in_chinese_and_english_or_marks_the_run(alert: Alert) -> None:
    made = automation(alert, CHANNELS)
    assert isinstance(made, AutomationCore)
    assert re.search(r"[\u4e00-\u9fff].* [A-Za-z]", made.name)
    kinds = {action.type for action in made.actions}
    if alert.crashes:
        assert kinds == {"change-flow-run-state"}
        return
    sent = [SendNotification.model_validate(action.model_dump()) for action in made.actions]  # as the server checks it
    assert [one.block_document_id for one in sent] == [channel.block for channel in CHANNELS]


@pytest.mark.parametrize(
    ("message", "told"),
    [("/srv/inbox: no such folder", True), (f"{UNFORESEEN}: ComputeError: could not parse 张三 as Int64", False)],
)
def test_an_alert_has_what_a_run_says_of_itself_but_nothing_that_a_library_quotes(message: str, *, told: bool) -> None:
    (sent, _) = automation(alerts(Settings())[0], CHANNELS).actions
    run = SimpleNamespace(name="nightly 2018-07-02", state=SimpleNamespace(name="Failed", message=message))
    register_user_template_filters(all_filters)
    body = render_user_template_sync(sent.body, {"flow_run": run})
    assert "nightly 2018-07-02, Failed" in body
    assert (message in body) == told


def test_urls_are_set_apart_by_blanks_and_stand_in_nothing_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIANBAO_ALERT_URLS", URLS)
    settings = load_settings()
    assert [url.get_secret_value() for url in settings.alert_urls] == URLS.split()
    assert "hidden" not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # of one of the many services that Apprise knows
def test_a_url_that_nobody_understands_is_refused_by_its_number_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("XIANBAO_ALERT_URLS", f"{URLS} nosuch://hidden mailto://hidden:")
    with pytest.raises(PermanentError, match="number 3") as refused:
        save_channels(None, load_settings().alert_urls)  # type: ignore[arg-type]  # nothing is asked of the server
    assert "hidden" not in f"{refused.value}{caplog.text}"


def test_without_a_server_of_ones_own_there_is_nobody_to_keep_alerts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(PermanentError, match="PREFECT_API_URL"), server():
        pass
