"""Implements `transport.attachments.Attachments`: what customers send into a call goes to the call that it is for."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from io import BytesIO

from agent.app.call import Call
from agent.core.errors import CallNotFound, NotMedia
from agent.dialogue.protocol import LONGEST_PICTURE
from agent.media.shared_pictures import redrawn, small
from agent.transport.scribe import Scribe, Wish

MODEL_BYTES = LONGEST_PICTURE * 3 // 4
LONGEST_NOTE_S = 60.0
MOST_NOTES = 2
"""Voice notes that are read or wait at once; more are told to come back."""


class CallAttachments:
    """Belongs to the event loop."""

    def __init__(
        self, find: Callable[[str], Call | None], find_own: Callable[[str, str], Call], scribe: Scribe
    ) -> None:
        """`find` gives the call of an id while it goes on, `find_own` to who shows its token, else `CallNotFound`.
        `scribe` reads voice notes, and refuses those that are longer than `LONGEST_NOTE_S`."""
        self._find = find
        self._find_own = find_own
        self._scribe = scribe
        self._drawing = asyncio.Lock()
        """Large pictures take a hundred megabytes for a moment: one is drawn at a time."""

    def admit(self, call_id: str, token: str) -> None:
        self._find_own(call_id, token)

    async def share_picture(self, call_id: str, token: str, content: bytes) -> tuple[str, bytes]:
        async with self._drawing:
            picture = await asyncio.to_thread(redrawn, content)
            for_model = ""
            if self._find_own(call_id, token).attached.shows_model:
                for_model = b64encode(await asyncio.to_thread(small, picture, most_bytes=MODEL_BYTES)).decode()
        return self._find_own(call_id, token).attached.share_picture(picture, for_model=for_model), picture.jpeg

    async def take_note(self, call_id: str, token: str, content: bytes) -> str:
        language = self._find_own(call_id, token).attached.note_language()
        read = await self._scribe.transcribe(BytesIO(content), Wish(language=language))
        words = read.text.strip()
        if not words:
            raise NotMedia("no words could be heard in this recording; speak closer to the microphone, or write")
        self._find_own(call_id, token).attached.take_note(words)
        return words

    def picture(self, call_id: str, picture_id: str) -> bytes:
        call = self._find(call_id)
        picture = None if call is None else call.attached.picture(picture_id)
        if picture is None:
            raise CallNotFound("there is no such picture in this call; only its last ones are held")
        return picture.jpeg
