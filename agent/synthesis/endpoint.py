"""A voice behind any endpoint of OpenAI's form, with our own in reserve for when it fails or is late."""

import logging
import re
import time
from collections.abc import Callable, Generator, Iterator
from io import BytesIO

import av
import httpx
import numpy as np
from av import AudioFrame, AudioResampler
from numpy.typing import NDArray

from agent.core.errors import SynthesisError
from agent.core.settings import VoiceSettings
from agent.core.types import read_only
from agent.synthesis.finish import Finish, Loudness
from agent.synthesis.sound import RATE_HZ, Resampler, joined, pause_after
from agent.synthesis.voice import Piece, Style, Voice, language_of

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Clauses that may be asked of the endpoint at the same time."""
RETRY_AFTER_S = 20.0
"""After a failure the endpoint is left alone for this long, so that no clause waits for it in vain."""
_MOST_BYTES = 16 * 1024 * 1024
"""Of one clause; over a minute of 48 kHz stereo."""
_PIECE_S = 0.2
"""Sound that comes in smaller pieces is gathered to as much."""
_CHARACTERS_S = 15.0
"""Of speech at a rate of 1; tells how far a clause has got whose length nobody knows."""
_NEARLY_ALL = 0.95
_PCM_RATE_HZ = 24_000
"""Of `response_format: pcm`, as OpenAI's reference of `POST /audio/speech` has it: 16-bit little-endian, mono."""
_SLOWEST, _FASTEST = 0.25, 4.0
"""Bounds of `speed` in the same reference."""
_UNSIZED = 0x7FFFFFFF
"""A RIFF header that was written before its sound was finished holds this much or more, or nothing."""


class EndpointVoice:
    """`POST {url}/audio/speech` a clause; 48 kHz, at our level, whatever comes back. May be called by many threads."""

    def __init__(self, settings: VoiceSettings, reserve: Voice, *, now_s: Callable[[], float] = time.monotonic) -> None:
        """Does not reach for the endpoint yet. `reserve` speaks what the endpoint does not."""
        self._settings = settings
        self._reserve = reserve
        self._loudness = Loudness()
        self._now_s = now_s
        self._fault: str | None = None
        self._failed_s = 0.0
        key = settings.key
        self._client = httpx.Client(
            headers={} if key is None else {"Authorization": f"Bearer {key.get_secret_value()}"},
            timeout=settings.answer_within_s,
            limits=httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE),
        )

    @property
    def rate_hz(self) -> int:
        return RATE_HZ

    @property
    def fault(self) -> str | None:
        return self._fault

    def speaks(self, language: str) -> bool:
        languages = self._settings.languages
        known = not languages or language_of(language) in languages
        return (known and self._to_be_asked()) or self._reserve.speaks(language)

    def can_speak(self, clause: str) -> bool:
        return any(character.isalnum() for character in clause)

    def stream(self, clause: str, style: Style) -> Generator[Piece, None, None]:
        """As `Voice.stream`. Sound that comes as PCM is heard as it comes, any other once it is whole.

        If the endpoint breaks off within the clause, our own voice begins the clause again, as a person would.
        """
        share = 0.0
        if self._to_be_asked():
            try:
                for piece in self._asked(clause, style):
                    share = piece.share
                    yield piece
            except (SynthesisError, httpx.HTTPError, httpx.InvalidURL) as error:
                self._failed(error)
            else:
                self._fault = None
                return
        yield from self._by_reserve(clause, style, share)

    def close(self) -> None:
        """Ends the connections."""
        self._client.close()

    def _to_be_asked(self) -> bool:
        return self._fault is None or self._now_s() - self._failed_s >= RETRY_AFTER_S

    def _asked(self, clause: str, style: Style) -> Generator[Piece, None, None]:
        """The clause in the endpoint's voice. Lower pitch is faster speech played slower, and the other way round."""
        settings = self._settings
        rate, pitch = style.rate * settings.rate, 2 ** (style.pitch_semitones / 12)
        wanted: dict[str, str | float] = {
            "model": settings.model,
            "voice": settings.name,
            "input": clause.strip(),
            "response_format": settings.format,
            "speed": round(min(_FASTEST, max(_SLOWEST, rate / pitch)), 3),
        }
        finish = Finish(RATE_HZ, self._loudness, level_db=settings.level_db)
        resampler: Resampler | None = None
        sounded = False
        ready: list[NDArray[np.float32]] = []
        expected_s = len(clause.strip()) / _CHARACTERS_S / rate
        spoken_s = 0.0
        for samples, rate_hz in self._fetched(wanted):
            resampler = resampler or Resampler(round(rate_hz * pitch))
            sounded = sounded or bool(np.any(samples))
            ready.append(finish.push(resampler.push(samples)))
            spoken_s += len(samples) / (rate_hz * pitch)
            if settings.format == "pcm" and sum(map(len, ready)) >= _PIECE_S * RATE_HZ:
                share = min(_NEARLY_ALL, spoken_s / expected_s)
                yield Piece(samples=read_only(np.concatenate(ready)), share=share)
                ready.clear()
        if resampler is None or not sounded:
            raise SynthesisError("it sent no sound")
        ready += finish.push(resampler.end()), finish.end(pause_after(clause.strip()[-1]) / rate)
        yield Piece(samples=read_only(np.concatenate(ready)), share=1.0)

    def _fetched(self, wanted: dict[str, str | float]) -> Iterator[tuple[NDArray[np.float32], int]]:
        """Samples and their rate as they come, in time; raises `SynthesisError` or httpx's own."""
        within_s = self._settings.answer_within_s
        deadline_s = time.monotonic() + within_s
        body, taken = bytearray(), 0
        with self._client.stream("POST", f"{str(self._settings.url).rstrip('/')}/audio/speech", json=wanted) as answer:
            if answer.status_code != httpx.codes.OK:
                raise SynthesisError(f"it answered with status {answer.status_code}")
            content_type = answer.headers.get("content-type", "")
            if content_type.startswith(("text/", "application/json")):
                raise SynthesisError("it answered with text instead of sound")
            rate_hz = _rate_of(content_type)
            for piece in answer.iter_bytes():
                body += piece
                # sound that has come gives the rest as much more time as it takes to hear
                if time.monotonic() > deadline_s + taken / 2 / rate_hz:
                    raise SynthesisError(f"its answer was not whole after {within_s:g} s")
                if len(body) > _MOST_BYTES:
                    raise SynthesisError(f"it sent more than {_MOST_BYTES // 2**20} MiB for one clause")
                if self._settings.format == "pcm":
                    whole = len(body) // 2 * 2
                    yield _pcm(bytes(body[taken:whole])), rate_hz
                    taken = whole
        if self._settings.format != "pcm":
            yield _decoded(bytes(body)), RATE_HZ

    def _failed(self, error: Exception) -> None:
        reason = str(error) if isinstance(error, SynthesisError) else type(error).__name__
        self._failed_s = self._now_s()
        self._fault = f"the speech endpoint failed ({reason}); our own voice speaks meanwhile"
        log.warning("%s; it is asked again in %.0f s", self._fault, RETRY_AFTER_S)

    def _by_reserve(self, clause: str, style: Style, share: float) -> Iterator[Piece]:
        """The clause by our own voice, after `share` of it has been heard. `SynthesisError` if it cannot speak it."""
        resampler = Resampler(self._reserve.rate_hz)
        for piece in self._reserve.stream(clause, style):
            samples = resampler.push(piece.samples)
            if piece.share >= 1.0:
                samples = np.concatenate([samples, resampler.end()])
            yield Piece(samples=read_only(samples), share=max(share, piece.share), visemes=piece.visemes)


def _rate_of(content_type: str) -> int:
    """Of PCM, which has no header to say it."""
    said = re.search(r"rate=([1-9]\d{3,5})\b", content_type)
    return int(said[1]) if said else _PCM_RATE_HZ


def _pcm(body: bytes) -> NDArray[np.float32]:
    """(n,) float32 from 16-bit mono."""
    return np.frombuffer(body, "<i2").astype(np.float32) / np.float32(32_768)


def _decoded(body: bytes) -> NDArray[np.float32]:
    """(n,) float32 mono at 48 kHz from a sound file, or `SynthesisError` for one that is none or was cut short."""
    size = int.from_bytes(body[4:8], "little")
    if body[:4] == b"RIFF" and len(body) - 8 < size < _UNSIZED:
        raise SynthesisError(f"its sound broke off after {len(body)} bytes of {size + 8}")
    resampler = AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    parts: list[AudioFrame] = []
    try:
        with av.open(BytesIO(body), "r") as container:
            for frame in container.decode(audio=0):
                parts += resampler.resample(frame)
            parts += resampler.resample(None)
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        raise SynthesisError(f"what it sent is no sound that can be decoded ({type(error).__name__})") from None
    return joined(parts)
