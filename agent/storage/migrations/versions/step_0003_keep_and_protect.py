"""Keeps cards, states by the second, tracks, labels, customers, keys, staff, the audit log; content becomes bytes."""

import sqlalchemy as sa

from agent.core.errors import StoreError
from agent.storage.columns import Content, Identity, Real, Whole
from agent.storage.migrations.operations import (
    add_column,
    create_index,
    create_table,
    create_table_of_call,
    text_to_content,
)

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for column in (
        sa.Column("customer", sa.String(64)),
        sa.Column("domain", sa.String(64)),
        sa.Column("outcome", sa.String(32)),
        sa.Column("writer", sa.String(32)),
        sa.Column("archived_at", Real),
    ):
        add_column("calls", column)
    create_index("ix_calls_customer", "calls", "customer")
    text_to_content("utterances", "text")
    text_to_content("replies", "text", "because")
    text_to_content("sent", "body")
    text_to_content("signals", "value")
    _create_tables_of_calls()
    _create_tables_of_people()
    create_table(
        "writers",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("last_batch", Whole, nullable=False),
    )


def _create_tables_of_calls() -> None:
    create_table_of_call(
        "call_keys",
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("master_key", sa.String(64), nullable=False),
        sa.UniqueConstraint("call_id"),
        indexes=(),
    )
    create_table_of_call(
        "cards",
        sa.Column("shown_at", Real, nullable=False),
        sa.Column("card_id", sa.String(64), nullable=False),
        sa.Column("body", Content, nullable=False),
    )
    create_table_of_call(
        "states",
        sa.Column("captured_at", Real, nullable=False),
        sa.Column("body", Content, nullable=False),
    )
    create_table_of_call(
        "tracks",
        sa.Column("starts_ms", Real, nullable=False),
        sa.Column("body", Content, nullable=False),
    )
    create_table_of_call(
        "labels",
        sa.Column("labelled_at", Real, nullable=False),
        sa.Column("labelled_by", sa.String(64), nullable=False),
        sa.Column("at_ms", Real, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("value", sa.String(64), nullable=False),
        sa.Column("correct", sa.Boolean),
    )


def _create_tables_of_people() -> None:
    create_table(
        "customers",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("first_seen_at", Real, nullable=False),
        sa.Column("last_seen_at", Real, nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        indexes=("last_seen_at",),
    )
    create_table(
        "users",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("totp_secret", sa.LargeBinary),
        sa.Column("totp_step", sa.Integer, nullable=False, server_default="0"),
        sa.Column("recovery_codes", sa.Text, nullable=False),
        sa.Column("created_at", Real, nullable=False),
        sa.Column("disabled_at", Real),
        sa.UniqueConstraint("name"),
    )
    create_table(
        "sessions",
        sa.Column("id", Identity, primary_key=True),
        sa.Column("user_id", Identity, sa.ForeignKey("users.id", ondelete="CASCADE")),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("previous_hash", sa.String(64)),
        sa.Column("created_at", Real, nullable=False),
        sa.Column("rotated_at", Real, nullable=False),
        sa.Column("seen_at", Real, nullable=False),
        sa.Column("expires_at", Real, nullable=False),
        sa.UniqueConstraint("token_hash"),
        indexes=("user_id", "previous_hash", "expires_at"),
    )
    create_table(
        "audit",
        sa.Column("seq", Whole, primary_key=True, autoincrement=False),
        sa.Column("at_ms", Whole, nullable=False),
        sa.Column("actor", sa.String(128), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        indexes=("at_ms",),
    )


def downgrade() -> None:
    raise StoreError(
        "an archive of version 0003 cannot be made older, as what it holds may be sealed; put back a backup"
    )
