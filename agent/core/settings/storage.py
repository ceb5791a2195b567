"""Settings of what is kept, where and for how long."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from agent.core.settings.section import Section


class StorageSettings(Section):
    url: str = "sqlite+aiosqlite:///agent.sqlite3"
    key_file: Path | None = None
    """The archive's keys, made at the first start; beside an SQLite archive, or `agent.keys`, when absent."""
    keys: SecretStr | None = None
    """The keys themselves, as `agent keys new` prints them, instead of a file that the agent writes."""
    spool: Path | None = None
    """Folder for what happens while the database takes nothing; beside an SQLite archive, or `agent.spool`, when
    absent. On another disk than the database it helps against a full one, too."""
    spool_bytes: int = Field(256 * 2**20, ge=2**20)
    """The spool takes no more; what happens then is kept in memory for some seconds, and then lost and counted."""
    recordings: Path | None = None
    """Folder for recordings of picture and sound, made with the first; beside an SQLite archive, or `agent.recordings`,
    when absent."""
    recordings_leave_bytes: int = Field(2 * 2**30, ge=0)
    """Nothing is recorded while the disk of that folder has less free: it is rather the archive's."""
    mongo_url: SecretStr | None = None
    """Where whole calls are copied to once they have ended, such as `mongodb://user:password@host/agent`; nowhere when
    absent. Needs `uv sync --extra mongo`; docs/mongodb.md."""

    @field_validator("mongo_url")
    @classmethod
    def _mongo_is_addressed(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("mongodb://", "mongodb+srv://")):
            raise ValueError("the address of MongoDB begins with mongodb:// or mongodb+srv://")
        return url
