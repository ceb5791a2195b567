"""Puts together what a customer says in two goes: who takes the word up again soon had not finished."""

from dataclasses import replace

from agent.core.clock import NS_PER_S
from agent.core.speech import Transcript

TAKEN_UP_WITHIN_S = 3.0
"""Who goes on within this time, before any reply was heard, had not finished: both parts are one turn."""


class UnfinishedTurn:
    """Of one call."""

    def __init__(self) -> None:
        self._answering: Transcript | None = None
        self._before: Transcript | None = None
        """A turn that proved to go on: its words belong before the next ones."""

    def answer(self, turn: Transcript) -> None:
        """A reply to it is awaited."""
        self._answering = turn

    def cut_off(self, heard_text: str) -> None:
        """The customer has spoken over the reply, of which they had heard so much."""
        self._before = None if heard_text else self._answering

    def joined(self, event: Transcript) -> Transcript:
        """The words, after those of a turn that proved not to be over."""
        before = self._before
        if before is None or event.utterance_id == before.utterance_id:
            return event
        if event.stamp.captured_ns - before.speech_end_ns > TAKEN_UP_WITHIN_S * NS_PER_S:
            self._before = None
            return event
        if event.final:
            self._before = None
        return replace(event, utterance_id=before.utterance_id, stamp=before.stamp, text=f"{before.text} {event.text}")
