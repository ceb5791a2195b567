"""Which messages of an engine an agent acts on: what comes twice, for another call, too late or too fast is not."""

from collections import OrderedDict
from dataclasses import dataclass

from agent.core.clock import NS_PER_S
from agent.core.errors import ProtocolError
from agent.dialogue.protocol import LONGEST_TEXT, FromEngine, Say, SayDelta, SayEnd, Stop

KEPT_IDS = 512
"""Ids of replies that are remembered; an older one may come again unnoticed."""
OPEN_STREAMS = 4
STREAM_IDLE_S = 10.0
"""A stream that brings nothing for this long is over."""
BURST_MESSAGES, MESSAGES_A_S = 1_000, 200
BURST_BYTES, BYTES_A_S = 8 * 1024 * 1024, 1024 * 1024
"""Far beyond what a call can use; more of either is a fault, and costs calls beside it time on the event loop."""


@dataclass(slots=True)
class Allowance:
    """What may come in one connection: a burst, and from then on so much a second."""

    since_ns: int
    messages: float = BURST_MESSAGES
    size_bytes: float = BURST_BYTES

    def take(self, frame_bytes: int, now_ns: int) -> None:
        """Counts one frame. Raises `ProtocolError` when that is more than is allowed."""
        passed_s = (now_ns - self.since_ns) / NS_PER_S
        self.since_ns = now_ns
        self.messages = min(BURST_MESSAGES, self.messages + passed_s * MESSAGES_A_S) - 1
        self.size_bytes = min(BURST_BYTES, self.size_bytes + passed_s * BYTES_A_S) - frame_bytes
        if self.messages < 0:
            raise ProtocolError(f"more than {MESSAGES_A_S} messages a second; it is left alone for a while")
        if self.size_bytes < 0:
            raise ProtocolError(f"more than {BYTES_A_S // 1024} KiB a second; it is left alone for a while")


@dataclass(slots=True)
class _Stream:
    characters: int
    grown_ns: int


class Sieve:
    """One call's replies, over all connections to its engine. Ids count within a connection."""

    def __init__(self) -> None:
        self.repeated = 0
        """Replies under an id that was said before, and pieces of a stream that is over."""
        self.misdirected = 0
        """Replies to a turn that never was: they may belong to another call."""
        self.stale = 0
        """Replies to a turn that the agent gave up, after the customer went on to another."""
        self.overlong = 0
        """Pieces beyond what a stream, or the number of streams, may come to."""
        self._said: OrderedDict[str, None] = OrderedDict()
        self._streams: dict[str, _Stream] = {}
        self._turn = 0
        self._given_up = 0

    def connect(self) -> None:
        """A new connection: its engine may be another one, that numbers from the beginning."""
        self._said.clear()
        self._streams.clear()

    def asked(self, turn: int) -> None:
        """The engine was sent this turn of the customer's."""
        self._turn = max(self._turn, turn)

    def hush(self, say_id: str | None = None) -> None:
        """What is being streamed, or one reply of it, is not to be spoken on: pieces on their way are dropped."""
        if say_id is None:
            self._streams.clear()
        else:
            self._streams.pop(say_id, None)

    def give_up(self) -> None:
        """The agent no longer waits for an answer to the latest turn."""
        self._given_up = self._turn

    def passes(self, message: FromEngine, now_ns: int) -> bool:
        """Whether to act on `message`. What is not to be acted on is counted."""
        match message:
            case Say():
                return self._answers(message.in_reply_to) and (message.guess or self._is_new(message.id))
            case SayDelta():
                return self._grows(message, now_ns)
            case SayEnd():
                return self._streams.pop(message.id, None) is not None
            case Stop():
                self.hush(message.say)
                return True
            case _:
                return True

    def _answers(self, turn: int | None) -> bool:
        if turn is None:
            return True
        if not 1 <= turn <= self._turn:
            self.misdirected += 1
            return False
        if turn <= self._given_up and turn < self._turn:
            self.stale += 1
            return False
        return True

    def _is_new(self, say_id: str) -> bool:
        if say_id in self._said:
            self.repeated += 1
            return False
        self._said[say_id] = None
        if len(self._said) > KEPT_IDS:
            self._said.popitem(last=False)
        return True

    def _grows(self, piece: SayDelta, now_ns: int) -> bool:
        stream = self._streams.get(piece.id)
        if stream is not None and now_ns - stream.grown_ns > STREAM_IDLE_S * NS_PER_S:
            del self._streams[piece.id]
            stream = None
        if stream is None:
            if not self._answers(piece.in_reply_to) or not self._has_room(now_ns) or not self._is_new(piece.id):
                return False
            stream = self._streams[piece.id] = _Stream(0, now_ns)
        stream.characters += len(piece.text)
        stream.grown_ns = now_ns
        if stream.characters > LONGEST_TEXT:
            self.overlong += 1
            return False
        return True

    def _has_room(self, now_ns: int) -> bool:
        oldest_ns = now_ns - STREAM_IDLE_S * NS_PER_S
        self._streams = {name: stream for name, stream in self._streams.items() if stream.grown_ns >= oldest_ns}
        if len(self._streams) < OPEN_STREAMS:
            return True
        self.overlong += 1
        return False
