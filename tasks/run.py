"""The run at hand: what every task is given."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from prefect.client.schemas.objects import TaskRun
from prefect.states import State
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import OperationalError

from warehouse.intake.formats.preflight import Limits
from warehouse.intake.model.budget import Budgets
from warehouse.messages.errors import RootBusyError, TransientError
from warehouse.snapshots.manifest import OPEN_SHARE
from warehouse.store.files import Root


class Run(BaseModel):
    """One run of a flow: its name in the journal, when its files were received (UTC), where everything is.

    `folders` says which folder of the inbox belongs to which county or prefecture, `budgets` what a sender and the run
    may take, without which there is no bound; `open_share` is the share of the counties due that opens a period.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    flow: str
    received_at: datetime
    root_path: Path
    ledger_url: str
    limits: Limits
    folders: dict[str, str] = {}
    budgets: Budgets | None = None
    open_share: float = OPEN_SHARE

    @property
    def root(self) -> Root:
        """The root that the run works on."""
        return Root(self.root_path)

    @property
    def work(self) -> Path:
        """Where its tasks leave what the next ones need."""
        return self.root.work / self.name

    @property
    def receipts(self) -> Path:
        """The file of what was received."""
        return self.work / "receipts.json"

    @property
    def parts(self) -> Path:
        """What the processes that read leave, a folder a part."""
        return self.work / "parts"

    @property
    def returns(self) -> Path:
        """What had been decided before the run, as the ledger had it when the run began to read."""
        return self.work / "returns.arrow"

    @property
    def reading(self) -> Path:
        """The folder of what was read of all files together."""
        return self.work / "read"

    @property
    def validations(self) -> Path:
        """What validation said, in Great Expectations' own form; in the report folder once the run is committed."""
        return self.work / "validations"

    @property
    def judged(self) -> Path:
        """The folder of what was judged, a file a period, until the journal has it."""
        return self.work / "judged"


def may_pass(_task: Any, _run: TaskRun, state: State[Any]) -> bool:
    """Whether trying again may help, as with a ledger that is busy; a permanent error fails after one call, as does
    a lock, which has been waited for.
    """
    found = state.result(raise_on_failure=False)
    return isinstance(found, TransientError | OperationalError) and not isinstance(found, RootBusyError)


RETRIES: dict[str, Any] = {"retries": 2, "retry_delay_seconds": [2, 10], "retry_condition_fn": may_pass}
