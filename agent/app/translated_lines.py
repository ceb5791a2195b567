"""The lines of one call in another language: for supervisors as soon as they are there, for the engine if in time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from agent.app.interpreter import Interpreter
from agent.core.mailbox import Mailbox
from agent.dialogue.protocol import LONGEST_TEXT, ToEngine, Translated, Translation
from agent.transport.messages import Caption

LINES_KEPT = 16
"""Lines that may wait; the oldest are done without."""
LATE_TURNS = 8
"""The latest turns, whose translation may still come."""

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(slots=True)
class _Line:
    caption: Caption
    language: str
    turn: int | None
    done: asyncio.Event = field(default_factory=asyncio.Event)
    translation: Translation | None = None


class TranslatedLines:
    """Belongs to the event loop. Without an interpreter only what `heard` brings is translated."""

    def __init__(
        self,
        interpreter: Interpreter | None,
        *,
        wait_s: float,
        show: Callable[[Caption], None],
        tell: Callable[[ToEngine], None],
        report: Callable[[str, str | None], None],
    ) -> None:
        """`show` takes captions for supervisors, `tell` messages for the engine, `report` what is wrong with a room."""
        self._interpreter = interpreter
        self._wait_s = wait_s
        self._show = show
        self._tell = tell
        self._report = report
        self._lines: Mailbox[_Line] = Mailbox(LINES_KEPT)
        self._with: dict[int, bool] = {}
        """By turn that went out, whether its translation went with it."""
        self._ready: dict[int, Translation] = {}
        """By turn that has not gone out yet."""
        self._spoken: dict[str, _Line] = {}
        """By caption, the latest lines of the customer's, which the recogniser may hear in English too."""

    def later(self, caption: Caption, language: str) -> None:
        """Has a line translated for supervisors alone."""
        self._take(_Line(caption, language, None))

    async def soon(self, caption: Caption, language: str, turn: int) -> Translation | None:
        """Has a line of the customer's translated. The translation, if it comes in the time that it may take; otherwise
        it follows after `went_out`."""
        line = self._spoken[caption.id] = _Line(caption, language, turn)
        _forget_oldest(self._spoken)
        if not self._take(line) or self._wait_s <= 0:
            return None
        try:
            async with asyncio.timeout(self._wait_s):
                await line.done.wait()
        except TimeoutError:
            return None
        return line.translation

    def heard(self, caption_id: str, text: str) -> None:
        """The recogniser heard a line of the customer's in English."""
        line = self._spoken.get(caption_id)
        if line is not None:
            self._translated(line.caption, line.turn, Translation(language="en", text=text[:LONGEST_TEXT]))

    def went_out(self, turn: int, *, translated: bool) -> None:
        """The engine was sent this turn, with its translation or without."""
        self._with[turn] = translated
        _forget_oldest(self._with)
        ready = self._ready.pop(turn, None)
        if ready is not None and not translated:
            self._tell(Translated(turn=turn, translation=ready))

    async def run(self) -> None:
        """Has one line after the other translated, until `close`."""
        async for line in self._lines:
            assert self._interpreter is not None
            text = await self._interpreter.translate(line.caption.text, source=line.language)
            self._report("translation", self._interpreter.fault)
            if text is not None:
                line.translation = Translation(language=self._interpreter.language, text=text[:LONGEST_TEXT])
                self._translated(line.caption, line.turn, line.translation)
            line.done.set()

    def close(self) -> None:
        self._lines.close()

    def _take(self, line: _Line) -> bool:
        if self._interpreter is None or line.language == self._interpreter.language:
            return False
        self._lines.put(line)
        return True

    def _translated(self, caption: Caption, turn: int | None, translation: Translation) -> None:
        self._show(
            msgspec.structs.replace(caption, translation=translation.text, translation_language=translation.language)
        )
        match None if turn is None else self._with.get(turn):
            case False:
                assert turn is not None
                self._tell(Translated(turn=turn, translation=translation))
            case None if turn is not None:
                self._ready[turn] = translation
                _forget_oldest(self._ready)


def _forget_oldest(kept: dict[Key, Value]) -> None:
    if len(kept) > LATE_TURNS:
        del kept[next(iter(kept))]
