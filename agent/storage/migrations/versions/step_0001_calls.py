"""Creates the archive: calls, consents, utterances, replies and signals."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("started_at", sa.Float, nullable=False),
        sa.Column("ended_at", sa.Float),
        sa.Column("ended_because", sa.String(32)),
        sa.Column("locale", sa.String(16), nullable=False),
    )
    op.create_index("ix_calls_started_at", "calls", ["started_at"])
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer, primary_key=True),
        _call_id(),
        sa.Column("recorded_at", sa.Float, nullable=False),
        sa.Column("given_at", sa.Float, nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("purposes", sa.String(200), nullable=False),
    )
    op.create_table(
        "utterances",
        sa.Column("id", sa.Integer, primary_key=True),
        _call_id(),
        sa.Column("said_at", sa.Float, nullable=False),
        sa.Column("speaker", sa.String(16), nullable=False),
        sa.Column("typed", sa.Boolean, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "replies",
        sa.Column("id", sa.Integer, primary_key=True),
        _call_id(),
        sa.Column("said_at", sa.Float, nullable=False),
        sa.Column("reply_id", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
    )
    for table in ("consents", "utterances", "replies"):
        op.create_index(f"ix_{table}_call_id", table, ["call_id"])
    op.create_table(
        "signals",
        sa.Column("id", sa.Integer, primary_key=True),
        _call_id(),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("captured_at", sa.Float, nullable=False),
        sa.Column("media_ms", sa.Float, nullable=False),
        sa.Column("age_ms", sa.Float, nullable=False),
        sa.Column("confidence", sa.Float),
        sa.Column("valid", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("value", sa.Text, nullable=False),
        sa.UniqueConstraint("call_id", "seq"),
    )
    op.create_index("ix_signals_call_id_kind", "signals", ["call_id", "kind"])


def downgrade() -> None:
    for table in ("signals", "replies", "utterances", "consents", "calls"):
        op.drop_table(table)


def _call_id() -> "sa.Column[str]":
    return sa.Column("call_id", sa.String(64), sa.ForeignKey("calls.id", ondelete="CASCADE"), nullable=False)
