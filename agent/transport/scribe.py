"""What the HTTP side asks of speech recognition: a seam, so that routes know nothing of models."""

import zlib
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

from agent.core.types import UNSPACED_LANGUAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a recording is to be read."""

    language: str | None = None
    """ISO 639-1; None for whatever the settings say."""
    prompt: str = field(default="", repr=False)
    """Text that may have come before, for its spelling and its names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What is said in one stretch of a recording."""

    start_s: float
    end_s: float
    text: str = field(repr=False)
    mean_token_logprob: float
    no_speech_prob: float

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

    async def transcribe(self, file: BinaryIO, wish: Wish) -> Transcription:
        """Reads until the end or until cancelled; `file` must stay open meanwhile.

        Raises `NotMedia` for a file without sound that can be decoded, `RequestRejected` for a recording that is too
        long or a language that is not understood, `AtCapacity` when too many wait.
        """
        ...
