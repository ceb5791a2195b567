"""The reply engine that ships: serves the reply protocol, one conversation a connection, from a domain pack."""

import asyncio
import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ssl import SSLContext

from pydantic import SecretStr
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from agent.core.clock import NS_PER_S, Clock, SystemClock
from agent.core.errors import EngineUnavailable, ProtocolError
from agent.core.local_clock import LocalClock
from agent.core.settings import ReplySettings
from agent.dialogue.codec import Unknown, decode_to_engine, encode
from agent.dialogue.conversation import Conversation, Phase
from agent.dialogue.domain import Domain, load_domain, open_tools
from agent.dialogue.doorway import doorkeeper
from agent.dialogue.help_pages import Embedding, with_help_pages
from agent.dialogue.llm import ChatEndpoint
from agent.dialogue.outside import Outside, opened
from agent.dialogue.protocol import (
    HARD_MESSAGE_LIMIT_BYTES,
    PROTOCOL_VERSION,
    SUBPROTOCOL,
    AgentHello,
    CallStarted,
    EngineHello,
    FromEngine,
    ToEngine,
)
from agent.dialogue.talk import Talk
from agent.dialogue.tools import FAILED, ToolCall, ToolResult, Tools

log = logging.getLogger(__name__)

ENGINE_NAME = "attentive-rules"
KEPT_CONVERSATIONS = 64
KEPT_FOR_S = 120.0
"""Conversations whose connection broke are kept so many and so long for the agent to come back to."""


async def serve_engine(
    host: str,
    port: int,
    settings: ReplySettings,
    ready: Callable[[int], None] = lambda port: None,
    *,
    embedding: Embedding | None = None,
    tls: SSLContext | None = None,
) -> None:
    """Serves until cancelled; `ready` gets the port once connections are taken (0 asks for a free one). Once
    `embedding` has embedded them, help pages are found by meaning; until then, and without it, by words alone.
    With `tls` its address begins with wss://.

    Raises `SettingsError` for a domain or a key file that cannot be loaded, or a system outside that cannot be used,
    `StoreError` for the domain's database, and `EngineUnavailable` when the port is taken.
    """
    domain = load_domain(settings.domain, facts=settings.facts)
    model = None if settings.llm is None else ChatEndpoint(settings.llm)
    stopped = threading.Event()
    with (
        ThreadPoolExecutor(1, thread_name_prefix="business") as thread,
        ThreadPoolExecutor(1, thread_name_prefix="help pages") as preparing,
    ):
        loop = asyncio.get_running_loop()
        local = LocalClock.of(settings.time_zone)
        tools = await loop.run_in_executor(thread, open_tools, settings.domain, settings.database, local)
        try:
            pages = with_help_pages(tools, settings.domain, sorted(domain.help_languages), embedding)
            preparing.submit(pages.prepare, stopped.is_set)
            async with opened(settings, domain) as outside:
                engine = Engine(domain, pages, thread, model=model, outside=outside)
                await engine.serve(host, port, ready, key=settings.key, tls=tls)
        finally:
            stopped.set()
            if model is not None:
                await model.close()
            tools.close()


class Engine:
    """Conversations of one domain. Tools run in the one thread of `thread`, so that no database holds up the rest."""

    def __init__(
        self,
        domain: Domain,
        tools: Tools,
        thread: ThreadPoolExecutor,
        *,
        clock: Clock | None = None,
        model: ChatEndpoint | None = None,
        outside: Outside | None = None,
    ) -> None:
        """`model` words what flows leave open; flows and help pages answer alone without one. Tools that come from
        `outside` go before those of the same name in `tools`.
        """
        self.refused = 0
        """Messages that were too long, not JSON, or not of the protocol."""
        self.unknown = 0
        """Messages of types that this version does not know."""
        self._domain = domain
        self._tools = tools
        self._thread = thread
        self._clock = clock or SystemClock()
        self._model = model
        self._outside = outside
        self._kept: OrderedDict[str, tuple[int, Conversation]] = OrderedDict()
        """By call, since when and what, the oldest first."""

    async def serve(
        self,
        host: str,
        port: int,
        ready: Callable[[int], None],
        *,
        key: SecretStr | None = None,
        tls: SSLContext | None = None,
    ) -> None:
        """Takes connections until cancelled, of who shows `key` where there is one.

        Raises `EngineUnavailable` when the port cannot be had.
        """
        try:
            server = await serve(
                self._converse,
                host,
                port,
                compression=None,
                ssl=tls,
                process_request=doorkeeper(key),
                select_subprotocol=_select_subprotocol,
                max_size=HARD_MESSAGE_LIMIT_BYTES,
                close_timeout=1.0,
            )
        except OSError as fault:
            raise EngineUnavailable(f"cannot serve on {host}:{port}: {fault.strerror}; choose another port") from None
        async with server:
            ready(next(iter(server.sockets)).getsockname()[1])
            await server.wait_closed()

    async def _converse(self, socket: ServerConnection) -> None:
        async with asyncio.TaskGroup() as tasks:
            await self._exchange(socket, tasks)

    async def _exchange(self, socket: ServerConnection, tasks: asyncio.TaskGroup) -> None:
        """One connection, from hello to its end; whatever goes wrong in it stays in it."""
        talk: Talk | None = None
        try:
            await socket.send(encode(EngineHello(engine=ENGINE_NAME)))
            async for frame in socket:
                message = self._read(frame)
                if isinstance(message, AgentHello):
                    if message.protocol != PROTOCOL_VERSION:
                        await socket.close(1002, f"this engine speaks protocol {PROTOCOL_VERSION}")
                        return
                elif isinstance(message, CallStarted) and talk is None:
                    talk = self._talk(message, socket, tasks)
                    await talk.take(message)
                elif message is not None and talk is not None:
                    await talk.take(message)
        except ConnectionClosed:
            pass
        except Exception:
            log.exception("call %s: the conversation failed", talk.conversation.call_id if talk else "not begun")
            with suppress(ConnectionClosed):
                await socket.close(1011, "the conversation failed")
        finally:
            if talk is not None:
                await talk.close()
            if talk is not None and talk.conversation.phase is not Phase.ENDED:
                self._keep(talk.conversation)
            if self.refused or self.unknown:
                log.warning("agents sent %d broken messages and %d of unknown types", self.refused, self.unknown)

    def _talk(self, call: CallStarted, socket: ServerConnection, tasks: asyncio.TaskGroup) -> Talk:
        async def send(message: FromEngine) -> None:
            with suppress(ConnectionClosed):
                await socket.send(encode(message))

        return Talk(
            self._take_up(call),
            domain=self._domain,
            run_tool=self._run,
            send=send,
            clock=self._clock,
            tasks=tasks,
            model=self._model,
        )

    def _read(self, frame: str | bytes) -> ToEngine | None:
        try:
            message = decode_to_engine(frame)
        except ProtocolError:
            self.refused += 1
            return None
        if isinstance(message, Unknown):
            self.unknown += 1
            return None
        return message

    async def _run(self, call: ToolCall) -> ToolResult:
        if self._outside is not None and self._outside.has(call.name):
            return await self._outside.run(call)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._tools.run, call)
        except Exception:
            log.exception("tool %s failed", call.name)
            return FAILED

    def _take_up(self, call: CallStarted) -> Conversation:
        """What is remembered of this call, or a new conversation."""
        self._forget_old()
        _, kept = self._kept.pop(call.call_id, (0, None))
        if kept is not None and call.resumed:
            return kept
        prefix = f"say-{secrets.token_hex(3)}-"
        return Conversation(call_id=call.call_id, customer=call.customer, say_prefix=prefix)

    def _keep(self, conversation: Conversation) -> None:
        self._kept.pop(conversation.call_id, None)
        self._kept[conversation.call_id] = self._clock.now_ns(), conversation
        self._forget_old()

    def _forget_old(self) -> None:
        oldest_ns = self._clock.now_ns() - KEPT_FOR_S * NS_PER_S
        while self._kept and (len(self._kept) > KEPT_CONVERSATIONS or next(iter(self._kept.values()))[0] < oldest_ns):
            self._kept.popitem(last=False)


def _select_subprotocol(socket: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Ours where it is offered; an agent that offers none is served as well."""
    return next((name for name in offered if name == SUBPROTOCOL), None)
