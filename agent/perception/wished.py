"""What is wished of a recogniser of speech, and what it makes of a stretch of sound."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agent.perception.word_times import TimedWord


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How words are looked for."""

    prompt: str = field(default="", repr=False)
    """Text that may have come before, for its spelling and its names."""
    vocabulary: str = field(default="", repr=False)
    """Sentences with names that are likely to be said. They count only where the sound leaves words open."""
    temperature: float = 0.0
    """Above 0 words are drawn by their probability, the more freely the higher; at 0 the likeliest are taken."""
    word_times: bool = False
    """Whether to tell when each word was said."""
    into_english: bool = False
    """Whether to write down in English what is said in another language: Whisper's own speech translation. The rest of
    these wishes does not count then."""


PLAIN = Decoding()


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a stretch of sound says."""

    text: str = field(repr=False)
    """Empty when it holds no words."""
    mean_token_logprob: float
    no_speech_prob: float
    language: str = "en"
    """As it was told, or as it was found."""
    language_prob: float = 1.0
    """How sure that is; 1 where it was told."""
    stage_ms: dict[str, float]
    """Milliseconds by stage: features, encode, decode."""
    times: tuple[TimedWord, ...] = ()
    """When each word was said, where that was asked for."""
    complete_prob: float | None = None
    """How surely the line ends here, by `Closing`; None where that is not known: of other models than the small one."""
    states: NDArray[np.float32] | None = field(default=None, repr=False)
    """What `SpeechToText.states` makes of the sound, where it was to be kept."""
