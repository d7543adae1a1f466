"""What the forms of flows ask, as far as no model says it: titles, descriptions, what may be blank."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from warehouse.codebook.choices import OR_BLANK


def shown(title: str, description: str = "") -> Any:
    """How a form shows a parameter. Prefect gives each its bare name for a title: this comes after that."""
    return Field(json_schema_extra={"title": title, "description": description})


ReceivedAt = Annotated[
    datetime | None,
    OR_BLANK,
    shown("收件时间 Received at", "留空为现在;补录时填写。 Blank: now. Only for what came at another time."),
]
Inbox = Annotated[
    Path | None,
    OR_BLANK,
    shown("收件箱 Inbox", "留空为设置 XIANBAO_INBOX 所指文件夹。 Blank: the folder that XIANBAO_INBOX names."),
]
