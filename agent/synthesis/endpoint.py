"""A voice behind any endpoint of OpenAI's form, with our own in reserve for when it fails or is late."""

import logging
import re
import threading
import time
from collections.abc import Callable
from io import BytesIO

import av
import httpx
import numpy as np
from av import AudioFrame, AudioResampler
from numpy.typing import NDArray

from agent.core.errors import SynthesisError
from agent.core.settings import VoiceSettings
from agent.core.types import read_only
from agent.synthesis.sound import finished, pause_after, resampled
from agent.synthesis.voice import Style, Voice, language_of

log = logging.getLogger(__name__)

RATE_HZ = 48_000
AT_ONCE = 4
"""Clauses that may be asked of the endpoint at the same time."""
RETRY_AFTER_S = 20.0
"""After a failure the endpoint is left alone for this long, so that no clause waits for it in vain."""
_MOST_BYTES = 16 * 1024 * 1024
"""Of one clause; over a minute of 48 kHz stereo."""
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
        self._reserve_alone = threading.Lock()
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

    def synthesize(self, clause: str, style: Style) -> NDArray[np.float32]:
        if self._to_be_asked():
            try:
                samples = self._asked(clause, style)
            except (SynthesisError, httpx.HTTPError, httpx.InvalidURL) as error:
                self._failed(error)
            else:
                self._fault = None
                return samples
        return self._by_reserve(clause, style)

    def close(self) -> None:
        """Ends the connections."""
        self._client.close()

    def _to_be_asked(self) -> bool:
        return self._fault is None or self._now_s() - self._failed_s >= RETRY_AFTER_S

    def _asked(self, clause: str, style: Style) -> NDArray[np.float32]:
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
        body, content_type = self._fetched(wanted)
        samples = _pcm(body, content_type) if settings.format == "pcm" else _decoded(body)
        if not np.any(samples):
            raise SynthesisError("it sent no sound")
        if pitch != 1.0:
            samples = resampled(samples, round(len(samples) / pitch))
        pause_s = pause_after(clause.strip()[-1]) / rate
        return read_only(finished(samples, RATE_HZ, level_db=settings.level_db, pause_s=pause_s))

    def _fetched(self, wanted: dict[str, str | float]) -> tuple[bytes, str]:
        """Body and content type of the answer, whole and in time, or `SynthesisError` or httpx's own."""
        deadline_s = time.monotonic() + self._settings.answer_within_s
        body = bytearray()
        with self._client.stream("POST", f"{str(self._settings.url).rstrip('/')}/audio/speech", json=wanted) as answer:
            if answer.status_code != httpx.codes.OK:
                raise SynthesisError(f"it answered with status {answer.status_code}")
            content_type = answer.headers.get("content-type", "")
            if content_type.startswith(("text/", "application/json")):
                raise SynthesisError("it answered with text instead of sound")
            for piece in answer.iter_bytes():
                body += piece
                if time.monotonic() > deadline_s:
                    raise SynthesisError(f"its answer was not whole after {self._settings.answer_within_s:g} s")
                if len(body) > _MOST_BYTES:
                    raise SynthesisError(f"it sent more than {_MOST_BYTES // 2**20} MiB for one clause")
        return bytes(body), content_type

    def _failed(self, error: Exception) -> None:
        reason = str(error) if isinstance(error, SynthesisError) else type(error).__name__
        self._failed_s = self._now_s()
        self._fault = f"the speech endpoint failed ({reason}); our own voice speaks meanwhile"
        log.warning("%s; it is asked again in %.0f s", self._fault, RETRY_AFTER_S)

    def _by_reserve(self, clause: str, style: Style) -> NDArray[np.float32]:
        """Raises `SynthesisError` for a clause that our own voice cannot speak either."""
        with self._reserve_alone:
            samples = self._reserve.synthesize(clause, style)
        return read_only(_at_48_khz(samples, self._reserve.rate_hz))


def _pcm(body: bytes, content_type: str) -> NDArray[np.float32]:
    """(n,) float32 at 48 kHz from 16-bit mono without a header."""
    if not body or len(body) % 2:
        raise SynthesisError(f"its {len(body)} bytes are not 16-bit sound")
    said = re.search(r"rate=(\d{4,6})", content_type)
    samples = np.frombuffer(body, "<i2").astype(np.float32) / np.float32(32_768)
    return _at_48_khz(samples, int(said[1]) if said else _PCM_RATE_HZ)


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
    return _joined(parts)


def _at_48_khz(samples: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    if rate_hz == RATE_HZ:
        return samples
    resampler = AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate = rate_hz
    return _joined([*resampler.resample(frame), *resampler.resample(None)])


def _joined(parts: list[AudioFrame]) -> NDArray[np.float32]:
    blocks = [np.asarray(part.to_ndarray(), np.float32).reshape(-1) for part in parts]
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
