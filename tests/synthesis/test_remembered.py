"""What every call hears is synthesized once; what one customer is told is kept nowhere."""

from collections.abc import Generator

import numpy as np
import pytest

from agent.core.types import read_only
from agent.synthesis.remembered import RememberingVoice
from agent.synthesis.voice import Piece, Style

GREETING = "Hello there, I am the assistant. What can I do for you today?"


class CountingVoice:
    """Says each clause in two pieces of a hundred samples, and remembers what it was asked to say."""

    rate_hz = 48_000
    fault: str | None = None

    def __init__(self) -> None:
        self.asked: list[str] = []

    def speaks(self, language: str) -> bool:
        return language == "en"

    def can_speak(self, clause: str) -> bool:
        return True

    def stream(self, clause: str, style: Style) -> Generator[Piece, None, None]:
        self.asked.append(clause.strip())
        for share in (0.5, 1.0):
            yield Piece(samples=read_only(np.full(100, share, np.float32)), share=share)


@pytest.fixture
def inner() -> CountingVoice:
    return CountingVoice()


def say(voice: RememberingVoice, clause: str, style: Style | None = None) -> list[float]:
    return [piece.share for piece in voice.stream(clause, style or Style())]


def test_a_known_clause_is_made_once(inner: CountingVoice) -> None:
    """The second call hears the same pieces without any work, wherever in a reply the sentence stands."""
    voice = RememberingVoice(inner, [GREETING])
    for clause in ("Hello there,", " What can I do for you today?", "Hello there,", "What can I do for you today?"):
        assert say(voice, clause) == [0.5, 1.0]
    assert inner.asked == ["Hello there,", "What can I do for you today?"]
    assert voice.kept_bytes == 4 * 400


def test_what_a_customer_is_told_is_never_kept(inner: CountingVoice) -> None:
    """A clause that is not known word for word is made anew each time and leaves nothing behind."""
    voice = RememberingVoice(inner, [GREETING])
    for _ in range(3):
        say(voice, "Hello there, Maria,")
        say(voice, "your order A1042 is on its way.")
    assert len(inner.asked) == 6 and voice.kept_bytes == 0


def test_each_style_is_kept_by_itself(inner: CountingVoice) -> None:
    """A calm greeting is not replaced by a lively one."""
    voice = RememberingVoice(inner, [GREETING])
    say(voice, "Hello there,")
    say(voice, "Hello there,", Style(rate=0.9))
    assert len(inner.asked) == 2


def test_a_clause_that_was_abandoned_is_not_kept(inner: CountingVoice) -> None:
    """Half a greeting is not what the next call hears."""
    voice = RememberingVoice(inner, [GREETING])
    pieces = voice.stream("Hello there,", Style())
    next(pieces)
    pieces.close()
    assert say(voice, "Hello there,") == [0.5, 1.0]
    assert len(inner.asked) == 2


def test_a_voice_that_stands_in_is_not_kept(inner: CountingVoice) -> None:
    """While another voice speaks in this one's place, its sound is not taken for this one's."""
    voice = RememberingVoice(inner, [GREETING])
    inner.fault = "the endpoint failed"
    say(voice, "Hello there,")
    assert voice.fault == inner.fault and voice.kept_bytes == 0


def test_memory_is_bounded(inner: CountingVoice) -> None:
    """Beyond the bound what was not said for longest goes."""
    sentences = ["One is here.", "Two is here.", "Three is here."]
    voice = RememberingVoice(inner, sentences, most_bytes=2 * 800)
    for clause in (*sentences[:2], sentences[0], sentences[2], sentences[0], sentences[1]):
        say(voice, clause)
    assert inner.asked == [*sentences, sentences[1]]
    assert voice.kept_bytes <= 2 * 800
