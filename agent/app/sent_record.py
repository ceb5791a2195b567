"""Keeps what the reply engine of a call is sent, so that its replies can be explained later."""

import msgspec

from agent.dialogue.protocol import CallStarted, Chat, SignalSeen, ToEngine, Utterance
from agent.storage.calls import CallStore


class SentRecord:
    """Of one call. Signals are kept elsewhere, and words that were not final nowhere."""

    def __init__(self, call_id: str, pseudonym: str, store: CallStore) -> None:
        """The engine knows the customer as the business does, the archive by `pseudonym`."""
        self._call_id = call_id
        self._pseudonym = pseudonym
        self._store = store

    def put(self, message: ToEngine) -> None:
        """No picture is archived."""
        if isinstance(message, CallStarted):
            message = msgspec.structs.replace(message, customer=self._pseudonym)
        if isinstance(message, Chat):
            message = msgspec.structs.replace(message, picture="")
        if not isinstance(message, SignalSeen) and not (isinstance(message, Utterance) and not message.final):
            self._store.record_sent(self._call_id, message)
