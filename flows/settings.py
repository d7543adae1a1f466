"""Settings: `XIANBAO_*` in the environment, over a file, over the defaults.

The file is the one that `XIANBAO_CONFIG` names; where that names none, `xianbao.toml` in the folder that `XIANBAO_ROOT`
names. Never one in the working directory, which may be a folder that others write to.
"""

from __future__ import annotations

import os
import sys
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from warehouse.intake.formats.preflight import Limits
from warehouse.intake.model.budget import Budgets, Cost
from warehouse.intake.ownership.inbox_folders import checked_folders
from warehouse.maintenance.installation import Installation
from warehouse.messages.errors import PermanentError
from warehouse.messages.log import log
from warehouse.reports.night_events import Thresholds
from warehouse.snapshots.manifest import OPEN_SHARE
from warehouse.store.files import Root, checked, make_folder
from warehouse.store.inbox import SettleTimes

CONFIG = "xianbao.toml"
PATHS = ("root", "inbox", "backup_destination")
MODES = 0o027  # what is made is the user's, and his group's to read
# Where a machine reads the log, all of it is shown, by Prefect's own handler.
JSON_LOGS = {
    "PREFECT_LOGGING_LEVEL": "INFO",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_FORMATTER": "json",
}
# No library of ours says anything to anyone, and little to the terminal.
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    # Our own lines go to Prefect's log all the same, as far as they are of a run.
    "PREFECT_LOGGING_EXTRA_LOGGERS": "xianbao",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    # An error is said once, by the command, not first as a traceback by Prefect; its server, if any, has that.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    # Prefect starts its server as a module: not one that lies in the working directory; and names are UTF-8 there too.
    "PYTHONSAFEPATH": "1",
    "PYTHONUTF8": "1",
    # The least that Prefect takes: alerts mark a run as crashed that has been silent for twenty times that.
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
}


class Settings(BaseSettings):
    """All settings, frozen. `root` is where everything is kept, `inbox` where submissions arrive."""

    model_config = SettingsConfigDict(env_prefix="XIANBAO_", validate_default=True, frozen=True, extra="forbid")

    root: Path = Path("var")
    inbox: Path | None = None
    inbox_marker: Annotated[str, Field(pattern=r"^[^/]+$")] | None = None
    ledger_url: str | None = None
    backup_destination: Path | None = None
    lock_wait_seconds: float = 600
    run_timeout_seconds: PositiveFloat = 43200
    task_timeout_seconds: PositiveFloat = 21600
    late_start: Literal["run", "skip"] = "run"
    late_start_hours: PositiveFloat = 12
    log_format: Literal["text", "json"] = "text"
    max_file_bytes: int = Limits().file_bytes
    max_unpacked_bytes: int = Limits().unpacked_bytes
    max_sheet_cells: int = Limits().cells
    max_archive_members: int = Limits().members
    max_read_seconds: PositiveFloat = Limits().seconds
    max_read_memory_bytes: PositiveInt = Limits().memory_bytes
    max_archive_growth: PositiveFloat = Limits().archive_growth
    max_file_returns: PositiveInt = Limits().returns
    max_sender_seconds: PositiveFloat = Budgets().sender.seconds
    max_sender_bytes: PositiveInt = Budgets().sender.bytes
    max_sender_rows: PositiveInt = Budgets().sender.rows
    max_sender_findings: PositiveInt = Budgets().sender.findings
    max_night_seconds: PositiveFloat = Budgets().night.seconds
    max_night_bytes: PositiveInt = Budgets().night.bytes
    max_night_rows: PositiveInt = Budgets().night.rows
    max_night_findings: PositiveInt = Budgets().night.findings
    settle_seconds: NonNegativeFloat = SettleTimes().settle_seconds
    stale_lock_hours: NonNegativeFloat = SettleTimes().lock_hours
    keep_days: NonNegativeFloat = 7
    keep_report_days: NonNegativeFloat = 400
    least_free_bytes: NonNegativeInt = 1_000_000_000
    stale_backup_hours: PositiveFloat = 26
    open_share: Annotated[float, Field(ge=0, le=1)] = OPEN_SHARE
    folders: dict[str, str] = {}
    alert_quarantined_share: Annotated[float, Field(ge=0, le=1)] = Thresholds().quarantined_share
    alert_overdue_counties: NonNegativeInt = Thresholds().overdue_counties
    alert_urls: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    # Prefect's triggers wait ten seconds at least.
    alert_heartbeat_seconds: Annotated[float, Field(ge=10)] = 600
    alert_late_seconds: Annotated[float, Field(ge=10)] = 1800
    alert_silence_seconds: Annotated[float, Field(ge=10)] = 26 * 3600

    @field_validator(*PATHS)
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        """Where it is now: the working directory may be another later. Raises ValueError for a name that is no text, or
        that databases take for the beginning of something else.
        """
        str(path).encode()
        try:
            return checked(path) if path else None
        except PermanentError as error:
            raise ValueError(str(error)) from error

    @field_validator("ledger_url")
    @classmethod
    def _whole_path(cls, url: str | None) -> str | None:
        if url and url.startswith("sqlite:///") and not url.startswith(("sqlite:////", "sqlite:///file:")):
            raise ValueError("the file of a SQLite ledger is named by its whole path, as in sqlite:////srv/ledger.db")
        return url

    @field_validator("alert_urls", mode="before")
    @classmethod
    def _each_url(cls, urls: object) -> object:
        """In the environment they are set apart by blanks, for no URL has one."""
        return urls.split() if isinstance(urls, str) else urls

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
        """What is given counts first, then the environment, then the file."""
        return init_settings, env_settings, _of_file(settings_cls)

    @property
    def store(self) -> Root:
        """The root, by its absolute path."""
        return Root(self.root)

    @property
    def inbox_folder(self) -> Path:
        """The inbox, by its absolute path; a folder of the root where none is set."""
        return self.inbox or self.root / "inbox"

    @property
    def backup_folder(self) -> Path:
        """Where backups go; raises PermanentError where that is not set."""
        if self.backup_destination is None:
            raise PermanentError("未设置备份位置; nothing says where to back up to: set XIANBAO_BACKUP_DESTINATION")
        return self.backup_destination

    @property
    def ledger(self) -> str:
        """The ledger's URL; SQLite in the root where none is set."""
        return self.ledger_url or f"sqlite:///{self.store.path / 'ledger.db'}"

    @property
    def limits(self) -> Limits:
        """What a file may take: bytes, cells, members, seconds of reading, memory."""
        return Limits(
            file_bytes=self.max_file_bytes,
            unpacked_bytes=self.max_unpacked_bytes,
            cells=self.max_sheet_cells,
            members=self.max_archive_members,
            seconds=self.max_read_seconds,
            memory_bytes=self.max_read_memory_bytes,
            archive_growth=self.max_archive_growth,
            returns=self.max_file_returns,
        )

    @property
    def budgets(self) -> Budgets:
        """What a sender and a night may take."""
        sender, night = (
            Cost(*(getattr(self, f"max_{of}_{measure.name}") for measure in fields(Cost))) for of in ("sender", "night")
        )
        return Budgets(sender, night)

    @property
    def installation(self) -> Installation:
        """What an operation on the store is told of these settings."""
        days = (self.keep_days, self.keep_report_days)
        return Installation(self.store, self.ledger, self.limits, self.folders, self.lock_wait_seconds, *days)

    @property
    def patience(self) -> SettleTimes:
        """How long files that are still being written are waited for."""
        return SettleTimes(self.settle_seconds, self.stale_lock_hours)

    @property
    def thresholds(self) -> Thresholds:
        """What a night may have before its events say that a threshold is passed."""
        return Thresholds(quarantined_share=self.alert_quarantined_share, overdue_counties=self.alert_overdue_counties)


def load_settings() -> Settings:
    """The settings now; raises PermanentError naming the one that is wrong.

    What this process makes from here on is for its user and, to read, for his group.
    """
    check_names()
    os.umask(MODES)
    if config_file() is None and Path(CONFIG).exists():
        log.warning(
            "工作目录中的 xianbao.toml 未被采用,如需采用请用 XIANBAO_CONFIG 指明; xianbao.toml in the working directory"
            " is not read: name it in XIANBAO_CONFIG, if it is meant"
        )
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        )
        raise PermanentError(f"a setting is wrong (XIANBAO_* or {config_file() or 'no file'}): {faults}") from error
    except SettingsError as error:
        raise PermanentError(f"a setting is wrong (XIANBAO_*): {error}; tables are written in JSON") from error
    except ValueError as error:
        raise PermanentError(f"{config_file()} cannot be read: {error}") from error


def _of_file(settings: type[BaseSettings]) -> InitSettingsSource:
    """The settings of the file; a path in it starts from where the file lies."""
    file = config_file()
    said = TomlConfigSettingsSource(settings, file).toml_data
    paths = {name: file.parent / said[name] for name in PATHS if file and name in said}
    return InitSettingsSource(settings, said | paths)


def config_file() -> Path | None:
    """The file of settings in force; None where there is none. Raises PermanentError where the one named is missing."""
    if named := os.environ.get("XIANBAO_CONFIG"):
        if not (file := Path(named).absolute()).is_file():
            raise PermanentError(f"XIANBAO_CONFIG: {named}: no such file")
        return file
    root = os.environ.get("XIANBAO_ROOT")
    beside = Path(root).absolute() / CONFIG if root else None
    return beside if beside and beside.is_file() else None


def check_names() -> None:
    """Raises PermanentError where names of files are not UTF-8 to Python: they would go wrong for good."""
    if sys.getfilesystemencoding() != "utf-8":
        raise PermanentError(
            "文件名编码不是 UTF-8,请设置环境变量 PYTHONUTF8=1; names of files are not UTF-8 here: set PYTHONUTF8=1"
        )


def quiet_environment(settings: Settings) -> None:
    """Turns telemetry and chatter off, and gives Prefect a home in the root where no server of one's own is named.

    What the environment says already stays. To be called before Prefect is imported: it reads files in the working
    directory, which is the root from here on, for nobody else writes there.
    """
    file = config_file()
    own = {"XIANBAO_ROOT": settings.root, "XIANBAO_INBOX": settings.inbox_folder, "XIANBAO_CONFIG": file}
    os.environ.update({name: str(path) for name, path in own.items() if path})
    make_folder(settings.root)
    os.chdir(settings.root)
    for name, value in (QUIET | (JSON_LOGS if settings.log_format == "json" else {})).items():
        os.environ.setdefault(name, value)
    if "PREFECT_API_URL" not in os.environ:
        os.environ.setdefault("PREFECT_HOME", str(settings.store.path / "prefect"))
        # Prefect makes the last folder only.
        Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)
        # The embedded server may take its time on a loaded machine.
        os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
