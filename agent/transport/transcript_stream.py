"""Sends the words of a recording as server-sent events while it is being read, as OpenAI's streams do."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from fastapi import Response
from starlette.types import Receive, Scope, Send

from agent.core.speech import UNSPACED_LANGUAGES
from agent.transport.scribe import Segment, Transcription

Reading = Callable[[Callable[[Segment], None]], Awaitable[Transcription]]
"""Reads a recording and tells each segment on the way."""
Fault = Callable[[Exception], dict[str, Any]]
"""What clients are to read of an error."""

_DONE = b"data: [DONE]\n\n"


class TranscriptStream(Response):
    """The answer: `transcript.text.delta` for each segment and `transcript.text.done` with all of them.

    An error after the first byte can change no status any more; it comes as an event with `error`, which clients raise.
    """

    media_type = "text/event-stream"

    def __init__(self, reading: Reading, fault: Fault, *, close: Callable[[], Awaitable[None]]) -> None:
        """`close` gives back what `reading` needs, however it ends."""
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._reading = reading
        self._fault = fault
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async with asyncio.TaskGroup() as tasks:
                sending = tasks.create_task(self._send(send))
                watching = tasks.create_task(_cancel_when_gone(receive, sending))
                await asyncio.wait((sending,))
                watching.cancel()
        finally:
            await self._close()

    async def _send(self, send: Send) -> None:
        # Holds no more segments than a recording of `api.max_audio_s` has.
        told: asyncio.Queue[Segment | None] = asyncio.Queue()
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(self._read(told))
            separator = ""
            while (segment := await told.get()) is not None:
                delta = {"type": "transcript.text.delta", "delta": separator + segment.text}
                await _send_part(send, _event(delta))
                separator = "" if segment.language in UNSPACED_LANGUAGES else " "
            last = await reading
        await send({"type": "http.response.body", "body": _event(last) + _DONE})

    async def _read(self, told: asyncio.Queue[Segment | None]) -> dict[str, Any]:
        """The last event."""
        try:
            transcription = await self._reading(told.put_nowait)
            return {"type": "transcript.text.done", "text": transcription.text}
        except Exception as error:
            return self._fault(error)
        finally:
            told.put_nowait(None)


async def _send_part(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _cancel_when_gone(receive: Receive, sending: asyncio.Task[None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    sending.cancel()


def _event(data: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(data) + b"\n\n"
