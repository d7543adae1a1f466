"""What became of a definition on Prefect's server."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Done = Literal["created", "updated", "unchanged", "removed"]


class AlertChange(BaseModel):
    """A block or an automation, and what was done with it."""

    model_config = ConfigDict(frozen=True)

    what: str
    done: Done
