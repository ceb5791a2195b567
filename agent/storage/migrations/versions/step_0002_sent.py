"""Keeps what the reply engine was sent, and which turn a reply answers, so that replies can be explained."""

import sqlalchemy as sa
from alembic import op

from agent.storage.columns import Real
from agent.storage.migrations.operations import add_column, create_table_of_call

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    create_table_of_call(
        "sent",
        sa.Column("sent_at", Real, nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    add_column("replies", sa.Column("turn", sa.Integer))


def downgrade() -> None:
    op.drop_column("replies", "turn")
    op.drop_table("sent")
