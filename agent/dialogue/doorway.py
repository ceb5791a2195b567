"""The handshake between an agent and a reply engine: who may speak to the engine, and to which address one speaks."""

import hmac
from collections.abc import Callable
from http import HTTPStatus

from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

Doorkeeper = Callable[[ServerConnection, Request], Response | None]
"""Looks a WebSocket handshake over; what it returns is the refusal."""


class connect_directly(connect):
    """Goes where it is told and nowhere else: what customers say is not sent on to where an engine points."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def doorkeeper(key: SecretStr | None) -> Doorkeeper:
    """Asks for `Authorization: Bearer` and the key, where there is one.

    Browsers always say which page opens a WebSocket (RFC 6455, section 10.2), and other programs do not: pages are
    refused, so that none of them can talk to an engine on the machine of who visits it.
    """
    wanted = None if key is None else f"Bearer {key.get_secret_value()}".encode()

    def look_over(connection: ServerConnection, request: Request) -> Response | None:
        if "Origin" in request.headers:
            return connection.respond(HTTPStatus.FORBIDDEN, "pages of browsers do not speak to this engine\n")
        shown = request.headers.get("Authorization", "").encode()
        if wanted is not None and not hmac.compare_digest(shown, wanted):
            refusal = connection.respond(
                HTTPStatus.UNAUTHORIZED, "show the engine's key, reply.key, as a bearer token\n"
            )
            refusal.headers["WWW-Authenticate"] = "Bearer"
            return refusal
        return None

    return look_over
