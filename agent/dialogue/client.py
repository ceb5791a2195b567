"""The agent's side of the reply protocol: one connection a call, which no engine, however broken, can hurt."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidURI, WebSocketException
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from agent.core.clock import NS_PER_S, Clock, SystemClock
from agent.core.errors import EngineUnavailable, ProtocolError, SettingsError
from agent.core.mailbox import Mailbox
from agent.dialogue.codec import Unknown, decode_from_engine, encode
from agent.dialogue.doorway import connect_directly
from agent.dialogue.link_timing import LinkTiming
from agent.dialogue.outbox import Outbox
from agent.dialogue.protocol import (
    HARD_MESSAGE_LIMIT_BYTES,
    MAX_MESSAGE_BYTES,
    PROTOCOL_VERSION,
    SUBPROTOCOL,
    AgentHello,
    BargeIn,
    CallEnded,
    CallStarted,
    Chat,
    ConsentChanged,
    EngineHello,
    FromEngine,
    TakenOver,
    ToEngine,
    Utterance,
)
from agent.dialogue.sieve import Allowance, Sieve

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class ClientStatistics:
    """Counts of one call; nothing of what was said."""

    sent: int = 0
    received: int = 0
    unknown: int = 0
    """Messages of types that this version does not know."""
    malformed: int = 0
    """Messages that were too long, not JSON, or not of the protocol."""
    refused: int = 0
    """Messages of ours that were too long to send."""
    connections: int = 0
    losses: int = 0
    """Connections lost, and runs of attempts in which none was made."""


LinkListener = Callable[[bool, str], None]
"""Called with (True, engine name) when the engine is reached and (False, reason) when it is lost or cannot be."""


class ReplyClient:
    """Speaks to the reply engine at `url` about one call.

    `run` belongs in the call's task group and ends only after `finish`, or when cancelled; it raises nothing about the
    engine. What the engine says comes out of `incoming` (one consumer, oldest dropped when it does not keep up).
    `headers` go with each handshake. `on_link` is called on the event loop at each change for better or worse, once a
    change, so that the call can say a plain sentence; `on_send` with each message that is left for the engine.

    Raises `SettingsError` when `url` is no WebSocket address.
    """

    def __init__(
        self,
        url: str,
        call: CallStarted,
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        on_link: LinkListener = lambda connected, reason: None,
        on_send: Callable[[ToEngine], None] = lambda message: None,
        timing: LinkTiming | None = None,
        clock: Clock | None = None,
        capacity: int = 256,
        random_source: random.Random | None = None,
    ) -> None:
        try:
            parse_uri(url)
        except InvalidURI:
            raise SettingsError(f"reply.url is {url!r}; give an address such as ws://127.0.0.1:8090") from None
        self.incoming: Mailbox[FromEngine] = Mailbox(capacity)
        self.statistics = ClientStatistics()
        self.connected = False
        """True from the engine's hello until the connection is lost."""
        self._url = url
        self._headers = headers
        self._call = call
        self._on_link = on_link
        self._on_send = on_send
        self._timing = timing or LinkTiming()
        self._clock = clock or SystemClock()
        self._outbox = Outbox(capacity)
        self._sieve = Sieve()
        self._random = random_source or random.Random()
        self._finishing = asyncio.Event()
        self._reported_lost = False

    @property
    def unwanted(self) -> dict[str, int]:
        """Replies that were not acted on, by why."""
        sieve = self._sieve
        counts = (sieve.repeated, sieve.misdirected, sieve.stale, sieve.overlong)
        return dict(zip(("repeated", "misdirected", "stale", "overlong"), counts, strict=True))

    @property
    def events_dropped(self) -> int:
        """Events lost because the engine was away or slow for too long."""
        return self._outbox.dropped

    def send(self, message: ToEngine) -> None:
        """Leaves a message for the engine; never waits. While it is away, state signals collapse to the latest."""
        if self._finishing.is_set():
            return
        match message:
            case Utterance() | Chat():
                self._sieve.asked(message.turn)
            case BargeIn() | TakenOver():
                self._sieve.hush()
            case ConsentChanged(purposes=purposes):
                self._call = msgspec.structs.replace(self._call, purposes=purposes)
        self._on_send(message)
        self._outbox.put(message)

    def give_up(self) -> None:
        """Says that the latest turn is not waited for any more; an answer to it counts only until the next turn."""
        self._sieve.give_up()

    def finish(self, reason: str) -> None:
        """Ends the conversation: `call_ended` is the last message, and `run` returns within about two seconds."""
        self.send(CallEnded(reason=reason))
        self._finishing.set()

    async def run(self) -> None:
        """Stays connected until `finish`."""
        try:
            async with asyncio.TaskGroup() as tasks:
                link = tasks.create_task(self._stay_connected(), name=f"reply link of call {self._call.call_id}")
                await self._finishing.wait()
                if self.connected:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._timing.flush_within_s):
                            await self._outbox.drained()
                link.cancel()
        finally:
            self.connected = False
            self.incoming.close()
            if any(self.unwanted.values()):
                log.warning("call %s: replies that were not acted on: %s", self._call.call_id, self.unwanted)

    async def _stay_connected(self) -> None:
        failures = 0
        while True:
            began_ns = self._clock.now_ns()
            try:
                reason = await self._connect_once()
            except (OSError, WebSocketException, EngineUnavailable, ProtocolError) as fault:
                reason = _plain(fault)
            lasted_s = (self._clock.now_ns() - began_ns) / NS_PER_S
            failures = 1 if lasted_s >= self._timing.stable_after_s else failures + 1
            self._report_lost(reason)
            await asyncio.sleep(self._timing.retry_after_s(failures, self._random.random()))

    async def _connect_once(self) -> str:
        """Connects, introduces the call, and carries messages until the connection ends. Returns why it ended."""
        timing = self._timing
        socket = await connect_directly(
            self._url,
            additional_headers=self._headers,
            compression=None,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            max_size=HARD_MESSAGE_LIMIT_BYTES,
            open_timeout=timing.connect_within_s,
            ping_interval=timing.ping_every_s,
            ping_timeout=timing.pong_within_s,
            proxy=None,
        )
        try:
            hello = await self._shake_hands(socket)
            self.statistics.connections += 1
            self._report_connected(hello.engine)
            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(self._write(socket), name=f"reply writer of call {self._call.call_id}")
                reason = await self._read(socket)
                writer.cancel()
            return reason
        finally:
            await _close(socket, timing.flush_within_s)

    async def _shake_hands(self, socket: ClientConnection) -> EngineHello:
        """Says hello and introduces the call once the engine has said hello too.

        Raises `EngineUnavailable` when it stays silent or speaks another version.
        """
        await socket.send(encode(AgentHello()))
        try:
            async with asyncio.timeout(self._timing.connect_within_s):
                while not isinstance(hello := self._read_frame(await socket.recv()), EngineHello):
                    pass
        except TimeoutError:
            raise EngineUnavailable("the engine accepted the connection but said no hello") from None
        if hello.protocol != PROTOCOL_VERSION:
            raise EngineUnavailable(f"the engine speaks protocol {hello.protocol}, not {PROTOCOL_VERSION}; update it")
        again = msgspec.structs.replace(self._call, resumed=self._call.resumed or self.statistics.connections > 0)
        await socket.send(encode(again))
        return hello

    async def _read(self, socket: ClientConnection) -> str:
        """Takes what the engine sends until the connection ends, or is ended as too much comes. Returns why."""
        self._sieve.connect()
        allowance = Allowance(self._clock.now_ns())
        with suppress(ConnectionClosed):
            async for frame in socket:
                now_ns = self._clock.now_ns()
                try:
                    allowance.take(len(frame), now_ns)
                except ProtocolError as fault:
                    await _close(socket, self._timing.flush_within_s, code=1008)
                    return f"the engine sent {fault}"
                message = self._read_frame(frame)
                if message is None or isinstance(message, EngineHello) or not self._sieve.passes(message, now_ns):
                    continue
                self.incoming.put(message)
        return f"the engine closed the connection with code {socket.close_code}"

    def _read_frame(self, frame: str | bytes) -> FromEngine | None:
        """The message in a frame, or None for one that is counted and passed over."""
        try:
            message = decode_from_engine(frame)
        except ProtocolError as fault:
            self.statistics.malformed += 1
            if self.statistics.malformed == 1:
                log.warning("call %s: the reply engine sent %s", self._call.call_id, fault)
            return None
        if isinstance(message, Unknown):
            self.statistics.unknown += 1
            return None
        self.statistics.received += 1
        return message

    async def _write(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                key, message = await self._outbox.peek()
                frame = encode(message)
                if len(frame) > MAX_MESSAGE_BYTES or len(frame.encode()) > MAX_MESSAGE_BYTES:
                    self.statistics.refused += 1
                else:
                    await socket.send(frame)
                    self.statistics.sent += 1
                self._outbox.discard(key, message)

    def _report_connected(self, engine: str) -> None:
        self.connected = True
        self._reported_lost = False
        log.info("call %s: reply engine connected", self._call.call_id)
        self._on_link(True, engine)

    def _report_lost(self, reason: str) -> None:
        self.connected = False
        if self._reported_lost:
            return
        self._reported_lost = True
        self.statistics.losses += 1
        log.warning("call %s: reply engine lost: %s", self._call.call_id, reason)
        self._on_link(False, reason)


def _plain(fault: Exception) -> str:
    if isinstance(fault, TimeoutError):
        return "the engine did not answer in time"
    return str(fault) or type(fault).__name__


async def _close(socket: ClientConnection, within_s: float, *, code: int = 1000) -> None:
    """Closes politely, or abruptly when the engine does not read: its full buffer would hold the close back too."""
    try:
        async with asyncio.timeout(within_s):
            await socket.close(code)
    except TimeoutError:
        socket.transport.abort()
