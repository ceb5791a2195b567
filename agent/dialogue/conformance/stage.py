"""Where test calls are played: what is said in them, and everything that the engine did in all of them."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec

from agent.core.clock import SystemClock
from agent.core.signals import AffectValue, FaceValue, Finding, GestureValue, SignalValue, signal_from
from agent.core.types import CaptureOrigin, Stamp
from agent.dialogue.conformance.line import Line, Patience, connected
from agent.dialogue.protocol import CallStarted, Chat, Intent, SignalSeen, Utterance

PURPOSES = ("expression", "gesture", "speech", "voice_emotion")
LINES = ("Good morning, can you help me?", "Where is my order?", "How long does that take?", "Thank you very much.")
"""What a customer says in a test call unless the kit is given words of the engine's business."""
A_PERSON = "I would like to talk to a person, please."

Understand = Callable[[str], Intent | None]
"""What an agent's own model makes of words."""


@dataclass(slots=True, kw_only=True)
class Stage:
    """The engine that is tried."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    """Shown in each handshake."""
    patience: Patience = Patience()
    lines: tuple[str, ...] = LINES
    customer: str = "guest"
    understand: Understand = lambda words: None
    calls: list[Line] = field(default_factory=list)
    """All that were made."""
    answer_s: list[float] = field(default_factory=list)
    _said: int = 0

    @asynccontextmanager
    async def call(self, *, call_id: str = "", resumed: bool = False) -> AsyncIterator[Line]:
        """A connection about a call of its own, or about one that another connection has begun."""
        call = CallStarted(
            call_id=call_id or f"check-{secrets.token_hex(4)}",
            customer=self.customer,
            purposes=PURPOSES,
            consent_version="check",
            resumed=resumed,
        )
        async with connected(self.url, call, self.patience, self.headers) as line:
            self.calls.append(line)
            yield line

    @asynccontextmanager
    async def begun(self) -> AsyncIterator[Line]:
        """A call whose greeting is over."""
        async with self.call() as line:
            await line.introduce()
            yield line

    async def ask(self, line: Line, text: str | None = None) -> float:
        """Says a line; how many seconds the answer took. Raises `Broken` when none came in time."""
        _, took_s = await line.answer(self.utterance(line, text))
        self.answer_s.append(took_s)
        return took_s

    def words(self) -> str:
        """The next line of the customer's."""
        self._said += 1
        return self.lines[(self._said - 1) % len(self.lines)]

    def utterance(self, line: Line, text: str | None = None) -> Utterance:
        """Final words of a new turn."""
        words = text or self.words()
        turn = line.turn + 1
        return Utterance(id=turn, text=words, intent=self._intent(line, words), turn=turn)

    def chat(self, line: Line, text: str | None = None) -> Chat:
        words = text or self.words()
        return Chat(text=words, intent=self._intent(line, words), turn=line.turn + 1)

    def _intent(self, line: Line, words: str) -> Intent | None:
        intent = self.understand(words)
        if intent is None:
            return None
        return msgspec.structs.replace(intent, seq=next_seq(line))


def next_seq(line: Line) -> int:
    """A number that no signal of this call had yet."""
    return max(line.sent_seqs, default=-1) + 1


def affect(line: Line, label: str) -> SignalSeen:
    """How the customer seems to feel."""
    value = AffectValue(label=label, valence=-0.6, arousal=None, trend="steady", coverage=0.9)
    return _signal(line, next_seq(line), value)


def some_signals(line: Line) -> list[SignalSeen]:
    """One of several kinds, valid and not."""
    values: tuple[SignalValue, ...] = (
        FaceValue(faces=()),
        GestureValue(name="thumbs_up"),
        AffectValue(label="unknown", valence=None, arousal=None, trend="unknown", coverage=0.0),
    )
    return [_signal(line, next_seq(line) + number, value) for number, value in enumerate(values)]


def _signal(line: Line, seq: int, value: SignalValue) -> SignalSeen:
    clock = SystemClock()
    now_ns = clock.now_ns()
    unsure = isinstance(value, FaceValue) or (isinstance(value, AffectValue) and value.valence is None)
    stamp = Stamp(
        frame_id=seq,
        rtp_timestamp=0,
        arrived_ns=now_ns,
        captured_ns=now_ns,
        captured_error_ns=0,
        captured_from=CaptureOrigin.ARRIVAL,
        media_ms=0.0,
    )
    finding = Finding(
        value=value,
        confidence=None if unsure else 0.8,
        valid=not unsure,
        stamp=stamp,
        sources=("check",),
        reason="turned away" if unsure else None,
    )
    wall_ns = clock.wall_ns()
    return SignalSeen(signal=signal_from(finding, call_id=line.call.call_id, seq=seq, now_ns=now_ns, wall_ns=wall_ns))
