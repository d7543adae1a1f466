"""Progress: how far long work has come, as an artifact of Prefect's that moves while it is done."""

from __future__ import annotations

from contextvars import copy_context
from threading import Lock
from time import monotonic
from uuid import UUID

from prefect.client.schemas.actions import ArtifactUpdate
from prefect.context import FlowRunContext

from tasks.prefect_api import UNANSWERED, brief_client, leave_artifact
from warehouse.messages.log import log

# Work that takes less is not worth an artifact; one that takes more moves it so often.
EVERY_SECONDS = 10.0


class Progress:
    """Counts what is done of `total`; may be told by any thread. Prefect's silence ends the telling, not the work."""

    def __init__(self, key: str, description: str, total: int) -> None:
        self.key, self.description, self.total = key, description, total
        self.done, self.lock, self.next_time = 0, Lock(), monotonic() + EVERY_SECONDS
        # The threads that tell know nothing of the flow run.
        self.context = copy_context()
        self.artifact: UUID | None = None

    def advance(self, more: int = 1) -> None:
        """So much more is done; Prefect is told of it once in EVERY_SECONDS, and of the end where it heard of any."""
        with self.lock:
            self.done += more
            ended = self.artifact is not None and self.done >= self.total
            if ended or monotonic() >= self.next_time:
                self.context.run(self._tell)
                self.next_time += EVERY_SECONDS

    def _tell(self) -> None:
        if FlowRunContext.get() is None:
            return
        percent = round(100 * self.done / self.total, 1)
        try:
            with brief_client() as client:
                if self.artifact is None:
                    self.artifact = leave_artifact(client, "progress", self.key, percent, self.description)
                else:
                    client.update_artifact(self.artifact, ArtifactUpdate(data=percent))
        except UNANSWERED as error:
            self.next_time = float("inf")
            self.artifact = None
            log.warning("无法告知 Prefect 进度; Prefect could not be told how far %s has come: %r", self.key, error)
