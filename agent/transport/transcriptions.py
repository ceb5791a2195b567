"""`POST /v1/audio/transcriptions`: speech recognition for other programs, in OpenAI's form and behind an API key."""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import SecretStr
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from agent.core.errors import AtCapacity, NotMedia, RequestRejected
from agent.core.settings import ApiSettings
from agent.transport.auth import bearer_token, checked_by
from agent.transport.published import Responses, refusals
from agent.transport.scribe import Scribe, Segment, Transcription
from agent.transport.subtitles import written
from agent.transport.transcript_stream import TranscriptStream
from agent.transport.transcription_form import FIELDS, MODEL_NOT_FOUND, Asked, asked

log = logging.getLogger(__name__)

PATH = "/v1/audio/transcriptions"
MODELS_PATH = "/v1/models"
FORM_BYTES = 64 * 1024
"""What a body may hold beside the file."""
_DIGEST = "sha256:"
_CLIENT_WENT = 499

_DESCRIPTION = """Takes a recording in any usual format, and OpenAI's fields. `model` is one that `GET /v1/models`
lists; all of them stand for the model that the setting `hearing.model` chooses. With `stream` the words come as events
while they are read. Calls always come first."""
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": {"properties": FIELDS, "required": ["file"]}}},
    }
}
_WORDS: Responses = {
    200: {
        "description": "In the form of `response_format`, or as server-sent events with `stream`",
        "content": {"application/json": {}, "text/plain": {}, "text/vtt": {}, "text/event-stream": {}},
    }
}


def transcriptions_router(scribe: Scribe, settings: ApiSettings) -> APIRouter:
    """The routes; they refuse everybody while no key is set."""
    router = APIRouter(tags=["Speech recognition"], dependencies=[checked_by("a key of api.keys")])
    digests = tuple(_digest(key) for key in settings.keys)

    @router.post(
        PATH,
        summary="Words of a recording",
        description=_DESCRIPTION,
        openapi_extra=_BODY,
        responses=_WORDS | refusals(404, 503),
    )
    async def transcribe(request: Request) -> Response:
        refusal = _refused(request, digests, settings.max_file_bytes)
        return refusal or await _answered(request, scribe, settings)

    @router.get(MODELS_PATH, summary="Models that recordings may be read with", responses=refusals(404))
    async def models(request: Request) -> Response:
        refusal = _refused(request, digests, settings.max_file_bytes)
        return refusal or JSONResponse({"object": "list", "data": [_described(name) for name in scribe.models]})

    @router.get(MODELS_PATH + "/{name:path}", summary="One of them", responses=refusals(404))
    async def model(request: Request, name: str) -> Response:
        refusal = _refused(request, digests, settings.max_file_bytes)
        if refusal is not None:
            return refusal
        if name not in scribe.models:
            return Fault(404, f"there is no model {name!r} here", param="model", code=MODEL_NOT_FOUND)
        return JSONResponse(_described(name))

    return router


def _described(model: str) -> dict[str, Any]:
    """A model as OpenAI lists them. When it was made is not known here."""
    return {"id": model, "object": "model", "created": 0, "owned_by": "attentive-agent"}


class Fault(JSONResponse):
    """An error as OpenAI's clients read it."""

    def __init__(self, status: int, message: str, *, param: str | None = None, code: str | None = None) -> None:
        kind = {401: "authentication_error", 429: "rate_limit_error"}.get(status, "invalid_request_error")
        error = {"message": message, "type": "server_error" if status >= 500 else kind, "param": param, "code": code}
        self.content = {"error": error}
        super().__init__(self.content, status_code=status)


def _refused(request: Request, digests: tuple[bytes, ...], max_file_bytes: int) -> Response | None:
    """What is wrong before the body is read, if anything is."""
    if not digests:
        return Fault(404, "speech recognition for programs is switched off here; whoever runs this sets api.keys")
    key = bearer_token(request)
    shown = hashlib.sha256((key or "").encode()).digest()
    # All are compared, so that the time taken does not tell which one is near.
    known = [hmac.compare_digest(shown, digest) for digest in digests]
    if key is None or not any(known):
        refusal = Fault(401, "no valid API key: send `Authorization: Bearer KEY`", code="invalid_api_key")
        refusal.headers["WWW-Authenticate"] = "Bearer"
        return refusal
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > max_file_bytes + FORM_BYTES:
        return _too_large(max_file_bytes)
    return None


async def _answered(request: Request, scribe: Scribe, settings: ApiSettings) -> Response:
    """Reads the form and answers it; every error becomes an answer."""
    form: FormData | None = None
    try:
        form = await request.form(max_files=1, max_fields=16, max_part_size=FORM_BYTES)
        wanted = asked(form, max_file_bytes=settings.max_file_bytes, models=scribe.models)
        if wanted.stream:
            streamed, form = _streamed(scribe, wanted, form), None
            return streamed
        return await _unless_gone(request, _transcribed(scribe, wanted))
    except HTTPException as error:
        # The form is broken, or the body turned out to be larger than it was announced.
        return _too_large(settings.max_file_bytes) if error.status_code == 413 else Fault(400, str(error.detail))
    except RequestRejected as error:
        return _fault_of(error)
    except ClientDisconnect:
        return Response(status_code=_CLIENT_WENT)
    finally:
        if form is not None:
            await form.close()


def _streamed(scribe: Scribe, wanted: Asked, form: FormData) -> Response:
    """Owns `form` from now on."""

    async def read(tell: Callable[[Segment], None]) -> Transcription:
        return await scribe.transcribe(wanted.file.file, wanted.wish, tell)

    return TranscriptStream(read, lambda error: _fault_of(error).content, close=form.close)


async def _transcribed(scribe: Scribe, wanted: Asked) -> Response:
    try:
        transcription = await scribe.transcribe(wanted.file.file, wanted.wish)
    except Exception as error:
        return _fault_of(error)
    return written(transcription, wanted.form, segments=wanted.segments, words=wanted.wish.word_times)


def _fault_of(error: Exception) -> Fault:
    """What went wrong with a recording, for its sender."""
    match error:
        case NotMedia():
            return Fault(400, str(error), param="file", code="invalid_file")
        case RequestRejected():
            status = 404 if error.code == MODEL_NOT_FOUND else 400
            return Fault(status, str(error), param=error.param, code=error.code)
        case AtCapacity():
            refusal = Fault(429, str(error), code="rate_limit_exceeded")
            refusal.headers["Retry-After"] = str(error.retry_after_s)
            return refusal
    # Only the error's kind is told: its text could quote what was said.
    log.error("a recording could not be transcribed: %s", type(error).__name__)
    return Fault(500, "the recording could not be transcribed; the server's log says why")


async def _unless_gone(request: Request, answering: Coroutine[Any, Any, Response]) -> Response:
    """What `answering` gives; it is cancelled when the client goes away before."""
    async with asyncio.TaskGroup() as tasks:
        work = tasks.create_task(answering)
        watch = tasks.create_task(_cancel_when_gone(request, work))
        await asyncio.wait((work,))
        watch.cancel()
    return Response(status_code=_CLIENT_WENT) if work.cancelled() else work.result()


async def _cancel_when_gone(request: Request, work: asyncio.Task[Response]) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    work.cancel()


def _too_large(max_file_bytes: int) -> Fault:
    return Fault(413, f"the file is larger than {max_file_bytes} bytes", param="file", code="file_too_large")


def _digest(key: SecretStr) -> bytes:
    text = key.get_secret_value()
    if text.startswith(_DIGEST):
        return bytes.fromhex(text.removeprefix(_DIGEST))
    return hashlib.sha256(text.encode()).digest()
