"""Turns replies into speech on threads of its own, piece by piece, so that the first sample leaves early."""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

from agent.core.errors import SynthesisError
from agent.core.speech import SpeechChunk
from agent.synthesis.clauses import clauses
from agent.synthesis.voice import Style, Voice

logger = logging.getLogger(__name__)

LONGEST_TEXT = 5_000
"""Characters of one reply; about five minutes of speech. What is beyond is shown, but not spoken."""

_PLAIN = Style()


class Synthesizer:
    """One voice shared by all calls. Calls that speak at once take turns by the piece, in order of asking.

    One thread suits a voice that computes, several one that waits for another machine.
    Each `speak` has one piece ready at most beyond those that it has given.
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
        """Ends the threads after the pieces in hand; every `speak` under way raises `SynthesisError`. May be repeated.

        Waits for those pieces, half a second or a reply's deadline at most: call it off the event loop.
        """
        if self._pool is not None:
            pool, self._pool = self._pool, None
            pool.shutdown(cancel_futures=True)

    async def speak(self, text: str, style: Style = _PLAIN) -> AsyncGenerator[SpeechChunk, None]:
        """The speech of `text` in chunks as they are made; `aclose()` abandons the rest after the chunk in hand.

        The texts of the chunks, a space between them, are `text` again, each word with the samples that end it as far
        as is known. What the voice cannot speak (pictures, other scripts) goes along with the clause it stands by.
        Raises `SynthesisError` when nothing in `text` can be spoken, when the voice fails and when it is stopped.
        """
        speech = _Speech(self._chunks(self._speakable(text), style))
        following = self._submit(speech)
        try:
            while (chunk := await self._result(following)) is not None:
                if not chunk.last:
                    following = self._submit(speech)
                yield chunk
                if chunk.last:
                    break
        finally:
            following.cancel()
            if self._pool is not None:
                with suppress(RuntimeError):  # the pool may be shut down at this moment
                    self._pool.submit(speech.close)

    def _chunks(self, pieces: list[str], style: Style) -> Generator[SpeechChunk, None, None]:
        """The clauses as the voice speaks them, on its threads."""
        for position, clause in enumerate(pieces):
            text, told = clause.strip(), 0
            with closing(self._voice.stream(clause, style)) as sound:
                for piece in sound:
                    ended = piece.share >= 1.0
                    reached = len(text) if ended else text.rfind(" ", told, round(piece.share * len(text)) + 1)
                    part, told = text[told : max(told, reached)].strip(), max(told, reached)
                    last = ended and position + 1 == len(pieces)
                    yield SpeechChunk(
                        samples=piece.samples,
                        rate_hz=self._voice.rate_hz,
                        text=part,
                        last=last,
                        visemes=piece.visemes,
                    )

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

    def _submit(self, speech: "_Speech") -> asyncio.Future[SpeechChunk | None]:
        if self._pool is None:
            raise SynthesisError("the voice is not running; start the synthesizer before it is asked to speak")
        return asyncio.get_running_loop().run_in_executor(self._pool, speech.next)

    async def _result(self, pending: asyncio.Future[SpeechChunk | None]) -> SpeechChunk | None:
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


class _Speech:
    """The chunks of one reply, asked for by one thread at a time."""

    def __init__(self, chunks: Generator[SpeechChunk, None, None]) -> None:
        self._chunks = chunks
        self._alone = threading.Lock()

    def next(self) -> SpeechChunk | None:
        with self._alone:
            return next(self._chunks, None)

    def close(self) -> None:
        """Lets go of what the voice holds for the chunks that nobody wants any more."""
        with self._alone:
            self._chunks.close()
