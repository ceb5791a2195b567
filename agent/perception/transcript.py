"""Turns the sound of an utterance into words, with Whisper on CTranslate2, at a cost that follows its length."""

import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS
from agent.core.errors import SettingsError
from agent.core.types import MIC_RATE_HZ
from agent.perception.log_mel import BANDS, log_mel

LONGEST_S = 28.0
"""Whisper hears 30 s at once; longer sound is cut before it comes here."""

_FULL_COLUMNS = 3_000
_FEWEST_COLUMNS = 1_000
"""10 s. Whisper was trained on 30 s; with less than 10 s it loses short utterances (5 s: most of them)."""
_MIDDLE_COLUMNS = 1_500
_MARGIN_COLUMNS = 100
_HUSH_COLUMNS = 100
"""1 s of silence after the sound, before the zeros that Whisper was trained to ignore. Without it short windows loop:
"No." becomes "No? No? No?"."""
_SHORTEST_SAMPLES = MIC_RATE_HZ // 10

_TOKENS_PER_S = 8
_TOKENS_AT_LEAST = 12
"""Nobody speaks more tokens than this line allows; longer output is a loop or an invention."""
_LEAST_LOGPROB = -1.0
_MOST_COMPRESSION = 2.2
"""Bytes of the text over bytes after zlib; above this it repeats itself. Whisper's own guard is 2.4."""

_LONGEST_PROMPT_TOKENS = 200
"""Whisper's text window holds 448 tokens; its end is kept for what is said."""

_SURELY_NO_SPEECH_PROB = 0.9
"""Noise of every kind lies above 0.9 or so, whole utterances below 0.3, single digits below 0.8."""
_MAYBE_NO_SPEECH_PROB = 0.6
_UNSURE_LOGPROB = -0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a stretch of sound says."""

    text: str = field(repr=False)
    """Empty when it holds no words."""
    mean_token_logprob: float
    no_speech_prob: float
    redone: bool
    """Whether the short window was not to be trusted and a longer one was tried too."""
    stage_ms: dict[str, float]
    """Milliseconds by stage: features, encode, decode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decoded:
    text: str
    tokens: int
    mean_token_logprob: float
    no_speech_prob: float

    def runs_on(self, seconds: float) -> bool:
        """Whether Whisper fell into a loop, or says more than anybody can in this time."""
        encoded = self.text.encode()
        looping = len(encoded) > _MOST_COMPRESSION * len(zlib.compress(encoded))
        return looping or self.tokens >= _most_tokens(seconds)

    def period(self) -> int:
        """Words after which the text starts again from its beginning; all of them when it never does."""
        words = [word.strip(".,!?") for word in self.text.lower().split()]
        sizes = range(1, len(words) // 2 + 1)
        return next((size for size in sizes if words[size:] == words[:-size]), len(words))

    def repeats(self) -> bool:
        """Whether it is one phrase over and over, as in "No? No?": seldom said, often made up."""
        return self.period() < len(self.text.split())

    def once(self) -> str:
        """The text; of a phrase that comes more than twice, the phrase."""
        words, period = self.text.split(), self.period()
        return " ".join(words[:period]) if len(words) > 2 * period else self.text

    def plausible(self, seconds: float) -> bool:
        """Whether another look is not worth its time."""
        return self.mean_token_logprob >= _LEAST_LOGPROB and not self.runs_on(seconds) and not self.repeats()

    def trust(self, seconds: float) -> tuple[bool, bool, float]:
        """Orders readings of the same sound; the highest is the one to take."""
        return not self.runs_on(seconds), not self.repeats(), self.mean_token_logprob

    def said(self, seconds: float) -> bool:
        """Whether these are words that somebody said rather than what Whisper makes of noise."""
        if self.no_speech_prob > _SURELY_NO_SPEECH_PROB or self.runs_on(seconds):
            return False
        unsure = self.mean_token_logprob < _UNSURE_LOGPROB
        return any(map(str.isalnum, self.text)) and not (unsure and self.no_speech_prob > _MAYBE_NO_SPEECH_PROB)


class SpeechToText:
    """Whisper in int8 on one thread of the processor. One thread at a time may use it."""

    def __init__(self, folder: Path, *, language: str) -> None:
        """`folder` holds a CTranslate2 Whisper model. Raises `SettingsError` for a language that it does not know."""
        whisper = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)
        if not whisper.model.is_multilingual and language != "en":
            raise SettingsError(
                f"hearing.language is {language!r}, but the speech model in {folder} knows English only; set it to en, "
                "or name a multilingual model in models_onnx/manifest.toml"
            )
        self._model: ctranslate2.models.Whisper = whisper.model
        self._tokenizer = Tokenizer(
            whisper.hf_tokenizer, whisper.model.is_multilingual, task="transcribe", language=language
        )
        self._prompt = [*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps]

    def read(self, samples: NDArray[np.float32], *, careful: bool = True, prompt: str = "") -> Words:
        """The words in (n,) float32 sound at 16 kHz, n at most `LONGEST_S`. `prompt` is text that may come before.

        The encoder sees the sound and a margin, 10 s at least, instead of 30 s. When what comes out is too long, too
        unsure or repeats itself, a longer window is tried too and the better taken, unless not `careful`.
        """
        stage_ms = {"features": 0.0, "encode": 0.0, "decode": 0.0}
        seconds = len(samples) / MIC_RATE_HZ
        if seconds > LONGEST_S:
            raise ValueError(f"{seconds:.1f} s of sound; cut it into pieces of at most {LONGEST_S} s")
        with _Timed(stage_ms, "features"):
            features = log_mel(np.pad(samples, (0, max(0, _SHORTEST_SAMPLES - len(samples)))))
        columns = min(_FULL_COLUMNS, max(_FEWEST_COLUMNS, features.shape[1] + _MARGIN_COLUMNS)) & ~1
        started = self._after(prompt)
        decoded = self._decode(features, columns, seconds, started, stage_ms)
        surely_noise = decoded.no_speech_prob > _SURELY_NO_SPEECH_PROB
        redo = careful and not decoded.plausible(seconds) and not surely_noise and columns < _FULL_COLUMNS
        if redo:
            again = self._decode(features, _longer(columns), seconds, started, stage_ms)
            decoded = max(decoded, again, key=lambda one: one.trust(seconds))
        return Words(
            text=decoded.once() if decoded.said(seconds) else "",
            mean_token_logprob=decoded.mean_token_logprob,
            no_speech_prob=decoded.no_speech_prob,
            redone=redo,
            stage_ms=stage_ms,
        )

    def _after(self, prompt: str) -> list[int]:
        """The tokens to go on from."""
        if not prompt.strip():
            return self._prompt
        before = self._tokenizer.encode(" " + prompt.strip())[-_LONGEST_PROMPT_TOKENS:]
        return [self._tokenizer.sot_prev, *before, *self._prompt]

    def _decode(
        self,
        features: NDArray[np.float32],
        columns: int,
        seconds: float,
        started: list[int],
        stage_ms: dict[str, float],
    ) -> _Decoded:
        """Greedy words of (80, m) features, filled up to `columns`, which must be even."""
        with _Timed(stage_ms, "encode"):
            filled = np.zeros((1, BANDS, columns), np.float32)
            filled[0, :, features.shape[1] : features.shape[1] + _HUSH_COLUMNS] = features.min()
            filled[0, :, : features.shape[1]] = features[:, :columns]
            encoded = self._model.encode(ctranslate2.StorageView.from_array(filled))
        with _Timed(stage_ms, "decode"):
            (result,) = self._model.generate(
                encoded,
                [started],
                beam_size=1,
                max_length=len(started) + _most_tokens(seconds),
                return_scores=True,
                return_no_speech_prob=True,
            )
            tokens = result.sequences_ids[0]
            return _Decoded(
                text=self._tokenizer.decode(tokens).strip(),
                tokens=len(tokens),
                mean_token_logprob=result.scores[0] / (len(tokens) + 1),
                no_speech_prob=result.no_speech_prob,
            )


def _longer(columns: int) -> int:
    """The window to try when one of `columns` was not to be trusted."""
    return _MIDDLE_COLUMNS if columns < _MIDDLE_COLUMNS else _FULL_COLUMNS


def _most_tokens(seconds: float) -> int:
    return int(_TOKENS_PER_S * seconds) + _TOKENS_AT_LEAST


class _Timed:
    """Adds the time spent inside to one stage."""

    def __init__(self, stage_ms: dict[str, float], stage: str) -> None:
        self._stage_ms = stage_ms
        self._stage = stage

    def __enter__(self) -> None:
        self._started_ns = time.perf_counter_ns()

    def __exit__(self, *error: object) -> None:
        self._stage_ms[self._stage] += (time.perf_counter_ns() - self._started_ns) / NS_PER_MS
