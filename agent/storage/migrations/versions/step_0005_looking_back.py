"""Keeps what customers answer after a call and what a call came to; what staff labels it with becomes content."""

import sqlalchemy as sa

from agent.core.errors import StoreError
from agent.storage.columns import Content, Real
from agent.storage.migrations.operations import create_table_of_call, text_to_content

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    create_table_of_call(
        "surveys",
        sa.Column("answered_at", Real, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("resolved", sa.Boolean),
        sa.Column("text", Content, nullable=False),
        sa.UniqueConstraint("call_id"),
        indexes=(),
    )
    create_table_of_call(
        "summaries",
        sa.Column("body", Content, nullable=False),
        sa.UniqueConstraint("call_id"),
        indexes=(),
    )
    text_to_content("labels", "value")


def downgrade() -> None:
    raise StoreError("an archive of version 0005 cannot be made older, as its labels may be sealed; put back a backup")
