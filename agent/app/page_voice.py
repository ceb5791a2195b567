"""The customer's browser as a voice, for languages that the agent has none for: asked by the clause, held at once."""

import asyncio
from collections.abc import Callable
from typing import Literal

from agent.core.errors import SynthesisError
from agent.core.sentences import tell
from agent.transport.messages import (
    PageSay,
    PageSpeech,
    PageSpoken,
    ToPage,
)

START_WITHIN_S = 4.0
"""A page that has not begun by then does not speak; some browsers take a second or two to list their voices."""
FASTEST_CHARACTERS_S = 2.0
"""A clause slower than this many characters a second, at a rate of 1, is given up: the browser lost it."""
SLACK_S = 5.0


class PageVoice:
    """Speaks over the data channel. Owned by the event loop.

    `on_speaking` is told when the browser begins, and when a reply is over.
    """

    def __init__(
        self,
        show: Callable[[ToPage], None],
        *,
        on_speaking: Callable[[bool], None],
        start_within_s: float = START_WITHIN_S,
    ) -> None:
        self._show = show
        self._on_speaking = on_speaking
        self._start_within_s = start_within_s
        self._spoken: list[str] = []
        """Clauses of the present reply that were heard to their end."""
        self._clause: PageSay | None = None
        self._characters = 0
        self._asked = 0
        self._speaking = False
        self._started = asyncio.Event()
        self._ended = asyncio.Event()
        self._refused = False
        self._going = asyncio.Event()
        """Clear while held."""
        self._going.set()

    @property
    def said(self) -> str:
        """What the browser has spoken of the present reply, up to the last whole word."""
        current = self._clause.text[: self._characters].strip() if self._clause is not None else ""
        return " ".join(part for part in (*self._spoken, current) if part)

    async def say(self, clause: str, *, language: str, rate: float = 1.0) -> None:
        """Has the clause spoken, and waits until it was.

        Raises `SynthesisError` when the browser has no voice for the language, or does not get on.
        """
        await self._going.wait()
        self._asked += 1
        asked = PageSay(id=f"clause-{self._asked}", text=clause, language=language, rate=rate)
        self._clause, self._characters, self._refused = asked, 0, False
        self._started.clear()
        self._ended.clear()
        self._show(asked)
        try:
            await self._until(self._started, self._start_within_s)
            await self._until(self._ended, SLACK_S + len(clause) / FASTEST_CHARACTERS_S / rate)
        except TimeoutError:
            self._tell("cancel")
            raise SynthesisError("the customer's browser does not speak; the reply was shown as text") from None
        finally:
            if self._clause is asked:
                self._clause = None
        if self._refused:
            raise SynthesisError(tell("browser_without_voice", language=language))
        self._spoken.append(clause)

    def pause(self) -> None:
        """Has the browser fall silent, and keeps what is left to say."""
        if self._going.is_set():
            self._going.clear()
            self._tell("pause")

    def resume(self) -> None:
        """Goes on where `pause` left off."""
        if not self._going.is_set():
            self._going.set()
            self._tell("resume")

    def cancel(self) -> str:
        """Has the browser fall silent for good. Returns what was heard of the reply."""
        heard = self.said
        self._tell("cancel")
        self._clause = None
        self._going.set()
        return heard

    def finish(self) -> None:
        """The reply is over, however it ended."""
        self._spoken.clear()
        self._clause = None
        if self._speaking:
            self._speaking = False
            self._on_speaking(False)

    def heed(self, message: PageSpoken) -> None:
        """What the page reports. A report of another clause than the present one comes late and means nothing."""
        clause = self._clause
        if clause is None or message.id != clause.id:
            return
        self._started.set()
        if message.state == "unavailable":
            self._refused = True
        elif not self._speaking:
            self._speaking = True
            self._on_speaking(True)
        if message.state in ("unavailable", "ended"):
            self._ended.set()
        reached = len(clause.text) if message.state == "ended" else message.characters
        self._characters = min(len(clause.text), max(self._characters, reached))

    def _tell(self, action: Literal["pause", "resume", "cancel"]) -> None:
        if self._clause is not None:
            self._show(PageSpeech(id=self._clause.id, action=action))

    async def _until(self, event: asyncio.Event, limit_s: float) -> None:
        """Waits for a report. Time that the agent is held does not count: the limit begins anew after it."""
        while not event.is_set():
            await self._going.wait()
            try:
                async with asyncio.timeout(limit_s):
                    await event.wait()
            except TimeoutError:
                if self._going.is_set():
                    raise
