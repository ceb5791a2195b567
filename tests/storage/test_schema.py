"""Migrations: from nothing, from where it stopped, and that they lead to the tables that the code uses."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from agent.core.errors import StoreError
from agent.storage.schema import shown, upgrade
from agent.storage.tables import metadata


def test_migrations_lead_to_the_tables_in_use(tmp_path: Path) -> None:
    """An empty file becomes exactly what `tables.py` describes, and a second upgrade changes nothing."""
    path = tmp_path / "new.sqlite3"
    for _ in range(2):
        upgrade(f"sqlite+aiosqlite:///{path}")
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
    engine.dispose()


def test_archive_of_a_later_version_is_refused(tmp_path: Path) -> None:
    """A database that a newer agent has migrated is left alone, and the message says why."""
    path = tmp_path / "later.sqlite3"
    upgrade(f"sqlite+aiosqlite:///{path}")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match="later version"):
        upgrade(f"sqlite+aiosqlite:///{path}")


def test_password_is_never_shown() -> None:
    """Addresses in messages hide their password."""
    assert "hunter2" not in shown("postgresql+asyncpg://agent:hunter2@db/calls")
