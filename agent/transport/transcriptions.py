"""`POST /v1/audio/transcriptions`: speech recognition for other programs, in OpenAI's form and behind an API key."""

import asyncio
import hashlib
import hmac
import logging
import re
from collections.abc import Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import SecretStr
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from agent.core.errors import AtCapacity, NotMedia, RequestRejected
from agent.core.settings import ApiSettings
from agent.transport.scribe import Scribe, Wish
from agent.transport.subtitles import Form, written

log = logging.getLogger(__name__)

PATH = "/v1/audio/transcriptions"
FORM_BYTES = 64 * 1024
"""What a body may hold beside the file."""
LONGEST_PROMPT = 4_000
_DIGEST = "sha256:"
_LANGUAGE = re.compile("[a-z]{2,3}")
_TEMPERATURE = re.compile(r"0?\.\d+|[01](\.0*)?")
_CLIENT_WENT = 499

_DESCRIPTION = """Takes a recording in any usual format. Fields besides `file`: `language`, `prompt`, `response_format`
(json, text, srt, vtt, verbose_json). `model` and `temperature` are accepted for the sake of clients and change nothing:
the setting `hearing.model` decides, and decoding is greedy. Calls always come first."""
_FIELDS = {
    "file": {"type": "string", "format": "binary"},
    **dict.fromkeys(("model", "language", "prompt"), {"type": "string"}),
    "response_format": {"type": "string", "enum": list(Form), "default": Form.JSON},
    "temperature": {"type": "number", "minimum": 0, "maximum": 1},
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": {"properties": _FIELDS, "required": ["file"]}}},
    }
}


def transcriptions_router(scribe: Scribe, settings: ApiSettings) -> APIRouter:
    """The route; it refuses everybody while no key is set."""
    router = APIRouter(tags=["Speech recognition"])
    digests = tuple(_digest(key) for key in settings.keys)

    @router.post(PATH, summary="Words of a recording", description=_DESCRIPTION, openapi_extra=_BODY)
    async def transcribe(request: Request) -> Response:
        refusal = _refused(request, digests, settings.max_file_bytes)
        return refusal or await _answered(request, scribe, settings)

    return router


def fault(status: int, message: str, *, param: str | None = None, code: str | None = None) -> JSONResponse:
    """An error as OpenAI's clients read it."""
    kind = {401: "authentication_error", 429: "rate_limit_error"}.get(status, "invalid_request_error")
    error = {"message": message, "type": "server_error" if status >= 500 else kind, "param": param, "code": code}
    return JSONResponse({"error": error}, status_code=status)


def _refused(request: Request, digests: tuple[bytes, ...], max_file_bytes: int) -> Response | None:
    """What is wrong before the body is read, if anything is."""
    if not digests:
        return fault(404, "speech recognition for programs is switched off here; whoever runs this sets api.keys")
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    shown = hashlib.sha256(key.strip().encode()).digest()
    # All are compared, so that the time taken does not tell which one is near.
    known = [hmac.compare_digest(shown, digest) for digest in digests]
    if scheme.lower() != "bearer" or not any(known):
        refusal = fault(401, "no valid API key: send `Authorization: Bearer KEY`", code="invalid_api_key")
        refusal.headers["WWW-Authenticate"] = "Bearer"
        return refusal
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > max_file_bytes + FORM_BYTES:
        return _too_large(max_file_bytes)
    return None


async def _answered(request: Request, scribe: Scribe, settings: ApiSettings) -> Response:
    """Reads the form and answers it; every error becomes an answer."""
    try:
        async with request.form(max_files=1, max_fields=16, max_part_size=FORM_BYTES) as form:
            file, wish, answer_form = _asked(form, settings.max_file_bytes)
            return await _unless_gone(request, _transcribed(scribe, file, wish, answer_form))
    except HTTPException as error:
        # The form is broken, or the body turned out to be larger than it was announced.
        return _too_large(settings.max_file_bytes) if error.status_code == 413 else fault(400, str(error.detail))
    except RequestRejected as error:
        return fault(400, str(error), param=error.param, code=error.code)
    except ClientDisconnect:
        return Response(status_code=_CLIENT_WENT)


async def _transcribed(scribe: Scribe, file: UploadFile, wish: Wish, form: Form) -> Response:
    try:
        return written(await scribe.transcribe(file.file, wish), form)
    except NotMedia as error:
        return fault(400, str(error), param="file", code="invalid_file")
    except RequestRejected as error:
        return fault(400, str(error), param=error.param, code=error.code)
    except AtCapacity as error:
        refusal = fault(429, str(error), code="rate_limit_exceeded")
        refusal.headers["Retry-After"] = str(error.retry_after_s)
        return refusal
    except Exception as error:
        # Only the error's kind is told: its text could quote what was said.
        log.error("a recording could not be transcribed: %s", type(error).__name__)
        return fault(500, "the recording could not be transcribed; the server's log says why")


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


def _asked(form: FormData, max_file_bytes: int) -> tuple[UploadFile, Wish, Form]:
    """What the fields ask for. Raises `RequestRejected` naming the one at fault."""
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise RequestRejected("send the recording as a form field named file", param="file")
    if (file.size or 0) > max_file_bytes:
        raise HTTPException(413)
    language = _field(form, "language").lower() or None
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise RequestRejected("language is an ISO 639-1 code such as en", param="language")
    prompt = _field(form, "prompt")
    if len(prompt) > LONGEST_PROMPT:
        raise RequestRejected(f"prompt holds at most {LONGEST_PROMPT} characters", param="prompt")
    temperature = _field(form, "temperature") or "0"
    if not _TEMPERATURE.fullmatch(temperature):
        raise RequestRejected("temperature is a number from 0 to 1", param="temperature")
    if "word" in form.getlist("timestamp_granularities[]"):
        raise RequestRejected("times of single words are not told, only of segments", param="timestamp_granularities")
    answer_form = _field(form, "response_format") or Form.JSON
    if answer_form not in set(Form):
        raise RequestRejected(f"response_format is one of {', '.join(Form)}", param="response_format")
    return file, Wish(language=language, prompt=prompt), Form(answer_form)


def _field(form: FormData, name: str) -> str:
    """The text of a field, "" when it is absent. Raises `RequestRejected` for a file in its place."""
    value = form.get(name, "")
    if not isinstance(value, str):
        raise RequestRejected(f"{name} is text, not a file", param=name)
    return value.strip()


def _too_large(max_file_bytes: int) -> JSONResponse:
    return fault(413, f"the file is larger than {max_file_bytes} bytes", param="file", code="file_too_large")


def _digest(key: SecretStr) -> bytes:
    text = key.get_secret_value()
    if text.startswith(_DIGEST):
        return bytes.fromhex(text.removeprefix(_DIGEST))
    return hashlib.sha256(text.encode()).digest()
