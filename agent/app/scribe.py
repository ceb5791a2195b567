"""Reads recordings for other programs, one after another, piece by piece behind everything that calls want."""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from agent.core.errors import AgentError, AtCapacity, RequestRejected
from agent.core.settings import Settings
from agent.core.speech import MIC_RATE_HZ
from agent.inference.runtime import Runtime
from agent.media.sound_files import decoded_sound
from agent.perception.activity import VoiceActivity
from agent.perception.hearing import Hearing
from agent.perception.pieces import Piece, pieces
from agent.perception.transcript import AUTO
from agent.perception.utterance import Answer, Request, Urgency
from agent.perception.wished import Decoding, Words
from agent.transport.scribe import Segment, SpokenWord, Transcription, Wish

ENOUGH_S = 8.0
"""A piece ends at the first pause after this. Shorter ones cost as much; a call waits for one at most."""
ENOUGH_ELSEWHERE_S = 20.0
"""The same for other languages, whose model always sees 30 s."""
RETRY_AFTER_S = 20
ANY_MODEL = "whisper-1"
"""What programs ask for that were written for OpenAI: whatever the settings choose."""


@dataclass(slots=True, kw_only=True)
class _Job:
    """One recording. Its own thread reads it; the event loop may give it up."""

    file: BinaryIO
    wish: Wish
    tell: Callable[[Segment], None]
    """Takes the segments as they are read, on the thread of the job."""
    language: str
    """As asked for; once it is `AUTO` no more, as found."""
    id: str = field(default_factory=lambda: f"file-{secrets.token_hex(4)}")
    answers: SimpleQueue[Answer | None] = field(default_factory=SimpleQueue)
    """None when nobody wants the words any more."""
    samples: int = 0
    """Decoded so far."""


class _GivenUp(AgentError):
    """Nobody waits for this recording any more."""


class FileScribe:
    """Implements `transport.scribe.Scribe` on the models of the calls. `hearing` must be started."""

    def __init__(self, runtime: Runtime, hearing: Hearing, settings: Settings) -> None:
        self._hearing = hearing
        self._settings = settings
        self._activity = runtime.open("voice_activity")
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="scribe")
        self._jobs: dict[str, _Job] = {}
        """Waiting or being read; belongs to the event loop."""

    def stop(self) -> None:
        """Gives up what is being read; to be called before hearing stops."""
        for job in list(self._jobs.values()):
            job.answers.put(None)
        self._thread.shutdown(cancel_futures=True)

    @property
    def models(self) -> tuple[str, ...]:
        named = self._settings.hearing.model
        return (ANY_MODEL,) if named is None else (ANY_MODEL, Path(named).name)

    async def transcribe(
        self, file: BinaryIO, wish: Wish, tell: Callable[[Segment], None] | None = None
    ) -> Transcription:
        most = self._settings.api.max_waiting
        if len(self._jobs) >= most:
            raise AtCapacity(f"{most} recordings wait already; try again in a moment", retry_after_s=RETRY_AFTER_S)
        language = wish.language or self._settings.hearing.language
        if not self._hearing.understands(language):
            raise RequestRejected(f"the speech models here do not understand language {language!r}", param="language")
        loop = asyncio.get_running_loop()

        def hand_over(segment: Segment) -> None:
            if tell is not None:
                loop.call_soon_threadsafe(tell, segment)

        job = _Job(file=file, wish=wish, tell=hand_over, language=language)
        self._jobs[job.id] = job
        try:
            return await loop.run_in_executor(self._thread, self._transcribe, job)
        finally:
            del self._jobs[job.id]
            job.answers.put(None)

    def _transcribe(self, job: _Job) -> Transcription:
        sound = self._counted(job, decoded_sound(job.file, name="this file"))
        cut = pieces(
            sound,
            VoiceActivity(self._activity),
            speech_prob=self._settings.hearing.speech_prob,
            enough_s=ENOUGH_S if job.language == "en" else ENOUGH_ELSEWHERE_S,
        )
        segments: list[Segment] = []
        for number, piece in enumerate(cut):
            words = self._words(job, number, piece)
            if words.text:
                segments.append(_segment(piece, words, job.wish))
                job.tell(segments[-1])
        return Transcription(
            language="en" if job.language == AUTO else job.language,
            duration_s=job.samples / MIC_RATE_HZ,
            segments=tuple(segments),
        )

    def _counted(self, job: _Job, runs: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        """The same sound; raises when there is more of it than is allowed."""
        longest_s = self._settings.api.max_audio_s
        for run in runs:
            job.samples += len(run)
            if job.samples > longest_s * MIC_RATE_HZ:
                raise RequestRejected(
                    f"the recording is longer than {longest_s:g} s; cut it into parts", param="file", code="too_long"
                )
            yield run

    def _words(self, job: _Job, number: int, piece: Piece) -> Words:
        """The words of a piece, once no call wants anything."""
        request = Request(
            call_id=job.id,
            utterance_id=0,
            piece=number,
            urgency=Urgency.FILE,
            samples=piece.samples,
            heard_to_sample=0,
            language=job.language,
            decoding=Decoding(prompt=job.wish.prompt, temperature=job.wish.temperature, word_times=job.wish.word_times),
        )
        self._hearing.read(request, job.answers.put)
        answer = job.answers.get()
        if answer is None:
            raise _GivenUp(f"{job.id} is not wanted any more")
        if answer.words is None:
            raise AgentError(answer.failure or "transcription failed")
        if job.language == AUTO and answer.words.text:
            job.language = answer.words.language
        return answer.words


def _segment(piece: Piece, words: Words, wish: Wish) -> Segment:
    return Segment(
        start_s=piece.start_s,
        end_s=piece.end_s,
        text=words.text,
        mean_token_logprob=words.mean_token_logprob,
        no_speech_prob=words.no_speech_prob,
        temperature=wish.temperature,
        language=words.language,
        words=tuple(
            SpokenWord(
                start_s=piece.sound_start_s + word.start_s, end_s=piece.sound_start_s + word.end_s, text=word.text
            )
            for word in words.times
        ),
    )
