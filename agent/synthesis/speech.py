"""Turns replies into speech on a thread of its own, clause by clause, so that the first sample leaves early."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from agent.core.errors import SynthesisError
from agent.core.types import SpeechChunk
from agent.synthesis.clauses import clauses
from agent.synthesis.voice import Style, Voice

logger = logging.getLogger(__name__)

LONGEST_TEXT = 5_000
"""Characters of one reply; about five minutes of speech. What is beyond is shown, but not spoken."""

_PLAIN = Style()


class Synthesizer:
    """One voice shared by all calls. Clauses of calls that speak at once take turns, in order of asking.

    Each `speak` has at most two clauses waiting or being synthesized: the one asked for and the one after it.
    """

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._thread: ThreadPoolExecutor | None = None

    @property
    def rate_hz(self) -> int:
        return self._voice.rate_hz

    def start(self) -> None:
        """Starts the thread. The voice was loaded when it was made."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="voice")

    def stop(self) -> None:
        """Ends the thread after the clause in hand; every `speak` under way raises `SynthesisError`. May be repeated.

        Waits for that clause, a second at most: call it off the event loop.
        """
        if self._thread is not None:
            thread, self._thread = self._thread, None
            thread.shutdown(cancel_futures=True)

    async def speak(self, text: str, style: Style = _PLAIN) -> AsyncGenerator[SpeechChunk, None]:
        """The speech of `text`, a chunk a clause; `aclose()` abandons the rest after the clause in hand.

        What the voice cannot speak (pictures, other scripts) goes along in the text of the clause it stands by.
        Raises `SynthesisError` when nothing in `text` can be spoken, when the voice fails and when it is stopped.
        """
        pieces = self._speakable(text)
        following = self._submit(pieces[0], style)
        try:
            for position, piece in enumerate(pieces):
                samples = await self._result(following)
                last = position + 1 == len(pieces)
                if not last:
                    following = self._submit(pieces[position + 1], style)
                yield SpeechChunk(samples=samples, rate_hz=self._voice.rate_hz, text=piece.strip(), last=last)
        finally:
            following.cancel()

    def _speakable(self, text: str) -> list[str]:
        """Clauses that can all be spoken, those that cannot joined to the one before, or after at the beginning."""
        if len(text) > LONGEST_TEXT:
            logger.warning("a reply of %d characters is spoken up to the first %d", len(text), LONGEST_TEXT)
        pieces: list[str] = []
        unspoken = ""
        for clause in clauses(text[:LONGEST_TEXT]):
            if self._voice.can_speak(clause):
                pieces.append(unspoken + clause)
                unspoken = ""
            elif pieces:
                pieces[-1] += clause
            else:
                unspoken += clause
        if not pieces:
            raise SynthesisError(
                f"none of the reply's {len(text)} characters can be spoken by this voice; show it as text instead"
            )
        return pieces

    def _submit(self, clause: str, style: Style) -> asyncio.Future[NDArray[np.float32]]:
        if self._thread is None:
            raise SynthesisError("the voice is not running; start the synthesizer before it is asked to speak")
        return asyncio.get_running_loop().run_in_executor(self._thread, self._voice.synthesize, clause, style)

    async def _result(self, pending: asyncio.Future[NDArray[np.float32]]) -> NDArray[np.float32]:
        try:
            return await pending
        except asyncio.CancelledError:
            if self._thread is None and pending.cancelled():
                raise SynthesisError("the voice was stopped while it spoke") from None
            raise
        except SynthesisError:
            raise
        except Exception as error:
            raise SynthesisError(f"the voice failed on a clause: {error}") from error
