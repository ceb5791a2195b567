"""Turns replies into speech on threads of its own, clause by clause, so that the first sample leaves early."""

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

    One thread suits a voice that computes, several one that waits for another machine.
    Each `speak` has at most two clauses waiting or being synthesized: the one asked for and the one after it.
    """

    def __init__(self, voice: Voice, *, threads: int = 1) -> None:
        self._voice = voice
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None

    @property
    def rate_hz(self) -> int:
        return self._voice.rate_hz

    @property
    def fault(self) -> str | None:
        """Why the voice does not speak as it was set to; None while it does."""
        return self._voice.fault

    def speaks(self, language: str) -> bool:
        """Whether there is a voice for the language."""
        return self._voice.speaks(language)

    def start(self) -> None:
        """Starts the threads. The voice was loaded when it was made."""
        self._pool = ThreadPoolExecutor(max_workers=self._threads, thread_name_prefix="voice")

    def stop(self) -> None:
        """Ends the threads after the clauses in hand; every `speak` under way raises `SynthesisError`. May be repeated.

        Waits for those clauses, a second or a reply's deadline at most: call it off the event loop.
        """
        if self._pool is not None:
            pool, self._pool = self._pool, None
            pool.shutdown(cancel_futures=True)

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
        if self._pool is None:
            raise SynthesisError("the voice is not running; start the synthesizer before it is asked to speak")
        return asyncio.get_running_loop().run_in_executor(self._pool, self._voice.synthesize, clause, style)

    async def _result(self, pending: asyncio.Future[NDArray[np.float32]]) -> NDArray[np.float32]:
        try:
            return await pending
        except asyncio.CancelledError:
            if self._pool is None and pending.cancelled():
                raise SynthesisError("the voice was stopped while it spoke") from None
            raise
        except SynthesisError:
            raise
        except Exception as error:
            raise SynthesisError(f"the voice failed on a clause: {error}") from error
