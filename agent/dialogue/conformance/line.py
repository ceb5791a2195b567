"""One test call to an engine: sends what an agent would, or what it never would, and keeps all that comes back."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from agent.core.errors import EngineUnavailable, ProtocolError
from agent.dialogue.codec import Unknown, decode_from_engine, encode
from agent.dialogue.conformance.verdict import Broken, Unseen
from agent.dialogue.doorway import connect_directly
from agent.dialogue.protocol import (
    SUBPROTOCOL,
    AgentHello,
    CallStarted,
    Chat,
    EngineHello,
    FromEngine,
    Handoff,
    Intent,
    Say,
    SayDelta,
    SignalSeen,
    ToEngine,
    Translated,
    Utterance,
)

LARGEST_FRAME_BYTES = 32 * 1024 * 1024
"""More than an agent takes, so that what an engine sends too much of can be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the kit waits, in seconds."""

    answer_s: float = 4.0
    """What an agent waits for an answer before it says a sentence of its own: `reply.answer_within_ms`."""
    late_s: float = 5.0
    """How much longer the kit waits, to tell a late answer from none."""
    hello_s: float = 5.0
    quiet_s: float = 1.0
    """Who has said nothing for this long is taken to be silent."""
    settle_s: float = 0.3
    """A greeting is over when nothing has come for this long."""
    mood_s: float = 3.6
    """How long a customer is shown to be angry: an engine may wait until a mood has lasted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A frame of the engine."""

    at_s: float
    """On the event loop's clock."""
    turn: int
    """The latest turn that the kit had sent; 0 before the first."""
    message: FromEngine | Unknown | None
    """None for what is no message of the protocol."""
    fault: str = ""
    """Why it is none."""


def is_answer(message: object) -> bool:
    """Whether an agent would take this for the engine's answer to what the customer said."""
    return (isinstance(message, Say) and not message.guess) or isinstance(message, SayDelta | Handoff)


@dataclass(slots=True, kw_only=True)
class Line:
    """A connection about one call. Everything that was sent and that came is kept in order."""

    socket: ClientConnection
    call: CallStarted
    patience: Patience
    arrivals: list[Arrival] = field(default_factory=list)
    sent_seqs: dict[int, str] = field(default_factory=dict)
    """Kind of each signal that the engine was told of, by its number."""
    turn: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, *messages: ToEngine) -> None:
        """Sends messages as an agent does. Raises `Broken` when the engine has closed the connection."""
        for message in messages:
            match message:
                case SignalSeen(signal=signal):
                    self.sent_seqs[signal.seq] = str(signal.__struct_config__.tag)
                case Utterance() | Chat():
                    self.turn = max(self.turn, message.turn)
                    if isinstance(message.intent, Intent) and message.intent.seq is not None:
                        self.sent_seqs[message.intent.seq] = "intent"
                case Translated():
                    self.turn = max(self.turn, message.turn)
            await self.send_raw(encode(message))

    async def send_raw(self, frame: str | bytes) -> None:
        """Sends a frame as it stands."""
        try:
            await self.socket.send(frame)
        except ConnectionClosed:
            raise Broken(self.why_closed()) from None

    def why_closed(self) -> str:
        code = self.socket.close_code
        return f"the engine closed the connection with code {code}" if code else "the engine broke the connection"

    async def hello(self) -> EngineHello:
        """The engine's hello. Raises `Broken` when something else comes first, or nothing."""
        first = await self._next(0, self.patience.hello_s)
        if first is None:
            raise Broken(f"said no hello within {self.patience.hello_s:g} s")
        if not isinstance(first.message, EngineHello):
            what = first.fault or f"a message of type {_tag(first.message)}"
            raise Broken(f"sent {what} before its hello")
        return first.message

    async def introduce(self) -> list[Arrival]:
        """Begins the call as an agent does; what the engine said to that, once it has fallen silent."""
        await self.send(AgentHello(agent="conformance kit"))
        await self.hello()
        mark = len(self.arrivals)
        await self.send(self.call)
        await self.settled()
        return self.arrivals[mark:]

    async def settled(self) -> None:
        """Waits until nothing has come for a moment."""
        while await self._next(len(self.arrivals), self.patience.settle_s) is not None:
            pass

    async def answer(self, question: Utterance | Chat) -> tuple[Arrival, float]:
        """Says `question`; the engine's answer, and how many seconds it took. Raises `Broken` without one in time."""
        mark = len(self.arrivals)
        asked_s = asyncio.get_running_loop().time()
        await self.send(question)
        found = await self.first(mark, self.patience.answer_s + self.patience.late_s)
        if found is None:
            raise Broken(self._why_no_answer(mark))
        took_s = found.at_s - asked_s
        if took_s > self.patience.answer_s:
            raise Broken(
                f"answered late, after {took_s:.1f} s: an agent waits {self.patience.answer_s:g} s, "
                "and then says a sentence of its own"
            )
        await self.settled()
        return found, took_s

    def _why_no_answer(self, mark: int) -> str:
        waited_s = self.patience.answer_s + self.patience.late_s
        came = self.arrivals[mark:]
        faults = [arrival.fault for arrival in came if arrival.fault]
        if faults:
            return f"answered with {faults[0]}"
        wrong = [arrival.message for arrival in came if is_answer(arrival.message)]
        if wrong and isinstance(wrong[0], Say | SayDelta):
            return f"answered turn {wrong[0].in_reply_to}, where turn {self.turn} was asked"
        if self.socket.close_code is not None:
            return f"{self.why_closed()} instead of answering"
        return f"never answered, or not within {waited_s:g} s"

    async def first(self, mark: int, within_s: float) -> Arrival | None:
        """The first answer to the latest turn after `mark`, or None if none comes in time."""
        deadline_s = asyncio.get_running_loop().time() + within_s
        while (arrival := await self._next(mark, deadline_s - asyncio.get_running_loop().time())) is not None:
            mark += 1
            named = getattr(arrival.message, "in_reply_to", None)
            if is_answer(arrival.message) and named in (None, self.turn):
                return arrival
        return None

    async def stays_silent(self, mark: int, why: str) -> None:
        """Raises `Broken` if the engine speaks after `mark`, where it should not."""
        spoken = await self.first_spoken(mark)
        if spoken is not None:
            raise Broken(f"spoke {why}")

    async def first_spoken(self, mark: int) -> Arrival | None:
        """The first words after `mark`, if some come before the kit takes it for silent."""
        deadline_s = asyncio.get_running_loop().time() + self.patience.quiet_s
        while (arrival := await self._next(mark, deadline_s - asyncio.get_running_loop().time())) is not None:
            mark += 1
            if is_answer(arrival.message) and not isinstance(arrival.message, Handoff):
                return arrival
        return None

    async def _next(self, index: int, within_s: float) -> Arrival | None:
        """The arrival at `index`, or None if it does not come in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, within_s)):
                while len(self.arrivals) <= index:
                    if self.socket.close_code is not None:
                        return None
                    self._changed.clear()
                    await self._changed.wait()
        return self.arrivals[index] if len(self.arrivals) > index else None

    async def read(self) -> None:
        """Takes what comes until the connection ends."""
        loop = asyncio.get_running_loop()
        with suppress(ConnectionClosed):
            async for frame in self.socket:
                message: FromEngine | Unknown | None = None
                fault = ""
                try:
                    message = decode_from_engine(frame)
                except ProtocolError as error:
                    fault = str(error)
                self.arrivals.append(Arrival(at_s=loop.time(), turn=self.turn, message=message, fault=fault))
                self._changed.set()
        self._changed.set()


def _tag(message: FromEngine | Unknown | None) -> str:
    return message.type if isinstance(message, Unknown) else str(message.__struct_config__.tag)  # type: ignore[union-attr]


@asynccontextmanager
async def connected(url: str, call: CallStarted, patience: Patience, headers: Mapping[str, str]) -> AsyncIterator[Line]:
    """A line to the engine at `url`, closed at the end. Raises `EngineUnavailable` when none can be had."""
    try:
        socket = await connect_directly(
            url,
            additional_headers=headers,
            compression=None,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            max_size=LARGEST_FRAME_BYTES,
            open_timeout=patience.hello_s,
            close_timeout=1.0,
            proxy=None,
        )
    except (OSError, WebSocketException) as fault:
        reason = "it did not answer in time" if isinstance(fault, TimeoutError) else str(fault)
        raise EngineUnavailable(f"no engine can be reached at {url}: {reason}") from None
    line = Line(socket=socket, call=call, patience=patience)
    verdict: Broken | Unseen | None = None
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(line.read(), name=f"reader of test call {call.call_id}")
        try:
            yield line
        except (Broken, Unseen) as said:
            # A task group would wrap it.
            verdict = said
        finally:
            await socket.close()
    if verdict is not None:
        raise verdict
