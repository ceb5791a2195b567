"""A Piper voice on ONNX Runtime: one clause of text in, samples out as they are made."""

import json
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent.core.errors import ModelMismatch, SynthesisError
from agent.core.settings import VoiceSettings
from agent.core.speech import Viseme
from agent.core.types import read_only
from agent.inference.runtime import Runtime
from agent.synthesis.finish import Finish, Loudness
from agent.synthesis.front_end import FrontEnd
from agent.synthesis.sound import RATE_HZ, Resampler, pause_after
from agent.synthesis.visemes import MouthTrack
from agent.synthesis.vits import FRAME_SAMPLES, TEXT, Vits
from agent.synthesis.written import speakable

_FIRST_WORDS = "Good morning, how can I help you today?"
_MOST_SYMBOLS = 2_000
"""Of one clause; more than two minutes of speech, and memory grows with it."""
_PAD, _BEGIN, _END = "_", "^", "$"

_OVERSHOOT = 1.6
"""The model rounds each symbol up to a whole frame, which takes over a third of the speech out of reach of its length
scale; measured on our voice."""

_PITCH_BY_TONE = {"neutral": 0.0, "warm": -0.25, "calm": -0.6}
"""In semitones. Small: pitch is moved by resampling, which moves the timbre along with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How something is said."""

    rate: float = 1.0
    """Speaking rate, 0.5 to 2; 0.9 is a little slower, for a customer who is upset."""
    pitch_semitones: float = 0.0
    """Below 0 is lower; meant for a semitone at most."""

    @classmethod
    def of(cls, *, rate: float = 1.0, tone: str = "neutral") -> "Style":
        """The style for a tone by name: neutral, warm or calm; one that is not known is neutral."""
        return cls(rate=rate, pitch_semitones=_PITCH_BY_TONE.get(tone, 0.0))


def language_of(tag: str) -> str:
    """The language of a tag such as "pt-BR", in lower case."""
    return tag.replace("_", "-").partition("-")[0].lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some of a clause's sound, finished: the pieces of a clause follow one another without a seam."""

    samples: NDArray[np.float32] = field(repr=False)
    """(n,) float32 mono in [-1, 1], read-only."""
    share: float
    """How much of the clause has been spoken once these samples have, above 0; 1 with the last piece and no other."""
    visemes: tuple[Viseme, ...] = ()
    """The mouth during these samples, timed from their first; empty from a voice that does not know."""


class Voice(Protocol):
    """Something that speaks. `stream` is used on as many threads as the synthesizer was given, at most."""

    @property
    def rate_hz(self) -> int: ...

    @property
    def fault(self) -> str | None:
        """Why another voice speaks in this one's place, or speaks not at all; None while all is well."""
        ...

    def speaks(self, language: str) -> bool:
        """Whether this is a voice for the language, ISO 639-1 with or without a region."""
        ...

    def can_speak(self, clause: str) -> bool:
        """Whether anything in the clause can be spoken. Cheap; called from the event loop."""
        ...

    def stream(self, clause: str, style: Style) -> Generator[Piece, None, None]:
        """The clause at `rate_hz` as it is made, a pause after it that suits its last mark.

        Each piece is made when it is asked for. Raises `SynthesisError` when nothing in the clause can be spoken, or
        it is too long to be one.
        """
        ...


class Unvoiced:
    """Nobody's voice, where the agent may have none of its own: an endpoint or the customer's browser speaks."""

    rate_hz = RATE_HZ
    fault = None

    def speaks(self, language: str) -> bool:
        return False

    def can_speak(self, clause: str) -> bool:
        return False

    def stream(self, clause: str, style: Style) -> Generator[Piece, None, None]:
        raise SynthesisError("the agent has no voice of its own here")


class PiperVoice:
    """A voice in Piper's format (VITS): phoneme ids in, samples out; the phonemes come from our own front end."""

    def __init__(self, runtime: Runtime, settings: VoiceSettings) -> None:
        """Speaks a few words to itself, so that it knows how loud it is and its memory is laid out.

        Raises `ModelMissing` or `ModelMismatch` when the voice is not what the manifest says.
        """
        self._vits = Vits(runtime)
        self._configuration = read_configuration(runtime.registry.paths(TEXT)[-1])
        self._front_end = FrontEnd.load()
        self._settings = settings
        self._loudness = Loudness()
        self.synthesize(_FIRST_WORDS, Style())

    @property
    def rate_hz(self) -> int:
        return RATE_HZ

    @property
    def fault(self) -> str | None:
        return None

    def speaks(self, language: str) -> bool:
        return language_of(language) == "en"

    def can_speak(self, clause: str) -> bool:
        return speakable(clause)

    def synthesize(self, clause: str, style: Style) -> NDArray[np.float32]:
        """All of `stream` in one, (n,) float32, read-only."""
        return read_only(np.concatenate([piece.samples for piece in self.stream(clause, style)]))

    def stream(self, clause: str, style: Style) -> Generator[Piece, None, None]:
        symbols = self._front_end.symbols(clause)
        if not symbols:
            raise SynthesisError(
                f"none of the clause's {len(clause)} characters can be spoken in English; show it as text instead"
            )
        if len(symbols) > _MOST_SYMBOLS:
            raise SynthesisError(f"a clause of {len(symbols)} symbols is too long to speak at once; split it")
        voice, rate, pitch = self._configuration, style.rate * self._settings.rate, 2 ** (style.pitch_semitones / 12)
        known = voice.known(symbols)
        prior, frames = self._vits.timed(
            voice.ids_of(known),
            noise=voice.noise,
            length=max(0.1, 1 + _OVERSHOOT * (pitch / rate - 1)),
            duration_noise=voice.duration_noise,
        )
        # lower pitch is faster speech played slower, and the other way round
        rate_hz = round(voice.rate_hz * pitch)
        resampler, finish = Resampler(rate_hz), Finish(RATE_HZ, self._loudness, level_db=self._settings.level_db)
        mouth = MouthTrack.of(known, frames, frame_samples=FRAME_SAMPLES * RATE_HZ / rate_hz)
        given = 0
        for samples, share in self._vits.sound(prior):
            heard = finish.push(resampler.push(samples))
            if share == 1.0:
                end = finish.push(resampler.end()), finish.end(pause_after(symbols[-1]) / rate)
                heard = np.concatenate([heard, *end])
            if len(heard):
                start = finish.cut + given
                given += len(heard)
                visemes = mouth.between(start, start + len(heard), rate_hz=RATE_HZ)
                yield Piece(samples=read_only(heard), share=share, visemes=visemes)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceConfiguration:
    """What the voice's own JSON says of it."""

    rate_hz: int
    ids: dict[str, int]
    """The model's id of each symbol."""
    noise: float
    """How much the sound varies, as the voice was made to be used."""
    duration_noise: float
    """How much the timing varies."""

    def known(self, symbols: str) -> list[str]:
        """A clause as the model takes it: from beginning to end, a blank after each symbol but the last, and none that
        it does not know."""
        spoken = [part for symbol in symbols if symbol in self.ids for part in (symbol, _PAD)]
        return [_BEGIN, _PAD, *spoken, _END]

    def ids_of(self, known: list[str]) -> list[int]:
        return [self.ids[symbol] for symbol in known]


def read_configuration(path: Path) -> VoiceConfiguration:
    """Raises `ModelMismatch` when the file at `path` is not the configuration of a Piper voice."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        configuration = VoiceConfiguration(
            rate_hz=int(content["audio"]["sample_rate"]),
            ids={symbol: ids[0] for symbol, ids in content["phoneme_id_map"].items()},
            noise=float(content["inference"]["noise_scale"]),
            duration_noise=float(content["inference"]["noise_w"]),
        )
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise ModelMismatch(f"{path} is not the configuration of a Piper voice: {error!r}") from error
    missing = [symbol for symbol in (_PAD, _BEGIN, _END) if symbol not in configuration.ids]
    if missing:
        raise ModelMismatch(f"{path} lacks the phoneme ids {missing}; use a voice trained on espeak's IPA")
    return configuration
