"""Settings: `XIANBAO_*` in the environment, over `xianbao.toml` in the working directory, over the defaults."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from warehouse.intake.formats.preflight import Limits
from warehouse.intake.ownership.inbox_folders import checked_folders
from warehouse.maintenance.installation import Installation
from warehouse.messages.errors import PermanentError
from warehouse.store.files import Root
from warehouse.store.inbox import SettleTimes

# No library of ours says anything to anyone, and little to the terminal.
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    # An error is said once, by the command, not first as a traceback by Prefect; its server, if any, has that.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
}


class Settings(BaseSettings):
    """All settings, frozen. `root` is where everything is kept, `inbox` where submissions arrive."""

    model_config = SettingsConfigDict(env_prefix="XIANBAO_", toml_file="xianbao.toml", frozen=True, extra="forbid")

    root: Path = Path("var")
    inbox: Path | None = None
    ledger_url: str | None = None
    lock_wait_seconds: float = 600
    max_file_bytes: int = Limits().file_bytes
    max_unpacked_bytes: int = Limits().unpacked_bytes
    max_sheet_cells: int = Limits().cells
    max_archive_members: int = Limits().members
    max_read_seconds: PositiveFloat = Limits().seconds
    max_read_memory_bytes: PositiveInt = Limits().memory_bytes
    max_archive_growth: PositiveFloat = Limits().archive_growth
    max_sender_seconds: PositiveFloat = Limits().sender_seconds
    max_night_seconds: PositiveFloat = Limits().night_seconds
    settle_seconds: NonNegativeFloat = SettleTimes().settle_seconds
    stale_lock_hours: NonNegativeFloat = SettleTimes().lock_hours
    keep_days: NonNegativeFloat = 7
    folders: dict[str, str] = {}

    @field_validator("folders")
    @classmethod
    def _known_folders(cls, folders: dict[str, str]) -> dict[str, str]:
        try:
            return checked_folders(folders)
        except PermanentError as error:
            raise ValueError(str(error)) from error

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (pydantic's own signature)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given counts first, then the environment, then `xianbao.toml`."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def store(self) -> Root:
        """The root, by its absolute path."""
        return Root(self.root.absolute())

    @property
    def inbox_folder(self) -> Path:
        """The inbox, by its absolute path; a folder of the root where none is set."""
        return (self.inbox or self.root / "inbox").absolute()

    @property
    def ledger(self) -> str:
        """The ledger's URL; SQLite in the root where none is set."""
        return self.ledger_url or f"sqlite:///{self.store.path / 'ledger.db'}"

    @property
    def limits(self) -> Limits:
        """What a file may take: bytes, cells, members, seconds of reading, memory; and a sender, and a night."""
        return Limits(
            file_bytes=self.max_file_bytes,
            unpacked_bytes=self.max_unpacked_bytes,
            cells=self.max_sheet_cells,
            members=self.max_archive_members,
            seconds=self.max_read_seconds,
            memory_bytes=self.max_read_memory_bytes,
            sender_seconds=self.max_sender_seconds,
            night_seconds=self.max_night_seconds,
            archive_growth=self.max_archive_growth,
        )

    @property
    def installation(self) -> Installation:
        """What an operation on the store is told of these settings."""
        return Installation(self.store, self.ledger, self.limits, self.folders, self.lock_wait_seconds, self.keep_days)

    @property
    def patience(self) -> SettleTimes:
        """How long files that are still being written are waited for."""
        return SettleTimes(self.settle_seconds, self.stale_lock_hours)


def load_settings() -> Settings:
    """The settings now; raises PermanentError naming the one that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise PermanentError(f"a setting is wrong (XIANBAO_* or xianbao.toml): {faults}") from error
    except SettingsError as error:
        raise PermanentError(f"a setting is wrong (XIANBAO_*): {error}; tables are written in JSON") from error
    except ValueError as error:
        raise PermanentError(f"xianbao.toml cannot be read: {error}") from error


def quiet_environment(settings: Settings) -> None:
    """Turns telemetry and chatter off, and gives Prefect a home in the root where no server of one's own is named.

    What the environment says already stays. To be called before Prefect is imported.
    """
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    if "PREFECT_API_URL" not in os.environ:
        os.environ.setdefault("PREFECT_HOME", str(settings.store.path / "prefect"))
        # Prefect makes the last folder only.
        Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)
        # The embedded server may take its time on a loaded machine.
        os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
