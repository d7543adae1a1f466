"""The ways by which alerts go out: for each URL of `XIANBAO_ALERT_URLS` a block, by which Prefect's server sends."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from apprise import Apprise
from prefect.blocks.notifications import SlackWebhook
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import BlockDocument
from pydantic import SecretStr

from flows.alerts.alert_change import AlertChange, Done
from warehouse.messages.errors import PermanentError

# Prefect's block for any URL of Apprise's is abstract; of those that a stock server knows, the one for Slack hands
# every URL on to Apprise as it is.
ChannelBlock = SlackWebhook
NAMES = "xianbao-alert-"


@dataclass(frozen=True)
class Channel:
    """A channel as the server knows it: its block's number and name, and what kind of service it is."""

    block: UUID
    name: str
    kind: str


def save_channels(client: SyncPrefectClient, urls: tuple[SecretStr, ...]) -> tuple[list[Channel], list[AlertChange]]:
    """The channels in the order of their URLs, and what became of each on the server. A URL stands in no message."""
    kinds = [_kind(number, url.get_secret_value()) for number, url in enumerate(urls, 1)]
    saved = {str(one.name): one for one in _blocks(client)}
    applied = []
    for number, (url, kind) in enumerate(zip(urls, kinds, strict=True), 1):
        name, wanted = f"{NAMES}{number}", {"url": _as_text(url.get_secret_value()), "notify_type": "warning"}
        before = saved.get(name)
        done: Done = "created"
        if before:
            done = "unchanged" if wanted.items() <= before.data.items() else "updated"
        if done != "unchanged":
            ChannelBlock(**wanted).save(name, overwrite=True)
        applied.append(AlertChange(what=f"{name} ({kind})", done=done))
    ours = {str(one.name): one.id for one in _blocks(client)}
    return [Channel(ours[f"{NAMES}{n}"], f"{NAMES}{n}", kind) for n, kind in enumerate(kinds, 1)], applied


def saved_channels(client: SyncPrefectClient) -> list[Channel]:
    """The channels that the server has of us, by their names."""
    ours = [one for one in _blocks(client) if str(one.name).startswith(NAMES)]
    return [Channel(one.id, str(one.name), _kind(n, one.data["url"])) for n, one in enumerate(ours, 1)]


def remove_channels(client: SyncPrefectClient, kept: list[Channel]) -> list[AlertChange]:
    """Removes the blocks of channels that are not set any more; nothing may use them."""
    stale = [one for one in saved_channels(client) if one not in kept]
    for one in stale:
        client.delete_block_document(one.block)
    return [AlertChange(what=one.name, done="removed") for one in stale]


def _blocks(client: SyncPrefectClient) -> list[BlockDocument]:
    """All blocks of the channels' type, whoever made them, in the order of their names."""
    ChannelBlock.register_type_and_schema()
    blocks = client.read_block_documents_by_type(ChannelBlock.get_block_type_slug())
    return sorted(blocks, key=lambda one: str(one.name))


def _kind(number: int, url: str) -> str:
    """What kind of service it is, as Apprise calls it. Raises PermanentError where Apprise knows none."""
    quiet = logging.getLogger("apprise")
    level, quiet.level = quiet.level, logging.CRITICAL + 1  # it would quote the URL
    try:
        service = Apprise.instantiate(url, suppress_exceptions=True)
    finally:
        quiet.level = level
    if service is None:
        raise PermanentError(
            f"XIANBAO_ALERT_URLS: 第 {number} 个网址无法识别,写法见 docs/how-to/alerts.md; number {number} is no URL of"
            " Apprise's: see docs/how-to/alerts.md"
        )
    return str(service.service_name)


def _as_text(url: str) -> str:
    """A mail is sent as the text that it is, where its URL does not say otherwise; Apprise would take it for HTML."""
    parts = urlsplit(url)
    if not parts.scheme.startswith("mailto") or "format=" in parts.query:
        return url
    return f"{url}{'&' if parts.query else '?'}format=text"
