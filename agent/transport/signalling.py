"""WHIP (RFC 9725): one POST with an offer makes a WebRTC session, PATCH trickles candidates, DELETE ends it."""

from typing import Any

from fastapi import APIRouter, Request, Response

from agent.core.errors import CallNotFound, OfferRejected
from agent.transport.addresses import host_of
from agent.transport.auth import bearer_token, checked_by
from agent.transport.desk import CallDesk
from agent.transport.problems import problem
from agent.transport.published import refusals

SDP = "application/sdp"
TRICKLE = "application/trickle-ice-sdpfrag"
ENDPOINT_METHODS = "POST, OPTIONS"
SESSION_METHODS = "PATCH, DELETE, OPTIONS"


def whip_router(desk: CallDesk) -> APIRouter:
    """Routes `/whip` (endpoint) and `/whip/{call_id}` (session). Bearer tokens come from `POST /api/calls`."""
    router = APIRouter(tags=["WHIP"], dependencies=[checked_by("the call's token")])
    _add_endpoint(router, desk)
    _add_session(router, desk)
    return router


def text_body(kind: str) -> dict[str, Any]:
    """For the published document: a body that the route reads by itself."""
    return {"requestBody": {"required": True, "content": {kind: {"schema": {"type": "string"}}}}}


def _add_endpoint(router: APIRouter, desk: CallDesk) -> None:
    """The WHIP endpoint: POST with an offer."""

    @router.post(
        "/whip",
        status_code=201,
        summary="Offer a WebRTC session",
        response_class=Response,
        responses={201: {"content": {SDP: {"schema": {"type": "string"}}}}, **refusals(406, 415)},
        openapi_extra=text_body(SDP),
    )
    async def post_offer(request: Request) -> Response:
        token = bearer_token(request)
        if token is None:
            return _unauthorized()
        if media_type(request) != SDP:
            return problem(415, f"send the offer as {SDP}", headers={"Accept-Post": SDP})
        if SDP not in request.headers.get("accept", SDP) and "*/*" not in request.headers.get("accept", ""):
            return problem(406, f"the answer is {SDP}; accept it")
        try:
            answered = await desk.answer(token, await body_text(request), client=host_of(request))
        except CallNotFound as error:
            return problem(401, str(error), headers={"WWW-Authenticate": "Bearer"})
        except OfferRejected as error:
            return problem(error.status, str(error))
        headers = {
            "Location": f"/whip/{answered.call_id}",
            "ETag": f'"{answered.etag}"',
            "Accept-Patch": TRICKLE,
        }
        return Response(answered.sdp, status_code=201, media_type=SDP, headers=headers)

    @router.options("/whip", include_in_schema=False)
    async def describe_endpoint() -> Response:
        return Response(status_code=204, headers={"Allow": ENDPOINT_METHODS, "Accept-Post": SDP})

    @router.api_route("/whip", methods=["GET", "HEAD", "PUT", "PATCH", "DELETE"], include_in_schema=False)
    async def refuse_endpoint() -> Response:
        return problem(405, "a WHIP endpoint takes POST", headers={"Allow": ENDPOINT_METHODS})


def _add_session(router: APIRouter, desk: CallDesk) -> None:
    """A WHIP session: PATCH with candidates, DELETE to end it."""

    @router.patch(
        "/whip/{call_id}",
        status_code=204,
        summary="Add ICE candidates",
        response_class=Response,
        responses=refusals(404, 412, 415, 428),
        openapi_extra=text_body(TRICKLE),
    )
    async def patch_session(call_id: str, request: Request) -> Response:
        token = bearer_token(request)
        if token is None:
            return _unauthorized()
        if media_type(request) != TRICKLE:
            return problem(415, f"send candidates as {TRICKLE}", headers={"Accept-Patch": TRICKLE})
        etag = request.headers.get("if-match")
        if etag is None:
            return problem(
                428, "say with If-Match which ICE session the candidates are for; its ETag came with the 201"
            )
        try:
            fragment = await body_text(request)
            await desk.add_candidates(call_id, token, None if etag == "*" else etag.strip('"'), fragment)
        except CallNotFound as error:
            return problem(404, str(error))
        except OfferRejected as error:
            return problem(error.status, str(error))
        return Response(status_code=204)

    @router.delete(
        "/whip/{call_id}",
        status_code=200,
        summary="End the session",
        response_class=Response,
        responses=refusals(404),
    )
    async def delete_session(call_id: str, request: Request) -> Response:
        token = bearer_token(request)
        if token is None:
            return _unauthorized()
        try:
            await desk.hang_up(call_id, token)
        except CallNotFound as error:
            return problem(404, str(error))
        return Response(status_code=200)

    @router.api_route("/whip/{call_id}", methods=["GET", "HEAD", "PUT", "POST"], include_in_schema=False)
    async def refuse_session(call_id: str) -> Response:
        return problem(405, "a WHIP session takes PATCH and DELETE", headers={"Allow": SESSION_METHODS})


async def body_text(request: Request) -> str:
    """The body as text. Raises `OfferRejected` when it is none."""
    try:
        return (await request.body()).decode()
    except UnicodeDecodeError:
        raise OfferRejected("the body is not UTF-8 text") from None


def media_type(request: Request) -> str:
    """Of the body, in small letters and without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _unauthorized() -> Response:
    return problem(
        401,
        "a call needs a token: POST the customer's choice to /api/calls first",
        headers={"WWW-Authenticate": "Bearer"},
    )
