"""What the HTTP side asks of speech recognition: a seam, so that routes know nothing of models."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from agent.core.speech import UNSPACED_LANGUAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a recording is to be read."""

    language: str | None = None
    """ISO 639-1; None for whatever the settings say."""
    prompt: str = field(default="", repr=False)
    """Text that may have come before, for its spelling and its names."""
    temperature: float = 0.0
    """Above 0 words are drawn by their probability, the more freely the higher; at 0 the likeliest are taken."""
    word_times: bool = False
    """Whether to tell when each word was said, which costs a little more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWord:
    """One word of a segment, with the marks that stand by it."""

    start_s: float
    end_s: float
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What is said in one stretch of a recording."""

    start_s: float
    end_s: float
    text: str = field(repr=False)
    mean_token_logprob: float
    no_speech_prob: float
    temperature: float = 0.0
    language: str = "en"
    words: tuple[SpokenWord, ...] = ()
    """Empty unless they were asked for."""

    @property
    def compression_ratio(self) -> float:
        """Bytes of the text over bytes after zlib, as Whisper counts."""
        encoded = self.text.encode()
        return len(encoded) / len(zlib.compress(encoded))


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcription:
    """What a recording says."""

    language: str
    duration_s: float
    segments: tuple[Segment, ...]

    @property
    def text(self) -> str:
        separator = "" if self.language in UNSPACED_LANGUAGES else " "
        return separator.join(segment.text for segment in self.segments)


class Scribe(Protocol):
    """Reads recordings when no call needs the models."""

    @property
    def models(self) -> tuple[str, ...]:
        """Names by which programs may ask for the models; all stand for what the settings choose."""
        ...

    async def transcribe(
        self, file: BinaryIO, wish: Wish, tell: Callable[[Segment], None] | None = None
    ) -> Transcription:
        """Reads until the end or until cancelled; `file` must stay open meanwhile. `tell` gets each segment as soon as
        it is read, on the event loop.

        Raises `NotMedia` for a file without sound that can be decoded, `RequestRejected` for a recording that is too
        long or a language that is not understood, `AtCapacity` when too many wait.
        """
        ...
