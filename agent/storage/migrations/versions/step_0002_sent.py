"""Keeps what the reply engine was sent, and which turn a reply answers, so that replies can be explained."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "sent",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("call_id", sa.String(64), sa.ForeignKey("calls.id", ondelete="CASCADE"), nullable=False),
        sa.Column("sent_at", sa.Float, nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_sent_call_id", "sent", ["call_id"])
    op.add_column("replies", sa.Column("turn", sa.Integer))


def downgrade() -> None:
    op.drop_column("replies", "turn")
    op.drop_table("sent")
