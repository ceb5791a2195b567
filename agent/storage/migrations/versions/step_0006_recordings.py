"""Keeps where recordings of picture and sound lie, and what they are encrypted with."""

import sqlalchemy as sa

from agent.core.errors import StoreError
from agent.storage.columns import Content, Real
from agent.storage.migrations.operations import create_table_of_call

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    create_table_of_call(
        "recordings",
        sa.Column("began_at", Real, nullable=False),
        sa.Column("file", sa.String(128), nullable=False),
        sa.Column("key", Content, nullable=False),
    )


def downgrade() -> None:
    raise StoreError("an archive of version 0006 cannot be made older, as recordings would stay behind unseen")
