"""Creates the archive: calls, consents, utterances, replies and signals."""

import sqlalchemy as sa
from alembic import op

from agent.storage.columns import Real
from agent.storage.migrations.operations import create_index, create_table, create_table_of_call

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_table(
        "calls",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("started_at", Real, nullable=False),
        sa.Column("ended_at", Real),
        sa.Column("ended_because", sa.String(32)),
        sa.Column("locale", sa.String(16), nullable=False),
        indexes=("started_at",),
    )
    create_table_of_call(
        "consents",
        sa.Column("recorded_at", Real, nullable=False),
        sa.Column("given_at", Real, nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("purposes", sa.String(200), nullable=False),
    )
    create_table_of_call(
        "utterances",
        sa.Column("said_at", Real, nullable=False),
        sa.Column("speaker", sa.String(16), nullable=False),
        sa.Column("typed", sa.Boolean, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    create_table_of_call(
        "replies",
        sa.Column("said_at", Real, nullable=False),
        sa.Column("reply_id", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
    )
    create_table_of_call(
        "signals",
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("captured_at", Real, nullable=False),
        sa.Column("media_ms", Real, nullable=False),
        sa.Column("age_ms", Real, nullable=False),
        sa.Column("confidence", Real),
        sa.Column("valid", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("value", sa.Text, nullable=False),
        sa.UniqueConstraint("call_id", "seq"),
        indexes=(),
    )
    create_index("ix_signals_call_id_kind", "signals", "call_id", "kind")


def downgrade() -> None:
    for table in ("signals", "replies", "utterances", "consents", "calls"):
        op.drop_table(table)
