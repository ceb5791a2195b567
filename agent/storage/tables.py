"""The archive's tables: calls, what their customers agreed to, what was said, what was seen, what was answered.

Times are Unix seconds. What people said stands in `utterances.text`, `replies.text`, `sent.body` and the values of
transcript and intent signals, and nowhere else.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

calls = Table(
    "calls",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("started_at", Float, nullable=False, index=True),
    Column("ended_at", Float),
    Column("ended_because", String(32)),
    Column("locale", String(16), nullable=False),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call_id", ForeignKey("calls.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("recorded_at", Float, nullable=False),
    Column("given_at", Float, nullable=False),
    Column("version", String(32), nullable=False),
    Column("locale", String(16), nullable=False),
    # Names of purposes in alphabetical order, separated by spaces; a withdrawal is one more row.
    Column("purposes", String(200), nullable=False),
)

utterances = Table(
    "utterances",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call_id", ForeignKey("calls.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("said_at", Float, nullable=False),
    Column("speaker", String(16), nullable=False),
    Column("typed", Boolean, nullable=False),
    Column("text", Text, nullable=False),
)

replies = Table(
    "replies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call_id", ForeignKey("calls.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("said_at", Float, nullable=False),
    Column("reply_id", String(64), nullable=False),
    Column("text", Text, nullable=False),
    # JSON list of the signals that shaped it, as the reply engine named them.
    Column("because", Text, nullable=False),
    # The customer's turn that it answers, where the engine named one.
    Column("turn", Integer),
)

sent = Table(
    "sent",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call_id", ForeignKey("calls.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("sent_at", Float, nullable=False),
    Column("type", String(32), nullable=False),
    # JSON of the message to the reply engine. Its signals are in `signals`.
    Column("body", Text, nullable=False),
)

signals = Table(
    "signals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call_id", ForeignKey("calls.id", ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("captured_at", Float, nullable=False),
    Column("media_ms", Float, nullable=False),
    Column("age_ms", Float, nullable=False),
    Column("confidence", Float),
    Column("valid", Boolean, nullable=False),
    Column("reason", Text),
    # JSON of the signal's value.
    Column("value", Text, nullable=False),
    UniqueConstraint("call_id", "seq"),
    Index("ix_signals_call_id_kind", "call_id", "kind"),
)

IN_ORDER = (calls, consents, utterances, replies, sent, signals)
"""Tables in an order in which rows can be inserted."""
