"""What customers send into a call beside voice and chat: pictures and voice notes, proven by the call's token."""

from collections.abc import Awaitable
from math import ceil
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from agent.core.clock import Clock
from agent.core.errors import (
    AtCapacity,
    CallNotFound,
    ConsentMissing,
    LimitReached,
    NotMedia,
    RequestRejected,
    StoreError,
)
from agent.core.identity import Principal, Role
from agent.transport.auth import bearer_token, checked_by, require
from agent.transport.limits import Buckets
from agent.transport.problems import problem
from agent.transport.published import Responses, refusals
from agent.transport.record import Record

PICTURES_PATH = "/api/calls/{call_id}/pictures"
NOTES_PATH = "/api/calls/{call_id}/voice-notes"
PICTURE_BYTES = 8 * 1024 * 1024
"""Of a body; our page sends a tenth of it."""
NOTE_BYTES = 2 * 1024 * 1024
"""A minute of speech takes a quarter of it, as browsers record."""
LARGER_BYTES = {PICTURES_PATH: PICTURE_BYTES, NOTES_PATH: NOTE_BYTES}
PER_S, AT_ONCE = 0.2, 6
"""How often one call may send something."""
JPEG = "image/jpeg"
_CALL_TOKEN = "the call's token"

Answer = TypeVar("Answer")


class Attachments(Protocol):
    """The calls that go on, as far as something can be sent into them."""

    def admit(self, call_id: str, token: str) -> None:
        """Raises `CallNotFound` where there is no such call, or the token is not its own."""
        ...

    async def share_picture(self, call_id: str, token: str, content: bytes) -> tuple[str, bytes]:
        """Shows a picture to who watches the call. Its id, and the JPEG that was made of it.

        Raises `CallNotFound`, and `NotMedia` for what cannot be shown.
        """
        ...

    async def take_note(self, call_id: str, token: str, content: bytes) -> str:
        """Takes a recording for something that the customer said. Its words.

        Raises `CallNotFound`, `ConsentMissing` where speech may not be read, `NotMedia` for what holds no words,
        `RequestRejected` for what is too long and `AtCapacity` where too many wait.
        """
        ...

    def picture(self, call_id: str, picture_id: str) -> bytes:
        """The JPEG. Raises `CallNotFound` once the call has ended, or newer pictures took its place."""
        ...


class NoteTaken(BaseModel):
    """A voice note was understood, and is answered like anything else that is said."""

    words: str


def attachments_router(attachments: Attachments, clock: Clock, record: Record) -> APIRouter:
    """Routes for the customer's page, and the one by which staff see a picture; that they did is written down."""
    router = APIRouter(tags=["Pictures and voice notes"])
    buckets = Buckets(per_s=PER_S, burst=AT_ONCE, clock=clock)
    _add_sending(router, attachments, buckets)

    @router.get(
        PICTURES_PATH + "/{picture_id}",
        summary="A picture that a customer sent",
        response_class=Response,
        responses=_bytes_of(JPEG) | refusals(404, 503),
    )
    async def get_picture(
        call_id: str, picture_id: str, who: Annotated[Principal, require(Role.SUPERVISOR)]
    ) -> Response:
        try:
            jpeg = attachments.picture(call_id, picture_id)
            await record(who.name, "call.picture_seen", call_id)
        except CallNotFound as error:
            return problem(404, str(error))
        except StoreError:
            return problem(503, "this is shown only where it can be written down, and it cannot be now; try again")
        return Response(jpeg, media_type=JPEG, headers={"Content-Disposition": "inline"})

    return router


def _add_sending(router: APIRouter, attachments: Attachments, buckets: Buckets) -> None:
    async def body_of(request: Request, call_id: str) -> tuple[str, bytes]:
        """Who asks is checked, and how often, before anything of the body is read."""
        token = bearer_token(request) or ""
        attachments.admit(call_id, token)
        wait_s = buckets.take(call_id)
        if wait_s:
            raise LimitReached("this call sends too much at once", retry_after_s=ceil(wait_s))
        return token, await request.body()

    @router.post(
        PICTURES_PATH,
        status_code=201,
        summary="Send a picture into the call; answered with what was made of it",
        response_class=Response,
        responses=_bytes_of(JPEG, status=201) | refusals(404, 415),
        openapi_extra=_body("image/*"),
        dependencies=[checked_by(_CALL_TOKEN)],
    )
    async def post_picture(call_id: str, request: Request) -> Response:
        async def share() -> Response:
            token, content = await body_of(request, call_id)
            picture_id, jpeg = await attachments.share_picture(call_id, token, content)
            headers = {"Location": f"{request.url.path}/{picture_id}"}
            return Response(jpeg, status_code=201, media_type=JPEG, headers=headers)

        return await _plainly(share())

    @router.post(
        NOTES_PATH,
        summary="Say something by a recording",
        response_model=NoteTaken,
        responses=refusals(404, 415, 503),
        openapi_extra=_body("audio/*"),
        dependencies=[checked_by(_CALL_TOKEN)],
    )
    async def post_note(call_id: str, request: Request) -> Any:
        async def take() -> NoteTaken:
            token, content = await body_of(request, call_id)
            return NoteTaken(words=await attachments.take_note(call_id, token, content))

        return await _plainly(take())


def _bytes_of(kind: str, *, status: int = 200) -> Responses:
    return {status: {"content": {kind: {"schema": {"type": "string", "format": "binary"}}}}}


def _body(kind: str) -> dict[str, Any]:
    """For the published document: a body that the route reads by itself."""
    schema = {"type": "string", "format": "binary"}
    return {"requestBody": {"required": True, "content": {kind: {"schema": schema}}}}


async def _plainly(work: Awaitable[Answer]) -> Answer | Response:
    """What it gives, or why not."""
    try:
        return await work
    except CallNotFound as error:
        return problem(404, str(error))
    except ConsentMissing as error:
        return problem(403, str(error))
    except NotMedia as error:
        return problem(415, str(error))
    except RequestRejected as error:
        return problem(422, str(error))
    except AtCapacity as error:
        return problem(503, str(error), headers={"Retry-After": str(error.retry_after_s)})
