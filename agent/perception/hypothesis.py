"""What Whisper makes of a sound, and how far that can be trusted: it loops, rambles on, and hears words in noise."""

import zlib
from dataclasses import dataclass, field, replace

import ctranslate2

_TOKENS_PER_S = {"en": 8}
_TOKENS_PER_S_ELSEWHERE = 16
"""Other languages are spelled in smaller bits: Chinese in up to three tokens a character."""
_TOKENS_AT_LEAST = 12
"""Nobody speaks more tokens than this line allows; longer output is a loop or an invention."""
_MOST_TOKENS = 236
"""Half of Whisper's text window, and a little more."""
_LEAST_LOGPROB = -1.0
_MOST_COMPRESSION = 2.2
"""Bytes of the text over bytes after zlib; above this it repeats itself. Whisper's own guard is 2.4."""

_SURELY_NO_SPEECH_PROB = 0.9
"""Noise of every kind lies above 0.9 or so, whole utterances below 0.3, single digits below 0.8."""
_MAYBE_NO_SPEECH_PROB = 0.6
_DOUBTFUL_LOGPROB = -0.8

_UNSURE_LOGPROB = -0.5
"""Below this a broader search pays: one clean utterance in twenty, one in six in white noise 10 dB below the voice."""
_OPEN_LOGPROB = -0.2
"""Below this a name may have been missed; about half of what is said clearly lies below it."""
_NAME_LOGPROB_GAIN = 0.1
"""How much likelier words must be once the vocabulary is known. What is read well without it gains nothing by it."""


def most_tokens(seconds: float, language: str) -> int:
    """How many tokens anybody can say in this time."""
    per_s = _TOKENS_PER_S.get(language, _TOKENS_PER_S_ELSEWHERE)
    return min(_MOST_TOKENS, int(per_s * seconds) + _TOKENS_AT_LEAST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The language of a sound."""

    language: str
    language_prob: float = 1.0
    """How sure it is; 1 where it was told."""
    into_english: bool = False
    """Whether the words are wanted in English instead."""

    @property
    def written(self) -> str:
        """The language of the words that come out."""
        return "en" if self.into_english else self.language


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """One reading of a sound of `seconds`."""

    text: str = field(repr=False)
    tokens: tuple[int, ...] = field(repr=False)
    seconds: float
    mean_token_logprob: float
    no_speech_prob: float
    found: Found
    complete_prob: float | None = None
    """How surely the line ends here; None where that is not known."""
    encoded: ctranslate2.StorageView = field(repr=False)
    """What the encoder made of the sound."""

    @property
    def surely_noise(self) -> bool:
        return self.no_speech_prob > _SURELY_NO_SPEECH_PROB

    @property
    def unsure(self) -> bool:
        """Whether a broader search may find better words."""
        return self.mean_token_logprob < _UNSURE_LOGPROB

    @property
    def open_to_names(self) -> bool:
        """Whether a name may have been missed."""
        return self.mean_token_logprob < _OPEN_LOGPROB

    def yields_to(self, named: "Hypothesis") -> bool:
        """Whether the same sound read by somebody who knows what is talked about is so much clearer."""
        clearer = named.mean_token_logprob > self.mean_token_logprob + _NAME_LOGPROB_GAIN
        return clearer and named.plausible()

    def revised(self, other: "Hypothesis") -> "Hypothesis":
        """The words of `other` in place of these; what the sound is like, and whether it ends here, stays."""
        return replace(self, text=other.text, tokens=other.tokens, mean_token_logprob=other.mean_token_logprob)

    def runs_on(self) -> bool:
        """Whether Whisper fell into a loop, or says more than anybody can in this time."""
        encoded = self.text.encode()
        looping = len(encoded) > _MOST_COMPRESSION * len(zlib.compress(encoded))
        return looping or len(self.tokens) >= most_tokens(self.seconds, self.found.written)

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

    def plausible(self) -> bool:
        """Whether another look is not worth its time."""
        return self.mean_token_logprob >= _LEAST_LOGPROB and not self.runs_on() and not self.repeats()

    def trust(self) -> tuple[bool, bool, float]:
        """Orders readings of the same sound; the highest is the one to take."""
        return not self.runs_on(), not self.repeats(), self.mean_token_logprob

    def said(self) -> bool:
        """Whether these are words that somebody said rather than what Whisper makes of noise."""
        if self.surely_noise or self.runs_on():
            return False
        doubtful = self.mean_token_logprob < _DOUBTFUL_LOGPROB
        return any(map(str.isalnum, self.text)) and not (doubtful and self.no_speech_prob > _MAYBE_NO_SPEECH_PROB)
