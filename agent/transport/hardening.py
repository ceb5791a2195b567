"""Headers that every answer carries and a bound on every body, as one ASGI middleware."""

from collections.abc import Mapping
from types import MappingProxyType

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.transport.problems import problem

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self' ws: wss:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), display-capture=()",
}


class SecurityHeaders:
    """Adds `HEADERS` to HTTP answers and refuses bodies that announce more than `max_body_bytes` with 413."""

    def __init__(
        self, app: ASGIApp, *, max_body_bytes: int, larger_bytes: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """`larger_bytes` has bounds of paths that take more, and that themselves refuse what announces more."""
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._larger_bytes = larger_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith(("/api/", "/whip", "/v1/")):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        larger_bytes = self._larger_bytes.get(scope["path"])
        if larger_bytes is not None:
            await self._app(scope, _bounded(receive, larger_bytes), send_with_headers)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > self._max_body_bytes:
            refusal = problem(413, f"the body is larger than {self._max_body_bytes} bytes")
            await refusal(scope, receive, send_with_headers)
            return
        await self._app(scope, _bounded(receive, self._max_body_bytes), send_with_headers)


def _bounded(receive: Receive, max_body_bytes: int) -> Receive:
    """Reads a body that announced no length no further than the bound; the route is left with a 413."""
    read_bytes = 0

    async def receive_bounded() -> Message:
        nonlocal read_bytes
        message = await receive()
        read_bytes += len(message.get("body", b""))
        if read_bytes > max_body_bytes:
            raise HTTPException(413, f"the body is larger than {max_body_bytes} bytes")
        return message

    return receive_bounded
