"""The archive's tables: calls, what their customers agreed to, what was said, seen, shown and answered; staff; audit.

Times are Unix seconds. What people said, showed or felt stands in the columns of type `Content` and nowhere else.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.sql.schema import SchemaItem

from agent.storage.columns import OPTIONS, Content, Identity, Real, Whole

metadata = MetaData()


def _table(name: str, *parts: SchemaItem) -> Table:
    return Table(name, metadata, *parts, **OPTIONS)


def _of_call(name: str, *parts: SchemaItem, indexed: bool = True) -> Table:
    """A table of rows that belong to a call, and go with it."""
    call: Column[str] = Column("call_id", ForeignKey("calls.id", ondelete="CASCADE"), nullable=False, index=indexed)
    return _table(name, Column("id", Identity, primary_key=True), call, *parts)


def _column(name: str, kind: Any) -> Column[Any]:
    return Column(name, kind, nullable=False)


calls = _table(
    "calls",
    Column("id", String(64), primary_key=True),
    Column("started_at", Real, nullable=False, index=True),
    Column("ended_at", Real),
    Column("ended_because", String(32)),
    _column("locale", String(16)),
    # A pseudonym; null for guests.
    Column("customer", String(64), index=True),
    # The pack of the embedded reply engine; null with an engine of one's own.
    Column("domain", String(64)),
    Column("outcome", String(32)),
    # The process that carried it, by the id of its spool.
    Column("writer", String(32)),
    # When it was copied to the archive of whole calls.
    Column("archived_at", Real),
)

call_keys = _of_call(
    "call_keys",
    UniqueConstraint("call_id"),
    # The call's data key, wrapped by the master key that is named.
    _column("wrapped", LargeBinary),
    _column("master_key", String(64)),
    indexed=False,
)

consents = _of_call(
    "consents",
    _column("recorded_at", Real),
    _column("given_at", Real),
    _column("version", String(32)),
    _column("locale", String(16)),
    # Names of purposes in alphabetical order, separated by spaces; a withdrawal is one more row.
    _column("purposes", String(200)),
)

utterances = _of_call(
    "utterances",
    _column("said_at", Real),
    _column("speaker", String(16)),
    _column("typed", Boolean),
    _column("text", Content),
)

replies = _of_call(
    "replies",
    _column("said_at", Real),
    _column("reply_id", String(64)),
    _column("text", Content),
    # JSON list of the signals that shaped it, as the reply engine named them.
    _column("because", Content),
    # The customer's turn that it answers, where the engine named one.
    Column("turn", Integer),
)

cards = _of_call(
    "cards",
    _column("shown_at", Real),
    _column("card_id", String(64)),
    # JSON of the card; of no length when it was taken away.
    _column("body", Content),
)

sent = _of_call(
    "sent",
    _column("sent_at", Real),
    _column("type", String(32)),
    # JSON of the message to the reply engine. Its signals are in `signals` and `states`.
    _column("body", Content),
)

signals = _of_call(
    "signals",
    _column("seq", Integer),
    _column("kind", String(16)),
    _column("captured_at", Real),
    _column("media_ms", Real),
    _column("age_ms", Real),
    Column("confidence", Real),
    _column("valid", Boolean),
    Column("reason", Text),
    # JSON of the signal's value.
    _column("value", Content),
    UniqueConstraint("call_id", "seq"),
    Index("ix_signals_call_id_kind", "call_id", "kind"),
    indexed=False,
)

states = _of_call(
    "states",
    _column("captured_at", Real),
    # JSON list of the latest signal of each state kind that came in one second.
    _column("body", Content),
)

tracks = _of_call(
    "tracks",
    # On the call's media clock.
    _column("starts_ms", Real),
    _column("body", Content),
)

recordings = _of_call(
    "recordings",
    _column("began_at", Real),
    # Its name in the folder of recordings of the machine that carried the call.
    _column("file", String(128)),
    # What the file is encrypted with: who has destroyed it has made every copy of the file unreadable.
    _column("key", Content),
)

labels = _of_call(
    "labels",
    _column("labelled_at", Real),
    _column("labelled_by", String(64)),
    # The moment that is labelled, since the call began.
    _column("at_ms", Real),
    # What is labelled: an emotion, a gesture or an intent.
    _column("kind", String(32)),
    # JSON of what the agent took it for, and of what it was.
    _column("value", Content),
    # Whether the agent had it right.
    Column("correct", Boolean),
)

surveys = _of_call(
    "surveys",
    UniqueConstraint("call_id"),
    _column("answered_at", Real),
    # 1 to 5, the best.
    _column("score", Integer),
    # Whether what they came for was done; null where they did not say.
    Column("resolved", Boolean),
    # In their own words; of no length where they wrote none.
    _column("text", Content),
    indexed=False,
)

summaries = _of_call(
    "summaries",
    UniqueConstraint("call_id"),
    # JSON of what a call that has ended came to, so that many can be compared without reading each one whole.
    _column("body", Content),
    indexed=False,
)

customers = _table(
    "customers",
    # The pseudonym that `calls.customer` names.
    Column("id", String(64), primary_key=True),
    _column("first_seen_at", Real),
    Column("last_seen_at", Real, nullable=False, index=True),
    _column("locale", String(16)),
)

users = _table(
    "users",
    Column("id", Identity, primary_key=True),
    _column("name", String(64)),
    _column("role", String(16)),
    # Null for who signs in elsewhere.
    Column("password_hash", String(255)),
    Column("totp_secret", LargeBinary),
    # The last time step of which a code was taken.
    Column("totp_step", Integer, nullable=False, server_default="0"),
    # JSON list of hashes.
    _column("recovery_codes", Text),
    _column("created_at", Real),
    Column("disabled_at", Real),
    UniqueConstraint("name"),
)

sessions = _table(
    "sessions",
    Column("id", Identity, primary_key=True),
    # Null for the link that `agent serve` prints.
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), index=True),
    _column("token_hash", String(64)),
    Column("previous_hash", String(64), index=True),
    _column("created_at", Real),
    _column("rotated_at", Real),
    _column("seen_at", Real),
    Column("expires_at", Real, nullable=False, index=True),
    UniqueConstraint("token_hash"),
)

audit = _table(
    "audit",
    Column("seq", Whole, primary_key=True, autoincrement=False),
    # In whole Unix milliseconds, as a fraction would not be hashed alike by every database.
    Column("at_ms", Whole, nullable=False, index=True),
    _column("actor", String(128)),
    Column("action", String(64), nullable=False, index=True),
    _column("subject", String(128)),
    # Canonical JSON.
    _column("details", Text),
    _column("previous_hash", String(64)),
    _column("hash", String(64)),
)

writers = _table(
    "writers",
    Column("id", String(32), primary_key=True),
    # Number of its last batch of rows that was written: it is never written again.
    _column("last_batch", Whole),
)

IN_ORDER = (
    *(calls, call_keys, consents, utterances, replies, cards, sent),
    *(signals, states, tracks, recordings, labels, surveys, summaries),
)
"""What is recorded of calls, in an order in which rows can be inserted."""
CONTENT = {table: tuple(column.name for column in table.c if column.type is Content) for table in IN_ORDER}
"""Columns of each table that hold what people said, showed or felt, or what opens that."""
