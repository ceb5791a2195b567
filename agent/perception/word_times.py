"""Tells when each word was said, from where Whisper looked while it wrote it."""

from dataclasses import dataclass, field

from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import merge_punctuations

from agent.perception.hypothesis import Hypothesis

_OPENING, _CLOSING = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"
"""Marks that belong to the word after them, and to the one before; Whisper's own lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedWord:
    """One word with the marks that stand by it; seconds from the beginning of its sound."""

    text: str = field(repr=False)
    start_s: float
    end_s: float


def word_times(
    whisper: WhisperModel, tokenizer: Tokenizer, hypothesis: Hypothesis, columns: int
) -> tuple[TimedWord, ...]:
    """The words of `hypothesis`, by dynamic time warping over the attention of a few heads to `columns` of sound, 10 ms
    each (the reference code of Radford and others, 2022). Good to a tenth of a second or so."""
    (words,) = whisper.find_alignment(tokenizer, [list(hypothesis.tokens)], hypothesis.encoded, columns) or ([],)
    merge_punctuations(words, _OPENING, _CLOSING)
    return tuple(
        TimedWord(text=text, start_s=float(word["start"]), end_s=float(word["end"]))
        for word in words
        if (text := word["word"].strip())
    )
