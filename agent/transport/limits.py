"""Bounds what one address may ask for: calls a minute, WebSockets at a time and a second, and messages on each."""

from collections import Counter
from math import ceil

from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from uvicorn.protocols.utils import ClientDisconnected

from agent.core.addresses import household_of, parsed_address, unmapped
from agent.core.clock import NS_PER_S, Clock
from agent.core.errors import LimitReached
from agent.core.settings import LimitSettings
from agent.transport.problems import problem

MOST_KEYS = 10_000
"""Addresses that are remembered; the one that asked longest ago is forgotten first."""
BURST = 5
"""Of what may come in a second, so much may come at once."""
POLICY_VIOLATION = 1008
UNKNOWN = "unknown"


class Buckets:
    """A token bucket a key: `burst` at once, `per_s` on average. Remembers a bounded number of keys."""

    def __init__(self, *, per_s: float, burst: float, clock: Clock) -> None:
        self._per_s = per_s
        self._burst = max(1.0, burst)
        self._clock = clock
        self._levels: dict[str, tuple[float, int]] = {}
        """What is left, and when it was counted; the key that asked last comes last."""

    def __len__(self) -> int:
        return len(self._levels)

    def take(self, key: str) -> float:
        """Takes one and gives 0; where none is left, takes nothing and gives the seconds until there is one."""
        now_ns = self._clock.now_ns()
        level, counted_ns = self._levels.pop(key, (self._burst, now_ns))
        level = min(self._burst, level + (now_ns - counted_ns) / NS_PER_S * self._per_s)
        wait_s = max(0.0, (1.0 - level) / self._per_s)
        self._levels[key] = (level if wait_s else level - 1.0, now_ns)
        if len(self._levels) > MOST_KEYS:
            del self._levels[next(iter(self._levels))]
        return wait_s


class Limits:
    """What is left to each address. Belongs to the event loop."""

    def __init__(self, settings: LimitSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._asks = Buckets(per_s=settings.asks_per_minute / 60, burst=settings.asks_per_minute, clock=clock)
        self._handshakes = Buckets(
            per_s=settings.handshakes_per_s, burst=settings.handshakes_per_s * BURST, clock=clock
        )
        self._sockets: Counter[str] = Counter()

    def client_of(self, host: str | None) -> str | None:
        """What the sender of a request is counted as: an IPv4 address, an IPv6 network of 64 bits, or, where a proxy
        passes on what is no address, all such together. None for who is not counted: an exempt address, or a local
        socket, which has none."""
        if not host:
            return None
        address = parsed_address(host)
        if address is None:
            return UNKNOWN
        exempt = any(unmapped(address) in network for network in self._settings.exempt)
        return None if exempt else household_of(address)

    def ask(self, client: str | None) -> None:
        """Counts one question: for a call, own data or a sign-in elsewhere. Raises `LimitReached` for one too many."""
        wait_s = 0.0 if client is None else self._asks.take(client)
        if wait_s:
            raise LimitReached("too much is asked for from your address", retry_after_s=ceil(wait_s))

    def enter(self, client: str | None) -> float:
        """Lets one more WebSocket in, to be given back with `leave`. Seconds to wait where it may not come; else 0."""
        if client is None:
            return 0.0
        if self._sockets[client] >= self._settings.sockets:
            return 1.0
        wait_s = self._handshakes.take(client)
        self._sockets[client] += not wait_s
        return wait_s

    def leave(self, client: str | None) -> None:
        if client is None:
            return
        self._sockets[client] -= 1
        if not self._sockets[client]:
            del self._sockets[client]

    def of_messages(self) -> Buckets:
        """For the messages of one WebSocket."""
        per_s = self._settings.messages_per_s
        return Buckets(per_s=per_s, burst=per_s * BURST, clock=self._clock)


class SocketLimits:
    """Middleware that refuses WebSockets with 429 and closes with 1008 those on which too much is said."""

    def __init__(self, app: ASGIApp, *, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        client = self._limits.client_of((scope.get("client") or (None,))[0])
        wait_s = self._limits.enter(client)
        if wait_s:
            refusal = LimitReached("too many connections from your address", retry_after_s=ceil(wait_s))
            await WebSocket(scope, receive, send).send_denial_response(too_many(refusal))
            # Without this uvicorn takes an answer in place of a handshake for a fault, and writes one line for each.
            raise ClientDisconnected
        try:
            await self._app(scope, _metered(receive, send, self._limits.of_messages()), send)
        finally:
            self._limits.leave(client)


def too_many(error: LimitReached) -> JSONResponse:
    """429 that says when to come back (RFC 6585)."""
    after_s = error.retry_after_s
    return problem(429, f"{error}; try again in {after_s} s", headers={"Retry-After": str(after_s)})


def _metered(receive: Receive, send: Send, messages: Buckets) -> Receive:
    async def receive_metered() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive" and messages.take("here"):
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "too many messages"})
            return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}
        return message

    return receive_metered
