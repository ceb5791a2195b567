"""The HTTP server as it faces the network: TLS, its bounds, and its beginning and end."""

import asyncio
import logging
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from agent.core.errors import SettingsError
from agent.core.settings import ServerSettings

log = logging.getLogger(__name__)

HEAD_WITHIN_S = 10.0
"""The head of a request that has begun, or of the first of a connection, is not waited for any longer."""
HEAD_LIMIT_BYTES = 16 * 1024
MESSAGE_LIMIT_BYTES = 64 * 1024
"""Of a WebSocket message from a page."""
MOST_CONNECTIONS = 4_000
"""At a time, of all kinds; more are told 503."""


class BriskProtocol(H11Protocol):
    """Closes a connection that sends the head of its request drop by drop, or never: each held one costs memory."""

    _head_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        between_requests = self.cycle is None or self.cycle.response_complete
        if self._head_due is None and between_requests:
            self._await_head()
        super().data_received(data)

    def handle_events(self) -> None:
        earlier = self.scope
        super().handle_events()
        if self.scope is not earlier:
            self._head_has_come()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_has_come()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._head_due = self.loop.call_later(HEAD_WITHIN_S, self.transport.close)

    def _head_has_come(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None


class QuietServer(uvicorn.Server):
    """A uvicorn server that says when it listens, and on SIGINT or SIGTERM ends in order instead of being cancelled.

    With TLS, SIGHUP has it read the certificate anew; connections that are open keep theirs.
    """

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[int], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        handlers = {signal.SIGINT: self._stop, signal.SIGTERM: self._stop}
        if self.config.ssl is not None:
            handlers[signal.SIGHUP] = self._renew
        try:
            for number, handler in handlers.items():
                loop.add_signal_handler(number, handler)
            yield
        finally:
            for number in handlers:
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        self.should_exit = True

    def _renew(self) -> None:
        config = self.config
        assert config.ssl is not None and config.ssl_certfile is not None
        try:
            # A pair that does not fit together is found out on one that nobody uses.
            for context in (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), config.ssl):
                context.load_cert_chain(config.ssl_certfile, config.ssl_keyfile)
        except OSError as fault:
            log.error("the TLS certificate was not renewed, the old one stays: %s", fault)
        else:
            log.info("the TLS certificate was read anew")

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._on_listening(self.servers[0].sockets[0].getsockname()[1])


def server_config(app: ASGIApp, server: ServerSettings) -> uvicorn.Config:
    """How `app` is served. Raises `SettingsError` for a TLS certificate or key that cannot be used."""
    config = uvicorn.Config(
        app,
        host=server.host,
        port=server.port,
        log_level="warning",
        access_log=False,
        http=BriskProtocol,
        h11_max_incomplete_event_size=HEAD_LIMIT_BYTES,
        limit_concurrency=MOST_CONNECTIONS,
        ws="websockets-sansio",
        ws_max_size=MESSAGE_LIMIT_BYTES,
        ws_per_message_deflate=False,
        proxy_headers=bool(server.trusted_proxies),
        forwarded_allow_ips=list(server.trusted_proxies),
        server_header=False,
        timeout_graceful_shutdown=2,
        lifespan="off",
        ssl_certfile=server.tls_certificate,
        ssl_keyfile=server.tls_key,
    )
    try:
        config.load()
    except OSError as fault:
        raise SettingsError(
            f"server.tls_certificate {server.tls_certificate} and tls_key {server.tls_key} cannot be used: {fault}"
        ) from None
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    return config
