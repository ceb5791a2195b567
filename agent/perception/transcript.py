"""Turns the sound of an utterance into words, with Whisper on CTranslate2, at a cost that follows its length."""

import time
from dataclasses import replace

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from numpy.typing import NDArray

from agent.core.clock import NS_PER_MS
from agent.core.speech import MIC_RATE_HZ
from agent.core.types import read_only
from agent.perception.closing import Closing
from agent.perception.hypothesis import Found, Hypothesis, most_tokens
from agent.perception.log_mel import lifted, log_mel
from agent.perception.simplified import simplified
from agent.perception.vocabulary import names_more
from agent.perception.wished import PLAIN, Decoding, Words
from agent.perception.word_times import TimedWord, word_times

AUTO = "auto"
"""In place of a language: find out."""

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
_BEAM = 5
"""Readings kept side by side where the likeliest next word led to an unsure one; Whisper's own number."""

_AFTER_LATIN = "\u0250"
"""The first letter after Unicode's Latin blocks."""
_LONGEST_PROMPT_TOKENS = 200
"""Whisper's text window holds 448 tokens for the prompt and what is said."""


class SpeechToText:
    """One Whisper model. One thread at a time may use it."""

    def __init__(self, whisper: WhisperModel, *, short_windows: bool = False) -> None:
        """`short_windows`: whether the encoder may see less than 30 s, which tiny.en bears and larger models do not."""
        self.multilingual: bool = whisper.model.is_multilingual
        self.languages = frozenset((*whisper.supported_languages, *([AUTO] if self.multilingual else [])))
        """That `read` takes."""
        self._small = short_windows
        self._fewest_columns = _FEWEST_COLUMNS if short_windows else _FULL_COLUMNS
        self._whisper = whisper
        self._model: ctranslate2.models.Whisper = whisper.model
        self._hf_tokenizer = whisper.hf_tokenizer
        self._tokenizers: dict[tuple[str, bool], Tokenizer] = {}
        self._latest: tuple[NDArray[np.float32], ctranslate2.StorageView] | None = None
        """The sound that was read last, and what the encoder made of it: it may be wanted in English next."""
        self._closing: Closing | None = None
        if short_windows:
            tokenizer = self._tokenizer(Found(language="en"))
            self._closing = Closing(tokenizer.encode, tokenizer.eot)

    def read(
        self,
        samples: NDArray[np.float32],
        *,
        language: str = "en",
        careful: bool = True,
        decoding: Decoding = PLAIN,
        keep_states: bool = False,
    ) -> Words:
        """The words in (n,) float32 sound at 16 kHz, n at most `LONGEST_S`.

        With short windows the encoder sees the sound and a margin, 10 s at least, instead of 30 s. If `careful`, words
        that are unsure are looked for again more broadly and with the vocabulary; and when what comes out is too long,
        too unsure or repeats itself, a longer window is tried too and the better taken. With `AUTO` the language is the
        one that Whisper finds the most probable. Chinese is simplified.
        `keep_states`: the encoder's states come along, of the first window, if this is a model with short windows.
        """
        stage_ms = {"features": 0.0, "encode": 0.0, "decode": 0.0}
        seconds = len(samples) / MIC_RATE_HZ
        if seconds > LONGEST_S:
            raise ValueError(f"{seconds:.1f} s of sound; cut it into pieces of at most {LONGEST_S} s")
        if decoding.into_english:
            return self._translated(samples, language, stage_ms)
        with _Timed(stage_ms, "features"):
            features = self._features(samples)
        columns = self._columns(features)
        heard = self._hear(features, columns, seconds, language, decoding, stage_ms)
        self._latest = (samples, heard.encoded) if self.multilingual else None
        states = self._rows(heard.encoded, features) if keep_states and self._small else None
        if careful:
            heard = self._reconsidered(heard, decoding, stage_ms)
        if careful and not heard.plausible() and not heard.surely_noise and columns < _FULL_COLUMNS:
            again = self._hear(features, _longer(columns), seconds, language, decoding, stage_ms)
            heard = max(heard, again, key=Hypothesis.trust)
        text = heard.once() if heard.said() else ""
        with _Timed(stage_ms, "decode"):
            times = self._times(heard, features) if text and decoding.word_times else ()
        return Words(
            text=simplified(text) if heard.found.language == "zh" else text,
            mean_token_logprob=heard.mean_token_logprob,
            no_speech_prob=heard.no_speech_prob,
            language=heard.found.language,
            language_prob=heard.found.language_prob,
            stage_ms=stage_ms,
            times=times,
            complete_prob=heard.complete_prob if text else None,
            states=states,
        )

    def _translated(self, samples: NDArray[np.float32], language: str, stage_ms: dict[str, float]) -> Words:
        """English words for (n,) sound in `language`; none rather than what is not to be trusted. Only decoding is left
        to do for the sound that was read last."""
        latest, self._latest = self._latest, None
        if latest is not None and np.array_equal(latest[0], samples):
            encoded = latest[1]
        else:
            with _Timed(stage_ms, "encode"):
                features = self._features(samples)
                encoded = self._encode(features, self._columns(features))
        with _Timed(stage_ms, "decode"):
            found = Found(language=language, into_english=True)
            heard = self._decode(encoded, found, len(samples) / MIC_RATE_HZ, "", beam_size=_BEAM)
        return Words(
            text=heard.text if heard.said() and heard.plausible() and _is_latin(heard.text) else "",
            mean_token_logprob=heard.mean_token_logprob,
            no_speech_prob=heard.no_speech_prob,
            language=language,
            stage_ms=stage_ms,
        )

    def states(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """(m, width) float32: what the encoder makes of (n,) sound as `read` takes it, 20 ms a row; 384 wide for the
        small English model."""
        features = self._features(samples)
        return self._rows(self._encode(features, self._columns(features)), features)

    def _rows(self, encoded: ctranslate2.StorageView, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """The states of the sound itself, without those of what fills the window."""
        states = np.asarray(encoded.to_device(ctranslate2.Device.cpu))
        return read_only(np.array(states[0, : (features.shape[1] + 1) // 2], np.float32))

    def _features(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        padded = np.pad(lifted(samples), (0, max(0, _SHORTEST_SAMPLES - len(samples))))
        return log_mel(padded, bands=self._model.n_mels)

    def _columns(self, features: NDArray[np.float32]) -> int:
        """How many the encoder sees of (bands, m) features; even."""
        columns: int = min(_FULL_COLUMNS, max(self._fewest_columns, features.shape[1] + _MARGIN_COLUMNS)) & ~1
        return columns

    def _encode(self, features: NDArray[np.float32], columns: int) -> ctranslate2.StorageView:
        """Encodes (bands, m) features, filled up to `columns`, which must be even."""
        filled = np.zeros((1, len(features), columns), np.float32)
        filled[0, :, features.shape[1] : features.shape[1] + _HUSH_COLUMNS] = features.min()
        filled[0, :, : features.shape[1]] = features[:, :columns]
        return self._model.encode(ctranslate2.StorageView.from_array(filled))

    def _hear(
        self,
        features: NDArray[np.float32],
        columns: int,
        seconds: float,
        language: str,
        decoding: Decoding,
        stage_ms: dict[str, float],
    ) -> Hypothesis:
        """The likeliest words of (bands, m) features, filled up to `columns`, which must be even."""
        with _Timed(stage_ms, "encode"):
            encoded = self._encode(features, columns)
        with _Timed(stage_ms, "decode"):
            found = Found(language=language)
            if language == AUTO:
                token, prob = self._model.detect_language(encoded)[0][0]
                found = Found(language=token.strip("<|>"), language_prob=prob)
            return self._decode(encoded, found, seconds, decoding.prompt, temperature=decoding.temperature)

    def _reconsidered(self, heard: Hypothesis, decoding: Decoding, stage_ms: dict[str, float]) -> Hypothesis:
        """The same sound read more broadly where `heard` is unsure, and with the vocabulary where it may have missed a
        name; that reading counts only if it has one, as Whisper otherwise writes on what it was shown."""
        if heard.surely_noise or decoding.temperature > 0:
            return heard
        with _Timed(stage_ms, "decode"):
            if heard.unsure:
                broad = self._decode(heard.encoded, heard.found, heard.seconds, decoding.prompt, beam_size=_BEAM)
                heard = max(heard, heard.revised(broad), key=Hypothesis.trust)
            if decoding.vocabulary and heard.open_to_names:
                shown = f"{decoding.vocabulary} {decoding.prompt}"
                named = self._decode(heard.encoded, heard.found, heard.seconds, shown)
                if heard.yields_to(named) and names_more(named.text, heard.text, decoding.vocabulary):
                    heard = heard.revised(named)
        return heard

    def _decode(
        self,
        encoded: ctranslate2.StorageView,
        found: Found,
        seconds: float,
        prompt: str,
        *,
        temperature: float = 0.0,
        beam_size: int = 1,
    ) -> Hypothesis:
        tokenizer = self._tokenizer(found)
        started = _start(tokenizer, prompt)
        closing = self._closing if beam_size == 1 else None
        (result,) = self._model.generate(
            encoded,
            [started],
            beam_size=beam_size,
            sampling_topk=0 if temperature > 0 else 1,
            sampling_temperature=temperature or 1.0,
            max_length=len(started) + most_tokens(seconds, found.written),
            return_scores=True,
            return_no_speech_prob=True,
            return_logits_vocab=closing is not None,
        )
        tokens = result.sequences_ids[0]
        return Hypothesis(
            text=tokenizer.decode(tokens).strip(),
            tokens=tuple(tokens),
            seconds=seconds,
            mean_token_logprob=result.scores[0],
            no_speech_prob=result.no_speech_prob,
            found=found,
            complete_prob=closing.complete_prob(tokens, result.logits[0]) if closing is not None else None,
            encoded=encoded,
        )

    def _times(self, heard: Hypothesis, features: NDArray[np.float32]) -> tuple[TimedWord, ...]:
        timed = word_times(self._whisper, self._tokenizer(heard.found), heard, features.shape[1])
        chosen = timed if heard.once() == heard.text else timed[: heard.period()]
        return (
            tuple(replace(word, text=simplified(word.text)) for word in chosen)
            if heard.found.language == "zh"
            else chosen
        )

    def _tokenizer(self, found: Found) -> Tokenizer:
        key = found.language, found.into_english
        if key not in self._tokenizers:
            task = "translate" if found.into_english else "transcribe"
            self._tokenizers[key] = Tokenizer(self._hf_tokenizer, self.multilingual, task=task, language=found.language)
        return self._tokenizers[key]


def _start(tokenizer: Tokenizer, prompt: str) -> list[int]:
    """The tokens that Whisper goes on from."""
    sequence = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
    if not prompt.strip():
        return sequence
    before = tokenizer.encode(" " + prompt.strip())[-_LONGEST_PROMPT_TOKENS:]
    return [tokenizer.sot_prev, *before, *sequence]


def _is_latin(text: str) -> bool:
    """Whether all letters are Latin ones: Whisper leaves names that it does not know in their own script."""
    return all(character < _AFTER_LATIN for character in text if character.isalpha())


def _longer(columns: int) -> int:
    """The window to try when one of `columns` was not to be trusted."""
    return _MIDDLE_COLUMNS if columns < _MIDDLE_COLUMNS else _FULL_COLUMNS


class _Timed:
    """Adds the time spent inside to one stage."""

    def __init__(self, stage_ms: dict[str, float], stage: str) -> None:
        self._stage_ms = stage_ms
        self._stage = stage

    def __enter__(self) -> None:
        self._started_ns = time.perf_counter_ns()

    def __exit__(self, *error: object) -> None:
        self._stage_ms[self._stage] += (time.perf_counter_ns() - self._started_ns) / NS_PER_MS
