"""What a call asks its reply engine: turns are numbered, and an answer is waited for so long and no longer."""

import asyncio
from collections.abc import Callable

from agent.dialogue.client import ReplyClient
from agent.dialogue.protocol import Chat, ToEngine, Utterance


class Asking:
    """Belongs to the event loop and never waits. Nothing is sent before `follow`."""

    def __init__(
        self, *, answer_within_s: float, on_absence: Callable[[], None], on_silence: Callable[[], None]
    ) -> None:
        """`on_absence` is called when something is asked while no engine is there, `on_silence` when one does not
        answer in time."""
        self._answer_within_s = answer_within_s
        self._on_absence = on_absence
        self._on_silence = on_silence
        self.waits = True
        """False while a person has the call, so that no answer is to come."""
        self._reply: ReplyClient | None = None
        self._overdue: asyncio.TimerHandle | None = None
        self._turn = 0
        self._spoken = (-1, 0)
        """The utterance that was sent last, and its turn."""

    def follow(self, reply: ReplyClient) -> None:
        """Asks this engine from here on."""
        self._reply = reply

    def next_turn(self) -> int:
        """The number of something that the customer typed."""
        self._turn += 1
        return self._turn

    def turn_of(self, utterance_id: int) -> int:
        """The number of something that the customer says; the same for as long as it is revised."""
        if self._spoken[0] != utterance_id:
            self._spoken = (utterance_id, self.next_turn())
        return self._spoken[1]

    def tell(self, message: ToEngine) -> None:
        """Sends what needs no answer."""
        if self._reply is not None:
            self._reply.send(message)

    def ask(self, question: Utterance | Chat) -> None:
        """Sends what the customer wants, and waits for the answer."""
        if self.waits and (self._reply is None or not self._reply.connected):
            self._on_absence()
        self.tell(question)
        self.answered()
        if not self.waits:
            return
        self._overdue = asyncio.get_running_loop().call_later(self._answer_within_s, self._give_up)

    def answered(self) -> None:
        """No answer is waited for any more."""
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    def _give_up(self) -> None:
        self._overdue = None
        if not self.waits:
            return
        if self._reply is not None:
            self._reply.give_up()
        self._on_silence()
