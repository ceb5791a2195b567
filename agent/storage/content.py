"""What is written of people's words: texts and JSON, without what names a person or opens an account."""

import msgspec
from sqlalchemy import Table

from agent.storage.redaction import redacted, redacted_values
from agent.storage.tables import cards, replies, sent, signals, surveys, utterances

_TEXTS = frozenset((table.name, "text") for table in (utterances, replies, surveys))
_JSON = frozenset({(replies.name, "because"), (cards.name, "body"), (sent.name, "body"), (signals.name, "value")})


def fit_to_keep(table: Table, column: str, clear: bytes) -> bytes:
    """The value of a column of type `Content` as it may be kept. Columns that hold no words are left as they are."""
    if (table.name, column) in _TEXTS:
        return redacted(clear.decode()).encode()
    if (table.name, column) in _JSON and clear:
        return msgspec.json.encode(redacted_values(msgspec.json.decode(clear)))
    return clear
