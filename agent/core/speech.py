"""The values of speech that cross rooms: windows of sound, what was heard in them, and what is said."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agent.core.types import Stamp

MIC_RATE_HZ = 16_000

UNSPACED_LANGUAGES = frozenset({"zh", "yue", "ja", "th", "lo", "my"})
"""Written without spaces between words; ISO 639-1 where there is a code."""

VOICE_EMOTIONS = ("neutral", "calm", "happiness", "sadness", "anger", "fear", "disgust", "surprise", "boredom")
"""The classes of RAVDESS and EmoDB together."""

TEXT_EMOTIONS = ("anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral")
"""Ekman's six, which GoEmotions' 27 are grouped into (Demszky and others, 2020), and none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MicWindow:
    """A short run of a customer's microphone: (n,) float32 mono in [-1, 1] at 16 kHz, read-only."""

    call_id: str
    stamp: Stamp
    """Of the first sample."""
    samples: NDArray[np.float32] = field(repr=False)
    start_sample: int
    """Position of the first sample since the track began, gaps counted."""
    gap_samples: int = 0
    """Samples that are missing between the previous window and this one; recurrent model state must be reset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceStarted:
    """The customer began to speak."""

    call_id: str
    stamp: Stamp
    """Of the first voiced window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceStopped:
    """The customer fell silent; not yet the end of a turn."""

    call_id: str
    stamp: Stamp
    """Of the end of the last voiced window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceLevel:
    """How loud the microphone is and whether someone speaks, a few times a second."""

    call_id: str
    stamp: Stamp
    speech_prob: float
    energy_db: float
    """Root mean square relative to full scale."""
    pitch_hz: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """Words of one utterance. Several partial ones may come before the one that is final."""

    call_id: str
    utterance_id: int
    stamp: Stamp
    """Of the first voiced sample."""
    speech_end_ns: int
    """Monotonic capture time of the last voiced sample known."""
    text: str = field(repr=False)
    """Empty when the sound held no words."""
    final: bool
    language: str
    mean_token_logprob: float
    stage_ms: dict[str, float]
    """Milliseconds by stage: endpoint_wait, features, encode, decode, end_of_turn; in a final one also guessed_ahead,
    how long before it a partial one held the same words, where that was so."""
    finished_ns: int
    paused: bool = False
    """Whether the customer has fallen silent after these words: a partial one may prove to be final as it stands."""
    answer_from_ns: int = 0
    """Monotonic time before which an answer to final words had better not be heard: they may yet be taken up again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceEmotionReading:
    """What emotion is heard in the end of one utterance, however it was worded; comes once, after its final words."""

    call_id: str
    utterance_id: int
    stamp: Stamp
    """Of the last voiced sample."""
    valid: bool
    reason: str | None
    """Why it is not valid, e.g. "too little speech", "too noisy"."""
    label: str
    """One of `VOICE_EMOTIONS`; "unknown" when none is sure enough."""
    probabilities: NDArray[np.float32] | None = field(repr=False)
    """(9,) calibrated on the model's own corpora, in the order of `VOICE_EMOTIONS`; None when not valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextEmotionReading:
    """What emotion the words of one final utterance or chat line tell of."""

    stamp: Stamp
    utterance_id: int | None
    """None for a chat line."""
    label: str
    """One of `TEXT_EMOTIONS`; "unknown" when none is sure enough."""
    probabilities: NDArray[np.float32] | None = field(repr=False)
    """(7,) calibrated, in the order of `TEXT_EMOTIONS`; None when not valid."""
    reason: str | None = None
    """Why it is not valid, e.g. "another language"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingFailed:
    """Sound could not be read; says so instead of passing silence off as a fact."""

    call_id: str
    stamp: Stamp
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechTranslated:
    """An utterance as the recogniser heard it in English; comes once, after its final words in their own language."""

    call_id: str
    utterance_id: int
    stamp: Stamp
    """Of the first voiced sample."""
    text: str = field(repr=False)


HearingEvent = (
    VoiceStarted | VoiceStopped | VoiceLevel | Transcript | SpeechTranslated | VoiceEmotionReading | HearingFailed
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentReading:
    """What an utterance or chat line asks for."""

    label: str
    """The best in-scope intent, even when out of scope."""
    probability: float
    out_of_scope: bool
    slots: dict[str, str] = field(repr=False)


MouthShape = Literal["rest", "closed", "teeth", "narrow", "wide", "open", "round"]
"""What is seen of a mouth that speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viseme:
    """A shape of the mouth, and when it begins."""

    at_ms: int
    shape: MouthShape


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechChunk:
    """Synthesized speech: (n,) float32 mono in [-1, 1], read-only."""

    samples: NDArray[np.float32] = field(repr=False)
    rate_hz: int
    text: str = field(repr=False)
    """The clause that these samples speak."""
    last: bool
    """True for the final clause of an utterance."""
    visemes: tuple[Viseme, ...] = ()
    """What a drawn mouth does meanwhile, timed from the first of these samples; empty where the voice does not tell."""
