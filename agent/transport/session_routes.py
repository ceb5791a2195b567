"""`/api/session`: staff sign in with POST, ask who they are with GET, and sign out with DELETE."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from agent.core.errors import SignInRefused, StoreError
from agent.core.identity import STAFF, Principal
from agent.transport.addresses import host_of
from agent.transport.auth import Doorkeeper, open_to_all, require
from agent.transport.problems import problem
from agent.transport.published import refusals
from agent.transport.sessions import Opened
from agent.transport.sign_in import SignIn

PATH = "/api/session"


class PasswordSignIn(BaseModel):
    """A name and what proves it."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=1_024)
    code: str | None = Field(None, max_length=32)
    """Of the authenticator app, or a recovery code; asked for with `code_wanted`."""


class LinkSignIn(BaseModel):
    """The secret behind the address that `agent serve` prints while there is no account."""

    model_config = ConfigDict(extra="forbid")

    link: str = Field(min_length=1, max_length=128)


class Who(BaseModel):
    """Who is signed in."""

    name: str | None
    """None for who came by the printed link."""
    role: str
    way: str
    """`password`, `oidc` or `link`."""
    csrf: str
    """To be sent as `X-CSRF-Token` with what changes something."""
    expires_at: float
    """Unix time in seconds, at the latest."""


_SOON = {"Retry-After": "5"}
_SIGNING_IN = """By name, password and, where a 401 says `code_wanted`, the code of the second factor too; or by the
secret of the link that `agent serve` prints. The session is in a cookie."""
_ASKING = """A 401 tells in `ways` how to sign in here: by `password`, `link` or `oidc`. Asked now and then, it changes
the session's token in time."""


def session_router(sign_in: SignIn, doorkeeper: Doorkeeper, *, more_ways: tuple[str, ...] = ()) -> APIRouter:
    """The routes. `more_ways` to sign in are those that other routes offer."""
    router = APIRouter(prefix=PATH, tags=["Staff"])
    _add_signing_in(router, sign_in, doorkeeper)
    _add_session(router, sign_in, doorkeeper, more_ways)
    return router


def _add_signing_in(router: APIRouter, sign_in: SignIn, doorkeeper: Doorkeeper) -> None:
    @router.post(
        "",
        response_model=Who,
        summary="Sign in",
        description=_SIGNING_IN,
        dependencies=[open_to_all("whoever wants to sign in")],
        responses=refusals(503),
    )
    async def post_session(request: Request, wish: PasswordSignIn | LinkSignIn) -> Response:
        if "origin" in request.headers and not doorkeeper.same_origin(request):
            return problem(403, "only pages of this address may sign somebody in")
        address = host_of(request) or ""
        try:
            if isinstance(wish, LinkSignIn):
                opened = await sign_in.by_link(wish.link, address=address)
            else:
                opened = await sign_in.by_password(wish.name, wish.password, wish.code, address=address)
        except SignInRefused as refusal:
            return _refusal(refusal)
        except StoreError:
            return _cannot()
        return _kept(request, opened, doorkeeper)


def _add_session(router: APIRouter, sign_in: SignIn, doorkeeper: Doorkeeper, more_ways: tuple[str, ...]) -> None:
    @router.get(
        "",
        response_model=Who,
        summary="Who is signed in, and the token for what changes something",
        description=_ASKING,
        dependencies=[open_to_all("whoever wonders whether they are signed in")],
        responses=refusals(503),
    )
    async def get_session(request: Request) -> Response:
        session = await doorkeeper.session(request)
        try:
            if session is None:
                ways = [*await sign_in.ways(), *more_ways]
                return problem(401, "nobody is signed in", more={"ways": ways})
            token = doorkeeper.cookie.token(request) or ""
            return _kept(request, await sign_in.sessions.renewed(session, token), doorkeeper)
        except StoreError:
            return _cannot()

    @router.delete("", status_code=204, summary="Sign out", response_class=Response, responses=refusals(503))
    async def delete_session(request: Request, principal: Annotated[Principal, require(*STAFF)]) -> Response:
        answer = Response(status_code=204)
        if principal.session is not None:
            try:
                await sign_in.out(principal.session, principal.name)
            except StoreError:
                return _cannot()
        doorkeeper.cookie.clear(answer, request)
        return answer


def _kept(request: Request, opened: Opened, doorkeeper: Doorkeeper) -> Response:
    """Who is signed in, with the cookie for the browser."""
    session = opened.session
    who = Who(name=session.name, role=session.role, way=session.way, csrf=opened.csrf, expires_at=session.expires_at)
    answer = JSONResponse(who.model_dump())
    doorkeeper.cookie.set(answer, request, opened)
    return answer


def _refusal(refusal: SignInRefused) -> Response:
    if refusal.retry_after_s is not None:
        return problem(429, str(refusal), headers={"Retry-After": str(refusal.retry_after_s)})
    return problem(401, str(refusal), more={"code_wanted": True} if refusal.code_wanted else None)


def _cannot() -> Response:
    """What exactly the database said is not for whoever asks."""
    return problem(503, "accounts cannot be looked up, or nothing written down, now; try again", headers=_SOON)
