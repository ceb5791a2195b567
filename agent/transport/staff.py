"""What staff do on a call: watch it (WHEP), speak in the agent's place (WHIP), whisper, correct, write, hand back, end.

Both kinds of connections are RFC 9725 sessions as far as they go: POST an offer, PATCH candidates, DELETE to end. What
a person sends goes to the customer and nowhere else.
"""

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Annotated, Any, Protocol

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from agent.core.errors import CallNotFound, OfferRejected, StoreError
from agent.core.ice_servers import IceServer
from agent.core.identity import Principal, Role
from agent.transport.addresses import host_of
from agent.transport.auth import doorkeeper_of, require
from agent.transport.desk import Answered
from agent.transport.problems import problem
from agent.transport.published import answer_of, refusals
from agent.transport.record import Record
from agent.transport.signalling import SDP, TRICKLE, body_text, media_type, text_body

Supervisor = Annotated[Principal, require(Role.SUPERVISOR)]
LONGEST_WORDS = 1_000


Stays = Callable[[], Coroutine[Any, Any, None]]
"""Lasts as long as a member of staff may stay connected."""


class StaffDesk(Protocol):
    """What supervisors can do with a call that goes on. All methods raise `CallNotFound`."""

    def ice_servers(self, call_id: str) -> tuple[IceServer, ...]:
        """What a browser of staff may use to connect."""
        ...

    async def view(self, call_id: str, offer_sdp: str, *, client: str | None, stays: Stays) -> Answered:
        """Shows the customer's picture and sound. Raises `OfferRejected`."""
        ...

    async def stand_in(self, call_id: str, offer_sdp: str, *, client: str | None, stays: Stays) -> Answered:
        """Lets a person speak in the agent's place. Raises `OfferRejected`, with 409 where somebody does already."""
        ...

    async def add_staff_candidates(self, call_id: str, session: str, fragment: str) -> None:
        """Raises `OfferRejected`."""
        ...

    def leave(self, call_id: str, session: str) -> None: ...

    def video_offset(self, call_id: str, session: str) -> int | None: ...

    def whisper(self, call_id: str, text: str) -> None: ...

    def correct(self, call_id: str, text: str) -> None: ...

    def write(self, call_id: str, text: str) -> None:
        """Raises `OfferRejected` with 409 unless a person has the call."""
        ...

    def hand_back(self, call_id: str) -> None: ...

    def end_call(self, call_id: str) -> None: ...


class StaffWords(BaseModel):
    """Words of a supervisor."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=LONGEST_WORDS)


class VideoClock(BaseModel):
    """Ties what a viewer sees to what was analysed."""

    rtp_offset: int | None
    """The frame with the RTP time t (`rtp_timestamp` of traces and pictures) arrives under t + this, modulo 2^32: the
    browser's `rtpTimestamp`. None until the first frame was sent."""


def staff_router(desk: StaffDesk, record: Record) -> APIRouter:
    """All of it for supervisors; each deed is first written down with `record`."""
    router = APIRouter(tags=["Staff on a call"])
    _add_connections(router, desk, record)
    _add_facts(router, desk)
    _add_deeds(router, desk, record)
    return router


def _add_connections(router: APIRouter, desk: StaffDesk, record: Record) -> None:
    async def answered(request: Request, path: str, deed: Callable[[str], Awaitable[Answered]]) -> Response:
        if media_type(request) != SDP:
            return problem(415, f"send the offer as {SDP}", headers={"Accept-Post": SDP})
        made = await deed(await body_text(request))
        headers = {
            "Location": f"/{path}/{made.call_id}/{made.etag}",
            "ETag": f'"{made.etag}"',
            "Accept-Patch": TRICKLE,
        }
        return Response(made.sdp, status_code=201, media_type=SDP, headers=headers)

    published: dict[str, Any] = {
        "status_code": 201,
        "response_class": Response,
        "responses": {201: {"content": {SDP: {"schema": {"type": "string"}}}}, **refusals(404, 409, 415, 503)},
        "openapi_extra": text_body(SDP),
    }

    @router.post("/whep/{call_id}", summary="Watch a call's picture, and hear it", **published)
    async def post_view(call_id: str, request: Request, who: Supervisor) -> Response:
        async def view(offer: str) -> Answered:
            await record(who.name, "call.viewed", call_id)
            return await desk.view(call_id, offer, client=host_of(request), stays=_stays(request, who))

        return await _plainly(answered(request, "whep", view))

    @router.post("/stand-in/{call_id}", summary="Speak in the agent's place", **published)
    async def post_stand_in(call_id: str, request: Request, who: Supervisor) -> Response:
        async def stand_in(offer: str) -> Answered:
            await record(who.name, "call.taken_over", call_id)
            return await desk.stand_in(call_id, offer, client=host_of(request), stays=_stays(request, who))

        return await _plainly(answered(request, "stand-in", stand_in))

    for path in ("whep", "stand-in"):
        _add_session(router, desk, path)


def _add_facts(router: APIRouter, desk: StaffDesk) -> None:
    """What a browser of staff asks about a connection."""

    @router.get(
        "/api/calls/{call_id}/ice-servers",
        summary="What a browser of staff may use to connect",
        response_model=None,
        responses={**answer_of(tuple[IceServer, ...]), **refusals(404)},
    )
    async def get_ice_servers(call_id: str, who: Supervisor) -> Response:
        try:
            return JSONResponse(msgspec.to_builtins(desk.ice_servers(call_id)))
        except CallNotFound as error:
            return problem(404, str(error))

    @router.get(
        "/whep/{call_id}/{session}/clock",
        summary="Tie frames that are seen to those that were analysed",
        response_model=VideoClock,
        responses=refusals(404),
    )
    async def get_clock(call_id: str, session: str, who: Supervisor) -> Response | VideoClock:
        try:
            return VideoClock(rtp_offset=desk.video_offset(call_id, session))
        except CallNotFound as error:
            return problem(404, str(error))


def _add_session(router: APIRouter, desk: StaffDesk, path: str) -> None:
    session_path = f"/{path}/{{call_id}}/{{session}}"

    @router.patch(
        session_path,
        status_code=204,
        summary="Add ICE candidates",
        response_class=Response,
        responses=refusals(404, 415),
        openapi_extra=text_body(TRICKLE),
    )
    async def patch_session(call_id: str, session: str, request: Request, who: Supervisor) -> Response:
        async def add() -> Response:
            if media_type(request) != TRICKLE:
                return problem(415, f"send candidates as {TRICKLE}", headers={"Accept-Patch": TRICKLE})
            await desk.add_staff_candidates(call_id, session, await body_text(request))
            return Response(status_code=204)

        return await _plainly(add())

    @router.delete(
        session_path,
        status_code=200,
        summary="End the connection",
        response_class=Response,
        responses=refusals(404),
    )
    async def delete_session(call_id: str, session: str, who: Supervisor) -> Response:
        async def leave() -> Response:
            desk.leave(call_id, session)
            return Response(status_code=200)

        return await _plainly(leave())


def _add_deeds(router: APIRouter, desk: StaffDesk, record: Record) -> None:
    async def done(who: Principal, action: str, call_id: str, deed: Callable[[], None]) -> Response:
        async def do() -> Response:
            await record(who.name, action, call_id)
            deed()
            return Response(status_code=204)

        return await _plainly(do())

    published: dict[str, Any] = {"status_code": 204, "response_class": Response, "responses": refusals(404, 503)}

    @router.post("/api/calls/{call_id}/whisper", summary="Tell the agent something; only the agent", **published)
    async def whisper(call_id: str, words: StaffWords, who: Supervisor) -> Response:
        return await done(who, "call.whispered", call_id, lambda: desk.whisper(call_id, words.text))

    @router.post("/api/calls/{call_id}/correction", summary="Put the next reply into words", **published)
    async def correct(call_id: str, words: StaffWords, who: Supervisor) -> Response:
        return await done(who, "call.corrected", call_id, lambda: desk.correct(call_id, words.text))

    @router.post(
        "/api/calls/{call_id}/message",
        summary="Write to the customer, once the call was taken over",
        **published | {"responses": refusals(404, 409, 503)},
    )
    async def write(call_id: str, words: StaffWords, who: Supervisor) -> Response:
        return await done(who, "call.written", call_id, lambda: desk.write(call_id, words.text))

    @router.post("/api/calls/{call_id}/hand-back", summary="Give the call back to the agent", **published)
    async def hand_back(call_id: str, who: Supervisor) -> Response:
        return await done(who, "call.handed_back", call_id, lambda: desk.hand_back(call_id))

    @router.delete("/api/calls/{call_id}", summary="End a call", **published)
    async def end(call_id: str, who: Supervisor) -> Response:
        return await done(who, "call.ended", call_id, lambda: desk.end_call(call_id))


def _stays(request: Request, who: Principal) -> Stays:
    return partial(doorkeeper_of(request).until_unwelcome, who)


async def _plainly(work: Awaitable[Response]) -> Response:
    """What it gives, or why not."""
    try:
        return await work
    except CallNotFound as error:
        return problem(404, str(error))
    except OfferRejected as error:
        return problem(error.status, str(error))
    except StoreError:
        return problem(503, "this is done only where it can be written down, and it cannot be now; try again")
