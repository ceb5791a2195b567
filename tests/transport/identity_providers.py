"""Identity providers: a real one of somebody else's, and one that lies in every way that a provider can."""

import asyncio
import base64
import hmac
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.core.identity import Role
from agent.transport.oidc import Asked

CLIENT, SECRET = "agent", "secret/with+odd:letters"
ROLES = {"team-leads": Role.SUPERVISOR, "platform": Role.ENGINEER}
ADA = {"sub": "u1", "email": "Ada@shop.example", "roles": ["everybody", "team-leads"]}
ASKED = Asked(redirect_uri="http://127.0.0.1/back", nonce="n-1", verifier="v" * 43)


async def serving(app: Any, tasks: asyncio.TaskGroup, port: int = 0) -> tuple[uvicorn.Server, str]:
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", lifespan="off"))
    running = tasks.create_task(server._serve())
    while not server.started and not running.done():
        await asyncio.sleep(0.01)
    return server, "http://{}:{}".format(*server.servers[0].sockets[0].getsockname()[:2])


@contextmanager
def running_provider(folder: Path, people: list[dict[str, Any]]) -> Iterator[str]:
    """Somebody else's OpenID provider, in a process of its own; whoever names one of `people` to it is them."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    named = [part for person in people for part in ("--user-claims", json.dumps(person))]
    with (folder / "provider.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", *named],
            stdout=log,
            stderr=log,
        )
    try:
        until = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def by_hand(claims: dict[str, Any], algorithm: str, secret: bytes | None) -> str:
    """A token as an attacker puts it together, whom no library stops."""
    parts = ({"alg": algorithm, "kid": "k1"}, claims)
    signed = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    signature = b"" if secret is None else hmac.new(secret, signed.encode(), "sha256").digest()
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


@cache
def own_key() -> RSAKey:
    """Made once, as that takes a while."""
    return RSAKey.generate_key(2048, {"kid": "k1"})


class LyingProvider:
    """Says of itself, of its keys and of people what a test wants; checks what it is asked as a provider must."""

    def __init__(self) -> None:
        self.key = own_key()
        self.signs_with: RSAKey | OctKey = self.key
        self.algorithm = "RS256"
        self.url = ""
        self.offers: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.more: dict[str, Any] = {"sub": "u1"}
        self.looked_up = 0
        self.forged: Callable[[dict[str, Any]], str] | None = None
        """Makes a token of claims instead of the key."""

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._offers),
                Route("/keys", self._keys),
                Route("/token", self._token, methods=["POST"]),
                Route("/me", self._me),
            ]
        )

    async def _offers(self, request: Request) -> Response:
        self.looked_up += 1
        paths = {"authorization_endpoint": "/in", "token_endpoint": "/token", "jwks_uri": "/keys"}
        offers = {name: self.url + path for name, path in paths.items()}
        return JSONResponse({"issuer": self.url, "userinfo_endpoint": f"{self.url}/me", **offers} | self.offers)

    async def _keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        user, secret = httpx.BasicAuth("agent", "secret%2Fwith%2Bodd%3Aletters"), request.headers.get("authorization")
        proven = create_s256_code_challenge(form["code_verifier"]) == create_s256_code_challenge(ASKED.verifier)
        if secret != user._auth_header or form["code"] != "good" or not proven:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": ASKED.nonce, **ADA}
        signed = {name: value for name, value in (claims | self.claims).items() if value is not None}
        if self.forged is not None:
            return JSONResponse({"id_token": self.forged(signed), "access_token": "at"})
        header = {"alg": self.algorithm, "kid": "k1"}
        token = jwt.encode(header, signed, self.signs_with, algorithms=[self.algorithm])
        return JSONResponse({"id_token": token, "access_token": "at", "token_type": "Bearer"})

    async def _me(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer at"
        return JSONResponse(self.more)
