"""What holds for every request whatever its route: headers of answers, bounds of bodies, and TLS, as one middleware."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.core.addresses import is_loopback
from agent.transport.problems import problem

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""Nothing inline, nothing from elsewhere, no string that becomes code (CSP 3; Trusted Types)."""
_UNUSED = (
    "accelerometer bluetooth browsing-topics display-capture gamepad geolocation gyroscope hid idle-detection "
    "local-fonts magnetometer midi payment publickey-credentials-get screen-wake-lock serial usb xr-spatial-tracking"
).split()
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        ("camera=(self)", "microphone=(self)", "autoplay=(self)", *(f"{feature}=()" for feature in _UNUSED))
    ),
}
STRICT_TRANSPORT = "max-age=63072000"
"""Two years, as preload lists ask for; subdomains are the operator's to promise."""
UNENCRYPTED = frozenset({"/api/health", "/metrics"})
"""What may be asked for without TLS from other machines: probes and collectors stand beside the agent."""
BODY_WITHIN_S = 30.0
LARGE_BODY_WITHIN_S = 300.0


class SecurityHeaders:
    """Adds `HEADERS` to HTTP answers, refuses what comes from another machine without TLS with 403, bodies that
    announce more than `max_body_bytes` with 413, and those that do not come in time with 408.

    What a reverse proxy has decrypted counts as encrypted where the server believes its `X-Forwarded-Proto`.
    """

    def __init__(
        self, app: ASGIApp, *, max_body_bytes: int, larger_bytes: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """`larger_bytes` has bounds of routes that take more, by their paths; they themselves refuse what announces
        more than they like."""
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._larger_bytes = tuple((compile_path(path)[0], most) for path, most in larger_bytes.items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and _listened_to(scope):
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted, this is a 403
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
                if scope["path"].startswith(("/api/", "/whip", "/v1/")):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if _listened_to(scope):
            refusal = problem(403, "come by https; a proxy in between is named in server.trusted_proxies")
            await refusal(scope, receive, send_with_headers)
            return
        larger_bytes = next((most for path, most in self._larger_bytes if path.match(scope["path"])), None)
        if larger_bytes is not None:
            await self._app(scope, _bounded(receive, larger_bytes, LARGE_BODY_WITHIN_S), send_with_headers)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > self._max_body_bytes:
            refusal = problem(413, f"the body is larger than {self._max_body_bytes} bytes")
            await refusal(scope, receive, send_with_headers)
            return
        await self._app(scope, _bounded(receive, self._max_body_bytes, BODY_WITHIN_S), send_with_headers)


def _listened_to(scope: Scope) -> bool:
    """Whether others could read along: it came from another machine in the clear."""
    client = scope.get("client")
    near = client is None or is_loopback(client[0])
    return scope["scheme"] in ("http", "ws") and not near and scope["path"] not in UNENCRYPTED


def _bounded(receive: Receive, max_body_bytes: int, within_s: float) -> Receive:
    """Reads a body no further than the bounds; the route is left with a 413 or a 408."""
    read_bytes = 0
    whole = False
    due_s = asyncio.get_running_loop().time() + within_s

    async def receive_bounded() -> Message:
        nonlocal read_bytes, whole
        if whole:
            return await receive()
        try:
            async with asyncio.timeout_at(due_s):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, f"the body did not come within {within_s:.0f} s") from None
        whole = not message.get("more_body", False)
        read_bytes += len(message.get("body", b""))
        if read_bytes > max_body_bytes:
            raise HTTPException(413, f"the body is larger than {max_body_bytes} bytes")
        return message

    return receive_bounded
